"""One worker process, from the server's side: start it, talk to it, notice when it dies."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import bnlab
from bnlab.lab.workers.protocol.messages import decode, encode

PROGRAM = (sys.executable, "-m", "bnlab.lab.workers.inside.start")
_log = logging.getLogger(__name__)


class WorkerProcess:
    """A process that runs `workers.inside.start`, joined by a socket that only the two share.

    The socket is the lifeline of both: when either end dies, by whatever signal, the other reads
    its end at once. `on_message` and `on_death` are called from a thread of this object, in order,
    `on_death` last and once, with words such as "was killed (signal 9)".

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(
        self,
        *,
        on_message: Callable[[dict[str, Any], bytes], None],
        on_death: Callable[[str], None],
        program: Sequence[str] = PROGRAM,
    ) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = start_program(program, theirs.fileno(), _environment())
            self._connection = Connection(ours.detach())
        self._sending = threading.Lock()
        self._on_message, self._on_death = on_message, on_death
        self._reader = threading.Thread(target=self._read, name="bnlab-worker-reader", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, meta: Mapping[str, Any]) -> None:
        """Send a message; one to a dead process is lost, and `on_death` reports the death."""
        try:
            with self._sending:
                self._connection.send_bytes(encode(meta))
        except OSError:
            _log.info("a message to worker %d came after it had ended", self.pid)

    def close(self, *, timeout_s: float = 5.0) -> None:
        """End the process and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if threading.current_thread() is not self._reader:
            self._reader.join(timeout_s)

    def _read(self) -> None:
        while True:
            try:
                data = self._connection.recv_bytes()
            except (EOFError, OSError):
                break
            try:
                self._on_message(*decode(data))
            except (ValueError, LookupError):
                # One bad message must not stop the reading of all others.
                _log.exception("a message from worker %d was not understood", self.pid)
        self._connection.close()
        self._on_death(_how_it_ended(self._process.wait()))


def start_program(
    program: Sequence[str], fd: int, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a worker's program, which finds its socket to the server under the number fd."""
    # Not multiprocessing: its spawn would run the app's main script again in the child.
    return subprocess.Popen(
        [*program, str(fd)],
        pass_fds=[fd],
        stdin=subprocess.DEVNULL,
        env=environment,
        process_group=0,  # Ctrl-C goes to the server only, which decides when its workers end
    )


def _environment() -> dict[str, str]:
    """The server's environment, with this package on the path and one thread per process."""
    # Networks this small lose more to thread synchronization than they gain.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    home = str(Path(bnlab.__file__).parents[1])
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    return {**os.environ, **threads, "PYTHONPATH": path}


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exited (code {code})"
    how = "was killed" if -code == signal.SIGKILL else f"was ended by {signal.Signals(-code).name}"
    return f"{how} (signal {-code})"
