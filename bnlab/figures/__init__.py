"""Figures as plain Plotly dictionaries."""
