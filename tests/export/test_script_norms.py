"""The norms of exported scripts on images are those on points, with positions as examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnlab.export.script.norms import CLASS_NAMES, norm_classes
from bnlab.spec.member import MemberSpec

CHANNELS, HEIGHT, WIDTH, EXAMPLES = 3, 2, 4, 6
FIELDS = {
    "norm.ghost_size": 2, "norm.renorm_from": 1, "norm.frozen_from": 2, "batch_size": 6,
    "network.width": 8, "network.depth": 2,
}  # fmt: skip


def norm_of(kind: str, network: str, affine: str) -> Any:
    """The norm's module, from the source of its script."""
    fields = FIELDS | {"norm.kind": kind, "norm.affine": affine, "network.kind": network}
    if network == "dense":  # a ghost batch is so many examples with all their positions
        fields |= {"norm.ghost_size": 2 * HEIGHT * WIDTH, "batch_size": 6 * HEIGHT * WIDTH}
    names: dict[str, Any] = {"nn": nn, "torch": torch, "F": F}
    exec(norm_classes(MemberSpec().replace(fields)), names)  # noqa: S102
    norm = names[CLASS_NAMES[kind]](CHANNELS, affine=affine != "none").double()
    norm.noise = np.random.default_rng(1)
    return norm


@pytest.mark.parametrize("affine", ["both", "none"])
@pytest.mark.parametrize("kind", CLASS_NAMES)
def test_on_images_the_positions_are_further_examples(kind: str, affine: str) -> None:
    on_images, on_points = (norm_of(kind, network, affine) for network in ("vgg", "dense"))
    rng = torch.Generator().manual_seed(0)
    for is_training in (True, True, True, True, False):
        for norm in (on_images, on_points):
            norm.train(is_training)
        x = torch.randn(EXAMPLES, CHANNELS, HEIGHT, WIDTH, generator=rng, dtype=torch.float64)
        points = x.permute(0, 2, 3, 1).reshape(-1, CHANNELS)
        y = on_images(x).permute(0, 2, 3, 1).reshape(-1, CHANNELS)
        torch.testing.assert_close(y, on_points(points))
    torch.testing.assert_close(on_images.running_var, on_points.running_var)


@pytest.mark.parametrize("network", ["dense", "vgg"])
@pytest.mark.parametrize("kind", [*CLASS_NAMES, "group_ws"])
def test_the_classes_have_short_lines(kind: str, network: str) -> None:
    spec = MemberSpec().replace(FIELDS | {"norm.kind": kind, "network.kind": network})
    assert max(map(len, norm_classes(spec).splitlines())) <= 100


def test_a_standardized_convolution_is_a_convolution_with_standardized_weights() -> None:
    spec = MemberSpec().replace(FIELDS | {"norm.kind": "group_ws", "network.kind": "vgg"})
    names: dict[str, Any] = {"nn": nn, "torch": torch, "F": F}
    exec(norm_classes(spec), names)  # noqa: S102
    layer = names["StandardizedConv2d"](2, 4, 3, padding=1).double()
    x = torch.randn(5, 2, 6, 6, dtype=torch.float64)
    rows = layer.weight.flatten(1)
    rows = (rows - rows.mean(1, keepdim=True)) / (rows.var(1, correction=0) + 1e-5).sqrt()[:, None]
    expected = F.conv2d(x, rows.view_as(layer.weight), layer.bias, padding=1)
    torch.testing.assert_close(layer(x), expected)
