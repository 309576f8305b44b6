"""Components of the pages: a name in Python, a folder of web/ with its module and styles."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import streamlit as st

from bnlab.live.assets import web_version

WEB = Path(__file__).resolve().parents[3] / "web"
PLOTLY = f"assets/plotly.min.js?v={version('plotly')}"  # for figures: web/kit/plotly.js

# Sent again with every update, so only this is inline; the modules come from a route. Streamlit
# also cleans up after an update that a newer one has replaced: the element is still there then.
_JS = """
export default function (component) {
  const root = component.parentElement.querySelector(".bnlab-NAME");
  const url = new URL("assets/web/VERSION/kit/component.js", document.baseURI);
  root.mounted ??= import(url).then(({ load }) => load(root, "NAME"));
  root.mounted.then((mounted) => mounted.show(component));
  return () => setTimeout(() => {
    if (!root.isConnected) root.mounted.then((mounted) => mounted.leave());
  });
}
"""


def component(name: str) -> Callable[..., Any]:
    """The component whose module is web/<name>/<name>.js, with <name>.css beside it.

    Their common styles are web/kit/look.css. The module exports `mount(root)`, called once for each
    element. It returns an object with `show(component)`, called at every run of the page's script,
    and `leave()`.

    Data must be strings (JSON), numbers, tuples or dicts of them: for a list Streamlit imports
    pandas to see whether it is a table, and the server grows by 40 MB.
    """
    return st.components.v2.component(
        f"bnlab_{name}",
        html=f'<div class="bnlab bnlab-{name}"></div>',
        js=_JS.replace("NAME", name).replace("VERSION", web_version(WEB)),
        # In a shadow root Plotly's titles and legends vanish.
        isolate_styles=False,
    )
