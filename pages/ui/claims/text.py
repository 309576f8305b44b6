"""The words of one claim: what it says, how it is tested, and why the result is what it is."""

from __future__ import annotations

import streamlit as st

from bnlab.claims.claim import Claim, Condition, Source
from bnlab.results.sweeps.words import size_words
from pages.ui.claims.chips import chip, lines
from pages.ui.claims.known import known


def statement(claim: Claim) -> None:
    """What is claimed, and why one might believe it."""
    st.header(f"{claim.number}. {claim.title}", anchor=False)
    st.markdown(f"> **{claim.statement}**")
    st.markdown(f"**Why one might believe it.** {claim.belief}")


def method(claim: Claim) -> None:
    """What is trained and compared, and what decides the verdict."""
    with st.expander("How it is tested", icon=":material/science:"):
        for study in claim.studies.values():
            size = f" {size_words(study.experiment)}." if study.experiment.axes else ""
            st.markdown(f"- {study.words}{size}")
        st.markdown("\n".join(map(_condition, claim.conditions)))
        st.caption(
            "Each seed gives both sides the same data, the same initial weights and the same "
            "minibatches. The verdict follows from the 95 % interval over the seeds alone, by a "
            "rule that was fixed in advance."
        )


def why(claim: Claim, *, is_told: bool) -> None:
    """Explanation, rival explanations, papers, and what would change the verdict.

    Args:
        claim: any.
        is_told: whether the outcome is known; otherwise all this is folded away.
    """
    if is_told:
        st.subheader("Why?", anchor=False)
        _why(claim)
        return
    with st.expander("Why? This gives the outcome away.", icon=":material/visibility_off:"):
        found = known(claim)
        if found is not None:
            chip(found.headline)
            st.markdown(lines(claim, found.findings, has_controls=True))
            st.caption(found.where)
        _why(claim)


def _why(claim: Claim) -> None:
    st.markdown(claim.explanation)
    if claim.note:
        st.info(claim.note, icon=":material/lightbulb:")
    if claim.rivals:
        st.markdown("**Other explanations, and what tells them apart**")
        st.markdown("\n".join(f"- *{rival.name}.* {rival.words}" for rival in claim.rivals))
    st.markdown(f"**What would change the verdict.** {claim.would_change}")
    st.markdown("**What was expected**")
    st.markdown("\n".join(f"- {words}" for words in _expected(claim)))
    if claim.sources:
        st.markdown("**Who measured it before**")
        st.markdown("\n".join(f"- {source_words(source)}" for source in claim.sources))


def _expected(claim: Claim) -> list[str]:
    """What was expected, each sentence once, after its conditions."""
    names: dict[str, list[str]] = {}
    for condition in claim.conditions:
        names.setdefault(condition.expected, []).append(condition.name)
    if len(names) == 1:
        return list(names)
    return [f"{'; '.join(of)}: {words}" for words, of in names.items()]


def _condition(condition: Condition) -> str:
    control = " It is a control, not part of the verdict." if condition.is_control else ""
    compared = f"{condition.first} against {condition.second}, by {condition.metric}"
    return f"- **{condition.name}**: {compared}.{control}"


def source_words(source: Source) -> str:
    """Who measured what, with a link to the paper, as Markdown."""
    where = f"[{source.where}]({source.link})" if source.link else source.where
    return f"{source.authors} ({source.year}, {where}): {source.found}"
