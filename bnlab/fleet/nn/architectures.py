"""Which class makes the networks of each kind, and which parameters they have."""

from __future__ import annotations

from bnlab.fleet.nn.conv import ConvNetwork, conv_shapes
from bnlab.fleet.nn.dense import Network, shapes
from bnlab.spec.image_layers import IMAGE_KINDS
from bnlab.spec.member import MemberSpec

ARCHITECTURES: dict[str, type[Network]] = {
    "dense": Network,
    **dict.fromkeys(IMAGE_KINDS, ConvNetwork),
}


def shapes_of(spec: MemberSpec) -> dict[str, tuple[int, ...]]:
    """The parameters of one member by name, and their shapes, whatever kind of network it is."""
    return shapes(spec) if spec.network.kind == "dense" else conv_shapes(spec)
