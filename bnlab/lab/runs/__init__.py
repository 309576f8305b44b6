"""The log of runs: their records, frames, curves and tables."""
