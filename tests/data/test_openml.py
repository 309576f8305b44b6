"""MNIST from OpenML: what is made of it, and what is said without a network."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from bnlab.data.openml import MNIST_IMAGES, black_and_white, register_mnist
from bnlab.spec.fields import SpecError


def test_pixels_become_images_of_0_and_1() -> None:
    pixels = np.linspace(0, 255, MNIST_IMAGES + 5)[:, None].repeat(784, 1)
    labels = np.array([str(place % 10) for place in range(len(pixels))], dtype=object)
    images, classes = black_and_white(pixels, labels)
    assert images.shape == (MNIST_IMAGES, 28, 28)
    assert set(np.unique(images)) == {0.0, 1.0}
    np.testing.assert_array_equal(images[:, 0, 0], pixels[:MNIST_IMAGES, 0] > 127.5)
    assert classes.tolist() == [place % 10 for place in range(MNIST_IMAGES)]


def test_without_a_network_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("network is unreachable")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(SpecError, match=r"mnist: cannot be fetched .* runs on digits"):
        register_mnist("mnist")
