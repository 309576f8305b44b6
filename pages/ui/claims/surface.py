"""The loss around a network with and without batch norm, shown beside the claim of covariate shift.

No part of the verdict: one seed, to be looked at.
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
    """Two surfaces to turn, once they are asked for; nothing for other claims."""
    if claim.name == _CLAIM:
        _surface()


@st.fragment
def _surface() -> None:
    st.subheader("The loss around a network", anchor=False)
    st.markdown(
        "Two networks of six layers are trained from the same weights at the same rate, one of "
        "them with batch norm. Then 625 copies of each have their weights moved along two random "
        "directions, as far as the weights are long, and the loss of each copy is measured."
    )
    asked = st.button("Train and look around", icon=":material/landscape:", key="ask surface")
    if asked and (answer := _measured()) is not None:
        st.session_state[_KEPT] = answer
    kept: Mapping[str, Array] | None = st.session_state.get(_KEPT)
    if kept is None:
        return
    if not np.isfinite(kept["loss"]).all():
        st.markdown("One of these networks answers with no number any more: it has diverged.")
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
        "Directions are filter-normalized (Li and others 2018, 1712.09913): the weights of each "
        "unit are as long in the direction as in the network. Far out batch norm bounds the loss, "
        "because it scales whatever the moved weights make back to size. One seed: a picture, no "
        "proof; the conditions marked rival measure smoothness over all seeds."
    )


def _measured() -> Mapping[str, Array] | None:
    """What a worker found; None, and a sentence, if it did not answer."""
    question = Measure(
        name="loss_surface",
        specs=tuple(_NETWORK.replace({"norm.kind": kind}) for kind in _NORMS),
        settings={"reach": _REACH},
    )
    asked = get_lab().compute(question, owner=runs.this_browser())
    try:
        with st.spinner("Training two networks, and looking at 1,250 copies …"):
            return asked.result(timeout=_PATIENCE_S)
    except TimeoutError:
        get_lab().give_up(asked)
        st.warning("The worker is busy: it gave no answer in time.", icon=":material/error:")
    except QueryError as error:
        st.warning(str(error), icon=":material/error:")
    return None
