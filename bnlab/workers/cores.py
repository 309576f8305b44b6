"""How many worker processes this machine, or this container of it, has room for."""

from __future__ import annotations

import math
import os
from pathlib import Path

WORKER_BYTES = 320 * 2**20  # a worker with torch, measured
_CGROUP = Path("/sys/fs/cgroup")


def worker_count() -> int:
    """One worker a usable core, memory permitting, at least one.

    Counted are the process's affinity, the container's share of CPU time and its memory limit.
    """
    return max(1, min(_cores(), _memory_bytes() // WORKER_BYTES))


def _cores() -> int:
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        cores = os.cpu_count() or 1
    return min(cores, _cpu_share())


def _cpu_share() -> int:
    """Cores' worth of time that a container may use, rounded up."""
    quota, period = (_words("cpu.max") or ["max", "100000"])[:2]
    if not quota.isdecimal():  # version 1 of control groups, or no limit
        quota = (_words("cpu/cpu.cfs_quota_us") or ["-1"])[0]
        period = (_words("cpu/cpu.cfs_period_us") or ["100000"])[0]
    if not quota.isdecimal():
        return 2**16
    return math.ceil(int(quota) / int(period))


def _memory_bytes() -> int:
    """Memory still free, in the container and on the machine."""
    free = [2**50]
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        numbers = _words(limit)[:1] + _words(used)[:1]
        if len(numbers) == 2 and all(number.isdecimal() for number in numbers):
            free.append(int(numbers[0]) - int(numbers[1]))
    available = _read(Path("/proc/meminfo")).partition("MemAvailable:")[2].split()
    if available:
        free.append(int(available[0]) * 1024)
    return min(free)


def _words(name: str) -> list[str]:
    return _read(_CGROUP / name).split()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""  # not Linux, or no control groups: no limit from there
