"""One unit of a run, which the microscope requests several times per second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import Future

from pydantic import ValidationError

from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import Run
from bnlab.lab.workers.protocol.queries import QueryError, Unit
from bnlab.results.frames import Array, pack
from bnlab.spec.fields import SpecError, explain, refusal, shown

PATIENCE_S = 10.0
_ASKED = ("variant", "layer", "unit")
MOST_UNDER_WAY = 64  # requests of all viewers together
_log = logging.getLogger(__name__)


class Units:
    """Asks for units; viewers of the same unit at the same moment share one request."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._under_way: dict[tuple[str, Unit], Future[dict[str, Array]]] = {}

    async def see(self, run: Run, query: Mapping[str, str]) -> bytes:
        """The answer to a request, packed: the arrays of `Unit`, and the run's step and state.

        Raises:
            SpecError: the request does not name a unit.
            QueryError: the run has no such unit, or the worker is too busy to answer.
            RunEndedError: the networks of the run are gone.
        """
        future = self._ask(run.id, _read(run, query))
        try:
            arrays = await asyncio.wait_for(asyncio.wrap_future(future), PATIENCE_S)
        except TimeoutError:
            raise QueryError(
                f"The worker has not answered for {PATIENCE_S:.0f} seconds: it is very busy. "
                "Try again in a moment."
            ) from None
        return pack({"step": int(arrays["step"]), "steps": run.steps, "state": run.state}, arrays)

    def _ask(self, run_id: str, unit: Unit) -> Future[dict[str, Array]]:
        key = (run_id, unit)
        future = self._under_way.get(key)
        if future is None:
            if len(self._under_way) >= MOST_UNDER_WAY:
                raise QueryError("Too many units are being requested right now. Try again soon.")
            future = self._under_way[key] = self._lab.ask(run_id, unit)
            future.add_done_callback(lambda done: self._answered(key, done))
        return future

    def _answered(self, key: tuple[str, Unit], done: Future[dict[str, Array]]) -> None:
        self._under_way.pop(key, None)
        if (error := done.exception()) is not None:  # the requests that still wait get it as well
            _log.info("a unit was not seen: %s", error)


def _read(run: Run, query: Mapping[str, str]) -> Unit:
    variant, names = query.get("variant", ""), tuple(run.experiment.variants)
    if variant not in names:
        raise refusal("variant", shown(variant), f"one of {', '.join(names)}")
    try:
        return Unit.model_validate_strings({name: query.get(name, "") for name in _ASKED})
    except ValidationError as error:
        raise SpecError(explain(error, Unit)) from None
