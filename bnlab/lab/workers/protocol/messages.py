"""The messages between the server and its workers: JSON and, if there is one, a binary part.

To a worker:

- `start`: a race (`run`, `owner`, `experiment`, `interventions`, `pace`, `is_paused`,
  `watch`), and how far it got on a worker that died (`step`, -1 for a new one; `frames`);
- `command` (`id`, `run`, `command`), `ask` (`id`, `run`, `query`), `compute` (`id`,
  `owner`, `computation`), which needs no run, and `give_up` (`id`), which cancels it;
- `piece`: one piece of a sweep (`run`, `owner`, `is_paused`, `piece`, `cells`, `specs`, `target`);
  `rest` (`order`, `run`, `is_paused`) and `drop` (`order`, `run`) for all pieces of a sweep here.

From a worker:

- `ready` (`device`, `has_gpu`), or `broken` (`reason`) when it cannot work at all;
- `on`: the `run` (or computation) that it now advances, or null, and for a sweep the `piece`;
- `begun` (`run`, `device`, and the header's bytes), `frame` (`run`, and the frame's bytes);
- `state` (`run`, `state`, `reason`), endings included; a run that completed or was cancelled can
  still be asked, until `let_go` (`run`);
- `cells` (`run`, `piece`, `is_done`, and the bytes of one evaluation of a piece), `heard`
  (`order`);
- `obeyed` (`id`, `step`), `answer` (`id`, and packed arrays), `refused` (`id`, `reason`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bnlab.lab.runs.record import Run
from bnlab.lab.workers.protocol.commands import Watch
from bnlab.lab.workers.protocol.pieces import Piece

Message = dict[str, Any]


def encode(meta: Mapping[str, Any], payload: bytes = b"") -> bytes:
    """Length of the JSON part (uint32, little endian), the JSON part, the binary part."""
    text = json.dumps(meta, separators=(",", ":")).encode()
    return b"".join((len(text).to_bytes(4, "little"), text, payload))


def decode(data: bytes) -> tuple[Message, bytes]:
    """Undo `encode`; raises ValueError when the bytes are not a message."""
    end = 4 + int.from_bytes(data[:4], "little")
    if len(data) < end:
        raise ValueError(f"An incomplete message of {len(data)} bytes.")
    return json.loads(data[4:end]), data[end:]


def piece_message(run: Run, number: int, piece: Piece, *, is_paused: bool) -> Message:
    """What a worker needs to train one piece of a sweep from its first step."""
    return {
        "op": "piece",
        "run": run.id,
        "owner": run.owner,
        "is_paused": is_paused,
        "piece": number,
        "cells": piece.plan.members,
        "specs": [spec.model_dump(mode="json") for spec in piece.plan.specs],
        "target": piece.plan.target,
    }


def start_message(run: Run, watch: Watch) -> Message:
    """What a worker needs to begin a run, or to repeat it up to its logged step and go on."""
    return {
        "op": "start",
        "run": run.id,
        "owner": run.owner,
        "experiment": json.loads(run.experiment.model_dump_json()),
        "interventions": [change.model_dump() for change in run.interventions],
        "pace": run.pace,
        "is_paused": run.state == "paused",
        "watch": watch.model_dump(mode="json"),
        "step": run.step if run.frames else -1,
        "frames": run.frames,
    }
