"""The routes beside Streamlit's pages: the live stream, exports, assets, health."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bnlab.export.claim_json import claim_document
from bnlab.export.run import curves_csv, frames_csv, run_json
from bnlab.export.sweep import sweep_csv, sweep_json
from bnlab.export.web_pages import claim_page
from bnlab.lab.claim_tests import ClaimRun, ClaimTests
from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import Run, RunLog, UnknownRunError
from bnlab.lab.workers.protocol.commands import RunEndedError
from bnlab.lab.workers.protocol.queries import QueryError
from bnlab.live.access import may_look
from bnlab.live.assets import plotly_file, web_file
from bnlab.live.claim_stream import ClaimStream, ClaimUpdates
from bnlab.live.race_stream import RaceStream
from bnlab.live.sweep_stream import SweepStream
from bnlab.live.sweep_updates import SweepUpdates
from bnlab.live.units import Units
from bnlab.live.updates import Updates
from bnlab.results.frames import Array
from bnlab.results.sweeps.table import Table
from bnlab.spec.fields import SpecError, refusal

R = TypeVar("R")


def routes(
    base_path: str,
    *,
    lab: Callable[[], Lab],
    claim_tests: Callable[[], ClaimTests],
    web: Path,
) -> list[BaseRoute]:
    """All routes of the live board.

    Args:
        base_path: prefix of every path, such as "/lab"; may be empty.
        lab: gives the lab of this process; called at each request, as `claim_tests` is.
        claim_tests: gives the claim tests of that lab.
        web: the folder of the browser's modules and styles.
    """
    served = _Served(lab, claim_tests)
    run = f"{base_path}/api/run/{{run_id}}"
    return [
        WebSocketRoute(f"{base_path}/live/{{run_id}}", served.live),
        WebSocketRoute(f"{base_path}/live/sweep/{{run_id}}", served.sweep),
        WebSocketRoute(f"{base_path}/live/claim/{{run_id}}", served.claim),
        *(Route(f"{run}/{name}", partial(served.file, make)) for name, make in _FILES.items()),
        Route(f"{run}/script.py", served.script),
        Route(f"{run}/unit", served.unit),
        Route(f"{base_path}/api/claim/{{run_id}}/claim.json", served.claim_json),
        Route(f"{base_path}/api/claim/{{run_id}}/report.html", served.claim_report),
        Route(f"{base_path}/assets/plotly.min.js", plotly_file),
        Route(f"{base_path}/assets/web/{{version}}/{{path:path}}", partial(web_file, web)),
        Route(f"{base_path}/healthz", served.health),
    ]


class _Served:
    """The endpoints that read from the lab."""

    def __init__(self, lab: Callable[[], Lab], claim_tests: Callable[[], ClaimTests]) -> None:
        self._lab, self._claim_tests = lab, claim_tests

    # Made at the first request: before that there may be no lab.
    @cached_property
    def _races(self) -> Updates:
        return Updates(self._lab().log)

    @cached_property
    def _sweeps(self) -> SweepUpdates:
        return SweepUpdates(self._lab().log)

    @cached_property
    def _claims(self) -> ClaimUpdates:
        return ClaimUpdates(self._claim_tests().log)

    @cached_property
    def _units(self) -> Units:
        return Units(self._lab())

    async def live(self, socket: WebSocket) -> None:
        await RaceStream(socket, self._lab(), self._races).serve()

    async def sweep(self, socket: WebSocket) -> None:
        await SweepStream(socket, self._lab(), self._sweeps).serve()

    async def claim(self, socket: WebSocket) -> None:
        await ClaimStream(socket, self._claim_tests(), self._claims).serve()

    def claim_json(self, request: Request) -> Response:
        run = self._claim_run(request)
        return JSONResponse(claim_document(run), headers=_download(run, "claim.json"))

    def claim_report(self, request: Request) -> Response:
        run = self._claim_run(request)
        return HTMLResponse(claim_page([run]), headers=_download(run, "claim.html"))

    def file(self, make: Callable[[Run, RunLog], Iterable[str]], request: Request) -> Response:
        """A file to save, streamed as it is generated."""
        run, name = self._run(request), request.url.path.rpartition("/")[2]
        kind = "text/csv" if name.endswith(".csv") else "application/json"
        parts = make(run, self._lab().log)
        return StreamingResponse(parts, media_type=kind, headers=_download(run, name))

    def script(self, request: Request) -> Response:
        # Imported on demand: pages open without it.
        from bnlab.export.script import pytorch_script

        run = self._run(request)
        variant = request.query_params.get("variant", "")
        names = tuple(run.experiment.variants)
        if variant not in names:
            raise HTTPException(
                404, str(refusal("variant", f"{variant[:40]!r}", f"one of {', '.join(names)}"))
            )
        text = pytorch_script(run.experiment, variant, interventions=run.interventions)
        name = "".join(c if c.isalnum() else "-" for c in variant)
        return PlainTextResponse(
            text, media_type="text/x-python", headers=_download(run, f"{name}.py")
        )

    async def unit(self, request: Request) -> Response:
        """One unit on the last minibatch; 409 with a sentence when it cannot be shown."""
        run = self._run(request)
        try:
            seen = await self._units.see(run, request.query_params)
        except (SpecError, QueryError, RunEndedError) as error:
            # Busy workers will answer later; networks that are gone will not come back.
            is_final = not isinstance(error, QueryError)
            return JSONResponse({"text": str(error), "is_final": is_final}, status_code=409)
        headers = {"cache-control": "no-store"}
        return Response(seen, media_type="application/octet-stream", headers=headers)

    async def health(self, request: Request) -> Response:
        """Whether a race can be started here: 200 when a worker is alive, otherwise 503."""
        status = (await asyncio.to_thread(self._lab)).workers.status()
        body = {
            "status": "ok" if status.alive else "no worker",
            "workers": status.alive,
            "warm": status.ready,
            "device": status.device,
            "problem": status.problem,
        }
        return JSONResponse(body, status_code=200 if status.alive else 503)

    def _run(self, request: Request) -> Run:
        return self._looked_up(request, self._lab().log.get)

    def _claim_run(self, request: Request) -> ClaimRun:
        return self._looked_up(request, self._claim_tests().get)

    def _looked_up(self, request: Request, get: Callable[[str], R]) -> R:
        """The run that a request is about, if its token gives the right to watch it."""
        run_id, token = request.path_params["run_id"], request.query_params.get("token", "")
        if not may_look(run_id, token, secret=self._lab().secret):
            raise HTTPException(403, "This link does not give the right to watch the run.")
        try:
            return get(run_id)
        except UnknownRunError as error:
            raise HTTPException(404, str(error)) from None


def _curves(run: Run, log: RunLog) -> dict[str, Array]:
    return log.curves_since(run.id, None)[1]


def _table(run: Run, log: RunLog) -> Table:
    if not run.experiment.axes:
        raise HTTPException(404, "This run is a race: it has frames and curves, no table.")
    return log.table(run.id)


_FILES: dict[str, Callable[[Run, RunLog], Iterable[str]]] = {
    "frames.csv": lambda run, log: frames_csv(run, log.frames(run.id)),
    "curves.csv": lambda run, log: curves_csv(run, _curves(run, log)),
    "run.json": lambda run, log: run_json(run, log.frames(run.id), _curves(run, log)),
    "sweep.csv": lambda run, log: sweep_csv(run.experiment, _table(run, log)),
    "sweep.json": lambda run, log: sweep_json(run.experiment, _table(run, log)),
}


def _download(run: Run | ClaimRun, name: str) -> dict[str, str]:
    return {
        "content-disposition": f'attachment; filename="bnlab-{run.id[:6]}-{name}"',
        "cache-control": "no-store",
    }
