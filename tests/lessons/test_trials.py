"""What the trials say follows from the numbers: the textbook's answer where it holds, no other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given

from bnlab.by_hand.layer_example import FIRST_EXAMPLE, PRESETS, LayerExample, example_of
from bnlab.lessons.questions import reply
from bnlab.lessons.quiz.trials import TRIALS
from bnlab.spec.fields import SpecError
from tests.by_hand.torch_layer import by_torch, layer_examples

EXPECTED = {
    "scale": "Nothing",
    "two": "+1 and −1, whatever the numbers",
    "constant": "0",
    "back": "x: the layer does nothing",
    "bias": "0",
}


@pytest.mark.parametrize("name", TRIALS)
def test_on_the_first_example_each_trial_gives_what_the_theory_says(name: str) -> None:
    assert TRIALS[name].outcome(FIRST_EXAMPLE).answer == EXPECTED[name]
    assert EXPECTED[name] in TRIALS[name].question.answers


@given(layer_examples())
def test_scaling_and_shifting_the_batch_changes_nothing_but_for_epsilon(
    example: LayerExample,
) -> None:
    example = example.replace(eps=0)
    assume(np.array(example.weight).any())
    assert TRIALS["scale"].outcome(example).answer == "Nothing"


@given(layer_examples())
def test_gamma_s_and_beta_mu_give_x_back_in_torch_too(example: LayerExample) -> None:
    changed = TRIALS["back"].change(example)
    np.testing.assert_allclose(by_torch(changed)["y"], changed.x, atol=1e-10)
    assert TRIALS["back"].outcome(example).distances[EXPECTED["back"]] < 1e-10


@given(layer_examples())
def test_a_bias_before_batch_norm_has_no_gradient_in_torch_either(example: LayerExample) -> None:
    changed = TRIALS["bias"].change(example)
    gradient = by_torch(changed)["grad_x"]
    assert np.abs(gradient.sum(axis=0)).max() < 1e-9 * max(np.abs(gradient).max(), 1)
    assert TRIALS["bias"].outcome(example).answer == "0"


@given(layer_examples())
def test_every_trial_names_one_of_its_answers_or_none(example: LayerExample) -> None:
    for trial in TRIALS.values():
        outcome = trial.outcome(example)
        assert tuple(outcome.distances) == trial.question.answers
        assert outcome.answer in (*trial.question.answers, None)


def test_without_epsilon_a_constant_column_is_0_by_0() -> None:
    example = FIRST_EXAMPLE.replace(eps=0)
    assert TRIALS["constant"].outcome(example).answer == "Not a number: 0 divided by 0"


def test_two_equal_examples_are_no_plus_and_minus_one() -> None:
    assert TRIALS["two"].outcome(PRESETS["Constant column"]).answer is None


def test_epsilon_as_large_as_the_variance_makes_the_scale_matter() -> None:
    assert TRIALS["scale"].outcome(FIRST_EXAMPLE.replace(eps=10)).answer != "Nothing"


def test_a_change_beyond_the_limits_is_refused() -> None:
    with pytest.raises(SpecError, match="x must be"):
        TRIALS["scale"].outcome(example_of([[9e59], [1.0]]))


def test_the_reply_comes_back_to_the_prediction() -> None:
    truth = TRIALS["scale"].outcome(FIRST_EXAMPLE).answer
    assert reply("Nothing", truth) == "You said: **Nothing**. Measured: **Nothing**. As you said."
    wrong = reply("y is 10 higher", truth)
    assert wrong == "You said: **y is 10 higher**. Measured: **Nothing**. Not what you said."
    none = TRIALS["two"].outcome(PRESETS["Constant column"]).answer
    assert "None of the answers holds" in reply("0 and 0", none)
