"""What the command line understands: its commands and their options."""

from __future__ import annotations

import argparse
from pathlib import Path
from textwrap import fill
from typing import Any, Never

from bnlab.api.labs import DEVICES
from bnlab.api.results import check_path
from bnlab.lessons.presets import PRESETS
from bnlab.lessons.presets.sweeps import SWEEP_PRESETS
from bnlab.spec.fields import SpecError

_SPEC = (
    "SPEC is a JSON or TOML file, or one of {}; by default two networks read digits, one of them "
    "with batch norm. --print-spec prints all fields. --set takes names and values as links do: "
    "optimizer.lr=0.5, seed=3, variant.slow=norm.kind:batch,norm.momentum:0.01 (named variants "
    "replace all others)."
)
_EXIT_CODES = (
    "Exit codes: 0 done, 1 it broke, 2 wrong input, 130 stopped by Ctrl-C (what is done is kept)."
)


class _Parser(argparse.ArgumentParser):
    """A parser that refuses in one sentence."""

    def error(self, message: str) -> Never:
        raise SpecError(f"{message} (see {self.prog} --help).")


def _epilog(*paragraphs: str) -> dict[str, Any]:
    """The end of a command's help, paragraph by paragraph."""
    filled = [fill(text, 79, break_on_hyphens=False) for text in (*paragraphs, _EXIT_CODES)]
    return {
        "epilog": "\n\n".join(filled),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; the command is in `command`.

    Raises:
        SpecError: one sentence for what is wrong.
        SystemExit: help was asked for and has been printed.
    """
    parser = _Parser(
        prog="python -m bnlab",
        description="Train networks with and without batch norm, and see what it does.",
        **_epilog(),
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_race(commands)
    _add_sweep(commands)
    _add_claims(commands)
    _add_data(commands)
    return parser.parse_args(arguments)


def _add_race(commands: argparse._SubParsersAction[_Parser]) -> None:
    race = commands.add_parser(
        "race",
        help="train a few networks side by side",
        description="Train the variants of an experiment side by side.",
        **_epilog(_SPEC.format(", ".join(PRESETS))),
    )
    _add_experiment(race)


def _add_sweep(commands: argparse._SubParsersAction[_Parser]) -> None:
    sweep = commands.add_parser(
        "sweep",
        help="train many networks, over one or two axes",
        description="Train the variants of an experiment at every point of one or two axes.",
        **_epilog(_SPEC.format(", ".join(SWEEP_PRESETS))),
    )
    _add_experiment(sweep)
    sweep.add_argument(
        "--axis",
        dest="axes",
        action="append",
        default=[],
        type=_change,
        metavar="FIELD=VALUES",
        help="vary a field: a list, optimizer.lr=0.01,0.1,1, or first:last:number, "
        "optimizer.lr=0.01:10:9, which may end with :log or :linear; may be given twice",
    )
    sweep.add_argument(
        "--estimate",
        action="store_true",
        help="print how many networks that is and how long it takes here, train nothing",
    )


def _add_experiment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", nargs="?", metavar="SPEC", help="preset, JSON or TOML file")
    _add_changes(parser, "change a field; may be repeated")
    parser.add_argument(
        "--out",
        action="append",
        default=[],
        type=_path,
        metavar="FILE",
        help=".json: everything, .csv: the numbers, .html: the figure; may be repeated",
    )
    _add_training(parser, seeds="train each variant N times", json="print one JSON document only")
    parser.add_argument(
        "--print-spec", action="store_true", help="print the experiment as JSON, train nothing"
    )


def _add_claims(commands: argparse._SubParsersAction[_Parser]) -> None:
    claims = commands.add_parser(
        "claims",
        help="test textbook claims about batch norm",
        description="Test textbook claims about batch norm, one after the other: train what each "
        "needs, and judge it by intervals over the seeds.",
        **_epilog("Whatever the verdicts are, the exit code is 0 when every claim was tested."),
    )
    claims.add_argument("names", nargs="*", metavar="CLAIM", help="numbers or names; default: all")
    claims.add_argument(
        "--out", type=Path, metavar="DIR", help="write report.html and report.json there"
    )
    _add_training(
        claims,
        seeds="default: as each claim has them",
        json="print a list, one entry per condition",
    )


def _add_data(commands: argparse._SubParsersAction[_Parser]) -> None:
    data = commands.add_parser(
        "data",
        help="list the data sets, or describe one and write its examples",
        description="List the data sets, or describe one and write its examples.",
        **_epilog(),
    )
    data.add_argument("name", nargs="?", metavar="NAME", help="a data set; default: list all")
    _add_changes(
        data, "change how it is prepared: noise=0.3, wrong_labels=0.2, standardized=false …"
    )
    data.add_argument("--seed", type=int, default=0, metavar="N", help="of split and points")
    data.add_argument("--out", type=Path, metavar="FILE", help="write the examples: .csv or .npz")
    data.add_argument(
        "--register",
        "--bring",
        dest="register",
        type=Path,
        metavar="FILE",
        help="make your own images a data set of this name: an .npz file that holds images "
        "(N, H, W) or (N, C, H, W) and labels (N,)",
    )
    data.add_argument("--fetch", action="store_true", help="mnist only: fetch it from OpenML, once")
    data.add_argument("--json", action="store_true", help="print one JSON document only")


def _add_changes(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        type=_change,
        metavar="FIELD=VALUE",
        help=words,
    )


def _add_training(parser: argparse.ArgumentParser, *, seeds: str, json: str) -> None:
    """What races, sweeps and claims have in common; the words differ."""
    parser.add_argument("--seeds", type=int, metavar="N", help=seeds)
    parser.add_argument("--device", choices=DEVICES, help="where; default: BNLAB_DEVICE")
    parser.add_argument("--json", action="store_true", help=json)
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _change(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise argparse.ArgumentTypeError(f"must be FIELD=VALUE (got {text[:60]!r})")
    return path, value


def _path(text: str) -> Path:
    try:
        return check_path(text)
    except SpecError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
