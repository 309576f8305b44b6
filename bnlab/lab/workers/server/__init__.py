"""Workers as the server sees them: a pool of processes, sweeps shared among them."""
