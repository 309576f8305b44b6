"""The address of the claims page: what its URL says, and back. Pure: it knows no screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bnlab.claims import claim as claim_of
from bnlab.claims.claim import Claim, Dial
from bnlab.lab.claim_tests.runs import MOST_SEEDS
from bnlab.spec.fields import Scalar, SpecError, flatten, no_such_field, refusal, shown
from bnlab.spec.links import to_text

_OWN = ("claim", "run", "seeds")
_BOARD = "all"  # instead of a claim: so that going back to the board is a link, too


@dataclass(frozen=True)
class ClaimsAddress:
    """Everything that a link to the page holds; without a claim it is the board of all claims."""

    claim: str | None = None
    run: str | None = None
    seeds: int | None = None  # None: as many as the claim itself has
    changes: Mapping[str, Scalar] = field(default_factory=dict)  # values of changed settings


def read(query: Mapping[str, str]) -> ClaimsAddress:
    """Read the query parameters of a link; a link without any is the board.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    if query.keys() <= {"claim"} and query.get("claim", _BOARD) == _BOARD:
        return ClaimsAddress()
    claim = claim_of(query.get("claim", ""))
    dials = {dial.path: dial for dial in turnable(claim)}
    changes = {}
    for key, text in query.items():
        if key in _OWN:
            continue
        if key not in dials:
            known = ", ".join((*_OWN, *dials))
            raise no_such_field(key, known)
        changes[key] = _value(dials[key], text)
    own = own_values(claim)
    turned = {path: value for path, value in changes.items() if value != own[path]}
    return ClaimsAddress(claim.name, query.get("run") or None, _seeds(query, claim), turned)


def write(address: ClaimsAddress) -> dict[str, str]:
    """The query parameters of an address."""
    if address.claim is None:
        return {"claim": _BOARD}
    query = {"claim": address.claim}
    query |= {path: to_text(value) for path, value in address.changes.items()}
    if address.seeds is not None:
        query["seeds"] = str(address.seeds)
    if address.run:
        query["run"] = address.run
    return query


def fallback(query: Mapping[str, str]) -> ClaimsAddress:
    """The address instead of a wrong link's: its claim, if there is one, or the board."""
    try:
        return ClaimsAddress(claim_of(query.get("claim", "")).name)
    except SpecError:
        return ClaimsAddress()


def turnable(claim: Claim) -> tuple[Dial, ...]:
    """The settings of a claim except its seeds, which every claim has."""
    return tuple(dial for dial in claim.dials if dial.path != "seeds")


def own_values(claim: Claim) -> dict[str, Scalar]:
    """The claim's own value of each of its settings."""
    return {dial.path: _own_value(claim, dial) for dial in turnable(claim)}


def _own_value(claim: Claim, dial: Dial) -> Scalar:
    """The value in the first study that the setting would change and whose value it offers."""
    values = []
    for study in claim.studies.values():
        experiment, path = study.experiment, dial.path
        is_set = path in experiment.axes or any(path in v for v in experiment.variants.values())
        value = flatten(experiment.base)[path]
        values.append((value not in dial.values, is_set, value))
    return min(values, key=lambda found: found[:2])[-1]


def _value(dial: Dial, text: str) -> Scalar:
    for value in dial.values:
        if to_text(value) == text:
            return value
    values = ", ".join(map(to_text, dial.values))
    raise refusal(dial.path, shown(text), f"one of {values}")


def _seeds(query: Mapping[str, str], claim: Claim) -> int | None:
    if "seeds" not in query:
        return None
    text = query["seeds"]
    if not (text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MOST_SEEDS):
        raise refusal("seeds", shown(text), f"a whole number from 1 to {MOST_SEEDS}")
    return None if int(text) == claim.seeds else int(text)
