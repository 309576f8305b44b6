"""The part of a script that builds the network and draws its first weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from textwrap import indent

from bnlab.export.script.norms import CLASS_NAMES, noise_source, norm_classes
from bnlab.export.script.template import block
from bnlab.spec.member import MemberSpec

ACTIVATIONS = {
    "relu": "torch.relu({})",
    "leaky_relu": "F.leaky_relu({}, 0.01)",
    "gelu": "F.gelu({})",
    "tanh": "torch.tanh({})",
    "sigmoid": "torch.sigmoid({})",
    "identity": "{}",
}


def network_source(spec: MemberSpec) -> str:
    """The class of the network, and the network."""
    network, facts = spec.network, spec.data.facts
    has_norm = spec.norm.kind != "none"
    has_input_norm = has_norm and network.norm_on_input
    norms = f"""
self.norms = nn.ModuleList(
    {_norm(spec, network.width)} for _ in sizes[1:]
)"""
    return block(
        """
        # --- network
        <norm_classes>class Network(nn.Module):
            def __init__(self):
                super().__init__()
                sizes = [<features>] + [<width>] * <depth>
                self.linears = nn.ModuleList(
                    <linear>(fan_in, fan_out<bias>) for fan_in, fan_out in zip(sizes, sizes[1:])
                )<norms>
                self.output = nn.Linear(<width>, <classes>)

            def forward(self, x):
        <forward>
                return self.output(x)


        network = Network()<frozen><noise>
        """,
        features=facts.features,
        width=network.width,
        depth=network.depth,
        classes=facts.classes,
        bias="" if has_bias(spec) else ", bias=False",
        norm_classes=norm_classes(spec),
        linear="StandardizedLinear" if spec.norm.kind == "group_ws" else "nn.Linear",
        noise=noise_source(spec),
        frozen=frozen_source(spec),
        norms=indent(
            (f"\nself.input_norm = {_norm(spec, facts.features)}" if has_input_norm else "")
            + (norms if has_norm else ""),
            8 * " ",
        ),
        forward=indent("\n".join(_forward(spec)), 8 * " "),
    )


def has_bias(spec: MemberSpec) -> bool:
    """Whether the hidden layers have a bias."""
    # Batch norm subtracts the mean and a bias in front of it with it.
    return not (spec.norm.takes_bias_away and spec.network.norm_placement == "before")


def _norm(spec: MemberSpec, features: int) -> str:
    norm = spec.norm
    momentum = None if norm.momentum == "cumulative" else norm.momentum
    affine = norm.affine != "none"
    match norm.kind:
        case kind if norm.is_batch:
            name = CLASS_NAMES.get(kind, "nn.BatchNorm1d")
            off = "" if affine else ", affine=False"
            return f"{name}({features}, eps={norm.eps}, momentum={momentum}{off})"
        case "group" | "group_ws":
            off = "" if affine else ", affine=False"
            groups = math.gcd(norm.groups, features)
            return f"nn.GroupNorm({groups}, {features}, eps={norm.eps}{off})"
        case "layer":
            off = "" if affine else ", elementwise_affine=False"
            return f"nn.LayerNorm({features}, eps={norm.eps}{off})"
        case _:
            off = "" if norm.affine in ("both", "weight") else ", elementwise_affine=False"
            return f"nn.RMSNorm({features}, eps={norm.eps}{off})"


def frozen_source(spec: MemberSpec) -> str:
    """What keeps gamma or beta of all norms as they are, where only the other is learned."""
    other = {"weight": "bias", "bias": "weight"}.get(spec.norm.affine)
    if other is None or spec.norm.kind in ("none", "rms"):
        return ""
    norms = (
        "[*network.norms, network.input_norm]" if spec.network.norm_on_input else "network.norms"
    )
    return f"\nfor norm in {norms}:\n    norm.{other}.requires_grad_(False)"


def _forward(spec: MemberSpec) -> Iterator[str]:
    network = spec.network
    if spec.norm.kind != "none" and network.norm_on_input:
        yield "x = self.input_norm(x)"
    if network.dropout:
        yield "if self.training:  # keep an activation where a uniform number is large enough"
        yield (
            f"    uniform = dropout.random(({network.depth}, {network.width}, len(x)), "
            "dtype=np.float32)"
        )
        yield f"    keep = torch.from_numpy(uniform >= {network.dropout}).mT"
    has_norm = spec.norm.kind != "none"
    each, these = "linear", "self.linears"
    if has_norm:
        each, these = "linear, norm", "zip(self.linears, self.norms)"
    if network.dropout or network.skips:
        each, these = f"layer, ({each})" if has_norm else f"layer, {each}", f"enumerate({these})"
    yield f"for {each} in {these}:"
    result = "h" if network.skips else "x"
    yield f"    {result} = {_hidden(spec)}"
    if network.dropout:
        yield "    if self.training:"
        yield f"        {result} = {result} * keep[layer] / (1 - {network.dropout})"
    if network.skips:
        yield "    x = x + h if layer > 0 else h"


def _hidden(spec: MemberSpec) -> str:
    activate = ACTIVATIONS[spec.network.activation].format
    if spec.norm.kind == "none":
        return activate("linear(x)")
    if spec.network.norm_placement == "before":
        return activate("norm(linear(x))")
    return f"norm({activate('linear(x)')})"


def first_weights_source(spec: MemberSpec) -> str:
    """The first weights, from the streams that the lab draws them from."""
    network, scaled = spec.network, spread_source(spec)
    if network.gain != 1:
        scaled += f"\nif layer < {network.depth}:\n    weight *= {network.gain}"
    return block(
        """
        with torch.no_grad():
            for layer, linear in enumerate([*network.linears, network.output]):
                fan_out, fan_in = linear.weight.shape
                weight = stream(WEIGHTS, layer).standard_normal((fan_out, fan_in))<scaled>
                linear.weight.copy_(torch.from_numpy(weight))<bias>
        """,
        scaled=indent(scaled, 8 * " "),
        bias="\n        linear.bias.zero_()"
        if has_bias(spec)
        else "\n    network.output.bias.zero_()",
    )


def spread_source(spec: MemberSpec) -> str:
    """What gives standard normal weights (fan_out, fan_in) the spread of the spec."""
    return {
        "he": "\nweight *= np.sqrt(2 / fan_in)",
        "xavier": "\nweight *= np.sqrt(2 / (fan_in + fan_out))",
        "normal": f"\nweight *= {spec.network.init_std}",
        "orthogonal": _ORTHOGONAL,
    }[spec.network.init]


_ORTHOGONAL = """
is_wide = fan_out < fan_in
q, r = np.linalg.qr(weight.T if is_wide else weight)
q *= np.sign(np.diag(r))
weight = q.T if is_wide else q"""
