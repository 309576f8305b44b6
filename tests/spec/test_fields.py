"""Every field says what it is and what it may hold."""

from __future__ import annotations

import pytest

from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import (
    SpecError,
    allowed,
    bounds_of,
    choices_of,
    field_at,
    flatten,
    refusal,
)
from bnlab.spec.member import MemberSpec, parse

PATHS = tuple(flatten(MemberSpec()))
NUMBERS = tuple(path for path in PATHS if bounds_of(path, MemberSpec))
WORDS = tuple(path for path in PATHS if choices_of(path, MemberSpec))


@pytest.mark.parametrize("path", PATHS)
def test_every_field_has_a_title_and_a_description(path: str) -> None:
    field = field_at(path, MemberSpec)
    assert field.title
    assert field.description is not None
    assert field.description.endswith(".")


@pytest.mark.parametrize("path", PATHS)
def test_every_field_takes_its_default_and_says_what_else_it_takes(path: str) -> None:
    assert MemberSpec().replace({path: flatten(MemberSpec())[path]}) == MemberSpec()
    assert allowed(path, MemberSpec)


@pytest.mark.parametrize("path", NUMBERS)
def test_a_number_outside_its_bounds_is_refused_by_name_value_and_bounds(path: str) -> None:
    bounds = bounds_of(path, MemberSpec)
    assert bounds is not None
    convert = int if bounds.is_whole else float
    step = 1 if bounds.is_whole else 0.001
    below = bounds.low if bounds.excludes_low else bounds.low - step
    above = bounds.high if bounds.excludes_high else bounds.high + step
    for value in map(convert, (below, above)):
        with pytest.raises(SpecError) as refused:
            MemberSpec().replace({path: value})
        assert str(refused.value) == str(refusal(path, repr(value), allowed(path, MemberSpec)))


@pytest.mark.parametrize("path", WORDS)
def test_an_unknown_word_is_refused_with_the_known_ones(path: str) -> None:
    with pytest.raises(SpecError) as refused:
        MemberSpec().replace({path: "nonsense"})
    for choice in choices_of(path, MemberSpec):
        assert str(choice) in str(refused.value)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("network.depth", "a whole number from 1 to 64"),
        ("optimizer.lr", "a number from 1e-07 to 1000"),
        ("optimizer.momentum", "a number from 0 to below 1"),
        ("norm.eps", "a number above 0 to 1"),
        ("norm.momentum", "a number above 0 to 1, or cumulative"),
        ("data.train_size", "a whole number from 2 to 100000, or all"),
        ("network.skips", "true or false"),
        ("network.init", "one of he, xavier, normal, orthogonal"),
        ("network.kind", "one of dense, vgg, resnet, inception"),
        ("seed", "a whole number from 0 to 2147483647"),
        ("data", "an object with any of name, standardized, train_size, noise, arms, wrong_labels"),
    ],
)
def test_what_is_allowed_is_said_in_words(path: str, words: str) -> None:
    assert allowed(path, MemberSpec) == words


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nonsense", "nonsense is not a field (the fields are version, data, network, norm"),
        ("network.nonsense", "network.nonsense is not a field (the fields are kind, depth, width"),
        (
            "network.depth.more",
            "network.depth.more is not a field (the fields are none",
        ),
        ("network", "network is a group of fields; the fields in it are kind, depth, width"),
        ("", "'' is not a field"),
        ("x" * 500, "'" + "x" * 56 + "… is not a field"),
    ],
)
def test_a_path_that_names_no_field_is_refused(path: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        field_at(path, MemberSpec)
    assert str(refused.value).startswith(message)


def test_each_wrong_field_gets_its_own_sentence() -> None:
    document = {"base": {"steps": 0, "network": {"depth": 99}}, "seeds": 0}
    with pytest.raises(SpecError) as refused:
        parse(Experiment, document)
    assert str(refused.value) == (
        "network.depth must be a whole number from 1 to 64 (got 99). "
        "steps must be a whole number from 1 to 100000 (got 0). "
        "seeds must be a whole number from 1 to 1000 (got 0)."
    )
