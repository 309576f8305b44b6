"""The fields of specs: what each may hold, in words, and what is wrong with a value.

Generic over pydantic models; widgets, docs and error messages all read the same declarations.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

Scalar = bool | int | float | str


class SpecError(ValueError):
    """A spec that cannot be: the message is one clear sentence a field, fit to be shown."""


def explain(error: ValidationError, kind: type[BaseModel]) -> str:
    """The sentences for a validation error, one a field, in the order of the fields."""
    sentences: dict[str, str] = {}
    for item in error.errors(include_url=False):
        path = ".".join(str(part) for part in item["loc"] if _is_name(part))
        if item["type"] == "value_error":
            sentence = str(item["ctx"]["error"])
        elif item["type"] == "extra_forbidden":
            sentence = f"{path}: no such field."
        elif item["type"] == "missing":
            sentence = f"{path}: missing."
        elif item["type"] == "json_invalid":
            sentence = "This is not JSON."
        else:
            path = _known_prefix(path, kind)
            sentence = f"{path}: got {_shown(item['input'])}, allowed is {allowed(path, kind)}."
        sentences.setdefault(path or sentence, sentence)
    return " ".join(sentences.values())


def _is_name(part: object) -> bool:
    # pydantic adds the tried alternative of a union to the location, as "constrained-int" …
    return not (isinstance(part, str) and ("[" in part or part in {"int", "float", "str", "bool"}))


def _known_prefix(path: str, kind: type[BaseModel]) -> str:
    parts = path.split(".")
    while len(parts) > 1:
        try:
            field_at(".".join(parts), kind)
            return ".".join(parts)
        except SpecError:
            parts.pop()
    return ".".join(parts)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def field_at(path: str, kind: type[BaseModel]) -> FieldInfo:
    """The field a dotted path names, as `optimizer.lr`.

    Raises:
        SpecError: no such field.
    """
    model: Any = kind
    field: FieldInfo | None = None
    for part in path.split("."):
        fields = getattr(model, "model_fields", {})
        if part not in fields:
            names = ", ".join(fields) if fields else "nothing below it"
            raise SpecError(f"{path}: no such field, allowed is {names}.")
        field = fields[part]
        model = field.annotation
    if field is None or hasattr(model, "model_fields"):
        raise SpecError(f"{path}: a group of fields, allowed is one field.")
    return field


def allowed(path: str, kind: type[BaseModel]) -> str:
    """What a field may hold, in words: "1 to 64", "one of sgd, adam, adamw"."""
    try:
        field = field_at(path, kind)
    except SpecError:
        return "another form"
    bounds = bounds_of(field)
    choices = choices_of(field)
    parts = []
    if bounds is not None:
        parts.append(bounds.words)
    if choices:
        parts.append(("one of " if bounds is None else "") + ", ".join(map(str, choices)))
    if field.annotation is bool:
        parts.append("true or false")
    return ", or ".join(parts) or "another form"


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
        low = f"above {self.low:g}" if self.excludes_low else f"from {self.low:g}"
        high = f"below {self.high:g}" if self.excludes_high else f"to {self.high:g}"
        return f"{kind} {low} {high}"


def bounds_of(field: FieldInfo) -> Bounds | None:
    """Lower and upper limit of a number field; None for others."""
    metadata: list[Any] = list(field.metadata)
    annotations = [field.annotation]
    for argument in get_args(field.annotation):
        annotations.append(argument)
        for extra in get_args(argument)[1:]:
            metadata.extend(getattr(extra, "metadata", [extra]))
            annotations.append(get_args(argument)[0])
    if not ({int, float} & set(filter(lambda a: isinstance(a, type), annotations))):
        return None
    limits = {
        name: getattr(item, name)
        for item in metadata
        for name in ("ge", "gt", "le", "lt")
        if getattr(item, name, None) is not None
    }
    return Bounds(
        low=float(limits.get("ge", limits.get("gt", 0))),
        high=float(limits.get("le", limits.get("lt", 0))),
        is_whole=float not in annotations,
        excludes_low="gt" in limits,
        excludes_high="lt" in limits,
    )


def choices_of(field: FieldInfo) -> tuple[Any, ...]:
    """The words a field may hold: its literals, in order; empty for others."""
    found: list[Any] = []
    pending: list[Any] = [field.annotation]
    while pending:
        annotation = pending.pop(0)
        arguments = get_args(annotation)
        if getattr(annotation, "__origin__", None) is Literal:
            found.extend(arguments)
        else:
            pending.extend(a for a in arguments if not isinstance(a, FieldInfo))
    return tuple(found)


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
