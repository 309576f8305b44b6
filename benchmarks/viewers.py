"""Raw viewers of a run: WebSocket clients that acknowledge every update, and draw nothing."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import websockets
from websockets.typing import Origin

from bnlab.results.frames import unpack

FIRST_SCREEN = {"panels": {"quantity": "activation", "pictures": True}}


@dataclass
class Seen:
    """What one viewer got."""

    updates: int = 0
    size: int = 0  # bytes
    steps: list[tuple[float, int]] = field(default_factory=list)  # (time, step of the run)

    @property
    def steps_per_s(self) -> float:
        """How fast the run went while it was watched."""
        (first_s, first), (last_s, last) = self.steps[0], self.steps[-1]
        return (last - first) / (last_s - first_s)


def watch(
    url: str, run: str, token: str, *, viewers: int, seconds: float, screen: dict[str, Any]
) -> list[Seen]:
    """Watch a run with so many viewers for so long.

    Args:
        url: of the server.
        run: id of the run.
        token: its token.
        viewers: how many.
        seconds: how long.
        screen: the message that says what they have on screen.
    """

    async def all_of_them() -> list[Seen]:
        address = f"{url.replace('http', 'ws', 1)}/live/{run}?token={token}"
        return await asyncio.gather(
            *(_watch_one(address, origin=url, seconds=seconds, screen=screen)
              for _ in range(viewers))
        )  # fmt: skip

    # In a thread of its own: Playwright keeps an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, all_of_them()).result()


async def _watch_one(address: str, *, origin: str, seconds: float, screen: dict[str, Any]) -> Seen:
    seen = Seen()
    async with websockets.connect(address, origin=Origin(origin), max_size=None) as socket:
        await socket.send(json.dumps(screen))
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            data = await asyncio.wait_for(socket.recv(), 30)
            if isinstance(data, str):
                continue
            meta = unpack(data)[0]
            seen.updates += 1
            seen.size += len(data)
            seen.steps.append((time.monotonic(), meta["run"]["step"]))
            await socket.send(json.dumps({"ack": meta["n"]}))
    return seen
