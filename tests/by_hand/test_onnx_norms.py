"""The norms by hand against every node test of ONNX for these operators.

The cases bring float32 inputs and outputs. Layer and RMS norm there have an axis from which on
everything is averaged: seen as (what is before it, what comes from it on) that is (N, C).
Cases named "_expanded" hold the same numbers for the operator spelled out in smaller ones.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper
from onnx.backend.test.case import node as case_files

from bnlab.by_hand.batch_norm import Array, Running, forward, infer, update_running
from bnlab.by_hand.norms import normalize

FILES = {
    "BatchNormalization": "batch_normalization",
    "LayerNormalization": "layernormalization",
    "GroupNormalization": "groupnormalization",
    "InstanceNormalization": "instance_normalization",
    "RMSNormalization": "rmsnormalization",
}
for file in FILES.values():  # one by one: taking all of ONNX's cases would warn and take long
    importlib.import_module(f"{case_files.__name__}.{file}")

ALL = {case.name: case for case in case_files._NodeTestCases}
CASES = {name: case for name, case in ALL.items() if case.model.graph.node[0].op_type in FILES}
EXPANDED = sorted(set(ALL) - set(CASES))


def read(case: Any) -> tuple[str, dict[str, Any], list[Array], list[Array]]:
    """The operator, its attributes, and the inputs and outputs in float64."""
    (node,) = case.model.graph.node
    attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    ((inputs, outputs),) = case.data_sets
    assert {array.dtype for array in [*inputs, *outputs]} == {np.dtype(np.float32)}
    return (
        node.op_type,
        attributes,
        [array.astype(np.float64) for array in inputs],
        [array.astype(np.float64) for array in outputs],
    )


def batch_norm(inputs: list[Array], attributes: dict[str, Any], eps: float) -> list[Array]:
    x, weight, bias, mean, var = inputs
    running = Running(mean, var)
    if not attributes.get("training_mode", 0):
        return [infer(x, weight, bias, running=running, eps=eps)]
    layer = forward(x, weight, bias, eps=eps)
    momentum = attributes.get("momentum", 0.9)
    running = update_running(running, layer, momentum=momentum, convention="onnx")
    return [layer.y, running.mean, running.var]


def from_axis_on(
    op: str, inputs: list[Array], attributes: dict[str, Any], eps: float
) -> list[Array]:
    x, *parameters = inputs
    axis = attributes.get("axis", -1) % x.ndim
    rows = x.reshape(int(np.prod(x.shape[:axis])), -1)
    weight, bias = (*(array.ravel() for array in parameters), None)[:2]
    kind = "layer" if op == "LayerNormalization" else "rms"
    normed = normalize(rows, kind, eps=eps, weight=weight, bias=bias)
    y = normed.y.reshape(x.shape)
    if normed.mean is None:
        return [y]
    one_long = (*x.shape[:axis], *[1] * (x.ndim - axis))
    inverse_std = 1 / np.sqrt(normed.variance + eps)
    return [y, normed.mean.reshape(one_long), inverse_std.reshape(one_long)]


def by_hand(op: str, inputs: list[Array], attributes: dict[str, Any]) -> list[Array]:
    """The outputs of one operator."""
    eps = attributes.get("epsilon", 1e-5)
    if op == "BatchNormalization":
        return batch_norm(inputs, attributes, eps)
    if op in ("LayerNormalization", "RMSNormalization"):
        return from_axis_on(op, inputs, attributes, eps)
    x, weight, bias = inputs
    kind = "group" if op == "GroupNormalization" else "instance"
    groups = attributes.get("num_groups", 1)
    return [normalize(x, kind, groups=groups, eps=eps, weight=weight, bias=bias).y]


@pytest.mark.parametrize("name", CASES)
def test_every_output_is_onnxs(name: str) -> None:
    op, attributes, inputs, expected = read(CASES[name])
    known = {"epsilon", "axis", "momentum", "training_mode", "num_groups"}
    assert set(attributes) <= known
    outputs = by_hand(op, inputs, attributes)
    for ours, theirs in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", EXPANDED)
def test_an_expanded_case_holds_the_numbers_of_one_that_is_held(name: str) -> None:
    ((inputs, outputs),) = ALL[name].data_sets
    ((held_inputs, held_outputs),) = CASES[name.partition("_expanded")[0]].data_sets
    for one, other in zip([*inputs, *outputs], [*held_inputs, *held_outputs], strict=True):
        assert (one == other).all()


def test_no_other_file_of_onnx_has_cases_of_these_operators() -> None:
    folder = Path(case_files.__file__).parent
    for op, own in FILES.items():
        files = {path.stem for path in folder.glob("*.py") if f'"{op}"' in path.read_text()}
        assert files == {own}
        assert {case.model.graph.node[0].op_type for case in CASES.values()} >= {op}
