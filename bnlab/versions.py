"""The versions of BN Lab and of the libraries that compute its numbers."""

from __future__ import annotations

import platform
from importlib.metadata import version

VERSION = "0.1.0"  # the same as in pyproject.toml


def versions() -> dict[str, str]:
    """Versions by name, read from the installed packages without importing them."""
    installed = {name: version(name) for name in ("torch", "numpy", "scipy", "scikit-learn")}
    return {"BN Lab": VERSION, **installed, "Python": platform.python_version()}
