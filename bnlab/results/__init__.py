"""What training yields: frames, curves, sweep tables, and what is computed from them."""
