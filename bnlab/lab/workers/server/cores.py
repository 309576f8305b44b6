"""How many worker processes this machine, or this container, has room for."""

from __future__ import annotations

import math
import os
from pathlib import Path

WORKER_BYTES = 320 * 2**20  # a worker with torch, measured


def worker_count(root: Path = Path("/")) -> int:
    """One worker per usable core, memory permitting, and at least one.

    Respects the process's affinity, the container's share of CPU time and its memory limit.

    Args:
        root: where `sys/fs/cgroup` and `proc/meminfo` are.
    """
    return max(1, min(_cores(root), _free_bytes(root) // WORKER_BYTES))


def numbers_a_worker(count: int, megabytes: int | None, root: Path = Path("/")) -> int:
    """How many numbers (float32) the sweeps on each worker may keep in memory.

    Args:
        count: number of workers, which share the memory evenly.
        megabytes: for all of them; by default half of what is free, at most 1 GB per worker.
        root: as for `worker_count`.
    """
    if megabytes is not None:
        return megabytes * 2**20 // 4 // count
    return max(2**24, min(2**28, _free_bytes(root) // 2 // 4 // count))


def _cores(root: Path) -> int:
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        cores = os.cpu_count() or 1
    return min(cores, _cpu_share(root))


def _cpu_share(root: Path) -> int:
    """CPU time that a container may use, in cores, rounded up."""
    cgroup = root / "sys/fs/cgroup"
    quota, period = (_words(cgroup / "cpu.max") or ["max", "100000"])[:2]
    if not quota.isdecimal():  # version 1 of control groups, or no limit
        quota = (_words(cgroup / "cpu/cpu.cfs_quota_us") or ["-1"])[0]
        period = (_words(cgroup / "cpu/cpu.cfs_period_us") or ["100000"])[0]
    if not quota.isdecimal():
        return 2**16
    return math.ceil(int(quota) / int(period))


def _free_bytes(root: Path) -> int:
    """Memory still free, in the container and on the machine."""
    cgroup = root / "sys/fs/cgroup"
    free = [2**50]
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        numbers = _words(cgroup / limit)[:1] + _words(cgroup / used)[:1]
        if len(numbers) == 2 and all(number.isdecimal() for number in numbers):
            free.append(int(numbers[0]) - int(numbers[1]))
    available = _read(root / "proc/meminfo").partition("MemAvailable:")[2].split()
    if available:
        free.append(int(available[0]) * 1024)
    return min(free)


def _words(path: Path) -> list[str]:
    return _read(path).split()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""  # not Linux, or no control groups: no limit from there
