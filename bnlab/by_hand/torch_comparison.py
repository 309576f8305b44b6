"""A layer example's numbers by hand beside torch's, and why they differ where they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bnlab.by_hand.record import Array, Backward

_DIGITS = 16  # of a float64
_ENOUGH = 9  # remaining digits: with fewer, the difference is explained
_QUANTITIES = (("y", "y"), ("grad_x", "∂ℓ/∂x"), ("grad_weight", "∂ℓ/∂γ"), ("grad_bias", "∂ℓ/∂β"))


@dataclass(frozen=True)
class Pair:
    """One number by hand and by torch."""

    name: str  # such as "∂ℓ/∂x, example 2, unit 1"
    by_hand: float
    by_torch: float

    @property
    def difference(self) -> float:
        """The absolute difference."""
        return abs(self.by_hand - self.by_torch)


@dataclass(frozen=True)
class Comparison:
    """All outputs and gradients, and a sentence for each unit where float64 has too few digits."""

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]

    @property
    def largest(self) -> Pair:
        """The pair that differs most."""
        return max(self.pairs, key=lambda pair: pair.difference)


def compare(back: Backward, answer: Mapping[str, Array]) -> Comparison:
    """Compare the outputs and gradients with torch's.

    Args:
        back: by hand.
        answer: y and grad_x (N, F), grad_weight and grad_bias (F,), from
            `bnlab.lab.workers.protocol.queries.LayerByTorch` with the same numbers.
    """
    pairs = []
    for key, title in _QUANTITIES:
        ours = back.forward.y if key == "y" else getattr(back, key)
        for place in np.ndindex(ours.shape):
            pairs.append(
                Pair(f"{title}, {_place(place)}", float(ours[place]), float(answer[key][place]))
            )
    return Comparison(tuple(pairs), tuple(_notes(back)))


def _place(index: tuple[int, ...]) -> str:
    if len(index) == 1:
        return f"unit {index[0] + 1}"
    return f"example {index[0] + 1}, unit {index[1] + 1}"


def _notes(back: Backward) -> list[str]:
    layer = back.forward
    notes = []
    for unit, (size, std) in enumerate(zip(np.abs(layer.x).max(axis=0), layer.std, strict=True)):
        lost = np.log10(size / std) if size > 0 and std > 0 else 0.0
        if _DIGITS - lost < _ENOUGH:
            notes.append(
                f"Unit {unit + 1}: its values are {size / std:.0e} times its s. "
                f"A float64 has {_DIGITS} digits, and torch loses "
                f"{'all' if lost >= _DIGITS else int(lost)} of them when it subtracts the rounded "
                "mean. By hand, the mean is computed from the distances to the first value, and "
                "its rounding error is subtracted as well: here the numbers on this page are the "
                "correct ones."
            )
    return notes
