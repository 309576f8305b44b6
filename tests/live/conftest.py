"""The real routes over a real lab with one worker, in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from bnlab.lab.claim_tests import ClaimTests
from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import RunLog
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.live.access import BrowserCookie
from bnlab.live.routes import routes
from tests.lab.workers.builders import wait_for_workers
from tests.live.viewer import SECRET, Viewers
from tests.server import WEB


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    log = RunLog()
    workers = WorkerPool(log, count=1)
    wait_for_workers(workers, 1)
    made = Lab(log=log, workers=workers, secret=SECRET)
    yield made
    made.close()


@pytest.fixture(scope="module")
def claim_tests(lab: Lab) -> Iterator[ClaimTests]:
    """In this lab."""
    made = ClaimTests(lab)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(lab: Lab, claim_tests: ClaimTests) -> Iterator[TestClient]:
    """Speaks to all routes, as if served under "/base"."""
    app = Starlette(
        routes=routes("/base", lab=lambda: lab, claim_tests=lambda: claim_tests, web=WEB),
        middleware=[Middleware(BrowserCookie, secret=lambda: SECRET, path="/base")],
    )
    with TestClient(app) as made:  # one event loop for all its sockets, as in a server
        yield made


@pytest.fixture
def viewers(lab: Lab, client: TestClient) -> Viewers:
    """Opens streams of runs."""
    return Viewers(lab, client)
