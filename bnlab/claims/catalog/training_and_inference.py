"""Claim 11: training and inference differ."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import NORMS, condition, norms
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import IOFFE_SZEGEDY, WU_JOHNSON
from bnlab.results.frames import Array
from bnlab.results.sweeps.metrics import MetricName
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec, OptimizerSpec

BATCHES = (2, 16, 64)  # for the test part in training mode
RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
LAGS = (10, 30, 100, 300)

_BASE = MemberSpec(
    data=DataSpec(name="digits"),
    network=NetworkSpec(depth=5, width=64),
    norm=NormSpec(kind="batch"),
    optimizer=OptimizerSpec(lr=0.3),
    steps=300,
    evaluate_every=100,
)


def _forgotten() -> Study:
    return Study(
        "Networks trained for 300 steps classify the test part in eval mode and in training mode, "
        "in random batches and in batches sorted by class.",
        Experiment(
            base=_BASE,
            variants=norms("batch", "layer"),
            seeds=8,
        ),
        measurement="forgotten_eval",
        settings={"batch_sizes": BATCHES},
    )


def _lag() -> Study:
    return Study(
        "The same network, stopped after few steps and after many, with running averages that "
        "follow quickly and slowly.",
        Experiment(
            base=_BASE,
            variants={
                f"momentum {momentum}": {"norm.momentum": momentum} for momentum in (0.1, 0.01)
            },
            axes={"steps": LAGS},
            seeds=8,
        ),
    )


def _of_classes(classes: int, words: str) -> Study:
    return Study(
        f"Minibatches of 60 with equally many examples of {words}, at every learning rate.",
        Experiment(
            base=_BASE.replace({"batch_size": 60}),
            variants=norms("none", "batch", "group"),
            axes={"optimizer.lr": RATES},
            seeds=8,
        ),
        measurement="two_classes",
        settings={"classes": classes},
    )


def _forgetting(order: str, size: int, *, arm: str = "batch") -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        forgotten = evidence.answers("forgotten", order, arm)[:, 0, BATCHES.index(size)]
        return Pairs(forgotten, evidence.answers("forgotten", "eval", arm)[:, 0])

    is_control = arm != "batch"
    sorted_words = "sorted by class" if order == "sorted_by_class" else "shuffled"
    expected = "The smaller the batch, the larger the loss."
    if order == "sorted_by_class":
        expected = "Near chance where a batch holds one class: it has that class's statistics."
    return condition(
        f"eval() forgotten, {sorted_words}, batches of {size}"
        + (f", {NORMS[arm]}" if is_control else ""),
        "training mode",
        "eval mode",
        "points",
        "less",
        metric="test accuracy of the same network",
        pairs=pairs,
        expected="None: it does not look at other examples." if is_control else expected,
        kind="control" if is_control else "",
    )


def _lagging(momentum: float, steps: int) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        place, arm = LAGS.index(steps), f"momentum {momentum}"
        metrics: tuple[MetricName, ...] = ("validation_accuracy", "exact_accuracy")
        return Pairs(*(evidence.numbers("lag", metric, arm)[0, place] for metric in metrics))

    return condition(
        f"Running averages after {steps} steps, momentum {momentum:g}",
        "running averages",
        "exact statistics",
        "points",
        "less",
        metric="validation accuracy of the same network",
        pairs=pairs,
        expected="A gap in the first steps that vanishes: after k steps a share of (1 - "
        "momentum)^k of the initial values is left.",
    )


def _two_classes(arm: str, *, exact: bool = False) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        answer = "exact" if exact else "test"
        first, of_first = best_measured(evidence, "two classes", arm, answer)
        second, of_second = best_measured(evidence, "ten classes", arm, answer)
        return Pairs(first, second, notes=of_first + of_second)

    is_control = exact or arm != "batch"
    expected = "It loses accuracy: the test data never have the statistics of those batches."
    if is_control:
        expected = "Just as much: the training is at fault." if exact else "Hardly any loss."
    return condition(
        f"Trained on batches of two classes, {NORMS[arm]}"
        + (", exact statistics" if exact else ""),
        "batches of two classes",
        "batches of all classes",
        "points",
        "less",
        metric="test accuracy in eval mode, each at its best learning rate",
        pairs=pairs,
        expected=expected,
        kind="control" if is_control else "",
    )


def best_measured(
    evidence: Evidence, study: str, arm: str, answer: str
) -> tuple[Array, tuple[str, ...]]:
    """What was measured (S,) at the rate that is best on validation, and what to say of it."""
    best = evidence.best_measured(study, answer, arm)
    words = f"{NORMS[arm]}, {study},"
    if best.places[0] is None:
        return best.values[0], (f"For {words} no rate worked in every seed.",)
    return best.values[0], best.notes(words)


CLAIM = Claim(
    number=11,
    name="training_and_inference",
    title="Training and inference differ",
    statement="A network with batch norm behaves differently in training and at inference, and "
    "mixing the two up gives wrong answers.",
    belief=(
        "In training batch norm uses the mean and variance of the minibatch, at inference running "
        "averages. Only where the two agree does the network compute what it was trained to."
    ),
    studies={
        "forgotten": _forgotten(),
        "lag": _lag(),
        "two classes": _of_classes(2, "two classes"),
        "ten classes": _of_classes(10, "all ten classes"),
    },
    conditions=(
        *(_forgetting("shuffled", size) for size in BATCHES),
        *(_forgetting("sorted_by_class", size) for size in (16, 64)),
        _forgetting("sorted_by_class", 64, arm="layer"),
        *(_lagging(momentum, steps) for momentum in (0.1, 0.01) for steps in (10, 300)),
        *(_two_classes(arm) for arm in ("batch", "group", "none")),
        _two_classes("batch", exact=True),
    ),
    meaning={
        "supported": "Whenever the statistics of training and inference differ, accuracy is lost.",
        "depends": "It depends on how far apart the two statistics are: large mixed batches and "
        "averages that have caught up cost little or nothing; tiny or sorted batches "
        "cost most of the accuracy.",
    },
    explanation=(
        "In training mode the answer for one example depends on the other examples in the batch. "
        "Many mixed examples have nearly the statistics of all data, and little is lost. With few "
        "examples the statistics are random. Examples of one class have the statistics of that "
        "class: subtracting their mean removes what distinguished the class from the others. (The "
        "test part has about 30 examples per class: sorted batches of 16 hold one class or two, "
        "those of 64 three or so.)\n\n"
        "The running averages start at mean 0 and variance 1, and these initial values decay by a "
        "factor of (1 - momentum) per step. Until then eval mode divides by the wrong "
        "numbers.\n\n"
        "Trained on batches of two classes, a network learns to tell two classes apart by values "
        "that are centred between these two. The statistics at inference are those of all ten: "
        "the values are centred elsewhere. Exact statistics do not repair that, as the control "
        "shows: they are also those of ten classes."
    ),
    rivals=(
        Rival(
            "The networks have not learned",
            "Where eval mode is forgotten or averages lag, each network is compared with itself: "
            "the same weights, different statistics.",
        ),
        Rival(
            "Batches of two classes are bad for any network",
            "The controls are trained on the same batches, without a norm and with group norm.",
        ),
    ),
    would_change=(
        "Norms without a batch, larger test batches, cumulative averages, exact statistics, or "
        "training that ends with frozen statistics."
    ),
    dials=(
        Dial("network.depth", (1, 5, 10), "Each layer has its own statistics: do the errors add "
        "up?"),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Does it depend on ReLU?"),
        Dial("optimizer.lr", (0.03, 0.1, 0.3), "Slow learning: can the averages follow better?"),
    ),
    sources=(
        WU_JOHNSON(
            "Where the batches of training and testing differ, batch norm fails in many ways; "
            "exact statistics repair the lag of the averages.",
        ),
        IOFFE_SZEGEDY(
            "Inference with fixed statistics, so that an answer depends only on its own input.",
        ),
    ),
    note=(
        "As expected. Mixed batches of 64 lose 1.8 points, but 8 seeds cannot distinguish that "
        "from one point. Sorted batches of 64 are far from guessing, at 42 %, because they hold "
        "about three classes; those of 16 are at 17 %."
    ),
)  # fmt: skip
