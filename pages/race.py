"""With and without batch norm: the same start, the same minibatches, side by side, live."""

import streamlit as st

from bnlab.lessons.presets import PRESETS
from pages.ui.race import controls
from pages.ui.race.look_inside import look_inside
from pages.ui.race.session import page
from pages.ui.shared import predict, runs
from pages.ui.shared.board import board

found = page.current()
preset = PRESETS.get(found.preset or "")

with st.sidebar:
    controls.sidebar(found)

st.header(preset.title if preset else "Your own race", anchor=False)
st.markdown(preset.story if preset else runs.describe(found.experiment))

page.say_problem()

if changed := runs.entangled(found.experiment):
    st.info(
        f"From one variant to the next, more than one thing changes: {changed}. "
        "A difference between their curves then has more than one possible cause.",
        icon=":material/call_split:",
    )

run = runs.of_link(found, "race")

if runs.is_new(found, run):
    controls.start(found, is_first=run is None)

runs.say_outdated(found, run, "race")

board(run, page, prediction=predict.said_of(found.run), hidden=found.hidden)

if run is not None:
    look_inside(run)

if preset and run is not None and run.state == "completed":
    st.subheader("Why?", anchor=False)
    st.markdown(preset.why)

page.publish()
