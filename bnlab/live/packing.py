"""Updates as bytes, packed once for all viewers that lack the same."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from typing import Any, Generic, TypeVar

from bnlab.lab.runs.records import Records

Log = TypeVar("Log", bound=Records[Any, Any])
V = TypeVar("V")  # what a viewer has on screen; equal views get the very same bytes
P = TypeVar("P")  # what it has received so far

_KEPT_MESSAGES = 64


class Packer(ABC, Generic[Log, V, P]):
    """Packs updates of runs of one kind, for any number of viewers.

    Args:
        log: of the runs.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self._messages: OrderedDict[Any, tuple[bytes, P]] = OrderedDict()
        self._packing = threading.Lock()

    def next(self, run_id: str, version: int, position: P, *, view: V) -> tuple[bytes, P]:
        """The update that brings a viewer from its position to the newest state.

        Args:
            run_id: the run.
            version: of the run, as the viewer last heard; it numbers the update.
            position: what the viewer has received so far.
            view: what it has on screen.

        Raises:
            UnknownRunError: the run is gone.
        """
        key = (run_id, version, position, view)
        with self._packing:
            if key not in self._messages:
                changed_s = self.log.changed_s(run_id)
                about = {"kind": "update", "n": version, "changed_s": changed_s}
                self._messages[key] = self._pack(run_id, about, position, view)
                if len(self._messages) > _KEPT_MESSAGES:
                    self._messages.popitem(last=False)
            return self._messages[key]

    @abstractmethod
    def _pack(self, run_id: str, about: dict[str, Any], position: P, view: V) -> tuple[bytes, P]:
        """The update, whose meta begins as `about`, and the position after it."""
