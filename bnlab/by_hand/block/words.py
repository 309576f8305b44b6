"""The words and formulas of a block: what is averaged and counted, with its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnlab.by_hand.block.numbers import BATCH_SIZES, Averaged, counts_of, in_batches
from bnlab.by_hand.block.spec import Block
from bnlab.by_hand.norms import NORM_KINDS, Array, BlockNorm

TITLES: dict[BlockNorm, str] = {
    "batch": "Batch norm",
    "layer": "Layer norm",
    "group": "Group norm",
    "instance": "Instance norm",
    "rms": "RMS norm",
}
NOTHING = "–"
SAME = 1e-9  # results that differ by less count as equal

Rows = tuple[tuple[str, ...], ...]


def number(value: float) -> str:
    """Four significant digits: "0.5231", "-12.3", "1.2e-05"; a dash for NaN."""
    return f"{value + 0.0:.4g}" if np.isfinite(value) else NOTHING


def over_what(kind: BlockNorm, *, each_position: bool) -> str:
    """What a norm averages over, in words that hold for any block."""
    if each_position and kind in ("layer", "rms"):
        return "all channels at one position of one example"
    return {
        "batch": "all examples and positions of one channel",
        "layer": "all channels and positions of one example",
        "group": "a group of channels and all positions of one example",
        "instance": "all positions of one channel of one example",
        "rms": "all channels and positions of one example",
    }[kind]


# --- formulas ------------------------------------------------------------------------------------


def formulas(x: Array, block: Block, averaged: Averaged) -> tuple[str, ...]:
    """LaTeX of the statistics and the result of the selected element, with its numbers.

    Args:
        x: (N, C, P) the block.
        block: says which element is selected.
        averaged: one norm of x; a refused one has no formulas.
    """
    if averaged.refusal:
        return ()
    at = block.index
    group = averaged.set_of[at]
    inside = averaged.set_of == group
    total, every = _sum_over(inside)
    mean, variance = float(averaged.mean[group]), float(averaged.variance[group])
    shares = rf"\frac{{1}}{{{inside.sum()}}} {total}"
    one = f"x_{{{block.example},{block.channel},{block.position}}}"
    value, result = _latex(float(x[at])), _latex(float(averaged.x_hat[at]))
    if averaged.kind == "rms":
        return (
            rf"\overline{{x^2}} = {shares} {every}^2 = {_latex(variance)}",
            _in_two_lines(
                rf"\frac{{{one}}}{{\sqrt{{\overline{{x^2}} + \epsilon}}}}",
                rf"\frac{{{value}}}{{\sqrt{{{_latex(variance)} + 10^{{-5}}}}}} = {result}",
            ),
        )
    less = f"- {_latex(mean)}" if mean >= 0 else f"+ {_latex(-mean)}"
    return (
        rf"\mu = {shares} {every} = {_latex(mean)}",
        rf"\sigma^2 = {shares} ({every} - \mu)^2 = {_latex(variance)}",
        _in_two_lines(
            rf"\frac{{{one} - \mu}}{{\sqrt{{\sigma^2 + \epsilon}}}}",
            rf"\frac{{{value} {less}}}{{\sqrt{{{_latex(variance)} + 10^{{-5}}}}}} = {result}",
        ),
    )


def _in_two_lines(symbols: str, numbers: str) -> str:
    """The result in symbols, and below it in numbers, so that both fit on a phone."""
    room = r"\rule{0pt}{2em}"  # above: otherwise the page cuts off the first line
    lines = rf"{room} \hat{{x}} &= {symbols} \\[1.2em] &= {numbers}"
    return rf"\begin{{aligned}} {lines} \end{{aligned}}"


def _sum_over(inside: Array) -> tuple[str, str]:
    """The sum signs over a set, and x with their indices."""
    letters, sums = [], []
    for letter, places in zip("ncp", np.nonzero(inside), strict=True):
        first, last = int(places.min()) + 1, int(places.max()) + 1
        letters.append(letter if last > first else str(first))
        if last > first:
            sums.append(rf"\sum_{{{letter}={first}}}^{{{last}}}")
    return " ".join(sums), f"x_{{{','.join(letters)}}}"


def _latex(value: float) -> str:
    digits, _, power = number(value).partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if power else digits


# --- tables --------------------------------------------------------------------------------------

COUNTS_HEAD = ("Norm", "Averaged together", "It computes", "It learns", "It keeps for inference")


def counts_rows(block: Block) -> Rows:
    """For each norm, what it averages, computes, learns and keeps, for a block of this size."""
    rows = []
    for kind in NORM_KINDS:
        found = counts_of(block, kind)
        rows.append(
            (
                TITLES[kind],
                f"{_product(kind, block)} = {found.values_per_set:,}",
                _twice(
                    "{} mean square{s}" if kind == "rms" else "{} mean{s}, {} variance{s}",
                    found.statistics,
                ),
                _twice("{} γ" if kind == "rms" else "{} γ, {} β", found.parameters),
                _twice("{} running mean{s}, {} running variance{s}", found.running)
                if found.running
                else "nothing",
            )
        )
    return tuple(rows)


def _product(kind: BlockNorm, block: Block) -> str:
    """The sizes whose product is the number of values averaged: "4 examples × 16 positions"."""
    channels = block.channels // block.groups if kind == "group" else block.channels
    sizes = {"example": block.examples, "channel": channels, "position": block.positions}
    names = {
        "batch": ("example", "position"),
        "instance": ("position",),
    }.get(kind, ("channel",) if block.is_by_position(kind) else ("channel", "position"))
    return " × ".join(f"{sizes[name]} {name}{'s' * (sizes[name] != 1)}" for name in names)


def _twice(form: str, count: int) -> str:
    """A template with one or two places for a number, filled so that they add up to `count`."""
    each = count // form.count("{}")
    return form.format(*[f"{each:,}"] * form.count("{}"), s="s" * (each != 1))


def batch_sizes_rows(x: Array, block: Block, sizes: Sequence[int] = BATCH_SIZES) -> Rows:
    """x_hat of one element of the first example in batches of several sizes, for each norm.

    Args:
        x: (32, C, P), as many examples as the largest batch has.
        block: says which channel and position.
        sizes: of the batches; each consists of the first examples of x.
    """
    at = (0, *block.index[1:])
    rows = []
    for kind in NORM_KINDS:
        found = in_batches(x, block, kind, sizes)
        results = [float(averaged.x_hat[at]) for averaged in found]
        texts = (_result(averaged, at) for averaged in found)
        rows.append((TITLES[kind], *texts, _dependence(results)))
    return tuple(rows)


def _result(averaged: Averaged, at: tuple[int, ...]) -> str:
    return "no result" if averaged.refusal else number(float(averaged.x_hat[at]))


def _dependence(results: Sequence[float]) -> str:
    known = [result for result in results if np.isfinite(result)]
    if not known:
        return NOTHING
    return "yes" if max(known) - min(known) > SAME else "no"


def small_batches(x: Array, block: Block) -> tuple[str, ...]:
    """What one and two examples show, in sentences computed from the numbers."""
    alone, two = in_batches(x, block, "batch", (1, 2))
    if alone.refusal:
        sizes = np.abs(two.x_hat)
        return (
            "**One example, one position:** batch norm has a single value for each channel and "
            "has no result: the value is its own mean. PyTorch stops with an error.",
            "**Two examples, one position:** each channel has two values, one above their mean "
            "and one below, equally far. Every x̂ is +1 or −1, only made slightly smaller by ε "
            f"(here {number(sizes.min())} to {number(sizes.max())} in size). How far apart the "
            "two were is lost; only the sign remains.",
        )
    (instance,) = in_batches(x, block, "instance", (1,))
    difference = float(np.abs(alone.x_hat - instance.x_hat).max())
    return (
        f"**One example:** each channel still has {block.positions} positions to average, so batch "
        "norm works. It is then instance norm "
        f"(largest difference between the two: {number(difference)}).",
        f"**Two examples:** {2 * block.positions} values for each mean. Set positions to 1 × 1 to "
        "see the result of two examples in a dense layer.",
    )
