"""The address of the sweep page: what its URL says, and back. Pure: it knows no screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bnlab.lessons.presets.sweeps import READY_SWEEPS
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, refusal
from bnlab.spec.links import from_query, to_query
from pages.ui.shared.address import Address, known_hidden, read_hidden

FIRST = next(iter(READY_SWEEPS))

_START = "sweep"  # in the URL: which ready sweep
_OTHERS = (_START, "hide", "run")
_GROUPS = ("axis.", "variant.")  # named at all, they take the place of all of the ready sweep's


def ready_address(name: str) -> Address:
    """The address of a ready sweep; raises SpecError when there is none of that name."""
    if name not in READY_SWEEPS:
        allowed = ", ".join(READY_SWEEPS)
        raise refusal(_START, f"{name[:40]!r}", f"one of {allowed}")
    return Address(READY_SWEEPS[name].experiment, pace=0.0, preset=name)


def read(query: Mapping[str, str]) -> Address:
    """Read the query parameters of a link.

    Fields that a link does not name are those of the ready sweep that it starts from, otherwise of
    the first.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    start = ready_address(query.get(_START, FIRST))
    fields = {key: text for key, text in query.items() if key not in _OTHERS}
    experiment = from_query(_with_defaults(start.experiment, fields))
    if not experiment.axes:
        raise refusal("axes", "none", "one or two fields")
    axes = {path: in_order(values) for path, values in experiment.axes.items()}
    experiment = experiment.model_copy(update={"axes": axes})
    return replace(
        start,
        experiment=experiment,
        preset=start.preset if experiment == start.experiment else None,
        hidden=read_hidden(query.get("hide", "")),
        run=query.get("run") or None,
    )


def write(found: Address) -> dict[str, str]:
    """The query parameters of an address: the whole spec, always."""
    query = to_query(found.experiment)
    if found.preset:
        query[_START] = found.preset
    if found.hidden:
        query["hide"] = ",".join(sorted(found.hidden))
    if found.run:
        query["run"] = found.run
    return query


def in_order(values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Numbers from small to large, as a curve is drawn; words stay where they are."""
    numbers = sorted(value for value in values if not isinstance(value, str))
    return tuple(numbers) if len(numbers) == len(values) else values


def fallback(query: Mapping[str, str]) -> Address:
    """The address in the place of a wrong link's; a class's link still hides what it hides."""
    return replace(ready_address(FIRST), hidden=known_hidden(query.get("hide", "")))


def _with_defaults(start: Experiment, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a link, and for those it does not name the ones it starts from."""
    replaced = tuple(group for group in _GROUPS if any(key.startswith(group) for key in fields))
    kept = {key: text for key, text in to_query(start).items() if not key.startswith(replaced)}
    return kept | dict(fields)
