"""What is trained: one network (`MemberSpec`), as plain data.

Specs are frozen and strict: unknown keys, wrong types and values out of range are refused with a
sentence (`SpecError`) that names the field, the value and what is allowed. Each field's title and
description are written here once; widgets, docs and error messages read them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from bnlab.data_spec import DataSpec, Frozen
from bnlab.fields import Scalar, SpecError, explain, field_at
from bnlab.image_layers import BRANCHES, ImageKind, ImageLayer, image_layers

Spec = TypeVar("Spec", bound=BaseModel)

SPEC_VERSION: Final = 1
MAX_SEED = 2**31 - 1
MOST_SETTLED: Final = 2**26  # activations of one layer of images, of the whole training part

Activation = Literal["relu", "leaky_relu", "gelu", "tanh", "sigmoid", "identity"]
Init = Literal["he", "xavier", "normal", "orthogonal"]
NormKind = Literal[
    "none", "batch", "layer", "group", "rms", "batch_centre", "batch_scale", "batch_ghost",
    "batch_renorm", "batch_noisy", "batch_frozen", "group_ws",
]  # fmt: skip
Affine = Literal["both", "weight", "bias", "none"]
OptimizerKind = Literal["sgd", "adam", "adamw"]
StatisticsMomentum = Annotated[float, Field(gt=0.0, le=1.0)] | Literal["cumulative"]


class NetworkSpec(Frozen):
    """The network without its norm: layers, width, activation, start."""

    kind: Literal["dense"] | ImageKind = Field(
        "dense",
        title="Kind",
        description="Architecture; dense: every unit sees every input. For images, of "
        "convolutions: vgg: one after the other; resnet: with skips around pairs of them; "
        "inception: four of different size side by side.",
    )
    depth: int = Field(
        6,
        ge=1,
        le=64,
        title="Hidden layers",
        description="Number of hidden layers: of units (dense), of 3×3 convolutions (vgg, resnet) "
        "or of four parallel branches (inception).",
    )
    width: int = Field(
        32,
        ge=1,
        le=1024,
        title="Units per layer",
        description="Units in each hidden layer; in networks of convolutions, channels.",
    )
    activation: Activation = Field(
        "relu", title="Activation", description="The nonlinearity after each hidden layer."
    )
    init: Init = Field(
        "he",
        title="Initial weights",
        description="Spread of the first weights: he: sqrt(2/fan_in), xavier: "
        "sqrt(2/(fan_in + fan_out)), normal: the given standard deviation, "
        "orthogonal: orthonormal rows or columns.",
    )
    init_std: float = Field(
        0.1,
        gt=0.0,
        le=100.0,
        title="Standard deviation",
        description="Standard deviation of the first weights; for normal only.",
    )
    gain: float = Field(
        1.0,
        ge=0.001,
        le=100.0,
        title="Gain",
        description="Factor on the first weights of the hidden layers.",
    )
    dropout: float = Field(
        0.0,
        ge=0.0,
        le=0.95,
        title="Dropout",
        description="Share of activations set to 0 in training, after each hidden layer; "
        "in networks of convolutions, of whole channels.",
    )
    norm_placement: Literal["before", "after"] = Field(
        "before",
        title="Norm placement",
        description="Normalize before the activation (as in the paper) or after it.",
    )
    norm_on_input: bool = Field(
        False,
        title="Norm on the input",
        description="Put the norm in front of the first layer, too.",
    )
    skips: bool = Field(
        False,
        title="Skip connections",
        description="Add each hidden layer's input to its output, from the second layer on; "
        "for dense networks (among those of convolutions, resnet has them).",
    )

    def image_layers(self, image: tuple[int, int, int] | None) -> tuple[ImageLayer, ...]:
        """The hidden layers as convolutions on such inputs; none in a dense network."""
        if self.kind == "dense" or image is None:
            return ()
        return image_layers(self.kind, depth=self.depth, width=self.width, image=image)


class NormSpec(Frozen):
    """The norm of the hidden layers."""

    kind: NormKind = Field(
        "none", title="Norm", description="What is normalized: nothing, or over which values."
    )
    eps: float = Field(
        1e-5,
        gt=0.0,
        le=1.0,
        title="eps",
        description="Added to the variance before the square root, against division by 0.",
    )
    momentum: StatisticsMomentum = Field(
        0.1,
        title="Momentum of the running statistics",
        description="Weight of the new batch in the running mean and variance (torch's meaning); "
        "cumulative: plain average over all batches.",
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
        description="Steps of plain batch norm; then the limit on r opens until 8 times this "
        "step, that on d until 5 times it. For batch renormalization only.",
    )
    r_max: float = Field(
        3.0,
        ge=1.0,
        le=100.0,
        title="Limit on r",
        description="In the end r, the ratio of the batch's standard deviation to the running "
        "one, lies between 1 over this and this. For batch renormalization only.",
    )
    d_max: float = Field(
        5.0,
        ge=0.0,
        le=100.0,
        title="Limit on d",
        description="In the end d, the distance of the batch's mean from the running one in "
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
        description="After so many steps training, too, normalizes with the running statistics. "
        "For frozen batch norm only.",
    )

    @property
    def is_batch(self) -> bool:
        """Whether this is batch norm or a relative: minibatch statistics, and running ones."""
        return self.kind.startswith("batch")

    @property
    def takes_bias_away(self) -> bool:
        """Whether a bias in front of this norm has no gradient, so that it is left out."""
        return self.is_batch and self.kind != "batch_scale"


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
        description="Size of a step along the gradient.",
    )
    momentum: float = Field(
        0.0,
        ge=0.0,
        lt=1.0,
        title="Momentum",
        description="Share of the last step kept in the next; for SGD only.",
    )
    nesterov: bool = Field(
        False, title="Nesterov", description="Nesterov's form of momentum; for SGD only."
    )
    weight_decay: float = Field(
        0.0,
        ge=0.0,
        le=10.0,
        title="Weight decay",
        description="Pull of all parameters towards 0.",
    )

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and self.momentum == 0.0:
            raise ValueError(
                "optimizer.nesterov: got true with momentum 0, allowed is a momentum above 0."
            )
        return self


class MemberSpec(Frozen):
    """One network, completely determined: data, layers, norm, optimizer, seed."""

    version: Literal[1] = Field(SPEC_VERSION, title="Version", description="Version of this form.")
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
        description="Steps between two measurements on the validation part.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=MAX_SEED,
        title="Seed",
        description="Fixes the split, the first weights and the order of the minibatches.",
    )

    @property
    def image_layers(self) -> tuple[ImageLayer, ...]:
        """The hidden layers of a network of convolutions; none in a dense one."""
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
        """Multiply-adds of one example on its way forward, about.

        As many as parameters, those of a convolution once for each position in its image.
        """
        layers, width = self.image_layers, self.network.width
        more = sum((layer.positions - 1) * (layer.weights + width) for layer in layers)
        return self.parameters + more

    @property
    def activations(self) -> int:
        """Numbers that one example is in all hidden layers."""
        if layers := self.image_layers:
            return self.network.width * sum(layer.positions for layer in layers)
        return self.network.width * self.network.depth

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        train = self.data.facts.train
        if self.batch_size > train:
            raise ValueError(
                f"batch_size: got {self.batch_size}, allowed is at most the {train} "
                f"training examples of {self.data.name}."
            )
        self._check_image_network()
        self._check_norm()
        return self

    def _check_norm(self) -> None:
        # One example of an image is many values a channel.
        if self.norm.is_batch and self.batch_size < 2 and self.network.kind == "dense":
            raise ValueError(
                f"batch_size: got {self.batch_size} with batch norm, allowed is 2 or more "
                "(one value has no variance)."
            )
        if self.norm.kind == "batch_ghost" and self.batch_size % self.norm.ghost_size:
            raise ValueError(
                f"norm.ghost_size: got {self.norm.ghost_size}, allowed is a divisor of the batch "
                f"size {self.batch_size} from 2 on."
            )
        if self.norm.kind in ("group", "group_ws") and self.network.width % self.norm.groups:
            raise ValueError(
                f"norm.groups: got {self.norm.groups}, allowed is a divisor of the width "
                f"{self.network.width}."
            )
        if self.norm.kind == "group_ws" and self.network.width < 2:
            raise ValueError(
                f"network.width: got {self.network.width} with standardized weights, allowed is "
                "2 or more (one weight has no variance)."
            )

    def _check_image_network(self) -> None:
        network, image = self.network, self.data.facts.image
        if network.kind == "dense":
            return
        if image is None:
            raise ValueError(
                f"network.kind: got {network.kind} on {self.data.name}, allowed is dense: "
                "convolutions need images, such as digits."
            )
        if network.skips:
            raise ValueError(
                f"network.skips: got true with {network.kind}, allowed is false: among networks "
                "of convolutions resnet is the one with skips."
            )
        if network.kind == "inception" and network.width < BRANCHES:
            raise ValueError(
                f"network.width: got {network.width} with inception, allowed is {BRANCHES} or "
                "more: a channel for each branch."
            )
        if network.kind == "inception" and self.norm.kind == "group_ws" and image[0] == 1:
            raise ValueError(
                "norm.kind: got group_ws with inception on images of one channel, allowed is any "
                "other (the one weight of a 1×1 convolution has no variance)."
            )

        facts, largest = self.data.facts, max(layer.positions for layer in self.image_layers)
        most = MOST_SETTLED // (facts.train * largest)
        if self.norm.is_batch and network.width > most:
            raise ValueError(
                f"network.width: got {network.width} with {facts.train:,} training images of "
                f"{image[1]} × {image[2]}, allowed with batch norm is {most}: its exact "
                "statistics need their activations all at once (data.train_size makes them fewer)."
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
        SpecError: one sentence a field: what was wrong, the value got, what is allowed.
    """
    try:
        return kind.model_validate_json(_to_json(document))
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


def _to_json(document: Any) -> bytes:
    # Through JSON, so that a tuple and a list, an int and a float mean the same everywhere;
    # NaN stays NaN, to be named in the refusal.
    return _PLAIN.dump_json(document)


_PLAIN: TypeAdapter[Any] = TypeAdapter(Any, config=ConfigDict(ser_json_inf_nan="constants"))
