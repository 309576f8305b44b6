"""Many networks at once: a map of what a setting does, with batch norm and without."""

import streamlit as st

from bnlab.lessons.presets.sweeps import SWEEP_PRESETS
from pages.ui.shared import runs
from pages.ui.sweep import controls, estimate
from pages.ui.sweep.axes import axes
from pages.ui.sweep.session import page
from pages.ui.sweep.sweep import sweep

found = page.current()
preset = SWEEP_PRESETS.get(found.preset or "")

with st.sidebar:
    controls.sidebar(found)

st.header(preset.title if preset else "Your own sweep", anchor=False)
mark = "point" if len(found.experiment.axes) == 1 else "cell"
st.markdown(
    f"{preset.story if preset else 'Your own choice of axes.'} "
    f"Every {mark} is a real network, and all of them train together."
)

page.say_problem()

axes(found)

run = runs.of_link(found, "sweep", fits=lambda run: bool(run.experiment.axes))

complete = estimate.announce(found.experiment)
controls.start_button(found, run)
runs.say_outdated(found, run, "sweep")

sweep(run, hidden=found.hidden)

if preset and run is not None and run.state == "completed":
    st.subheader("Why?", anchor=False)
    st.markdown(preset.why)

page.publish()
complete()
