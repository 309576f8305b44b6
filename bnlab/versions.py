"""The version of BN Lab, and of what computes its numbers."""

from __future__ import annotations

import platform
from importlib.metadata import version

VERSION = "0.1.0"  # the same as in pyproject.toml


def versions() -> dict[str, str]:
    """By name; read from what is installed, nothing is loaded for it."""
    installed = {name: version(name) for name in ("torch", "numpy", "scipy", "scikit-learn")}
    return {"BN Lab": VERSION, **installed, "Python": platform.python_version()}
