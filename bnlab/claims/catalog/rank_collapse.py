"""Claim 17: batch norm keeps the rank of deep networks from collapsing."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Source, Study
from bnlab.claims.conditions import NORMS, Arm, accuracy_at_best, against, condition, norms
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import MemberSpec, NetworkSpec

DEPTH, WIDTH = 64, 32
SAID = {"linear": "no activation", "relu": "ReLU"}
ORTHOGONAL = "none orthogonal"
ARMS = NORMS | {ORTHOGONAL: "orthogonal weights"}
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
VARIANTS: dict[str, dict[str, Scalar]] = {
    **norms("none", "batch", "layer"),
    ORTHOGONAL: {"norm.kind": "none", "network.init": "orthogonal"},
}
_LINEAR = NetworkSpec(depth=DEPTH, width=WIDTH, activation="identity", init="xavier")


def _first_weights(activation: str, words: str) -> Study:
    base = MemberSpec(network=_LINEAR, batch_size=128, steps=1)
    return Study(
        f"{words}, {DEPTH} layers of {WIDTH} units at initialization: in how many directions the "
        "activations of each layer spread.",
        Experiment(
            base=base.replace({"network.activation": activation}), variants=VARIANTS, seeds=16
        ),
        measurement="hidden_rank",
    )


_TRAINED = Experiment(
    base=MemberSpec(network=_LINEAR, steps=200, evaluate_every=100),
    variants=VARIANTS,
    axes={"optimizer.lr": RATES},
    seeds=8,
)


def _last_rank(evidence: Evidence, study: str, arm: str) -> Array:
    """The rank of the last layer (S,)."""
    return evidence.answers(study, "rank", arm)[:, 0, -1]


def _rank(study: str, arm: str, expected: str) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        return Pairs(*(_last_rank(evidence, study, one) for one in (arm, "none")))

    is_control = arm != "batch"
    return condition(
        f"Rank of the last layer, {SAID[study]}" + (f", {ARMS[arm]}" if is_control else ""),
        ARMS[arm],
        "no norm",
        "factor",
        "more",
        metric="soft rank of the last layer's activations at initialization",
        pairs=pairs,
        expected=expected,
        kind="control" if is_control else "",
    )


def _against_root(evidence: Evidence) -> Pairs:
    width = evidence.measured["linear"][0].base.network.width
    return against(_last_rank(evidence, "linear", "batch"), width**0.5)


def _trains(first: str, second: str, expected: str) -> Condition:
    is_control = (first, second) != ("batch", "none")
    return accuracy_at_best(
        "Linear network trained" + (f", {ARMS[first]}" if is_control else ""),
        Arm("trained", first, ARMS[first]),
        Arm("trained", second, ARMS[second]),
        expected,
        metric="test accuracy at the end, each at its best learning rate",
        kind="control" if is_control else "",
    )


CLAIM = Claim(
    number=17,
    name="rank_collapse",
    title="Rank collapse",
    statement="Deep networks with random weights collapse all examples onto one line; batch norm "
    "keeps them apart.",
    belief=(
        "A random layer stretches some directions more than others, and many layers multiply that "
        "effect, until one direction is left. Batch norm makes all units equally large over the "
        "examples, layer by layer, so none can dominate."
    ),
    studies={
        "linear": _first_weights("identity", "No activation"),
        "relu": _first_weights("relu", "ReLU"),
        "trained": Study(
            f"{DEPTH} linear layers of {WIDTH} units, trained at {len(RATES)} learning rates: "
            "with each norm, with no norm, and with orthogonal initial weights.",
            _TRAINED,
        ),
    },
    conditions=(
        _rank("linear", "batch", "Far above 1 with batch norm, nearly 1 without."),
        _rank("relu", "batch", "The same with ReLU."),
        _rank("linear", "layer", "Layer norm looks at one example at a time: it also collapses."),
        _rank("relu", "layer", "It also collapses."),
        _rank("linear", ORTHOGONAL, "Full rank: orthogonal layers lose no direction."),
        _rank("relu", ORTHOGONAL, "It collapses: ReLU makes examples similar whatever the "
        "weights."),
        condition(
            "Rank against the root of the width", "batch norm", "root of the width",
            "factor", "equal",
            metric="soft rank of the last layer's activations at initialization, no activation",
            pairs=_against_root,
            expected="Of the order of the square root of the width at any depth (Daneshmand et "
            "al. 2020).",
            kind="check",
        ),
        _trains("batch", "none", "More accurate with batch norm."),
        _trains("layer", "none", "No more accurate, if rank is what counts."),
        _trains(ORTHOGONAL, "batch", "Equally accurate: full rank from the start is enough."),
    ),
    meaning={
        "supported": "With batch norm examples stay apart through all layers, and such networks "
        "train better; without it they end up close to a line.",
        "depends": "Batch norm keeps examples apart at initialization, but that alone does not "
        "decide how training goes.",
    },
    explanation=(
        "Take two examples and a random layer. On average the layer preserves their lengths, but "
        "the product of many layers has one direction that grows fastest, and all examples turn "
        "towards it. With ReLU it happens faster: its outputs are never negative, so the angle "
        "between any two examples is acute, and each layer makes it smaller. When all inputs of "
        "the output layer lie on one line, all that is left of an example is one number. That is "
        "little to distinguish ten classes by, and gradients say little about the layers before. "
        "Training can restore directions: linear networks like these still reach 60 % without a "
        "norm, and 89 % with batch norm.\n\n"
        "Batch norm divides each unit by its own spread over the examples, after every layer. So "
        "what the weights weakened is amplified again before the next layer can weaken it "
        "further. The rank settles near the square root of the width and stays there. Layer norm "
        "divides all units of an example by one number, which changes its length and not its "
        "direction; the mean that it subtracts first is but one direction of many."
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Layer norm does not preserve the rank, as the control arm shows: it makes examples "
            "equally long, and turns none of them away from the line.",
        ),
        Rival(
            "Better initialization does it without a norm",
            "In linear networks, yes: orthogonal weights preserve all directions, at any depth. "
            "With ReLU they collapse as random ones do.",
        ),
    ),
    would_change=(
        "Fewer layers, or wider ones, lose less. With skips and ReLU, branches that are never "
        "negative add up to a direction that all examples share, and the rank is near 1 even with "
        "batch norm. Such networks train all the same, so a low rank by this measure is not "
        "always harmful."
    ),
    dials=(
        Dial("network.depth", (8, 16, 64), "How many layers does the collapse take?"),
        Dial("network.width", (16, 32, 64), "Wide layers lose rank slowly; with batch norm it "
        "follows the square root of the width."),
        Dial("network.skips", (False, True), "Which norm preserves the rank when there are skips?"),
    ),
    sources=(
        Source(
            "Daneshmand, Kohler, Bach, Hofmann & Lucchi", 2020, "2003.01652",
            "In deep linear networks the rank of activations collapses with depth; with batch "
            "norm it stays of the order of the square root of the width, and such networks train "
            "faster.",
        ),
        Source(
            "Saxe, McClelland & Ganguli", 2013, "1312.6120",
            "Deep linear networks with orthogonal initial weights train in a time that does not "
            "depend on their depth.",
        ),
    ),
    note=(
        "As expected, except for two controls. Orthogonal weights without a norm were expected to "
        "be as accurate as batch norm, and were a few points more accurate: they start with all "
        "directions, batch norm with about five of 32. Layer norm slows the collapse of linear "
        "networks a little, and that of ReLU networks not at all; 8 seeds do not say whether it "
        "trains any better."
    ),
)  # fmt: skip
