"""The loss around a network with and without batch norm, shown beside the claim of covariate shift.

Not part of the verdict: one seed, for illustration.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from bnlab.claims.claim import Claim
from bnlab.figures.loss_surface import common_scale, loss_surface_figure
from bnlab.lab.lab import get_lab
from bnlab.lab.workers.protocol.measure import Measure
from bnlab.lab.workers.protocol.queries import QueryError
from bnlab.results.frames import Array
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, OptimizerSpec
from pages.ui.shared import runs
from pages.ui.shared.plot import plot

_CLAIM = "covariate_shift"
_KEPT = "loss surfaces"
_PATIENCE_S = 60.0
_REACH = 1.0
_NETWORK = MemberSpec(
    data=DataSpec(name="digits", standardized=False),
    network=NetworkSpec(depth=6, width=32),
    optimizer=OptimizerSpec(lr=0.1),
    steps=300,
)
_NORMS = {"none": "Without norm", "batch": "With batch norm"}


def surface(claim: Claim) -> None:
    """Two surfaces to turn, once requested; nothing for other claims."""
    if claim.name == _CLAIM:
        _surface()


@st.fragment
def _surface() -> None:
    st.subheader("The loss around a network", anchor=False)
    st.markdown(
        "Two six-layer networks are trained from the same initial weights at the same learning "
        "rate, one of them with batch norm. Then the weights of 625 copies of each are moved along "
        "two random directions, by up to their own norm, and the loss of each copy is measured."
    )
    asked = st.button("Train and look around", icon=":material/landscape:", key="ask surface")
    if asked and (answer := _measured()) is not None:
        st.session_state[_KEPT] = answer
    kept: Mapping[str, Array] | None = st.session_state.get(_KEPT)
    if kept is None:
        return
    if not np.isfinite(kept["loss"]).all():
        st.markdown("One of these networks has diverged: its outputs are no longer numbers.")
        return
    scale = common_scale(kept["loss"])
    for place, (column, words) in enumerate(zip(st.columns(2), _NORMS.values(), strict=True)):
        accuracy = kept["validation"][place]
        with column:
            title = f"{words}, {accuracy:.1%} right"
            plot(
                loss_surface_figure(title, kept["loss"][place], reach=_REACH, scale=scale),
                key=f"surface {place}",
            )
    st.caption(
        "Directions are filter-normalized (Li et al. 2018, 1712.09913): for each unit they have "
        "the norm of its weights in the network. Far out, batch norm bounds the loss, because it "
        "rescales whatever the moved weights produce. One seed: an illustration, not a proof; the "
        "conditions marked rival measure smoothness over all seeds."
    )


def _measured() -> Mapping[str, Array] | None:
    """What a worker measured; None, with a sentence on the page, if it did not answer."""
    question = Measure(
        name="loss_surface",
        specs=tuple(_NETWORK.replace({"norm.kind": kind}) for kind in _NORMS),
        settings={"reach": _REACH},
    )
    asked = get_lab().compute(question, owner=runs.this_browser())
    try:
        with st.spinner("Training two networks and measuring 1,250 copies …"):
            return asked.result(timeout=_PATIENCE_S)
    except TimeoutError:
        get_lab().give_up(asked)
        st.warning("The worker is busy: it did not answer in time.", icon=":material/error:")
    except QueryError as error:
        st.warning(str(error), icon=":material/error:")
    return None
