"""Each sentence appears exactly when its condition in the numbers holds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnlab.lessons.commentary import MOST_SENTENCES, comment, remarks
from bnlab.lessons.presets.preset import Raced, answer
from bnlab.lessons.questions import Question
from bnlab.results.curves import Condition, Curves
from bnlab.results.frames import BINS, DIVERGED, Array, Frame, Histogram, LayerStats
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse
from tests.strategies import experiments, random_frame

LAYERS, STEPS = 6, 600
CHANCE = math.log(10)
EVALUATIONS = np.arange(0, STEPS + 1, 20)

RACE = Experiment()  # none and batch, six layers of ReLU, digits, 600 steps


def race(**changes: Any) -> Experiment:
    """The race with some fields of its base changed, `__` standing for the dot."""
    base = RACE.base.replace({path.replace("__", "."): value for path, value in changes.items()})
    return parse(Experiment, RACE.model_dump() | {"base": base.model_dump()})


def healthy_frame(members: int = 2, **changes: Any) -> Frame:
    """A frame at the last step in which nothing is the matter with anybody."""

    def ones(*shape: int) -> Array:
        return np.ones(shape, np.float32)

    no_counts = Histogram(
        *(np.zeros(s, np.uint16) for s in [(2, LAYERS, BINS), *2 * [(2, LAYERS)]])
    )
    stats = LayerStats(
        mean=0 * ones(members, LAYERS),
        std=ones(members, LAYERS),
        percentiles=ones(2, LAYERS, 3),
        histogram=no_counts,
    )
    frame = Frame(
        step=STEPS,
        wall_s=1.0,
        status=np.zeros(members, np.uint8),
        step_ms=ones(members),
        loss_steps=np.zeros(0, np.int32),
        train_loss=ones(members, 0),
        eval_steps=np.zeros(0, np.int32),
        validation_loss=ones(members, 0),
        validation_accuracy=ones(members, 0),
        exact_accuracy=ones(members, 0),
        gradient_norm=ones(members, LAYERS + 1),
        update_ratio=1e-3 * ones(members, LAYERS + 1),
        dead=0 * ones(members, LAYERS),
        saturated=0 * ones(members, LAYERS),
        mean_gap=0 * ones(members, LAYERS),
        var_gap=0 * ones(members, LAYERS),
        layers={"pre_activation": stats},
    )
    return replace(frame, **changes)


def curves_of(*accuracies: float, loss: float = 0.5, **changes: Array) -> Curves:
    """Curves of as many members, each at one accuracy at every evaluation."""
    accuracy = np.repeat(np.array(accuracies, np.float32)[:, None], len(EVALUATIONS), axis=1)
    curves = Curves(
        loss_steps=np.arange(1, STEPS + 1),
        train_loss=np.full((len(accuracies), STEPS), loss, np.float32),
        eval_steps=EVALUATIONS,
        validation_loss=accuracy,
        validation_accuracy=accuracy,
        exact_accuracy=accuracy,
    )
    return replace(curves, **changes)


def said(
    kind: str,
    frame: Frame | None = None,
    curves: Curves | None = None,
    experiment: Experiment = RACE,
) -> list[str]:
    """What is said of this kind; by default of networks with which nothing is the matter."""
    found = remarks(experiment, frame or healthy_frame(), curves or curves_of(0.8, 0.8))
    return [sentence.text for sentence in found if sentence.kind == kind]


def first_row(row: list[float], *, of: int = 2) -> Array:
    """An array (M, …) of ones whose first member, `none`, has this row."""
    values = np.ones((of, len(row)), np.float32)
    values[0] = row
    return values


def test_of_healthy_networks_that_do_alike_only_that_is_said() -> None:
    (sentence,) = comment(RACE, healthy_frame(), curves_of(0.8, 0.8))
    assert (sentence.variant, sentence.kind) == (None, "alike")
    assert "No surprise" in sentence.text
    assert "changes by a factor of 1 over" in sentence.text


def test_divergence_is_named_with_its_step() -> None:
    status = np.array([DIVERGED, 0], np.uint8)
    losses = np.ones((2, STEPS), np.float32)
    losses[0, 11:] = np.nan
    texts = said("diverged", healthy_frame(status=status), curves_of(0.0, 0.8, train_loss=losses))
    assert [text[:30] for text in texts] == ["no norm: diverged at step 12. "]
    assert said("diverged") == []


def test_of_several_seeds_it_is_counted_how_many_diverged() -> None:
    experiment = parse(Experiment, RACE.model_dump() | {"seeds": 3})
    status = np.array([DIVERGED, 0, DIVERGED, 0, 0, 0], np.uint8)
    frame = healthy_frame(6, status=status)
    texts = said("diverged", frame, curves_of(*6 * [0.8]), experiment)
    assert texts == ["no norm: 2 of 3 networks diverged."]


def test_nothing_else_is_said_of_a_variant_that_diverged() -> None:
    frame = healthy_frame(
        status=np.array([DIVERGED, 0], np.uint8),
        gradient_norm=np.full((2, LAYERS + 1), np.nan, np.float32),
        dead=np.ones((2, LAYERS), np.float32),
    )
    found = remarks(RACE, frame, curves_of(0.0, 0.8, loss=CHANCE))
    assert [s.kind for s in found if s.variant == "none"] == ["diverged"]
    assert "lead" not in [s.kind for s in found]


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        ([1, 1, 1, 1, 1, 99, 1], None, ""),
        ([1, 1, 1, 1, 1, 300, 1], "vanishing", "shrinks by a factor of 300 "),
        ([1, 0, 1, 1, 1, 1, 1], "vanishing", "none of it arrives"),
        ([1, 99, 1, 1, 1, 1, 1], None, ""),
        ([1, 25_000, 1, 1, 1, 1, 1], "exploding", "grows by a factor of 25,000 "),
        ([1, 1e9, 1, 1, 1, 1, 1], "exploding", "10^9"),
        ([1e9, 1, 1, 1, 1, 1, 1e9], None, ""),  # the first layer's has the scale of the inputs
        ([1, 0, 0, 0, 0, 0, 0], None, ""),
        ([1, math.nan, 1, 1, 1, 1, 1], None, ""),
        ([1, 1, 1, 1, 1, math.inf, 1], None, ""),
    ],
)
def test_a_steep_gradient_is_named_with_its_factor(
    row: list[float], kind: str | None, words: str
) -> None:
    frame = healthy_frame(gradient_norm=first_row(row))
    for each in ("vanishing", "exploding"):
        texts = said(each, frame)
        assert len(texts) == (each == kind)
        assert all(words in text and text.startswith("no norm: ") for text in texts)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([1, 1, 1, 1, 1, 0.02], None),
        ([1, 1, 1, 1, 1, 0.005], "factor of 200 "),
        ([0.1, 1, 1, 1, 1, 0.005], None),
        ([1e4, 1, 1, 1, 1, 1], None),  # large inputs are no fading signal
        ([1, 1, 1, 1, 1, 0], "none of the signal reaches layer 6"),
    ],
)
def test_a_signal_that_fades_is_named(row: list[float], words: str | None) -> None:
    stats = replace(healthy_frame().layers["pre_activation"], std=first_row(row))
    texts = said("fading", healthy_frame(layers={"pre_activation": stats}))
    assert len(texts) == (words is not None)
    assert all(words in text for text in texts if words)
    assert said("fading", healthy_frame(layers={})) == []


@pytest.mark.parametrize("share", [0.4, 0.62])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_saturation_is_named_for_activations_with_flat_ends(activation: str, share: float) -> None:
    frame = healthy_frame(saturated=first_row([0, 0, share, 0, 0, 0]) * [[1], [0]])
    texts = said("saturated", frame, experiment=race(network__activation=activation))
    assert len(texts) == (share > 0.5 and activation != "relu")
    assert all("62 % of the activations of layer 3" in text for text in texts)


def test_dead_units_are_named_where_they_are_the_half_of_a_layer() -> None:
    dead = np.zeros((2, LAYERS), np.float32)
    dead[1, 4] = 0.75
    assert said("dead", healthy_frame(dead=dead))[0].startswith(
        "batch norm: 75 % of the units of layer 5"
    )
    assert said("dead", healthy_frame(dead=dead * 0.6)) == []


@pytest.mark.parametrize(
    ("name", "chance", "is_there"),
    [("digits", 2.30, True), ("digits", 2.2, False), ("wine", 1.10, True), ("wine", 2.3, False)],
)
def test_a_loss_that_stays_at_guessing_is_named(name: str, chance: float, is_there: bool) -> None:
    texts = said("plateau", None, curves_of(0.8, 0.8, loss=chance), race(data__name=name))
    assert len(texts) == 2 * is_there
    assert all(f"{chance:.2f}, the logarithm of" in text for text in texts)


def test_a_loss_that_passes_the_level_of_guessing_is_no_plateau() -> None:
    falling = np.tile(np.linspace(2 * CHANCE, 0, STEPS, dtype=np.float32), (2, 1))
    for step in range(0, STEPS + 1, 10):
        frame = healthy_frame(step=step)
        assert said("plateau", frame, curves_of(0.8, 0.8, train_loss=falling)) == []


def test_running_averages_that_lag_are_named() -> None:
    exact = curves_of(0.8, 0.95).exact_accuracy
    (text,) = said("lag", None, curves_of(0.8, 0.41, exact_accuracy=exact))
    assert "With them 41 % of unseen examples are right, with exact statistics 95 %" in text
    assert said("lag", None, curves_of(0.8, 0.9, exact_accuracy=exact)) == []


@pytest.mark.parametrize(("batch_size", "count"), [(2, 1), (3, 0)])
def test_batch_norm_over_two_examples_is_named(batch_size: int, count: int) -> None:
    texts = said("pairs", experiment=race(batch_size=batch_size))
    assert len(texts) == count
    assert all("+1 or −1" in text and text.startswith("batch norm: ") for text in texts)


@pytest.mark.parametrize(("ghost_size", "count"), [(2, 1), (4, 0)])
def test_so_are_ghost_batches_of_two(ghost_size: int, count: int) -> None:
    ghosts = {"none": {}, "ghost": {"norm.kind": "batch_ghost", "norm.ghost_size": ghost_size}}
    experiment = parse(Experiment, race(batch_size=8).model_dump() | {"variants": ghosts})
    texts = said("pairs", experiment=experiment)
    assert len(texts) == count
    assert all(text.startswith("ghost batch norm: of two numbers") for text in texts)


def test_a_lead_is_named_from_five_points_on() -> None:
    assert said("lead", None, curves_of(0.61, 0.95)) == [
        "batch norm leads no norm: 95 % of unseen examples right, against 61 %."
    ]
    assert said("lead", None, curves_of(0.92, 0.95)) == []


def test_the_target_is_named_when_it_was_reached_and_who_was_much_sooner() -> None:
    accuracy = np.full((2, len(EVALUATIONS)), 0.95, np.float32)
    accuracy[0, :10] = accuracy[1, :4] = 0.3
    curves = curves_of(0, 0, validation_accuracy=accuracy, exact_accuracy=accuracy)
    assert said("reached", None, curves) == [
        "no norm: reached 90 % at step 200.",
        "batch norm: reached 90 % at step 80.",
    ]
    assert said("sooner", None, curves) == [
        "batch norm reached 90 % at step 80, no norm only at step 200."
    ]
    assert said("alike", None, curves) == []
    earlier = healthy_frame(step=199)
    assert said("reached", earlier, curves) == ["batch norm: reached 90 % at step 80."]
    assert said("sooner", earlier, curves) == []


@pytest.mark.parametrize(
    ("step", "accuracies", "loss", "is_alike"),
    [
        (STEPS, (0.80, 0.81), 0.5, True),
        (STEPS // 2 - 1, (0.80, 0.81), 0.5, False),  # too early to say
        (STEPS, (0.80, 0.83), 0.5, False),
        (STEPS, (0.10, 0.11), CHANCE, False),  # both guess
    ],
)
def test_no_difference_is_said_late_of_networks_that_learned(
    step: int, accuracies: tuple[float, float], loss: float, is_alike: bool
) -> None:
    texts = said("alike", healthy_frame(step=step), curves_of(*accuracies, loss=loss))
    assert len(texts) == is_alike


def test_a_gradient_that_is_not_gentle_leaves_out_why_there_is_no_difference() -> None:
    frame = healthy_frame(gradient_norm=first_row([1, 1, 1, 1, 1, 20, 1]))
    assert said("alike", frame) == ["No difference that matters."]


def test_at_most_three_sentences_are_said_and_each_trouble_is_named_once_first() -> None:
    frame = healthy_frame(dead=np.ones((2, LAYERS), np.float32))
    sentences = comment(RACE, frame, curves_of(0.1, 0.3, loss=CHANCE))
    assert [(s.variant, s.kind) for s in sentences] == [
        ("none", "plateau"),
        ("none", "dead"),
        (None, "lead"),
    ]


def test_what_is_said_at_a_step_knows_nothing_of_later_steps() -> None:
    accuracy = np.full((2, len(EVALUATIONS)), 0.2, np.float32)
    accuracy[1, 20:] = 0.95
    curves = curves_of(0, 0, validation_accuracy=accuracy, exact_accuracy=accuracy)
    assert said("lead", healthy_frame(step=300), curves) == []
    assert len(said("lead", healthy_frame(step=400), curves)) == 1


def test_the_outcome_is_the_first_answer_that_holds() -> None:
    is_ahead = Condition("batch", "final_accuracy", above=0.1, minus="none")
    question = Question(text="Who?", choices=(answer("batch", is_ahead), answer("nobody")))
    assert question.true_answer(Raced(RACE, curves_of(0.5, 0.9))) == "batch"
    assert question.true_answer(Raced(RACE, curves_of(0.5, 0.5))) == "nobody"


def test_a_question_about_a_variant_that_is_gone_has_no_outcome() -> None:
    is_ahead = Condition("layer", "final_accuracy", above=0.1, minus="none")
    question = Question(text="Who?", choices=(answer("layer", is_ahead), answer("nobody")))
    assert question.true_answer(Raced(RACE, curves_of(0.5, 0.9))) is None


BAD = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e38, -1e38])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(experiments(), st.integers(0, 2**32 - 1), st.integers(0, 80), st.integers(0, 3), BAD)
def test_commentary_never_raises_whatever_the_numbers(
    experiment: Experiment, seed: int, losses: int, evaluations: int, bad: float
) -> None:
    members = len(experiment.members())
    if members > 300:
        return
    layers = max(spec.network.depth for spec in experiment.specs().values())
    rng = np.random.default_rng(seed)
    sizes = (members, layers, losses, evaluations)
    frame = random_frame(rng, sizes=sizes, quantities=["pre_activation"], has_pictures=False)
    for array in [
        *(value for value in vars(frame).values() if isinstance(value, np.ndarray)),
        frame.layers["pre_activation"].std,
    ]:
        if array.dtype.kind == "f":
            array[rng.random(array.shape) < rng.random()] = bad
    sentences = comment(experiment, frame, Curves.from_arrays(vars(frame)))
    assert len(sentences) <= MOST_SENTENCES
    assert all(s.text.endswith((".", ")")) for s in sentences)
    assert {s.variant for s in sentences} <= {None, *experiment.variants}
