"""The start of a worker process: it listens to the server before torch is loaded.

`bnlab.lab.workers.server.process` starts `python -m bnlab.lab.workers.inside.start FD`, where FD is
the number of its socket to the server. Loading torch takes seconds; a server that dies meanwhile
must not leave an orphan.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from queue import SimpleQueue

from bnlab.lab.workers.protocol.messages import Message, decode


def main() -> None:
    """Serve the server at the other end of the given socket until it exits."""
    # Interrupts are for the server, which decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(int(sys.argv[1]))
    inbox: SimpleQueue[Message] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, inbox), name="listen", daemon=True).start()
    from bnlab.lab.workers.inside.worker import work  # loads torch

    work(connection, inbox)


def _listen(connection: Connection, inbox: SimpleQueue[Message]) -> None:
    """Put messages into the inbox; exit at once when the server dies."""
    try:
        while True:
            inbox.put(decode(connection.recv_bytes())[0])
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    main()
