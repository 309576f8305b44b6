"""Your own images are a data set like any other, here and in other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnlab
from bnlab.data import datasets
from bnlab.data.user_images import examples_of, register_images
from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import RunLog
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.results.frames import Array
from bnlab.spec import user_images
from bnlab.spec.data import DataSpec
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from bnlab.spec.links import from_query, to_query
from bnlab.spec.member import MemberSpec, parse
from tests.lab.workers.builders import wait_for_end


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BNLAB_DATA", str(tmp_path / "images"))
    return tmp_path / "images"


def images(n: int = 60, *shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).random((n, *(shape or (6, 5)))).astype(np.float32)


def labels(n: int = 60, classes: int = 3) -> Array:
    return np.arange(n) % classes


def test_registered_images_are_a_data_set() -> None:
    x = images(60, 3, 6, 5)
    spec = DataSpec(name=register_images("stripes", x, labels()), standardized=False)
    facts = spec.facts
    assert (facts.features, facts.classes, facts.image) == (90, 3, (3, 6, 5))
    assert (facts.train, facts.validation, facts.test) == (40, 10, 10)
    loaded = datasets.load(spec, 0)
    seen = np.concatenate([loaded.x_train, loaded.x_validation, loaded.x_test])
    assert {row.tobytes() for row in seen} == {
        row.tobytes() for row in x.reshape(60, -1).astype(np.float64)
    }


def test_bytes_are_shares_of_255_and_other_numbers_stay_as_they_are() -> None:
    x = np.random.default_rng(0).integers(0, 256, (30, 8, 8)).astype(np.uint8)
    register_images("small", x, labels(30))
    register_images("plain", x.astype(np.int64), labels(30))
    np.testing.assert_allclose(examples_of("small")[0], x.reshape(30, -1) / 255)
    np.testing.assert_allclose(examples_of("plain")[0], x.reshape(30, -1))


def test_other_processes_find_it_by_its_name(folder: Path) -> None:
    register_images("there", images(), labels())
    code = "from bnlab.data.datasets import load; from bnlab.spec.data import DataSpec; "
    code += "print(load(DataSpec(name='there'), 0).x_train.sum())"
    command = [sys.executable, "-c", code]
    environment = os.environ | {"BNLAB_DATA": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert float(done.stdout) == datasets.load(DataSpec(name="there"), 0).x_train.sum()


def test_to_register_the_same_again_does_nothing_and_something_else_is_refused() -> None:
    register_images("same", images(), labels())
    assert register_images("same", images(), labels()) == "same"
    with pytest.raises(SpecError, match="got 'same', under which other images are registered"):
        register_images("same", images(seed=1), labels())
    assert user_images.names() == ("same",)


def test_the_former_name_still_works_and_says_what_it_is_called_now() -> None:
    with pytest.warns(DeprecationWarning, match=r"bnlab\.register_images"):
        assert bnlab.bring("former", images(), labels()) == "former"
    assert bnlab.register_images("former", images(), labels()) == "former"
    assert user_images.names() == ("former",)


def test_links_and_documents_hold_its_name() -> None:
    register_images("linked", images(), labels())
    experiment = parse(Experiment, {"base": {"data": {"name": "linked"}, "batch_size": 16}})
    assert from_query(to_query(experiment)) == experiment


def test_workers_race_and_sweep_on_it() -> None:
    register_images("colours", images(90, 3, 12, 9), labels(90))
    network = {"kind": "resnet", "depth": 3, "width": 4}
    base = {"data": {"name": "colours"}, "network": network, "batch_size": 10, "steps": 6}
    log = RunLog()
    lab = Lab(log=log, workers=WorkerPool(log, count=1))
    try:
        race = lab.start(parse(Experiment, {"base": base}), owner="ann")
        axes = {"network.kind": ["dense", "vgg", "inception"]}
        sweep = lab.start(parse(Experiment, {"base": base, "axes": axes}), owner="ann")
        for run_id in (race, sweep):
            assert wait_for_end(lab.log, run_id).state == "completed"
        accuracy = lab.log.table(sweep).values["validation_accuracy"]
        assert np.isfinite(accuracy[:, -1]).all() and len(accuracy) == 6
    finally:
        lab.close()


@pytest.mark.parametrize("name", ["nowhere", "../digits", "Digits", "a" * 41, "", "a b", "a.npz"])
def test_a_name_without_images_is_refused_with_those_that_there_are(name: str) -> None:
    register_images("here", images(), labels())
    with pytest.raises(SpecError) as refused:
        MemberSpec().replace({"data.name": name})
    assert str(refused.value).startswith("data.name must be one of digits, wine")
    assert "your own images, registered with bnlab.register_images" in str(refused.value)


def test_a_file_that_is_torn_is_refused(folder: Path) -> None:
    register_images("torn", images(), labels())
    user_images._known.clear()
    path = folder / "torn.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(SpecError, match="'torn' cannot be read"):
        MemberSpec().replace({"data.name": "torn"})


REFUSED: list[tuple[Any, Any, Any, str]] = [
    ("digits", images(), labels(), "name must be a name that is not one of"),
    ("../x", images(), labels(), "name must be up to 40 lowercase letters"),
    (3, images(), labels(), "name must be up to 40 lowercase letters"),
    ("x", images(60, 8), labels(), r"images must be (N, H, W) or"),
    ("x", images(60, 32, 32, 3), labels(), r"images must be "),
    ("x", images(60, 3, 8), labels(), "images must be 4 to 64"),
    ("x", images(60, 65, 8), labels(), "images must be 4 to 64"),
    ("x", images(11), labels(11), "images must be 12 to 100,000"),
    ("x", np.zeros((2100, 64, 64), np.uint8), labels(2100), "(got 2,100 with 4,096 values"),
    ("x", images().astype(str), labels(), "images must be numbers (got values of type <U32)."),
    ("x", images().astype(complex), labels(), "(got values of type complex128"),
    ("x", np.full((60, 8, 8), np.nan), labels(), "(got a value that is not finite"),
    ("x", [[1, 2], [3]], labels(), "(got rows of unequal length"),
    ("x", images(), labels(59), r"labels must be (60,), one for each"),
    ("x", images(), labels()[:, None], r"labels must be (60,)"),
    ("x", images(), labels() / 1.0, "labels must be whole"),
    ("x", images(), labels() + 1, "labels must be 2 to 100"),
    ("x", images(), labels() * 2, "labels must be 2 to 100"),
    ("x", images(), labels() * 0, "labels must be 2 to 100"),
]


@pytest.mark.parametrize(("name", "x", "y", "words"), REFUSED, ids=[row[-1] for row in REFUSED])
def test_what_is_no_data_set_is_refused_with_a_sentence(
    name: Any, x: Any, y: Any, words: str, folder: Path
) -> None:
    with pytest.raises(SpecError) as refused:
        register_images(name, x, y)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")
    assert not folder.exists()
