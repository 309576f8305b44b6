"""How weights follow gradients (`OptimizerSpec`)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from bnlab.spec.fields import Frozen, refusal

OptimizerKind = Literal["sgd", "adam", "adamw"]


class OptimizerSpec(Frozen):
    """How weights follow gradients. Weight decay acts on all parameters, as in torch.optim."""

    kind: OptimizerKind = Field(
        "sgd", title="Optimizer", description="The update rule, as in torch.optim."
    )
    lr: float = Field(
        0.1,
        ge=1e-7,
        le=1000.0,
        title="Learning rate",
        description="Size of a step along the negative gradient.",
    )
    momentum: float = Field(
        0.0,
        ge=0.0,
        lt=1.0,
        title="Momentum",
        description="Share of the previous step that is kept in the next; for SGD only.",
    )
    nesterov: bool = Field(False, title="Nesterov", description="Nesterov momentum; for SGD only.")
    weight_decay: float = Field(
        0.0,
        ge=0.0,
        le=10.0,
        title="Weight decay",
        description="Pulls all parameters towards 0.",
    )

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and self.momentum == 0.0:
            raise refusal("optimizer.nesterov", "true with momentum 0", "a momentum above 0")
        return self
