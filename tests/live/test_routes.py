"""Exports, assets and health, under a base path."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from starlette.testclient import TestClient

from bnlab.lab.lab import Lab
from bnlab.live.access import run_token
from bnlab.live.assets import web_version
from bnlab.spec.interventions import Intervention
from tests.lab.workers.builders import tiny_race, wait_for_end
from tests.live.viewer import SECRET, Viewers
from tests.server import WEB


@pytest.fixture(scope="module")
def ended(lab: Lab) -> str:
    """A run of 40 steps that is over."""
    run = lab.start(tiny_race(steps=40, seeds=2), owner="someone")
    wait_for_end(lab.log, run)
    return run


def _get(client: TestClient, run: str, path: str, **query: str) -> str:
    query["token"] = run_token(run, secret=SECRET)
    answer = client.get(f"/base/api/run/{run}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return answer.text


def test_curves_as_csv_hold_every_loss_of_every_network(client: TestClient, ended: str) -> None:
    rows = list(csv.DictReader(io.StringIO(_get(client, ended, "curves.csv"))))
    assert len(rows) == 4 * 41  # step 0 is evaluated
    assert {(row["variant"], row["seed"]) for row in rows} == {
        (variant, seed) for variant in ("none", "batch") for seed in ("0", "1")
    }
    assert all(float(row["train_loss"]) > 0 for row in rows if row["step"] != "0")
    assert rows[0]["train_loss"] == "" and float(rows[0]["validation_accuracy"]) >= 0


def test_frames_as_csv_have_a_column_a_layer(client: TestClient, ended: str, lab: Lab) -> None:
    rows = list(csv.DictReader(io.StringIO(_get(client, ended, "frames.csv"))))
    assert len(rows) == 4 * len(lab.log.frames(ended))
    assert {"gradient_norm_3", "saturated_2", "activation_mean_2", "gradient_std_1"} <= set(rows[0])
    assert rows[0]["status"] == "training"


def test_json_holds_the_experiment_the_curves_and_the_frames(
    client: TestClient, ended: str, lab: Lab
) -> None:
    document = json.loads(_get(client, ended, "run.json"), parse_constant=pytest.fail)
    assert document["experiment"] == lab.log.get(ended).experiment.model_dump(mode="json")
    assert len(document["curves"]["train_loss"]) == len(document["members"]) == 4
    assert [frame["step"] for frame in document["frames"]][-1] == 40
    # A plain network has no running statistics: not a number, which JSON knows as null.
    assert document["frames"][0]["mean_gap"][0][0] is None


def test_what_was_recorded_of_a_layer_is_in_the_exports(client: TestClient, lab: Lab) -> None:
    race = tiny_race(steps=10, seeds=2, probe={"layer": 1, "seed": 1})
    run = lab.start(race, owner="someone", interventions=[Intervention(step=4, frozen=True)])
    wait_for_end(lab.log, run)
    document = json.loads(_get(client, run, "run.json"), parse_constant=pytest.fail)
    assert document["interventions"] == [{"step": 4, "frozen": True}]
    last = document["frames"][-1]["statistics"]
    assert len(last[1]) == 6 and last[0][0][0] is None  # the plain network keeps none
    rows = list(csv.DictReader(io.StringIO(_get(client, run, "frames.csv"))))
    far = {(row["variant"], row["seed"]) for row in rows if row["running_mean_distance"]}
    assert far == {("batch", "1")}


def test_the_script_of_a_variant_is_a_program(client: TestClient, ended: str) -> None:
    compile(_get(client, ended, "script.py", variant="batch"), "script.py", "exec")


def test_the_script_of_no_variant_is_refused_with_a_sentence(
    client: TestClient, ended: str
) -> None:
    token = run_token(ended, secret=SECRET)
    answer = client.get(
        f"/base/api/run/{ended}/script.py", params={"token": token, "variant": "<b>"}
    )
    assert answer.status_code == 404 and "must be one of none, batch" in answer.text


@pytest.mark.parametrize("path", ["curves.csv", "frames.csv", "run.json", "script.py"])
def test_exports_need_the_runs_token_and_the_run(client: TestClient, ended: str, path: str) -> None:
    assert client.get(f"/base/api/run/{ended}/{path}").status_code == 403
    gone = {"token": run_token("gone", secret=SECRET)}
    assert client.get(f"/base/api/run/gone/{path}", params=gone).status_code == 404


def test_the_boards_files_are_kept_for_good_under_their_version(client: TestClient) -> None:
    answer = client.get(f"/base/assets/web/{web_version(WEB)}/board/board.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    nested = client.get(f"/base/assets/web/{web_version(WEB)}/board/panels/curves.js")
    assert nested.status_code == 200
    old = client.get("/base/assets/web/0ld/board/board.js")
    assert old.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["../board.py", "..%2fboard.py", "%2e%2e/app.py", "nothing.js", ""]
)
def test_no_other_file_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"/base/assets/web/x/{path}").status_code == 404


def test_plotly_is_served_packed_to_who_can_unpack_it(client: TestClient) -> None:
    plain = client.get("/base/assets/plotly.min.js", headers={"accept-encoding": "identity"})
    packed = client.get("/base/assets/plotly.min.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "max-age" in packed.headers["cache-control"]
    assert len(gzip.compress(plain.content)) < len(plain.content) / 2
    assert packed.content == plain.content  # the client unpacks it


def test_health_tells_of_the_workers(client: TestClient) -> None:
    answer = client.get("/base/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok" and answer.json()["workers"] == 1


def test_nothing_answers_outside_the_base_path(client: TestClient, viewers: Viewers) -> None:
    assert client.get("/healthz").status_code == 404
