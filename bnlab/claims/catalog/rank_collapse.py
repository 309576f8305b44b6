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
        f"{words}, {DEPTH} layers of {WIDTH} units at their first weights: in how many directions "
        "the activations of each layer spread.",
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
        metric="soft rank of the last layer's activations at the first weights",
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
    statement="Deep networks with random weights squeeze all examples onto one line; batch norm "
    "keeps them apart.",
    belief=(
        "A random layer stretches some directions more than others, and many layers multiply that, "
        "until one direction is left. Batch norm makes all units equally large over the examples, "
        "layer by layer, so none can take over."
    ),
    studies={
        "linear": _first_weights("identity", "No activation"),
        "relu": _first_weights("relu", "ReLU"),
        "trained": Study(
            f"{DEPTH} linear layers of {WIDTH} units, trained at {len(RATES)} learning rates; "
            "beside the norms, no norm and orthogonal first weights.",
            _TRAINED,
        ),
    },
    conditions=(
        _rank("linear", "batch", "Far above 1 with batch norm, nearly 1 without."),
        _rank("relu", "batch", "The same with ReLU."),
        _rank("linear", "layer", "Layer norm looks at one example at a time: it collapses, too."),
        _rank("relu", "layer", "It collapses, too."),
        _rank("linear", ORTHOGONAL, "All directions: orthogonal layers lose none."),
        _rank("relu", ORTHOGONAL, "It collapses: ReLU makes examples alike whatever the weights."),
        condition(
            "Rank against the root of the width", "batch norm", "root of the width",
            "factor", "equal",
            metric="soft rank of the last layer's activations at the first weights, no activation",
            pairs=_against_root,
            expected="Of the order of the root of the width at any depth (Daneshmand et al. 2020).",
            kind="check",
        ),
        _trains("batch", "none", "More accurate with batch norm."),
        _trains("layer", "none", "No more accurate, if rank is what counts."),
        _trains(ORTHOGONAL, "batch", "As accurate: full rank from the start does it."),
    ),
    meaning={
        "supported": "With batch norm examples stay apart through all layers, and such networks "
        "train better; without it they end up close to one line.",
        "depends": "Batch norm keeps examples apart at the first weights, but that is not all "
        "that decides on training.",
    },
    explanation=(
        "Take two examples and a random layer. On average the layer keeps their lengths, but the "
        "product of many layers has one direction that grows fastest, and all examples turn "
        "towards it. ReLU does it faster: what comes out is never negative, so any two examples "
        "have an acute angle between them, and each layer makes it smaller. When all inputs of the "
        "output layer lie on one line, all that is left of an example is one number. That is "
        "little to tell ten classes apart by, and gradients say little about the layers before. "
        "Training can bring directions back: linear networks like these still reach 60 % without "
        "norm, and 89 % with batch norm.\n\n"
        "Batch norm divides each unit by its own spread over the examples, after every layer. "
        "So what the weights made weak is made strong again before the next layer can weaken it "
        "further. The rank settles near the root of the width and stays there. Layer norm divides "
        "all units of an example by one number, which changes its length and not its direction; "
        "the mean that it subtracts first is but one direction of many."
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Layer norm does not hold the rank, as the control arm shows: it makes examples "
            "equally long, and turns none of them away from the line.",
        ),
        Rival(
            "Better first weights do it without a norm",
            "In linear networks, yes: orthogonal weights keep all directions, at any depth. With "
            "ReLU they collapse as random ones do.",
        ),
    ),
    would_change=(
        "Fewer layers, or wider ones, lose less. Skips with ReLU: branches that are never negative "
        "add up to a direction that all examples share, and the rank is near 1 even with batch "
        "norm. Such networks train all the same, so a low rank by this measure is not always harm."
    ),
    dials=(
        Dial("network.depth", (8, 16, 64), "How many layers does the collapse take?"),
        Dial("network.width", (16, 32, 64), "Wide layers lose rank slowly; with batch norm it "
             "follows the root of the width."),
        Dial("network.skips", (False, True), "Which norm holds the rank when there are skips?"),
    ),
    sources=(
        Source(
            "Daneshmand, Kohler, Bach, Hofmann & Lucchi", 2020, "2003.01652",
            "In deep linear networks the rank of activations collapses with depth; with batch norm "
            "it stays of the order of the root of the width, and such networks train faster.",
        ),
        Source(
            "Saxe, McClelland & Ganguli", 2013, "1312.6120",
            "Deep linear networks with orthogonal first weights train in a time that does not "
            "depend on their depth.",
        ),
    ),
    note=(
        "As expected, but for two controls. Orthogonal weights without a norm were expected to be "
        "as accurate as batch norm, and were a few points more accurate: they begin with all "
        "directions, batch norm with about five of 32. Layer norm slows the collapse of linear "
        "networks a little, and that of ReLU networks not at all; whether it trains any better, "
        "8 seeds do not say."
    ),
)  # fmt: skip
