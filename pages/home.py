"""What BN Lab is, with one button that starts the first race."""

import streamlit as st

from bnlab.lab.lab import get_lab
from bnlab.lessons.presets import PRESETS
from pages.ui.race.address import FIRST_PRESET, preset_address, write
from pages.ui.race.session import open_preset, page
from pages.ui.shared import runs
from pages.ui.shared.board import board

lab = get_lab()
first = PRESETS[FIRST_PRESET]

st.title("BN Lab", anchor=False)
st.markdown(
    "**Put batch normalization to the test.** "
    "BN Lab trains real networks with and without batch norm, side by side, in front of you. "
    "They start from the same weights and see the same minibatches, so any difference comes from "
    "the norm alone. "
    "While they learn, you can look inside every layer: activations, gradients, dead units. "
    "No curve here is scripted: where a textbook claim fails, you see it fail."
)

if st.button("Start the first race", type="primary", icon=":material/play_arrow:"):
    open_preset(FIRST_PRESET)
    runs.start(page)
    st.switch_page("race.py")

st.caption(f"{first.title}: {first.story}")

st.subheader("What you can explore", anchor=False)
st.page_link("race.py", label="**Race**: networks side by side, live", icon=":material/timer:")
st.page_link(
    "sweep.py",
    label="**Sweep**: hundreds of networks at once, a map of what works",
    icon=":material/apps:",
)
st.page_link(
    "claims.py",
    label="**Claims**: what textbooks say about batch norm, each statement tested",
    icon=":material/fact_check:",
)
st.page_link(
    "published.py",
    label="**Published figures**: what papers measured, beside what the lab measures",
    icon=":material/menu_book:",
)
st.page_link(
    "one_layer.py",
    label="**One layer**: batch norm number by number, forward and backward",
    icon=":material/calculate:",
)
st.page_link(
    "train_vs_eval.py",
    label="**Training and inference**: running statistics, and what goes wrong without eval()",
    icon=":material/swap_horiz:",
)
st.page_link(
    "norms.py",
    label="**What is averaged**: batch, layer, group, instance and RMS norm in one block",
    icon=":material/grid_view:",
)
st.markdown("Or begin with a question:")
columns = st.columns(3)
for place, (name, preset) in enumerate(PRESETS.items()):
    with columns[place % len(columns)]:
        link = write(preset_address(name))
        st.page_link("race.py", label=f":primary[{preset.title}]", query_params=link)
        st.caption(preset.story)

st.subheader("Where it runs", anchor=False)
workers = lab.workers.status()
if workers.problem:
    st.error(workers.problem, icon=":material/error:")
processes = "process" if workers.alive == 1 else "processes"
device = f"**{workers.device}**" if workers.device else "workers that are still warming up"
st.markdown(
    f"The networks train on {device}, in {workers.alive} worker {processes}. "
    "The code is a plain Python library that you can also use from a notebook: "
    "`bnlab/fleet/train.py` is the training loop, `ARCHITECTURE.md` the map."
)

board(None, page)  # empty, but loads what the first race needs while this page is read
