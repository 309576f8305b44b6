"""Worker processes that need not load torch: forked from a process that has loaded it, once.

Loading torch takes a worker a second and a half, and the suite starts some ninety of them. Here
`Nursery` keeps one process that has imported what a worker imports and has done nothing with it
(one thread, no torch operation: only so is it safe to fork), and each worker is a fork of it. The
forks are children of this process like any other worker: they can be killed, stopped and waited
for.

Real programs are still started by tests/lab/workers/test_faults.py (a server that dies), by
tests/laws/test_endings.py, by the command line and by every server of the browser tests.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from tests.server import ROOT

PR_SET_CHILD_SUBREAPER = 36  # of prctl(2): orphans below this process become its children
MOST_BYTES = 2**20  # of a request: an environment


class Nursery:
    """Forks workers from a process that has loaded torch, which starts with the first request."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def start_worker(self, fd: int, environment: dict[str, str]) -> Forked:
        """A worker that speaks with its server through the socket of this number."""
        request = json.dumps({"environment": environment, "folder": str(Path.cwd())}).encode()
        with self._asking:
            if self._process is None or self._process.poll() is not None:
                self.close()  # somebody ended it
                self._socket = self._start()
            socket.send_fds(self._socket, [request], [fd, 1, 2])
            answer = self._socket.recv(64)
        if not answer:
            raise RuntimeError("The process that forks workers has ended.")
        return Forked(int(answer))

    def close(self) -> None:
        """End the process; workers that still run are let alone."""
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.wait()
            self._process = self._socket = None

    def _start(self) -> socket.socket:
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                process_group=0,
            )
        return ours


class Forked:
    """A forked worker, with what `subprocess.Popen` has of a process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._end = os.pidfd_open(pid)  # can be read once the process has ended
        self._lock = threading.Lock()
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative for a signal; raises TimeoutExpired."""
        waiting = select.poll()
        waiting.register(self._end, select.POLLIN)
        if not waiting.poll(None if timeout is None else 1000 * timeout):
            raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0.0)
        with self._lock:
            if self._code is None:
                try:
                    status = os.waitpid(self.pid, 0)[1]
                except ChildProcessError:  # somebody has waited for it before
                    status = 0
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with self._lock, suppress(ProcessLookupError):
            if self._code is None:
                os.kill(self.pid, number)

    def __del__(self) -> None:
        os.close(self._end)


# --- in the process that forks --------------------------------------------------------------------


def main() -> None:
    """Load what a worker loads, then fork one at each request, until the other end is closed."""
    from bnlab.lab.workers.inside import start, worker  # brings torch

    _hold(start, worker)
    requests = socket.socket(fileno=int(sys.argv[1]))
    while True:
        request, fds, _, _ = socket.recv_fds(requests, MOST_BYTES, 3)
        if not request:
            return
        if len(threads := list(Path("/proc/self/task").iterdir())) != 1:
            raise RuntimeError(f"{len(threads)} threads: not safe to fork.")
        requests.send(str(_fork(request, fds)).encode())
        for fd in fds:
            os.close(fd)


def _fork(request: bytes, fds: list[int]) -> int:
    """Fork twice: the one between ends at once, which leaves its worker to the test process."""
    read_end, write_end = os.pipe()
    between = os.fork()
    if between == 0:
        pid = os.fork()
        if pid == 0:
            _work(request, fds)
        os.write(write_end, str(pid).encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(between, 0)
    with os.fdopen(read_end) as answer:
        return int(answer.read())


def _work(request: bytes, fds: list[int]) -> NoReturn:
    """Be the worker process: as `python -m bnlab.lab.workers.inside.start`, torch loaded."""
    from bnlab.lab.workers.inside import start

    code = 1
    try:
        about = json.loads(request)
        os.setpgid(0, 0)
        os.chdir(about["folder"])
        os.environ.clear()
        os.environ.update(about["environment"])
        # Nothing else stays open: a foreign socket would keep a dead worker's connection alive.
        for place, fd in enumerate((fds[1], fds[2], fds[0]), 1):
            os.dup2(fd, place)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        sys.argv = ["start", "3"]
        start.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _hold(*modules: object) -> None:
    """Only to say that an import is wanted for itself."""


if __name__ == "__main__":
    main()
