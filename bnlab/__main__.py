"""The command line: `python -m bnlab race|sweep|claims|data`."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from bnlab.api.cli.command import main  # takes a moment, in which Ctrl-C is no error either
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(main(sys.argv[1:]))
