"""Data sets: sizes, splits, preparation, and the streams of chance."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlab.data.datasets import dropout_uniforms, load, minibatches, probe_batch
from bnlab.spec.data import DATA_FACTS, DataSpec

NAMES = tuple(DATA_FACTS)


def spec(name: str, **options: object) -> DataSpec:
    return DataSpec.model_validate({"name": name, **options})


@pytest.mark.parametrize("name", NAMES)
def test_a_data_set_has_the_sizes_it_is_known_for(name: str) -> None:
    facts, data = DATA_FACTS[name], load(spec(name), 0)
    for part in ("train", "validation", "test"):
        assert getattr(data, f"x_{part}").shape == (getattr(facts, part), facts.features)
        assert getattr(data, f"y_{part}").shape == (getattr(facts, part),)
    assert set(data.y_train) == set(range(facts.classes))


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_share_no_example(name: str) -> None:
    data = load(spec(name), 3)
    rows = np.concatenate([data.x_train, data.x_validation, data.x_test])
    known = {"wine": 178, "breast_cancer": 569, "digits": 1797}.get(name, 1000)
    assert len(np.unique(rows, axis=0)) == known


@pytest.mark.parametrize("name", NAMES)
def test_standardized_inputs_have_mean_0_and_std_1_over_the_training_part(name: str) -> None:
    data = load(spec(name, train_size=50), 1)
    std = data.x_train.std(0)
    np.testing.assert_allclose(data.x_train.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(std[std > 0], 1)
    raw = load(spec(name, train_size=50, standardized=False), 1)
    np.testing.assert_allclose(data.x_test * data.scale + data.shift, raw.x_test, atol=1e-12)


def test_raw_digits_are_pixels_from_0_to_1() -> None:
    data = load(spec("digits", standardized=False), 0)
    assert data.x_train.min() == 0
    assert data.x_train.max() == 1


@pytest.mark.parametrize("name", [name for name in NAMES if DATA_FACTS[name].is_drawn])
def test_points_in_the_plane_lie_about_the_origin(name: str) -> None:
    data = load(spec(name, standardized=False, noise=0.0), 0)
    assert np.abs(data.x_train).max() < 2
    assert np.abs(data.x_train).max() > 1


def test_training_examples_are_the_first_of_the_training_part() -> None:
    few, all_ = (
        load(spec("wine", train_size=20, standardized=False), 5),
        load(spec("wine", standardized=False), 5),
    )
    np.testing.assert_array_equal(few.x_train, all_.x_train[:20])
    np.testing.assert_array_equal(few.x_test, all_.x_test)


@settings(max_examples=12)
@given(share=st.floats(0, 0.9), name=st.sampled_from(NAMES), seed=st.integers(0, 5))
def test_wrong_labels_are_wrong_and_only_in_training(share: float, name: str, seed: int) -> None:
    clean, noisy = load(spec(name), seed), load(spec(name, wrong_labels=share), seed)
    n = len(clean.y_train)
    assert (clean.y_train != noisy.y_train).sum() == round(share * n)
    assert set(noisy.y_train) <= set(clean.y_train)
    np.testing.assert_array_equal(clean.y_validation, noisy.y_validation)
    np.testing.assert_array_equal(clean.x_train, noisy.x_train)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_another_split_and_the_same_seed_the_same(name: str) -> None:
    load.cache_clear()
    first = load(spec(name), 0)
    load.cache_clear()
    np.testing.assert_array_equal(first.x_train, load(spec(name), 0).x_train)
    assert not np.array_equal(first.x_train, load(spec(name), 1).x_train)


def test_loaded_data_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load(spec("wine"), 0).x_train[0, 0] = 1


@settings(max_examples=20)
@given(n=st.integers(2, 50), seed=st.integers(0, 100), fraction=st.floats(0, 1))
def test_an_epoch_of_minibatches_shows_no_example_twice(n: int, seed: int, fraction: float) -> None:
    size = 1 + int(fraction * (n - 1))
    epochs = islice(minibatches(n, size, seed), 2 * (n // size))
    drawn = list(epochs)
    for epoch in (drawn[: n // size], drawn[n // size :]):
        seen = np.concatenate(epoch)
        assert len(seen) == len(set(seen.tolist())) == n // size * size
        assert all(len(batch) == size for batch in epoch)


def test_three_arms_make_three_classes() -> None:
    assert set(load(spec("spirals", arms=3), 0).y_test) == {0, 1, 2}


def test_streams_of_chance_do_not_disturb_each_other() -> None:
    order = list(islice(minibatches(20, 5, 7), 4))
    probe_batch(20, 10, 7)
    next(dropout_uniforms((2, 3, 4), 7))
    again = list(islice(minibatches(20, 5, 7), 4))
    np.testing.assert_array_equal(order, again)
    assert len(set(probe_batch(20, 10, 7))) == 10
