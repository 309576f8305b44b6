"""For notebooks and the command line: races, sweeps and claims as functions."""
