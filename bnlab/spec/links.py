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
    query.update({path: _text(value) for path, value in base.items()})
    for name, changes in experiment.variants.items():
        query[f"variant.{name}"] = ",".join(f"{path}:{_text(v)}" for path, v in changes.items())
    for path, values in experiment.axes.items():
        query[f"axis.{path}"] = ",".join(map(_text, values))
    query.update(
        {f"probe.{name}": _text(value) for name, value in flatten(experiment.probe).items()}
    )
    for name in _TOP_FIELDS:
        query[name] = _text(getattr(experiment, name))
    return query


def from_query(query: Mapping[str, str]) -> Experiment:
    """Read an experiment from query parameters; fields that are not named take their defaults.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    version = query.get("v", str(SPEC_VERSION))
    if version != str(SPEC_VERSION):
        raise refusal("v", shown(version), SPEC_VERSION)
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
            values = tuple(_value(path, item) for item in text.split(","))
            document.setdefault("axes", {})[path] = values
        elif key in _TOP_FIELDS or key.startswith("probe."):
            _put(document, key, _value(key, text, Experiment))
        else:
            _put(base, key, _value(key, text))
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
    return path, _value(path, text)


def _value(path: str, text: str, kind: type[BaseModel] = MemberSpec) -> Scalar:
    annotation: Any = field_at(path, kind).annotation
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    try:
        value: Scalar = adapter.validate_strings(text)
    except ValidationError:
        raise refusal(path, shown(text), allowed(path, kind)) from None
    return value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
