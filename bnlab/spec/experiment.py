"""What is run: an `Experiment`, that is, a base network, variants of it, axes and seeds."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bnlab.spec.fields import Frozen, Scalar, SpecError, flatten, refusal, value_at
from bnlab.spec.member import MAX_SEED, MemberSpec

MAX_VARIANTS = 8
MIN_AXIS_VALUES, MAX_AXIS_VALUES = 2, 25
# Fields that cannot be an axis: seeds are counted separately, the others change no network.
NOT_AN_AXIS = ("version", "seed", "evaluate_every")


class ProbeSpec(Frozen):
    """What the probes look at: a fixed batch of examples, in training mode."""

    size: int = Field(
        128, ge=2, le=128, title="Probe batch", description="Examples in the fixed probe batch."
    )
    seed: int = Field(
        0,
        ge=0,
        le=999,
        title="Seed shown",
        description="The seed of each variant whose distributions are drawn, counted from 0.",
    )
    layer: Annotated[int, Field(ge=0, le=63)] | Literal["none"] = Field(
        "none",
        title="Layer recorded",
        description="The hidden layer, counted from 0, whose batch norm statistics are recorded "
        "in every frame.",
    )


VariantName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 +()=.\-]{0,39}$")]


class Experiment(Frozen):
    """A base network, named variants of it, optional axes, and a number of seeds."""

    base: MemberSpec = MemberSpec()
    variants: dict[VariantName, dict[str, Scalar]] = Field(
        default={"none": {"norm.kind": "none"}, "batch": {"norm.kind": "batch"}},
        min_length=1,
        max_length=MAX_VARIANTS,
        title="Variants",
        description="The networks that run side by side; each changes some fields of the base.",
        json_schema_extra={
            "allowed": f"1 to {MAX_VARIANTS} variants, each a name (up to 40 letters, digits, "
            "spaces or + ( ) = . -) with the fields it changes, as batch: {norm.kind: batch}"
        },
    )
    axes: dict[str, tuple[Scalar, ...]] = Field(
        default={},
        max_length=2,
        title="Axes",
        description="The fields to vary, and their values.",
        json_schema_extra={
            "allowed": "up to 2 fields, each with a list of finite values, "
            "as optimizer.lr: [0.1, 1]"
        },
    )
    seeds: int = Field(
        1,
        ge=1,
        le=1000,
        title="Seeds",
        description="How many times each variant is trained, each time from a different start.",
    )
    probe: ProbeSpec = ProbeSpec()
    target: float = Field(
        0.9,
        gt=0.0,
        le=1.0,
        title="Target",
        description="Validation accuracy; the step at which it is first reached is recorded.",
    )
    stop_at_target: bool = Field(
        False,
        title="Stop at the target",
        description="End the run once every variant has reached the target.",
    )

    @model_validator(mode="after")
    def _members_exist(self) -> Self:
        for spec in self.specs().values():
            if spec.seed + self.seeds - 1 > MAX_SEED:
                raise refusal(
                    "seeds",
                    f"{self.seeds} from seed {spec.seed} on",
                    f"a last seed of at most {MAX_SEED}",
                )
            self._check_layer(spec.network.depth)
        for path, values in self.axes.items():
            self._check_axis(path, values)
        if self.probe.seed >= self.seeds:
            raise refusal(
                "probe.seed",
                self.probe.seed,
                f"a whole number below the number of seeds, {self.seeds}",
            )
        return self

    def _check_layer(self, depth: int) -> None:
        layer = self.probe.layer
        if layer != "none" and layer >= depth:
            raise refusal(
                "probe.layer", layer, f"0 to {depth - 1} for {depth} hidden layers, or none"
            )

    def _check_axis(self, path: str, values: tuple[Scalar, ...]) -> None:
        if path in NOT_AN_AXIS:
            raise SpecError(f"axes.{path}: this field cannot be an axis.")
        if not MIN_AXIS_VALUES <= len(values) <= MAX_AXIS_VALUES:
            raise refusal(
                f"axes.{path}",
                f"a list of {len(values)}",
                f"{MIN_AXIS_VALUES} to {MAX_AXIS_VALUES} values",
            )
        # Each value alone: a combination that cannot be built becomes a cell that says so.
        taken = [value_at(path, MemberSpec, value) for value in values]
        if path == "network.depth":
            self._check_layer(min(map(int, taken)))
        for value in taken:
            if taken.count(value) > 1:
                raise refusal(f"axes.{path}", f"{value} twice", "a list of different values")
        for name, changes in self.variants.items():
            if path in changes:
                raise SpecError(f"axes.{path}: the variant {name} changes this field too.")

    def specs(self) -> dict[str, MemberSpec]:
        """The spec of each variant, at the base's seed and without axes."""
        return {name: self.base.replace(changes) for name, changes in self.variants.items()}

    def members(self) -> tuple[Member, ...]:
        """Every network of this experiment: variants, then axis values, then seeds."""
        points = [
            dict(zip(self.axes, values, strict=True))
            for values in itertools.product(*self.axes.values())
        ]
        return tuple(
            Member(
                variant=name,
                point=point,
                seed_index=index,
                spec=at_point.replace({"seed": at_point.seed + index}),
            )
            for name, spec in self.specs().items()
            for point in points
            for at_point in [spec.replace(point)]
            for index in range(self.seeds)
        )

    def differences(self) -> tuple[str, ...]:
        """Dotted paths of the fields in which the variants differ: one is a fair comparison."""
        flat = [flatten(spec) for spec in self.specs().values()]
        return tuple(path for path in flat[0] if len({repr(form[path]) for form in flat}) > 1)


class Member(Frozen):
    """One network's place in its experiment."""

    variant: str
    point: dict[str, Scalar]
    seed_index: int
    spec: MemberSpec
