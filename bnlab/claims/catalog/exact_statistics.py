"""Claim 20: exact statistics of the training part beat running averages for inference."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import condition
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import IOFFE_SZEGEDY, WU_JOHNSON
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

STEPS = (10, 30, 100, 300)

_BASE = MemberSpec(
    data=DataSpec(name="digits"),
    network=NetworkSpec(depth=3, width=64),
    batch_size=64,
    evaluate_every=300,
).replace({"norm.kind": "batch"})
_TRAINED = Experiment(
    base=_BASE,
    variants={
        "momentum 0.1": {"norm.kind": "batch", "norm.momentum": 0.1},
        "momentum 0.01": {"norm.kind": "batch", "norm.momentum": 0.01},
        "cumulative": {"norm.kind": "batch", "norm.momentum": "cumulative"},
        "batches of 8": {"norm.kind": "batch", "norm.momentum": 0.1, "batch_size": 8},
        "layer": {"norm.kind": "layer"},
    },
    axes={"optimizer.lr": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), "steps": STEPS},
    seeds=16,
)
_WORDS = {
    "momentum 0.1": "momentum 0.1",
    "momentum 0.01": "momentum 0.01",
    "cumulative": "average of all batches",
    "batches of 8": "momentum 0.1, batches of 8",
    "layer": "layer norm",
}


def _compared(variant: str, steps: int, expected: str, *, kind: str = "") -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        exact, running = (
            evidence.best("trained", metric, variant).at(STEPS.index(steps))
            for metric in ("exact_accuracy", "validation_accuracy")
        )
        notes = running.notes(_WORDS[variant])  # both are chosen by the running averages
        return Pairs(exact.values[0], running.values[0], notes=notes)

    return condition(
        f"{steps} steps, {_WORDS[variant]}",
        "exact statistics",
        "running averages",
        "points",
        "more",
        metric="validation accuracy of the same network",
        pairs=pairs,
        expected=expected,
        smallest=0.5,  # 16 seeds
        kind=kind,
    )


CLAIM = Claim(
    number=20,
    name="exact_statistics",
    title="Exact statistics",
    statement=(
        "For inference, the statistics of the whole training part are better than running averages."
    ),
    belief=(
        "Running averages include batches seen with older weights, and each batch is a small "
        "sample. Passing the training part through the finished network once more has neither "
        "fault."
    ),
    studies={
        "trained": Study(
            "Batch norm with three kinds of running averages, and with small batches, trained for "
            "10 to 300 steps; each network is evaluated with its running averages and with exact "
            "statistics.",
            _TRAINED,
        ),
    },
    conditions=(
        _compared("momentum 0.1", 10, "The averages still remember their initial values."),
        _compared("momentum 0.1", 30, "The gap is nearly gone."),
        _compared("momentum 0.1", 300, "None: the weights hardly move by now."),
        _compared("momentum 0.01", 30, "Large: 0.99^30 still leaves 74 % of the initial values."),
        _compared("momentum 0.01", 300, "Small: 0.99^300 is 5 %."),
        _compared("cumulative", 30, "No initial values, but old weights count as much as new "
        "ones."),
        _compared("cumulative", 300, "Batches from the first steps still count."),
        _compared("batches of 8", 300, "Averages over small batches are noisier."),
        _compared("layer", 10, "Exactly none: it keeps no statistics.", kind="control"),
    ),
    meaning={
        "supported": "Exact statistics are worth one more pass over the training part.",
        "contradicted": "Running averages are better.",
        "no meaningful effect": "Running averages are just as good.",
        "inconclusive": "The difference is close to the smallest one of interest: more seeds are "
        "needed.",
        "depends": "Exact statistics are better as long as the running averages lag: after few "
        "steps, or with a momentum too small for the number of steps.",
    },
    explanation=(
        "After k steps with momentum m a share of (1 - m)^k of the running averages is still "
        "their initial values, mean 0 and variance 1: 35 % after 10 steps at 0.1, next to nothing "
        "after 100. At 0.01 the same takes ten times as many steps. The rest is an average over "
        "about the last 1 / m batches, seen with older weights: that matters while the weights "
        "still move fast.\n\n"
        "Exact statistics belong to the current weights and to 1,200 examples. They cost one pass "
        "over the training part, which is why a running average is kept during training: "
        "validation accuracy is measured often."
    ),
    rivals=(
        Rival(
            "A better network",
            "Both arms are the same network, at the learning rate that is best with running "
            "averages. Only the statistics differ.",
        ),
    ),
    would_change=(
        "Learning rates that keep the weights moving to the very end, or averages over few "
        "examples, in large networks with small batches."
    ),
    dials=(
        Dial("network.depth", (1, 3, 8), "Does the lag add up over layers?"),
        Dial("data.train_size", (200, 600, "all"), "How many examples make statistics exact?"),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Where does the lag hurt most?"),
    ),
    sources=(
        WU_JOHNSON(
            "Running averages lag early in training and with large batches, and exact statistics "
            "make validation more stable; late in training the two often agree.",
        ),
        IOFFE_SZEGEDY(
            "The statistics for inference are those of the training set; moving averages track "
            "the accuracy of a model during training.",
        ),
    ),
    note=(
        "As expected where the averages lag: 3.2 points after 10 steps at momentum 0.1, 7.7 after "
        "30 at 0.01, next to nothing after 300. Averages over all batches, and those over batches "
        "of 8, are 0.3 to 0.5 points behind, which 16 seeds cannot distinguish from half a point."
    ),
)  # fmt: skip
