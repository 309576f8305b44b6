"""What can be asked of a run between its steps, or of a worker without one: plain data.

Every query has a JSON form; its docstring says what answers it, (M,) being the shape of an array
and () a single number. Answers about one network also have `step` (): how many steps the networks
had taken.

>>> parse_query({"kind": "unit", "variant": "batch", "layer": 0, "unit": 3})
Unit(kind='unit', variant='batch', layer=0, unit=3)
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from bnlab.claims.judging import Comparison
from bnlab.lab.workers.protocol.measure import Measure
from bnlab.spec.experiment import VariantName
from bnlab.spec.fields import Frozen, refusal
from bnlab.spec.member import MAX_SEED, MemberSpec
from bnlab.spec.one_of import OneOf

MAX_ROWS, MAX_COLUMNS = 1024, 16
MAX_TIMED = 8
MAX_JUDGED = 64

Variant = Annotated[
    VariantName, Field(json_schema_extra={"allowed": "the name of a variant of the run"})
]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]


class QueryError(ValueError):
    """The question does not fit the run, or no worker can answer; the message says why."""


class LostError(QueryError):
    """The worker that was asked has died; another may answer."""


class Evaluate(Frozen):
    """Loss and accuracy of every member on one part of its data.

    Answer: loss (M,) and accuracy (M,), members in the experiment's order.
    """

    kind: Literal["evaluate"] = "evaluate"
    part: Literal["validation", "test"] = "validation"
    mode: Literal["eval", "train"] = "eval"


class Unit(Frozen):
    """One unit of a hidden layer's norm, on the last training minibatch with the current weights.

    Before the first step: on the first minibatch. In training mode, with the minibatch's dropout.

    Answer: x, normalized (x_hat, before gamma and beta), y and grad_y (N,), where x is what the
    norm gets (the pre-activation, or the activation where the norm comes after it) and grad_y is
    dL/dy; and (): mean and var of x over the minibatch (var is the biased one), weight and bias
    (1 and 0 where not learned), running_mean and running_var (NaN without), eps, step, is_batch
    (1 for batch norm and its relatives, else 0). A unit of an image network is a channel, and N
    counts all positions of all examples; of more than 1024, evenly spaced ones are returned, while
    mean and var are of all.
    """

    kind: Literal["unit"] = "unit"
    variant: Variant
    layer: int = Field(ge=0, le=63)
    unit: int = Field(ge=0, le=1023)


class BatchDependence(Frozen):
    """One test example in training mode, in D random minibatches, and in eval mode.

    The other examples come from the test part; dropout is off. shuffled: any of them; sorted:
    those of the example's own class, and of the classes after it when there are too few.

    Answer: training (D, K) and eval (K,) probabilities, label (), input (F,), raw (F,) (the input
    before it was standardized), companions (D, batch_size - 1) int32 indices in the test part.
    With batch norm, a batch of one is refused with torch's message.
    """

    kind: Literal["companions"] = "companions"
    variant: Variant
    example: int = Field(ge=0, le=100_000)
    batch_size: int = Field(ge=1, le=1024)
    draws: int = Field(ge=1, le=200)
    seed: Seed = 0
    order: Literal["shuffled", "sorted"] = "shuffled"


class Modes(Frozen):
    """Accuracy on the test part in training mode, in batches of several sizes.

    A shorter last batch counts unless it has only one example. Dropout is off.

    Answer: batch_sizes (S,) int32, shuffled (S,), sorted_by_class (S,), and () eval and exact
    (with exact statistics of the training part instead of the running ones).
    """

    kind: Literal["modes"] = "modes"
    variant: Variant
    batch_sizes: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field(
        min_length=1,
        max_length=32,
        json_schema_extra={"allowed": "1 to 32 whole numbers from 1 to 1024"},
    )
    seed: Seed = 0


_CHANGES: JsonDict = {"allowed": "1 to 64 numbers from -1000 to 1000"}


class ShiftedInputs(Frozen):
    """Accuracy on shifted test inputs: every input becomes input * scale + shift.

    Answer: (S,) each, by the statistics that batch norm uses: running; exact_train, of the whole
    training part; exact_changed, of the shifted test part.
    """

    kind: Literal["changed"] = "changed"
    variant: Variant
    scales: tuple[Annotated[float, Field(ge=-1e3, le=1e3)], ...] = Field(
        min_length=1, max_length=64, json_schema_extra=_CHANGES
    )
    shifts: tuple[Annotated[float, Field(ge=-1e3, le=1e3)], ...] = Field(
        min_length=1, max_length=64, json_schema_extra=_CHANGES
    )

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if len(self.scales) != len(self.shifts):
            raise refusal(
                "shifts",
                f"{len(self.shifts)} of them",
                f"one for each of the {len(self.scales)} scales",
            )
        return self


class Fold(Frozen):
    """Batch norm folded into the linear layers, for inference; both networks in eval mode.

    Answer, () each: difference, the largest |logits - folded logits| on the test part;
    logits_scale, the largest |logits|; operations_before and operations_after, multiply-adds and
    additions per example; parameters_before and parameters_after; statistics_before, the running
    statistics that are no longer needed; and (repeats,): seconds_before and seconds_after, of one
    batch, measured alternately.
    """

    kind: Literal["fold"] = "fold"
    variant: Variant
    batch_size: int = Field(64, ge=1, le=1024)
    repeats: int = Field(30, ge=1, le=200)


Row = Annotated[tuple[float, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
_TABLE: JsonDict = {"allowed": f"1 to {MAX_ROWS} rows of 1 to {MAX_COLUMNS} finite numbers"}
_VECTOR: JsonDict = {"allowed": f"1 to {MAX_COLUMNS} finite numbers"}


class LayerByTorch(Frozen):
    """The forward and backward pass of one batch norm layer, by torch itself, in float64.

    Answer: y (N, F), and by autograd grad_x (N, F), grad_weight and grad_bias (F,) of the sum of
    y * grad_y; running_mean and running_var (F,) after this minibatch, with momentum 0.1 from 0
    and 1. What torch refuses (one row, eps 0) is refused with its message.
    """

    kind: Literal["layer_by_torch"] = "layer_by_torch"
    x: tuple[Row, ...] = Field(min_length=1, max_length=MAX_ROWS, json_schema_extra=_TABLE)
    weight: Row = Field(json_schema_extra=_VECTOR)
    bias: Row = Field(json_schema_extra=_VECTOR)
    eps: float = Field(1e-5, ge=0.0, le=1e6)
    grad_y: tuple[Row, ...] = Field(min_length=1, max_length=MAX_ROWS, json_schema_extra=_TABLE)

    @model_validator(mode="after")
    def _shapes_fit(self) -> Self:
        rows, columns = len(self.x), len(self.x[0])
        for name in ("x", "grad_y"):
            table = getattr(self, name)
            lengths = {len(row) for row in table}
            if len(table) != rows or lengths != {columns}:
                raise refusal(
                    name,
                    f"{len(table)} rows of {_or(lengths)} numbers",
                    f"{rows} rows of {columns}, like the first row of x",
                )
        for name in ("weight", "bias"):
            if len(getattr(self, name)) != columns:
                raise refusal(
                    name, f"{len(getattr(self, name))} numbers", f"{columns}, one per column of x"
                )
        return self


class Activations(Frozen):
    """Real activations: handwritten digits after a 3x3 convolution with He initialization.

    Answer: x (N, C, size, size) float64 and labels (N,) int64. Maps smaller than the digits'
    8 x 8 are averaged down.
    """

    kind: Literal["activations"] = "activations"
    examples: int = Field(ge=1, le=32)
    channels: int = Field(ge=1, le=8)
    size: int = Field(ge=1, le=8)
    seed: Seed = 0


class TimeNetworks(Frozen):
    """What networks cost on a worker, timed there, each as one of several trained together.

    Answer: seconds (S, 4) per network: until the first step, of a step, of an evaluation, and of
    the last one; NaN where the time was up (half a second for all of them).
    """

    kind: Literal["time_networks"] = "time_networks"
    specs: tuple[MemberSpec, ...] = Field(min_length=1, max_length=MAX_TIMED)
    networks: tuple[Annotated[int, Field(ge=1, le=100_000)], ...]

    @model_validator(mode="after")
    def _a_number_each(self) -> Self:
        if len(self.networks) != len(self.specs):
            raise refusal(
                "networks",
                f"{len(self.networks)} numbers",
                f"one for each of the {len(self.specs)} specs",
            )
        return self


class Judge(Frozen):
    """The conditions of a claim, judged on pairs of numbers: see `bnlab.claims.statistics`.

    Answer, (C,) each: effect, low and high float64, in the unit of the condition (NaN: too few
    pairs); int32 n (pairs compared), never_first and never_second (of them), left_out (pairs that
    decide nothing); verdict int32: its index in `bnlab.claims.judging.VERDICTS`, -1 while there
    are too few pairs for one.
    """

    kind: Literal["judge"] = "judge"
    conditions: tuple[Comparison, ...] = Field(min_length=1, max_length=MAX_JUDGED)


Query = Evaluate | Unit | BatchDependence | Modes | ShiftedInputs | Fold
Computation = LayerByTorch | Activations | TimeNetworks | Judge | Measure

parse_query = OneOf[Query]("query", Query).parse
parse_computation = OneOf[Computation]("computation", Computation).parse


def _or(numbers: set[int]) -> str:
    return " or ".join(map(str, sorted(numbers)))
