"""plotly.js as the plotly package ships it: what draws the figures, here and in reports."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def plotly_path() -> Path:
    """Where plotly.js lies; raises RuntimeError where plotly is not installed."""
    # Not imported: the package would cost the server 20 MB for one file.
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RuntimeError("plotly is not installed: pip install -r requirements.txt.")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"
