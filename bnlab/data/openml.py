"""MNIST, fetched once from OpenML and registered here as a data set."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bnlab.data.user_images import register_images
from bnlab.spec.fields import SpecError

MNIST_IMAGES: Final = 10_000  # of 70,000: as many as the lab keeps under one name
_SIDE: Final = 28


def register_mnist(name: str) -> None:
    """Make the first 10,000 images of MNIST, black and white, a data set of this name.

    scikit-learn fetches them from OpenML, and keeps what it has fetched.

    Raises:
        SpecError: they cannot be fetched now, or other images have that name.
    """
    from sklearn.datasets import fetch_openml  # heavy, and rarely needed

    try:
        found: Any = fetch_openml(
            "mnist_784", version=1, as_frame=False, parser="liac-arff", n_retries=0
        )
    except (OSError, ValueError) as error:
        raise SpecError(
            f"mnist: cannot be fetched from openml.org ({error}); this needs the network once. "
            "Without it the paper's experiment runs on digits."
        ) from None
    register_images(name, *black_and_white(found.data, found.target))


def black_and_white(
    pixels: NDArray[np.float64], labels: NDArray[Any]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Images (N, 28, 28) of 0 and 1 and classes (N,) from pixels (N, 784) in 0..255 and labels.

    Source: binary images as in Ioffe & Szegedy 2015 (1502.03167), section 4.1.
    """
    chosen = slice(0, MNIST_IMAGES)
    images = (pixels[chosen] > 127.5).astype(np.float32).reshape(-1, _SIDE, _SIDE)
    return images, labels[chosen].astype(np.int64)
