"""The address of the race page: links restore everything, bad links give one sentence."""

from __future__ import annotations

import random

import pytest
from hypothesis import given

from bnlab.lessons.presets import PRESETS
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from pages.ui.race.address import FIRST_PRESET, preset_address, read, write
from pages.ui.shared.address import Address
from tests.strategies import experiments


@given(experiments())
def test_a_written_address_reads_back_as_itself(experiment: Experiment) -> None:
    address = Address(experiment, pace=20.0, hidden=frozenset({"data"}), run="abc")
    assert read(write(address)) == address


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_link_restores_the_preset_and_its_question(name: str) -> None:
    assert read({"preset": name}) == preset_address(name)
    assert read(write(preset_address(name))) == preset_address(name)


def test_an_empty_address_is_the_first_preset() -> None:
    assert read({}) == preset_address(FIRST_PRESET)


def test_a_preset_with_another_seed_is_that_preset_from_another_start() -> None:
    experiment = read({"preset": FIRST_PRESET, "seed": "3"}).experiment
    base = PRESETS[FIRST_PRESET].experiment.base
    assert experiment.base == base.replace({"seed": 3})
    assert read({"preset": FIRST_PRESET, "variant.rms": "norm.kind:rms"}).experiment.variants == {
        "rms": {"norm.kind": "rms"}
    }


def test_turning_a_dial_takes_the_preset_out_of_the_link() -> None:
    query = write(preset_address(FIRST_PRESET)) | {"network.depth": "9"}
    assert read(query).preset is None
    assert read(query).experiment.base.network.depth == 9


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"preset": "nope"}, "preset must be one of"),
        ({"pace": "fast"}, "pace must be "),
        ({"pace": "-3"}, "pace"),
        ({"pace": "nan"}, "pace"),
        ({"hide": "everything"}, "hide must be one of"),
        ({"network.depth": "99"}, "network.depth must be a whole number from 1 to 64"),
        ({"v": "9"}, "(got '9'"),
        ({"nonsense": "1"}, "nonsense is not a field"),
    ],
)
def test_a_bad_link_says_what_was_wrong(query: dict[str, str], words: str) -> None:
    with pytest.raises(SpecError, match=words.replace("(", r"\(")):
        read(query)


def mutated_links(count: int) -> list[dict[str, str]]:
    """Links with fields dropped, swapped, torn, or filled with nonsense; the same every time."""
    rng = random.Random(0)
    nonsense = ["", "0", "-1", "1e999", "nan", "ﬀ", "{}", "<script>", "a" * 500, "null", "1,2", ":"]
    links = []
    for _ in range(count):
        query = write(preset_address(rng.choice(list(PRESETS))))
        for _ in range(rng.randint(1, 4)):
            key = rng.choice(list(query))
            action = rng.randrange(4)
            if action == 0:
                query.pop(key)
            elif action == 1:
                query[key] = rng.choice(nonsense)
            elif action == 2:
                query[rng.choice(nonsense) + key[rng.randrange(len(key)) :]] = query[key]
            else:
                query[key] = query[key][: rng.randrange(len(query[key]) + 1)]
        links.append(query)
    return links


@pytest.mark.parametrize("query", mutated_links(200))
def test_any_link_is_an_address_or_a_sentence(query: dict[str, str]) -> None:
    try:
        read(query)
    except SpecError as error:
        assert str(error).strip().endswith((".", ")"))
