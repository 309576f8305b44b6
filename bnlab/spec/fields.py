"""The fields of specs: what each may hold, in words, and why a value is refused.

Generic over pydantic models; widgets, docs and error messages all read the same declarations.
"""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

Scalar = bool | int | float | str


class Frozen(BaseModel):
    """Base of every spec: immutable, strict, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )


class SpecError(ValueError):
    """An invalid spec; the message has one sentence per field and can be shown to a user."""


def refusal(name: str, got: object, allowed: object) -> SpecError:
    """The one way to refuse a value: its name, what it must be, and what it was.

    Args:
        name: of the field, argument or setting.
        got: what it was, in words or as a number; user input goes through `shown` first.
        allowed: what it must be, so that "must be …" reads well.

    >>> str(refusal("network.depth", 70, "a whole number from 1 to 64"))
    'network.depth must be a whole number from 1 to 64 (got 70).'
    """
    return SpecError(f"{name} must be {allowed} (got {got}).")


def no_such_field(name: str, fields: str) -> SpecError:
    """The one way to refuse an unknown field; names those that exist."""
    return SpecError(f"{named(name)} is not a field (the fields are {fields}).")


def explain(error: ValidationError, kind: type[BaseModel], *, root: str = "", skip: int = 0) -> str:
    """The sentences for a validation error, one per field, in the order of the fields.

    Args:
        error: what pydantic found.
        kind: the model that was read.
        root: a first part of paths that users do not see and that is left out, such as `base`.
        skip: how many parts of each location come before the fields of the model.
    """
    sentences: dict[str, str] = {}
    for item in error.errors(include_url=False):
        path = _known_prefix([str(part) for part in item["loc"][skip:]], kind)
        sentence = _sentence(item, path, kind)
        if root and path.split(".")[0] == root:
            sentence = sentence.removeprefix(f"{root}.")
        sentences.setdefault(path or sentence, sentence)
    return " ".join(sentences.values())


def _sentence(item: ErrorDetails, path: str, kind: type[BaseModel]) -> str:
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    if item["type"] == "json_invalid":
        return "This is not JSON."
    if item["type"] == "extra_forbidden":
        name = ".".join(filter(None, [path, str(item["loc"][-1])]))
        return str(no_such_field(name, _names(path, kind)))
    if item["type"] == "missing":
        return f"{path}: missing."
    subject = path or kind.__name__
    return str(refusal(subject, shown(item["input"]), allowed(path, kind)))


def _known_prefix(parts: list[str], kind: type[BaseModel]) -> str:
    # pydantic ends locations with the alternative it tried, such as "int", or with a mapping's key.
    known: list[str] = []
    for part in parts:
        if _fields_below(".".join([*known, part]), kind) is None:
            break
        known.append(part)
    return ".".join(known)


_UNIONS = (Union, UnionType)  # Optional[X] and X | None


def _fields_below(path: str, kind: type[BaseModel]) -> dict[str, FieldInfo] | None:
    """The fields of the group at a path: all for "", none for a single field; None if unknown."""
    below: dict[str, FieldInfo] = kind.model_fields
    for part in path.split(".") if path else []:
        if part not in below:
            return None
        annotation = below[part].annotation  # a model, or a union with one; not a list of them
        choices = get_args(annotation) if get_origin(annotation) in _UNIONS else (annotation,)
        models = [one for one in choices if hasattr(one, "model_fields")]
        below = models[0].model_fields if models else {}
    return below


def _names(path: str, kind: type[BaseModel]) -> str:
    return ", ".join(_fields_below(path, kind) or ()) or "none"


def shown(value: object) -> str:
    """A value in a message: its repr, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def named(path: str) -> str:
    """The name of a field in a message: as it is if it looks like one, otherwise quoted and cut."""
    return path if path.replace(".", "").isidentifier() and len(path) <= 60 else shown(path)


def field_at(path: str, kind: type[BaseModel]) -> FieldInfo:
    """The field that a dotted path such as `optimizer.lr` names.

    Raises:
        SpecError: no such field.
    """
    *parents, leaf = path.split(".")
    group = ".".join(parents)
    below = _fields_below(group, kind)
    if below is None or leaf not in below:
        known = _known_prefix(parents, kind)
        raise no_such_field(path, _names(known, kind))
    if _fields_below(path, kind):
        raise SpecError(f"{path} is a group of fields; the fields in it are {_names(path, kind)}.")
    return below[leaf]


def value_at(path: str, kind: type[BaseModel], value: object) -> Scalar:
    """A value as the field at a path reads it, regardless of the other fields.

    Raises:
        SpecError: no such field, or not a valid value for it.
    """
    adapter = _adapter(path, kind)
    try:
        taken: Scalar = adapter.validate_json(to_json(value))
    except ValidationError:
        raise refusal(path, shown(value), allowed(path, kind)) from None
    return taken


@cache
def _adapter(path: str, kind: type[BaseModel]) -> TypeAdapter[Any]:
    field = field_at(path, kind)
    annotation: Any = field.annotation
    for constraint in field.metadata:
        annotation = Annotated[annotation, constraint]
    return TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))


_PLAIN: TypeAdapter[Any] = TypeAdapter(Any, config=ConfigDict(ser_json_inf_nan="constants"))


def to_json(document: Any) -> bytes:
    """Plain data as JSON, the form that all specs are read from.

    So a tuple and a list mean the same everywhere, as do 1 and 1.0; NaN stays NaN, so that the
    refusal can name it. Raises ValueError for anything but plain data.
    """
    return _PLAIN.dump_json(document)


def allowed(path: str, kind: type[BaseModel]) -> str:
    """What a field may hold, in words: "1 to 64", "one of sgd, adam, adamw"."""
    if names := _fields_below(path, kind):
        return f"an object with any of {', '.join(names)}"
    field = field_at(path, kind)
    if isinstance(field.json_schema_extra, dict) and "allowed" in field.json_schema_extra:
        return str(field.json_schema_extra["allowed"])
    bounds = bounds_of(path, kind)
    choices = ", ".join(map(str, choices_of(path, kind)))
    parts = [bounds.words] if bounds is not None else []
    if choices:
        parts.append(f"one of {choices}" if not parts and "," in choices else choices)
    return ", or ".join(parts) or "true or false"


class Bounds(NamedTuple):
    """The numbers a field may hold."""

    low: float
    high: float
    is_whole: bool
    excludes_low: bool = False
    excludes_high: bool = False

    @property
    def words(self) -> str:
        kind = "a whole number" if self.is_whole else "a number"
        low = f"{'above' if self.excludes_low else 'from'} {_digits(self.low)}"
        high = f"{'to below' if self.excludes_high else 'to'} {_digits(self.high)}"
        return f"{kind} {low} {high}"


def _digits(number: float) -> str:
    return str(int(number)) if number.is_integer() else f"{number:g}"


@cache
def _forms(path: str, kind: type[BaseModel]) -> list[dict[str, Any]]:
    """The alternatives of a field, as JSON schemas."""
    schema = _adapter(path, kind).json_schema()
    return list(schema.get("anyOf", [schema]))


def bounds_of(path: str, kind: type[BaseModel]) -> Bounds | None:
    """Lower and upper limit of a number field; None for others."""
    for form in _forms(path, kind):
        if form.get("type") in ("integer", "number") and "const" not in form:
            return Bounds(
                low=float(form.get("minimum", form.get("exclusiveMinimum", 0))),
                high=float(form.get("maximum", form.get("exclusiveMaximum", 0))),
                is_whole=form["type"] == "integer",
                excludes_low="exclusiveMinimum" in form,
                excludes_high="exclusiveMaximum" in form,
            )
    return None


def choices_of(path: str, kind: type[BaseModel]) -> tuple[Any, ...]:
    """The words a field may hold: its literals, in order; empty for others."""
    return tuple(
        word
        for form in _forms(path, kind)
        for word in form.get("enum", [form["const"]] if "const" in form else [])
    )


def flatten(spec: BaseModel, prefix: str = "") -> dict[str, Scalar]:
    """Every field of a spec by its dotted path."""
    flat: dict[str, Scalar] = {}
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        if isinstance(value, BaseModel):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat
