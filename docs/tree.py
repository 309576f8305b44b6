"""Print every source file with the first line of what it says of itself: `make tree`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("bnlab", "pages", "web", "tests", "benchmarks")
WIDTH = 44  # columns before the descriptions


def first_line(path: Path) -> str:
    """The first line of a module's docstring, or of the comment at the top of a script."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        said = ast.get_docstring(ast.parse(text)) or ""
    else:
        said = re.sub(r"^(//|/\*)\s*|\s*\*/$", "", text.partition("\n")[0])
    return said.partition("\n")[0]


def show(folder: Path, indent: str = "") -> None:
    """Print a folder, its files first."""
    own = folder / "__init__.py"
    name = f"{indent}{folder.name}/"
    print(f"{name:<{WIDTH}}{first_line(own) if own.exists() else ''}".rstrip())
    entries = sorted(folder.iterdir())
    for path in entries:
        if path.suffix in (".py", ".js") and path != own:
            print(f"{indent + '  ' + path.name:<{WIDTH}}{first_line(path)}")
    for path in entries:
        if path.is_dir() and any((*path.rglob("*.py"), *path.rglob("*.js"))):
            show(path, indent + "  ")


if __name__ == "__main__":
    print(f"{'app.py':<{WIDTH}}{first_line(ROOT / 'app.py')}")
    for name in FOLDERS:
        show(ROOT / name)
