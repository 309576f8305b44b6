"""Where experiments run: the lab, its limits, the run log, workers, and tests of claims."""
