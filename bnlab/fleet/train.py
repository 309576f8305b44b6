"""The training loop: the only code that trains, as a generator.

It does no I/O, starts no thread and prints nothing; whoever drives it sends commands and decides
when to look.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.cuda_graph import CAPTURES, CapturedStep
from bnlab.fleet.evaluate import Evaluator
from bnlab.fleet.history import Ledger, Report
from bnlab.fleet.inspect.probes import Probe
from bnlab.fleet.inspect.questions import Answer, Inside, Question, Refusal, answered
from bnlab.fleet.minibatches import Feed, Minibatch
from bnlab.fleet.nn.architectures import ARCHITECTURES
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.nn.init import first_parameters
from bnlab.fleet.nn.loss import cross_entropy
from bnlab.fleet.nn.optim import OPTIMIZERS, Optimizer
from bnlab.fleet.plan import FleetPlan
from bnlab.results.frames import QUANTITIES, Array, Frame, Quantity
from bnlab.spec.interventions import Change


@dataclass(frozen=True)
class Look:
    """Measure now, without a step."""

    quantities: frozenset[Quantity] = frozenset(QUANTITIES)
    pictures: bool = True


@dataclass(frozen=True)
class Tell:
    """Report the newest evaluation, without a step."""


@dataclass(frozen=True)
class Ask:
    """Answer a question about the fleet as it is, without a step."""

    question: Question


Command = Look | Tell | Change | Ask


@torch.inference_mode()
def train(
    plan: FleetPlan, device: str = "cpu", *, dtype: torch.dtype = torch.float32
) -> Generator[Frame | Report | Answer | Refusal | None, Command | None, None]:
    """Train a fleet, a step each time it is resumed.

    The first `next` yields the frame of step 0, or of a quiet plan the report. Then each
    `send(None)` makes one step and each `send(command)` obeys without a step; `Look` yields a
    frame, `Tell` a report, `Ask` an answer or a refusal. After the last step
    commands are still obeyed; the next `send(None)` ends it.
    """
    spec = plan.structure
    feed = Feed(plan, device, dtype)
    parameters = first_parameters(plan.specs, device=device, dtype=dtype)
    network = ARCHITECTURES[spec.network.kind](spec, parameters)
    for place, norm in enumerate(network.norms()):
        norm.seed([member.seed for member in plan.specs], place=place)
    optimizer = OPTIMIZERS[spec.optimizer.kind](
        [member.optimizer for member in plan.specs], network.parameters, network.gradients
    )
    make_step: Callable[[Minibatch], Tensor] = partial(training_step, network, optimizer)
    if capture := CAPTURES.get(parameters.flat.device.type):
        make_step = CapturedStep(make_step, network, optimizer, capture=capture)
    twin = network.twin()  # to look without a trace
    probe = None if plan.is_quiet else Probe(plan, network, twin, optimizer=optimizer, feed=feed)
    evaluate = Evaluator(network, twin, feed=feed)
    ledger = Ledger(len(plan.specs), plan.target)
    minibatches = feed.minibatches()
    minibatch: Minibatch | None = None  # of the last step

    step = 0
    ledger.add_evaluation(step, evaluate(exact=not plan.is_quiet), seconds=0.0)
    command: Command | None = Tell() if plan.is_quiet else Look()
    while command is not None or step < spec.steps:
        match command:
            case Tell():
                test = test_scores(evaluate, plan, step)
                command = yield ledger.report(step, gradient_ratio(network, step), test)
            case Look(quantities, pictures):
                if probe is None:
                    raise ValueError("A fleet of a quiet plan has no probe to look with.")
                measured = probe.measure(quantities, pictures=pictures, step=step)
                command = yield ledger.frame(step, measured)
            case Change() as change:
                make(change, network, optimizer)
                command = yield None
            case Ask(question):
                command = yield answered(question, Inside(network, feed, minibatch, step))
            case None:
                start = perf_counter()
                minibatch = next(minibatches)
                optimizer.count()
                loss = make_step(minibatch)
                step += 1
                ledger.add_step(loss, seconds=perf_counter() - start)
                if step % spec.evaluate_every == 0 or step == spec.steps:
                    start = perf_counter()
                    exact = not plan.is_quiet or step == spec.steps
                    scores = evaluate(exact=exact)
                    ledger.add_evaluation(step, scores, seconds=perf_counter() - start)
                command = yield None


def training_step(network: Network, optimizer: Optimizer, minibatch: Minibatch) -> Tensor:
    """Make the step that the optimizer has counted; the losses (M,) of the minibatch."""
    x, target, masks = minibatch
    logits = network.forward(x, training=True, masks=masks, keep=True)
    loss, gradient = cross_entropy(logits, target)
    network.backward(gradient)
    optimizer.move()
    return loss


def make(change: Change, network: Network, optimizer: Optimizer) -> None:
    """Let a change act on all members, from the next step on."""
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


def test_scores(evaluate: Evaluator, plan: FleetPlan, step: int) -> tuple[Array, Array]:
    """Loss and accuracy on the test part (M,), measured at the last step; NaN before it."""
    if step < plan.structure.steps:
        unknown = np.full(len(plan.specs), np.nan, np.float32)
        return unknown, unknown
    loss, accuracy = evaluate.test()
    return loss.cpu().numpy(), accuracy.cpu().numpy()


def frames(plan: FleetPlan, *, every: int = 10, device: str = "cpu") -> Iterator[Frame]:
    """Train to the end and yield a whole frame at step 0, every so many steps, and at the end."""
    training = train(plan, device)
    yield next(training)  # type: ignore[misc]
    for step in range(1, plan.structure.steps + 1):
        next(training)
        if step % every == 0 or step == plan.structure.steps:
            yield training.send(Look())  # type: ignore[misc]
