"""A race keeps all its fleets at the same step, changes of the learning rate included."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.fleet.device import choose_device
from bnlab.lab.workers.inside.race import Race, have_all_reached_target
from bnlab.lab.workers.protocol.queries import Evaluate, Unit
from bnlab.results.frames import QUANTITIES, Array, Frame
from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Change, Intervention
from tests.lab.workers.builders import tiny_race

CPU = choose_device("cpu")


def losses(race: Race, *, steps: int) -> Array:
    for _ in range(steps):
        race.advance()
    return race.look((), pictures=False).train_loss


def test_every_variant_is_at_the_same_step_in_one_frame() -> None:
    race = Race(tiny_race(), device=CPU)
    for _ in range(3):
        race.advance()
    frame = race.look(QUANTITIES, pictures=True)
    assert frame.step == race.step == 3
    assert frame.train_loss.shape == (2, 3)
    assert frame.decision is not None
    assert frame.layers["activation"].histogram.counts.shape == (2, 2, 48)


def test_a_planned_change_equals_one_made_on_the_way() -> None:
    planned = Race(tiny_race(), device=CPU, interventions=[Intervention(step=5, lr=0.01)])
    made = Race(tiny_race(), device=CPU)
    for _ in range(5):
        made.advance()
    made.change(Change(lr=0.01))
    np.testing.assert_array_equal(losses(planned, steps=10), losses(made, steps=5))


def test_of_two_changes_at_one_step_the_later_one_counts() -> None:
    twice = [Intervention(step=2, lr=9.0), Intervention(step=2, lr=0.01)]
    once = [Intervention(step=2, lr=0.01)]
    np.testing.assert_array_equal(
        losses(Race(tiny_race(), device=CPU, interventions=twice), steps=6),
        losses(Race(tiny_race(), device=CPU, interventions=once), steps=6),
    )


def test_a_change_made_by_hand_at_the_step_of_a_planned_one_comes_after_it() -> None:
    race = Race(tiny_race(), device=CPU, interventions=[Intervention(step=2, lr=9.0)])
    for _ in range(2):
        race.advance()
    race.change(Change(lr=0.01))
    record = [Intervention(step=2, lr=9.0), Intervention(step=2, lr=0.01)]
    again = Race(tiny_race(), device=CPU, interventions=record)
    np.testing.assert_array_equal(losses(race, steps=4), losses(again, steps=6))


@pytest.mark.parametrize(
    "change",
    [Change(momentum=0.9), Change(momentum="cumulative"), Change(frozen=True), Change(reset=True)],
    ids=repr,
)
def test_planned_changes_of_statistics_equal_those_made_on_the_way(change: Change) -> None:
    recorded = tiny_race(probe={"layer": 1})
    planned = Race(recorded, device=CPU, interventions=[change.at(5)])
    made, left_alone = Race(recorded, device=CPU), Race(recorded, device=CPU)
    for _ in range(5):
        made.advance()
    made.change(change)
    for race, steps in ((planned, 10), (made, 5), (left_alone, 10)):
        for _ in range(steps):
            race.advance()
    frames = [race.look((), pictures=False) for race in (planned, made, left_alone)]
    (first, second, third) = (frame.statistics for frame in frames)
    assert first is not None and second is not None and third is not None
    np.testing.assert_array_equal(first, second)
    assert (first[1, :2] != third[1, :2]).any()
    np.testing.assert_array_equal(first[1, 2:], third[1, 2:])  # training itself is the same
    assert np.isnan(first[0]).all()  # no batch norm there


def test_a_variant_with_fewer_steps_waits_and_its_curves_end_earlier() -> None:
    variants = {"short": {"steps": 3, "evaluate_every": 2}, "long": {"evaluate_every": 5}}
    race = Race(tiny_race(steps=7, variants=variants), device=CPU)
    frames: list[Frame] = []
    while not race.is_done:
        race.advance()
        frames.append(race.look((), pictures=False))
    assert race.step == 7
    assert [frame.step for frame in frames] == list(range(1, 8))
    whole = Race(tiny_race(steps=7, variants=variants), device=CPU)
    while not whole.is_done:
        whole.advance()
    frame = whole.look(("activation",), pictures=True)
    assert frame.loss_steps.tolist() == list(range(1, 8))
    np.testing.assert_array_equal(np.isnan(frame.train_loss).sum(1), [4, 0])
    assert frame.eval_steps.tolist() == [2, 3, 5, 7]
    np.testing.assert_array_equal(
        np.isnan(frame.validation_loss), [[False, False, True, True], [True, True, False, False]]
    )


def test_the_header_is_shared_when_all_variants_see_the_same_points() -> None:
    assert set(Race(tiny_race(), device=CPU).header()) == {"points", "point_classes", "extent"}


def test_variants_with_data_of_their_own_have_headers_of_their_own() -> None:
    variants = {"clean": {"data.noise": 0.0}, "noisy": {"data.noise": 0.3}}
    header = Race(tiny_race(variants=variants), device=CPU).header()
    assert {name.partition("/")[0] for name in header} == {"0", "1"}
    assert not np.array_equal(header["0/points"], header["1/points"])


def test_it_says_when_every_network_has_reached_the_target() -> None:
    easy = tiny_race(base=easy_base(), target=0.7, stop_at_target=True)
    race = Race(easy, device=CPU)
    assert not have_all_reached_target(race.first_frame)
    while not race.is_done and not have_all_reached_target(race.look((), pictures=False)):
        race.advance()
    assert race.step < 200


def easy_base() -> dict[str, object]:
    return {
        "data": {"name": "gaussians"},
        "network": {"depth": 1, "width": 8},
        "steps": 200,
        "evaluate_every": 5,
        "batch_size": 16,
    }


def test_an_evaluation_asked_for_equals_the_one_in_the_frame() -> None:
    race = Race(tiny_race(variants={"batch": {"norm.kind": "batch"}, "none": {}}), device=CPU)
    while not race.is_done:
        race.advance()
    frame = race.look((), pictures=False)
    answer = race.answer(Evaluate(part="validation", mode="eval"))
    np.testing.assert_allclose(answer["loss"], frame.validation_loss[:, -1], rtol=1e-5)
    np.testing.assert_allclose(answer["accuracy"], frame.validation_accuracy[:, -1], rtol=1e-5)


def test_a_question_leaves_no_trace_in_the_training() -> None:
    asked, left_alone = Race(tiny_race(), device=CPU), Race(tiny_race(), device=CPU)
    for part in ("validation", "test"):
        for mode in ("eval", "train"):
            asked.advance()
            left_alone.advance()
            asked.answer(Evaluate(part=part, mode=mode))
            asked.answer(Unit(variant="batch", layer=1, unit=3))
    np.testing.assert_array_equal(losses(asked, steps=5), losses(left_alone, steps=5))


def test_a_unit_of_a_batch_norm_layer_is_normalized_by_its_own_minibatch() -> None:
    race = Race(tiny_race(), device=CPU)
    race.advance()
    answer = race.answer(Unit(variant="batch", layer=1, unit=3))
    x = answer["x"]
    assert x.shape == (16,)
    np.testing.assert_allclose(answer["mean"], x.mean(), rtol=1e-5, atol=1e-6)
    expected = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    np.testing.assert_allclose(answer["normalized"], expected, atol=1e-3)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (Unit(variant="layer", layer=0, unit=0), "variant must be one of none"),
        (Unit(variant="none", layer=2, unit=0), "layer must be 0 to 1"),
        (Unit(variant="none", layer=0, unit=8), "unit must be 0 to 7"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(query: Unit, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Race(tiny_race(), device=CPU).answer(query)


def test_an_experiment_of_one_fleet_is_a_race_as_well() -> None:
    one = tiny_race(variants={"a": {}, "b": {"optimizer.lr": 0.01}}, seeds=2)
    frame = Race(one, device=CPU).first_frame
    assert isinstance(one, Experiment)
    assert frame.status.shape == (4,)
    assert frame.layers["activation"].percentiles.shape == (2, 2, 3)


def test_a_race_goes_on_after_a_question_that_does_not_fit() -> None:
    asked, left_alone = Race(tiny_race(), device=CPU), Race(tiny_race(), device=CPU)
    with pytest.raises(ValueError, match=r"layer must be .*\(got 2"):
        asked.answer(Unit(variant="none", layer=2, unit=0))
    np.testing.assert_array_equal(losses(asked, steps=3), losses(left_alone, steps=3))
