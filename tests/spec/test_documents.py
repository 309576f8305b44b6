"""Experiments come from files and changes, or are refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from bnlab.spec.documents import changed, read_document, read_file
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from tests.strategies import experiments

TOML = """
seeds = 3
target = 0.8

[base.network]
depth = 4

[variants.plain.norm]
kind = "none"

[variants.batch]
"norm.kind" = "batch"
norm.momentum = 0.02

[axes]
optimizer.lr = [0.1, 1]
"""


@pytest.fixture
def write(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Writes a file and gives its path."""

    def made(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return made


@given(experiment=experiments())
def test_an_experiment_comes_back_from_its_json_form(experiment: Experiment) -> None:
    assert read_document(json.loads(experiment.model_dump_json())) == experiment


def test_a_toml_file_may_nest_the_fields_of_variants_and_axes(write) -> None:  # type: ignore[no-untyped-def]
    experiment = read_file(write("deep.toml", TOML))
    assert experiment.seeds == 3
    assert experiment.base.network.depth == 4
    assert experiment.variants == {
        "plain": {"norm.kind": "none"},
        "batch": {"norm.kind": "batch", "norm.momentum": 0.02},
    }
    assert experiment.axes == {"optimizer.lr": (0.1, 1)}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.yaml", "seeds: 3", r"a.yaml must be .json or .toml \(got .yaml\)."),
        ("a.json", "{", r"a.json: not JSON \(Expecting"),
        ("a.json", b"\xff\xfe\x00", r"a.json: not JSON \("),
        ("a.json", "[" * 100_000, "a.json: nested too deeply"),
        ("a.json", "[1]", "a.json: Experiment must be an object"),
        ("a.toml", "seeds = ", r"a.toml: not TOML \("),
        ("a.toml", "x" * 1_000_001, "a.toml: not TOML .longer than 1,000,000 bytes"),
        ("a.toml", "seeds = 0", "a.toml: seeds must be a whole number from 1"),
        ("a.toml", "[base]\ndepth = 3", r"a.toml: depth is not a field \(the fields are "),
        (
            "a.json",
            '{"variants": {"a": {"norm": {"kind": "x"}}}}',
            r"norm.kind must .*got 'x'",
        ),
        ("a.toml", 'axes."seed" = [1]\naxes.x = 1', "a.toml: axes"),
        ("a.toml", '[axes]\n"norm.eps" = [1]\nnorm.eps = [1]', "'norm.eps' is given twice"),
    ],
)
def test_a_file_that_is_no_experiment_is_refused_by_name(
    write,
    name: str,
    content: str | bytes,
    sentence: str,  # type: ignore[no-untyped-def]
) -> None:
    with pytest.raises(SpecError, match=sentence):
        read_file(write(name, content))


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"gone.json: cannot be read \(No such file"):
        read_file(tmp_path / "gone.json")


def test_changes_are_named_and_written_as_in_a_link() -> None:
    experiment = changed(
        Experiment(),
        {"optimizer.lr": "0.5", "seeds": "4", "probe.layer": "2", "stop_at_target": "true"},
    )
    assert experiment.base.optimizer.lr == 0.5
    assert (experiment.seeds, experiment.probe.layer, experiment.stop_at_target) == (4, 2, True)
    assert experiment.variants == Experiment().variants


def test_a_variant_that_is_named_takes_the_place_of_all() -> None:
    experiment = changed(Experiment(), {"variant.layer norm": "norm.kind:layer"})
    assert experiment.variants == {"layer norm": {"norm.kind": "layer"}}


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("optimizer.lr", "fast", "optimizer.lr must be a number"),
        ("depth", "3", "depth is not a field"),
        ("variant.a", "batch", "variant.a must be field:value"),
        ("", "1", "is not a field"),
    ],
)
def test_a_change_that_cannot_be_is_refused(path: str, text: str, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        changed(Experiment(), {path: text})
