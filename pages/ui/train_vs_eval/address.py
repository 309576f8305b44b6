"""The address of the page "Training and inference": what its URL says, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import Field, ValidationError

from bnlab.lessons.presets.train_vs_eval import PRESETS
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Frozen, Scalar, SpecError, explain, flatten, refusal
from bnlab.spec.links import from_query, to_text
from pages.ui.shared import address

FIRST = next(iter(PRESETS))

_PRESET, _VIEW = "start", "view."  # in the URL: the preset, and what the sections show
_OTHERS = (_PRESET, "pace", "hide", "run")


class View(Frozen):
    """What the sections below the board are set to."""

    example: int = Field(
        1, ge=1, le=100_000, title="Test example",
        description="Which example of the test set is predicted; none of them was trained on.",
    )  # fmt: skip
    companions: int = Field(
        4, ge=2, le=1024, title="Examples in its batch",
        description="The size of the batch: this example and the others.",
    )  # fmt: skip
    order: Literal["shuffled", "sorted"] = Field(
        "shuffled", title="Other examples",
        description="Drawn from all test examples, or from the same class, as in sorted data.",
    )  # fmt: skip
    draws: int = Field(
        1, ge=1, le=200, title="Draws", description="How often the other examples were drawn."
    )
    shift: float = Field(
        2.0, ge=-4.0, le=4.0, title="Shift",
        description="Added to every input of the test set; 1 is one standard deviation of an "
        "input where inputs are standardized.",
    )  # fmt: skip
    scale: float = Field(
        1.0, ge=0.1, le=10.0, title="Scale",
        description="Every input of the test set is multiplied by this, before the shift.",
    )  # fmt: skip


@dataclass(frozen=True)
class Address(address.Address):
    """Everything that a link to the page holds."""

    view: View = field(default_factory=View)


def preset_address(name: str) -> Address:
    """The address of a preset; raises SpecError when there is none of that name."""
    preset = address.preset_of(PRESETS, name, _PRESET)
    return Address(preset.experiment, preset.pace, name)


def read(query: Mapping[str, str]) -> Address:
    """Read the query parameters of a link.

    Fields that a link does not name are those of the preset that it starts from, or of the first.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    start = preset_address(query.get(_PRESET, FIRST))
    view = {k.removeprefix(_VIEW): text for k, text in query.items() if k.startswith(_VIEW)}
    fields = {k: v for k, v in query.items() if k not in _OTHERS and not k.startswith(_VIEW)}
    experiment = from_query(address.with_defaults(start.experiment, fields))
    variant_of(experiment)
    return replace(address.linked(start, experiment, query), view=read_view(view))


def write(found: Address) -> dict[str, str]:
    """The query parameters of an address: the whole spec and every section, always."""
    view = {_VIEW + name: str(value) for name, value in flatten(found.view).items()}
    return address.query_of(found, _PRESET) | {"pace": f"{found.pace:g}"} | view


def with_controls(found: Address, controls: Mapping[str, Scalar]) -> Address:
    """An address with some controls set; the run and what is hidden stay.

    Args:
        found: the address.
        controls: by their names in the URL: `start` is a preset;
            `norm.momentum`, `batch_size`, … are fields of the experiment; `view.example`,
            `view.companions`, `view.order`, `view.draws`, `view.shift` and `view.scale` are
            controls of the sections.

    Raises:
        SpecError: one sentence for a wrong name or value.
    """
    texts = {name: to_text(value) for name, value in controls.items()}
    kept = write(found)
    if _PRESET in texts:
        kept = {name: text for name, text in kept.items() if name.startswith(_VIEW)}
    return replace(read(kept | texts), run=found.run, hidden=found.hidden)


def read_view(texts: Mapping[str, str]) -> View:
    """Read what the sections are set to; raises SpecError."""
    try:
        return View.model_validate_strings(dict(texts))
    except ValidationError as error:
        raise SpecError(explain(error, View)) from None


def variant_of(experiment: Experiment) -> str:
    """The variant that is measured: the first with batch norm.

    Raises:
        SpecError: there is none, so this page has nothing to show.
    """
    specs = experiment.specs()
    for name, spec in specs.items():
        if spec.norm.kind == "batch":
            return name
    kinds = ", ".join(sorted({spec.norm.kind for spec in specs.values()}))
    raise refusal("norm.kind", kinds, "batch on this page")


fallback = address.fallback_to(preset_address(FIRST))
