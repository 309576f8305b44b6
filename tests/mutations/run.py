"""Measures whether the suite catches faults: each patch beside this file is one, with its tests.

    python -m tests.mutations.run          # all of them, in a copy of the working tree
    python -m tests.mutations.run 3 17     # these alone
    python -m tests.mutations.run --clean  # their tests without any fault: which fail by themselves

A patch begins with its fault and its tests. It is caught when one of them fails, else missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMIT_S = 120.0  # for the tests of one fault
OUTCOMES = {0: "missed", 1: "caught"}  # by pytest's exit code; any other: broken


@dataclass(frozen=True)
class Mutation:
    """One fault: its patch, what is wrong in a sentence, and the tests that should say so."""

    patch: Path
    fault: str
    tests: list[str]

    @classmethod
    def read(cls, patch: Path) -> Mutation:
        fault, tests, _ = patch.read_text(encoding="utf-8").split("\n", 2)
        return cls(patch, fault.removeprefix("Fault: "), tests.removeprefix("Tests: ").split())

    def apply(self, tree: Path, *options: str) -> bool:
        """Put the fault into a tree, with `-R` take it out again; whether that worked."""
        alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}  # part of no repository
        command = ["git", "apply", "--recount", "-C1", *options, str(self.patch)]
        return subprocess.run(command, cwd=tree, env=alone, check=False).returncode == 0

    def outcome(self, tree: Path) -> tuple[str, str]:
        """What its tests say of a tree that has the fault, and the first that failed."""
        if not self.apply(tree):
            return "broken", "the patch does not apply"
        found = run_tests(self.tests, tree, "-x", limit_s=LIMIT_S)
        return found if self.apply(tree, "-R") else ("broken", "the patch cannot be taken back")


def copy_tree(target: Path) -> None:
    """Copy what git knows or would take in, and link the virtual environment."""
    listed = ["git", "ls-files", "-coz", "--exclude-standard"]
    found = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, found.split("\0")):
        if (ROOT / name).is_file():  # not deleted, and no link to a folder
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    if (ROOT / ".venv").exists():
        (target / ".venv").symlink_to(ROOT / ".venv")


def run_tests(
    tests: list[str], tree: Path, *options: str, limit_s: float | None = None
) -> tuple[str, str]:
    """Run tests in a tree: the outcome, and which failed."""
    command = [sys.executable, "-m", "pytest", *options, "-q", "-p", "no:cacheprovider", *tests]
    # A file may change twice in a second and keep its size: what was compiled of it would be stale.
    fresh = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=tree, env=fresh, start_new_session=True, **pipes)
    try:
        said = process.communicate(timeout=limit_s)[0]
    except subprocess.TimeoutExpired:
        started = psutil.Process(process.pid).children(recursive=True)  # some lead their own groups
        os.killpg(process.pid, signal.SIGKILL)
        for child in started:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()
        return "out of time", ""
    failed = [line.split()[1] for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return OUTCOMES.get(process.returncode, "broken"), " ".join(failed)


def main() -> None:
    """Put each fault to its tests, and count those that are caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations.run")
    parser.add_argument("numbers", nargs="*", type=int, help="of the patches; all if not given")
    parser.add_argument("--clean", action="store_true", help="run the tests without any fault")
    asked = parser.parse_args()
    every = {int(path.name[:2]): Mutation.read(path) for path in sorted(HERE.glob("*.patch"))}
    chosen = [every[number] for number in asked.numbers or every]
    with tempfile.TemporaryDirectory(prefix="bnlab-mutations-") as folder:
        copy_tree(tree := Path(folder))
        if asked.clean:
            tests = sorted({test for one in chosen for test in one.tests})
            print("failed without any fault:", run_tests(tests, tree)[1] or "none")
            return
        outcomes = []
        for one in chosen:
            start = time.monotonic()
            outcome, failed = one.outcome(tree)
            outcomes.append(outcome)
            seconds = f"{time.monotonic() - start:6.1f} s"
            print(f"{one.patch.stem:30} {outcome:12}{seconds}  {failed or one.fault}", flush=True)
        print(f"{outcomes.count('caught')} of {len(outcomes)} caught")


if __name__ == "__main__":
    main()
