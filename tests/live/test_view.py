"""What clients say is read strictly: one sentence for what is wrong, never an exception."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.lab.workers.protocol.commands import SetLearningRate, Watch
from bnlab.live.view import View, read_message
from bnlab.spec.fields import SpecError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
KEYS = st.sampled_from(["ack", "panels", "history", "statistics", "seek", "command", "?"])


@given(text=st.text() | JSON.map(json.dumps) | st.dictionaries(KEYS, JSON).map(json.dumps))
def test_any_text_is_a_message_or_refused_with_a_sentence(text: str) -> None:
    try:
        message = read_message(text)
        message.changed(View())
        message.parsed_command()
    except SpecError as error:
        assert "must be" in str(error)


def test_deeply_nested_json_is_refused() -> None:
    with pytest.raises(SpecError):
        read_message("[" * 4000)


def test_a_view_changes_by_what_is_said_and_nothing_else() -> None:
    view = View()
    view = read_message('{"panels": {"quantity": "gradient", "pictures": true}}').changed(view)
    view = read_message('{"history": {"quantity": "activation", "layer": 2}}').changed(view)
    view = read_message('{"seek": {"step": 7, "toward": 1}}').changed(view)
    assert view == View("gradient", True, ("activation", 2), 7, 1)
    assert read_message('{"ack": 3}').changed(view) == view
    assert read_message('{"statistics": {"unit": 3}}').changed(view) == replace(view, statistics=3)
    assert read_message('{"statistics": false}').changed(View(statistics=3)).statistics is None
    assert read_message('{"seek": {"step": null}}').changed(view).seek is None
    assert read_message('{"history": false}').changed(view).history is None


def test_what_is_on_screen_is_what_is_measured() -> None:
    view = View("gradient", True, ("activation", 2))
    assert view.watch == Watch(quantities=("activation", "gradient"), pictures=True)
    assert View().watch == Watch()


def test_a_command_is_read_and_watch_is_none_for_clients() -> None:
    message = read_message('{"command": {"kind": "set_lr", "lr": 0.5}}')
    assert message.parsed_command() == SetLearningRate(lr=0.5)
    with pytest.raises(SpecError, match="must be panels"):
        read_message('{"command": {"kind": "watch"}}').parsed_command()


def test_a_message_says_one_thing() -> None:
    with pytest.raises(SpecError, match="exactly one"):
        read_message('{"ack": 1, "restart": {}}')
    with pytest.raises(SpecError, match="exactly one"):
        read_message("{}")
