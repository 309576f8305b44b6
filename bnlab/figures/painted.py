"""Figures outside the lab's pages: in plain colours, on a light or a dark ground."""

from __future__ import annotations

from typing import Any, Literal

from bnlab.figures.marks import Figure
from bnlab.spec.fields import refusal

Ground = Literal["light", "dark"]

# What the browser takes from Streamlit's theme, in a notebook or a file (web/kit/theme.js).
PAINT: dict[str, dict[str, str]] = {
    "light": {
        "text": "#1b1f24", "background": "#ffffff", "muted": "#5c6570",
        "grid": "rgba(0,0,0,0.10)", "axis": "rgba(0,0,0,0.45)",
    },
    "dark": {
        "text": "#e6e8eb", "background": "#14181d", "muted": "#a3aab3",
        "grid": "rgba(255,255,255,0.12)", "axis": "rgba(255,255,255,0.45)",
    },
}  # fmt: skip


def painted(figure: Figure, ground: Ground = "light") -> Figure:
    """A figure of this package as Plotly takes it: data and layout, colours settled.

    Raises:
        ValueError: no such ground.
    """
    if ground not in PAINT:
        raise refusal("ground", f"{ground!r}", "light or dark")
    paint = PAINT[ground]
    layout: dict[str, Any] = _settled(figure["layout"], ground)
    axis = {
        "gridcolor": paint["grid"],
        "linecolor": paint["axis"],
        "zerolinecolor": paint["grid"],
        "tickcolor": paint["axis"],
        "ticks": "outside",
        "ticklen": 4,
        "showline": True,
    }
    axes = {name: axis | layout[name] for name in layout if name[1:5] == "axis"}
    layout |= axes
    layout |= {
        "font": {"size": 13, "color": paint["text"]},
        "paper_bgcolor": paint["background"],
        "plot_bgcolor": paint["background"],
        "template": "none",
        "meta": {"alt": figure["alt"]},
    }
    return {"data": _settled(figure["traces"], ground), "layout": layout}


def _settled(value: Any, ground: Ground) -> Any:
    """The colour for this ground in the places of {light, dark} and of "$text", "$muted"."""
    if isinstance(value, str):
        return PAINT[ground].get(value[1:], value) if value.startswith("$") else value
    if isinstance(value, (list, tuple)):
        return [_settled(item, ground) for item in value]
    if not isinstance(value, dict):
        return value
    if "light" in value and "dark" in value:
        return value[ground]
    return {key: _settled(item, ground) for key, item in value.items()}
