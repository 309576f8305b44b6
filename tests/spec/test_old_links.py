"""Links that people have saved open what they always opened.

`old_links.json` holds links to each page, and what the code of commit 97707a4 opened for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pydantic import BaseModel

from bnlab.by_hand.block import spec as block
from pages.ui.claims import address as claims
from pages.ui.one_layer import address as one_layer
from pages.ui.race import address as race
from pages.ui.sweep import address as sweep
from pages.ui.train_vs_eval import address as train_vs_eval

OLD_LINKS = json.loads(Path(__file__).with_name("old_links.json").read_text(encoding="utf-8"))


def plain(spec: BaseModel) -> Any:
    return json.loads(spec.model_dump_json())


def of_a_run(found: race.Address) -> dict[str, Any]:
    return {
        "experiment": plain(found.experiment),
        "pace": found.pace,
        "preset": found.preset,
        "hidden": sorted(found.hidden),
        "run": found.run,
    }


def opened(page: str, query: Mapping[str, str]) -> dict[str, Any]:
    """What a link to a page opens, as plain data."""
    match page:
        case "race":
            return of_a_run(race.read(query))
        case "sweep":
            return of_a_run(sweep.read(query))
        case "train_vs_eval":
            found = train_vs_eval.read(query)
            return of_a_run(found) | {"view": plain(found.view)}
        case "claims":
            return vars(claims.read(query))
        case "one_layer":
            layer = one_layer.read(query)
            return {
                "example": plain(layer.example),
                "step": layer.step,
                "picked": layer.picked.text,
                "followed": [list(pair) for pair in layer.followed],
            }
    return plain(block.from_query(query))


def test_there_are_twenty_old_links_and_some_to_each_page() -> None:
    assert len(OLD_LINKS) >= 20
    pages = {"race", "sweep", "claims", "one_layer", "train_vs_eval", "norms"}
    assert {link["page"] for link in OLD_LINKS} == pages


@pytest.mark.parametrize("link", OLD_LINKS, ids=lambda link: f"{link['page']} {link['query'][:40]}")
def test_an_old_link_opens_what_it_always_opened(link: dict[str, Any]) -> None:
    query = dict(parse_qsl(link["query"], keep_blank_values=True))
    assert opened(link["page"], query) == link["opens"]
