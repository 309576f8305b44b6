"""The address of the page "One layer": what its URL says, and back. Pure: it knows no screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bnlab.by_hand.layer_example import FIRST_EXAMPLE, LayerExample, from_query, to_query
from bnlab.by_hand.operations import BACKWARD, FORWARD
from bnlab.spec.fields import refusal, shown

OPERATIONS = (*FORWARD, *BACKWARD)
MATRICES = ("x", "centred", "x_hat", "y", "grad_y", "grad_x_hat", "grad_x")
INPUTS = ("x", "weight", "bias", "eps", "grad_y")
FOLLOWED_KEYS = ("run", "variant", "layer", "unit")  # the unit of a run under the microscope


@dataclass(frozen=True)
class Picked:
    """One number of the layer: of a step or an input; places are counted from 0."""

    name: str
    index: tuple[int, ...]  # (row, column), (column,), or () for eps

    @property
    def text(self) -> str:
        """Its form in a link, as x_hat.0.2."""
        return ".".join((self.name, *map(str, self.index)))


@dataclass(frozen=True)
class LayerAddress:
    """Everything that a link to the page holds."""

    example: LayerExample
    step: int = 1  # operations done, 0 to all of them
    picked: Picked = Picked("mean", (0,))
    followed: tuple[tuple[str, str], ...] = ()


FIRST_ADDRESS = LayerAddress(FIRST_EXAMPLE)


def read(query: Mapping[str, str]) -> LayerAddress:
    """Read the query parameters of a link; without any, the first example at its first step.

    A picked number is computed, so the link leads at least to its step.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    own = ("step", "pick", *FOLLOWED_KEYS)
    example = from_query({key: text for key, text in query.items() if key not in own})
    step = _read_step(query["step"]) if "step" in query else FIRST_ADDRESS.step
    picked = read_picked(query["pick"], example) if "pick" in query else result_of(step)
    followed = tuple((key, query[key]) for key in FOLLOWED_KEYS if key in query)
    return LayerAddress(example, max(step, step_of(picked.name)), picked, followed)


def write(address: LayerAddress) -> dict[str, str]:
    """The query parameters of an address: everything, always."""
    place = {"step": str(address.step), "pick": address.picked.text}
    return to_query(address.example) | place | dict(address.followed)


def read_picked(text: str, example: LayerExample) -> Picked:
    """A number of this example by its name in a link; raises SpecError if there is none."""
    name, *places = text.split(".")
    names = (*INPUTS, *(operation.name for operation in OPERATIONS))
    sizes = sizes_of(name, example)
    index = tuple(int(place) for place in places if place.isdecimal() and len(place) < 6)
    fits = len(places) == len(index) == len(sizes)
    if name not in names or not fits or any(i >= n for i, n in zip(index, sizes, strict=True)):
        raise refusal(
            "pick",
            shown(text),
            "a number of the layer: x.0.2 is that of example 1 and unit 3, mean.2 that of unit 3",
        )
    return Picked(name, index)


def sizes_of(name: str, example: LayerExample) -> tuple[int, ...]:
    """The shape of a step or an input: (rows, columns), (columns,), or () for eps."""
    if name == "eps":
        return ()
    return (example.rows, example.columns) if name in MATRICES else (example.columns,)


def step_of(name: str) -> int:
    """After how many steps a number is computed: 0 for what is given."""
    return next((i for i, operation in enumerate(OPERATIONS, 1) if operation.name == name), 0)


def result_of(step: int) -> Picked:
    """The first number that a step computes; before the first step, of the minibatch."""
    name = OPERATIONS[step - 1].name if step else "x"
    return Picked(name, (0, 0) if name in MATRICES else (0,))


def refitted(picked: Picked, example: LayerExample) -> Picked:
    """The same number, or the nearest one that this example has."""
    sizes = sizes_of(picked.name, example)
    return Picked(
        picked.name, tuple(min(i, n - 1) for i, n in zip(picked.index, sizes, strict=True))
    )


def _read_step(text: str) -> int:
    if not (text.isdecimal() and len(text) < 3 and int(text) <= len(OPERATIONS)):
        raise refusal("step", shown(text), f"a whole number from 0 to {len(OPERATIONS)}")
    return int(text)
