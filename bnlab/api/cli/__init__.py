"""The command line: what `python -m bnlab` understands, and what it prints."""
