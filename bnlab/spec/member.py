"""What is trained: one network (`MemberSpec`), as plain data.

Specs are frozen and strict: unknown keys, wrong types and values out of range are refused with a
sentence (`SpecError`) that names the field, the value and what is allowed. Each field's title and
description are written here once; widgets, docs and error messages read them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError, model_validator

from bnlab.spec.data import DataSpec
from bnlab.spec.fields import Frozen, Scalar, SpecError, explain, field_at, refusal, to_json
from bnlab.spec.image_layers import BRANCHES, ImageLayer
from bnlab.spec.network import NetworkSpec
from bnlab.spec.norm import Affine as Affine
from bnlab.spec.norm import NormKind as NormKind
from bnlab.spec.norm import NormSpec
from bnlab.spec.norm import StatisticsMomentum as StatisticsMomentum
from bnlab.spec.optimizer import OptimizerSpec

Spec = TypeVar("Spec", bound=BaseModel)

SPEC_VERSION: Final = 1
MAX_SEED = 2**31 - 1
MOST_SETTLED: Final = 2**26  # activations of an image layer, over the training part


class MemberSpec(Frozen):
    """One network, completely determined: data, layers, norm, optimizer, seed."""

    version: Literal[1] = Field(
        SPEC_VERSION, title="Version", description="Version of this format."
    )
    data: DataSpec = DataSpec()
    network: NetworkSpec = NetworkSpec()
    norm: NormSpec = NormSpec()
    optimizer: OptimizerSpec = OptimizerSpec()
    batch_size: int = Field(
        64, ge=1, le=1024, title="Batch size", description="Examples in a minibatch."
    )
    steps: int = Field(
        600, ge=1, le=100_000, title="Steps", description="Number of updates (minibatches)."
    )
    evaluate_every: int = Field(
        20,
        ge=1,
        le=10_000,
        title="Evaluate every",
        description="Steps between two evaluations on the validation part.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=MAX_SEED,
        title="Seed",
        description="Fixes the split, the initial weights and the order of the minibatches.",
    )

    @property
    def image_layers(self) -> tuple[ImageLayer, ...]:
        """The hidden layers of a convolutional network; empty for a dense one."""
        return self.network.image_layers(self.data.facts.image)

    @property
    def parameters(self) -> int:
        """Number of weights and biases of the linear layers, or of the convolutions."""
        facts, width = self.data.facts, self.network.width
        output = (width + 1) * facts.classes
        if layers := self.image_layers:
            return sum(layer.weights + width for layer in layers) + output
        hidden = (self.network.depth - 1) * (width + 1) * width
        return (facts.features + 1) * width + hidden + output

    @property
    def work(self) -> int:
        """Approximate multiply-adds of one example's forward pass.

        One per parameter; those of a convolution count once for each position of its image.
        """
        layers, width = self.image_layers, self.network.width
        more = sum((layer.positions - 1) * (layer.weights + width) for layer in layers)
        return self.parameters + more

    @property
    def activations(self) -> int:
        """Number of activations of one example in all hidden layers."""
        if layers := self.image_layers:
            return self.network.width * sum(layer.positions for layer in layers)
        return self.network.width * self.network.depth

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        train = self.data.facts.train
        if self.batch_size > train:
            raise refusal(
                "batch_size",
                self.batch_size,
                f"at most the {train} training examples of {self.data.name}",
            )
        self._check_image_network()
        self._check_norm()
        return self

    def _check_norm(self) -> None:
        # In a convolution, one example has many values per channel.
        if self.norm.is_batch and self.batch_size < 2 and self.network.kind == "dense":
            raise refusal(
                "batch_size",
                f"{self.batch_size} with batch norm",
                "2 or more (one value has no variance)",
            )
        if self.norm.kind == "batch_ghost" and self.batch_size % self.norm.ghost_size:
            raise refusal(
                "norm.ghost_size",
                self.norm.ghost_size,
                f"a divisor of the batch size {self.batch_size}, 2 or more",
            )
        if self.norm.kind in ("group", "group_ws") and self.network.width % self.norm.groups:
            raise refusal(
                "norm.groups", self.norm.groups, f"a divisor of the width {self.network.width}"
            )
        if self.norm.kind == "group_ws" and self.network.width < 2:
            raise refusal(
                "network.width",
                f"{self.network.width} with standardized weights",
                "2 or more (one weight has no variance)",
            )

    def _check_image_network(self) -> None:
        network, image = self.network, self.data.facts.image
        if network.kind == "dense":
            return
        if image is None:
            raise refusal(
                "network.kind",
                f"{network.kind} on {self.data.name}",
                "dense (convolutions need images, such as digits)",
            )
        if network.skips:
            raise refusal(
                "network.skips",
                f"true with {network.kind}",
                "false (among convolutional networks, resnet is the one with skip connections)",
            )
        if network.kind == "inception" and network.width < BRANCHES:
            raise refusal(
                "network.width",
                f"{network.width} with inception",
                f"{BRANCHES} or more (one channel per branch)",
            )
        if network.kind == "inception" and self.norm.kind == "group_ws" and image[0] == 1:
            raise refusal(
                "norm.kind",
                "group_ws with inception on images of one channel",
                "any other (the one weight of a 1×1 convolution has no variance)",
            )

        facts, largest = self.data.facts, max(layer.positions for layer in self.image_layers)
        most = MOST_SETTLED // (facts.train * largest)
        if self.norm.is_batch and network.width > most:
            raise refusal(
                "network.width",
                f"{network.width} with {facts.train:,} training images of {image[1]} × {image[2]}",
                f"at most {most} with batch norm, whose exact statistics need all activations at "
                "once; or reduce data.train_size",
            )

    def replace(self, overrides: Mapping[str, Scalar]) -> MemberSpec:
        """This spec with some fields changed, each named by its dotted path.

        >>> MemberSpec().replace({"network.depth": 3}).network.depth
        3
        """
        document = self.model_dump()
        for path, value in overrides.items():
            field_at(path, MemberSpec)
            *parents, leaf = path.split(".")
            target = document
            for parent in parents:
                target = target[parent]
            target[leaf] = value
        return parse(MemberSpec, document)


def parse(kind: type[Spec], document: Any) -> Spec:
    """Read a spec from plain data (as of `json.loads` or `model_dump`).

    Raises:
        SpecError: one sentence per field: its name, what it must be, and what it was.
    """
    try:
        return kind.model_validate_json(to_json(document))
    except ValidationError as error:
        raise SpecError(explain(error, kind, root="base")) from None
    except ValueError as error:
        raise SpecError(f"{kind.__name__}: not plain data ({error}).") from None


def parse_json(kind: type[Spec], text: str | bytes) -> Spec:
    """Read a spec from its JSON form; raises `SpecError`."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise SpecError(explain(error, kind, root="base")) from None
