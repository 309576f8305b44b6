"""One batch norm layer, number by number, on a minibatch that can be computed by hand."""

import streamlit as st

from bnlab.export.script.layer import numpy_layer, torch_layer
from bnlab.figures.layer import distributions
from pages.ui import bench, quiz
from pages.ui.microscope import microscope
from pages.ui.plot import plot
from pages.ui.torch_check import check
from pages.ui.trials import trials

found = bench.tab.current()

st.header("One layer, number by number", anchor=False)
st.markdown(
    "Batch norm on a minibatch that is small enough to compute by hand. Step through it with the "
    "buttons or the arrow keys, pick any number to see where it comes from, and change what stands "
    "in a box: all else follows."
)
if problem := bench.tab.take_problem():
    st.error(problem, icon=":material/error:")

if "run" in (followed := dict(found.followed)):
    st.subheader("Under the microscope: a unit of a run", anchor=False)
    if held := microscope(**followed, moved=bench.follow):
        bench.put(held)
        found = bench.tab.current()
    st.subheader("On the bench", anchor=False)

back = bench.computed(found.bench)
bench.ready_benches()
left, right = st.columns([3, 5], gap="medium")
with right:
    bench.numbers(back)
    check(back)
with left:
    bench.steps(back)

st.subheader("Before and after", anchor=False)
st.markdown(
    "The same values on one axis. Batch norm moves each unit to mean 0 and a spread of 1, then "
    "gamma and beta choose a spread and a place anew."
)
plot(distributions(back.forward), key="distributions")

st.subheader("Things to try", anchor=False)
trials()

st.subheader("The layer in code", anchor=False)
st.markdown("The same numbers, to run and to change: by hand in numpy, and in torch.")
bench.code(numpy_layer(found.bench), torch_layer(found.bench))


def set_up(question: quiz.Question) -> None:
    """Put a question's numbers on the bench, at the step that shows the answer."""
    bench.put(question.set_up)
    bench.show(question.place)


quiz.ask("one_layer", set_up=set_up)

bench.publish()
