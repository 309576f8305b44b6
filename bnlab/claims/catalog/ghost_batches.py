"""Claim 19: large batches generalize better when they are normalized in ghost batches."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import Arm, accuracy_at_best
from bnlab.claims.papers import HOFFER
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

EXAMPLES = 512
EPOCHS = 100
SMALL = 32

_BASE = MemberSpec(
    data=DataSpec(name="digits", train_size=EXAMPLES),
    network=NetworkSpec(depth=2, width=64),
    batch_size=EXAMPLES,
    steps=EPOCHS,
    evaluate_every=EPOCHS // 2,
)
_SMALL_STEPS = EPOCHS * EXAMPLES // SMALL
_ARMS: dict[str, dict[str, Scalar]] = {
    "full": {"norm.kind": "batch"},
    "ghost 4": {"norm.kind": "batch_ghost", "norm.ghost_size": 4},
    "ghost 16": {"norm.kind": "batch_ghost", "norm.ghost_size": 16},
    "layer": {"norm.kind": "layer"},
    "small": {
        "norm.kind": "batch",
        "batch_size": SMALL,
        "steps": _SMALL_STEPS,
        "evaluate_every": _SMALL_STEPS // 2,
    },
}
_WORDS = {
    "ghost 4": "ghost batches of 4",
    "ghost 16": "ghost batches of 16",
    "layer": "layer norm",
    "small": f"minibatches of {SMALL}",
}


def _study(words: str, wrong: float, rates: tuple[float, ...]) -> Study:
    experiment = Experiment(
        base=_BASE.replace({"data.wrong_labels": wrong}),
        variants=_ARMS,
        axes={"optimizer.lr": rates},
        seeds=16,
    )
    return Study(words, experiment)


STUDIES = {
    "right labels": _study(
        f"All {EXAMPLES} examples in one batch for {EPOCHS} epochs: normalized together, in ghost "
        f"batches, or by layer norm; and minibatches of {SMALL} for the same number of epochs.",
        0.0,
        (0.1, 0.3, 1.0, 3.0, 10.0),
    ),
    "30 % wrong labels": _study(
        "The same with 30 % of the training labels wrong, so that fitting all of them does harm.",
        0.3,
        (0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    ),
}


def _compared(study: str, arm: str, expected: str, *, kind: str = "") -> Condition:
    return accuracy_at_best(
        f"{study[:1].upper()}{study[1:]}, {_WORDS[arm]}",
        Arm(study, arm, _WORDS[arm]),
        Arm(study, "full", "full batches"),
        expected,
        smallest=0.5,  # 16 seeds
        kind=kind,
    )


ARMS = {
    "": {
        "ghost 16": "Recovers some of what large batches lose (Hoffer 2017).",
        "ghost 4": "More noise; with wrong labels it may help more.",
    },
    "control": {
        "layer": "None: its statistics do not depend on the batch.",
        "small": "The gap that ghost batches should close.",
    },
}

CLAIM = Claim(
    number=19,
    name="ghost_batches",
    title="Ghost batches",
    statement=(
        "Large batches generalize better when batch norm computes its statistics over small parts "
        "of them."
    ),
    belief=(
        "The statistics of a small batch are noisy, and noise regularizes. A large batch loses "
        "that noise; ghost batches bring it back and change nothing else."
    ),
    studies=STUDIES,
    conditions=tuple(
        _compared(study, arm, expected, kind=kind)
        for kind, arms in ARMS.items()
        for study in STUDIES
        for arm, expected in arms.items()
    ),
    meaning={
        "supported": "Ghost batches make large batches generalize better.",
        "contradicted": "Ghost batches make large batches generalize worse.",
        "no meaningful effect": "Whether the statistics come from a part or from the whole large "
        "batch makes no meaningful difference.",
        "inconclusive": "The difference is close to the smallest one of interest: more seeds are "
        "needed.",
        "depends": "Whether ghost batches help depends on how much there is to regularize, and on "
        "how small they are: very small ones help where labels are wrong.",
    },
    explanation=(
        "With ghost batches of size b the mean and the variance of each unit have random errors, "
        "the mean about 1 / sqrt(b) of a standard deviation, different in each step. A network "
        "cannot rely on the exact value of a unit, so it is harder to memorize single examples. "
        "Where labels are wrong, memorizing them is what does harm.\n\n"
        "The noise also slows training: the best learning rate changes, which is why each arm has "
        "its own, chosen on the validation part.\n\n"
        "Small minibatches add two more sources of noise, the gradient and the order of the "
        "examples. Their control arm shows how far ghost batches get."
    ),
    rivals=(
        Rival(
            "Too few steps",
            "Large batches take fewer steps in the same number of epochs, which explains part of "
            "the gap. All arms except the minibatches take the same number of steps here, so a "
            "difference between them does not come from the number of steps.",
        ),
        Rival(
            "Any noise would do",
            "Dropout is also noise, and claim 15 compares the two.",
        ),
    ),
    would_change=(
        "More examples than the network can memorize, fewer or more wrong labels, or enough steps "
        "for every arm to fit all labels."
    ),
    dials=(
        Dial("data.train_size", (512, 800, 1200), "With more examples there is less to gain."),
        Dial("network.width", (16, 64, 128), "Does a small network also memorize labels?"),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Is it the same without ReLU?"),
    ),
    note=(
        "With correct labels minibatches of 32 are 1.3 points better than the full batch, and "
        "ghost batches of 16 are 0.9 points better; but 16 seeds cannot distinguish that from "
        "half a point. Ghost batches of 4 show no gain there. With wrong labels minibatches show "
        "none, yet ghost batches of 4 help, by 2.1 points. Those of 16 gain 1.0, which again "
        "cannot be distinguished from half a point."
    ),
    sources=(
        HOFFER(
            "The gap between small and large batches shrinks with ghost batches, and closes with "
            "the same number of steps.",
        ),
    ),
)  # fmt: skip
