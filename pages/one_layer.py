"""One batch norm layer, number by number, on a minibatch that can be computed by hand."""

import streamlit as st

from pages.ui import bench

found = bench.tab.current()

st.header("One layer, number by number", anchor=False)
st.markdown(
    "Batch norm on a minibatch that is small enough to compute by hand. Step through it, "
    "pick any number to see where it comes from, and change what stands in a box: all else follows."
)

if problem := bench.tab.take_problem():
    st.error(problem, icon=":material/error:")

bench.ready_benches()
back = bench.computed(found.bench)

left, right = st.columns([2, 3], gap="medium")
with right:
    bench.numbers(back)
with left:
    bench.steps(back)

bench.publish()
