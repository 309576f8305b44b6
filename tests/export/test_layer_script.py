"""The layer as code, run as it is, gives the numbers of the example."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from bnlab.by_hand.batch_norm import backward, forward
from bnlab.by_hand.layer_example import FIRST_EXAMPLE, LayerExample
from bnlab.export.script.layer import numpy_layer, torch_layer
from tests.by_hand.torch_layer import layer_examples

NAMES = {
    numpy_layer: {"y": "y", "grad_x": "grad_x", "grad_weight": "grad_gamma",
                  "grad_bias": "grad_beta"},
    torch_layer: {"y": "y", "grad_x": "x.grad", "grad_weight": "gamma.grad",
                  "grad_bias": "beta.grad"},
}  # fmt: skip


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with redirect_stdout(io.StringIO()):
        exec(compile(source, "layer.py", "exec"), names)  # noqa: S102 (our own text)
    return names


def found(names: dict[str, Any], path: str) -> Any:
    first, _, rest = path.partition(".")
    value = names[first]
    value = getattr(value, rest) if rest else value
    return value.detach().numpy() if hasattr(value, "detach") else value


@pytest.mark.parametrize("source", NAMES)
@given(example=layer_examples())
def test_the_code_gives_the_numbers_of_the_example(
    source: Callable[[LayerExample], str], example: LayerExample
) -> None:
    layer = forward(example.x, example.weight, example.bias, eps=example.eps)
    back = backward(layer, example.grad_y)
    names = run(source(example))
    np.testing.assert_allclose(found(names, NAMES[source]["y"]), layer.y, atol=1e-9)
    for name in ("grad_x", "grad_weight", "grad_bias"):
        ours = getattr(back, name)
        np.testing.assert_allclose(found(names, NAMES[source][name]), ours, atol=1e-9)


@pytest.mark.parametrize("source", NAMES)
def test_the_code_needs_no_more_than_its_library(source: Callable[[LayerExample], str]) -> None:
    imports = [line for line in source(FIRST_EXAMPLE).splitlines() if "import" in line]
    assert all("numpy" in line or "torch" in line for line in imports)
