"""A progress bar on standard error, where it can be seen moving."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

# Called with steps done, total steps (0: unknown), and a few words on how it is going.
Show = Callable[[int, int, str], None]


@contextmanager
def progress_bar(title: str, *, is_quiet: bool = False) -> Iterator[Show]:
    """A bar that is drawn when its function is called, in a terminal or with ipywidgets.

    Where it could not move, one line says that training has begun; in a notebook, nothing.
    """
    console = Console(stderr=True)
    can_move = find_spec("ipywidgets") is not None if console.is_jupyter else console.is_terminal
    if is_quiet or (console.is_jupyter and not can_move):
        yield lambda done, total, words: None
        return
    if not can_move:
        yield _say_once(f"Training {title} …")
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None, words="")

        def show(done: int, total: int, words: str) -> None:
            bar.update(task, completed=done, total=total or None, words=words)

        yield show


def say(text: str, *, is_quiet: bool = False) -> None:
    """A line for people, on standard error."""
    if not is_quiet:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _say_once(text: str) -> Show:
    left = [text]

    def show(done: int, total: int, words: str) -> None:
        if done and left:
            say(left.pop())

    return show
