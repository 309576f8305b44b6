"""The test of a claim: the prediction, the start, the networks live, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from operator import eq

import streamlit as st

from bnlab.claims import claim as claim_of
from bnlab.claims.claim import Claim, Headline
from bnlab.claims.findings import Finding
from bnlab.claims.released import is_as_released
from bnlab.claims.words import finding_words, headline_words, reason_words
from bnlab.lab.claim_tests import ClaimRun, get_claim_tests
from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import UnknownRunError
from bnlab.lessons.questions import Choice, Question, reply
from bnlab.live.access import run_token
from bnlab.spec.fields import SpecError
from pages.ui.claims import chips
from pages.ui.claims.address import ClaimsAddress
from pages.ui.claims.known import shipped
from pages.ui.claims.session import page
from pages.ui.shared import predict, runs
from pages.ui.shared.component import PLOTLY, component

_component = component("claim")
_EXPECTED: tuple[Headline, ...] = (
    "supported", "contradicted", "no meaningful effect", "depends",
)  # fmt: skip


def find(run_id: str | None) -> ClaimRun | None:
    """The test of a link, or None when it is gone."""
    try:
        return get_claim_tests().get(run_id) if run_id else None
    except UnknownRunError:
        return None


def ask(claim: Claim) -> None:
    """Ask which verdict the learner expects; it may be left open."""
    counted = [condition for condition in claim.conditions if not condition.is_control]
    expected = _EXPECTED if len(counted) > 1 else _EXPECTED[:-1]
    shown: dict[str, str] = {
        verdict: f":material/{chips.LOOKS[verdict].icon}: {verdict}" for verdict in expected
    }
    choices = tuple(Choice(text=verdict, holds=partial(eq, verdict)) for verdict in expected)
    predict.ask(
        Question(text="What do you expect?", choices=choices),
        page,
        about=claim.name,
        format_func=shown.__getitem__,
    )


def start(*, is_varied: bool) -> None:
    """Start the test that the page asks for, or say why it cannot be started.

    Args:
        is_varied: with the settings as changed; otherwise the claim as it stands.
    """
    found = page.current()
    asked = found if is_varied else replace(found, changes={})
    claim = claim_of(found.claim or "")
    run = find(found.run)
    if run is not None and not run.has_ended and is_of(run, asked):
        return  # clicked twice
    try:
        run_id = get_claim_tests().start(
            claim, owner=runs.this_browser(), seeds=asked.seeds, changes=asked.changes
        )
    except SpecError as error:
        page.complain(str(error))
        return
    if not is_varied:
        predict.keep(run_id, predict.chosen(page, about=claim.name))
    page.put(replace(asked, run=run_id))


def is_of(run: ClaimRun, found: ClaimsAddress) -> bool:
    """Whether a run tests exactly what an address asks for."""
    claim = claim_of(found.claim or "")
    seeds = claim.turned({}, seeds=found.seeds)
    wanted = {name: study.experiment.seeds for name, study in seeds.studies.items()}
    got = {name: study.experiment.seeds for name, study in run.claim.studies.items()}
    return run.claim.name == claim.name and run.changes == found.changes and got == wanted


def live(run: ClaimRun, *, key: str) -> None:
    """Show a test, live; the page follows when it ends."""
    data = {
        "plotly": PLOTLY,
        "run": run.id,
        "has_ended": run.has_ended,
        "token": run_token(run.id, secret=get_lab().secret),
    }
    _component(key=key, data=data, height="content", on_changed_change=lambda: None)


def verdict(run: ClaimRun) -> None:
    """The result, once there is one: the headline, what was expected, and each condition."""
    if not run.has_ended:
        return
    first, *_ = headline_words(
        run.claim, run.findings, is_as_released=is_as_released(run.claim, run.findings)
    )
    found = {finding.condition: finding for finding in run.findings}
    with st.container(border=True):
        st.subheader("The verdict", anchor=False)
        chips.chip(run.headline, without="no verdict")
        st.markdown(f"**{first}**")
        _say_prediction(run)
        st.markdown(chips.lines(run.claim, run.findings, has_controls=True))
        for note, names in _notes(run.findings).items():
            st.caption(f":material/info: {'; '.join(names)}: {note}")
        with st.expander("In words, and by which rule"):
            for condition in run.claim.conditions:
                if (finding := found.get(condition.name)) is not None:
                    st.markdown(
                        f"**{condition.name}.** {finding_words(condition, finding)} "
                        f"{reason_words(condition, finding)}"
                    )
        before = shipped(run.claim)
        if before is not None and not run.changes:
            st.caption(f"The release measured: **{before.headline}**. {before.where}")


def _notes(findings: Sequence[Finding]) -> dict[str, list[str]]:
    """What must be said beside a verdict, each sentence once, with its conditions."""
    notes: dict[str, list[str]] = {}
    for finding in findings:
        for note in finding.notes:
            notes.setdefault(note, []).append(finding.condition)
    return notes


def _say_prediction(run: ClaimRun) -> None:
    said = predict.said_of(run.id)
    if said is not None and run.headline is not None:
        st.markdown(reply(said, run.headline))
