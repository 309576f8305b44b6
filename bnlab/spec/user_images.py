"""Images that were brought as arrays: a file a name, where every process of the lab finds it.

The folder is `BNLAB_DATA`, or else `.bnlab/data` in the home directory. Specs, links and workers
know a data set by its name only; what lies under a name never changes, so that a run means the
same whenever it is repeated.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnlab.spec.fields import SpecError, refusal, shown

NAME: Final = r"^[a-z][a-z0-9_]{0,39}$"
NAME_WORDS: Final = "up to 40 small letters, digits or _, a letter first"
MOST_EXAMPLES, MOST_VALUES = 100_000, 2**23
FEWEST_EXAMPLES = 12
MOST_CHANNELS, SIDES, MOST_CLASSES = 16, (4, 64), 100

_known: dict[Path, Brought] = {}


class Brought(NamedTuple):
    """What is known of brought images."""

    examples: int
    channels: int
    height: int
    width: int
    classes: int

    @property
    def image(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width


def keep(name: str, images: ArrayLike, labels: ArrayLike) -> Brought:
    """Keep images under a name: see `bnlab.bring`."""
    if not isinstance(name, str) or re.fullmatch(NAME, name) is None:
        raise refusal("name", shown(name), NAME_WORDS)
    x, y = _checked_images(_array("images", images)), _array("labels", labels)
    _check_labels(y, len(x))
    examples, channels, height, width = x.shape
    facts = Brought(examples, channels, height, width, classes=int(y.max()) + 1)
    path = _path(name)
    if path.exists():
        there = _read(path, "images", "labels")
        if not (np.array_equal(there[0], x) and np.array_equal(there[1], y)):
            raise refusal(
                "name",
                f"{name!r}, under which other images were brought",
                f"a new name (or delete {path} while no run uses it)",
            )
        return facts
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: other processes may look for it at any moment.
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        np.savez_compressed(file, facts=np.array(facts), images=x, labels=y.astype(np.int64))
    Path(file.name).replace(path)
    return facts


def facts_of(name: str) -> Brought | None:
    """What was brought under a name; None for nothing."""
    path = _path(name)
    if path not in _known:
        if re.fullmatch(NAME, name) is None or not path.is_file():
            return None
        _known[path] = Brought(*_read(path, "facts")[0].tolist())
    return _known[path]


def examples_of(name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Inputs (n, C*H*W), bytes as shares of 255, and classes (n,) of what was brought."""
    images, labels = _read(_path(name), "images", "labels")
    x = images.reshape(len(images), -1).astype(np.float64)
    return x / 255 if images.dtype == np.uint8 else x, labels


def names() -> tuple[str, ...]:
    """Under which names there are images."""
    return tuple(sorted(path.stem for path in _folder().glob("*.npz") if facts_of(path.stem)))


def _folder() -> Path:
    return Path(os.environ.get("BNLAB_DATA") or Path.home() / ".bnlab" / "data")


def _path(name: str) -> Path:
    return _folder() / f"{name}.npz"


def _read(path: Path, *parts: str) -> list[NDArray[Any]]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return [file[part] for part in parts]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise SpecError(f"data.name: {path.stem!r} cannot be read ({error}).") from None


def _array(what: str, values: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError:  # rows of unequal length
        raise refusal(what, "no array", "an array of numbers") from None


def _checked_images(images: NDArray[Any]) -> NDArray[Any]:
    """Images (N, C, H, W) as float32, or as bytes where they came so."""
    x = images
    if x.ndim == 3:
        x = x[:, None]
    if x.ndim != 4 or not 1 <= x.shape[1] <= MOST_CHANNELS:
        raise refusal(
            "images",
            f"the shape {images.shape}",
            f"(N, H, W) or (N, C, H, W) with 1 to {MOST_CHANNELS} channels C, which come second",
        )
    if not all(SIDES[0] <= side <= SIDES[1] for side in x.shape[2:]):
        raise refusal(
            "images",
            f"{x.shape[2]} × {x.shape[3]} pixels",
            f"{SIDES[0]} to {SIDES[1]} along each side",
        )
    if not FEWEST_EXAMPLES <= len(x) <= MOST_EXAMPLES or x.size > MOST_VALUES:
        raise refusal(
            "images",
            f"{len(x):,} of {x[0].size:,} values each",
            f"{FEWEST_EXAMPLES} to {MOST_EXAMPLES:,}, and {MOST_VALUES:,} values in all",
        )
    if x.dtype.kind not in "buif":
        raise refusal("images", f"values of type {x.dtype}", "numbers")
    x = x if x.dtype == np.uint8 else x.astype(np.float32)
    if not np.isfinite(x).all():
        raise refusal("images", "a value that is not finite", "finite numbers")
    return x


def _check_labels(y: NDArray[Any], examples: int) -> None:
    if y.shape != (examples,):
        raise refusal("labels", f"the shape {y.shape}", f"({examples},), one for each image")
    if y.dtype.kind not in "ui":
        raise refusal("labels", f"values of type {y.dtype}", "whole numbers from 0")
    classes = np.unique(y)
    if not (2 <= len(classes) <= MOST_CLASSES and classes[0] == 0 and classes[-1] < len(classes)):
        raise refusal(
            "labels",
            f"{len(classes)} classes from {classes[0]} to {classes[-1]}",
            f"2 to {MOST_CLASSES} classes, counted from 0 without a gap",
        )
