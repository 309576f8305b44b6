"""What a CUDA graph does, on a processor: operations noted once, and made again in the same memory.

A step that is captured is not carried out, and Python has no part in its replays: what it worked
out when the step was captured stays. So it is here, with torch's operations in place of kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

aten = torch.ops.aten

# They need the host while the device works: no graph can hold them.
REFUSED = (aten._local_scalar_dense, aten.lift_fresh, aten._to_copy, aten.nonzero)


class Recording(TorchDispatchMode):
    """Notes all operations made within it, and what the memory held that they came upon."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any]] = []
        self.made: set[int] = set()  # storages that came into being within it
        self.found: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func.overloadpacket in REFUSED:
            raise RuntimeError(f"operation not permitted when stream is capturing: {func}")
        given = {_key(tensor): tensor.untyped_storage() for tensor in _tensors((args, kwargs))}
        for key, storage in given.items():
            if key not in self.made and key not in self.found:
                self.found[key] = (storage, storage.clone())
        result = func(*args, **kwargs)
        self.made |= {_key(tensor) for tensor in _tensors(result)} - set(given) - set(self.found)
        self.calls.append((func, args, kwargs, result))
        return result

    def put_back(self) -> None:
        """Make the memory what it was: a capture carries nothing out."""
        for storage, before in self.found.values():
            storage.copy_(before)

    def replay(self) -> None:
        """Make all operations again, results in the place of those of the first time."""
        for func, args, kwargs, noted in self.calls:
            given = {_key(tensor) for tensor in _tensors((args, kwargs))}
            result = func(*args, **kwargs)
            for place, made in zip(_tensors(noted), _tensors(result), strict=True):
                if _key(place) not in given:  # else it is a view, or was written in place
                    place.copy_(made)


def recorded(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
    """In place of `bnlab.fleet.cuda_graph.cuda_graph`."""
    recording = Recording()
    try:
        with recording:
            result = function()
    finally:
        recording.put_back()
    return recording.replay, result


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _key(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata
