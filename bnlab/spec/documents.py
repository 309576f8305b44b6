"""Experiments from JSON or TOML files, and changes written as in a link.

A file holds what `Experiment` holds. Fields of a variant and axes may be nested or dotted:
`[variants.batch.norm]` with `kind = "batch"` is `[variants.batch]` with `"norm.kind" = "batch"`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, refusal, shown
from bnlab.spec.links import from_query, to_query
from bnlab.spec.member import parse

SUFFIXES = (".json", ".toml")
_MOST_BYTES = 1_000_000  # a spec takes a few hundred


def read_file(path: Path) -> Experiment:
    """Read an experiment from a JSON or TOML file.

    Raises:
        SpecError: it cannot be read or is no experiment; the sentence starts with the file name.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise refusal(path.name, path.suffix or "no ending", ".json or .toml")
    try:
        text = _text(path)
        document = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise SpecError(f"{path.name}: cannot be read ({error.strerror or error}).") from None
    except ValueError as error:  # of either format, or bytes that are not text
        raise SpecError(f"{path.name}: not {path.suffix[1:].upper()} ({error}).") from None
    except RecursionError:
        raise SpecError(f"{path.name}: nested too deeply.") from None
    try:
        return read_document(document)
    except SpecError as error:
        raise SpecError(f"{path.name}: {error}") from None


def read_document(document: Any) -> Experiment:
    """Read an experiment from plain data, variants and axes nested or dotted.

    >>> read_document({"variants": {"batch": {"norm": {"kind": "batch"}}}}).variants
    {'batch': {'norm.kind': 'batch'}}

    Raises:
        SpecError: one sentence per field.
    """
    if isinstance(document, dict):
        document = dict(document)
        variants, axes = document.get("variants"), document.get("axes")
        if isinstance(variants, dict):
            document["variants"] = {name: _dotted(changes) for name, changes in variants.items()}
        if isinstance(axes, dict):
            document["axes"] = _dotted(axes)
    return parse(Experiment, document)


def changed(experiment: Experiment, changes: Mapping[str, str]) -> Experiment:
    """An experiment with some fields changed, named and written as in a link.

    For example `optimizer.lr` and `0.5`, `seeds` and `4`, `variant.batch` and `norm.kind:batch`,
    `axis.optimizer.lr` and `0.01,0.1,1`. Variants that are named replace all
    variants of the experiment; so do axes.

    >>> changed(Experiment(), {"network.depth": "3", "seeds": "2"}).seeds
    2

    Raises:
        SpecError: one sentence for what is wrong.
    """
    query = to_query(experiment)
    for group in ("variant.", "axis."):
        if any(path.startswith(group) for path in changes):
            query = {path: text for path, text in query.items() if not path.startswith(group)}
    return from_query(query | dict(changes))


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"longer than {_MOST_BYTES:,} bytes")
    return content.decode("utf-8-sig")


def _dotted(changes: Any, prefix: str = "") -> Any:
    """Nested fields by their dotted paths; anything else is left, to be refused by name."""
    if not isinstance(changes, dict):
        return changes
    flat: dict[str, Any] = {}
    for name, value in changes.items():
        path = f"{prefix}{name}"
        below = _dotted(value, f"{path}.") if isinstance(value, dict) else {path: value}
        for key, item in below.items():
            if key in flat:
                raise SpecError(f"{shown(key)} is given twice.")
            flat[key] = item
    return flat
