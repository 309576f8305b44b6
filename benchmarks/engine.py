"""Fleets against named rivals: JAX, torch.func, plain torch, scikit-learn, and torch.bmm itself.

Batch norm, SGD with momentum, each network on data and minibatches of its own. All contenders of
a case are started first and then take turns, so that whatever else the machine does hits all of
them; a ratio is the median over the rounds, over the best of a rival's settings. "One process"
has all threads; otherwise there is a single-threaded process a core. Rivals need
`requirements-bench.txt`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from statistics import median
from typing import NamedTuple

from benchmarks.contenders import SWEEP_STEPS, Case
from benchmarks.fleet import Contender, shares
from benchmarks.report import Row, main

CASES = (Case(3, 32, 64), Case(5, 64, 64), Case(5, 100, 60), Case(10, 64, 128))
NETWORKS = (16, 64, 256)
SWEEP = 64  # networks


class Setting(NamedTuple):
    """One way of running a contender."""

    kind: str
    is_split: bool  # a single-threaded process a core, else one with all threads
    pieces: int = 0  # of JAX: networks in each


class Rival(NamedTuple):
    """Somebody else's way of doing the same, in every setting that is tried."""

    name: str
    settings: tuple[Setting, ...]
    goal: str | None = None


JAX = Rival(
    "JAX jit(vmap(scan))",
    (
        Setting("jax_whole", is_split=False),
        Setting("jax_whole", is_split=True),
        Setting("jax_pieces", is_split=True, pieces=2),
        Setting("jax_pieces", is_split=True, pieces=8),
    ),
    goal=">= 1.3",
)
RIVALS = (
    JAX,
    Rival("torch.func.vmap", (Setting("vmap_of_grad", False), Setting("vmap_of_grad", True))),
    Rival("a plain torch loop", (Setting("plain", True),)),
)
SCIKIT = Rival("scikit-learn's MLPClassifier, without batch norm", (Setting("sklearn", True),))
JAX_RESULTS = Rival(
    JAX.name, tuple(Setting("jax_results", is_split) for is_split in (False, True)), goal=">= 2"
)
NEEDS = {"jax_whole": ("jax", "optax"), "jax_results": ("jax", "optax")}
FLEET = Setting("fleet", is_split=True)


def measure(*, quick: bool = False) -> Iterator[Row]:
    """The rows of this benchmark, half an hour; some ten minutes if quick."""
    rounds, seconds = (3, 0.3) if quick else (5, 1.0)
    for case in CASES:
        for networks in (64,) if quick else NETWORKS:
            yield from _throughput(case, networks, rounds=rounds, seconds=seconds)
        yield from _to_result(case, rounds=rounds)


def _throughput(case: Case, networks: int, *, rounds: int, seconds: float) -> Iterator[Row]:
    rivals = [rival for rival in (*RIVALS, SCIKIT) if rival is not SCIKIT or networks == SWEEP]
    whole, products = Setting("fleet", is_split=False), Setting("products", is_split=True)
    own = (FLEET, whole, products)
    pace = _turns(case, networks, [*own, *_settings(rivals)], rounds=rounds, seconds=seconds)
    name = f"{_name(case)} M={networks}"
    yield Row(f"{name}: fleet, steps of a network", median(pace[FLEET]), "/s")
    yield Row(f"{name}: fleet in one process, steps of a network", median(pace[whole]), "/s")
    share = median(100 * a / b for a, b in zip(pace[FLEET], pace[products], strict=True))
    yield Row(f"{name}: share of torch.bmm's own pace in the same products", share, "%", ">= 60")
    for rival in rivals:
        yield from _ratio(f"{name}: fleet", [FLEET, whole], rival, pace)


def _to_result(case: Case, *, rounds: int) -> Iterator[Row]:
    own = Setting("results", is_split=True)
    pace = _turns(case, SWEEP, [own, *_settings([JAX_RESULTS])], rounds=rounds, seconds=0.1)
    name = f"{_name(case)}: sweep of {SWEEP} networks, {SWEEP_STEPS} steps"
    yield Row(f"{name}: time to result", median(SWEEP_STEPS * SWEEP / x for x in pace[own]), "s")
    yield from _ratio(f"{name}: speed to result, compiling included", [own], JAX_RESULTS, pace)


def _ratio(
    case: str, own: list[Setting], rival: Rival, pace: dict[Setting, list[float]]
) -> Iterator[Row]:
    """The best of our settings over the best of theirs."""
    if missing := _missing(rival):
        print(f"{case}: {rival.name} is left out; not installed: {missing}.", file=sys.stderr)
        return
    mine = _best(own, pace)
    theirs = _best(rival.settings, pace)
    ratio = median(a / b for a, b in zip(pace[mine], pace[theirs], strict=True))
    yield Row(case, ratio, "x", rival.goal, rival.name)
    where = "a process a core" if theirs.is_split else "one process"
    pieces = f", pieces of {theirs.pieces}" if theirs.pieces else ""
    yield Row(f"{case.split(':')[0]}: {rival.name} ({where}{pieces})", median(pace[theirs]), "/s")


def _best(
    settings: tuple[Setting, ...] | list[Setting], pace: dict[Setting, list[float]]
) -> Setting:
    return max(settings, key=lambda setting: median(pace[setting]))


def _turns(
    case: Case, networks: int, settings: list[Setting], *, rounds: int, seconds: float
) -> dict[Setting, list[float]]:
    """Steps of a network a second of each setting, a figure a round."""
    cores = len(shares(networks))
    contenders = {
        setting: Contender(
            setting.kind,
            case,
            networks=shares(networks) if setting.is_split else [networks],
            threads=1 if setting.is_split else cores,
            environment={"JAX_PIECE": str(setting.pieces)} if setting.pieces else {},
        )
        for setting in settings
    }
    pace: dict[Setting, list[float]] = {setting: [] for setting in settings}
    for _ in range(rounds):
        for setting, contender in contenders.items():
            pace[setting].append(contender.steps_a_second(seconds))
    for contender in contenders.values():
        contender.close()
    return pace


def _settings(rivals: list[Rival]) -> list[Setting]:
    """All settings of those that are installed."""
    return [setting for rival in rivals if not _missing(rival) for setting in rival.settings]


def _missing(rival: Rival) -> str:
    needed = NEEDS.get(rival.settings[0].kind, ())
    return " and ".join(module for module in needed if find_spec(module) is None)


def _name(case: Case) -> str:
    return f"{case.depth}x{case.width} B{case.batch_size}"


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(measure, __doc__ or "")
