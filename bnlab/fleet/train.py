"""The training loop: the only code that trains.

It does no I/O, starts no thread and prints nothing. Each call of `Training.step` makes one step, so
the caller decides how to slice time, and can look, ask or change something between steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.cuda_graph import CAPTURES, CapturedStep
from bnlab.fleet.evaluate import Evaluator
from bnlab.fleet.history import Ledger, Report
from bnlab.fleet.inspect.probes import Probe
from bnlab.fleet.inspect.questions import Answer, Inside, Question
from bnlab.fleet.minibatches import Feed, Minibatch
from bnlab.fleet.nn.architectures import ARCHITECTURES
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.nn.init import first_parameters
from bnlab.fleet.nn.loss import cross_entropy
from bnlab.fleet.nn.optim import OPTIMIZERS, Optimizer
from bnlab.fleet.plan import FleetPlan
from bnlab.results.frames import QUANTITIES, Array, Frame, Quantity
from bnlab.spec.interventions import Change


def find_gradients(network: Network, minibatch: Minibatch) -> Tensor:
    """Fill a network's gradients from a minibatch in training mode; returns the losses (M,)."""
    logits = network.forward(minibatch.x, training=True, masks=minibatch.masks, keep=True)
    loss, gradient = cross_entropy(logits, minibatch.target)
    network.backward(gradient)
    return loss


def training_step(network: Network, optimizer: Optimizer, minibatch: Minibatch) -> Tensor:
    """Predict, loss, backward, move: the device's part of a step; returns the losses (M,)."""
    loss = find_gradients(network, minibatch)
    optimizer.move()
    return loss


class Fleet:
    """Networks of equal structure at their initial weights, with everything a step needs.

    Args:
        plan: the networks.
        device: where they are trained.
        dtype: of all numbers.
    """

    def __init__(
        self, plan: FleetPlan, device: str = "cpu", *, dtype: torch.dtype = torch.float32
    ) -> None:
        spec = plan.structure
        self.feed = Feed(plan, device, dtype)
        parameters = first_parameters(plan.specs, device=device, dtype=dtype)
        self.network: Network = ARCHITECTURES[spec.network.kind](spec, parameters)
        for place, norm in enumerate(self.network.norms()):
            norm.seed([member.seed for member in plan.specs], place=place)
        self.optimizer: Optimizer = OPTIMIZERS[spec.optimizer.kind](
            [member.optimizer for member in plan.specs], parameters, self.network.gradients
        )
        self.minibatches: Iterator[Minibatch] = self.feed.minibatches()
        self.minibatch: Minibatch | None = None  # of the last step
        self._step: Callable[[Minibatch], Tensor]
        self._step = partial(training_step, self.network, self.optimizer)
        if capture := CAPTURES.get(parameters.flat.device.type):
            self._step = CapturedStep(self._step, self.network, self.optimizer, capture=capture)

    def inside(self) -> Inside:
        """What a question may look at."""
        return Inside(self.network, self.feed, self.minibatch, self.optimizer.steps)

    def find_gradients(self) -> Tensor:
        """Gradients of the next minibatch; returns its losses (M,). Nothing moves yet."""
        self.minibatch = next(self.minibatches)
        return find_gradients(self.network, self.minibatch)

    def step(self) -> Tensor:
        """Make one step of training on the next minibatch; returns its losses (M,)."""
        self.minibatch = next(self.minibatches)
        self.optimizer.count()
        return self._step(self.minibatch)


class Training:
    """A fleet in training, after `steps_done` steps: 0 at first.

    Looking, reporting and asking leave the networks unchanged, and also work after the last step.

    Args:
        plan: the networks, how long they are trained and how often they are evaluated.
        device: where they are trained.
        dtype: of all numbers.
    """

    @torch.inference_mode()
    def __init__(
        self, plan: FleetPlan, device: str = "cpu", *, dtype: torch.dtype = torch.float32
    ) -> None:
        self.plan, self.steps_done = plan, 0
        self._fleet = fleet = Fleet(plan, device, dtype=dtype)
        network, optimizer, feed = fleet.network, fleet.optimizer, fleet.feed
        twin = network.twin()  # to measure without touching the network
        self._probe = None
        if not plan.is_quiet:
            self._probe = Probe(plan, network, twin, optimizer=optimizer, feed=feed)
        self._evaluate = Evaluator(network, twin, feed=feed)
        self._ledger = Ledger(len(plan.specs), plan.target)
        scores = self._evaluate(exact=not plan.is_quiet)
        self._ledger.add_evaluation(0, scores, seconds=0.0)

    @property
    def is_done(self) -> bool:
        """Whether all steps of the plan have been made."""
        return self.steps_done >= self.plan.structure.steps

    @property
    def is_evaluated(self) -> bool:
        """Whether the networks were evaluated at the current step, so that `report` has news."""
        return self.is_done or self.steps_done % self.plan.structure.evaluate_every == 0

    @torch.inference_mode()
    def step(self) -> None:
        """Make one step of training, and evaluate the networks where that is due.

        Raises:
            RuntimeError: all steps of the plan have been made.
        """
        if self.is_done:
            raise RuntimeError(f"All {self.steps_done} steps of this training have been made.")
        start = perf_counter()
        loss = self._fleet.step()
        self.steps_done += 1
        self._ledger.add_step(loss, seconds=perf_counter() - start)
        if self.is_evaluated:
            start = perf_counter()
            scores = self._evaluate(exact=self.is_done or not self.plan.is_quiet)
            self._ledger.add_evaluation(self.steps_done, scores, seconds=perf_counter() - start)

    @torch.inference_mode()
    def look(self, quantities: Iterable[Quantity] = QUANTITIES, *, pictures: bool = True) -> Frame:
        """A frame: what the probe measures now, and all losses and evaluations since the last one.

        Args:
            quantities: the layer statistics to measure.
            pictures: whether to draw the decision image or the answers for shown examples.

        Raises:
            ValueError: the plan is quiet.
        """
        if self._probe is None:
            raise ValueError("A fleet of a quiet plan has no probe to look with.")
        measured = self._probe.measure(
            frozenset(quantities), pictures=pictures, step=self.steps_done
        )
        return self._ledger.frame(self.steps_done, measured)

    @torch.inference_mode()
    def report(self) -> Report:
        """The newest evaluation, and the mean loss since the last report."""
        return self._ledger.report(
            self.steps_done,
            gradient_ratio(self._fleet.network, self.steps_done),
            final_test_scores(self._evaluate, self.plan, self.steps_done),
        )

    @torch.inference_mode()
    def ask(self, question: Question) -> Answer:
        """The arrays that answer a question, and `step` (), the number of steps made.

        Raises:
            ValueError: the question does not fit these networks.
        """
        return {"step": np.asarray(self.steps_done)} | question(self._fleet.inside())

    @torch.inference_mode()
    def change(self, change: Change) -> None:
        """Apply a change to all members, from the next step on."""
        apply_change(change, self._fleet.network, self._fleet.optimizer)


def train(plan: FleetPlan, device: str = "cpu", *, every: int = 10) -> Iterator[Frame]:
    """Train to the end; yields a whole frame at step 0, at each `every`-th step, and at the end."""
    training = Training(plan, device)
    yield training.look()
    while not training.is_done:
        training.step()
        if training.is_done or training.steps_done % every == 0:
            yield training.look()


def apply_change(change: Change, network: Network, optimizer: Optimizer) -> None:
    """Apply a change to all members, from the next step on."""
    if change.lr is not None:
        optimizer.set_lr(change.lr)
    for norm in network.batch_norms():
        if change.momentum is not None:
            norm.momentum = None if change.momentum == "cumulative" else change.momentum
        if change.frozen is not None:
            norm.is_frozen = change.frozen
        if change.reset:
            norm.reset()


def gradient_ratio(network: Network, step: int) -> Array:
    """||dL/dW|| of the first linear layer over that of the output layer, (M,); NaN at step 0."""
    if step == 0:
        return np.full(network.members, np.nan, np.float32)
    linears = network.linears()
    first, last = (
        torch.linalg.vector_norm(linear.weight_gradient.flatten(1), dim=1)
        for linear in (linears[0], linears[-1])
    )
    return (first / last).cpu().numpy()


def final_test_scores(evaluate: Evaluator, plan: FleetPlan, step: int) -> tuple[Array, Array]:
    """Loss and accuracy on the test part (M,), measured at the last step; NaN before it."""
    if step < plan.structure.steps:
        unknown = np.full(len(plan.specs), np.nan, np.float32)
        return unknown, unknown
    loss, accuracy = evaluate.test()
    return loss.cpu().numpy(), accuracy.cpu().numpy()
