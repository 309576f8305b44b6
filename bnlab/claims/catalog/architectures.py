"""Claim 12: batch norm in VGG, Inception and ResNet."""

from __future__ import annotations

from bnlab.by_hand.norms_in_use import uses
from bnlab.claims.claim import Claim, Condition, Dial, Rival, Source, Study
from bnlab.claims.conditions import NORMS, Arm, accuracy_at_best, norms
from bnlab.claims.papers import DE_SMITH, HE_RESNET, IOFFE_SZEGEDY, NFNET
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, OptimizerSpec

STYLES = {"vgg": "VGG", "inception": "Inception", "resnet": "ResNet"}
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
OTHER_RATES: dict[str, tuple[float, ...]] = {"inception": RATES[1:]}
STEPS, MANY_STEPS = 200, 800
DEEP, DEEP_STEPS, DEEP_RATES = 20, 150, (0.001, *RATES[:-1])
_ARMS = norms("none", "batch", "group")
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
        f"Four layers in the style of {STYLES[kind]} on digit images, with each norm, at every "
        "learning rate.",
        Experiment(
            base=_BASE.replace({"network.kind": kind}),
            variants=_ARMS,
            axes={"optimizer.lr": OTHER_RATES.get(kind, RATES)},
            seeds=8,
        ),
    )


def _long_study() -> Study:
    return Study(
        f"The VGG style again, for {MANY_STEPS} steps: is batch norm better, or only faster?",
        Experiment(
            base=_BASE.replace({"steps": MANY_STEPS, "evaluate_every": 200}),
            variants=_ARMS,
            axes={"optimizer.lr": RATES},
            seeds=8,
        ),
    )


def _deep_study() -> Study:
    return Study(
        f"{DEEP} layers in sequence, with and without skips, without a norm and with batch norm.",
        Experiment(
            base=_BASE.replace({"network.depth": DEEP, "steps": DEEP_STEPS}),
            variants={
                f"{NORMS[norm]} {_SKIPS[kind]}": {"network.kind": kind, "norm.kind": norm}
                for kind in _SKIPS
                for norm in ("none", "batch")
            },
            axes={"optimizer.lr": DEEP_RATES},
            seeds=8,
        ),
    )


def _compared(
    study: str, first: str, second: str, *, name: str, expected: str, steps: int = STEPS, kind: str
) -> Condition:
    one, other = (Arm(study, arm, NORMS.get(arm, arm)) for arm in (first, second))
    metric = f"test accuracy after {steps} steps, each at its best learning rate"
    return accuracy_at_best(name, one, other, expected, metric=metric, kind=kind)


def _of_norm(study: str, norm: str, name: str, expected: str, steps: int = STEPS) -> Condition:
    is_control = norm != "batch"
    return _compared(
        study,
        norm,
        "none",
        name=f"{name}, {NORMS[norm]}" if is_control else name,
        expected=expected,
        steps=steps,
        kind="control" if is_control else "",
    )


def _deep(first: str, second: str, name: str, expected: str, *, kind: str = "") -> Condition:
    return _compared(
        "deep", first, second, name=name, expected=expected, steps=DEEP_STEPS, kind=kind
    )


def _in_use() -> str:
    """Where batch norm is used and where other norms are, as a paragraph."""
    named = {
        norm: ", ".join(f"{use.model} {use.year}" for use in uses(norm))
        for norm in ("batch", "layer", "rms", "group")
    }
    return (
        f"It is used in convolutional networks for images, such as {named['batch']}. Recurrent "
        "networks, and transformers for language, images or speech, usually have layer norm "
        f"instead ({named['layer']}; the last of these is a convolutional network) or RMS norm "
        f"({named['rms']}). There are exceptions: Deep Speech 2 (2015) had batch norm in "
        "recurrent layers, and Conformer (2020), a transformer for speech, has it within its "
        "convolution modules. Where only a few images fit on a device, group norm often replaces "
        f"it ({named['group']})."
    )


CLAIM = Claim(
    number=12,
    name="architectures",
    title="VGG, Inception, ResNet",
    statement="Batch norm is what makes the well-known convolutional networks train: VGG, "
    "Inception, ResNet.",
    belief="Most versions of these networks that can be downloaded today have it.",
    studies={kind: _study(kind) for kind in STYLES}
    | {"long": _long_study(), "deep": _deep_study()},
    conditions=(
        *(
            _of_norm(kind, norm, f"{style} style", "More after few steps.")
            for kind, style in STYLES.items()
            for norm in ("batch", "group")
        ),
        *(
            _of_norm(
                "long", norm, f"VGG style, {MANY_STEPS} steps",
                "A smaller lead: torchvision's VGG gains 1.4 to 1.8 points from batch norm.",
                MANY_STEPS,
            )
            for norm in ("batch", "group")
        ),
        _deep(
            "batch norm without skips", "no norm without skips", f"{DEEP} layers without skips",
            "More.",
        ),
        _deep(
            "batch norm with skips", "no norm with skips", f"{DEEP} layers with skips",
            "More: batch norm makes the branches small relative to the skips.",
        ),
        _deep(
            "batch norm with skips", "batch norm without skips",
            f"{DEEP} layers with batch norm: skips or none",
            "More: batch norm alone does not make every depth trainable.", kind="control",
        ),
    ),
    meaning={
        "supported": "In each of these small networks batch norm is ahead after the same number "
        "of steps, and of those with 20 layers only the ones that have it learn. It "
        "does not follow that it is always needed: the original VGG and GoogLeNet "
        "did without.",
        "no meaningful effect": "None of these small networks needs batch norm.",
        "depends": "It depends on the architecture, its depth and the number of steps.",
    },
    explanation=(
        "First, some history: the original VGG (2014) and GoogLeNet (2014) had no batch norm, "
        "because it did not exist yet. It came with BN-Inception (2015), in the paper that "
        "introduced batch norm, and was added to VGG later (the vgg-bn variants). ResNet (2015) "
        "had it from the start, after each convolution. So the architectures of 2014 do train "
        "without it, with care: VGG initialized deep networks from trained shallow ones, and "
        "GoogLeNet had two auxiliary outputs half-way.\n\n"
        "What batch norm gains in the small VGG-style network is mostly time: its lead is large "
        f"after {STEPS} steps and much smaller after {MANY_STEPS}. With {DEEP} layers the "
        f"difference after {DEEP_STEPS} steps is one of kind: without batch norm hardly anything "
        "is learned at any rate, with it something is, and with it and skips about as much as "
        "with four layers.\n\n"
        f"{_in_use()}"
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Group norm in its place is the control. Here it shows no clear gain over no norm, "
            "but its intervals are wide. A possible reason, not tested here: within each image it "
            "removes part of what the output layer uses, the means of the channels.",
        ),
        Rival(
            "Skips make depth trainable, not batch norm",
            "The deep networks are trained with and without skips, with and without the norm: "
            "here they need both. With other initial weights, networks with skips can do without "
            "a norm (NFNet).",
        ),
    ),
    would_change=(
        "More steps (the lead shrinks), better initial weights, branches scaled down by hand as "
        "in NFNet, or larger images."
    ),
    dials=(
        Dial("optimizer.momentum", (0.0, 0.9), "Which networks need batch norm more without "
        "momentum?"),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Which activations need it?"),
        Dial("network.width", (8, 16), "Do wider networks need it less?"),
    ),
    sources=(
        Source(
            "Simonyan & Zisserman", 2014, "1409.1556",
            "VGG: 11 to 19 layers without batch norm; the deep ones were initialized from trained "
            "shallow ones, or with Glorot's initialization.",
        ),
        Source(
            "Szegedy et al.", 2014, "1409.4842",
            "GoogLeNet: 22 layers without batch norm, with two auxiliary outputs half-way.",
        ),
        IOFFE_SZEGEDY(
            "Inception with batch norm reached Inception's accuracy in less than half the steps, "
            "and in 14 times fewer with five times the learning rate and other changes.",
        ),
        HE_RESNET(
            "With batch norm everywhere, 56 plain layers still trained worse than 20; with skips, "
            "deeper was better.",
        ),
        DE_SMITH(
            "Batch norm makes deep residual networks trainable by making each branch small "
            "relative to its skip.",
        ),
        NFNET(
            "NFNet: residual networks without any norm, as accurate as with batch norm, thanks to "
            "scaled weights, scaled branches and clipped gradients.",
        ),
        Source(
            "Amodei et al.", 2015, "1512.02595",
            "Deep Speech 2: batch norm over whole sequences sped up the training of deep recurrent "
            "networks for speech.",
        ),
        Source(
            "Gulati et al.", 2020, "2005.08100",
            "Conformer: layer norm before each module, batch norm within the convolution module.",
        ),
    ),
    note=(
        "All conditions are supported, but they do not say that batch norm is needed. In the "
        "ResNet style the size of the gain remains open, from 1 to 40 points: without a norm the "
        "seeds differ a lot, and one of eight hardly learned. Group norm was also expected to be "
        "ahead of no norm; its intervals, up to 20 points either way, leave that open."
    ),
)  # fmt: skip
