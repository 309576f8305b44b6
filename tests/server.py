"""The real server, started as a person starts it, on a free loopback port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
START_S = 90.0  # patience, not a goal: benchmarks measure how long it takes
STOP_S = 60.0


@dataclass(frozen=True)
class Server:
    """A running server: where it is, and its process."""

    url: str  # ends without a slash
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def answers(self, path: str = "/healthz") -> bool:
        """Whether a GET succeeds just now."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def health(self) -> dict[str, Any]:
        """What `/healthz` says of the workers."""
        with urllib.request.urlopen(self.url + "/healthz", timeout=5) as answer:
            said: dict[str, Any] = json.load(answer)
        return said

    def wait_until_warm(self) -> None:
        """Return once every worker has made its first training step."""
        deadline = time.monotonic() + START_S
        while (health := self.health())["warm"] < health["workers"]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"The workers stayed cold: {health}")
            time.sleep(0.05)

    def wait_until_ready(self, path: str = "/healthz") -> None:
        """Return once the path answers; raise with the log when the server ends or is too slow."""
        deadline = time.monotonic() + START_S
        while not self.answers(path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{self.log.read_text()}")
            time.sleep(0.05)


@contextmanager
def serve(
    *options: str, workers: int | None = 1, script: str | Path = "app.py", wait: bool = True
) -> Iterator[Server]:
    """Start a server, ready to be visited; end it with SIGTERM when the block is left.

    Args:
        options: further command line options, as "--server.baseUrlPath=lab".
        workers: worker processes; None: as many as it takes by itself.
        script: what Streamlit runs.
        wait: return when `/healthz` answers, not at once.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}", *options]
    base = next((o.partition("=")[2] for o in options if "baseUrlPath" in o), "").strip("/")
    url = f"http://127.0.0.1:{port}" + (f"/{base}" if base else "")
    environment = {**os.environ, "BNLAB_WORKERS": "" if workers is None else str(workers)}
    with TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            server = Server(url, process, log)
            if wait:
                server.wait_until_ready()
            yield server
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, gently first."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
