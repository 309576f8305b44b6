"""The page "One layer": its address, its buttons, and that no link breaks it."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from bnlab.by_hand.layer_example import FIRST_EXAMPLE, PRESETS, LayerExample, from_query, to_query
from bnlab.lessons.quiz.trials import TRIALS
from bnlab.spec.fields import SpecError
from pages.ui.one_layer.address import (
    FIRST_ADDRESS,
    INPUTS,
    OPERATIONS,
    LayerAddress,
    Picked,
    read,
    read_picked,
    refitted,
    result_of,
    sizes_of,
    step_of,
    write,
)
from tests.by_hand.torch_layer import by_torch, layer_examples
from tests.pages.conftest import open_page, sentences

NAMES = (*INPUTS, *(operation.name for operation in OPERATIONS))


def url_of(app: AppTest) -> dict[str, str]:
    return {key: v if isinstance(v, str) else v[0] for key, v in app.query_params.items()}


def example_of(app: AppTest) -> LayerExample:
    return from_query({k: v for k, v in url_of(app).items() if k not in ("step", "pick")})


def button(app: AppTest, start: str) -> Any:
    (found,) = [element for element in app.button if element.label.startswith(start)]
    return found


def facts(app: AppTest) -> dict[str, Any]:
    """What the page tells the tables."""
    for element in app.get("bidi_component"):
        said = json.loads(element.proto.json)
        if said.get("part") == "numbers":
            return dict(json.loads(said["facts"]))
    raise AssertionError("The page has no tables.")


# --- addresses ------------------------------------------------------------------------------------


@given(layer_examples(), st.integers(0, len(OPERATIONS)), st.sampled_from(NAMES), st.data())
def test_an_address_comes_back_from_its_link(
    example: LayerExample, step: int, name: str, data: st.DataObject
) -> None:
    index = tuple(data.draw(st.integers(0, n - 1)) for n in sizes_of(name, example))
    followed = (("run", "abc"), ("unit", "3"))
    address = LayerAddress(example, max(step, step_of(name)), Picked(name, index), followed)
    assert read(write(address)) == address


def test_an_empty_link_is_the_first_example() -> None:
    assert read({}) == FIRST_ADDRESS


def test_a_link_to_a_number_leads_to_the_step_that_gives_it() -> None:
    assert read({"step": "2", "pick": "y.0.0"}).step == step_of("y")
    assert read({"step": "9", "pick": "y.0.0"}).step == 9


def test_a_link_to_a_step_shows_what_it_gives() -> None:
    for step in range(len(OPERATIONS) + 1):
        assert read({"step": str(step)}).picked == result_of(step)


@pytest.mark.parametrize(
    "query",
    [{"step": "13"}, {"step": "-1"}, {"step": "²"}, {"step": "1e3"}, {"pick": "x.9.0"},
     {"pick": "x"}, {"pick": "mean.0.0"}, {"pick": "nonsense.1"}, {"pick": "eps.0"}, {"pick": ""},
     {"pick": "x.-1.0"}, {"pick": "x.0.0."}, {"weight": "1"}, {"nonsense": "1"}],
)  # fmt: skip
def test_a_bad_link_says_what_was_wrong(query: dict[str, str]) -> None:
    with pytest.raises(SpecError, match=r"must be .*got|is not a field"):
        read(query)


@given(layer_examples(), layer_examples(), st.sampled_from(NAMES))
def test_the_picked_number_stays_on_a_smaller_example(
    old: LayerExample, new: LayerExample, name: str
) -> None:
    last = Picked(name, tuple(n - 1 for n in sizes_of(name, old)))
    assert read_picked(refitted(last, new).text, new) == refitted(last, new)


# --- the page -------------------------------------------------------------------------------------


def test_the_url_holds_the_whole_state() -> None:
    app = open_page("one_layer.py")
    assert not app.exception
    assert url_of(app) == write(FIRST_ADDRESS)


def test_every_number_that_the_tables_get_is_torchs() -> None:
    app = open_page("one_layer.py", to_query(FIRST_EXAMPLE) | {"step": "12"})
    told, torch = facts(app)["values"], by_torch(FIRST_EXAMPLE)
    assert set(told) == {*torch, "eps"}
    for name, values in torch.items():
        np.testing.assert_allclose(told[name], values, rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_formula_is_that_of_the_picked_number() -> None:
    app = open_page("one_layer.py", {"step": "3", "pick": "variance.1"})
    said = "\n".join(element.value for element in app.markdown)
    assert "**Batch variance.**" in said
    assert r"\sigma^2_{2} = \frac{1}{4}((-0.3)^2 + 0.9^2 + 0.3^2 + (-0.9)^2) = 0.45" in said


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_one_click_away(name: str) -> None:
    app = open_page("one_layer.py")
    button(app, name).click()
    app.run()
    assert not app.exception
    assert example_of(app) == PRESETS[name]


def test_random_numbers_are_new_at_each_click_and_reset_leads_back() -> None:
    app = open_page("one_layer.py", {"x": "1_2~3_4~5_7", "step": "5"})
    seen = []
    for _ in range(3):
        button(app, "Random numbers").click()
        app.run()
        seen.append(example_of(app))
    assert len({example.x for example in seen}) == 3
    assert {(example.rows, example.columns) for example in seen} == {(3, 2)}
    button(app, "Reset").click()
    app.run()
    assert url_of(app) == write(FIRST_ADDRESS)


@pytest.mark.parametrize("name", TRIALS)
def test_a_prediction_makes_the_trial_and_is_answered(name: str) -> None:
    trial = TRIALS[name]
    app = open_page("one_layer.py")
    (choice,) = [group for group in app.get("button_group") if trial.title in group.options]
    choice.set_value(name)
    app.run()
    button(app, trial.question.answers[-1]).click()
    app.run()
    assert not app.exception
    assert example_of(app) == trial.change(FIRST_EXAMPLE)
    assert f"You said: **{trial.question.answers[-1]}**. Measured: **" in sentences(app)
    button(app, "Put the numbers back").click()
    app.run()
    assert example_of(app) == FIRST_EXAMPLE


def test_a_trial_beyond_the_limits_is_refused_and_nothing_changes() -> None:
    app = open_page("one_layer.py", {"x": "9e59~1"})
    button(app, "Nothing").click()
    app.run()
    assert not app.exception
    assert "nothing was changed. x must be" in sentences(app)
    assert example_of(app).x == ((9e59,), (1.0,))


def test_torch_is_asked_and_agrees() -> None:
    app = open_page("one_layer.py")
    button(app, "Check with torch").click()
    app.run()
    assert not app.exception
    (said,) = [element.value for element in app.success]
    assert "The largest of 30 differences is **" in said


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"x": "1e30~1e30~1e30"}, "torch loses all of them"),
        (
            {"x": "1~2", "eps": "0"},
            "Torch returns no numbers here. It says: batch_norm eps must be",
        ),
    ],
)
def test_what_torch_cannot_do_is_explained(link: dict[str, str], words: str) -> None:
    app = open_page("one_layer.py", link)
    button(app, "Check with torch").click()
    app.run()
    assert not app.exception
    assert words in "\n".join(element.value for element in app.warning)


def test_a_bad_link_says_what_was_wrong_on_a_page_that_works() -> None:
    app = open_page("one_layer.py", {"x": "1_2~3"})
    assert "(got 2 numbers" in sentences(app)
    assert example_of(app) == FIRST_EXAMPLE


def test_0_by_0_is_shown_and_explained() -> None:
    app = open_page("one_layer.py", {"x": "1~1", "eps": "0", "step": "5"})
    assert not app.exception
    assert facts(app)["values"]["x_hat"] == [["nan"], ["nan"]]
    assert any("0 was divided by 0" in element.value for element in app.caption)


@pytest.mark.parametrize("x", ["1e60~-1e60~3", "1e-60~2e-60~0", "1e60~1e60~1e60", "0~0"])
def test_numbers_at_the_limits_do_not_break_the_page(x: str) -> None:
    extreme = {
        "weight": "1e60",
        "bias": "-1e60",
        "eps": "1e-60",
        "grad_y": "~".join(["1e60"] * (x.count("~") + 1)),
    }
    app = open_page("one_layer.py", {"x": x, "step": "12", **extreme})
    assert not app.exception
    assert json.dumps(facts(app), allow_nan=False)


def mutated_links(count: int) -> list[dict[str, str]]:
    """Links with fields dropped, torn, or filled with nonsense; the same every time."""
    rng = random.Random(0)
    nonsense = ["", "0", "-1", "1e999", "nan", "ﬀ", "{}", "<script>", "a" * 500, "_", "~", "1_2~3"]
    links = []
    for _ in range(count):
        query = write(FIRST_ADDRESS)
        for _ in range(rng.randint(1, 3)):
            key = rng.choice(list(query))
            action = rng.randrange(3)
            if action == 0:
                query[key] = rng.choice(nonsense)
            elif action == 1:
                query[rng.choice(nonsense) + key] = query[key]
            else:
                query[key] = query[key][: rng.randrange(len(query[key]) + 1)]
        links.append(query)
    return links


@pytest.mark.parametrize("query", mutated_links(200))
def test_any_link_is_an_address_or_a_sentence(query: dict[str, str]) -> None:
    try:
        read(query)
    except SpecError as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize("query", mutated_links(200)[::10])
def test_no_link_breaks_the_page(query: dict[str, str]) -> None:
    assert not open_page("one_layer.py", query).exception
