"""What can be said about a variant or a race: each remark is a function of the numbers.

A remark is None if its condition does not hold. Thresholds are at the top.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bnlab.lessons.commentary.view import WINDOW, View
from bnlab.results.frames import Array
from bnlab.results.words import percent

STEEP = 100.0  # a gradient or signal that changes by this factor over the layers
FAINT = 0.01  # std of a signal; a healthy one has about 1
MUCH = 0.5  # share of a layer's units or activations
NEAR_CHANCE = 0.03  # relative distance of the loss from ln K
LAG = 0.1  # of accuracy, between running and exact statistics
LEAD = 0.05  # of accuracy, between two variants
ALIKE = 0.02
SOONER = 2.0  # ratio of the steps to the target
GENTLE = 10.0  # a gradient that changes by less over the layers needs no repair

Remark = Callable[[View], str | None]


# --- of one variant ------------------------------------------------------------------------------


def _diverged(view: View) -> str | None:
    if not view.diverged.any():
        return None
    when = f" at step {view.first_infinite:,.0f}" if math.isfinite(view.first_infinite) else ""
    if view.diverged.all() and len(view.diverged) == 1:
        return f"diverged{when}. Its numbers grew beyond all bounds, and it cannot recover."
    first = f", the first{when}" if when else ""
    return f"{view.diverged.sum()} of {len(view.diverged)} networks diverged{first}."


def _lags(view: View) -> str | None:
    if view.is_gone or not view.exact_accuracy - view.accuracy > LAG:
        return None
    return (
        "its running averages lag behind what the layers see in training. With them "
        f"{percent(view.accuracy)} of unseen examples are right, with exact statistics "
        f"{percent(view.exact_accuracy)}."
    )


def _is_at_chance(view: View) -> bool:
    losses = view.train_loss
    if view.is_gone or len(losses) < WINDOW:
        return False
    chance = math.log(view.spec.data.facts.classes)
    halves = losses.reshape(2, -1).mean(axis=1)
    return bool(np.all(np.abs(halves - chance) < NEAR_CHANCE * chance))


def _plateau(view: View) -> str | None:
    if not _is_at_chance(view):
        return None
    classes = view.spec.data.facts.classes
    return (
        f"for the last {WINDOW} steps its loss has stayed at {math.log(classes):.2f}, the "
        f"logarithm of {classes}: it is guessing among the {classes} classes."
    )


def _gradient_factor(view: View) -> float:
    """How many times larger the gradient of the last hidden layer is than that of the second.

    Layers 2 to L have weights of one shape, unaffected by the scale of the inputs.
    """
    norms = view.gradient_norm
    if view.is_gone or len(norms) < 3 or not np.isfinite(norms[[1, -1]]).all():
        return math.nan
    if norms[1] == 0.0:
        return math.inf if norms[-1] > 0.0 else math.nan
    return float(norms[-1] / norms[1])


def _vanishes(view: View) -> str | None:
    factor = _gradient_factor(view)
    if not factor > STEEP:
        return None
    layers = f"in the backward pass from layer {len(view.gradient_norm)} to layer 2"
    if math.isinf(factor):
        return f"the gradient vanishes {layers}: none of it arrives."
    return f"the gradient shrinks by a factor of {_factor(factor)} {layers}."


def _explodes(view: View) -> str | None:
    factor = _gradient_factor(view)
    if not 0.0 < factor < 1.0 / STEEP:
        return None
    return (
        f"the gradient grows by a factor of {_factor(1.0 / factor)} in the backward pass from "
        f"layer {len(view.gradient_norm)} to layer 2. No learning rate fits all layers."
    )


def _fades(view: View) -> str | None:
    signal = view.signal
    if view.is_gone or signal is None or len(signal) < 2 or not np.isfinite(signal).all():
        return None
    if signal[-1] >= FAINT or signal[-1] * STEEP >= signal[0]:
        return None
    if signal[-1] == 0.0:
        return f"none of the signal reaches layer {len(signal)}."
    return (
        f"the signal fades by a factor of {_factor(signal[0] / signal[-1])} from layer 1 to "
        f"layer {len(signal)}: to the last layer all examples look alike."
    )


def _saturates(view: View) -> str | None:
    activation = view.spec.network.activation
    layer = _worst_layer(view.saturated)
    if view.is_gone or activation not in ("sigmoid", "tanh") or layer is None:
        return None
    return (
        f"{percent(view.saturated[layer])} of the activations of layer {layer + 1} are in a flat "
        f"part of the {activation}, which passes hardly any gradient."
    )


def _dies(view: View) -> str | None:
    layer = _worst_layer(view.dead)
    if view.is_gone or layer is None:
        return None
    return (
        f"{percent(view.dead[layer])} of the units of layer {layer + 1} are dead: no example of "
        f"the probe batch activates them."
    )


def _worst_layer(shares: Array) -> int | None:
    shares = np.nan_to_num(shares, nan=0.0)
    layer = int(np.argmax(shares))
    return layer if shares[layer] > MUCH else None


def _pairs(view: View) -> str | None:
    norm = view.spec.norm
    together = {"batch": view.spec.batch_size, "batch_ghost": norm.ghost_size}.get(norm.kind)
    if view.is_gone or together != 2:
        return None
    return (
        "of two numbers, one is always a standard deviation above their mean and one below: in "
        "training each unit only outputs +1 or −1."
    )


def _reaches(view: View) -> str | None:
    there = view.reached[np.isfinite(view.reached)]
    if not len(there):
        return None
    if len(view.reached) == 1:
        return f"reached {percent(view.target)} at step {there[0]:,.0f}."
    return (
        f"{len(there)} of {len(view.reached)} networks have reached {percent(view.target)}, "
        f"the first at step {there.min():,.0f}."
    )


# --- of the race as a whole ----------------------------------------------------------------------


def _alike(views: list[View]) -> str | None:
    ranked = _by_accuracy(views)
    if len(views) < 2 or len(ranked) < len(views) or any(map(_is_at_chance, views)):
        return None
    is_late = ranked[0].step >= ranked[0].spec.steps / 2
    if not is_late or ranked[0].accuracy - ranked[-1].accuracy > ALIKE or _sooner(views):
        return None
    text = "No difference that matters."
    for view in views:
        factor = _gradient_factor(view)
        if view.spec.norm.kind == "none" and 1 / GENTLE < factor < GENTLE:
            change = _factor(max(factor, 1 / factor))
            text += (
                " No surprise: even without a norm the gradient keeps its size "
                f"(it changes by a factor of {change} over the layers)."
            )
            break
    return text


def _sooner(views: list[View]) -> str | None:
    there = sorted((v for v in views if math.isfinite(v.middle_reached)), key=_middle_reached)
    if len(there) < 2 or not there[-1].middle_reached > SOONER * there[0].middle_reached:
        return None
    first, last = there[0], there[-1]
    return (
        f"{first.spoken} reached {percent(first.target)} at step {first.middle_reached:,.0f}, "
        f"{last.spoken} only at step {last.middle_reached:,.0f}."
    )


def _middle_reached(view: View) -> float:
    return view.middle_reached


def _leads(views: list[View]) -> str | None:
    ranked = _by_accuracy(views)
    if len(ranked) < 2 or not ranked[0].accuracy - ranked[-1].accuracy > LEAD:
        return None
    best, last = ranked[0], ranked[-1]
    return (
        f"{best.spoken} leads {last.spoken}: {percent(best.accuracy)} of unseen examples right, "
        f"against {percent(last.accuracy)}."
    )


def _by_accuracy(views: list[View]) -> list[View]:
    known = [view for view in views if not view.is_gone and not math.isnan(view.accuracy)]
    return sorted(known, key=lambda view: -view.accuracy)


# --- in the order of importance ------------------------------------------------------------------

TROUBLES: dict[str, Remark] = {
    "diverged": _diverged,
    "plateau": _plateau,
    "vanishing": _vanishes,
    "exploding": _explodes,
    "fading": _fades,
    "lag": _lags,
    "saturated": _saturates,
    "dead": _dies,
    "pairs": _pairs,
}
COMPARISONS: dict[str, Callable[[list[View]], str | None]] = {
    "alike": _alike,
    "sooner": _sooner,
    "lead": _leads,
}
SUCCESSES: dict[str, Remark] = {"reached": _reaches}


def _factor(value: float) -> str:
    """A factor with two digits; above a million as a power of ten."""
    if value >= 1e6:
        return f"10^{math.log10(value):.0f}"
    return f"{float(f'{value:.2g}'):,g}"
