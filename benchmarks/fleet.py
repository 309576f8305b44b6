"""Fleets against plain torch networks trained one by one, and the speed of a race.

All contenders of a case are started first and then take turns, so that whatever else the machine
does hits all of them; a ratio is the median over the rounds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.contenders import Case
from benchmarks.report import Row, main

NETWORKS = 64
FLEETS = {
    Case(3, 32, 64): ">= 12",
    Case(5, 64, 64): ">= 6",
    Case(5, 100, 60): ">= 3.5",
    Case(10, 64, 128): ">= 3.5",
}
RACES = [Case(6, width, 64, data=data) for data in ("spirals", "digits") for width in (8, 32)]
FRAMES_A_SECOND = 20


class Contender:
    """Networks trained in one or more processes at once."""

    def __init__(
        self,
        kind: str,
        case: Case,
        *,
        networks: Sequence[int],
        threads: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        spelled = ",".join(map(str, case))
        self.processes = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "benchmarks.contenders",
                    kind,
                    *map(str, (spelled, share, threads)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                process_group=0,  # Ctrl-C is for the benchmark; these end with their input
                env=os.environ
                | {"OMP_NUM_THREADS": str(threads), "CORE": str(core)}
                | dict(environment or {}),
            )
            for core, share in enumerate(networks)
            if share
        ]
        self.steps_a_second(0.05)  # started, imported, warm

    def steps_a_second(self, seconds: float) -> float:
        """Train for so long; steps of one network a second, over all processes."""
        for process in self.processes:
            assert process.stdin
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
        answers = [process.stdout.readline() for process in self.processes if process.stdout]
        return sum(float(answer) for answer in answers)

    def close(self) -> None:
        """End its processes."""
        for process in self.processes:
            process.communicate()


def shares(networks: int) -> list[int]:
    """So many networks, dealt to the cores of this machine."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return [networks * (core + 1) // cores - networks * core // cores for core in range(cores)]


def measure(*, quick: bool = False) -> Iterator[Row]:
    """The rows of this benchmark, two to three minutes; a quarter of that if quick."""
    rounds, seconds = (3, 0.4) if quick else (7, 1.0)
    for case, goal in FLEETS.items():
        yield from _fleet(case, goal, rounds=rounds, seconds=seconds)
    for case in RACES:
        yield from _race(case, rounds=rounds, seconds=seconds)


def _fleet(case: Case, goal: str, *, rounds: int, seconds: float) -> Iterator[Row]:
    each_core = shares(NETWORKS)
    cores = len(each_core)
    fleet = Contender("fleet", case, networks=each_core)
    crowd = Contender("plain", case, networks=each_core)
    threads = sorted({1, 2, cores // 2, cores} - {0})
    loops = [Contender("plain", case, networks=[NETWORKS], threads=n) for n in threads]
    everybody = [fleet, crowd, *loops]
    turns = [[each.steps_a_second(seconds) for each in everybody] for _ in range(rounds)]
    for each in everybody:
        each.close()
    name = f"{case.depth}x{case.width} B{case.batch_size} M={NETWORKS}"
    over_loop = median(turn[0] / max(turn[2:]) for turn in turns)
    yield Row(f"{name}: fleet over a loop of plain networks", over_loop, "x", goal)
    yield Row(
        f"{name}: fleet over such a loop a core", median(turn[0] / turn[1] for turn in turns), "x"
    )
    yield Row(f"{name}: fleet, steps of a network", median(turn[0] for turn in turns), "/s")


def _race(case: Case, *, rounds: int, seconds: float) -> Iterator[Row]:
    kinds = ("race", "one_panel", "all_panels")
    contenders = [Contender(kind, case, networks=[1]) for kind in kinds]
    turns = [[each.steps_a_second(seconds / 2) for each in contenders] for _ in range(rounds)]
    for each in contenders:
        each.close()
    pace, first_screen, all_panels = (median(figures) for figures in zip(*turns, strict=True))
    name = f"{case.data} {case.depth}x{case.width} B{case.batch_size}"
    yield Row(f"{name}: none and batch in lockstep, steps", pace, "/s", ">= 2000")
    yield Row(f"{name}: measuring a frame, first screen", 1000 / first_screen, "ms")
    yield Row(f"{name}: measuring a frame, all panels", 1000 / all_panels, "ms")
    share = 100 * FRAMES_A_SECOND / first_screen
    yield Row(f"{name}: first screen at {FRAMES_A_SECOND}/s", share, "% of a core", "<= 20")


if __name__ == "__main__":
    main(measure, __doc__ or "")
