"""Many networks at once: a map of what a setting does, with batch norm and without."""

import streamlit as st

from bnlab.lessons.presets.sweeps import READY_SWEEPS
from pages.ui.shared import runs
from pages.ui.sweep import controls, estimate
from pages.ui.sweep.axes import axes
from pages.ui.sweep.session import page
from pages.ui.sweep.sweep import sweep

found = page.current()
ready = READY_SWEEPS.get(found.preset or "")

with st.sidebar:
    controls.sidebar(found)

st.header(ready.title if ready else "Your own sweep", anchor=False)
mark = "point" if len(found.experiment.axes) == 1 else "cell"
st.markdown(
    f"{ready.story if ready else 'Your own choice of axes.'} "
    f"Every {mark} is a real network, and all of them train together."
)

if problem := page.take_problem():
    st.error(problem, icon=":material/error:")

axes(found)

run = runs.find(found.run)
if run is not None and not run.experiment.axes:
    run = None
if found.run and run is None:
    st.info(
        "The sweep of this link is no longer here. "
        "The settings that the link holds are restored: start it again.",
        icon=":material/history:",
    )

complete = estimate.announce(found.experiment)
controls.start_button(found, run)
if run is not None and run.experiment != found.experiment:
    st.caption("Below is still the sweep from before you changed the controls.")

sweep(run, hidden=found.hidden)

if ready and run is not None and run.state == "completed":
    st.subheader("Why?", anchor=False)
    st.markdown(ready.why)

page.publish()
complete()
