"""With and without batch norm: the same start, the same minibatches, side by side, live."""

import streamlit as st

from bnlab.lessons.presets import PRESETS
from pages.ui.race import session
from pages.ui.race.look_inside import look_inside
from pages.ui.shared import controls, predict, runs
from pages.ui.shared.board import board

found = session.race.current()
preset = PRESETS.get(found.preset or "")

with st.sidebar:
    controls.sidebar(found)

st.header(preset.title if preset else "Your own race", anchor=False)
st.markdown(preset.story if preset else runs.describe(found.experiment))

if problem := session.race.take_problem():
    st.error(problem, icon=":material/error:")

if changed := runs.entangled(found.experiment):
    st.info(
        f"From one variant to the next more than one thing changes: {changed}. "
        "Whatever then differs between their curves has more than one possible cause.",
        icon=":material/call_split:",
    )

run = runs.find(found.run)
if found.run and run is None:
    st.info(
        "The run of this link is no longer here. "
        "The settings that the link holds are restored: start it again.",
        icon=":material/history:",
    )

if runs.is_new(found, run):
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        predict.ask(found)
        runs.start_button(run)

if run is not None and run.experiment != found.experiment:
    st.caption("Below is still the race from before you changed the controls.")

board(run, prediction=predict.said_of(found.run), hidden=found.hidden)

if run is not None:
    look_inside(run)

if preset and run is not None and run.state == "completed":
    st.subheader("Why?", anchor=False)
    st.markdown(preset.why)

session.race.publish()
