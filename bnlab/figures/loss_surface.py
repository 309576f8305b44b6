"""The loss around a trained network over two random directions, as a surface to turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.figures.marks import Figure
from bnlab.figures.scales import SEQUENTIAL, plain
from bnlab.results.frames import Array

_HEIGHT_PX = 340
_TABLE_POINTS = 5  # along each direction, of the table
_AXIS = {"color": "$muted", "gridcolor": "$muted", "backgroundcolor": "rgba(0,0,0,0)"}
_ROOM = 1.15  # above the highest point and below the lowest, as a factor


def loss_surface_figure(
    title: str, loss: Array, *, reach: float, scale: tuple[float, float]
) -> Figure:
    """A surface over the plane p + a d + b e around the parameters p of one network.

    Args:
        title: of the figure: which network.
        loss: (n, n): rows are values of b, columns of a, the network itself in the middle.
        reach: a and b go from -reach to reach, in lengths of the weights.
        scale: lowest and highest loss of the axis, so that several figures can be compared.
    """
    places = np.linspace(-reach, reach, len(loss))
    middle = loss[len(loss) // 2, len(loss) // 2]
    low, high = (float(np.log10(end)) for end in scale)
    trace = {
        "type": "surface",
        "x": places.round(4).tolist(),
        "y": places.round(4).tolist(),
        "z": plain(loss),
        "surfacecolor": plain(np.log10(loss)),
        "cmin": low,
        "cmax": high,
        "colorscale": SEQUENTIAL,
        "showscale": False,
        "hovertemplate": "a %{x:.2f}, b %{y:.2f}<br>loss %{z:.3g}<extra></extra>",
    }
    return {
        "title": title,
        "alt": (
            f"{title}: a surface of the training loss over two random directions, on a "
            f"logarithmic axis. The loss is {middle:.2g} at the network itself, "
            f"typically {_rim(loss):.2g} on the rim, and {loss.max():.2g} at its highest."
        ),
        "traces": [trace],
        "layout": _layout(low, high),
        "table": _table(places, loss),
        "help": (
            ("a, b", "How far the weights are moved along two random directions: at 1 each unit's "
             "weights have moved by their own length."),
            ("loss", "Of a fixed batch of training examples, on a logarithmic axis."),
        ),
    }  # fmt: skip


def _layout(low: float, high: float) -> dict[str, Any]:
    """A box to turn, whose height is the logarithm of the loss, from `low` to `high`."""
    room = float(np.log10(_ROOM))
    height = {
        "title": {"text": "loss"},
        "type": "log",
        "dtick": 1,
        "range": [low - room, high + room],
    }
    return {
        "height": _HEIGHT_PX,
        "margin": {"l": 0, "r": 0, "t": 10, "b": 10},
        "uirevision": "kept",
        "scene": {
            "xaxis": _AXIS | {"title": {"text": "a"}},
            "yaxis": _AXIS | {"title": {"text": "b"}},
            "zaxis": _AXIS | height,
            "camera": {"eye": {"x": 1.75, "y": 1.75, "z": 1.0}},
        },
    }


def common_scale(losses: Array) -> tuple[float, float]:
    """The lowest and the highest of all losses (M, n, n)."""
    return float(losses.min()), float(losses.max())


def _rim(loss: Array) -> float:
    """The median loss on the rim of the plane."""
    return float(np.median(np.concatenate([loss[0], loss[-1], loss[1:-1, 0], loss[1:-1, -1]])))


def _table(places: Array, loss: Array) -> dict[str, Any]:
    chosen = np.linspace(0, len(loss) - 1, _TABLE_POINTS).round().astype(int)
    return {
        "head": ["b", *(f"a = {places[column]:.2g}" for column in chosen)],
        "rows": [
            [f"{places[row]:.2g}", *(f"{loss[row, column]:.3g}" for column in chosen)]
            for row in chosen
        ],
    }
