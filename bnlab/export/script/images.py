"""The part of a script that builds an image network and draws its first weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from textwrap import indent

from bnlab.export.script.network import ACTIVATIONS, frozen_source, has_bias, spread_source
from bnlab.export.script.norms import CLASS_NAMES, noise_source, norm_classes
from bnlab.export.script.template import block
from bnlab.spec.member import MemberSpec


def image_network_source(spec: MemberSpec) -> str:
    """The class of the network, and the network."""
    network, facts = spec.network, spec.data.facts
    channels = facts.image[0] if facts.image else 1
    norms = f"\nself.input_norm = {_norm(spec, channels)}" if _has_input_norm(spec) else ""
    if spec.norm.kind != "none":
        made = _norm(spec, network.width)
        norms += f"\nself.norms = nn.ModuleList(\n    {made} for _ in range({network.depth})\n)"
    return block(
        """
        # --- network
        <classes_needed>class Network(nn.Module):
            def __init__(self):
                super().__init__()
                channels = [<channels>] + [<width>] * <depth>
                self.convolutions = nn.ModuleList(
                    <convolution>
                    for inputs, outputs in zip(channels, channels[1:])
                )<norms>
                self.output = nn.Linear(<width>, <classes>)

            def forward(self, x):
        <forward>
                return self.output(x.mean((2, 3)))  # of each channel over the image


        network = Network()<frozen><noise>
        """,
        classes_needed=_classes(spec),
        convolution=_layer(spec),
        norms=indent(norms, 8 * " "),
        forward=indent("\n".join(_forward(spec)), 8 * " "),
        channels=channels,
        width=network.width,
        depth=network.depth,
        classes=facts.classes,
        frozen=frozen_source(spec),
        noise=noise_source(spec),
    )


def first_kernels_source(spec: MemberSpec) -> str:
    """The first weights, from the streams that the lab draws them from."""
    scaled = spread_source(spec).replace("is_wide = fan_out", "is_wide = rows")
    return block(
        """
        def first(weight, *place):
            rows, fan_in = len(weight), weight[0].numel()
            fan_out = rows * weight[0, 0].numel()
            shape = weight.shape
            weight = stream(WEIGHTS, *place).standard_normal((rows, fan_in))<scaled>
            return torch.from_numpy(weight.reshape(shape))


        with torch.no_grad():
            for layer, <each> in enumerate(network.convolutions):
        <fill>
            network.output.weight.copy_(first(network.output.weight, <depth>))
            network.output.bias.zero_()
        """,
        fill=indent(_fill(spec), 8 * " "),
        each="branches" if spec.network.kind == "inception" else "convolution",
        scaled=indent(scaled, 4 * " "),
        depth=spec.network.depth,
    )


def _fill(spec: MemberSpec) -> str:
    """What gives one hidden layer its first weights."""
    gain = f"{spec.network.gain} * " if spec.network.gain != 1 else ""
    bias = ["convolution.bias.zero_()"] if has_bias(spec) else []
    if spec.network.kind != "inception":
        one = f"convolution.weight.copy_({gain}first(convolution.weight, layer, 0))"
        return "\n".join([one, *bias])
    lines = [f"convolution.weight.copy_({gain}first(convolution.weight, layer, place))", *bias]
    head = "for place, convolution in enumerate(branches.convolutions):"
    return "\n".join([head, *(f"    {line}" for line in lines)])


def _has_input_norm(spec: MemberSpec) -> bool:
    return spec.norm.kind != "none" and spec.network.norm_on_input


def _layer(spec: MemberSpec) -> str:
    if spec.network.kind == "inception":
        return "Branches(inputs, outputs)"
    return _convolution(spec, "inputs", "outputs", 3)


def _convolution(spec: MemberSpec, inputs: str, outputs: str, side: int) -> str:
    name = "StandardizedConv2d" if spec.norm.kind == "group_ws" else "nn.Conv2d"
    around = f", padding={side // 2}" if side > 1 else ""
    bias = "" if has_bias(spec) else ", bias=False"
    return f"{name}({inputs}, {outputs}, {side}{around}{bias})"


def _classes(spec: MemberSpec) -> str:
    """The classes that torch has not."""
    source = norm_classes(spec)
    if spec.network.kind == "inception":
        sizes = (("quarter", 1), ("outputs - 3 * quarter", 3), ("quarter", 5), ("quarter", 1))
        made = ",\n".join(_convolution(spec, "inputs", outputs, side) for outputs, side in sizes)
        source += block(_BRANCHES).replace("<made>", indent(made, 16 * " ").lstrip()) + "\n\n\n"
    return source


def _norm(spec: MemberSpec, channels: int) -> str:
    norm = spec.norm
    off = ", affine=False" if norm.affine == "none" else ""
    if norm.is_batch:
        name = CLASS_NAMES.get(norm.kind, "nn.BatchNorm2d")
        momentum = None if norm.momentum == "cumulative" else norm.momentum
        return f"{name}({channels}, eps={norm.eps}, momentum={momentum}{off})"
    if norm.kind == "rms":
        return f"RMSNorm({channels})"
    groups = 1 if norm.kind == "layer" else math.gcd(norm.groups, channels)
    return f"nn.GroupNorm({groups}, {channels}, eps={norm.eps}{off})"


def _forward(spec: MemberSpec) -> Iterator[str]:
    network, layers = spec.network, spec.image_layers
    yield f"x = x.view(-1, {', '.join(map(str, spec.data.facts.image or ()))})"
    if _has_input_norm(spec):
        yield "x = self.input_norm(x)"
    if network.dropout:
        yield "if self.training:  # keep a channel where a uniform number is large enough"
        shape = f"({network.depth}, {network.width}, len(x))"
        yield f"    uniform = dropout.random({shape}, dtype=np.float32)"
        yield f"    keep = torch.from_numpy(uniform >= {network.dropout}).mT[..., None, None]"
    has_norm = spec.norm.kind != "none"
    each, these = "convolution", "self.convolutions"
    if has_norm:
        each, these = "(convolution, norm)", "zip(self.convolutions, self.norms)"
    yield f"for layer, {each} in enumerate({these}):"
    halved = [index for index, layer in enumerate(layers) if layer.is_halved]
    if halved:
        yield f"    if layer in {halved}:"
        yield f"        x = F.{'avg' if network.kind == 'resnet' else 'max'}_pool2d(x, 2)"
    starts = [index for index, layer in enumerate(layers) if layer.starts_block]
    if starts:
        yield f"    if layer in {starts}:  # a block begins"
        yield "        skipped = x"
    yield from _respond(spec, [index for index, layer in enumerate(layers) if layer.ends_block])
    if network.dropout:
        yield "    if self.training:"
        yield f"        x = x * keep[layer] / (1 - {network.dropout})"


def _respond(spec: MemberSpec, ends: list[int]) -> Iterator[str]:
    """From a layer's input to its output but for dropout."""
    is_before = spec.norm.kind != "none" and spec.network.norm_placement == "before"
    yield f"    x = {'norm(convolution(x))' if is_before else 'convolution(x)'}"
    if ends:
        yield f"    if layer in {ends}:  # a block ends"
        yield "        x = x + skipped"
    activated = ACTIVATIONS[spec.network.activation].format("x")
    is_after = spec.norm.kind != "none" and not is_before
    yield f"    x = {f'norm({activated})' if is_after else activated}"


_BRANCHES = '''
class Branches(nn.Module):
    """Four convolutions side by side."""

    def __init__(self, inputs, outputs):
        super().__init__()
        quarter = outputs // 4
        self.convolutions = nn.ModuleList(
            [
                <made>,
            ]
        )

    def forward(self, x):
        seen = [x, x, x, F.max_pool2d(x, 3, stride=1, padding=1)]
        made = [convolution(part) for convolution, part in zip(self.convolutions, seen)]
        return torch.cat(made, 1)
'''
