"""A link holds the whole experiment; a bad one is refused with a sentence."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, flatten
from bnlab.spec.links import from_query, to_query
from bnlab.spec.member import MemberSpec
from tests.strategies import experiments


@given(experiments())
def test_an_experiment_comes_back_from_its_link(experiment: Experiment) -> None:
    url = urlencode(to_query(experiment))
    assert from_query(dict(parse_qsl(url, keep_blank_values=True))) == experiment


def test_a_link_names_every_field_so_that_no_later_default_changes_it() -> None:
    query = to_query(Experiment())
    assert query["v"] == "1"
    assert set(flatten(MemberSpec())) - {"version"} <= set(query)
    assert {"seeds", "target", "stop_at_target", "probe.size"} <= set(query)
    assert {"probe.seed", "probe.layer"} <= set(query)


def test_fields_that_a_link_leaves_out_take_their_defaults() -> None:
    assert from_query({}) == Experiment()
    assert from_query({"network.depth": "3"}).base == MemberSpec().replace({"network.depth": 3})


def test_a_link_from_before_layers_were_recorded_opens_as_it_did() -> None:
    query = to_query(Experiment())
    del query["probe.layer"]
    assert from_query(query) == Experiment()
    assert from_query(query | {"probe.layer": "2"}).probe.layer == 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"v": "2"}, "v must be 1 (got '2')."),
        ({"nonsense": "1"}, "nonsense is not a field"),
        ({"network.depth": "many"}, "network.depth must be a whole number from 1"),
        ({"network.depth": "65"}, "network.depth must be a whole number from 1 to 64"),
        ({"network.depth": "9" * 5000}, "(got '99999"),
        ({"optimizer.lr": "nan"}, "optimizer.lr must be a number from 1e-07 to 1000 (got nan)."),
        ({"norm.kind": "weight"}, "norm.kind must be one of none, batch, layer"),
        ({"network": "3"}, "network is a group of fields"),
        ({"": "3"}, "'' is not a field"),
        ({"variant.a": "norm.kind"}, "variant.a must be field:value"),
        ({"variant.": "norm.kind:batch"}, "variants must be 1 to 8 variants"),
        ({"variant.a": "norm.kind:weight"}, "norm.kind must be one of"),
        ({"axis.nonsense": "1"}, "nonsense is not a field"),
        ({"axis.optimizer.lr": "1,high"}, "optimizer.lr must be a number"),
        ({"axis.optimizer.lr": "1,5000"}, "optimizer.lr must be a number"),
        ({"probe.size": "1000"}, "probe.size must be a whole number from 2 to 128 (got 1000)."),
        ({"probe.layer": "6"}, "probe.layer must be 0 to 5 for 6 hidden layers"),
        (
            {"probe.layer": "first"},
            "probe.layer must be a whole number from 0 to 63, or none (got 'first').",
        ),
        ({"seeds": "3.5"}, "seeds must be a whole number from 1 to 1000 (got '3.5')."),
        ({"data.name": "wine", "batch_size": "500"}, "batch_size must be at most"),
    ],
)
def test_a_bad_link_is_refused_with_a_sentence(query: dict[str, str], message: str) -> None:
    with pytest.raises(SpecError) as refused:
        from_query(query)
    assert message in str(refused.value)
    assert str(refused.value).endswith(".")


@settings(max_examples=200)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5))
def test_a_random_link_is_an_experiment_or_a_sentence(query: dict[str, str]) -> None:
    _is_read_or_refused(query)


@settings(max_examples=200)
@given(experiments(), st.data())
def test_a_mutated_link_is_an_experiment_or_a_sentence(
    experiment: Experiment, data: st.DataObject
) -> None:
    query = to_query(experiment)
    for _ in range(data.draw(st.integers(1, 3))):
        key = data.draw(st.sampled_from(sorted(query)))
        text = query.pop(key)
        at = data.draw(st.integers(0, len(text)))
        noise = data.draw(st.text(max_size=5))
        kind = data.draw(st.sampled_from(["drop", "cut", "insert", "replace", "rename", "swap"]))
        if kind == "cut":
            query[key] = text[:at]
        elif kind == "insert":
            query[key] = text[:at] + noise + text[at:]
        elif kind == "replace":
            query[key] = data.draw(st.sampled_from(["-1", "1e400", "nan", "", "true", noise]))
        elif kind == "rename":
            query[key + noise] = text
        elif kind == "swap":
            query[data.draw(st.sampled_from(sorted(query) or ["v"]))] = text
    _is_read_or_refused(query)


def _is_read_or_refused(query: dict[str, str]) -> None:
    try:
        assert isinstance(from_query(query), Experiment)
    except SpecError as refused:
        assert str(refused).endswith(".")
        assert len(str(refused)) < 2000
