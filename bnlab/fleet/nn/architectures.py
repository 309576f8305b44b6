"""The class of each kind of network, and the parameters it has."""

from __future__ import annotations

from bnlab.fleet.nn.conv import ConvNetwork
from bnlab.fleet.nn.convolution import weight_shape
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.nn.norm_kinds import NORMS
from bnlab.spec.image_layers import IMAGE_KINDS
from bnlab.spec.member import MemberSpec

ARCHITECTURES: dict[str, type[Network]] = {
    "dense": Network,
    **dict.fromkeys(IMAGE_KINDS, ConvNetwork),
}


def shapes_of(spec: MemberSpec) -> dict[str, tuple[int, ...]]:
    """The parameters of one member by name, and their shapes.

    A bias that feeds a shift-free norm (batch norm) is left out: its gradient is 0.
    """
    facts, width = spec.data.facts, spec.network.width
    kind = NORMS[spec.norm.kind]
    learned = kind.learned(spec.norm)
    has_bias = not (kind.is_shift_free and spec.network.norm_placement == "before")
    inputs = facts.features
    weights: list[tuple[int, ...]]
    weights = [(width, width if layer else inputs) for layer in range(spec.network.depth)]
    if spec.image_layers:
        inputs = facts.image[0] if facts.image else 1
        weights = [weight_shape(layer) for layer in spec.image_layers]
    named: dict[str, tuple[int, ...]] = {}
    if spec.network.norm_on_input:
        named |= {f"input.norm.{part}": (inputs, 1) for part in learned}
    for layer, weight in enumerate(weights):
        named[f"{layer}.linear.weight"] = weight
        if has_bias:
            named[f"{layer}.linear.bias"] = (width, 1)
        named |= {f"{layer}.norm.{part}": (width, 1) for part in learned}
    return named | {"output.weight": (facts.classes, width), "output.bias": (facts.classes, 1)}
