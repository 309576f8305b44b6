"""The URL form of an experiment: flat query parameters that hold every field and a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, allowed, field_at, flatten, refusal, shown
from bnlab.spec.member import SPEC_VERSION, MemberSpec, parse

_TOP_FIELDS = ("seeds", "target", "stop_at_target")


def to_query(experiment: Experiment) -> dict[str, str]:
    """The experiment as query parameters: every field, so that no later default changes a link."""
    base = flatten(experiment.base)
    query = {"v": str(base.pop("version"))}
    query.update({path: to_text(value) for path, value in base.items()})
    for name, changes in experiment.variants.items():
        query[f"variant.{name}"] = ",".join(f"{path}:{to_text(v)}" for path, v in changes.items())
    for path, values in experiment.axes.items():
        query[f"axis.{path}"] = ",".join(map(to_text, values))
    query.update(
        {f"probe.{name}": to_text(value) for name, value in flatten(experiment.probe).items()}
    )
    for name in _TOP_FIELDS:
        query[name] = to_text(getattr(experiment, name))
    return query


def from_query(query: Mapping[str, str]) -> Experiment:
    """Read an experiment from query parameters; fields that are not named have their defaults.

    Raises:
        SpecError: one sentence that says what is wrong with the link.
    """
    check_version(query, SPEC_VERSION)
    base: dict[str, Any] = {}
    document: dict[str, Any] = {"base": base}
    for key, text in query.items():
        if key == "v":
            continue
        if key.startswith("variant."):
            changes = dict(_change(key, item) for item in text.split(",") if item)
            document.setdefault("variants", {})[key.removeprefix("variant.")] = changes
        elif key.startswith("axis."):
            path = key.removeprefix("axis.")
            values = tuple(from_text(path, item) for item in text.split(","))
            document.setdefault("axes", {})[path] = values
        elif key in _TOP_FIELDS or key.startswith("probe."):
            _put(document, key, from_text(key, text, Experiment))
        else:
            _put(base, key, from_text(key, text))
    return parse(Experiment, document)


def _put(document: dict[str, Any], path: str, value: Scalar) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[leaf] = value


def _change(key: str, item: str) -> tuple[str, Scalar]:
    path, colon, text = item.partition(":")
    if not colon:
        raise refusal(key[:60], shown(item), "field:value, as norm.kind:batch")
    return path, from_text(path, text)


def check_version(query: Mapping[str, str], version: int) -> None:
    """Raise SpecError for a link of another version."""
    if query.get("v", str(version)) != str(version):
        raise refusal("v", shown(query["v"]), version)


def to_text(value: Scalar) -> str:
    """A value as a link writes it, with every digit.

    >>> to_text(True), to_text(0.1), to_text("relu")
    ('true', '0.1', 'relu')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_text(path: str, text: str, kind: type[BaseModel] = MemberSpec) -> Scalar:
    """Read the value of a field from a link; raises SpecError.

    >>> from_text("network.depth", "3")
    3
    """
    annotation: Any = field_at(path, kind).annotation
    try:
        value: Scalar = TypeAdapter(annotation).validate_strings(text)
    except ValidationError:
        raise refusal(path, shown(text), allowed(path, kind)) from None
    return value
