"""`python -m bnlab data`: list the data sets, or describe one and write its examples."""

from __future__ import annotations

import csv
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from bnlab.api.cli.printed import print_json, print_table
from bnlab.api.progress import say
from bnlab.api.results import check_path
from bnlab.data.datasets import Data, load
from bnlab.data.openml import register_mnist
from bnlab.data.user_images import register_images
from bnlab.lessons.presets.paper import MNIST
from bnlab.spec import user_images
from bnlab.spec.data import DATA_FACTS, facts_of
from bnlab.spec.documents import changed
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, refusal
from bnlab.spec.member import MemberSpec

PARTS = ("train", "validation", "test")
_FORMS = (".csv", ".npz")


def run(options: Namespace) -> bool:
    """Print, and write to a file if asked to; returns True."""
    if options.name is None:
        if options.out or options.changes or options.register or options.fetch:
            raise SpecError(
                "NAME: missing; --out, --set, --register and --fetch need one, as in: data digits."
            )
        _list(as_json=options.json)
        return True
    if options.out:
        check_path(options.out, _FORMS)
    if options.register:
        _register(options.name, options.register)
    if options.fetch:
        _fetch(options.name)
    member = _member(options.name, dict(options.changes), options.seed)
    data = load(member.data, member.seed)
    document = _document(member, data)
    if options.json:
        print_json(document)
    else:
        _print(document)
    if options.out:
        say(f"Written: {_save(data, options.out)}")
    return True


def _fetch(name: str) -> None:
    if name != MNIST:
        raise refusal("--fetch", f"{name[:60]!r}", MNIST)
    if user_images.facts_of(name) is None:
        register_mnist(name)


def _register(name: str, path: Path) -> None:
    """Make the images of a file a data set of this name."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise SpecError(
            f"--register cannot read {path.name[:60]!r} ({error}): it takes an .npz file with "
            "images and labels."
        ) from None
    register_images(name, images, labels)


def _list(*, as_json: bool) -> None:
    names = (*DATA_FACTS, *user_images.names())
    facts = {name: facts_of(name).model_dump(mode="json") for name in names}
    if as_json:
        print_json({"rows": [{"name": name, **fact} for name, fact in facts.items()]})
        return
    head = ["data set", "inputs", "classes", *PARTS]
    keys = ["features", "classes", *PARTS]
    print_table(head, [[name, *(str(f[key]) for key in keys)] for name, f in facts.items()])


def _member(name: str, changes: dict[str, str], seed: int) -> MemberSpec:
    fields = {f"data.{path.removeprefix('data.')}": text for path, text in changes.items()}
    asked = fields | {"data.name": name, "seed": str(seed)}
    # No batch is drawn here; with a batch of two, any training part is large enough.
    return changed(Experiment(), {"batch_size": "2", **asked}).base


def _document(member: MemberSpec, data: Data) -> dict[str, Any]:
    facts = member.data.facts
    parts = []
    for part in PARTS:
        labels = getattr(data, f"y_{part}")
        counts = np.bincount(labels, minlength=facts.classes)
        parts.append({"part": part, "examples": len(labels), "classes": counts.tolist()})
    return {"data": member.data.model_dump(mode="json"), "seed": member.seed,
            "features": facts.features, "rows": parts}  # fmt: skip


def _print(document: dict[str, Any]) -> None:
    head = ["part", "examples", *(f"class {k}" for k in range(len(document["rows"][0]["classes"])))]
    rows = [
        [row["part"], *map(str, [row["examples"], *row["classes"]])] for row in document["rows"]
    ]
    print_table(head, rows)


def _save(data: Data, path: Path) -> Path:
    """Write all examples, prepared as networks receive them."""
    if path.suffix.lower() == ".npz":
        np.savez_compressed(path, **vars(data))
        return path
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(_lines(data))
    return path


def _lines(data: Data) -> Iterator[list[str]]:
    yield ["part", "label", *(f"x{k + 1}" for k in range(data.x_train.shape[1]))]
    for part in PARTS:
        for x, y in zip(getattr(data, f"x_{part}"), getattr(data, f"y_{part}"), strict=True):
            yield [part, str(y), *(f"{value:.6g}" for value in x)]
