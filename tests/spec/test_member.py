"""Specs are complete, frozen and strict; experiments expand into members."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, SpecError, flatten
from bnlab.spec.member import MemberSpec, parse, parse_json
from tests.strategies import FREE, experiments, members, values_of


@given(members())
def test_a_member_comes_back_from_its_json(spec: MemberSpec) -> None:
    assert parse_json(MemberSpec, spec.model_dump_json()) == spec
    assert parse(MemberSpec, json.loads(spec.model_dump_json())) == spec


@given(experiments())
def test_an_experiment_comes_back_from_its_json(experiment: Experiment) -> None:
    assert parse_json(Experiment, experiment.model_dump_json()) == experiment
    assert parse(Experiment, experiment.model_dump()) == experiment


@given(members(), st.data())
def test_replacing_a_field_changes_that_field_and_no_other(
    spec: MemberSpec, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(FREE))
    value: Scalar = data.draw(values_of(path))
    assert flatten(spec.replace({path: value})) == {**flatten(spec), path: value}


@given(experiments())
def test_members_are_every_variant_at_every_point_with_every_seed(experiment: Experiment) -> None:
    found = experiment.members()
    points = 1
    for values in experiment.axes.values():
        points *= len(values)
    assert len(found) == len(experiment.variants) * points * experiment.seeds
    for index, member in enumerate(found):
        assert member.seed_index == index % experiment.seeds
        assert member.variant == list(experiment.variants)[index // (points * experiment.seeds)]
        changes = {
            **experiment.variants[member.variant],
            **member.point,
            "seed": experiment.base.seed + member.seed_index,
        }
        assert member.spec == experiment.base.replace(changes)


def test_the_default_experiment_compares_batch_norm_with_none_and_changes_one_thing() -> None:
    experiment = Experiment()
    assert list(experiment.variants) == ["none", "batch"]
    assert experiment.differences() == ("norm.kind",)
    assert len(experiment.members()) == 2


def test_the_parameters_of_a_network_are_counted() -> None:
    spec = MemberSpec().replace({"data.name": "wine", "network.depth": 3, "network.width": 5})
    assert spec.parameters == (13 * 5 + 5) + 2 * (5 * 5 + 5) + (5 * 3 + 3)


@pytest.mark.parametrize("spec", [MemberSpec(), Experiment()])
def test_a_spec_cannot_be_changed(spec: MemberSpec | Experiment) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(spec, "seed" if isinstance(spec, MemberSpec) else "seeds", 3)


REFUSED: list[tuple[Any, str]] = [
    ({"nonsense": 1}, "nonsense is not a field (the fields are base, variants"),
    ({"base": {"nonsense": 1}}, "nonsense is not a field (the fields are version, data"),
    (
        {"base": {"network": {"nonsense": 1}}},
        "network.nonsense is not a field (the fields are kind",
    ),
    ({"base": {"version": 2}}, "version must be 1 (got 2)."),
    ({"base": {"norm": {"kind": "weight"}}}, "norm.kind must be one of none,"),
    ({"base": {"network": {"depth": "6"}}}, "network.depth must be a whole number"),
    ({"base": {"network": {"depth": 6.5}}}, "network.depth must be a whole number"),
    ({"base": {"network": {"depth": True}}}, "network.depth must be a whole number"),
    ({"base": {"network": {"skips": 1}}}, "network.skips must be true or false (got 1)."),
    ({"base": {"optimizer": {"lr": float("nan")}}}, "optimizer.lr must be a number"),
    ({"base": {"optimizer": {"lr": float("inf")}}}, "optimizer.lr must be a number"),
    ({"base": {"steps": 10**400}}, "(got 1000000"),
    ({"base": []}, "base must be an object with any of version, data"),
    ({"base": {"data": None}}, "data must be an object with any of name"),
    ({"base": {"batch_size": 500, "data": {"name": "wine"}}}, "batch_size must be at"),
    ({"base": {"batch_size": 1, "norm": {"kind": "batch"}}}, "(got 1 with batch norm"),
    (
        {"base": {"network": {"kind": "vgg"}, "data": {"name": "wine"}}},
        "network.kind must be dense (convolutions need images",
    ),
    (
        {"base": {"network": {"kind": "resnet", "skips": True}}},
        "network.skips must be false",
    ),
    (
        {"base": {"network": {"kind": "inception", "width": 3}}},
        "network.width must be 4 or more",
    ),
    (
        {"base": {"network": {"kind": "inception"}, "norm": {"kind": "group_ws"}}},
        "norm.kind must be any",
    ),
    (
        {"base": {"network": {"kind": "vgg", "width": 1000}, "norm": {"kind": "batch"}}},
        "with batch norm, whose exact",
    ),
    (
        {"base": {"norm": {"kind": "group", "groups": 5}}},
        "norm.groups must be a divisor",
    ),
    ({"base": {"optimizer": {"nesterov": True}}}, "(got true with momentum 0"),
    ({"base": {"data": {"train_size": 5000}}}, "data.train_size must be 2 to 1200"),
    ({"variants": {}}, "variants must be 1 to 8 variants, each a name"),
    ({"variants": []}, "variants must be 1 to 8 variants, each a name"),
    ({"variants": {"<b>": {}}}, "variants must be 1 to 8 variants, each a name"),
    ({"variants": {str(i): {} for i in range(9)}}, "(got {'0': {}"),
    ({"variants": {"a": {"nonsense": 1}}}, "nonsense is not a field"),
    ({"variants": {"a": {"network": 1}}}, "network is a group of fields"),
    ({"variants": {"a": {"network.depth": 0}}}, "network.depth must be a whole number"),
    ({"axes": {"optimizer.lr": [0.1]}}, "axes.optimizer.lr must be 2 to"),
    (
        {"axes": {"steps": list(range(1, 27))}},
        "axes.steps must be 2 to 25 values (got a list of 26).",
    ),
    ({"axes": {"optimizer.lr": [1, 5000]}}, "optimizer.lr must be a number"),
    ({"axes": {"optimizer.lr": [1, float("inf")]}}, "axes must be up to 2 fields"),
    ({"axes": {"network.depth": [1, 2.5]}}, "network.depth must be a whole number"),
    ({"axes": {"optimizer.lr": [1, 0.1, 1.0]}}, "axes.optimizer.lr must be a list of different"),
    ({"axes": {"seed": [1, 2]}}, "axes.seed: this field cannot be an axis."),
    (
        {"axes": {"norm.kind": ["none", "rms"]}},
        "axes.norm.kind: the variant none changes",
    ),
    ({"axes": {"optimizer.lr": 1}}, "axes must be up to 2 fields, each with a list"),
    ({"axes": {"nonsense": [1, 2]}}, "nonsense is not a field"),
    ({"seeds": 2, "probe": {"seed": 2}}, "probe.seed must be a whole number below"),
    ({"probe": {"layer": 6}}, "probe.layer must be 0 to 5 for 6 hidden layers, or none"),
    (
        {"probe": {"layer": 3}, "variants": {"a": {}, "b": {"network.depth": 2}}},
        "probe.layer must be 0 to 1 for 2 hidden layers, or none (got 3).",
    ),
    (
        {"probe": {"layer": 3}, "axes": {"network.depth": [4, 2]}},
        "probe.layer must be 0 to 1 for 2 hidden layers, or none (got 3).",
    ),
    ({"probe": {"layer": "first"}}, "probe.layer must be a whole number from 0"),
    ({"seeds": 9, "base": {"seed": 2**31 - 1}}, "(got 9 from seed 2147483647 on"),
    ([], "Experiment must be an object with any of base, variants"),
    ({"base": object()}, "Experiment: not plain data"),
    ({"\ud800": 1}, "Experiment: not plain data"),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_a_wrong_document_is_refused_with_a_sentence(document: Any, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(Experiment, document)
    assert message in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[" * 10_000, b"\xff"])
def test_what_is_not_json_is_refused_with_a_sentence(text: str | bytes) -> None:
    with pytest.raises(SpecError, match="This is not JSON"):
        parse_json(Experiment, text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(experiments(), st.data())
def test_a_mutated_document_is_an_experiment_or_a_sentence(
    experiment: Experiment, data: st.DataObject
) -> None:
    document = json.loads(experiment.model_dump_json())
    target = document
    while True:
        key = data.draw(st.sampled_from([*target, "nonsense"]))
        if isinstance(target.get(key), dict) and target[key] and data.draw(st.booleans()):
            target = target[key]
            continue
        target[key] = data.draw(JSON)
        break
    try:
        assert isinstance(parse(Experiment, document), Experiment)
    except SpecError as refused:
        assert str(refused).endswith(".")
