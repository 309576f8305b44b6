"""Updates as bytes: packed once for all viewers that lack the same."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from typing import Any, Generic, TypeVar

from bnlab.lab.runs.records import Records
from bnlab.live.changes import Feed, Feeds

V = TypeVar("V")  # what a viewer has on screen; equal views get the very same bytes
P = TypeVar("P")  # what it has received so far

_KEPT_MESSAGES = 64


class Packer(ABC, Generic[V, P]):
    """Packs updates of runs of one kind, for any number of viewers.

    Args:
        log: what is told.
    """

    def __init__(self, log: Records[Any, Any]) -> None:
        self.feeds = Feeds(log)
        self._messages: OrderedDict[Any, tuple[bytes, P]] = OrderedDict()
        self._packing = threading.Lock()

    def next(self, run_id: str, feed: Feed, position: P, *, view: V) -> tuple[bytes, P]:
        """The update that brings a viewer from its position to the newest state.

        Raises:
            UnknownRunError: the run is gone.
        """
        about = {"kind": "update", "n": feed.version, "changed_s": feed.changed_s}
        key = (run_id, feed.version, position, view)
        with self._packing:
            if key not in self._messages:
                self._messages[key] = self._pack(run_id, about, position, view)
                if len(self._messages) > _KEPT_MESSAGES:
                    self._messages.popitem(last=False)
            return self._messages[key]

    @abstractmethod
    def _pack(self, run_id: str, about: dict[str, Any], position: P, view: V) -> tuple[bytes, P]:
        """The update, whose meta begins as `about`, and the position after it."""
