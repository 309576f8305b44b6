"""Distances of statistics from the exact ones, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.lab.runs.statistics import distances
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment

NONE = np.full((6, 2), np.nan, np.float32)
TWO = Experiment(variants={"none": {}, "batch": {"norm.kind": "batch"}})


def rows(**values: tuple[float, float]) -> Array:
    """Statistics (6, 2) of two units, exactly the exact ones but for those named."""
    named = {"exact_mean": (1.0, -1.0), "exact_var": (4.0, 4.0)} | values
    mean, var = named["exact_mean"], named["exact_var"]
    order = [
        named.get("running_mean", mean),
        named.get("running_var", var),
        named.get("batch_mean", mean),
        named.get("batch_var", var),
        mean,
        var,
    ]
    return np.array(order, np.float32)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [0, 0, 0, 0]),
        # Half a standard deviation in each unit, once up and once down.
        ({"running_mean": (2.0, -2.0)}, [0.5, 0, 0, 0]),
        ({"batch_mean": (2.0, -1.0)}, [0, 0, 0.5 / np.sqrt(2), 0]),
        # A factor of ten too large in one unit, too small in the other.
        ({"running_var": (40.0, 0.4)}, [0, 1, 0, 0]),
        ({"batch_var": (400.0, 4.0)}, [0, 0, 0, np.sqrt(2)]),
    ],
)
def test_distances_are_root_mean_squares_over_the_units(
    values: dict[str, tuple[float, float]], expected: list[float]
) -> None:
    found = distances(TWO, np.stack([NONE, rows(**values)]))
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], expected, atol=1e-4)


def test_a_unit_that_never_varies_is_measured_with_eps() -> None:
    still = rows(exact_mean=(0.0, 0.0), exact_var=(0.0, 0.0), running_var=(1.0, 1.0))
    np.testing.assert_allclose(distances(TWO, np.stack([NONE, still]))[1], [0, 5, 0, 0], atol=1e-4)


def test_units_that_a_narrower_variant_lacks_do_not_count() -> None:
    narrow = rows(running_mean=(3.0, 0.0))
    narrow[:, 1] = np.nan
    assert distances(TWO, np.stack([NONE, narrow]))[1, 0] == pytest.approx(1.0, abs=1e-4)


def test_a_network_that_diverged_has_no_distance_and_raises_no_warning() -> None:
    wild = rows(running_var=(np.inf, np.inf), exact_var=(np.inf, 3e38))
    assert not np.isfinite(distances(TWO, np.stack([NONE, wild]))[1, 1])
