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
    ({"nonsense": 1}, "nonsense: no such field, allowed is base, variants"),
    ({"base": {"nonsense": 1}}, "nonsense: no such field, allowed is version, data"),
    ({"base": {"network": {"nonsense": 1}}}, "network.nonsense: no such field, allowed is kind"),
    ({"base": {"version": 2}}, "version: got 2, allowed is 1."),
    ({"base": {"norm": {"kind": "weight"}}}, "norm.kind: got 'weight', allowed is one of none,"),
    ({"base": {"network": {"depth": "6"}}}, "network.depth: got '6', allowed is a whole number"),
    ({"base": {"network": {"depth": 6.5}}}, "network.depth: got 6.5, allowed is a whole number"),
    ({"base": {"network": {"depth": True}}}, "network.depth: got True, allowed is a whole number"),
    ({"base": {"network": {"skips": 1}}}, "network.skips: got 1, allowed is true or false."),
    ({"base": {"optimizer": {"lr": float("nan")}}}, "optimizer.lr: got nan, allowed is a number"),
    ({"base": {"optimizer": {"lr": float("inf")}}}, "optimizer.lr: got inf, allowed is a number"),
    ({"base": {"steps": 10**400}}, "steps: got 1000000"),
    ({"base": []}, "base: got [], allowed is an object with any of version, data"),
    ({"base": {"data": None}}, "data: got None, allowed is an object with any of name"),
    ({"base": {"batch_size": 500, "data": {"name": "wine"}}}, "batch_size: got 500, allowed is at"),
    ({"base": {"batch_size": 1, "norm": {"kind": "batch"}}}, "batch_size: got 1 with batch norm"),
    (
        {"base": {"network": {"kind": "vgg"}, "data": {"name": "wine"}}},
        "network.kind: got vgg on wine, allowed is dense: convolutions need images",
    ),
    (
        {"base": {"network": {"kind": "resnet", "skips": True}}},
        "network.skips: got true with resnet, allowed is false",
    ),
    (
        {"base": {"network": {"kind": "inception", "width": 3}}},
        "network.width: got 3 with inception, allowed is 4 or more",
    ),
    (
        {"base": {"network": {"kind": "inception"}, "norm": {"kind": "group_ws"}}},
        "norm.kind: got group_ws with inception on images of one channel, allowed is any",
    ),
    (
        {"base": {"network": {"kind": "vgg", "width": 1000}, "norm": {"kind": "batch"}}},
        "network.width: got 1000 with 1,200 training images of 8 × 8, allowed with batch norm is",
    ),
    (
        {"base": {"norm": {"kind": "group", "groups": 5}}},
        "norm.groups: got 5, allowed is a divisor",
    ),
    ({"base": {"optimizer": {"nesterov": True}}}, "optimizer.nesterov: got true with momentum 0"),
    ({"base": {"data": {"train_size": 5000}}}, "data.train_size: got 5000, allowed is 2 to 1200"),
    ({"variants": {}}, "variants: got {}, allowed is 1 to 8 variants, each a name"),
    ({"variants": []}, "variants: got [], allowed is 1 to 8 variants, each a name"),
    ({"variants": {"<b>": {}}}, "variants: got '<b>', allowed is 1 to 8 variants, each a name"),
    ({"variants": {str(i): {} for i in range(9)}}, "variants: got {'0': {}"),
    ({"variants": {"a": {"nonsense": 1}}}, "nonsense: no such field"),
    ({"variants": {"a": {"network": 1}}}, "network: a group of fields"),
    ({"variants": {"a": {"network.depth": 0}}}, "network.depth: got 0, allowed is a whole number"),
    ({"axes": {"optimizer.lr": [0.1]}}, "axes.optimizer.lr: got a list of 1, allowed is 2 to"),
    (
        {"axes": {"steps": list(range(1, 27))}},
        "axes.steps: got a list of 26, allowed is 2 to 25 values.",
    ),
    ({"axes": {"optimizer.lr": [1, 5000]}}, "optimizer.lr: got 5000, allowed is a number"),
    ({"axes": {"optimizer.lr": [1, float("inf")]}}, "axes: got inf, allowed is up to 2 fields"),
    ({"axes": {"network.depth": [1, 2.5]}}, "network.depth: got 2.5, allowed is a whole number"),
    ({"axes": {"optimizer.lr": [1, 0.1, 1.0]}}, "axes.optimizer.lr: got 1.0 twice, allowed is ea"),
    ({"axes": {"seed": [1, 2]}}, "axes.seed: cannot be an axis, allowed is any other field."),
    ({"axes": {"norm.kind": ["none", "rms"]}}, "axes.norm.kind: changed by the variant none, too"),
    ({"axes": {"optimizer.lr": 1}}, "axes: got 1, allowed is up to 2 fields, each with a list"),
    ({"axes": {"nonsense": [1, 2]}}, "nonsense: no such field"),
    ({"seeds": 2, "probe": {"seed": 2}}, "probe.seed: got 2, allowed is a whole number below"),
    ({"probe": {"layer": 6}}, "probe.layer: got 6, allowed is 0 to 5 for 6 hidden layers, or none"),
    (
        {"probe": {"layer": 3}, "variants": {"a": {}, "b": {"network.depth": 2}}},
        "probe.layer: got 3, allowed is 0 to 1 for 2 hidden layers, or none.",
    ),
    (
        {"probe": {"layer": 3}, "axes": {"network.depth": [4, 2]}},
        "probe.layer: got 3, allowed is 0 to 1 for 2 hidden layers, or none.",
    ),
    ({"probe": {"layer": "first"}}, "probe.layer: got 'first', allowed is a whole number from 0"),
    ({"seeds": 9, "base": {"seed": 2**31 - 1}}, "seeds: got 9 from seed 2147483647 on"),
    ([], "Experiment: got [], allowed is an object with any of base, variants"),
    ({"base": object()}, "Experiment: not plain data"),
    ({"\ud800": 1}, "Experiment: not plain data"),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_a_wrong_document_is_refused_with_a_sentence(document: Any, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(Experiment, document)
    assert str(refused.value).startswith(message)
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
