"""Relatives of batch norm on (N, F), as exported scripts have them: by autograd."""

from __future__ import annotations

import numpy as np
from torch import nn

from bnlab.data.datasets import NOISE
from bnlab.export.script import norm_modules
from bnlab.export.script.norms import CLASS_NAMES
from bnlab.spec.member import NormSpec

RELATIVES = tuple(CLASS_NAMES)


def relative(spec: NormSpec, features: int) -> nn.BatchNorm1d:
    """The module of a kind of `RELATIVES`, with the numbers of its spec."""
    kind = getattr(norm_modules, CLASS_NAMES[spec.kind])
    momentum = None if spec.momentum == "cumulative" else spec.momentum
    module: nn.BatchNorm1d = kind(features, eps=spec.eps, momentum=momentum)
    for name in NormSpec.model_fields:
        if name in vars(kind):
            setattr(module, name, getattr(spec, name))
    if isinstance(module, norm_modules.NoisyBatchNorm):
        module.noise = np.random.default_rng([0, NOISE, 0])  # of seed 0, first in its network
    return module
