"""The address of the race page: what its URL says, and back. Pure: it knows no screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bnlab.fields import SpecError
from bnlab.links import from_query, to_query
from bnlab.presets import PRESETS
from bnlab.spec import Experiment
from bnlab.workers.commands import check_pace

FIRST_PRESET = next(iter(PRESETS))

# Groups of controls that a link may hide for a class, besides single fields such as optimizer.lr.
# The last line names parts of the board.
CONTROL_GROUPS = (
    "preset", "variants", "predict", "data", "network", "norm", "optimizer", "run",
    "transport", "pace", "restart", "panels", "export",
)  # fmt: skip
_VIEW_KEYS = ("preset", "pace", "hide", "run")


@dataclass(frozen=True)
class Address:
    """Everything a link to the race page says."""

    experiment: Experiment
    pace: float
    preset: str | None = None  # whose question is asked; None once a dial was turned
    hidden: frozenset[str] = frozenset()
    run: str | None = None


def preset_address(name: str, hidden: frozenset[str] = frozenset()) -> Address:
    """The address of a preset; raises SpecError when there is none of that name."""
    if name not in PRESETS:
        raise SpecError(f"preset: got {name[:40]!r}, allowed is one of {', '.join(PRESETS)}.")
    preset = PRESETS[name]
    return Address(experiment=preset.experiment, pace=preset.pace, preset=name, hidden=hidden)


def read(query: Mapping[str, str]) -> Address:
    """Read the query parameters of a link.

    A link with a preset and no field of a spec means the preset as it stands; a link with
    fields means these fields, and the preset only lends its question.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    hidden = _read_hidden(query.get("hide", ""))
    fields = {key: text for key, text in query.items() if key not in _VIEW_KEYS}
    start = preset_address(query.get("preset", FIRST_PRESET), hidden)
    if not fields:
        experiment, preset = start.experiment, start.preset
    else:
        experiment = from_query(fields)
        preset = start.preset if experiment == start.experiment else None
    pace = _read_pace(query["pace"]) if "pace" in query else start.pace
    return Address(experiment, pace, preset, hidden, query.get("run") or None)


def write(address: Address) -> dict[str, str]:
    """The query parameters of an address: the whole spec, always."""
    query = to_query(address.experiment)
    query["pace"] = f"{address.pace:g}"
    if address.preset:
        query["preset"] = address.preset
    if address.hidden:
        query["hide"] = ",".join(sorted(address.hidden))
    if address.run:
        query["run"] = address.run
    return query


def _read_pace(text: str) -> float:
    try:
        return check_pace(float(text))
    except ValueError:
        raise SpecError(
            f"pace: got {text[:20]!r}, allowed is a number of steps a second (0: full speed)."
        ) from None


def _read_hidden(text: str) -> frozenset[str]:
    names = frozenset(name for name in text.split(",") if name)
    known = set(CONTROL_GROUPS) | set(to_query(Experiment()))
    for name in sorted(names - known):
        raise SpecError(
            f"hide: got {name[:40]!r}, allowed is one of {', '.join(CONTROL_GROUPS)}, "
            "or a field as optimizer.lr."
        )
    return names
