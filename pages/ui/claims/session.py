"""The claims page in one browser tab, in step with its URL."""

from __future__ import annotations

from dataclasses import replace

from bnlab.claims import claim as claim_of
from bnlab.claims.claim import Claim
from bnlab.spec.fields import Scalar, SpecError
from pages.ui.claims.address import ClaimsAddress, fallback, own_values, read, write
from pages.ui.shared.tab import PageTab

page = PageTab("claims", read=read, write=write, fallback=fallback)


def turned(found: ClaimsAddress) -> Claim:
    """The claim of an address with its settings; raises SpecError when they do not fit."""
    return claim_of(found.claim or "").turned(found.changes, seeds=found.seeds)


def turn(path: str, value: Scalar) -> None:
    """Change one setting, or keep things as they are and say why."""
    found = page.current()
    own = own_values(claim_of(found.claim or ""))
    changes = {**found.changes, path: value}
    _take(replace(found, changes={key: v for key, v in changes.items() if v != own[key]}))


def set_seeds(seeds: int | None) -> None:
    """Set the number of seeds; None: as many as the claim has."""
    _take(replace(page.current(), seeds=seeds))


def _take(wish: ClaimsAddress) -> None:
    try:
        turned(wish)
    except SpecError as error:
        page.refuse(str(error))
        return
    page.note(seeds=wish.seeds, changes=wish.changes)
