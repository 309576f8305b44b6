"""Sweeps: an experiment with axes, the cells it has, and what was measured in them."""
