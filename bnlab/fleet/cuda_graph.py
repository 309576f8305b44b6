"""Training steps captured as a CUDA graph: launched as one, without Python in between.

A graph holds fixed whatever a step reads: addresses in memory, and numbers of the host. So a
captured step has its minibatch copied to the same place each time, and is good only as long as
every part says the same `host_numbers`. Parts whose numbers change at every step (cumulative
momentum, drawn noise) are never captured; Adam keeps them in the device's memory.
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

WARM_UP = 3  # steps made one operation at a time first, in which kernels are loaded

Capture = Callable[[Callable[[], Tensor]], tuple[Callable[[], None], Tensor]]
Count = tuple[Norm, str, int]  # a norm, the name of one of its counters, and a number for it


def cuda_graph(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
    """What makes the launches of a function again, and where its result will then lie.

    The function's launches are noted, not carried out.

    Raises:
        RuntimeError: it does something that a graph cannot hold.
    """
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
    try:
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            result = function()
    finally:
        torch.cuda.set_stream(stream)  # torch leaves its own where a capture fails
    return graph.replay, result


# By type of device; elsewhere steps are made. ROCm is "cuda", too, but there a capture may hang
# unless the very stream of the capture was warmed up.
CAPTURES: dict[str, Capture] = {} if torch.version.hip else {"cuda": cuda_graph}


class Captured(NamedTuple):
    """One step that can be launched again."""

    minibatch: Minibatch  # where it finds it
    loss: Tensor  # where it leaves the losses
    launch: Callable[[], None]
    counted: list[Count]  # what forward adds to counters of norms


class CapturedStep:
    """Makes steps of training: the first few as they come, then those captured, launched again.

    Args:
        step: makes one step, which the optimizer has counted, and returns the losses (M,).
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
        self.numbers: Hashable = None  # of the host, in the last step
        self.alike = 0  # steps made with these numbers
        optimizer.keep_numbers_on_device()

    def __call__(self, minibatch: Minibatch) -> Tensor:
        """Make one step; the losses (M,) are the caller's."""
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
        """A step for minibatches like this one; where that cannot be, say why, and only once."""
        place, before = _place_for(minibatch), self._counters()
        try:
            launch, loss = capture(lambda: self.step(place))
        except RuntimeError as error:  # as torch calls whatever CUDA refuses
            for norm, name, count in before:
                setattr(norm, name, count)
            self.capture = None
            warnings.warn(
                f"Training goes on without a CUDA graph, one operation at a time: {error}",
                RuntimeWarning,
                stacklevel=3,
            )
            return None
        counted = [(norm, name, getattr(norm, name) - count) for norm, name, count in before]
        return Captured(place, loss, launch, counted)

    def _counters(self) -> list[Count]:
        """The counters of all norms as they are."""
        return [
            (norm, name, getattr(norm, name))
            for norm in self.network.norms()
            for name in norm.counters
        ]


def _place_for(minibatch: Minibatch) -> Minibatch:
    """Memory laid out as a minibatch: what is the same for all members is there once, too."""
    x, target, masks = minibatch
    return Minibatch(_like(x), _like(target), masks and tuple(_like(mask) for mask in masks))


def _like(values: Tensor) -> Tensor:
    return torch.empty_strided(
        values.size(), values.stride(), dtype=values.dtype, device=values.device
    )


def _tensors(minibatch: Minibatch) -> list[Tensor]:
    """The parts of a minibatch, each number in memory once."""
    x, target, masks = minibatch
    return [part[:1] if is_same_for_all(part) else part for part in (x, target, *(masks or ()))]
