"""Where a fleet is trained: cuda, else mps, else the CPU."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bnlab.spec.fields import refusal
from bnlab.spec.settings import settings


@dataclass(frozen=True)
class Device:
    """A device that torch can use here."""

    name: str  # cpu, cuda or mps
    label: str  # for people


def choose_device(name: str | None = None) -> Device:
    """The device named by `name`, else by `BNLAB_DEVICE`, else the fastest one available.

    On cuda this turns TF32 off and determinism on: the same training gives the same numbers.

    Raises:
        ValueError: no such device here; says what is.
    """
    wanted = name or settings().device
    available = [found for found in ("cuda", "mps", "cpu") if _is_available(found)]
    if wanted == "auto":
        wanted = available[0]
    if wanted not in available:
        there = ", ".join(["auto", *available])
        raise refusal("BNLAB_DEVICE", f"{wanted!r}", f"one of {there} on this machine")
    if wanted == "cuda":
        _be_exact()
    return Device(wanted, _label(wanted))


def sent(values: Tensor, device: str) -> Tensor:
    """Copy host values to a device; to a CUDA device without waiting for the copy."""
    if torch.device(device).type == "cuda":
        return values.pin_memory().to(device, non_blocking=True)
    return values.to(device)


def _be_exact() -> None:
    """Turn TF32 off, which torch leaves on for convolutions by default, and determinism on."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def _is_available(name: str) -> bool:
    if name == "cuda":
        return torch.cuda.is_available()
    return name == "cpu" or torch.backends.mps.is_available()


def _label(name: str) -> str:
    if name == "cuda":
        return torch.cuda.get_device_name()
    if name == "mps":
        return "Apple GPU (mps, untested)"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
