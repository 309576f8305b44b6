"""One batch norm layer on a minibatch small enough to follow: the layer example.

>>> example = from_query({"x": "1_2~3_6", "eps": "0.001"})
>>> example.x, example.weight, example.eps
(((1.0, 2.0), (3.0, 6.0)), (1.0, 1.0), 0.001)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic.config import JsonDict

from bnlab.by_hand.batch_norm import LARGEST
from bnlab.by_hand.tables import Table, read_cells, read_number, written
from bnlab.spec.fields import Frozen, no_such_field, refusal, shown
from bnlab.spec.links import check_version
from bnlab.spec.member import parse

EXAMPLE_VERSION: Final = 1
MIN_ROWS, MAX_ROWS, MAX_COLUMNS = 2, 64, 8
MAX_ROWS_OF_ONE = 1024  # if there is a single column: the whole minibatch of one unit
MAX_EPS = 100.0

_SIZES = (
    f"{MIN_ROWS} to {MAX_ROWS} rows of 1 to {MAX_COLUMNS} numbers, "
    f"or up to {MAX_ROWS_OF_ONE} rows of one number"
)
_CELL, _ROW = "_", "~"  # between numbers and between rows in a link; neither is escaped in a URL

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Row = tuple[Number, ...]

_NUMBERS: JsonDict = {"allowed": f"numbers up to {LARGEST:g} in magnitude"}


class LayerExample(Frozen):
    """A minibatch, the layer's parameters, and the gradient that comes back from above."""

    x: tuple[Row, ...] = Field(
        title="Minibatch",
        description="One row for each example, one column for each unit.",
        json_schema_extra=_NUMBERS,
    )
    weight: Row = Field(
        title="Gamma",
        description="Each unit is scaled by its gamma, which the layer learns.",
        json_schema_extra=_NUMBERS,
    )
    bias: Row = Field(
        title="Beta",
        description="Each unit is shifted by its beta, which the layer learns.",
        json_schema_extra=_NUMBERS,
    )
    eps: float = Field(
        1e-5,
        ge=0,
        le=MAX_EPS,
        title="Epsilon",
        description="Added to the variance, so that a unit of equal values is not 0/0.",
    )
    grad_y: tuple[Row, ...] = Field(
        title="Gradient from above",
        description="From the rest of the network: how the loss changes with each output.",
        json_schema_extra=_NUMBERS,
    )

    @model_validator(mode="after")
    def _shapes_fit(self) -> Self:
        _check_rectangle("x", self.x)
        _check_rectangle("grad_y", self.grad_y)
        rows, most = self.rows, MAX_ROWS_OF_ONE if self.columns == 1 else MAX_ROWS
        if not (MIN_ROWS <= rows <= most and 1 <= self.columns <= MAX_COLUMNS):
            one = " (a single value is its own mean, so nothing would be left)" * (rows == 1)
            raise refusal("x", _size_of(self.x), f"{_SIZES}{one}")
        if _size_of(self.grad_y) != _size_of(self.x):
            raise refusal("grad_y", _size_of(self.grad_y), f"{_size_of(self.x)}, like x")
        for name in ("weight", "bias"):
            if len(getattr(self, name)) != self.columns:
                raise refusal(
                    name,
                    f"{len(getattr(self, name))} numbers",
                    f"one for each of the {self.columns} units",
                )
        return self

    @property
    def rows(self) -> int:
        """How many examples the minibatch has."""
        return len(self.x)

    @property
    def columns(self) -> int:
        """How many units the layer has."""
        return len(self.x[0]) if self.x else 0

    def replace(self, **fields: Any) -> LayerExample:
        """This example with some fields replaced; raises SpecError."""
        return parse(LayerExample, self.model_dump() | _plain(fields))

    def with_minibatch(self, x: Sequence[Sequence[float]]) -> LayerExample:
        """This example with another minibatch, of any size.

        Parameters and gradients are kept where they still fit; a new unit gets gamma 1 and beta 0,
        a new output a random gradient. Raises SpecError.
        """
        rest = example_of(x)
        return rest.replace(
            weight=_refitted(self.weight, rest.weight),
            bias=_refitted(self.bias, rest.bias),
            eps=self.eps,
            grad_y=[
                _refitted(self.grad_y[i], row) if i < self.rows else row
                for i, row in enumerate(rest.grad_y)
            ],
        )


def example_of(x: Sequence[Sequence[float]], **fields: Any) -> LayerExample:
    """A layer example with this minibatch (rows: examples), and defaults for what is not given.

    Args:
        x: the minibatch.
        fields: weight (default 1), bias (0), eps (1e-5), grad_y (random, always the same).

    Raises:
        SpecError: one sentence that says what does not fit.
    """
    rows, columns = len(x), len(x[0]) if len(x) else 0
    defaults = {
        "x": x,
        "weight": (1.0,) * columns,
        "bias": (0.0,) * columns,
        "grad_y": _drawn(np.random.default_rng([rows, columns]), rows, columns),
    }
    return parse(LayerExample, _plain(defaults | fields))


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in fields.items()}


def _refitted(old: Sequence[float], rest: Sequence[float]) -> tuple[float, ...]:
    """A row of the length of `rest`, with the old numbers first."""
    return (*old[: len(rest)], *rest[len(old) :])


def _check_rectangle(name: str, table: Table) -> None:
    lengths = [len(row) for row in table]
    for place, length in enumerate(lengths, 1):
        if length != lengths[0]:
            raise refusal(
                name,
                f"{lengths[0]} numbers in row 1 and {length} in row {place}",
                "rows of equal length",
            )


def _size_of(table: Table) -> str:
    rows, columns = len(table), len(table[0]) if table else 0
    return f"{rows} row{'s' * (rows != 1)} of {columns} number{'s' * (columns != 1)}"


def _drawn(chance: np.random.Generator, rows: int, columns: int) -> Any:
    return (chance.normal(size=(rows, columns)).round(1) + 0.0).tolist()


# --- presets --------------------------------------------------------------------------------------

FIRST_EXAMPLE = example_of(
    [[1.2, -0.5, 3.0], [0.4, 0.7, 5.0], [-0.8, 0.1, 4.0], [2.0, -1.1, 8.0]],
    weight=(1.5, 1.0, 0.5),
    bias=(0.5, 0.0, -1.0),
    grad_y=[[0.3, -0.2, 1.0], [-0.5, 0.4, 0.2], [0.1, 0.6, -0.7], [0.8, -0.1, 0.4]],
)

PRESETS = {
    "One outlier": FIRST_EXAMPLE.replace(x=((50.0, -0.5, 3.0), *FIRST_EXAMPLE.x[1:])),
    "Constant column": FIRST_EXAMPLE.replace(x=[(a, 0.7, c) for a, _, c in FIRST_EXAMPLE.x]),
    "Two examples": FIRST_EXAMPLE.replace(x=FIRST_EXAMPLE.x[:2], grad_y=FIRST_EXAMPLE.grad_y[:2]),
}


def random_example(seed: int, *, rows: int = 4, columns: int = 3) -> LayerExample:
    """Random numbers with one decimal; the units differ in mean and spread."""
    chance = np.random.default_rng(seed)
    place, width = 3 * chance.normal(size=columns), np.exp(chance.normal(size=columns))
    x = place + width * chance.normal(size=(rows, columns))
    return example_of(
        (x.round(1) + 0.0).tolist(),
        weight=chance.uniform(0.5, 2.0, size=columns).round(1).tolist(),
        bias=(chance.normal(size=columns).round(1) + 0.0).tolist(),
        grad_y=_drawn(chance, rows, columns),
    )


# --- links ----------------------------------------------------------------------------------------


def to_query(example: LayerExample) -> dict[str, str]:
    """The example as query parameters: every field, so that no later default changes a link."""
    return {
        "v": str(EXAMPLE_VERSION),
        "x": _link_table(example.x),
        "weight": _link_table((example.weight,)),
        "bias": _link_table((example.bias,)),
        "eps": written(example.eps),
        "grad_y": _link_table(example.grad_y),
    }


def from_query(query: Mapping[str, str]) -> LayerExample:
    """Read a layer example from query parameters; without any it is the first one.

    Raises:
        SpecError: one sentence that says what is wrong with the link.
    """
    if not query:
        return FIRST_EXAMPLE
    check_version(query, EXAMPLE_VERSION)
    fields: dict[str, Any] = {}
    for name, text in query.items():
        if name not in (*LayerExample.model_fields, "v"):
            raise no_such_field(name, ", ".join(LayerExample.model_fields))
        if name != "v":
            fields[name] = _read_field(name, text)
    if "x" not in fields:
        raise refusal("x", "nothing", "rows of numbers, such as 1_2~3_4 for 1, 2 and 3, 4")
    return example_of(fields.pop("x"), **fields)


def _read_field(name: str, text: str) -> Table | tuple[float, ...] | float:
    if name == "eps":
        return read_number(text, name)
    table = read_cells(name, [row.split(_CELL) for row in text.split(_ROW)])
    if name in ("x", "grad_y"):
        return table
    if len(table) > 1:
        raise refusal(name, shown(text), "one row of numbers")
    return table[0]


def _link_table(table: Table) -> str:
    return _ROW.join(_CELL.join(map(written, row)) for row in table)
