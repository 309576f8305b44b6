"""The part of a script that says what torch has no module for: variants of batch norm."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from bnlab.spec.member import MemberSpec

CLASS_NAMES = {
    "batch_centre": "CentreOnly",
    "batch_scale": "ScaleOnly",
    "batch_ghost": "GhostBatchNorm",
    "batch_renorm": "BatchRenorm",
    "batch_noisy": "NoisyBatchNorm",
    "batch_frozen": "FrozenBatchNorm",
}
_LEARNED = re.compile(
    r"\n +self\.weight = .*"
    r"| \* self\.weight(?:\[\.\.\.\] \+ self\.bias\[\.\.\.\]|\.view\(-1, 1, 1\))"
)


def norm_classes(spec: MemberSpec) -> str:
    """The class of the norm, or of the layers before it; empty where torch has it.

    For images on (N, C, H, W), with a value per channel, otherwise on (N, F).
    """
    norm, is_dense = spec.norm, spec.network.kind == "dense"
    names = dict(CLASS_NAMES)
    names["group_ws"] = "StandardizedLinear" if is_dense else "StandardizedConv2d"
    if not is_dense:
        names["rms"] = "RMSNorm"
    if norm.kind not in names:
        return ""
    source = _sources()[names[norm.kind]]
    for name in type(norm).model_fields:
        value = getattr(norm, name)
        source = re.sub(rf"^    {name} = .*$", f"    {name} = {value}", source, flags=re.M)
    if norm.affine == "none" or (norm.kind == "rms" and norm.affine == "bias"):
        source = _LEARNED.sub("", source)
    if not is_dense:
        source = source.replace("BatchNorm1d", "BatchNorm2d")
        source = re.sub(r"\bx\.(mean|var)\(0", r"x.\1((0, 2, 3), keepdim=True", source)
    return source.replace("[...]", "" if is_dense else ".view(-1, 1, 1)") + "\n\n\n"


def noise_source(spec: MemberSpec) -> str:
    """What gives each noisy norm its stream."""
    if spec.norm.kind != "batch_noisy":
        return ""
    norms = "network.norms"
    if spec.network.norm_on_input:
        norms = "[network.input_norm, *network.norms]"
    return f"\nfor place, norm in enumerate({norms}):\n    norm.noise = stream(NOISE, place)"


@cache
def _sources() -> dict[str, str]:
    """The source of each class of `norm_modules.py` by name, without annotations."""
    text = Path(__file__).with_name("norm_modules.py").read_text()
    text = re.sub(r"\((self, \w+): \w+\) -> \w+:", r"(\1):", text)
    text = re.sub(r"^    \w+: .*\n", "", text, flags=re.M)
    return {
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    }
