"""The rival of the page "One layer": the same numbers with the widgets that Streamlit brings."""

import numpy as np
import pandas as pd
import streamlit as st

from bnlab.by_hand.batch_norm import backward, forward
from bnlab.by_hand.layer_example import PRESETS, LayerExample

start: LayerExample = next(iter(PRESETS.values()))
units = [f"unit {number}" for number in range(1, start.columns + 1)]

st.header("One layer")
x = st.data_editor(pd.DataFrame(np.array(start.x), columns=units), key="x")
eps = st.number_input("eps", 0.0, 1.0, start.eps, format="%g")
layer = forward(x.to_numpy(), start.weight, start.bias, eps=eps)
back = backward(layer, start.grad_y)
for of in (layer, back):
    for step in of:
        st.markdown(f"**{step.title}.** {step.words}")
        st.latex(step.formula)
        st.dataframe(pd.DataFrame(np.atleast_2d(step.value), columns=units))
st.caption(f"The first output is {layer.y[0, 0]}.")
