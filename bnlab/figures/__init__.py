"""Figures as plain Plotly dictionaries: axes, words and colours. Knows specs and frames only."""
