"""What claims measure inside networks: functions by name, called with the networks of one seed.

A measurement is a generator: it yields every few milliseconds of work, so that its worker can
advance other runs in between, and returns arrays (M, ...) in the order of the M specs it was given.
The result depends only on these specs and the settings.
"""

from __future__ import annotations

from collections.abc import Callable

from bnlab.fleet.measurements.along_gradient import along_gradient
from bnlab.fleet.measurements.bias_gradient import bias_gradient
from bnlab.fleet.measurements.branch_share import branch_share
from bnlab.fleet.measurements.chosen import chosen_trained
from bnlab.fleet.measurements.companion_noise import companion_noise
from bnlab.fleet.measurements.cost import step_seconds
from bnlab.fleet.measurements.fleets import Measuring
from bnlab.fleet.measurements.forgotten_eval import forgotten_eval
from bnlab.fleet.measurements.gradient_growth import gradient_growth
from bnlab.fleet.measurements.gradient_shift import gradient_shift
from bnlab.fleet.measurements.hidden_rank import hidden_rank
from bnlab.fleet.measurements.identities import identities
from bnlab.fleet.measurements.input_drift import input_drift
from bnlab.fleet.measurements.loss_surface import loss_surface
from bnlab.fleet.measurements.normalized import normalized
from bnlab.fleet.measurements.rescaled_rate import rescaled_rate
from bnlab.fleet.measurements.two_classes import two_classes
from bnlab.fleet.measurements.update_ratio import update_ratio
from bnlab.fleet.measurements.variance_shift import variance_shift
from bnlab.fleet.measurements.weight_lengths import weight_lengths

# Called as f(specs, **settings): specs are a Sequence[MemberSpec], settings those of the study.
Measurement = Callable[..., Measuring]

_ALL: tuple[Measurement, ...] = (
    along_gradient, bias_gradient, branch_share, chosen_trained, companion_noise, forgotten_eval,
    gradient_growth, gradient_shift, hidden_rank, identities, input_drift, loss_surface, normalized,
    rescaled_rate, step_seconds, two_classes, update_ratio, variance_shift, weight_lengths,
)  # fmt: skip
MEASUREMENTS: dict[str, Measurement] = {measure.__name__: measure for measure in _ALL}
