"""The figures of the microscope: what does not change while the unit is followed.

A trace says which numbers it shows (`of`); they are put in by the browser, several times a second
(`web/microscope`).
"""

from __future__ import annotations

from typing import Any

from bnlab.figures.axes import axis, frame_of
from bnlab.figures.marks import Figure, both, layout
from bnlab.figures.theme import BLUE, GREEN, GREY, ORANGE, PINK

_STAGES = (  # from the top: the array, its sign, colour, marker; as the layer example draws them
    ("x", "x", GREY, "circle-open"),
    ("normalized", "x̂", BLUE, "diamond-open"),
    ("y", "y", ORANGE, "square-open"),
)
_HEIGHT_PX = 290
_STEPS = axis("step", nticks=6, unifiedhovertitle={"text": "step %{x:.0f}"}, autorange=False)


def microscope_figures() -> dict[str, Figure]:
    """The figures by name: values, mean, spread, learned."""
    return {
        "values": _values(),
        "mean": _history(
            "Mean",
            ("mean", "minibatch", BLUE, "solid"),
            ("running_mean", "running", ORANGE, "dash"),
            help=[
                ["Minibatch", "μ: the mean of x over the examples of the minibatch."],
                ["Running", "What batch norm will take for μ in eval mode: an average over the "
                 "minibatches so far."],
            ],
        ),
        "spread": _history(
            "Standard deviation",
            ("std", "minibatch", BLUE, "solid"),
            ("running_std", "running", ORANGE, "dash"),
            help=[
                ["Minibatch", "σ: the standard deviation of x over the examples of the minibatch "
                 "(divided by N)."],
                ["Running", "The root of the running variance, which takes the place of σ² in "
                 "eval mode (divided by N − 1)."],
            ],
        ),
        "learned": _history(
            "Gamma and beta",
            ("weight", "gamma", GREEN, "solid"),
            ("bias", "beta", PINK, "dash"),
            help=[
                ["Gamma", "γ: the unit's x̂ is multiplied by it. It is learned and starts at 1."],
                ["Beta", "β: it is added then. It is learned and starts at 0."],
            ],
        ),
    }  # fmt: skip


def _values() -> Figure:
    names = [name for _, name, *_ in _STAGES]
    places = list(range(len(names), 0, -1))
    made = frame_of(
        xaxis=axis("value", zeroline=True, autorange=False),
        yaxis=axis(
            "",
            0.35,
            len(names) + 0.5,
            tickvals=places,
            ticktext=names,
            tickfont={"size": 17},
            showgrid=False,
            fixedrange=True,
        ),
        height=_HEIGHT_PX,
    )
    traces = [
        trace
        for place, (of, name, colour, symbol) in zip(places, _STAGES, strict=True)
        for trace in _stage(of, name, both(colour), symbol=symbol, place=place)
    ]
    return {
        "title": "The minibatch, before and after",
        "help": [
            ["x", "What the norm gets from this unit: one mark for each example of the "
             "minibatch. Up and down means nothing: it only keeps marks apart."],
            ["x̂", "The same values normalized, with batch norm to mean 0 and spread 1."],
            ["y", "What the norm gives: x̂ times gamma, plus beta."],
            ["Bar", "From one standard deviation below the mean to one above it; the tick is the "
             "mean."],
        ],
        "traces": traces,
        "layout": made | {"hovermode": "closest", "margin": made["margin"] | {"l": 34}},
    }  # fmt: skip


def _stage(of: str, name: str, colours: dict[str, str], *, symbol: str, place: int) -> list[Figure]:
    marks: dict[str, Any] = {
        "of": of,
        "place": place,
        "mode": "markers",
        "marker": {
            "color": colours,
            "symbol": symbol,
            "size": 7,
            "line": {"width": 1.4, "color": colours},
        },
        "hovertemplate": name + ": %{x:.4g}<extra></extra>",
    }
    bar = {
        "of": of,
        "place": place - 0.42,
        "is_bar": True,
        "mode": "lines",
        "line": {"color": colours, "width": 3},
        "hoverinfo": "skip",
    }
    return [marks, bar]


def _history(title: str, *lines: tuple[str, str, str, str], help: list[list[str]]) -> Figure:
    return {
        "title": title,
        "help": help,
        "traces": [
            {
                "of": of,
                "name": name,
                "mode": "lines",
                "line": {"color": both(colour), "width": 2.5, "dash": dash},
                "hovertemplate": f"{name}: %{{y:.4g}}<extra></extra>",
            }
            for of, name, colour, dash in lines
        ],
        "layout": layout(_STEPS, {"autorange": False}, legend_rows=1, height=180),
    }
