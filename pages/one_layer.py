"""One batch norm layer, number by number, on a minibatch that can be computed by hand."""

import streamlit as st

from bnlab.export.script.layer import numpy_layer, torch_layer
from bnlab.figures.layer import distributions
from pages.ui.one_layer import example, session
from pages.ui.one_layer.microscope import microscope
from pages.ui.one_layer.session import page
from pages.ui.one_layer.torch_check import check
from pages.ui.one_layer.trials import trials
from pages.ui.shared import quiz
from pages.ui.shared.plot import plot

found = page.current()

st.header("One layer, number by number", anchor=False)
st.markdown(
    "Batch norm on a minibatch that is small enough to compute by hand. Step through it with the "
    "buttons or the arrow keys, pick any number to see where it comes from, and edit any box: "
    "everything else follows."
)
page.say_problem()

if "run" in (followed := dict(found.followed)):
    st.subheader("Under the microscope: a unit of a run", anchor=False)
    if held := microscope(**followed, moved=session.follow):
        session.put(held)
        found = page.current()
    st.subheader("The layer example", anchor=False)

back = example.computed(found.example)
example.presets()
left, right = st.columns([3, 5], gap="medium")
with right:
    example.numbers(back)
    check(back)
with left:
    example.steps(back)

st.subheader("Before and after", anchor=False)
st.markdown(
    "The same values on one axis. Batch norm gives each unit mean 0 and standard deviation 1; "
    "gamma and beta then choose a new spread and position."
)
plot(distributions(back.forward), key="distributions")

st.subheader("Things to try", anchor=False)
trials()

st.subheader("The layer in code", anchor=False)
st.markdown("The same numbers as code to run and change: by hand in numpy, and in torch.")
example.code(numpy_layer(found.example), torch_layer(found.example))


def set_up(question: quiz.QuizQuestion) -> None:
    """Put a question's numbers into the layer example, at the step that shows the answer."""
    session.put(question.set_up)
    session.show(question.place)


quiz.ask("one_layer", set_up=set_up)

example.publish()
