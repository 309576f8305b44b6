"""Pairs read from the evidence so far, and which studies each condition read them from."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from bnlab.claims.claim import Claim, Condition
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.judging import comparison
from bnlab.spec.fields import refusal

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """What the conditions of a claim make of the evidence."""

    pairs: Mapping[str, Pairs]  # by condition
    studies: Mapping[str, frozenset[str]]  # by condition: what it read
    broken: Mapping[str, str]  # by condition: why it could not be read


class _NotYetError(KeyError):
    """A study that has no results yet."""


class _Seen(Mapping[str, T]):
    """Studies of one kind, noting which of them are read."""

    def __init__(self, known: Mapping[str, T], studies: frozenset[str], seen: set[str]) -> None:
        self._known, self._studies, self._seen = known, studies, seen

    def __getitem__(self, name: str) -> T:
        self._seen.add(name)
        if name in self._known:
            return self._known[name]
        raise _NotYetError(name) if name in self._studies else KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def read(claim: Claim, evidence: Evidence) -> Reading:
    """The pairs of every condition; NaN where a study that it needs has not begun."""
    pairs, studies, broken = {}, {}, {}
    for condition in claim.conditions:
        seen: set[str] = set()
        try:
            pairs[condition.name] = _pairs(claim, condition, evidence, seen)
        except _NotYetError:
            pairs[condition.name] = _nothing(claim)
        except Exception as error:  # noqa: BLE001  whatever the claim's file did, the caller reports it
            # Perhaps only because much is still missing, which is normal during training.
            _log.debug("claim %s: %s cannot be read", claim.name, condition.name, exc_info=True)
            pairs[condition.name] = _nothing(claim)
            broken[condition.name] = f"{condition.name}: {type(error).__name__}: {error}"
        studies[condition.name] = frozenset(seen)
    return Reading(pairs, studies, broken)


def _pairs(claim: Claim, condition: Condition, evidence: Evidence, seen: set[str]) -> Pairs:
    names = frozenset(claim.studies)
    watched = Evidence(_Seen(evidence.tables, names, seen), _Seen(evidence.measured, names, seen))
    found = condition.pairs(watched)
    both = [np.asarray(numbers, np.float64) for numbers in (found.first, found.second)]
    if both[0].ndim != 1 or both[0].shape != both[1].shape:
        raise refusal(condition.name, f"{both[0].shape} and {both[1].shape}", "one pair per seed")
    pairs = replace(found, first=both[0], second=both[1])
    comparison(condition, pairs)  # refuses what cannot be judged
    return pairs


def _nothing(claim: Claim) -> Pairs:
    return Pairs(np.full(claim.seeds, np.nan), np.full(claim.seeds, np.nan))
