"""Every norm by the name of its kind."""

from __future__ import annotations

from bnlab.fleet.batch_norms import CentreOnly, GhostBatchNorm, ScaleOnly
from bnlab.fleet.norms import BatchNorm, GroupNorm, LayerNorm, NoNorm, Norm, RMSNorm
from bnlab.fleet.stepping_norms import BatchRenorm, FrozenBatchNorm, NoisyBatchNorm

NORMS: dict[str, type[Norm]] = {
    "none": NoNorm,
    "batch": BatchNorm,
    "layer": LayerNorm,
    "group": GroupNorm,
    "rms": RMSNorm,
    "batch_centre": CentreOnly,
    "batch_scale": ScaleOnly,
    "batch_ghost": GhostBatchNorm,
    "batch_renorm": BatchRenorm,
    "batch_noisy": NoisyBatchNorm,
    "batch_frozen": FrozenBatchNorm,
    "group_ws": GroupNorm,  # its linear layers are `StandardizedLinear`
}
