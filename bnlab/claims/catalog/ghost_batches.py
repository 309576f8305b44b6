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
        f"All {EXAMPLES} examples in one batch, {EPOCHS} epochs: normalized at once, in ghost "
        f"batches, by layer norm; and minibatches of {SMALL} for as many epochs.",
        0.0,
        (0.1, 0.3, 1.0, 3.0, 10.0),
    ),
    "30 % wrong labels": _study(
        "The same where 30 % of the training labels are wrong, so that fitting all of them harms.",
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
        "ghost 16": "Some of what large batches lose comes back (Hoffer 2017).",
        "ghost 4": "More noise; with wrong labels it may help more.",
    },
    "control": {
        "layer": "None: its statistics do not know the batch.",
        "small": "The gap that ghost batches are to close.",
    },
}

CLAIM = Claim(
    number=19,
    name="ghost_batches",
    title="Ghost batches",
    statement=(
        "Large batches generalize better when batch norm takes its statistics from small parts "
        "of them."
    ),
    belief=(
        "The statistics of a small batch are noisy, and noise regularizes. A large batch loses "
        "that noise; ghost batches bring it back and leave everything else as it is."
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
        "no meaningful effect": "Whether the statistics are those of a part or of the whole large "
        "batch makes no difference that matters.",
        "inconclusive": "The difference is near the smallest one of interest: more seeds decide.",
        "depends": "Whether ghost batches help depends on how much there is to regularize, and on "
        "how small they are: very small ones help where labels are wrong.",
    },
    explanation=(
        "With ghost batches of b the mean and the variance of each unit are off by chance, the "
        "mean by about 1 / sqrt(b) of a standard deviation, and otherwise in each step. A network "
        "cannot lean on the exact value of a unit, so it is harder for it to learn single examples "
        "by heart. Where labels are wrong, learning them by heart is what harms.\n\n"
        "The noise also slows training: the best learning rate is another one, which is why each "
        "arm has its own, chosen on the validation part.\n\n"
        "Small minibatches have two more noises, that of the gradient and that of the order. "
        "Their control arm says how far ghost batches come."
    ),
    rivals=(
        Rival(
            "Too few steps",
            "Large batches make fewer steps in as many epochs, and part of the gap is that. All "
            "arms but the minibatches make the same number of steps here, so a difference between "
            "them is none of steps.",
        ),
        Rival(
            "Any noise would do",
            "Dropout is noise, too, and claim 15 compares the two.",
        ),
    ),
    would_change=(
        "More examples than the network can learn by heart, fewer or more wrong labels, or so "
        "many steps that every arm fits all labels."
    ),
    dials=(
        Dial("data.train_size", (512, 800, 1200), "With more examples there is less to gain."),
        Dial("network.width", (16, 64, 128), "Does a small network, too, learn labels by heart?"),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Is it the same without ReLU?"),
    ),
    note=(
        "With right labels minibatches of 32 are 1.3 points better than the full batch, and ghost "
        "batches of 16 are 0.9 points better; but 16 seeds cannot tell that from half a point. "
        "Ghost batches of 4 show no gain there. With wrong labels minibatches show none, and ghost "
        "batches of 4 help all the same, by 2.1 points. Those of 16 bring 1.0, which is as hard to "
        "tell from half a point."
    ),
    sources=(
        HOFFER(
            "The gap between small and large batches shrinks with ghost batches, and closes with "
            "as many steps.",
        ),
    ),
)  # fmt: skip
