"""Sentences about a network in training mode and in eval mode, from measured numbers alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bnlab.results.frames import Array
from bnlab.results.words import percent

CLOSE = 0.02  # accuracies that differ by less count as equal


def predictions(training: Array, eval_mode: Array, *, label: int) -> list[str]:
    """The answers for one example in either mode.

    Args:
        training: (D, K) probabilities, one row for each draw of the other examples in its batch,
            the newest last.
        eval_mode: (K,) probabilities.
        label: the true class.
    """
    answer = int(eval_mode.argmax())
    verdict = "which is right" if answer == label else f"which is wrong: it is a {label}"
    newest = int(training[-1].argmax())
    said = [
        f"**Eval mode** answers {answer} ({percent(eval_mode[answer])} sure), {verdict}. "
        "Draw as often as you like: this does not change.",
        f"**Training mode**, with the latest draw, answers {newest} "
        f"({percent(training[-1, newest])} sure).",
    ]
    answers = np.bincount(training.argmax(1), minlength=training.shape[1])
    if len(training) > 1:
        order = [int(k) for k in np.argsort(-answers, kind="stable") if answers[k]]
        times = ", ".join(f"{k} in {answers[k]}" for k in order[:4])
        rest = sum(int(answers[k]) for k in order[4:])
        more = f", others in {rest}" if rest else ""
        said[1] += f" Of {len(training)} draws: {times}{more}."
    return said


def modes(answer: Mapping[str, Array], *, classes: int, size: int) -> str:
    """The share of correct answers in either mode, at one batch size.

    Args:
        answer: batch_sizes (S,), `size` among them; accuracies in training mode, shuffled and
            sorted_by_class (S,), and in eval mode, eval ().
        classes: number of classes.
        size: the batch size in the sentence.
    """
    at = int(np.argmin(np.abs(answer["batch_sizes"] - size)))
    return (
        f"With eval() {percent(float(answer['eval']))} of the answers are right. Forgotten, in "
        f"batches of {size}: {percent(answer['shuffled'][at])} if shuffled, "
        f"**{percent(answer['sorted_by_class'][at])}** if sorted by class. "
        f"Guessing gives {percent(1 / classes)}."
    )


def first_steps(steps: Array, *, running: Array, exact: Array) -> list[str]:
    """How far running statistics lag behind, and when they have caught up.

    Args:
        steps: (E,) of the evaluations.
        running: (E,) accuracy with running statistics.
        exact: (E,) accuracy with exact statistics.
    """
    gap = exact - running
    if not np.isfinite(gap).all():
        step = steps[~np.isfinite(gap)][0]
        return [f"At step {step} the network diverged: it no longer gives any number."]
    widest = int(gap.argmax())
    if gap[widest] <= CLOSE:
        return [f"The two never differ by more than {100 * CLOSE:.0f} percentage points."]
    said = (
        f"The gap is widest at step {steps[widest]}: {percent(running[widest])} with running "
        f"statistics, {percent(exact[widest])} with exact ones, for the same weights."
    )
    behind = np.flatnonzero(gap > CLOSE)
    last = int(behind[-1])
    if last == len(steps) - 1:
        return [said, f"At step {steps[last]} they still lag behind."]
    return [
        said,
        f"From step {steps[last + 1]} on they lag by no more than {100 * CLOSE:.0f} "
        "percentage points.",
    ]


def changed(accuracies: Mapping[str, float], *, shift: float, scale: float, usual: float) -> str:
    """The effect of a change of the inputs, and how much other statistics repair.

    Args:
        accuracies: running, exact_train and exact_changed, on the changed inputs.
        shift: added to every input.
        scale: by which every input was multiplied first.
        usual: accuracy with running statistics on the original inputs.
    """
    running, exact, repaired = (
        accuracies[name] for name in ("running", "exact_train", "exact_changed")
    )
    said = (
        f"Inputs × {scale:g} {'+' if shift >= 0 else '−'} {abs(shift):g}: "
        f"{percent(running)} instead of {percent(usual)} are right with the running statistics, "
        f"{percent(exact)} with exact ones of the old training data, {percent(repaired)} with "
        "exact ones of the new data."
    )
    lost = usual - running
    if lost <= CLOSE:
        return f"{said} This change does no harm."
    share = (repaired - running) / lost
    return f"{said} That repairs {percent(min(1.0, max(0.0, share)))} of the damage."


def folding(before: Array, after: Array) -> str:
    """A comparison of the measured times.

    Args:
        before: (R,) seconds of a batch with batch norm.
        after: (R,) seconds folded.
    """
    was, now = float(np.median(before)), float(np.median(after))
    if abs(was / now - 1) < 0.05:
        return f"Measured: {1e6 * was:.3g} µs before, {1e6 * now:.3g} µs after. About the same."
    times, word = (was / now, "faster") if was > now else (now / was, "slower")
    return (
        f"Measured: {1e6 * was:.3g} µs before, {1e6 * now:.3g} µs after: "
        f"**{times:.2f} times {word}**."
    )
