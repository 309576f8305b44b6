"""The server's side of workers: a pool of processes, and sweeps shared among them."""
