"""Frames travel as bytes and come back; the fleets of a race become one frame."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnlab.results.frames import QUANTITIES, Array, Frame, bin_range, merge_frames, pack, unpack
from tests.strategies import fleets_of_frames, random_frame

ARRAYS = st.dictionaries(
    st.text(max_size=12),
    st.sampled_from([np.float32, np.float64, np.uint8, np.uint16, np.int32, np.int64]).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
    ),
    max_size=4,
)
META = st.dictionaries(st.text(max_size=8), st.integers() | st.text() | st.booleans(), max_size=3)


def assert_same(left: Any, right: Any) -> None:
    """Equal frames, part by part; NaN equals NaN."""
    for field in fields(left):
        ours, theirs = getattr(left, field.name), getattr(right, field.name)
        if field.name == "layers":
            assert ours.keys() == theirs.keys()
            for quantity in ours:
                assert_same(ours[quantity], theirs[quantity])
        elif field.name == "histogram":
            assert_same(ours, theirs)
        else:
            np.testing.assert_array_equal(ours, theirs)


@given(META, ARRAYS)
def test_a_message_comes_back_as_it_was_packed(
    meta: dict[str, Any], arrays: dict[str, Array]
) -> None:
    got_meta, got = unpack(pack(meta, arrays))
    assert got_meta == meta
    assert list(got) == list(arrays)
    for name, array in arrays.items():
        assert got[name].dtype == array.dtype
        np.testing.assert_array_equal(got[name], array)


@given(ARRAYS)
def test_every_array_of_a_message_begins_at_a_multiple_of_eight(arrays: dict[str, Array]) -> None:
    message = pack({}, arrays)
    _, got = unpack(message)
    first = np.frombuffer(message, dtype=np.uint8).__array_interface__["data"][0]
    for array in got.values():
        assert (array.__array_interface__["data"][0] - first) % 8 == 0 or array.size == 0
    assert len(message) % 8 == 0


@given(META, ARRAYS, st.data())
def test_a_cut_message_is_refused(
    meta: dict[str, Any], arrays: dict[str, Array], data: st.DataObject
) -> None:
    message = pack(meta, arrays)
    kept = data.draw(st.integers(0, len(message) - 8))  # the last 7 bytes may be padding
    with pytest.raises(ValueError, match="message"):
        unpack(message[:kept])


@given(fleets_of_frames(), st.data())
def test_a_damaged_frame_is_a_frame_or_a_value_error(fleets: Any, data: st.DataObject) -> None:
    damaged = bytearray(fleets[0][0].to_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(Frame.from_bytes(bytes(damaged)), Frame)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"BNL1",
        b"GIF89a",
        pack({}, {}),
        pack({"step": 1, "wall_s": 0.0}, {}),
        pack({"step": 1, "wall_s": 0.0}, {"gradient/mean": np.zeros(1)}),
        pack({"step": 1, "wall_s": 0.0}, {"nonsense": np.zeros(1)}),
        b"BNL1\x02\x00\x00\x00{}",
        b"BNL1\x02\x00\x00\x00[]",
        b"BNL1\x10\x00\x00\x00" + b'{"arrays":[[1]]}',
        b"BNL1" + (40_000).to_bytes(4, "little") + b"[" * 40_000,
    ],
)
def test_what_is_not_a_frame_is_refused_with_a_value_error(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"message|frame"):
        Frame.from_bytes(message)


@given(fleets_of_frames())
def test_a_frame_comes_back_from_its_bytes(fleets: Any) -> None:
    for frame in fleets[0]:
        assert_same(Frame.from_bytes(frame.to_bytes()), frame)


@given(fleets_of_frames())
def test_each_member_keeps_its_numbers_when_fleets_are_merged(fleets: Any) -> None:
    frames, members, watched = fleets
    merged = merge_frames(frames, members=members, watched=watched)
    for frame, order in zip(frames, members, strict=True):
        layers = frame.dead.shape[1]
        for position, index in enumerate(order):
            np.testing.assert_array_equal(merged.train_loss[index], frame.train_loss[position])
            np.testing.assert_array_equal(merged.dead[index, :layers], frame.dead[position])
            assert np.isnan(merged.dead[index, layers:]).all()
            for quantity, stats in frame.layers.items():
                ours, theirs = merged.layers[quantity].histogram.counts, stats.histogram.counts
                np.testing.assert_array_equal(ours[index, :layers], theirs[position])
                assert not ours[index, layers:].any()


@given(fleets_of_frames())
def test_the_order_of_the_fleets_does_not_matter(fleets: Any) -> None:
    frames, members, watched = fleets
    frames = [replace(frame, step=frames[0].step) for frame in frames]
    forward = merge_frames(frames, members=members, watched=watched)
    backward = merge_frames(frames[::-1], members=members[::-1], watched=watched[::-1])
    assert_same(forward, backward)


def test_a_picture_that_one_fleet_lacks_is_left_out() -> None:
    rng = np.random.default_rng(0)
    whole, without = (
        random_frame(rng, sizes=(1, 2, 0, 0), quantities=[], has_pictures=has)
        for has in (True, False)
    )
    merged = merge_frames([whole, without], members=[[0], [1]], watched=[[0], [1]])
    assert merged.decision is None
    assert merged.answers is None


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_quantity_has_a_range_to_be_binned_in(quantity: Any) -> None:
    for activation in ("relu", "leaky_relu", "gelu", "tanh", "sigmoid", "identity"):
        low, high = bin_range(quantity, activation)
        assert low < high


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_does_not_have_is_not_packed_into_the_header(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack({"figures": [{"y": [1.0, value]}]}, {})
