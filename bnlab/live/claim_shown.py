"""What a viewer sees of a claim run: figures, progress and links, as plain data."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field

from bnlab.claims.claim import Study
from bnlab.claims.onward import arm_races
from bnlab.figures.claim_studies import study_figures
from bnlab.figures.claims import condition_figures
from bnlab.lab.claim_tests.record import ClaimRun, StudyProgress
from bnlab.results.sweeps.metrics import METRICS, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.fields import Frozen, refusal
from bnlab.spec.links import to_query

_MOST_OPEN = 24


class ClaimView(Frozen):
    """What a viewer looks at; equal views of one claim run get the very same bytes."""

    metric: MetricName = "validation_accuracy"  # that the figures of studies show
    # Names of the studies whose figures are wanted.
    open: tuple[Annotated[str, Field(max_length=80)], ...] = Field(
        (),
        max_length=_MOST_OPEN,
        json_schema_extra={"allowed": f"the names of up to {_MOST_OPEN} studies"},
    )

    def fits(self, run: ClaimRun) -> ClaimView:
        """This view, if the claim has what it shows; raises SpecError for an unknown study."""
        names = tuple(run.claim.studies)
        for name in self.open:
            if name not in names:
                raise refusal("open", f"{name[:40]!r}", f"one of {', '.join(names)}")
        return self


def opened(run: ClaimRun) -> dict[str, Any]:
    """What stays the same throughout a claim run."""
    return {
        "metrics": [
            {"name": metric.name, "title": metric.title, "words": metric.words}
            for metric in METRICS.values()
        ],
        "studies": [
            {"name": name, "words": study.words, "is_trained": not study.measurement}
            for name, study in run.claim.studies.items()
        ],
    }


def shown(run: ClaimRun, view: ClaimView) -> dict[str, Any]:
    """What a claim run has measured so far, as a view shows it."""
    figures = condition_figures(run.claim, run.pairs, run.findings, is_over=run.has_ended)
    return {
        "progress": _progress(run),
        "conditions": figures,
        "problems": list(run.problems),
        "studies": [_study(run, progress, view) for progress in run.studies],
    }


def _progress(run: ClaimRun) -> dict[str, Any]:
    """How far all studies have come, in numbers and in words."""
    count = len(run.studies)
    share = sum(study.done for study in run.studies) / max(1, count)
    place = next((i for i, study in enumerate(run.studies, 1) if not study.is_over), count)
    text = "" if run.has_ended else f"study {place} of {count}: {run.studies[place - 1].name}"
    return {"share": share, "text": text, "seconds": run.seconds, "machine": run.machine}


def _study(run: ClaimRun, progress: StudyProgress, view: ClaimView) -> dict[str, Any]:
    study = run.claim.studies[progress.name]
    _, table = run.evidence.tables.get(progress.name, (None, None))
    is_open = progress.name in view.open
    return {
        "name": progress.name,
        "done": progress.done,
        "is_over": progress.is_over,
        "figures": study_figures(study.experiment, table, view.metric) if is_open and table else [],
        "links": _links(study, table, progress) if is_open else None,
    }


def _links(study: Study, table: Table | None, progress: StudyProgress) -> dict[str, Any]:
    """The URL queries that open the study's grid as a sweep and its arms as races."""
    query = to_query(study.experiment)
    if progress.run_id is not None:
        query["run"] = progress.run_id
    return {
        "sweep": urlencode(query) if study.experiment.axes else None,
        "races": [
            {
                "arm": race.variant,
                "words": race.words,
                "query": urlencode(to_query(race.experiment)),
            }
            for race in arm_races(study, table if progress.is_over else None)
        ],
    }
