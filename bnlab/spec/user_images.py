"""What specs must know about your own images: names, sizes, and where each is kept.

`bnlab.data.user_images` registers them, one file per name, where every process of the lab finds
them. The folder is `BNLAB_DATA`, or else `.bnlab/data` in the home directory. Specs, links and
workers know a data set by its name only; what is kept under a name never changes, so that a run
means the same whenever it is repeated.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bnlab.spec.fields import SpecError
from bnlab.spec.settings import settings

NAME: Final = r"^[a-z][a-z0-9_]{0,39}$"
NAME_WORDS: Final = "up to 40 lowercase letters, digits or _, starting with a letter"

_known: dict[Path, ImageFacts] = {}


class ImageFacts(NamedTuple):
    """The sizes of a registered data set of images."""

    examples: int
    channels: int
    height: int
    width: int
    classes: int

    @property
    def image(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width


def facts_of(name: str) -> ImageFacts | None:
    """The sizes of what is registered under a name; None for nothing."""
    path = path_of(name)
    if path not in _known:
        if re.fullmatch(NAME, name) is None or not path.is_file():
            return None
        _known[path] = ImageFacts(*read(path, "facts")[0].tolist())
    return _known[path]


def names() -> tuple[str, ...]:
    """The names under which images are registered."""
    return tuple(sorted(path.stem for path in _folder().glob("*.npz") if facts_of(path.stem)))


def path_of(name: str) -> Path:
    """The file that images of this name are kept in."""
    return _folder() / f"{name}.npz"


def read(path: Path, *parts: str) -> list[NDArray[Any]]:
    """Some arrays of a file of images; raises SpecError if they cannot be read."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return [file[part] for part in parts]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise SpecError(f"data.name: {path.stem!r} cannot be read ({error}).") from None


def _folder() -> Path:
    return settings().data.expanduser()
