"""Random experiments and frames for property tests, drawn from the declarations of the specs."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from bnlab.results.frames import BINS, QUANTITIES, STATISTICS, Array, Frame, Histogram, LayerStats
from bnlab.spec.data import DATA_FACTS
from bnlab.spec.experiment import NOT_AN_AXIS, Experiment
from bnlab.spec.fields import Scalar, bounds_of, choices_of, field_at
from bnlab.spec.member import MemberSpec, parse

# Fields that any variant may change without asking what the others hold.
FREE = (
    "network.depth",
    "network.activation",
    "network.init",
    "network.gain",
    "network.skips",
    "network.dropout",
    "norm.eps",
    "norm.momentum",
    "norm.affine",
    "norm.renorm_from",
    "norm.r_max",
    "norm.d_max",
    "norm.noise_shift",
    "norm.noise_scale",
    "norm.frozen_from",
    "optimizer.lr",
    "optimizer.weight_decay",
    "evaluate_every",
)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 +()=.\-]{0,39}", fullmatch=True)


def values_of(path: str) -> st.SearchStrategy[Any]:
    """Every value that the field at a path may hold by itself."""
    bounds = bounds_of(path, MemberSpec)
    values: list[st.SearchStrategy[Any]] = [
        st.sampled_from(c) for c in [choices_of(path, MemberSpec)] if c
    ]
    if field_at(path, MemberSpec).annotation is bool:
        values.append(st.booleans())
    elif bounds is not None and bounds.is_whole:
        values.append(st.integers(int(bounds.low), int(bounds.high)))
    elif bounds is not None:
        number = st.floats(
            bounds.low,
            bounds.high,
            exclude_min=bounds.excludes_low,
            exclude_max=bounds.excludes_high,
        )
        values.append(number)
    return st.one_of(values)


@st.composite
def members(draw: st.DrawFn) -> MemberSpec:
    """A valid spec with every field drawn, and those fields that depend on others made to fit."""
    name = draw(values_of("data.name"))
    train_size = draw(st.just("all") | st.integers(2, DATA_FACTS[name].train))
    examples = DATA_FACTS[name].train if train_size == "all" else train_size
    groups, per_group = draw(st.integers(1, 16)), draw(st.integers(1, 16))
    batch_size = draw(st.integers(2, min(examples, 1024)))
    momentum = draw(values_of("optimizer.momentum"))
    free = ("data.noise", "data.standardized", "data.arms", "data.wrong_labels", *FREE)
    changes: dict[str, Scalar] = {path: draw(values_of(path)) for path in free}
    changes |= {
        "data.name": name,
        "data.train_size": train_size,
        "network.width": max(2, groups * per_group),
        "norm.groups": groups,
        "norm.ghost_size": batch_size if batch_size % 2 else draw(st.sampled_from((2, batch_size))),
        "norm.kind": draw(values_of("norm.kind")),
        "optimizer.kind": draw(values_of("optimizer.kind")),
        "optimizer.momentum": momentum,
        "optimizer.nesterov": draw(st.booleans()) and momentum > 0,
        "batch_size": batch_size,
        "seed": draw(st.integers(0, 2**31 - 1000)),
    }
    return MemberSpec().replace(changes)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """A valid experiment, mostly of several variants, sometimes with axes."""
    changes = st.lists(st.sampled_from(FREE), unique=True, max_size=3)
    variants = {
        name: {path: draw(values_of(path)) for path in draw(changes)}
        for name in draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    }
    axes = {
        path: draw(st.lists(values_of(path), min_size=2, max_size=3, unique=True))
        for path in draw(st.lists(st.sampled_from(FREE), unique=True, max_size=2))
        if path not in NOT_AN_AXIS
        if not any(path in changes for changes in variants.values())
    }
    seeds = draw(st.integers(1, 20))
    document = {
        "base": draw(members()),
        "variants": variants,
        "axes": axes,
        "seeds": seeds,
        "probe": {
            "size": draw(st.integers(2, 128)),
            "seed": draw(st.integers(0, seeds - 1)),
            "layer": draw(st.sampled_from(("none", 0))),
        },
        "target": draw(st.floats(0.0, 1.0, exclude_min=True)),
        "stop_at_target": draw(st.booleans()),
    }
    return parse(Experiment, document)


@st.composite
def fleets_of_frames(draw: st.DrawFn) -> tuple[list[Frame], list[list[int]], list[list[int]]]:
    """Frames of the fleets of one race at one step, and the members and watched of each fleet."""
    count = draw(st.integers(1, 5))
    order = draw(st.permutations(range(count)))
    cut = draw(st.integers(1, count))
    fleets = [list(order[:cut]), list(order[cut:])] if cut < count else [list(order)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    losses, evaluations = draw(st.integers(0, 4)), draw(st.integers(0, 2))
    quantities = [q for q in QUANTITIES if draw(st.booleans())]
    has_pictures = draw(st.booleans())
    frames = [
        random_frame(
            rng,
            sizes=(len(fleet), draw(st.integers(1, 4)), losses, evaluations),
            quantities=quantities,
            has_pictures=has_pictures,
        )
        for fleet in fleets
    ]
    return frames, fleets, fleets


def random_frame(
    rng: np.random.Generator,
    *,
    sizes: tuple[int, int, int, int],
    quantities: list[Any],
    has_pictures: bool,
) -> Frame:
    """A frame of random numbers; sizes are members, layers, losses and evaluations."""
    m, layers, losses, evaluations = sizes

    def floats(*shape: int) -> Array:
        return rng.standard_normal(shape).astype(np.float32)

    def counts(*shape: int) -> Array:
        return rng.integers(0, 128, shape).astype(np.uint16)

    def stats() -> LayerStats:
        return LayerStats(
            mean=floats(m, layers),
            std=floats(m, layers),
            percentiles=floats(m, layers, 3),
            histogram=Histogram(
                counts=counts(m, layers, BINS), under=counts(m, layers), over=counts(m, layers)
            ),
        )

    pictures: dict[str, Array] = {}
    if has_pictures:
        pictures = {
            "decision": counts(m, 4, 4).astype(np.uint8),
            "answers": counts(m, 12).astype(np.uint8),
            "confidence": floats(m, 12),
            "statistics": np.abs(floats(m, len(STATISTICS), 5)),
        }
    return Frame(
        step=int(rng.integers(0, 1000)),
        wall_s=float(rng.random()),
        status=rng.integers(0, 3, m).astype(np.uint8),
        step_ms=floats(m),
        loss_steps=np.arange(1, losses + 1, dtype=np.int32),
        train_loss=floats(m, losses),
        eval_steps=np.arange(evaluations, dtype=np.int32),
        validation_loss=floats(m, evaluations),
        validation_accuracy=floats(m, evaluations),
        exact_accuracy=floats(m, evaluations),
        gradient_norm=floats(m, layers + 1),
        update_ratio=floats(m, layers + 1),
        dead=floats(m, layers),
        saturated=floats(m, layers),
        mean_gap=floats(m, layers),
        var_gap=floats(m, layers),
        layers={quantity: stats() for quantity in quantities},
        **pictures,
    )
