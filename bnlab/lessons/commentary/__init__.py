"""Sentences that follow from the numbers alone, whatever the experiment.

`remarks` returns everything that holds at one frame; `comment` picks the most important.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bnlab.lessons.commentary.remarks import COMPARISONS, SUCCESSES, TROUBLES, Remark
from bnlab.lessons.commentary.view import View, views_of
from bnlab.results.curves import Curves
from bnlab.results.frames import Frame
from bnlab.spec.experiment import Experiment

MOST_SENTENCES = 3


@dataclass(frozen=True)
class Sentence:
    """One remark; `variant` is None if it is about the race as a whole."""

    variant: str | None
    kind: str
    text: str


def comment(experiment: Experiment, frame: Frame, curves: Curves) -> list[Sentence]:
    """At most three sentences about the state of a run at a frame, the most important first.

    If several variants have the same trouble, a different trouble comes before the second of them.
    """
    seen: dict[str, int] = {}
    ranked = []
    for place, sentence in enumerate(remarks(experiment, frame, curves)):
        seen[sentence.kind] = seen.get(sentence.kind, 0) + 1
        ranked.append((seen[sentence.kind], place, sentence))
    return [sentence for _, _, sentence in sorted(ranked, key=lambda r: r[:2])[:MOST_SENTENCES]]


def remarks(experiment: Experiment, frame: Frame, curves: Curves) -> list[Sentence]:
    """Everything that can be said about a run at a frame, the most important first."""
    with np.errstate(all="ignore"):  # NaN and infinity are states of a network, not errors
        views = views_of(experiment, frame, curves.until(frame.step))
        troubles = _of_each(views, TROUBLES)
        comparisons = [
            Sentence(None, kind, text)
            for kind, remark in COMPARISONS.items()
            if (text := remark(views)) is not None
        ]
        return troubles + comparisons + _of_each(views, SUCCESSES)


def _of_each(views: list[View], kinds: Mapping[str, Remark]) -> list[Sentence]:
    return [
        Sentence(view.name, kind, f"{view.spoken}: {text}")
        for kind, remark in kinds.items()
        for view in views
        if (text := remark(view)) is not None
    ]
