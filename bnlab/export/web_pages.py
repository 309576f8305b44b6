"""Results as web pages that need no network, from the templates beside this file."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.claims.claim import Condition, Study
from bnlab.claims.findings import Finding
from bnlab.claims.released import is_as_released
from bnlab.claims.words import condition_words, finding_words, headline_words, reason_words
from bnlab.figures.claim_studies import study_figures
from bnlab.figures.claims import VERDICT_COLOURS, condition_figures
from bnlab.figures.marks import Figure
from bnlab.figures.painted import PAINT, Ground, painted
from bnlab.figures.plotly_js import plotly_path
from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.results.sweeps.words import size_words
from bnlab.versions import versions

if TYPE_CHECKING:
    from jinja2 import Environment


def figure_page(figures: Sequence[Figure], drawn: Sequence[str], ground: Ground = "light") -> str:
    """Figures with their words, numbers as tables, and what their marks mean.

    Args:
        figures: of each, title, alt, table and help are read.
        drawn: each figure as HTML, by Plotly.
        ground: light or dark.
    """
    page = _environment().get_template("figures.html")
    return page.render(figures=list(zip(figures, drawn, strict=True)), paint=PAINT[ground])


def claim_page(runs: Sequence[ClaimRun]) -> str:
    """A report of claims, in the order given: verdicts, intervals, figures, specs, versions.

    The page holds plotly.js, which draws the figures in the browser, so that a server that does
    not load plotly can make it. Without scripts all numbers are there as tables.

    Args:
        runs: one or more, ended or not; what is known by now is shown.
    """
    page = _environment().get_template("claims.html")
    return page.render(
        title=f"Claim {runs[0].number}" if len(runs) == 1 else f"{len(runs)} claims",
        now_s=time.time(),
        versions=versions(),
        runs=runs,
        plotly_js=plotly_path().read_text(encoding="utf-8"),
    )


@cache
def _environment() -> Environment:
    # Imported here: it would cost the server 10 MB before anyone asks for a report.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False}
    environment.globals |= {
        "colours": VERDICT_COLOURS,
        "condition_figures": condition_figures,
        "condition_words": condition_words,
        "date": _date,
        "figures_of": _figures_of,
        "finding_words": finding_words,
        "found": _found,
        "headlines": _headlines,
        "painted": painted,
        "reason_words": reason_words,
        "size_words": size_words,
        "specification": _specification,
        "where": _where,
    }
    return environment


def _headlines(run: ClaimRun) -> tuple[str, ...]:
    """The headline, and further lines where it depends."""
    if not run.findings:
        return ("No verdict.",)
    is_released = is_as_released(run.claim, run.findings)
    return headline_words(run.claim, run.findings, is_as_released=is_released)


def _found(run: ClaimRun) -> list[tuple[Condition, Finding]]:
    """The conditions of which something is known, each with its finding."""
    found = {finding.condition: finding for finding in run.findings}
    return [(one, found[one.name]) for one in run.claim.conditions if one.name in found]


def _figures_of(run: ClaimRun, study: str) -> list[Figure]:
    _, table = run.evidence.tables.get(study, (None, None))
    experiment = run.claim.studies[study].experiment
    return study_figures(experiment, table, "validation_accuracy") if table else []


def _specification(study: Study) -> str:
    spec = {
        "measurement": study.measurement,
        "settings": dict(study.settings),
        "experiment": study.experiment.model_dump(mode="json"),
    }
    return json.dumps(spec, indent=1)


def _where(run: ClaimRun) -> str:
    return f"{_date(run.started_at)} on {run.machine or 'an unknown machine'}"


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))
