"""The surface of a loss: what is drawn, said and listed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bnlab.figures.loss_surface import common_scale, loss_surface_figure

PLACES = np.linspace(-1, 1, 25)
BOWL = 0.1 + PLACES[None, :] ** 2 + 2 * PLACES[:, None] ** 2


def test_the_surface_holds_every_loss_and_its_table_the_network_in_the_middle() -> None:
    figure = loss_surface_figure("Without norm", BOWL, reach=1.0, scale=(0.1, 10.0))
    [trace] = figure["traces"]
    np.testing.assert_allclose(trace["z"], BOWL, rtol=1e-3)
    assert (trace["cmin"], trace["cmax"]) == (-1.0, 1.0)
    assert figure["table"]["head"][1:] == [f"a = {a:.2g}" for a in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    assert figure["table"]["rows"][2][3] == "0.1"
    assert "0.1 at the network itself" in figure["alt"]
    assert "3.1 at its highest" in figure["alt"]
    json.dumps(figure, allow_nan=False)


def test_rows_are_b_and_columns_are_a() -> None:
    figure = loss_surface_figure("", BOWL, reach=1.0, scale=(0.1, 10.0))
    z = np.array(figure["traces"][0]["z"])
    assert z[0, 12] == pytest.approx(2.1)  # b = -1
    assert z[12, 0] == pytest.approx(1.1)  # a = -1


def test_figures_that_are_compared_have_one_axis() -> None:
    low, high = common_scale(np.stack([BOWL, 10 * BOWL]))
    assert (low, high) == (pytest.approx(0.1), pytest.approx(31.0))
    ranges = [
        loss_surface_figure("", loss, reach=1.0, scale=(low, high))["layout"]["scene"]["zaxis"]
        for loss in (BOWL, 10 * BOWL)
    ]
    assert ranges[0] == ranges[1]
    assert ranges[0]["range"][0] < np.log10(low) < np.log10(high) < ranges[0]["range"][1]
