"""Your own images as a data set: checked, and kept in one file per name."""

from __future__ import annotations

import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnlab.spec.data import DATA_FACTS
from bnlab.spec.fields import refusal, shown
from bnlab.spec.user_images import NAME, NAME_WORDS, ImageFacts, path_of, read

MOST_EXAMPLES, MOST_VALUES = 100_000, 2**23
FEWEST_EXAMPLES = 12
MOST_CHANNELS, SIDES, MOST_CLASSES = 16, (4, 64), 100


def register_images(name: str, images: ArrayLike, labels: ArrayLike) -> str:
    """Make images a data set: its name can then be used in specs, here and in other processes.

    It is kept as a file in the folder `BNLAB_DATA` (or `.bnlab/data` in the home directory), where
    workers, the command line and servers on this machine find it from now on. Registering the
    same images again does nothing.

    Args:
        name: up to 40 lowercase letters, digits or _, starting with a letter.
        images: (N, H, W) or (N, C, H, W) numbers: at most 100,000 images, 2^23 values, sides of 4
            to 64 pixels. Bytes (uint8) are divided by 255, other numbers are taken as they are.
        labels: (N,) whole numbers: classes counted from 0, each at least once.

    Returns:
        the name.

    Raises:
        SpecError: what is wrong, and what is allowed.
    """
    _check_name(name)
    x, y = _checked_images(_array("images", images)), _array("labels", labels)
    _check_labels(y, len(x))
    path = path_of(name)
    if path.exists():
        there = read(path, "images", "labels")
        if not (np.array_equal(there[0], x) and np.array_equal(there[1], y)):
            raise refusal(
                "name",
                f"{name!r}, under which other images are registered",
                f"a new name (or delete {path} while no run uses it)",
            )
        return name
    examples, channels, height, width = x.shape
    facts = ImageFacts(examples, channels, height, width, classes=int(y.max()) + 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Atomically: other processes may look for the file at any moment.
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        np.savez_compressed(file, facts=np.array(facts), images=x, labels=y.astype(np.int64))
    Path(file.name).replace(path)
    return name


def bring(name: str, images: ArrayLike, labels: ArrayLike) -> str:
    """The former name of `register_images`."""
    warnings.warn("bnlab.bring is now bnlab.register_images.", DeprecationWarning, stacklevel=2)
    return register_images(name, images, labels)


def examples_of(name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Inputs (n, C*H*W), bytes as shares of 255, and classes (n,) of registered images."""
    images, labels = read(path_of(name), "images", "labels")
    x = images.reshape(len(images), -1).astype(np.float64)
    return x / 255 if images.dtype == np.uint8 else x, labels


def _check_name(name: object) -> None:
    if name in DATA_FACTS:
        raise refusal("name", f"{name!r}", "a name that is not one of the lab's own data sets")
    if not isinstance(name, str) or re.fullmatch(NAME, name) is None:
        raise refusal("name", shown(name), NAME_WORDS)


def _array(what: str, values: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError:
        raise refusal(what, "rows of unequal length", "an array of numbers") from None


def _checked_images(images: NDArray[Any]) -> NDArray[Any]:
    """Images (N, C, H, W) as float32, or as bytes if they were given so."""
    x = images
    if x.ndim == 3:
        x = x[:, None]
    if x.ndim != 4 or not 1 <= x.shape[1] <= MOST_CHANNELS:
        raise refusal(
            "images",
            f"the shape {images.shape}",
            f"(N, H, W) or (N, C, H, W) with 1 to {MOST_CHANNELS} channels C, the second axis",
        )
    if not all(SIDES[0] <= side <= SIDES[1] for side in x.shape[2:]):
        raise refusal(
            "images",
            f"{x.shape[2]} × {x.shape[3]} pixels",
            f"{SIDES[0]} to {SIDES[1]} pixels along each side",
        )
    if not FEWEST_EXAMPLES <= len(x) <= MOST_EXAMPLES or x.size > MOST_VALUES:
        raise refusal(
            "images",
            f"{len(x):,} with {x[0].size:,} values each",
            f"{FEWEST_EXAMPLES} to {MOST_EXAMPLES:,}, and {MOST_VALUES:,} values in total",
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
            f"2 to {MOST_CLASSES} classes, counted from 0 without gaps",
        )
