"""One call of the command line: read it, run it, and return an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from bnlab.api.cli.arguments import parse_arguments
from bnlab.api.labs import close_labs
from bnlab.api.progress import say
from bnlab.api.race_sweep import RunFailedError
from bnlab.spec.fields import SpecError

DONE, BROKEN, REFUSED, STOPPED = 0, 1, 2, 130


def main(arguments: list[str]) -> int:
    """Run one command; returns its exit code: DONE, BROKEN, REFUSED or STOPPED."""
    try:
        options = parse_arguments(arguments)
        # Each command imports only what it needs.
        command = import_module(f"bnlab.api.cli.{options.command}")
        is_whole: bool = command.run(options)
        sys.stdout.flush()
    except SpecError as error:
        say(f"bnlab: {error}")
        return REFUSED
    except (RunFailedError, OSError) as error:
        return _broken(error)
    except KeyboardInterrupt:
        say("bnlab: Stopped by Ctrl-C.")
        return STOPPED
    finally:
        close_labs()
    return DONE if is_whole else STOPPED


def _broken(error: Exception) -> int:
    if isinstance(error, BrokenPipeError):
        # The reader of the output has gone, as `head` does; Python must not complain when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN
    say(f"bnlab: {error}")
    return BROKEN
