"""Figures outside the lab's pages: in plain colours for light or dark ground, and as a web page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Literal

from bnlab.figures.marks import Figure
from bnlab.spec.fields import refusal

Ground = Literal["light", "dark"]

_COLUMNS = 3  # of figures on a wide page, at most

# What the browser takes from Streamlit's theme, in a notebook or a file (web/kit/theme.js).
_PAINT: dict[str, dict[str, str]] = {
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
    if ground not in _PAINT:
        raise refusal("ground", f"{ground!r}", "light or dark")
    paint = _PAINT[ground]
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


def web_page(figures: Sequence[Figure], drawn: Sequence[str], ground: Ground = "light") -> str:
    """A web page that holds figures with their words, numbers as tables, and what marks mean.

    Args:
        figures: of each, title, alt, table and help are read.
        drawn: each figure as HTML, by Plotly.
        ground: light or dark.
    """
    paint = _PAINT[ground]
    style = (
        f"body {{ margin: 1rem auto; max-width: 90rem; padding: 0 1rem; font: 1rem sans-serif; "
        f"color: {paint['text']}; background: {paint['background']} }} "
        "details { overflow-x: auto } h1 { font-size: 1.3rem } "
        # So many columns from the start: a figure is drawn before the next is read.
        f"@media (min-width: 50rem) {{ main {{ display: grid; gap: 1rem; "
        f"grid-template-columns: repeat({min(len(figures), _COLUMNS)}, minmax(0, 1fr)) }} }} "
        "th, td { padding: .2rem .6rem; text-align: left } dt { font-weight: bold }"
    )
    parts = "".join(_section(*pair) for pair in zip(figures, drawn, strict=True))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(figures[0]['title'])}</title>"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head><body><main>{parts}</main></body></html>"
    )


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of plain texts as HTML."""
    named = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{named}</tr></thead><tbody>{lines}</tbody></table>"


def with_words(figure: Figure, drawn: str) -> str:
    """A figure as HTML with what its marks mean and its numbers, for people and screen readers.

    Args:
        figure: of it alt, table and help are read.
        drawn: the figure itself, as HTML.
    """
    marks = "".join(
        f"<dt>{escape(mark)}</dt><dd>{escape(means)}</dd>" for mark, means in figure["help"]
    )
    table = table_html(figure["table"]["head"], figure["table"]["rows"])
    return (
        f'<div role="img" aria-label="{escape(figure["alt"])}">{drawn}</div>'
        f"<details><summary>What the marks mean</summary><dl>{marks}</dl></details>"
        f"<details><summary>The numbers as a table</summary>{table}</details>"
    )


def _section(figure: Figure, drawn: str) -> str:
    return f"<section><h1>{escape(figure['title'])}</h1>{with_words(figure, drawn)}</section>"


def _settled(value: Any, ground: Ground) -> Any:
    """The colour for this ground in the places of {light, dark} and of "$text", "$muted"."""
    if isinstance(value, str):
        return _PAINT[ground].get(value[1:], value) if value.startswith("$") else value
    if isinstance(value, (list, tuple)):
        return [_settled(item, ground) for item in value]
    if not isinstance(value, dict):
        return value
    if "light" in value and "dark" in value:
        return value[ground]
    return {key: _settled(item, ground) for key, item in value.items()}
