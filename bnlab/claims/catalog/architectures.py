"""Claim 12: batch norm in VGG, Inception and ResNet."""

from __future__ import annotations

from bnlab.by_hand.norms_in_use import uses
from bnlab.claims.claim import Claim, Condition, Dial, Rival, Source, Study
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, OptimizerSpec

STYLES = {"vgg": "VGG", "inception": "Inception", "resnet": "ResNet"}
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
OTHER_RATES: dict[str, tuple[float, ...]] = {"inception": RATES[1:]}
STEPS, MANY_STEPS = 200, 800
DEEP, DEEP_STEPS, DEEP_RATES = 20, 150, (0.001, *RATES[:-1])
_WORDS = {"none": "no norm", "batch": "batch norm", "group": "group norm"}
_ARMS: dict[str, dict[str, Scalar]] = {kind: {"norm.kind": kind} for kind in _WORDS}
_SKIPS = {"vgg": "without skips", "resnet": "with skips"}

# Momentum .9, as all three were trained with.
_BASE = MemberSpec(
    data=DataSpec(name="digits"),
    network=NetworkSpec(kind="vgg", depth=4, width=8),
    optimizer=OptimizerSpec(momentum=0.9),
    batch_size=16,
    steps=STEPS,
    evaluate_every=50,
)


def _study(kind: str) -> Study:
    return Study(
        f"Four layers in the style of {STYLES[kind]} on digit images, with the norm switched, at "
        "every learning rate.",
        Experiment(
            base=_BASE.replace({"network.kind": kind}),
            variants=_ARMS,
            axes={"optimizer.lr": OTHER_RATES.get(kind, RATES)},
            seeds=8,
        ),
    )


def _long_study() -> Study:
    return Study(
        f"The VGG style again, for {MANY_STEPS} steps: is batch norm better, or only sooner?",
        Experiment(
            base=_BASE.replace({"steps": MANY_STEPS, "evaluate_every": 200}),
            variants=_ARMS,
            axes={"optimizer.lr": RATES},
            seeds=8,
        ),
    )


def _deep_study() -> Study:
    return Study(
        f"{DEEP} layers one after the other, with and without skips, without norm and with "
        "batch norm.",
        Experiment(
            base=_BASE.replace({"network.depth": DEEP, "steps": DEEP_STEPS}),
            variants={
                f"{_WORDS[norm]} {_SKIPS[kind]}": {"network.kind": kind, "norm.kind": norm}
                for kind in _SKIPS
                for norm in ("none", "batch")
            },
            axes={"optimizer.lr": DEEP_RATES},
            seeds=8,
        ),
    )


def _compared(
    study: str, first: str, second: str, *, name: str, expected: str, steps: int = STEPS
) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        arms = [evidence.best(study, "test_accuracy", arm) for arm in (first, second)]
        notes = arms[0].notes(_WORDS.get(first, first)) + arms[1].notes(_WORDS.get(second, second))
        return Pairs(arms[0].values[0], arms[1].values[0], notes=notes)

    return Condition(
        name=name,
        first=_WORDS.get(first, first),
        second=_WORDS.get(second, second),
        metric=f"test accuracy after {steps} steps, each at its best learning rate",
        unit="points",
        scale="points",
        smallest=1.0,
        direction="more",
        pairs=pairs,
        expected=expected,
        is_control=name.endswith("(control)"),
    )


def _of_style(kind: str, arm: str) -> Condition:
    is_control = arm != "batch"
    return _compared(
        kind, arm, "none",
        name=f"{STYLES[kind]} style" + (", group norm (control)" if is_control else ""),
        expected="More after few steps.",
    )  # fmt: skip


def _of_many_steps(arm: str) -> Condition:
    is_control = arm != "batch"
    return _compared(
        "long", arm, "none",
        name=f"VGG style, {MANY_STEPS} steps" + (", group norm (control)" if is_control else ""),
        expected="Less of a lead: torchvision's VGG has 1.4 to 1.8 points more with batch norm.",
        steps=MANY_STEPS,
    )  # fmt: skip


def _deep_conditions() -> tuple[Condition, ...]:
    def compared(first: str, second: str, name: str, expected: str) -> Condition:
        return _compared("deep", first, second, name=name, expected=expected, steps=DEEP_STEPS)

    return (
        compared(
            "batch norm without skips", "no norm without skips", f"{DEEP} layers without skips",
            "More.",
        ),
        compared(
            "batch norm with skips", "no norm with skips", f"{DEEP} layers with skips",
            "More: batch norm makes the branches small beside the skips.",
        ),
        compared(
            "batch norm with skips", "batch norm without skips",
            f"{DEEP} layers with batch norm: skips or none (control)",
            "More: batch norm alone does not make any depth trainable.",
        ),
    )  # fmt: skip


def _in_use() -> str:
    """Where batch norm is used and where other norms are, as a paragraph."""
    named = {
        norm: ", ".join(f"{use.model} {use.year}" for use in uses(norm))
        for norm in ("batch", "layer", "rms", "group")
    }
    return (
        "Where it is used: in convolutional networks for images, such as "
        f"{named['batch']}. Where it is not: recurrent networks, and transformers, be it for "
        f"language, images or speech, usually have layer norm ({named['layer']}; the last of them "
        f"is a convolutional network) or RMS norm ({named['rms']}). There are exceptions: Deep "
        "Speech 2 (2015) had batch norm in recurrent layers, and Conformer (2020), a transformer "
        "for speech, has it within its convolutions. Where few images fit on a device, group norm "
        f"often took its place ({named['group']})."
    )


CLAIM = Claim(
    number=12,
    name="architectures",
    title="VGG, Inception, ResNet",
    statement="Batch norm is what makes the well-known convolutional networks train: VGG, "
    "Inception, ResNet.",
    belief="Most versions of these networks that one can download today have it.",
    studies={kind: _study(kind) for kind in STYLES}
    | {"long": _long_study(), "deep": _deep_study()},
    conditions=(
        *(_of_style(kind, arm) for kind in STYLES for arm in ("batch", "group")),
        *(_of_many_steps(arm) for arm in ("batch", "group")),
        *_deep_conditions(),
    ),
    meaning={
        "supported": "In each of these small networks batch norm is ahead after as many steps, and "
        "of those with 20 layers only the ones that have it learn. That it is always needed does "
        "not follow: the original VGG and GoogLeNet did without.",
        "no meaningful effect": "None of these small networks needs batch norm.",
        "depends": "It depends on the architecture, its depth and the number of steps.",
    },
    explanation=(
        "History first: the original VGG (2014) and the original GoogLeNet (2014) had no batch "
        "norm, as it did not exist yet. It came with BN-Inception (2015), the paper about batch "
        "norm itself, and was added to VGG later (the vgg-bn variants). ResNet (2015) had it from "
        "the start, after each convolution. So the architectures of 2014 do train without it, with "
        "care: VGG began deep networks from trained shallow ones, GoogLeNet had two more outputs "
        "half-way.\n\n"
        "What batch norm brings in the small network of VGG style is mostly time: its lead is "
        f"large after {STEPS} steps and much smaller after {MANY_STEPS}. With {DEEP} layers the "
        f"difference after {DEEP_STEPS} steps is one of kind: without batch norm hardly anything "
        "is learned at any rate, with it something is, and with it and skips about as much as with "
        "four layers.\n\n"
        f"{_in_use()}"
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Group norm in its place is the control. Here it shows no clear gain over no norm, but "
            "its intervals are wide. A possible reason, not tested: within each image it takes "
            "away part of what the output layer looks at, the means of the channels.",
        ),
        Rival(
            "Skips make depth trainable, not batch norm",
            "The deep networks are trained with and without skips, with and without the norm: "
            "here they need both. With other first weights skips can do without a norm (NFNet).",
        ),
    ),
    would_change=(
        "More steps (the lead shrinks), a better start of the weights, branches scaled down by "
        "hand as in NFNet, or larger images."
    ),
    dials=(
        Dial("optimizer.momentum", (0.0, 0.9), "Who needs batch norm more without momentum?"),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Which activations need it?"),
        Dial("network.width", (8, 16), "Do wider networks need it less?"),
    ),
    sources=(
        Source(
            "Simonyan & Zisserman", 2014, "1409.1556",
            "VGG: 11 to 19 layers without batch norm; the deep ones began from trained shallow "
            "ones, or from Glorot's first weights.",
        ),
        Source(
            "Szegedy et al.", 2014, "1409.4842",
            "GoogLeNet: 22 layers without batch norm, with two further outputs half-way.",
        ),
        Source(
            "Ioffe & Szegedy", 2015, "1502.03167",
            "Inception with batch norm reached the accuracy of Inception in less than half the "
            "steps, and in 14 times fewer with five times the rate and other changes.",
        ),
        Source(
            "He, Zhang, Ren & Sun", 2015, "1512.03385",
            "With batch norm everywhere 56 plain layers still trained worse than 20; with skips "
            "deeper was better.",
        ),
        Source(
            "De & Smith", 2020, "2002.10444",
            "Batch norm makes deep residual networks trainable by making each branch small beside "
            "its skip.",
        ),
        Source(
            "Brock, De, Smith & Simonyan", 2021, "2102.06171",
            "NFNet: residual networks as accurate as with batch norm but without any norm, by "
            "scaled weights, scaled branches and clipped gradients.",
        ),
        Source(
            "Amodei et al.", 2015, "1512.02595",
            "Deep Speech 2: batch norm over whole sequences sped up the training of deep recurrent "
            "networks for speech.",
        ),
        Source(
            "Gulati et al.", 2020, "2005.08100",
            "Conformer: layer norm in front of each module, batch norm within the convolutional "
            "one.",
        ),
    ),
    note=(
        "All conditions are supported; that batch norm is needed is more than they say. In ResNet "
        "style how large the gain is stays open, from 1 to 40 points: without norm seeds differ "
        "much, and one of eight hardly learned. Group norm was expected to be ahead of no norm, "
        "too; by its intervals, of up to 20 points either way, it may be or not."
    ),
)  # fmt: skip
