"""Turns go round people first, then round the runs of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bnlab.lab.workers.inside.turns import Turns


@dataclass(eq=False)
class Something:
    """What wants a turn from some time on."""

    run_id: str
    due_s: float = 0.0


def rounds(turns: Turns[Something], count: int) -> list[str]:
    """Who gets a turn in so many rounds, at time 1."""
    taken = (turns.due(owner, 1.0) for _ in range(count) for owner in turns.owners())
    return [run.run_id for run in taken if run is not None]


def test_an_owner_of_many_runs_gets_as_many_turns_as_one_of_one() -> None:
    turns: Turns[Something] = Turns()
    for name in ("a1", "a2", "a3"):
        turns.add("ann", Something(name))
    turns.add("bob", Something("b1"))
    assert rounds(turns, 4) == ["a1", "b1", "a2", "b1", "a3", "b1", "a1", "b1"]


def test_what_is_not_due_is_passed_over() -> None:
    turns: Turns[Something] = Turns()
    late = Something("late", due_s=2.0)
    turns.add("ann", late)
    turns.add("ann", Something("rests", due_s=math.inf))
    turns.add("ann", Something("due"))
    assert rounds(turns, 2) == ["due", "due"]
    late.due_s = 0.5
    assert rounds(turns, 2) == ["late", "due"]


def test_what_is_removed_gets_no_turn_and_is_not_found() -> None:
    turns: Turns[Something] = Turns()
    run = Something("a1")
    turns.add("ann", run)
    assert turns.get("a1") is run
    turns.remove("a1")
    turns.remove("a1")  # twice is no harm
    assert turns.get("a1") is None
    assert turns.owners() == ()
