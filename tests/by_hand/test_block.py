"""A block of activations: its links, its sets and numbers as torch has them, its words."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from bnlab.by_hand.block import words
from bnlab.by_hand.block.numbers import BATCH_SIZES, average, counts_of
from bnlab.by_hand.block.spec import EPS, Block, divisors, from_query, to_query
from bnlab.by_hand.norms import NORM_KINDS, Array, BlockNorm
from bnlab.fleet.inspect.torch_layers import digit_activations
from bnlab.spec.fields import SpecError

EXACT = 1e-10


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    channels, size = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    examples = draw(st.integers(1, 32))
    return Block(
        kind=draw(st.sampled_from(NORM_KINDS)),
        examples=examples,
        channels=channels,
        size=size,
        groups=draw(st.sampled_from(divisors(channels))),
        each_position=draw(st.booleans()),
        shift=draw(st.floats(-100, 100)),
        seed=draw(st.integers(0, 10)),
        example=draw(st.integers(1, examples)),
        channel=draw(st.integers(1, channels)),
        position=draw(st.integers(1, size**2)),
    )


def values_of(block: Block) -> Array:
    """Numbers (N, C, P) for a block."""
    shape = (block.examples, block.channels, block.positions)
    return np.random.default_rng(block.seed).normal(0.3, 1.0, shape)


def by_torch(x: Array, block: Block, kind: BlockNorm) -> Array:
    """x_hat (N, C, P) by torch itself; raises ValueError where torch does."""
    z = torch.from_numpy(np.ascontiguousarray(x))
    _, c, p = z.shape
    if block.is_by_position(kind):
        norm = F.layer_norm if kind == "layer" else F.rms_norm
        return norm(z.transpose(1, 2), (c,), eps=EPS).transpose(1, 2).numpy()
    return {
        "batch": lambda: F.batch_norm(z, None, None, training=True, eps=EPS),
        "layer": lambda: F.layer_norm(z, (c, p), eps=EPS),
        "group": lambda: F.group_norm(z, block.groups, eps=EPS),
        "instance": lambda: F.instance_norm(z, eps=EPS),
        "rms": lambda: F.rms_norm(z, (c, p), eps=EPS),
    }[kind]().numpy()  # type: ignore[no-any-return]


# --- links ---------------------------------------------------------------------------------------


@given(blocks())
def test_a_written_link_reads_back_as_itself(block: Block) -> None:
    assert from_query(to_query(block)) == block


def test_an_empty_link_is_the_first_block() -> None:
    assert from_query({}) == Block()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"kind": "spectral"}, "kind must be one of batch, layer"),
        ({"examples": "33"}, "examples must be a whole number from 1 to 32"),
        ({"channels": "999999999"}, "channels must be "),
        ({"size": "x"}, "size must be "),
        ({"groups": "5"}, "groups must be a divisor of the 6 channels"),
        ({"example": "9"}, "example must be a whole number from 1 to 4"),
        ({"shift": "nan"}, "shift must be "),
        ({"seed": "-1"}, "seed must be "),
        ({"nonsense": "1"}, "nonsense is not a field"),
        ({"v": "9"}, "v must be 1"),
    ],
)
def test_a_bad_link_says_what_was_wrong(query: dict[str, str], sentence: str) -> None:
    with pytest.raises(SpecError, match=re.escape(sentence)):
        from_query(query)


@given(st.dictionaries(st.sampled_from([*Block.model_fields, "v", ""]), st.text(max_size=9)))
def test_any_link_is_a_block_or_a_sentence(query: dict[str, str]) -> None:
    try:
        from_query(query)
    except SpecError as error:
        assert str(error).strip().endswith((".", ")"))


@given(blocks(), st.integers(1, 8), st.integers(1, 8), st.integers(1, 32))
def test_in_another_size_the_pick_and_the_groups_still_fit(
    block: Block, channels: int, size: int, examples: int
) -> None:
    other = block.replace(channels=channels, size=size, examples=examples)
    assert other.channels % other.groups == 0
    assert other.example == min(block.example, examples)
    assert other.channel == min(block.channel, channels)
    assert other.position == min(block.position, size**2)


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NORM_KINDS)
@given(block=blocks())
def test_the_result_is_that_of_torch_or_both_have_none(kind: BlockNorm, block: Block) -> None:
    x = values_of(block)
    found = average(x, block, kind)
    if not found.refusal:
        np.testing.assert_allclose(found.x_hat, by_torch(x, block, kind), rtol=EXACT, atol=EXACT)
        return
    assert np.isnan(found.x_hat).all()
    if "error" in found.refusal:
        with pytest.raises(ValueError, match="Expected more than 1"):
            by_torch(x, block, kind)
    else:
        assert "returns 0 for every value" in found.refusal
        assert (by_torch(x, block, kind) == 0).all()


@pytest.mark.parametrize("kind", NORM_KINDS)
@given(block=blocks())
def test_mean_and_variance_are_torchs_over_the_members_of_each_set(
    kind: BlockNorm, block: Block
) -> None:
    x = values_of(block)
    found = average(x, block, kind)
    for number in range(len(found.mean)):
        values = torch.from_numpy(x[found.set_of == number])
        variance, mean = torch.var_mean(values, correction=0)
        if kind == "rms":
            variance, mean = (values**2).mean(), torch.tensor(np.nan)
        elif found.refusal:
            variance = torch.tensor(np.nan)
        statistics = [found.mean[number], found.variance[number]]
        np.testing.assert_allclose(statistics, [mean, variance], rtol=EXACT, atol=EXACT)


@given(blocks())
def test_what_is_learned_and_kept_is_what_torchs_layers_hold(block: Block) -> None:
    c, p = block.channels, block.positions
    together = (c,) if block.each_position else (c, p)
    layers: dict[BlockNorm, nn.Module] = {
        "batch": nn.BatchNorm1d(c),
        "layer": nn.LayerNorm(together),
        "group": nn.GroupNorm(block.groups, c),
        "instance": nn.InstanceNorm1d(c, affine=True),
        "rms": nn.RMSNorm(together),
    }
    for kind, layer in layers.items():
        found = counts_of(block, kind)
        assert found.parameters == sum(weight.numel() for weight in layer.parameters())
        kept = [buffer for name, buffer in layer.named_buffers() if name.startswith("running")]
        assert found.running == sum(buffer.numel() for buffer in kept)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_a_smaller_block_is_a_corner_of_the_largest(size: int) -> None:
    whole = digit_activations(examples=32, channels=8, size=size, seed=2)
    part = digit_activations(examples=4, channels=6, size=size, seed=2)
    np.testing.assert_allclose(part["x"], whole["x"][:4, :6], rtol=EXACT, atol=EXACT)
    assert (part["labels"] == whole["labels"][:4]).all()


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NORM_KINDS)
def test_the_formulas_end_with_torchs_numbers(kind: BlockNorm) -> None:
    block = Block(kind=kind)
    x = values_of(block)
    *statistics, result = words.formulas(x, block, average(x, block, kind))
    expected = words.number(float(by_torch(x, block, kind)[block.index]))
    assert result.removesuffix(r" \end{aligned}").endswith(f"= {expected}")
    values = torch.from_numpy(x[average(x, block, kind).set_of == _set_of_pick(x, block)])
    if kind == "rms":
        assert statistics[0].endswith(f"= {words.number(float((values**2).mean()))}")
    else:
        assert statistics[0].endswith(f"= {words.number(float(values.mean()))}")
        assert statistics[1].endswith(f"= {words.number(float(values.var(correction=0)))}")


def _set_of_pick(x: Array, block: Block) -> int:
    return int(average(x, block, block.kind).set_of[block.index])


def test_the_sum_names_the_group_of_the_picked_channel() -> None:
    block = Block(kind="group", channel=5)
    x = values_of(block)
    (mean, *_) = words.formulas(x, block, average(x, block, "group"))
    assert r"\frac{1}{48} \sum_{c=4}^{6} \sum_{p=1}^{16} x_{2,c,p}" in mean


def test_the_counts_are_told_in_words_that_multiply_out() -> None:
    for block in (
        Block(),
        Block(each_position=True),
        Block(groups=6),
        Block(examples=1, example=1),
    ):
        for kind, row in zip(NORM_KINDS, words.counts_rows(block), strict=True):
            product, _, values = row[1].partition(" = ")
            sizes = [int(number) for number in re.findall(r"\d+", product)]
            assert np.prod(sizes) == int(values) == counts_of(block, kind).values_per_set
            computed = [int(number) for number in re.findall(r"\d+", row[2])]
            assert sum(computed) == counts_of(block, kind).statistics


@pytest.mark.parametrize("size", [1, 4])
def test_the_table_of_batch_sizes_holds_torchs_numbers(size: int) -> None:
    block = Block().replace(size=size)
    x = values_of(block.replace(examples=32))
    at = (0, block.channel - 1, block.position - 1)
    for kind, row in zip(NORM_KINDS, words.batch_sizes_rows(x, block), strict=True):
        for batch, text in zip(BATCH_SIZES, row[1:-1], strict=True):
            try:
                expected = words.number(float(by_torch(x[:batch], block, kind)[at]))
            except ValueError:
                expected = "no result"
            assert text == expected


def test_companions_matter_to_batch_norm_alone() -> None:
    block = Block()
    rows = words.batch_sizes_rows(values_of(block.replace(examples=32)), block)
    assert {row[0]: row[-1] for row in rows} == {
        "Batch norm": "yes",
        "Layer norm": "no",
        "Group norm": "no",
        "Instance norm": "no",
        "RMS norm": "no",
    }


def test_two_values_are_told_to_be_plus_and_minus_one() -> None:
    block = Block().replace(size=1)
    x = values_of(block.replace(examples=32))
    alone, two = words.small_batches(x, block)
    assert "no result" in alone
    low, high = (float(text) for text in re.findall(r"here ([\d.]+) to ([\d.]+) in size", two)[0])
    sizes = np.abs(by_torch(x[:2], block, "batch"))
    assert (low, high) == (float(words.number(sizes.min())), float(words.number(sizes.max())))


def test_batch_norm_of_one_image_is_told_to_be_instance_norm() -> None:
    block = Block()
    x = values_of(block.replace(examples=32))
    difference = by_torch(x[:1], block, "batch") - by_torch(x[:1], block, "instance")
    assert np.abs(difference).max() < EXACT
    alone, _ = words.small_batches(x, block)
    told = float(re.findall(r"between the two: ([\d.e-]+)\)", alone)[0])
    assert told < EXACT


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (0.52314, "0.5231"), (-12.3, "-12.3"), (1.2e-5, "1.2e-05"),
     (float("nan"), "–")],
)  # fmt: skip
def test_numbers_have_four_digits(value: float, text: str) -> None:
    assert words.number(value) == text
