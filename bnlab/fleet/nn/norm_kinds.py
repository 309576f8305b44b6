"""Every norm by the name of its kind."""

from __future__ import annotations

from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.batch_norm_schedules import BatchRenorm, FrozenBatchNorm, NoisyBatchNorm
from bnlab.fleet.nn.batch_norm_variants import CentreOnly, GhostBatchNorm, ScaleOnly
from bnlab.fleet.nn.norms import GroupNorm, LayerNorm, NoNorm, Norm, RMSNorm

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
