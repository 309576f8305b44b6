"""The address of the race page: what its URL says, and back. Pure: it knows no screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bnlab.lab.workers.protocol.commands import check_pace
from bnlab.lessons.presets import PRESETS
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import refusal
from bnlab.spec.links import from_query, to_query

FIRST_PRESET = next(iter(PRESETS))

# Groups of controls that a link may hide for a class, besides single fields such as optimizer.lr.
# The last line names parts of the board, and the axes of a sweep.
CONTROL_GROUPS = (
    "preset", "variants", "predict", "data", "network", "norm", "optimizer", "run",
    "transport", "pace", "statistics", "restart", "panels", "export", "axes",
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
        raise refusal("preset", f"{name[:40]!r}", f"one of {', '.join(PRESETS)}")
    preset = PRESETS[name]
    return Address(experiment=preset.experiment, pace=preset.pace, preset=name, hidden=hidden)


def read(query: Mapping[str, str]) -> Address:
    """Read the query parameters of a link.

    Fields that a link does not name are those of its preset, or without one their defaults; so
    `preset=spirals&seed=3` is that preset from another start. A link without anything is the
    first preset.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    hidden = read_hidden(query.get("hide", ""))
    fields = {key: text for key, text in query.items() if key not in _VIEW_KEYS}
    start = preset_address(query.get("preset", FIRST_PRESET), hidden)
    if fields and "preset" in query:
        fields = _without_variants(to_query(start.experiment), fields) | fields
    experiment = from_query(fields) if fields else start.experiment
    preset = start.preset if experiment == start.experiment else None
    pace = read_pace(query["pace"]) if "pace" in query else start.pace
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


def read_pace(text: str) -> float:
    """Steps a second; raises SpecError."""
    try:
        return check_pace(float(text))
    except ValueError:
        raise refusal(
            "pace", f"{text[:20]!r}", "a number of steps a second (0: full speed)"
        ) from None


def _without_variants(preset: dict[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a preset; its variants only where the link names none."""
    if not any(key.startswith("variant.") for key in fields):
        return preset
    return {key: text for key, text in preset.items() if not key.startswith("variant.")}


def known_hidden(text: str) -> frozenset[str]:
    """The controls among the names of a `hide=`."""
    return _names(text) & (set(CONTROL_GROUPS) | set(to_query(Experiment())))


def _names(text: str) -> frozenset[str]:
    return frozenset(name for name in text.split(",") if name)


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
