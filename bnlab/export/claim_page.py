"""Claims that were put to the test, as one web page that needs no network.

Figures are drawn by plotly.js, which the page holds: the same page can so be made by a server that
does not load plotly. Without scripts all numbers are there as tables.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from html import escape

from bnlab.claims.claim import Claim, Condition, Headline
from bnlab.claims.findings import Finding
from bnlab.claims.released import is_as_released
from bnlab.claims.words import condition_words, finding_words, headline_words, reason_words
from bnlab.figures.claim_studies import study_figures
from bnlab.figures.claims import VERDICT_COLOURS, condition_figures
from bnlab.figures.marks import Figure
from bnlab.figures.painted import painted, with_words
from bnlab.figures.plotly_js import plotly_path
from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.results.sweeps.words import size_words
from bnlab.versions import versions

_STYLE = """
body { margin: 1rem auto; max-width: 62rem; padding: 0 1rem; font: 1rem/1.5 sans-serif;
  color: #1b1f24; background: #ffffff; }
h1 { font-size: 1.6rem; } h2 { margin-top: 3rem; border-top: 1px solid #c8ccd1; padding-top: 1rem; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 4px solid #c8ccd1; }
details, .wide { overflow-x: auto; } summary { cursor: pointer; padding: .2rem 0; }
table { border-collapse: collapse; } th, td { padding: .2rem .6rem; text-align: left;
  vertical-align: top; border-bottom: 1px solid #e3e6e9; }
dt { font-weight: bold; margin-top: .5rem; } dd { margin-left: 1.2rem; }
.spot { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%;
  margin-right: .5rem; }
pre { font-size: .85rem; } .muted { color: #5c6570; }
@media print { details { display: none; } h2 { break-before: page; } }
"""

# A figure is drawn once it is in sight: folded away it would have no width.
_SCRIPT = """
const draw = (place) => {
  if (place.dataset.drawn) return;
  place.dataset.drawn = "yes";
  const { data, layout } = JSON.parse(place.nextElementSibling.textContent);
  Plotly.newPlot(place, data, layout, { responsive: true, displaylogo: false });
};
for (const place of document.querySelectorAll(".plot")) {
  const folded = place.closest("details");
  if (folded) folded.addEventListener("toggle", () => folded.open && draw(place));
  else draw(place);
}
"""


def claim_page(runs: Sequence[ClaimRun]) -> str:
    """A report of claims, in the order given: verdicts, intervals, figures, specs, versions.

    Args:
        runs: one or more, ended or not; what is known by now is shown.
    """
    title = f"Claim {runs[0].number}" if len(runs) == 1 else f"{len(runs)} claims"
    used = ", ".join(f"{name} {version}" for name, version in versions().items())
    about = f"Written on {_date(time.time())} by {used}."
    parts = [_overview(runs) if len(runs) > 1 else "", *map(_claim, runs)]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – BN Lab</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}, put to the test</h1>"
        f"<p class=muted>{escape(about)} Each seed gives both sides the same data, the same first "
        "weights and the same minibatches; the verdict follows from the 95 % interval over the "
        f"seeds alone, by a rule that was fixed before.</p>{''.join(parts)}"
        f"<script>{plotly_path().read_text(encoding='utf-8')}</script>"
        f"<script>{_SCRIPT}</script></body></html>"
    )


def _overview(runs: Sequence[ClaimRun]) -> str:
    """All claims with their verdicts, and the way to each."""
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("claim", "verdict", "seeds", "time", "measured")
    )
    rows = "".join(
        f'<tr><td><a href="#claim-{run.number}">{run.number}. {escape(run.claim.title)}</a></td>'
        f"<td>{_mark(run.headline)}{run.headline or 'no verdict'}</td><td>{run.seeds}</td>"
        f"<td>{run.seconds:.0f} s</td><td>{escape(_where(run))}</td></tr>"
        for run in runs
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def _claim(run: ClaimRun) -> str:
    claim = run.claim
    changes = ", ".join(f"{path} = {value}" for path, value in run.changes.items())
    figures = condition_figures(claim, run.pairs, run.findings, is_over=run.has_ended)
    about = f"{_where(run)}, {run.seeds} seeds, {run.seconds:.1f} s, {run.state}."
    return "".join(
        (
            f'<section><h2 id="claim-{claim.number}">{claim.number}. {escape(claim.title)}</h2>',
            f"<blockquote><strong>{escape(claim.statement)}</strong></blockquote>",
            _paragraphs(f"A variation, with {changes}.") if changes else "",
            _verdict(run),
            *(_drawn(figure) for figure in figures),
            _items([sentence for sentence in (run.reason, *run.problems) if sentence]),
            f'<p class="muted">{escape(about)}</p>',
            _folded("Why", _why(claim)),
            *(_study(run, name) for name in claim.studies),
            "</section>",
        )
    )


def _verdict(run: ClaimRun) -> str:
    """The headline, and of each condition its verdict with the sentences it follows from."""
    first, *lines = (
        headline_words(
            run.claim, run.findings, is_as_released=is_as_released(run.claim, run.findings)
        )
        if run.findings
        else ("No verdict.",)
    )
    found = {finding.condition: finding for finding in run.findings}
    conditions = "".join(
        _condition(one, found[one.name]) for one in run.claim.conditions if one.name in found
    )
    head = f"<p>{_mark(run.headline)}<strong>{escape(first)}</strong></p>"
    return f"{head}{_items(lines)}<dl>{conditions}</dl>"


def _condition(condition: Condition, finding: Finding) -> str:
    said = (finding_words(condition, finding), reason_words(condition, finding), *finding.notes)
    title = f"{condition_words(condition)}: {finding.verdict or 'no verdict'}"
    return f"<dt>{_mark(finding.verdict)}{escape(title)}</dt><dd>{escape(' '.join(said))}</dd>"


def _mark(verdict: Headline | None) -> str:
    """A spot in the colour of a verdict, beside its words."""
    if verdict is None:
        return ""
    return f'<span class="spot" style="background: {VERDICT_COLOURS[verdict]}"></span>'


def _why(claim: Claim) -> str:
    rivals = [f"{rival.name}. {rival.words}" for rival in claim.rivals]
    expected = [f"{one.name}: {one.expected}" for one in claim.conditions]
    sources = [
        f"{one.authors} ({one.year}, {one.link or one.where}): {one.found}" for one in claim.sources
    ]
    return "".join(
        (
            _paragraphs(claim.belief),
            _paragraphs(claim.explanation),
            _paragraphs(claim.note),
            _titled("Other explanations", rivals),
            _titled("What would change the verdict", [claim.would_change]),
            _titled("What was expected", expected),
            _titled("Who measured it before", sources),
        )
    )


def _study(run: ClaimRun, name: str) -> str:
    """What one study trains, its figures where it is a sweep, and its experiment as JSON."""
    study = run.claim.studies[name]
    experiment = study.experiment
    _, table = run.evidence.tables.get(name, (None, None))
    figures = study_figures(experiment, table, "validation_accuracy") if table else []
    size = f" {size_words(experiment)}." if experiment.axes else ""
    spec = {
        "measurement": study.measurement,
        "settings": dict(study.settings),
        "experiment": experiment.model_dump(mode="json"),
    }
    return _folded(
        f"Study: {name}",
        _paragraphs(study.words + size)
        + "".join(map(_drawn, figures))
        + _folded("Specification", f"<pre>{escape(json.dumps(spec, indent=1))}</pre>"),
    )


def _drawn(figure: Figure) -> str:
    # "<" may not stand in a script: a text could end it.
    spec = json.dumps(painted(figure), allow_nan=False).replace("<", "\\u003c")
    height = figure["layout"].get("height", 300)
    plot = f'<div class="plot" style="min-height: {height}px"></div>'
    script = f'<script type="application/json">{spec}</script>'
    return f"<h3>{escape(figure['title'])}</h3>{with_words(figure, plot + script)}"


def _where(run: ClaimRun) -> str:
    return f"{_date(run.started_at)} on {run.machine or 'an unknown machine'}"


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))


def _folded(title: str, inside: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


def _titled(title: str, lines: Sequence[str]) -> str:
    return f"<h3>{escape(title)}</h3>{_items(lines)}" if any(lines) else ""


def _items(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part)
