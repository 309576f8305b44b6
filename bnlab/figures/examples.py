"""Pictures of one example: a handwritten digit, or a point of the plane among others."""

from __future__ import annotations

import numpy as np

from bnlab.figures.axes import hidden_axis
from bnlab.figures.marks import Figure, dots, layout
from bnlab.figures.theme import CLASSES
from bnlab.results.frames import Array


def digit(raw: Array, *, label: int, number: int) -> Figure:
    """One handwritten digit as it was written.

    Args:
        raw: (64,) pixels in 0..1, row by row from the top.
        label: its class.
        number: its place among the examples, from 1.
    """
    pixels = np.rint(16 * raw.reshape(8, 8)).astype(int)
    picture = {
        "type": "heatmap",
        "z": pixels.tolist(),
        "zmin": 0,
        "zmax": 16,
        "colorscale": [[0, "$background"], [1, "$text"]],
        "showscale": False,
        "hovertemplate": "ink %{z} of 16<extra></extra>",
    }
    made = layout(
        hidden_axis(-0.5, 7.5, constrain="domain"),
        hidden_axis(7.5, -0.5, constrain="domain", scaleanchor="x"),
        height=170,
    )
    return {
        "title": f"Example {number}: a {label}",
        "alt": f"A handwritten {label}, drawn in 8 × 8 pixels.",
        "traces": [picture],
        "layout": made | {"margin": {"l": 0, "r": 0, "t": 4, "b": 4}, "hovermode": "closest"},
        "table": {
            "head": ["row", *map(str, range(1, 9))],
            "rows": [[str(row + 1), *map(str, ink)] for row, ink in enumerate(pixels)],
        },
    }


def point(at: Array, *, label: int, number: int, points: Array, classes: Array) -> Figure:
    """One point of the plane among validation examples.

    Args:
        at: (2,) the example.
        label: its class.
        number: its place among the examples, from 1.
        points: (n, 2) of the validation part.
        classes: (n,) theirs.
    """
    reach = 1.1 * float(np.abs(np.vstack([points, at[None]])).max())
    hidden = hidden_axis(-reach, reach)
    where = "(%{x:.2f}, %{y:.2f})"
    others = [
        dots(*points[classes == k].T, name=f"class {k}", colour=CLASSES[k],
             words=f"class {k} {where}", size=5, opacity=0.45)
        for k in sorted(set(classes.tolist()))
    ]  # fmt: skip
    star = dots(
        *at[:, None], name="this example", colour=CLASSES[label], words=f"this example {where}",
        size=16, symbol="star", line={"color": "$text", "width": 1.5},
    )  # fmt: skip
    made = layout(hidden, hidden | {"scaleanchor": "x"}, legend_rows=2, height=220)
    return {
        "title": f"Example {number}: class {label}",
        "alt": f"A point of class {label} at ({at[0]:.2f}, {at[1]:.2f}), drawn as a star among "
        "validation examples of every class.",
        "traces": [*others, star],
        "layout": made | {"hovermode": "closest"},
        "table": {
            "head": ["", "first input", "second input", "class"],
            "rows": [["this example", f"{at[0]:.3f}", f"{at[1]:.3f}", str(label)]],
        },
    }
