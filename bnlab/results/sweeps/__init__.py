"""Sweeps: experiments with axes, their cells, and what is measured in them."""
