"""A finished figure: explored by mouse, read as a table, saved as an image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pages.ui.shared.component import PLOTLY, component

_component = component("plot")


def plot(figure: Mapping[str, Any], *, key: str) -> None:
    """Show a figure of `bnlab.figures`.

    Args:
        figure: title, alt (what the picture shows, in words), traces and layout (Plotly's, but a
            colour may be {"light": …, "dark": …}, or "$text" or "$muted" of the page), table:
            {"head": texts, "rows": rows of texts}, and optionally help: (mark, meaning) pairs.
        key: distinguishes the figures of a page; one with the same key replaces the old one.
    """
    _component(key=key, data={"plotly": PLOTLY, "figure": json.dumps(figure)}, height="content")
