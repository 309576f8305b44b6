"""What each norm averages: torch's numbers, and the sets counted one element at a time."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor
from torch.nn import functional as F

from bnlab.by_hand.batch_norm import Array, OneValueError, forward
from bnlab.by_hand.norms import NORM_KINDS, BlockNorm, counts, normalize
from tests.by_hand.exact_norm import UNIT_ROUNDOFF, columns, exact, root

CLOSE = 1e-10
# A kind, and whether it averages each position by itself.
WAYS: list[tuple[BlockNorm, bool]] = [(kind, False) for kind in NORM_KINDS]
WAYS += [("layer", True), ("rms", True)]
EPS = st.floats(1e-3, 10)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Array, int]:
    """x of two to four axes, at least two values in every set, and a number of groups."""
    groups, per_group = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    places = draw(st.sampled_from([(2,), (3,), (2, 1), (2, 3)]))
    shape = (draw(st.integers(1, 4)), groups * per_group, *places)
    return draw(arrays(float, shape, elements=st.floats(-10, 10))), groups


def torchs(x: Tensor, kind: BlockNorm, *, groups: int, eps: float, w: Tensor, b: Tensor) -> Tensor:
    """The same norm by torch, gamma and beta in the shapes that torch has them in."""
    if kind == "batch":
        return F.batch_norm(x, None, None, w, b, training=True, eps=eps)
    if kind == "layer":
        return F.layer_norm(x, x.shape[1:], w, b, eps=eps)
    if kind == "group":
        return F.group_norm(x, groups, w, b, eps=eps)
    if kind == "instance":
        return F.instance_norm(x, weight=w, bias=b, eps=eps)
    return F.rms_norm(x, x.shape[1:], w, eps=eps) + b


@pytest.mark.parametrize("kind", NORM_KINDS)
@given(block=blocks(), eps=EPS, data=st.data())
def test_the_numbers_are_torchs(
    kind: BlockNorm, block: tuple[Array, int], eps: float, data: st.DataObject
) -> None:
    x, groups = block
    shape = x.shape[1:] if kind in ("layer", "rms") else x.shape[1:2]
    w, b = (data.draw(arrays(float, shape, elements=st.floats(-10, 10))) for _ in range(2))
    ours = normalize(x, kind, groups=groups, eps=eps, weight=w, bias=b)
    tensors = {"w": torch.tensor(w), "b": torch.tensor(b)}
    theirs = torchs(torch.tensor(x), kind, groups=groups, eps=eps, **tensors)
    np.testing.assert_allclose(ours.y, theirs.numpy(), rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("kind", ["layer", "rms"])
@given(block=blocks(), eps=EPS)
def test_each_position_by_itself_is_what_torch_does_to_tokens(
    kind: BlockNorm, block: tuple[Array, int], eps: float
) -> None:
    x, _ = block
    tokens = torch.tensor(x).movedim(1, -1)  # channels last, as transformers have them
    size = (x.shape[1],)
    normed = (
        F.layer_norm(tokens, size, eps=eps)
        if kind == "layer"
        else F.rms_norm(tokens, size, eps=eps)
    )
    ours = normalize(x, kind, eps=eps, each_position=True)
    np.testing.assert_allclose(ours.y, normed.movedim(-1, 1).numpy(), rtol=CLOSE, atol=CLOSE)


def set_of(
    kind: BlockNorm, place: tuple[int, ...], *, per_group: int, each_position: bool
) -> tuple[int, ...]:
    """What an element shares with those it is averaged with."""
    n, c, *position = place
    if each_position:
        return (n, *position)
    return {
        "batch": (c,),
        "layer": (n,),
        "group": (n, c // per_group),
        "instance": (n, c),
        "rms": (n,),
    }[kind]


@pytest.mark.parametrize(("kind", "each_position"), WAYS)
@given(block=blocks())
def test_members_are_those_whose_average_it_is(
    kind: BlockNorm, each_position: bool, block: tuple[Array, int]
) -> None:
    x, groups = block
    eps, per_group = 1e-3, x.shape[1] // groups
    normed = normalize(x, kind, groups=groups, eps=eps, each_position=each_position)
    sets: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for place in np.ndindex(x.shape):
        key = set_of(kind, place, per_group=per_group, each_position=each_position)
        sets.setdefault(key, []).append(place)
    assert [normed.set_of[places[0]] for places in sets.values()] == list(range(len(sets)))
    variance = np.broadcast_to(normed.variance, x.shape)
    mean = np.broadcast_to(0.0 if normed.mean is None else normed.mean, x.shape)
    for number, places in enumerate(sets.values()):
        assert {int(normed.set_of[place]) for place in places} == {number}
        values = [float(x[place]) for place in places]
        middle = 0.0 if kind == "rms" else math.fsum(values) / len(values)
        square = math.fsum((value - middle) ** 2 for value in values) / len(values)
        for place, value in zip(places, values, strict=True):
            assert mean[place] == pytest.approx(middle, rel=CLOSE, abs=CLOSE)
            assert variance[place] == pytest.approx(square, rel=CLOSE, abs=CLOSE)
            x_hat = (value - middle) / math.sqrt(square + eps)
            assert normed.x_hat[place] == pytest.approx(x_hat, rel=CLOSE, abs=CLOSE)


STATISTICS = [
    ("batch", False, (1, 6, 1)),
    ("layer", False, (4, 1, 1)),
    ("group", False, (4, 6, 1)),
    ("instance", False, (4, 6, 1)),
    ("rms", False, (4, 1, 1)),
    ("layer", True, (4, 1, 5)),
    ("rms", True, (4, 1, 5)),
]


@pytest.mark.parametrize(("kind", "each_position", "shape"), STATISTICS)
def test_statistics_are_one_long_where_they_do_not_differ(
    kind: BlockNorm, each_position: bool, shape: tuple[int, ...]
) -> None:
    x = np.random.default_rng(0).normal(size=(4, 6, 5))
    normed = normalize(x, kind, groups=2, each_position=each_position)
    assert normed.variance.shape == shape
    assert (normed.mean is None) == (kind == "rms")
    assert normed.mean is None or normed.mean.shape == shape


@pytest.mark.parametrize(("kind", "each_position"), WAYS)
@given(block=blocks())
def test_counts_are_counted(kind: BlockNorm, each_position: bool, block: tuple[Array, int]) -> None:
    x, groups = block
    n, c, p = *x.shape[:2], math.prod(x.shape[2:])
    set_of = normalize(x, kind, groups=groups, each_position=each_position).set_of
    _, sizes = np.unique(set_of, return_counts=True)
    found = counts(kind, n=n, c=c, p=p, groups=groups, each_position=each_position)
    assert set(sizes.tolist()) == {found.values_per_set}
    assert found.sets == len(sizes)
    assert found.statistics == len(sizes) * (1 if kind == "rms" else 2)


@pytest.mark.parametrize(("kind", "each_position"), WAYS)
def test_parameters_and_running_statistics_are_those_of_torchs_module(
    kind: BlockNorm, each_position: bool
) -> None:
    n, c, p, groups = 4, 6, 5, 3
    size = (c,) if each_position else (c, p)
    module = {
        "batch": torch.nn.BatchNorm1d(c),
        "layer": torch.nn.LayerNorm(size),
        "group": torch.nn.GroupNorm(groups, c),
        "instance": torch.nn.InstanceNorm1d(c, affine=True),
        "rms": torch.nn.RMSNorm(size),
    }[kind]
    found = counts(kind, n=n, c=c, p=p, groups=groups, each_position=each_position)
    assert found.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert found.running == sum(kept.numel() for kept in module.buffers() if kept.ndim)


def test_batch_norm_is_the_layer_that_is_done_step_by_step() -> None:
    x = np.random.default_rng(1).normal(size=(3, 2, 4, 5))
    layer, normed = (
        forward(x, [1.5, 2], [0, 1]),
        normalize(x, "batch", weight=[1.5, 2], bias=[0, 1]),
    )
    assert (normed.y == layer.y).all()
    assert normed.mean is not None and (normed.mean.ravel() == layer.mean).all()


def test_between_one_group_and_as_many_as_channels_lie_layer_and_instance_norm() -> None:
    x = np.random.default_rng(2).normal(size=(3, 4, 5))
    one, all_ = (normalize(x, "group", groups=groups).y for groups in (1, 4))
    assert (one == normalize(x, "layer").y).all()
    assert (all_ == normalize(x, "instance").y).all()


@given(columns(rows=6), st.sampled_from([1e-12, 1e-5, 1.0]))
def test_badly_scaled_sets_keep_their_digits(column: list[float], eps: float) -> None:
    x = np.array([column])
    true = exact(column, [0.0] * 6, weight=1.0, bias=0.0, eps=eps)
    for kind, order in [("layer", x), ("group", x), ("instance", x[None]), ("batch", x.T)]:
        got = normalize(order, kind, eps=eps).x_hat.ravel().tolist()  # type: ignore[arg-type]
        errors = [abs(Fraction(a) - b) for a, b in zip(got, true.x_hat, strict=True)]
        assert max(errors) <= 1000 * UNIT_ROUNDOFF * max(map(abs, true.x_hat))
    rms = root(sum((Fraction(value) ** 2 for value in column), Fraction()) / 6 + Fraction(eps))
    for a, value in zip(normalize(x, "rms", eps=eps).x_hat[0].tolist(), column, strict=True):
        assert abs(Fraction(a) - Fraction(value) / rms) <= 20 * UNIT_ROUNDOFF * abs(
            Fraction(value) / rms
        )


@pytest.mark.parametrize(("kind", "each_position"), [way for way in WAYS if way[0] != "rms"])
@pytest.mark.parametrize("value", [0.1, 1e30, -1e-30 / 3])
def test_equal_values_become_exactly_zero(
    kind: BlockNorm, each_position: bool, value: float
) -> None:
    x = np.full((3, 6, 7), value)
    assert (normalize(x, kind, groups=3, each_position=each_position).x_hat == 0).all()


ONE_VALUE = [
    ("batch", (1, 3, 1)),
    ("batch", (1, 3)),
    ("instance", (4, 3, 1)),
    ("instance", (4, 3, 1, 1)),
    ("instance", (4, 3)),
    ("group", (4, 2)),
    ("layer", (4, 1)),
]


@pytest.mark.parametrize(("kind", "shape"), ONE_VALUE)
def test_one_value_a_set_is_refused(kind: BlockNorm, shape: tuple[int, ...]) -> None:
    with pytest.raises(OneValueError, match=f"two or more values in each set for {kind} norm"):
        normalize(np.ones(shape), kind, groups=2)


def test_rms_norm_of_one_value_is_its_sign() -> None:
    assert normalize([[-3.0], [2.0]], "rms", eps=0.0).y.tolist() == [[-1.0], [1.0]]


X = np.arange(24.0).reshape(2, 4, 3)
WRONG = [
    (X, "mean", {}, "kind must be batch, layer, group, instance, rms"),
    (X, "group", {"groups": 3}, "groups must be a divisor of the 4 channels"),
    (X, "group", {"groups": 0}, r"groups must be .*\(got 0"),
    (X, "batch", {"each_position": True}, "each_position must be layer or RMS"),
    (X, "layer", {"weight": [1, 2, 3]}, r"weight must be \(4,\) or \(4, 3\)"),
    (X, "layer", {"bias": np.ones((3, 4))}, r"bias must be .*\(got shape \(3, 4\)"),
    (X, "layer", {"eps": -1.0}, "eps must be 0 or more"),
    (X * np.nan, "layer", {}, r"x must be .*\(got nan"),
    (X[0, 0], "layer", {}, r"x must be an array with 2 or 3 or 4 axes"),
    (X[:, :0], "layer", {}, r"x must be .*\(got shape \(2, 0, 3\)"),
]


@pytest.mark.parametrize(("x", "kind", "arguments", "sentence"), WRONG)
def test_what_does_not_fit_is_refused_with_a_sentence(
    x: Array, kind: BlockNorm, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        normalize(x, kind, **arguments)  # type: ignore[arg-type]
