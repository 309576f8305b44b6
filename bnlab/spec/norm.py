"""The norm of the hidden layers (`NormSpec`): its kind, and the settings of each kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bnlab.spec.fields import Frozen

NormKind = Literal[
    "none", "batch", "layer", "group", "rms", "batch_centre", "batch_scale", "batch_ghost",
    "batch_renorm", "batch_noisy", "batch_frozen", "group_ws",
]  # fmt: skip
Affine = Literal["both", "weight", "bias", "none"]
StatisticsMomentum = Annotated[float, Field(gt=0.0, le=1.0)] | Literal["cumulative"]


class NormSpec(Frozen):
    """The norm of the hidden layers."""

    kind: NormKind = Field(
        "none",
        title="Norm",
        description="Which values are normalized together; none: nothing is normalized.",
    )
    eps: float = Field(
        1e-5,
        gt=0.0,
        le=1.0,
        title="eps",
        description="Added to the variance before the square root, to avoid division by 0.",
    )
    momentum: StatisticsMomentum = Field(
        0.1,
        title="Momentum of the running statistics",
        description="Weight of the new batch in the running mean and variance (torch's meaning); "
        "cumulative: the plain average over all batches.",
    )
    affine: Affine = Field(
        "both",
        title="gamma and beta",
        description="Which learned parameters follow the normalization: gamma (weight), "
        "beta (bias), both or none.",
    )
    groups: int = Field(
        4, ge=1, le=1024, title="Groups", description="Number of groups; for group norm only."
    )
    ghost_size: int = Field(
        16,
        ge=2,
        le=1024,
        title="Ghost batch size",
        description="Examples that are normalized together; a divisor of the batch size. "
        "For ghost batch norm only.",
    )
    renorm_from: int = Field(
        50,
        ge=1,
        le=100_000,
        title="Renormalize from step",
        description="Steps of plain batch norm; then the limit on r widens until 8 times this "
        "step, and the limit on d until 5 times it. For batch renormalization only.",
    )
    r_max: float = Field(
        3.0,
        ge=1.0,
        le=100.0,
        title="Limit on r",
        description="Finally, r, the ratio of the batch's standard deviation to the running "
        "one, is kept between 1 over this and this. For batch renormalization only.",
    )
    d_max: float = Field(
        5.0,
        ge=0.0,
        le=100.0,
        title="Limit on d",
        description="Finally, d, the distance of the batch's mean from the running one in "
        "standard deviations, is at most this. For batch renormalization only.",
    )
    noise_shift: float = Field(
        0.5,
        ge=0.0,
        le=10.0,
        title="Random shift",
        description="At each step each unit is shifted by a random number between minus this and "
        "this. For noisy batch norm only.",
    )
    noise_scale: float = Field(
        1.25,
        ge=1.0,
        le=10.0,
        title="Random scale",
        description="At each step each unit is multiplied by a random number between 1 and this. "
        "For noisy batch norm only.",
    )
    frozen_from: int = Field(
        100,
        ge=1,
        le=100_000,
        title="Frozen after step",
        description="After this many steps, training also normalizes with the running statistics. "
        "For frozen batch norm only.",
    )

    @property
    def is_batch(self) -> bool:
        """Whether this is batch norm or a variant of it, with minibatch and running statistics."""
        return self.kind.startswith("batch")

    @property
    def takes_bias_away(self) -> bool:
        """Whether a bias before this norm has no gradient, so that it is left out."""
        return self.is_batch and self.kind != "batch_scale"
