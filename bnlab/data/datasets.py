"""Data sets, their split and the order of minibatches: everything drawn by numpy from a seed.

Every random quantity has its own stream, `np.random.default_rng([seed, STREAM])`, so that two
variants with the same seed get the same split, the same initial weights and the same minibatches,
on any device and in any fleet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bnlab.data.user_images import examples_of
from bnlab.spec.data import DATA_FACTS, DataSpec, facts_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SPLIT, LABELS, WEIGHTS, ORDER, DROPOUT, POINTS, PROBE, NOISE = range(8)


@dataclass(frozen=True)
class Data:
    """One data set, split, prepared and read-only."""

    x_train: Floats  # (n, F)
    y_train: Integers  # (n,)
    x_validation: Floats
    y_validation: Integers
    x_test: Floats
    y_test: Integers
    shift: Floats  # (F,): the original value is x * scale + shift
    scale: Floats  # (F,)


@lru_cache(maxsize=64)
def load(spec: DataSpec, seed: int) -> Data:
    """The examples of a data set, split and prepared as the spec says.

    The sizes of the parts are those of `spec.facts`; `train_size` keeps the first n of the
    training part. Only training examples get wrong labels.
    """
    facts = spec.facts
    x, y = _raw(spec, seed)
    order = np.random.default_rng([seed, SPLIT]).permutation(len(y))
    whole = facts_of(spec.name).train
    train = order[: facts.train]
    validation = order[whole : whole + facts.validation]
    test = order[whole + facts.validation :]
    if spec.standardized:
        shift, scale = x[train].mean(0), x[train].std(0)
        scale[scale == 0] = 1.0
    else:
        shift, scale = np.zeros(facts.features), np.ones(facts.features)
    x = (x - shift) / scale
    labels = _with_wrong_labels(y[train], spec.wrong_labels, facts.classes, seed)
    data = Data(x[train], labels, x[validation], y[validation], x[test], y[test], shift, scale)
    for array in vars(data).values():
        array.setflags(write=False)
    return data


def epochs(n: int, batch_size: int, seed: int) -> Iterator[Integers]:
    """Indices (E, B) of the minibatches of one epoch after another, endlessly.

    Each epoch is a new permutation of the n examples; its last short minibatch is dropped.
    """
    rng = np.random.default_rng([seed, ORDER])
    whole = n // batch_size
    while True:
        yield rng.permutation(n)[: whole * batch_size].reshape(whole, batch_size)


def minibatches(n: int, batch_size: int, seed: int) -> Iterator[Integers]:
    """Indices (B,) of one minibatch after another, endlessly: see `epochs`."""
    for epoch in epochs(n, batch_size, seed):
        yield from epoch


def probe_batch(n: int, size: int, seed: int) -> Integers:
    """Indices of the fixed probe batch in the training part: `size` examples, or all n."""
    return np.random.default_rng([seed, PROBE]).permutation(n)[:size]


def dropout_uniforms(shape: tuple[int, int, int], seed: int) -> Iterator[NDArray[np.float32]]:
    """Uniform numbers (depth, width, batch) for each step; an activation is kept where u >= p."""
    rng = np.random.default_rng([seed, DROPOUT])
    while True:
        yield rng.random(shape, dtype=np.float32)


def norm_uniforms(shape: tuple[int, int, int], seed: int, place: int, *, start: int) -> Floats:
    """Uniform numbers (steps, 2, features) of one norm, from step `start` on, counted from 0."""
    stream = np.random.PCG64(np.random.SeedSequence([seed, NOISE, place]))
    stream.advance(start * shape[1] * shape[2])
    return np.random.Generator(stream).random(shape)


def _with_wrong_labels(y: Integers, share: float, classes: int, seed: int) -> Integers:
    rng = np.random.default_rng([seed, LABELS])
    wrong = rng.permutation(len(y))[: round(share * len(y))]
    labels = y.astype(np.int64)
    labels[wrong] = (labels[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return labels


def _raw(spec: DataSpec, seed: int) -> tuple[Floats, Integers]:
    facts, whole = spec.facts, facts_of(spec.name)
    if not whole.is_drawn:
        return _collected(spec.name)
    n = whole.train + facts.validation + facts.test
    y = np.arange(n) % facts.classes
    rng = np.random.default_rng([seed, POINTS])
    x = POINT_SETS[spec.name](y, facts.classes, rng)
    return x + spec.noise * rng.standard_normal(x.shape), y


@lru_cache(maxsize=8)
def _collected(name: str) -> tuple[Floats, Integers]:
    if name not in DATA_FACTS:
        return examples_of(name)
    from sklearn import datasets  # slow to import, and not needed for points in the plane

    bunch = getattr(datasets, f"load_{name}")()
    x = bunch.data / 16 if name == "digits" else bunch.data
    return x.astype(np.float64), bunch.target.astype(np.int64)


# --- points in the plane: classes (n,) in, points (n, 2) out, roughly within -1.5 to 1.5 --------


def _spirals(y: Integers, classes: int, rng: np.random.Generator) -> Floats:
    radius = np.sqrt(rng.random(len(y)))  # roughly uniform along the arm
    angle = 2 * np.pi * (1.25 * radius + y / classes)
    return 1.4 * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)


def _moons(y: Integers, classes: int, rng: np.random.Generator) -> Floats:
    angle = np.pi * rng.random(len(y))
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], 1)
    return np.where(y[:, None] == 0, upper, -upper)


def _circles(y: Integers, classes: int, rng: np.random.Generator) -> Floats:
    angle = 2 * np.pi * rng.random(len(y))
    radius = np.where(y == 0, 1.2, 0.6)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)


def _xor(y: Integers, classes: int, rng: np.random.Generator) -> Floats:
    x = rng.uniform(-1.4, 1.4, (len(y), 2))
    x[:, 1] = np.abs(x[:, 1]) * np.sign(x[:, 0]) * np.where(y == 0, 1, -1)
    return x


def _gaussians(y: Integers, classes: int, rng: np.random.Generator) -> Floats:
    centres = np.array([[-0.7, -0.7], [0.7, 0.7]])
    return centres[y] + 0.3 * rng.standard_normal((len(y), 2))


POINT_SETS: dict[str, Callable[[Integers, int, np.random.Generator], Floats]] = {
    "spirals": _spirals,
    "moons": _moons,
    "circles": _circles,
    "xor": _xor,
    "gaussians": _gaussians,
}
