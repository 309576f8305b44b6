"""Claim 2: gamma and beta restore the capacity of a normalized layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Source, Study
from bnlab.claims.conditions import Arm, Read, accuracy_at_best, condition
from bnlab.claims.evidence import AtBest, Evidence, Pairs
from bnlab.claims.papers import IOFFE_SZEGEDY
from bnlab.results.sweeps.best import edge_of
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import MemberSpec, NetworkSpec, NormSpec

ACTIVATIONS = ("relu", "tanh", "sigmoid")
SHOWN = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
WIDTHS, DEPTHS = (16, 128), (1, 8)
# Few parameters tolerate, and need, large steps.
FROZEN_RATES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
SEEDS = 8
GUESSING = 0.1  # ten digits, about equally many of each

_FROZEN = MemberSpec(
    network=NetworkSpec(depth=4, width=64), norm=NormSpec(kind="batch"), batch_size=64, steps=300
)


def _frozen(path: str, values: tuple[int, ...]) -> Experiment:
    return Experiment(
        base=_FROZEN,
        variants={"batch": {"norm.kind": "batch"}},
        axes={"optimizer.lr": FROZEN_RATES, path: values},
        seeds=SEEDS,
    )


STUDIES = {
    "with and without": Study(
        "Batch norm and layer norm, each with gamma and beta and without them.",
        Experiment(
            base=MemberSpec(
                network=NetworkSpec(depth=4, width=64),
                batch_size=64,
                steps=300,
                evaluate_every=50,
            ),
            variants={
                f"{kind} {words}": {"norm.kind": kind, "norm.affine": affine}
                for kind in ("batch", "layer")
                for words, affine in (("with", "both"), ("without", "none"))
            },
            axes={"optimizer.lr": RATES, "network.activation": ACTIVATIONS},
            seeds=SEEDS,
        ),
    ),
    "width": Study(
        "Only some parameters of four-layer networks are trained: gamma and beta, as many "
        "randomly chosen weights, the output layer, or all. The others keep their initial values.",
        _frozen("network.width", WIDTHS),
        measurement="chosen_trained",
    ),
    "depth": Study(
        "The same with different numbers of layers of 64 units.",
        _frozen("network.depth", DEPTHS),
        measurement="chosen_trained",
    ),
}


def _affine(kind: str, activation: str) -> Condition:
    row = ACTIVATIONS.index(activation)
    first, second = (
        Arm("with and without", f"{kind} {words}", f"{kind} norm {words} gamma and beta", row)
        for words in ("with", "without")
    )
    is_control = kind == "layer"
    return accuracy_at_best(
        SHOWN[activation] + (", layer norm" if is_control else ""),
        first,
        second,
        "No measurable need for them at this size.",
        kind="control" if is_control else "",
    )


def chosen(evidence: Evidence, study: str, choice: str) -> AtBest:
    """Test accuracy (K, S) over the second axis where the learning rate is best on validation.

    A network whose accuracy is not a number counts as 0.
    """
    experiment = evidence.measured[study][0]
    (path, rates), (_, values) = experiment.axes.items()
    validation, test = (
        evidence.answers(study, f"{part}_{choice}", "batch").reshape(-1, len(rates), len(values))
        for part in ("validation", "test")
    )
    is_there = np.asarray(np.isfinite(validation).any(axis=(1, 2)))  # (S,)
    if not is_there.any():
        unknown = np.full((len(values), len(test)), np.nan)
        return AtBest(unknown, (None,) * len(values), (None,) * len(values))
    mean = np.nan_to_num(validation[is_there]).mean(0)  # (rates, values)
    places = mean.argmax(0)
    known = np.where(is_there[:, None, None], np.nan_to_num(test), np.nan)
    return AtBest(
        known[:, places, np.arange(len(values))].T,
        tuple(places.tolist()),
        tuple(edge_of(path, rates, place) for place in places.tolist()),
    )


def _alone(name: str, first: str, second: str, pairs: Read, expected: str) -> Condition:
    return condition(
        f"only gamma and beta, {name}",
        first,
        second,
        "points",
        "more",
        metric="test accuracy over frozen random weights, at the best learning rate of each",
        pairs=pairs,
        expected=expected,
    )


def _against(choice: str, words: str, expected: str) -> Condition:
    """Only gamma and beta against something else, at the largest width."""

    def pairs(evidence: Evidence) -> Pairs:
        first = chosen(evidence, "width", "gamma_beta").at(-1)
        notes = first.notes("gamma and beta")
        if choice == "guessing":
            guessed = np.full(first.values[0].shape, GUESSING)
            return Pairs(first.values[0], guessed, notes=notes)
        second = chosen(evidence, "width", choice).at(-1)
        return Pairs(first.values[0], second.values[0], notes=notes + second.notes(words))

    against = _alone(f"against {words}", "only gamma and beta", words, pairs, expected)
    return replace(against, is_control=choice == "all")


def _grows(study: str, small: str, large: str) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        found = chosen(evidence, study, "gamma_beta")
        last, first = found.at(-1), found.at(0)
        return Pairs(last.values[0], first.values[0], notes=last.notes(large) + first.notes(small))

    expected = "Accuracy with gamma and beta alone grew with width and with depth."
    return _alone(f"by {study}", large, small, pairs, expected)


CLAIM = Claim(
    number=2,
    name="capacity",
    title="Gamma and beta",
    statement="Gamma and beta let a layer undo the normalization, so that it keeps its capacity.",
    belief=(
        "Normalized inputs keep a sigmoid in its nearly linear middle. With gamma = sqrt(v + eps) "
        "and beta = mu the layer outputs exactly its input: nothing is lost."
    ),
    studies=STUDIES,
    conditions=(
        *(_affine(kind, activation) for activation in ACTIVATIONS for kind in ("batch", "layer")),
        _against("guessing", "guessing", "Far above: 48 to 82 % on CIFAR-10 by depth."),
        _against(
            "random", "as many random weights", "Above: it is not only the number of parameters."
        ),
        _against("output", "the output layer", "Above, in deep networks with more channels."),
        _against("all", "all parameters", "Below: about 10 points or more on CIFAR-10."),
        _grows("width", f"{WIDTHS[0]} units", f"{WIDTHS[-1]} units"),
        _grows("depth", f"{DEPTHS[0]} layer", f"{DEPTHS[-1]} layers"),
    ),
    meaning={
        "supported": "Networks need gamma and beta, and much can be learned by training only them.",
        "depends": "That gamma and beta can undo the normalization is exact. Whether a network "
        "needs them is another question: here it gains little or nothing from them, "
        "yet they learn a lot when only they are trained.",
        "contradicted": "Networks do better without gamma and beta here.",
        "no meaningful effect": "Networks do as well without gamma and beta.",
        "inconclusive": "These seeds do not say whether gamma and beta are needed.",
    },
    explanation=(
        "That they can undo the normalization is algebra, and holds to the last digit (see the "
        "page One layer). It does not follow that a network needs it. ReLU passes a positive "
        "factor through, so the next layer's weights can do what gamma does. Beta moves the kink "
        "of the activation, which no later weights can do exactly; but many units together may "
        "make up for it.\n\n"
        "How much gamma and beta can do shows when nothing else is trained. All weights stay "
        "random; gamma and beta choose which of the random features count, and with ReLU above "
        "which value. The more features there are to choose from, in width or in depth, the "
        "better this works."
    ),
    rivals=(
        Rival(
            "Only the number of parameters",
            "As many weights chosen at random from the same layers: do gamma and beta do better?",
        ),
        Rival(
            "Only good random features",
            "The output layer alone, trained on top of the same frozen layers, shows how much "
            "information the random features hold.",
        ),
    ),
    would_change=(
        "Weight decay or an initialization that keeps the following layer from scaling; networks "
        "in which nothing linear follows the norm."
    ),
    dials=(
        Dial("data.standardized", (True, False), "Raw inputs start with different scales."),
        Dial("batch_size", (16, 64, 256), "Noisier statistics: does gamma matter more?"),
        Dial("steps", (100, 300, 600), "Does more training close the gap to full training?"),
    ),
    sources=(
        IOFFE_SZEGEDY(
            "Introduced gamma and beta so that the transform can represent the identity.",
        ),
        Source(
            "Frankle, Schwab & Morcos",
            2020,
            "2003.00152",
            "With only gamma and beta trained, ResNets reach 48 % (14 layers) to 82 % (866 "
            "layers) on CIFAR-10, more than with as many random parameters.",
        ),
    ),
    note=(
        "As expected, no need for gamma and beta is measured here; with ReLU it remains open "
        "whether they gain up to two points. Contrary to expectation, gamma and beta are not "
        "shown to be better than as many randomly chosen weights: both reach over 90 %. Perhaps "
        "digits are too easy to show a difference. On CIFAR-10 and in residual networks gamma and "
        "beta were clearly ahead (Frankle and others)."
    ),
)
