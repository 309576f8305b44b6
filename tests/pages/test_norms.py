"""The page "What is averaged": its link, its controls, and torch's numbers in what it sends."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from bnlab.by_hand.block import words
from bnlab.by_hand.block.numbers import average
from bnlab.by_hand.block.spec import Block, to_query
from bnlab.by_hand.norms import NORM_KINDS
from bnlab.by_hand.norms_in_use import NORMS_IN_USE, uses
from bnlab.fleet.inspect.torch_layers import digit_activations
from bnlab.lab.lab import close_lab, get_lab
from bnlab.lessons.quiz import questions
from bnlab.results.frames import unpack
from tests.by_hand.test_block import by_torch
from tests.pages.conftest import PATIENCE_S, open_page, sentences
from tests.pages.test_pages import labelled, url_of


def block_on(app: AppTest) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the component was sent: facts and arrays."""
    (component,) = [
        element for element in app.get("bidi_component") if "block" in element.proto.component_name
    ]
    return unpack(component.proto.bytes)


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown)


def test_the_url_always_holds_the_whole_block() -> None:
    app = open_page("norms.py")
    assert not app.exception
    assert url_of(app) == to_query(Block())
    labelled(app.get("button_group"), "Examples").set_value(8)
    app.run()
    assert url_of(app) == to_query(Block(examples=8))


def test_a_link_restores_the_block() -> None:
    block = Block(kind="group", examples=2, size=8, groups=3, seed=5, channel=6, position=64)
    app = open_page("norms.py", to_query(block))
    assert url_of(app) == to_query(block)
    facts, arrays = block_on(app)
    assert facts["arrived"] == {"kind": "group", "picked": [1, 5, 63]}
    assert arrays["x"].shape == (2, 6, 64)


def test_a_value_that_no_control_offers_still_has_its_place() -> None:
    app = open_page("norms.py", {"examples": "7", "shift": "-1.5"})
    assert "7" in labelled(app.get("button_group"), "Examples").options
    assert url_of(app)["shift"] == "-1.5"


@pytest.mark.parametrize(
    "query", [{"kind": "spectral"}, {"examples": "0"}, {"nonsense": "1"}, {"position": "17"}]
)
def test_a_bad_link_gives_a_sentence_and_the_first_block(query: dict[str, str]) -> None:
    app = open_page("norms.py", query)
    assert not app.exception
    assert "This link cannot be opened as it is." in sentences(app)
    assert url_of(app) == to_query(Block())


@pytest.mark.parametrize("size", [1, 4])
def test_every_number_that_is_sent_is_torchs(size: int) -> None:
    block = Block(shift=2.0).replace(size=size)
    _, arrays = block_on(open_page("norms.py", to_query(block)))
    drawn = digit_activations(examples=4, channels=6, size=size, seed=block.seed)["x"]
    x = drawn.reshape(4, 6, -1) + 2.0
    np.testing.assert_allclose(arrays["x"], x, rtol=1e-12)
    for kind, set_of in zip(NORM_KINDS, arrays["set_of"], strict=True):
        if average(x, block, kind).refusal:
            assert np.isnan(arrays[f"{kind}.x_hat"]).all()
            continue
        expected = by_torch(x, block, kind)
        np.testing.assert_allclose(arrays[f"{kind}.x_hat"], expected, rtol=1e-9, atol=1e-9)
        for number in range(set_of.max() + 1):
            values = torch.from_numpy(x[set_of == number])
            if kind == "rms":
                moments = torch.tensor(np.nan), (values**2).mean()
            else:
                moments = values.mean(), values.var(correction=0)
            sent = [arrays[f"{kind}.mean"][number], arrays[f"{kind}.variance"][number]]
            np.testing.assert_allclose(sent, moments, rtol=1e-9, atol=1e-12)


def test_one_value_a_mean_is_explained() -> None:
    app = open_page("norms.py", {"examples": "1", "size": "1", "example": "1", "position": "1"})
    assert [warning.value for warning in app.warning] == [
        "There is only one value to average. It is its own mean: subtract the mean and nothing "
        "is left of it. PyTorch stops with an error."
    ]
    assert not app.latex


def test_groups_that_no_longer_divide_the_channels_become_fewer() -> None:
    app = open_page("norms.py", {"kind": "group", "groups": "6"})
    labelled(app.get("button_group"), "Channels").set_value(4)
    app.run()
    assert not app.exception
    assert url_of(app)["groups"] == "4"
    assert labelled(app.get("button_group"), "Groups").options == ["1", "2", "4"]


def test_other_digits_are_other_numbers_at_the_same_place() -> None:
    app = open_page("norms.py")
    before = block_on(app)[1]["x"]
    labelled(app.button, "Other digits").click()
    app.run()
    assert url_of(app) == to_query(Block(seed=Block().seed + 1))
    assert not np.allclose(block_on(app)[1]["x"], before)


def test_the_table_of_uses_can_be_filtered() -> None:
    app = open_page("norms.py")
    assert all(use.model in said(app) for use in NORMS_IN_USE)
    labelled(app.get("button_group"), "Show").set_value("group")
    app.run()
    (table,) = [text.value for text in app.markdown if text.value.startswith("| Year")]
    assert table.count("\n") == 1 + len(uses("group"))


@pytest.mark.parametrize("question", questions("norms"), ids=lambda question: question.id)
def test_each_question_of_the_quiz_can_be_set_up(question: Any) -> None:
    app = open_page("norms.py", {"example": "3", "each_position": "true"})
    for _ in range([asked.id for asked in questions("norms")].index(question.id)):
        labelled(app.button, "Next").click()
        app.run()
    labelled(app.button, "Set it up").click()
    app.run()
    assert not app.exception
    wanted = {name: str(value) for name, value in question.set_up.items()}
    assert wanted.items() <= url_of(app).items()
    assert url_of(app)["each_position"] == "false"


def test_without_any_worker_the_page_says_so_and_offers_a_retry() -> None:
    workers = get_lab().workers
    deadline = time.monotonic() + PATIENCE_S
    while not workers.status().problem and time.monotonic() < deadline:
        for pid in workers.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    app = open_page("norms.py", {"seed": "77"})
    assert not app.exception
    assert "There are no activations to show yet." in sentences(app)
    assert words.COUNTS_HEAD[0] in said(app)  # what needs no activations is still there
    close_lab()  # the next page starts workers anew
    labelled(app.button, "Try again").click()
    app.run()
    assert "no activations" not in sentences(app)
    assert block_on(app)[1]["x"].shape == (4, 6, 16)
