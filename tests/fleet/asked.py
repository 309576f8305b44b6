"""A fleet after some steps, to be asked; and the same networks as students would write them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bnlab.data import datasets
from bnlab.fleet.inspect.questions import Answer
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec
from tests.fleet.reference import Reference, fleet_of, training_of

MODULES = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


class AskedFleet:
    """Members of equal structure after some steps."""

    def __init__(self, *specs: MemberSpec, steps: int, dtype: torch.dtype = torch.float64) -> None:
        self.training = training_of(fleet_of(*specs), steps=steps, dtype=dtype)

    def answer(self, question: Callable[..., Answer], **fields: Any) -> Answer:
        """What a question finds."""
        return self.training.ask(partial(question, **fields))

    def refusal(self, question: Callable[..., Answer], **fields: Any) -> str:
        """Why a question does not fit."""
        with pytest.raises(ValueError) as refused:
            self.answer(question, **fields)
        return str(refused.value)


def trained(spec: MemberSpec, *, steps: int) -> Reference:
    """One plain network after some steps, in float64."""
    alone = Reference(spec)
    for _ in range(steps):
        alone.train_step()
    return alone


def sequential(alone: Reference) -> nn.Sequential:
    """The network as it stands in a textbook; without skips."""
    activation = MODULES[alone.spec.network.activation]
    parts: list[nn.Module] = [alone.input_norm]
    for linear, norm in zip(alone.linears, alone.norms, strict=True):
        is_first = alone.spec.network.norm_placement == "before"
        parts += [linear, norm, activation()] if is_first else [linear, activation(), norm]
    return nn.Sequential(*parts, alone.output)


def held_out(alone: Reference) -> tuple[Tensor, Array]:
    """Inputs and classes of the test part."""
    x, y = alone.part("test")
    return x, y.numpy()


def accuracy(logits: Tensor, labels: Array) -> float:
    return float((logits.argmax(-1).numpy() == labels).mean())


@torch.no_grad()
def in_eval_mode(network: nn.Sequential, x: Tensor) -> Tensor:
    return network.eval()(x)


@torch.no_grad()
def in_training_mode(network: nn.Sequential, x: Tensor) -> Tensor:
    """Logits in train(), the running statistics put back after it."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    logits = network.train()(x)
    network.load_state_dict(before)
    return logits


@torch.no_grad()
def with_exact_statistics(network: nn.Sequential, seen: Tensor, x: Tensor) -> Tensor:
    """Logits of x in eval mode, each norm with the statistics of all of `seen` before it."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    h = seen
    for part in network.eval():
        if isinstance(part, nn.BatchNorm1d):
            part.running_mean, part.running_var = h.mean(0), h.var(0)
        h = part(h)
    logits = network(x)
    network.load_state_dict(before)
    return logits


def nth_minibatch(spec: MemberSpec, n: int) -> datasets.Integers:
    """Indices of the n-th minibatch, counted from 1."""
    batches = datasets.minibatches(spec.data.facts.train, spec.batch_size, spec.seed)
    return [next(batches) for _ in range(n)][-1]


def nth_uniforms(spec: MemberSpec, n: int) -> Array:
    """Uniform numbers of dropout in the n-th step, counted from 1."""
    shape = (spec.network.depth, spec.network.width, spec.batch_size)
    uniforms = datasets.dropout_uniforms(shape, spec.seed)
    return np.stack([next(uniforms) for _ in range(n)])[-1]
