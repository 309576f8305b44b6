"""The part of a script that repeats what was changed while the network trained."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.spec.interventions import Intervention
from bnlab.spec.member import MemberSpec


def changes_source(spec: MemberSpec, interventions: Sequence[Intervention]) -> tuple[str, str]:
    """What stands before the loop over the steps, and what at the beginning of each step."""
    before, inside = [], []
    if rates := {change.step: change.lr for change in interventions if change.lr is not None}:
        before.append(f"new_rates = {rates}  # the learning rate after so many steps")
        inside.append(_NEW_RATE)
    has_norms = spec.norm.is_batch
    momenta = _momenta(spec, interventions) if has_norms else {}
    resets = sorted({change.step for change in interventions if change.reset and has_norms})
    if momenta or resets:
        kind = "BatchNorm1d" if spec.network.kind == "dense" else "BatchNorm2d"
        before.append(
            f"norms = [part for part in network.modules() if isinstance(part, nn.{kind})]"
        )
    if momenta:
        before.append(f"new_momenta = {momenta}  # of the running statistics; 0: they rest")
        inside.append(_NEW_MOMENTUM)
    if resets:
        before.append(f"resets = {resets}  # after so many steps they begin again")
        inside.append(_RESET)
    return "".join(f"{line}\n" for line in before), "".join(inside)


def _momenta(
    spec: MemberSpec, interventions: Sequence[Intervention]
) -> dict[int, float | int | None]:
    """The momentum after so many steps as torch has it: None is cumulative, 0 frozen."""
    momentum, frozen = spec.norm.momentum, False
    momenta: dict[int, float | int | None] = {}
    for change in interventions:
        if change.momentum is not None:
            momentum = change.momentum
        if change.frozen is not None:
            frozen = change.frozen
        if change.momentum is not None or change.frozen is not None:
            moving = None if momentum == "cumulative" else momentum
            momenta[change.step] = 0 if frozen else moving
    return momenta


_NEW_RATE = """
if step - 1 in new_rates:
    optimizer.param_groups[0]["lr"] = new_rates[step - 1]"""
_NEW_MOMENTUM = """
if step - 1 in new_momenta:
    for norm in norms:
        norm.momentum = new_momenta[step - 1]"""
_RESET = """
if step - 1 in resets:
    for norm in norms:
        norm.reset_running_stats()"""
