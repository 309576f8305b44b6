"""The command line, called as a person calls it, or in this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.server import ROOT

PATIENCE_S = 90.0


@dataclass(frozen=True)
class Called:
    """What a process of the command line printed, and how it ended."""

    code: int
    out: str
    err: str


def start(*arguments: str) -> subprocess.Popen[str]:
    """A process of the command line, in a group of its own as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "bnlab", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Ctrl-C is heard although the suite itself may run in the background, where it is not.
        preexec_fn=_hear_interrupts,
    )


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def call(*arguments: str) -> Called:
    """Run a command to its end."""
    return _finish(start(*arguments))


def interrupt_when(words: str, arguments: Sequence[str]) -> Called:
    """Run a command, and press Ctrl-C once a line on standard error begins with these words."""
    process = start(*arguments)
    if process.stderr is None:
        raise RuntimeError("No standard error to read.")
    read = []
    for line in process.stderr:
        read.append(line)
        if line.startswith(words):
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
            break
    return _finish(process, before="".join(read))


def _finish(process: subprocess.Popen[str], before: str = "") -> Called:
    with process:
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    return Called(process.returncode, out, before + err)
