"""The server's end takes its workers along, however it ends."""

from __future__ import annotations

import signal

import psutil
import pytest

from tests.server import serve

PATIENCE_S = 60.0  # with a busy machine


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_server(how: signal.Signals) -> None:
    with serve(workers=1) as server:
        workers = psutil.Process(server.pid).children(recursive=True)
        assert workers
        server.process.send_signal(how)
        server.process.wait(PATIENCE_S)
        _, alive = psutil.wait_procs(workers, timeout=PATIENCE_S)
        assert alive == []


def test_the_server_refuses_a_setting_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNLAB_LOG_MB", "plenty")
    with (
        pytest.raises(RuntimeError, match="BNLAB_LOG_MB must be a whole"),
        serve(),
    ):
        pass
