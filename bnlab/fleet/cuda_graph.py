"""Training steps captured as a CUDA graph: one launch per step, without Python in between.

A graph freezes everything a step reads: memory addresses and host numbers. So the minibatch of a
captured step is copied to the same place each time, and the capture is valid only as long as
every part returns the same `host_numbers`. Steps with numbers that change every time (cumulative
momentum, drawn noise) are never captured; Adam keeps such numbers in device memory.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable
from typing import NamedTuple

import torch
from torch import Tensor

from bnlab.fleet.minibatches import Minibatch
from bnlab.fleet.nn.dense import Network, is_same_for_all
from bnlab.fleet.nn.norms import Norm
from bnlab.fleet.nn.optim import Optimizer

WARM_UP = 3  # eager steps before the capture, in which kernels are loaded

Capture = Callable[[Callable[[], Tensor]], tuple[Callable[[], None], Tensor]]
Count = tuple[Norm, str, int]  # a norm, the name of one of its counters, and a number for it


def cuda_graph(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
    """Capture a function: what replays its launches, and the tensor its result is written to.

    The function's launches are recorded, not executed.

    Raises:
        RuntimeError: the function does something that a graph cannot hold.
    """
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
    try:
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            result = function()
    finally:
        torch.cuda.set_stream(stream)  # torch leaves its own after a failed capture
    return graph.replay, result


# By device type; on other devices steps run eagerly. ROCm also calls itself "cuda", but there a
# capture may hang unless the very stream of the capture was warmed up.
CAPTURES: dict[str, Capture] = {} if torch.version.hip else {"cuda": cuda_graph}


class Captured(NamedTuple):
    """One step that can be replayed."""

    minibatch: Minibatch  # where it reads the minibatch
    loss: Tensor  # where it writes the losses
    launch: Callable[[], None]
    counted: list[Count]  # what a forward pass adds to the norms' counters


class CapturedStep:
    """Makes training steps: the first few eagerly, then by replaying a capture.

    Args:
        step: makes one step that the optimizer has counted, and returns the losses (M,).
        capture: see `cuda_graph`.
    """

    def __init__(
        self,
        step: Callable[[Minibatch], Tensor],
        network: Network,
        optimizer: Optimizer,
        *,
        capture: Capture,
    ) -> None:
        self.step, self.network, self.optimizer = step, network, optimizer
        self.capture: Capture | None = capture
        self.captured: Captured | None = None
        self.numbers: Hashable = None  # the host numbers of the last step
        self.alike = 0  # steps made with these numbers
        optimizer.keep_numbers_on_device()

    def __call__(self, minibatch: Minibatch) -> Tensor:
        """Make one step; returns losses (M,) that the caller may keep."""
        norms = [norm.host_numbers() for norm in self.network.norms()]
        numbers = (self.optimizer.host_numbers(), *norms)
        if numbers != self.numbers:
            self.numbers, self.alike, self.captured = numbers, 0, None
        self.alike += 1
        if self.captured is not None:
            for norm, name, more in self.captured.counted:
                setattr(norm, name, getattr(norm, name) + more)
        elif self.alike > WARM_UP and self.capture is not None:
            self.captured = self._captured(self.capture, minibatch)
        if self.captured is None:
            return self.step(minibatch)
        for place, given in zip(
            _tensors(self.captured.minibatch), _tensors(minibatch), strict=True
        ):
            place.copy_(given)
        self.captured.launch()
        return self.captured.loss.clone()

    def _captured(self, capture: Capture, minibatch: Minibatch) -> Captured | None:
        """A captured step for minibatches like this one; None, after one warning, if it fails."""
        place, before = _place_for(minibatch), self._counters()
        try:
            launch, loss = capture(lambda: self.step(place))
        except RuntimeError as error:  # torch's type for everything CUDA refuses
            for norm, name, count in before:
                setattr(norm, name, count)
            self.capture = None
            warnings.warn(
                f"Training continues without a CUDA graph, one operation at a time: {error}",
                RuntimeWarning,
                stacklevel=3,
            )
            return None
        counted = [(norm, name, getattr(norm, name) - count) for norm, name, count in before]
        return Captured(place, loss, launch, counted)

    def _counters(self) -> list[Count]:
        """The current counters of all norms."""
        return [
            (norm, name, getattr(norm, name))
            for norm in self.network.norms()
            for name in norm.counters
        ]


def _place_for(minibatch: Minibatch) -> Minibatch:
    """Memory laid out like a minibatch; what all members share is stored once here too."""
    x, target, masks = minibatch
    return Minibatch(_like(x), _like(target), masks and tuple(_like(mask) for mask in masks))


def _like(values: Tensor) -> Tensor:
    return torch.empty_strided(
        values.size(), values.stride(), dtype=values.dtype, device=values.device
    )


def _tensors(minibatch: Minibatch) -> list[Tensor]:
    """The parts of a minibatch, what all members share only once."""
    x, target, masks = minibatch
    return [part[:1] if is_same_for_all(part) else part for part in (x, target, *(masks or ()))]
