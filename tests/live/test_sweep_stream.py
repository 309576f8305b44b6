"""The live stream of a sweep: maps of what is looked at, one cell, commands, files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from starlette.testclient import TestClient

from bnlab.lab.lab import Lab
from bnlab.live.access import COOKIE, run_token, signed_browser
from bnlab.live.stream import RUN_GONE
from bnlab.live.sweep_updates import common_evaluation
from bnlab.results.frames import DIVERGED
from bnlab.results.sweeps.cells import cells_of, steps_of
from bnlab.results.sweeps.table import WAITING
from bnlab.spec.experiment import Experiment
from bnlab.spec.links import from_query
from bnlab.spec.member import MemberSpec
from tests.live.viewer import OTHER, OWNER, SAME_ORIGIN, SECRET, Viewer
from tests.results.sweeps.tables import a_sweep, a_table

BASE = MemberSpec().replace(
    {"steps": 20, "evaluate_every": 10, "network.depth": 2, "network.width": 8}
)
# Batch norm refuses one example a batch: that cell cannot be built.
SWEEP = Experiment(
    base=BASE, axes={"batch_size": (1, 16), "optimizer.lr": (0.01, 0.1, 1.0)}, seeds=2
)
ENDLESS = Experiment(base=BASE.replace({"steps": 100_000}), axes={"optimizer.lr": (0.01, 0.1)})


@pytest.fixture(scope="module")
def ended(lab: Lab) -> str:
    """A sweep that has been trained to its end."""
    run_id = lab.start(SWEEP, owner=OWNER)
    version = -1
    while not lab.log.get(run_id).has_ended:
        version = lab.log.wait(run_id, version, timeout_s=30)
    assert lab.log.get(run_id).state == "completed"
    return run_id


@contextmanager
def viewer_of(
    client: TestClient, run: str, *, browser: str = OWNER, kind: str = "sweep/"
) -> Iterator[Viewer]:
    token = run_token(run, secret=SECRET)
    cookie = {"cookie": f"{COOKIE}={signed_browser(browser, secret=SECRET)}"}
    with client.websocket_connect(
        f"/base/live/{kind}{run}?token={token}", headers={**SAME_ORIGIN, **cookie}
    ) as session:
        yield Viewer(session)


def looking_at(viewer: Viewer, **view: Any) -> dict[str, Any]:
    """The update that answers a look; a lone viewer of a resting sweep gets no other."""
    viewer.update()
    viewer.send(look=view)
    return viewer.update()[0]


def test_hello_says_what_stays_the_same(client: TestClient, ended: str) -> None:
    with viewer_of(client, ended) as viewer:
        hello = viewer.hello
    assert hello["variants"] == ["none", "batch"]
    assert [axis["count"] for axis in hello["axes"]] == [2, 3]
    assert hello["eval_steps"] == [0, 10, 20]
    assert hello["can_command"]


def test_an_update_has_a_map_of_every_variant_and_how_far_it_is(
    client: TestClient, ended: str
) -> None:
    with viewer_of(client, ended) as viewer:
        meta, _ = viewer.update()
    titles = [figure["title"] for figure in meta["figures"]]
    assert titles == ["Validation accuracy: none", "Validation accuracy: batch"]
    assert all(len(figure["table"]["rows"]) == 3 for figure in meta["figures"])
    assert meta["progress"]["share"] == 1
    assert meta["progress"]["text"] == "18 of 18 networks done"
    assert meta["newest"] == 2
    assert meta["cell"] is None


def test_what_is_looked_at_is_what_is_sent(client: TestClient, ended: str) -> None:
    with viewer_of(client, ended) as viewer:
        meta = looking_at(viewer, metric="train_loss", at=1, pair=["batch", "none"])
    assert all("Training loss" in figure["title"] for figure in meta["figures"])
    assert "Training loss" in meta["difference"]["figure"]["title"]
    assert meta["difference"]["step"] == 10


def test_variants_are_compared_at_a_step_that_both_have_come_to() -> None:
    table = a_table(a_sweep())
    steps = table.steps.copy()
    assert common_evaluation(a_sweep(), table) is None
    steps[:4] = 20
    assert common_evaluation(a_sweep(), a_table(a_sweep(), steps=steps)) == 1
    status = table.status.copy()
    status[:4] = [DIVERGED, DIVERGED, WAITING, WAITING]
    assert common_evaluation(a_sweep(), a_table(a_sweep(), steps=steps, status=status)) is None


def test_the_race_of_a_picked_cell_is_exactly_its_network(
    client: TestClient, lab: Lab, ended: str
) -> None:
    choice = {"variant": "batch", "row": 2, "column": 1, "seed_index": 1}
    with viewer_of(client, ended) as viewer:
        cell = looking_at(viewer, cell=choice)["cell"]
    race = from_query(dict(parse_qsl(cell["race"])))
    (spec,) = [
        found.spec
        for found in cells_of(SWEEP)
        if (found.variant, found.place, found.seed_index) == ("batch", (1, 2), 1)
    ]
    assert race.specs()["batch"] == spec
    accuracy = cell["figures"][0]
    assert accuracy["title"] == "Validation accuracy"
    line = next(trace for trace in accuracy["traces"] if trace["name"] == "batch")
    index = cells_of(SWEEP).index(
        next(c for c in cells_of(SWEEP) if c.spec == spec and c.variant == "batch")
    )
    measured = lab.log.table(ended).values["validation_accuracy"][index]
    np.testing.assert_allclose(line["y"], measured, rtol=1e-4)


def test_a_cell_that_cannot_be_built_says_why_and_is_no_race(
    client: TestClient, ended: str
) -> None:
    choice = {"variant": "batch", "row": 0, "column": 0}
    with viewer_of(client, ended) as viewer:
        cell = looking_at(viewer, cell=choice)["cell"]
    assert "(got 1 with batch norm" in cell["text"]
    assert cell["race"] is None
    assert cell["figures"] == []


def test_a_look_at_what_is_not_there_is_refused_with_a_sentence(
    client: TestClient, ended: str
) -> None:
    with viewer_of(client, ended) as viewer:
        viewer.send(look={"pair": ["batch", "layer"]})
        assert "must be one of none, batch" in viewer.text()["text"]


def test_a_sweep_of_one_axis_is_sent_as_curves_with_its_edges(client: TestClient, lab: Lab) -> None:
    # Too low: the more the better, so the highest value is the best.
    sweep = Experiment(
        base=BASE.replace({"norm.kind": "batch", "steps": 40}),
        variants={"batch": {"norm.kind": "batch"}},
        axes={"optimizer.lr": (1e-6, 1e-5, 0.1)},
    )
    run = lab.start(sweep, owner=OWNER)
    with viewer_of(client, run) as viewer:
        meta, _ = viewer.until(lambda meta, _: meta["run"]["has_ended"])
    (curves,) = meta["figures"]
    assert [trace["name"] for trace in curves["traces"] if "name" in trace] == ["batch"]
    (edge,) = meta["edges"]
    assert (edge["path"], edge["end"]) == ("optimizer.lr", "high")
    assert "batch: best at learning rate 0.1" in edge["text"]


def test_its_owner_pauses_resumes_and_stops_it_and_what_is_done_stays(
    client: TestClient, lab: Lab
) -> None:
    run = lab.start(ENDLESS, owner=OWNER)
    with viewer_of(client, run, browser=OTHER) as watching:
        assert not watching.hello["can_command"]
        watching.send(command={"kind": "stop"})
        assert "Only the browser that started" in watching.text()["text"]
    with viewer_of(client, run) as viewer:
        viewer.until(lambda meta, _: meta["newest"] > 0)
        viewer.send(command={"kind": "pause"})
        viewer.until(lambda meta, _: meta["run"]["state"] == "paused")
        viewer.send(command={"kind": "resume"})
        viewer.until(lambda meta, _: meta["run"]["state"] == "running")
        viewer.send(command={"kind": "stop"})
        meta, _ = viewer.until(lambda meta, _: meta["run"]["has_ended"])
    assert meta["run"]["state"] == "cancelled"
    assert meta["newest"] > 0


def test_a_race_has_no_sweep_stream_and_a_sweep_no_race_stream(
    client: TestClient, lab: Lab, ended: str
) -> None:
    race = lab.start(Experiment(base=BASE), owner=OWNER)
    for run, kind in ((race, "sweep/"), (ended, "")):
        with viewer_of(client, run, kind=kind) as viewer:
            assert viewer.hello["kind"] == "gone"
            assert viewer.text() == {"kind": "closed", "code": RUN_GONE}


def test_a_sweep_is_saved_as_csv_and_json_by_those_who_may_look(
    client: TestClient, ended: str
) -> None:
    url = f"/base/api/run/{ended}/sweep"
    token = {"token": run_token(ended, secret=SECRET)}
    rows = list(csv.DictReader(io.StringIO(client.get(f"{url}.csv", params=token).text)))
    assert len(rows) == len(cells_of(SWEEP))
    document = json.loads(client.get(f"{url}.json", params=token).text)
    assert Experiment.model_validate_json(json.dumps(document["experiment"])) == SWEEP
    assert client.get(f"{url}.csv", params={"token": "x"}).status_code == 403


def test_a_race_has_no_table_to_save(client: TestClient, lab: Lab) -> None:
    race = lab.start(Experiment(base=BASE), owner=OWNER)
    token = {"token": run_token(race, secret=SECRET)}
    assert client.get(f"/base/api/run/{race}/sweep.csv", params=token).status_code == 404


@pytest.mark.parametrize(
    ("axes", "variants"),
    [
        ({"batch_size": (2, 4)}, {"a": {"steps": 3}, "b": {}}),
        ({"network.gain": (0.5, 1.0), "steps": (5, 7, 9)}, {"a": {}, "b": {"norm.kind": "batch"}}),
        ({"steps": (5, 7), "network.gain": (0.5, 1.0, 2.0)}, {"a": {}}),
    ],
)
def test_the_steps_of_all_cells_are_those_of_their_specs(axes: Any, variants: Any) -> None:
    sweep = Experiment(base=BASE, axes=axes, variants=variants, seeds=2)
    assert list(steps_of(sweep)) == [cell.spec.steps for cell in cells_of(sweep) if cell.spec]
