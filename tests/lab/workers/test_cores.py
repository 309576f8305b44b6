"""There is one worker a core that may be used, as far as memory reaches, and at least one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bnlab.lab.workers.server.cores import (
    WORKER_BYTES,
    numbers_a_worker,
    worker_count,
)

CORES = os.cpu_count() or 1


def a_machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({}, CORES),
        ({"sys/fs/cgroup/cpu.max": "100000 100000\n"}, 1),
        ({"sys/fs/cgroup/cpu.max": "max 100000\n"}, CORES),
        ({"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        (
            {
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            1,
        ),
        ({"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1"}, CORES),
        (
            {
                "sys/fs/cgroup/memory.max": str(3 * WORKER_BYTES),
                "sys/fs/cgroup/memory.current": str(2 * WORKER_BYTES - 1),
            },
            1,
        ),
        ({"sys/fs/cgroup/memory.max": "max", "sys/fs/cgroup/memory.current": "5"}, CORES),
        ({"proc/meminfo": "MemTotal: 9 kB\nMemAvailable: 1000 kB\n"}, 1),
    ],
    ids=str,
)
def test_a_limit_of_the_container_or_the_machine_counts(
    tmp_path: Path, files: dict[str, str], most: int
) -> None:
    assert 1 <= worker_count(a_machine(tmp_path, files)) <= min(most, CORES)


def test_there_is_at_least_one_here_and_at_most_one_a_core() -> None:
    assert 1 <= worker_count() <= CORES


def test_sweeps_share_half_of_the_memory_that_is_free(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, {"proc/meminfo": "MemAvailable:    1048576 kB\n"})
    assert numbers_a_worker(2, None, machine) == 2**30 // 2 // 4 // 2
    large = a_machine(tmp_path, {"proc/meminfo": f"MemAvailable:    {2**30} kB\n"})
    assert numbers_a_worker(2, None, large) == 2**28
    assert numbers_a_worker(2, 512, large) == 512 * 2**20 // 4 // 2
