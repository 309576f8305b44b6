"""Training and inference: running statistics, and what goes wrong without eval()."""

import streamlit as st

from bnlab.lessons.presets.train_vs_eval import PRESETS
from pages.ui.shared import predict, quiz, runs
from pages.ui.shared.board import board
from pages.ui.train_vs_eval import controls, quiz_setup
from pages.ui.train_vs_eval.alone import alone
from pages.ui.train_vs_eval.changed import changed
from pages.ui.train_vs_eval.companions import companions
from pages.ui.train_vs_eval.folding import folding
from pages.ui.train_vs_eval.forgotten import forgotten
from pages.ui.train_vs_eval.lag import lag
from pages.ui.train_vs_eval.session import page

found = page.current()
preset = PRESETS.get(found.preset or "")

with st.sidebar:
    controls.sidebar(found)

st.header("Training and inference", anchor=False)
st.markdown(
    "In training, batch norm normalizes with the mean and variance of the minibatch. Afterwards "
    "there may be no minibatch, so it uses **running statistics** collected during training. "
    "`model.train()` and `model.eval()` switch between the two. This page shows what happens "
    "when they differ."
)
st.markdown(preset.story if preset else runs.describe(found.experiment))

page.say_problem()

run = runs.of_link(found, "network")

controls.start(found, run)
runs.say_outdated(found, run, "network")

board(run, page, prediction=predict.said_of(found.run), hidden=found.hidden)
if run is not None:
    st.caption(
        "Try these while the network trains. **Reset**: the running statistics start over, and the "
        "accuracy in eval mode (solid) falls; with exact statistics (dashed) it does not. "
        "**Freeze** early: they fall behind as the weights move on. **Momentum 1**: they are "
        "those of the last minibatch, noise included."
    )

companions()
forgotten()
lag()
changed()
alone()
folding()

st.subheader("Why?", anchor=False)
st.markdown(
    "A network must be able to classify a single example, and give the same answer every time, "
    "so inference uses fixed statistics of the whole training set "
    "(Ioffe & Szegedy 2015, 1502.03167, section 3.1). Running averages are a cheap estimate of "
    "them, and lag behind weights that move (Wu & Johnson 2021, 2105.07576, section 3). Batches "
    "that are small, or unlike the training data, give different statistics and so a different "
    "network (Ioffe 2017, 1702.03275). Statistics of new data adapt a network to them "
    "without training it (Li et al. 2016, 1603.04779; Schneider et al. 2020, 2006.16971). "
    "Folding: Jacob et al. 2018, 1712.05877, section 3.2."
)

quiz.ask("train_vs_eval", set_up=quiz_setup.set_up, measured=quiz_setup.measured)

page.publish()
