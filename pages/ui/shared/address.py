"""What the addresses of pages with an experiment have in common. Pure: it knows no screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from bnlab.lab.workers.protocol.commands import check_pace
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import refusal
from bnlab.spec.links import to_query

# Groups of controls that a link may hide for a class, besides single fields such as optimizer.lr.
# The last line names parts of the board, and the axes of a sweep.
CONTROL_GROUPS = (
    "preset", "variants", "predict", "data", "network", "norm", "optimizer", "run",
    "transport", "pace", "statistics", "restart", "panels", "export", "axes",
)  # fmt: skip
_GROUPS = ("axis.", "variant.")  # one that a link names replaces all those of its preset


@dataclass(frozen=True)
class Address:
    """Everything that a link to a page with an experiment holds."""

    experiment: Experiment
    pace: float = 0.0
    preset: str | None = None  # where the page started; None once a control was changed
    hidden: frozenset[str] = frozenset()
    run: str | None = None


A = TypeVar("A", bound=Address)
P = TypeVar("P")


def preset_of(presets: Mapping[str, P], name: str, key: str) -> P:
    """The preset of that name; raises SpecError, naming the query parameter, if there is none."""
    if name not in presets:
        raise refusal(key, f"{name[:40]!r}", f"one of {', '.join(presets)}")
    return presets[name]


def with_defaults(start: Experiment, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a link, and those of the experiment it starts from where it names none."""
    replaced = tuple(group for group in _GROUPS if any(key.startswith(group) for key in fields))
    kept = {key: text for key, text in to_query(start).items() if not key.startswith(replaced)}
    return kept | dict(fields)


def linked(start: A, experiment: Experiment, query: Mapping[str, str]) -> A:
    """The address of a link that starts from a preset; raises SpecError."""
    return replace(
        start,
        experiment=experiment,
        pace=read_pace(query["pace"]) if "pace" in query else start.pace,
        preset=start.preset if experiment == start.experiment else None,
        hidden=read_hidden(query.get("hide", "")),
        run=query.get("run") or None,
    )


def fallback_to(first: A) -> Callable[[Mapping[str, str]], A]:
    """What replaces a link that is wrong; what it hides for a class stays hidden."""
    return lambda query: replace(first, hidden=known_hidden(query.get("hide", "")))


def query_of(found: Address, key: str) -> dict[str, str]:
    """The query parameters of an address but its pace: the whole spec, always.

    Args:
        found: the address.
        key: the query parameter that names its preset.
    """
    more = {key: found.preset, "hide": ",".join(sorted(found.hidden)), "run": found.run}
    return to_query(found.experiment) | {name: text for name, text in more.items() if text}


def read_pace(text: str) -> float:
    """Steps per second; raises SpecError."""
    try:
        return check_pace(float(text))
    except ValueError:
        raise refusal(
            "pace", f"{text[:20]!r}", "a number of steps per second (0: full speed)"
        ) from None


def known_hidden(text: str) -> frozenset[str]:
    """The controls among the names of a `hide=`."""
    return _names(text) & (set(CONTROL_GROUPS) | set(to_query(Experiment())))


def read_hidden(text: str) -> frozenset[str]:
    """The controls that a `hide=` names; raises SpecError for a name that is none."""
    names = _names(text)
    for name in sorted(names - known_hidden(text)):
        raise refusal(
            "hide",
            f"{name[:40]!r}",
            f"one of {', '.join(CONTROL_GROUPS)}, or a field as optimizer.lr",
        )
    return names


def _names(text: str) -> frozenset[str]:
    return frozenset(name for name in text.split(",") if name)
