"""The panels of the live board: their axes, words and explanations, fixed before a run starts.

A panel says what does not change while a run goes on. The traces are drawn in the browser, from
the frames as they arrive (`web/board/panels`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnlab.figures import words
from bnlab.figures.axes import (
    BARE_MARGIN,
    axis,
    columns,
    frame_of,
    hidden_axis,
    layer_axis,
    numbered_layers,
    step_axis,
)
from bnlab.figures.theme import CLASSES
from bnlab.results.frames import QUANTITIES, bin_range
from bnlab.spec.experiment import Experiment

Panel = dict[str, Any]

_ROW_PX = 34  # of one layer in the distributions
_MOST_PX = 560
_MOST_UNITS = 128  # to choose from


def panels(experiment: Experiment) -> list[Panel]:
    """Every panel that can show this experiment, in the order of the board."""
    makers: tuple[Callable[[Experiment], Panel | None], ...] = (
        _loss,
        _accuracy,
        _statistics,
        _distances,
        _pictures,
        _distributions,
        _gradients,
        _updates,
        _saturation,
        _running,
        _history,
    )
    made = [make(experiment) for make in makers]
    return [panel for panel in made if panel is not None]


def first_screen(experiment: Experiment) -> list[str]:
    """The panels that are shown before the learner picks others: few, and calm."""
    shown = ["loss", "accuracy", "pictures", "distributions", "gradients"]
    if recorded_units(experiment):
        shown = ["loss", "accuracy", "statistics", "distances"]
    there = {panel["id"] for panel in panels(experiment)}
    return [name for name in shown if name in there]


def depth_of(experiment: Experiment) -> int:
    """Hidden layers of the deepest variant."""
    return max(spec.network.depth for spec in experiment.specs().values())


def recorded_units(experiment: Experiment) -> int:
    """Units of the layer whose batch norm statistics are recorded, of the widest variant; or 0."""
    if experiment.probe.layer == "none":
        return 0
    specs = experiment.specs().values()
    return max((spec.network.width for spec in specs if spec.norm.is_batch), default=0)


def _panel(name: str, layout: dict[str, Any], *, is_wide: bool = False, **more: Any) -> Panel:
    text = words.PANELS[name]
    return {
        "id": name,
        "title": text.title,
        "alt": text.alt,
        "help": [list(line) for line in text.marks],
        "is_wide": is_wide,
        "layout": layout,
        "options": [],
        **more,
    }


def _option(name: str, label: str, *choices: tuple[str, str]) -> dict[str, Any]:
    return {"id": name, "label": label, "choices": [list(choice) for choice in choices]}


def _log_axis(title: str, low: float, high: float, *, dtick: int = 2) -> dict[str, Any]:
    return axis(title, low, high, type="log", exponentformat="power", dtick=dtick)


_MEAN_OR_VARIANCE = _option("of", "Statistic", ("mean", "Mean"), ("var", "Variance"))


def _loss(experiment: Experiment) -> Panel:
    layout = frame_of(xaxis=step_axis(experiment), yaxis=axis("loss", -2, 0.6, type="log"))
    scale = _option("scale", "Scale", ("log", "Log"), ("linear", "Linear"))
    return _panel("loss", layout, options=[scale])


def _accuracy(experiment: Experiment) -> Panel:
    yaxis = axis("right answers", 0, 1.03, tickformat=".0%")
    return _panel("accuracy", frame_of(xaxis=step_axis(experiment), yaxis=yaxis))


def _statistics(experiment: Experiment) -> Panel | None:
    units = recorded_units(experiment)
    if not units:
        return None
    unit = _option(
        "unit", "Unit", *((str(k), f"unit {k + 1}") for k in range(min(units, _MOST_UNITS)))
    )
    layout = frame_of(xaxis=step_axis(experiment), yaxis=axis("mean", -1, 1))
    panel = _panel("statistics", layout, options=[_MEAN_OR_VARIANCE, unit])
    return panel | {"title": f"{panel['title']} of layer {int(experiment.probe.layer) + 1}"}


def _distances(experiment: Experiment) -> Panel | None:
    if not recorded_units(experiment):
        return None
    yaxis = _log_axis("standard deviations", -3, 1, dtick=1)
    layout = frame_of(xaxis=step_axis(experiment), yaxis=yaxis)
    return _panel("distances", layout, options=[_MEAN_OR_VARIANCE])


def _pictures(experiment: Experiment) -> Panel | None:
    facts = [spec.data.facts for spec in experiment.specs().values()]
    names = tuple(experiment.variants)
    if len({spec.data.name for spec in experiment.specs().values()}) > 1:
        return None  # the points drawn would be those of one variant only
    if facts[0].is_drawn:
        hidden = hidden_axis(-1.5, 1.5)
        square = hidden | {"scaleanchor": "x"}
        layout = columns(names, xaxis=hidden, yaxis=square) | {"margin": BARE_MARGIN}
        return _panel(
            "pictures",
            layout,
            kind="decision",
            classes=list(CLASSES[: facts[0].classes]),
            is_wide=len(names) > 2,
        )
    if experiment.base.data.name == "digits":
        layout = frame_of(
            xaxis=hidden_axis(-3.2, 12),
            yaxis=hidden_axis(-len(names) - 0.1, 1.05),
            height=60 + 44 * len(names),
        ) | {"margin": BARE_MARGIN, "hovermode": "closest"}
        panel = _panel("pictures", layout, kind="digits")
        text = words.DIGITS
        return panel | {"title": text.title, "alt": text.alt, "help": list(map(list, text.marks))}
    return None


def _distributions(experiment: Experiment) -> Panel:
    depth = depth_of(experiment)
    layers = numbered_layers(depth)
    layout = columns(
        tuple(experiment.variants),
        xaxis=axis("", -2, 6),
        yaxis=axis(
            "layer",
            -depth - 0.15,
            0.75,
            tickvals=[-layer for layer in layers],
            ticktext=[str(layer) for layer in layers],
            zeroline=False,
        ),
        height=min(_MOST_PX, 92 + max(3, depth) * _ROW_PX),
    )
    quantity = _option(
        "quantity", "Quantity", *((name, words.QUANTITIES[name]) for name in QUANTITIES)
    )
    return _panel("distributions", layout, is_wide=True, options=[quantity], **_ranges(experiment))


def _history(experiment: Experiment) -> Panel:
    depth = depth_of(experiment)
    layout = columns(
        tuple(experiment.variants),
        xaxis=step_axis(experiment) | {"title": {"text": ""}, "nticks": 5},
        title_below="step",
        yaxis=axis("", -2, 6),
        height=300,
    )
    layer = _option(
        "layer", "Layer", *((str(index), f"layer {index + 1}") for index in range(depth))
    )
    return _panel("history", layout, is_wide=True, options=[layer], **_ranges(experiment))


def _ranges(experiment: Experiment) -> dict[str, Any]:
    """The fixed axis of each quantity, for each variant, and its title."""
    activations = [spec.network.activation for spec in experiment.specs().values()]
    return {
        "ranges": {
            name: [list(bin_range(name, activation)) for activation in activations]
            for name in QUANTITIES
        },
        "axis_titles": words.AXES,
    }


def _per_layer(
    experiment: Experiment, name: str, yaxis: dict[str, Any], *, has_output: bool, **more: Any
) -> Panel:
    layout = frame_of(xaxis=layer_axis(depth_of(experiment), has_output=has_output), yaxis=yaxis)
    return _panel(name, layout, **more)


def _gradients(experiment: Experiment) -> Panel:
    yaxis = _log_axis("gradient norm", -6.2, 1.2)
    return _per_layer(experiment, "gradients", yaxis, has_output=True)


def _updates(experiment: Experiment) -> Panel:
    yaxis = _log_axis("update / weight", -6.2, 0.2)
    return _per_layer(experiment, "updates", yaxis, has_output=True)


def _saturation(experiment: Experiment) -> Panel:
    yaxis = axis("share", -0.02, 1.03, tickformat=".0%")
    share = _option(
        "share", "Share", ("saturated", "Saturated activations"), ("dead", "Dead units")
    )
    return _per_layer(experiment, "saturation", yaxis, has_output=False, options=[share])


def _running(experiment: Experiment) -> Panel | None:
    if not any(spec.norm.is_batch for spec in experiment.specs().values()):
        return None
    gap = _option("gap", "Statistic", ("mean_gap", "Mean"), ("var_gap", "Variance"))
    return _per_layer(experiment, "running", axis("gap", 0, 1), has_output=False, options=[gap])
