"""From a race to the inside of one of its units: where to look, and the link there."""

from __future__ import annotations

import streamlit as st

from bnlab.lab.runs.log import Run
from pages.ui.one_layer.microscope import first_place


def look_inside(run: Run) -> None:
    """Choose variant, layer and unit of a run, and open them under the microscope."""
    place, specs = first_place(run), run.experiment.specs()
    key = f"look inside {run.id}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = list(specs)
        variant = st.selectbox(
            "Variant", names, index=names.index(place["variant"]), width=200, key=f"{key} variant"
        )
        network = specs[variant].network
        layer = st.selectbox(
            "Layer", range(1, network.depth + 1), width=100, key=f"{key} layer {network.depth}"
        )
        unit = st.number_input(
            "Unit", 1, network.width, width=140, key=f"{key} unit {network.width}"
        )
        st.page_link(
            "one_layer.py",
            label="**Look inside** this unit",
            icon=":material/biotech:",
            query_params={
                "run": run.id,
                "variant": variant,
                "layer": str(layer - 1),
                "unit": str(unit - 1),
            },
            help="This unit of the running network, number by number, while it trains",
        )
