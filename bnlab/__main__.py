"""The command line: `python -m bnlab race|sweep|bench|data`."""

from __future__ import annotations

import sys

from bnlab.cli.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
