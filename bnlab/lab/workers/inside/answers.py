"""Answers to questions about the networks of one experiment, or to a worker without a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bnlab.claims import statistics
from bnlab.fleet.device import Device
from bnlab.fleet.inspect import (
    batch_dependence,
    folding,
    questions,
    shifted_inputs,
    torch_layers,
    units,
)
from bnlab.fleet.inspect.questions import Answer
from bnlab.fleet.train import Training
from bnlab.lab.workers.inside.computing import Parts, measured
from bnlab.lab.workers.inside.timing import timed
from bnlab.lab.workers.protocol.measure import Measure
from bnlab.lab.workers.protocol.queries import (
    Activations,
    BatchDependence,
    Computation,
    Evaluate,
    Fold,
    Judge,
    LayerByTorch,
    Modes,
    Query,
    ShiftedInputs,
    TimeNetworks,
    Unit,
)
from bnlab.spec.fields import Frozen, refusal

# The answering functions: called with `inside`, the member's position, and the query's fields.
_OF_ONE_NETWORK: Mapping[type[Frozen], Callable[..., Answer]] = {
    Unit: units.unit,
    BatchDependence: batch_dependence.companions,
    Modes: batch_dependence.modes,
    ShiftedInputs: shifted_inputs.changed,
    Fold: folding.fold,
}
_WITHOUT_A_RUN: Mapping[type[Frozen], Callable[..., Answer]] = {
    LayerByTorch: torch_layers.batch_norm_by_torch,
    Activations: torch_layers.digit_activations,
    Judge: statistics.judgements,
}


@dataclass(frozen=True)
class Asked:
    """The networks of one experiment, to be asked between two steps.

    Args:
        trainings: the fleets.
        places: for each variant, the index of its watched member's fleet, and its position there.
    """

    trainings: Sequence[Training]
    places: Mapping[str, tuple[int, int]]

    def answer(self, query: Query) -> Answer:
        """The arrays that answer a query: see its docstring.

        Raises:
            ValueError: the query does not fit this experiment.
        """
        if isinstance(query, Evaluate):
            return self._evaluate(query)
        if query.variant not in self.places:
            allowed = ", ".join(self.places)
            raise refusal("variant", f"{query.variant!r}", f"one of {allowed}")
        fleet, member = self.places[query.variant]
        ask = partial(_OF_ONE_NETWORK[type(query)], member=member, **_fields(query))
        return self.trainings[fleet].ask(ask)

    def _evaluate(self, query: Evaluate) -> Answer:
        ask = partial(questions.evaluate, **_fields(query))
        answers = [training.ask(ask) for training in self.trainings]
        order = np.argsort([at for training in self.trainings for at in training.plan.members])
        return {
            name: np.concatenate([answer[name] for answer in answers])[order]
            for name in ("loss", "accuracy")
        }


def compute(computation: Computation) -> Answer:
    """The arrays that answer a computation: see its docstring.

    Raises:
        ValueError: torch refuses it, in its words.
    """
    return _WITHOUT_A_RUN[type(computation)](**_fields(computation))


def parts_of(computation: Computation, *, device: Device) -> Parts | None:
    """The generator for a computation that takes a while; None if it is answered at once."""
    match computation:
        case TimeNetworks():
            return timed(computation, device=device)
        case Measure():
            return measured(computation)
        case _:
            return None


def _fields(query: Frozen) -> dict[str, Any]:
    """The fields of the question itself, without its kind and variant."""
    return {
        name: getattr(query, name)
        for name in type(query).model_fields
        if name not in ("kind", "variant")
    }
