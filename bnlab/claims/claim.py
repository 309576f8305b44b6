"""A textbook claim as an object: what it says, how it is tested, and what decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from bnlab.claims.evidence import Evidence, Pairs
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, SpecError
from bnlab.spec.member import parse

Setting = Scalar | tuple[float, ...]

# How the two numbers of a seed are compared, and the unit of the effect:
#   points    100 (first - second), of shares: percentage points
#   factor    first / second, by logarithms
#   octaves   log2(first / second)
#   number    first - second, in the condition's own unit
Scale = Literal["points", "factor", "octaves", "number"]

# How the comparisons of all seeds are summarized:
#   mean      their mean (of a factor the geometric one), with a t interval
#   median    their median, with a bootstrap interval: where a mean is not meaningful
#   range     the interval from the smallest to the largest: for what must hold every time
Statistic = Literal["mean", "median", "range"]

# What the statement says about the first compared with the second.
Direction = Literal["more", "less", "equal"]

Verdict = Literal["supported", "contradicted", "no meaningful effect", "inconclusive"]
Headline = Verdict | Literal["depends"]


@dataclass(frozen=True)
class Study:
    """Networks that are trained or measured for a claim: an ordinary experiment.

    Without a measurement it is trained as a sweep, and its table is the result. With one, the
    networks of each seed (all variants and axis values) are passed to that function of
    `bnlab.fleet.measurements`, which returns arrays (M, ...) in their order.
    """

    words: str  # one short sentence: what is trained here, and why
    experiment: Experiment
    measurement: str = ""
    settings: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """One comparison, and the rule of its verdict.

    Supported: the whole interval lies beyond `smallest` on the side that the statement names.
    Contradicted: the whole interval lies beyond it on the other side. No meaningful effect: the
    whole interval lies between. For "equal", an interval between is supported, and one beyond is
    contradicted. Everything else is inconclusive.
    """

    name: str  # short: where this applies ("sigmoid", "batch of 2")
    first: str  # what is compared, in a word or two
    second: str
    metric: str  # the quantity that is compared, in words
    unit: str  # of the effect: "points", "x", "octaves" or its own
    scale: Scale
    smallest: float  # the smallest effect of interest, fixed before running; of a factor above 1
    direction: Direction
    pairs: Callable[[Evidence], Pairs]
    expected: str  # from the literature, or from theory: one sentence
    statistic: Statistic = "mean"
    is_control: bool = False  # shown for comparison, not part of the headline


@dataclass(frozen=True)
class Source:
    """Where it was measured before."""

    authors: str
    year: int
    where: str  # arXiv id, journal, or title
    found: str  # what was measured there, in one sentence

    @property
    def link(self) -> str:
        """The address of an arXiv paper; empty for others."""
        is_arxiv = len(self.where) in (9, 10) and self.where[4] == "."  # 9: before 2015
        return f"https://arxiv.org/abs/{self.where}" if is_arxiv else ""


@dataclass(frozen=True)
class Rival:
    """Another explanation of the same observation, and what distinguishes the two."""

    name: str
    words: str


@dataclass(frozen=True)
class Dial:
    """A field that may change the verdict: a learner turns it and tests the claim again.

    It changes the base of every study in which no variant and no axis sets the field itself.
    """

    path: str  # dotted path of a field, or "seeds"
    values: tuple[Scalar, ...]  # to choose from; the studies' own value among them
    words: str  # what to watch for


@dataclass(frozen=True)
class Claim:
    """One statement about batch norm and the experiment that decides on it."""

    number: int  # in links, and the order they are listed in
    name: str  # of the file, and in links
    title: str  # a few words
    statement: str  # as textbooks put it: one sentence
    belief: str  # why one would believe it
    studies: Mapping[str, Study]
    conditions: tuple[Condition, ...]
    meaning: Mapping[Headline, str]  # of each possible headline: what it means, in a sentence
    explanation: str  # why it comes out this way, in short paragraphs
    rivals: tuple[Rival, ...]
    would_change: str  # what would change the verdict
    dials: tuple[Dial, ...]
    sources: tuple[Source, ...]
    note: str = ""  # where our verdict differs from what was expected, and why

    @property
    def seeds(self) -> int:
        """How many each study has, at most."""
        return max(study.experiment.seeds for study in self.studies.values())

    def turned(self, changes: Mapping[str, Scalar], *, seeds: int | None = None) -> Claim:
        """The same claim with some of its dials turned, and another number of seeds.

        Raises:
            SpecError: there is no such dial, or a network cannot be built.
        """
        paths = [dial.path for dial in self.dials]
        for path in changes:
            if path not in paths:
                can = ", ".join(paths) or "none"
                raise SpecError(f"{path} cannot be changed in this claim (what can: {can}).")
        studies = {
            name: replace(study, experiment=_turned(study.experiment, changes, seeds))
            for name, study in self.studies.items()
        }
        return replace(self, studies=studies)


def _turned(experiment: Experiment, changes: Mapping[str, Scalar], seeds: int | None) -> Experiment:
    fixed = {path for variant in experiment.variants.values() for path in variant}
    free = {
        path: value
        for path, value in changes.items()
        if path not in fixed and path not in experiment.axes
    }
    document = experiment.model_dump()
    document["base"] = experiment.base.replace(free).model_dump()
    if seeds is not None:
        document["seeds"] = seeds
    return parse(Experiment, document)
