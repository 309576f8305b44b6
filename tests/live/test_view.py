"""What clients say is read strictly: one sentence for what is wrong, never an exception."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.lab.workers.protocol.commands import SetLearningRate, Watch
from bnlab.live.messages import read_message
from bnlab.live.view import Message, View
from bnlab.spec.fields import SpecError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
KEYS = st.sampled_from(["ack", "panels", "history", "statistics", "seek", "command", "?"])


def read(text: str) -> Message:
    return read_message(Message, text)


@given(text=st.text() | JSON.map(json.dumps) | st.dictionaries(KEYS, JSON).map(json.dumps))
def test_any_text_is_a_message_or_refused_with_a_sentence(text: str) -> None:
    try:
        message = read(text)
        message.changed(View())
        message.parsed_command()
    except SpecError as error:
        assert str(error).endswith(".")


def test_deeply_nested_json_is_refused() -> None:
    with pytest.raises(SpecError):
        read("[" * 4000)


def test_a_view_changes_by_what_is_said_and_nothing_else() -> None:
    view = View()
    view = read('{"panels": {"quantity": "gradient", "pictures": true}}').changed(view)
    view = read('{"history": {"quantity": "activation", "layer": 2}}').changed(view)
    view = read('{"seek": {"step": 7, "toward": 1}}').changed(view)
    assert view == View("gradient", True, ("activation", 2), 7, 1)
    assert read('{"ack": 3}').changed(view) == view
    assert read('{"statistics": {"unit": 3}}').changed(view) == replace(view, statistics=3)
    assert read('{"statistics": false}').changed(View(statistics=3)).statistics is None
    assert read('{"seek": {"step": null}}').changed(view).seek is None
    assert read('{"history": false}').changed(view).history is None


def test_what_is_on_screen_is_what_is_measured() -> None:
    view = View("gradient", True, ("activation", 2))
    assert view.watch == Watch(quantities=("activation", "gradient"), pictures=True)
    assert View().watch == Watch()


def test_a_command_is_read_and_watch_is_none_for_clients() -> None:
    message = read('{"command": {"kind": "set_lr", "lr": 0.5}}')
    assert message.parsed_command() == SetLearningRate(lr=0.5)
    with pytest.raises(SpecError, match="must be panels"):
        read('{"command": {"kind": "watch"}}').parsed_command()


def test_a_message_says_one_thing() -> None:
    with pytest.raises(SpecError, match="exactly one"):
        read('{"ack": 1, "restart": {}}')
    with pytest.raises(SpecError, match="exactly one"):
        read("{}")
