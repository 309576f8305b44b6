"""What runs inside a worker process: its runs, advanced in turn."""
