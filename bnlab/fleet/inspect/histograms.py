"""Percentiles and histograms of many rows of values, from one sort each. numpy only."""

from __future__ import annotations

import numpy as np

from bnlab.results.frames import BINS, PERCENTILES, Array, Histogram, Quantity, bin_range

MAX_VALUES = 2**14  # per row; above it every k-th unit stands for all


def distributions(values: Array, quantity: Quantity, *, activation: str) -> tuple[Array, Histogram]:
    """Percentiles (W, L, 3) and histogram of values (W, L, n).

    Gradients are taken as log10 of their absolute value, a gradient of 0 as the smallest number.
    The percentiles of rows with a NaN are NaN.
    """
    values = np.asarray(values, dtype=np.float32)
    if quantity == "gradient":
        values = np.log10(np.maximum(np.abs(values), np.finfo(np.float32).tiny))
    ordered = np.sort(values, axis=-1)  # NaN last
    low, high = bin_range(quantity, activation)
    return _percentiles(ordered), _histogram(ordered, low, high)


def _percentiles(ordered: Array) -> Array:
    n = ordered.shape[-1]
    place = np.asarray(PERCENTILES) / 100 * (n - 1)
    below = place.astype(np.intp)
    weight = place - below
    with np.errstate(invalid="ignore"):  # inf - inf
        low, high = ordered[..., below], ordered[..., np.minimum(below + 1, n - 1)]
        result = low + weight * (high - low)
    result[np.isnan(ordered[..., -1])] = np.nan
    return result.astype(np.float32)


def _histogram(ordered: Array, low: float, high: float) -> Histogram:
    edges = np.linspace(low, high, BINS + 1, dtype=np.float32)
    edges[-1] = np.nextafter(edges[-1], np.float32(np.inf))  # the last bin holds its upper edge
    rows = ordered.reshape(-1, ordered.shape[-1])
    below = np.empty((len(rows), BINS + 1), dtype=np.int64)
    for row, places in zip(rows, below, strict=True):
        places[:] = np.searchsorted(row, edges)
    shape = ordered.shape[:-1]
    return Histogram(
        counts=np.diff(below, axis=1).astype(np.uint16).reshape(*shape, BINS),
        under=below[:, 0].astype(np.uint16).reshape(shape),
        over=(ordered.shape[-1] - below[:, -1]).astype(np.uint16).reshape(shape),
    )
