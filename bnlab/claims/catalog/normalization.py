"""Claim 1: batch norm normalizes the inputs of each layer."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import NORMS, against, condition, norms
from bnlab.claims.papers import IOFFE_SZEGEDY, SANTURKAR
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

EXACT = 1e-9  # in float64: rounding alone is far below

_STUDY = Study(
    "Networks trained for 100 steps in float64. What each hidden layer's norm computes from a "
    "minibatch and from random gradients is compared with the equations.",
    Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits", standardized=False),
            network=NetworkSpec(depth=3, width=32),
            steps=100,
        ),
        variants=norms("batch", "layer"),
        seeds=8,
    ),
    measurement="identities",
)

# name in the measurement: what is equal, in words, and what to expect
EQUATIONS = {
    "mean": ("Mean 0", "mean of x_hat", "It is 0, except for rounding."),
    "variance": (
        "Variance v / (v + eps)",
        "variance of x_hat",
        "Slightly below 1, because of eps.",
    ),
    "undone": (
        "Undone by gamma = s, beta = mean",
        "y with gamma = sqrt(v + eps) and beta = mean",
        "It is x again: nothing is lost.",
    ),
    "backward": (
        "Gradient of the input",
        "dL/dx",
        "It is gamma / (m s) (m g - sum g - x_hat sum(g x_hat)).",
    ),
    "gamma": ("Gradients of gamma and beta", "dL/dgamma and dL/dbeta", "Sum g x_hat and sum g."),
    "shift": (
        "Gradients sum to 0",
        "sum of dL/dx over the minibatch",
        "It is 0 for any eps: a common shift of the inputs does nothing.",
    ),
    "stretch": (
        "Gradients along x_hat",
        "sum of dL/dx x_hat",
        "It is gamma / s dL/dgamma eps / (v + eps): 0 except for eps, because a stretch does "
        "nothing.",
    ),
    "length": (
        "Length of the gradient, eps = 0",
        "squared length of dL/dx",
        "It is gamma^2 / s^2 (||g||^2 - (sum g)^2 / m - (sum g x_hat)^2 / m).",
    ),
}


def _equal(
    name: str,
    norm: str,
    quantity: str,
    metric: str,
    expected: str,
    *,
    second: str,
    kind: str = "",
) -> Condition:
    return condition(
        name,
        NORMS[norm],
        second,
        "number",
        "equal",
        metric=metric,
        pairs=lambda evidence: against(
            evidence.answers("equations", quantity, norm)[:, 0], float(quantity == "spread")
        ),
        expected=expected,
        smallest=EXACT,
        unit="standard deviations" if quantity in ("mean", "inputs") else "apart",
        statistic="range",
        kind=kind,
    )


CLAIM = Claim(
    number=1,
    name="normalization",
    title="Normalized inputs",
    statement="Batch norm normalizes the inputs of each layer: x_hat = (x - mean) / "
    "sqrt(variance + eps).",
    belief="It is what its definition says.",
    studies={"equations": _STUDY},
    conditions=(
        *(
            _equal(
                name, "batch", quantity,
                f"{metric}: largest difference over units and layers", expected,
                second="equation",
            )
            for quantity, (name, metric, expected) in EQUATIONS.items()
        ),
        _equal(
            "What the weights get", "batch", "inputs",
            "mean of the input to a layer's weights: root mean square over units",
            "Not 0. The paper normalizes W u, not u: the input of the weights has passed through "
            "ReLU.",
            second="mean 0", kind="check",
        ),
        _equal(
            "Variance exactly 1", "batch", "spread",
            "variance of x_hat: mean over units and layers",
            "Slightly below 1, because of eps.",
            second="1", kind="check",
        ),
        _equal(
            "Mean 0, layer norm", "layer", "mean",
            "mean of x_hat of a unit over the minibatch: the largest over units and layers",
            "Not 0: layer norm takes the mean over the units of an example.",
            second="mean 0", kind="control",
        ),
    ),
    meaning={
        "supported": "The layers that train here do what the definition says, in the forward and "
        "the backward pass, to the last digits.",
        "depends": "Some of the equations do not hold.",
    },
    explanation=(
        "For every unit and every minibatch x_hat has mean 0 and variance v / (v + eps), slightly "
        "below 1. Gamma and beta can undo all of it.\n\n"
        "Two directions are lost on the backward pass. A common shift of a unit's inputs does not "
        "change x_hat, and a common stretch changes it only through eps, so the gradient has no "
        "component, or next to none, along them. That is why a bias in front of batch norm never "
        "learns (claim 6), and why plain gradient descent never shortens the weights in front of "
        "it (claim 18).\n\n"
        "Read closely, the statement is wrong in one word. What is normalized is W u, the output "
        "of the linear layer, and not u, its input: between the norm and the next weights there "
        "are gamma, beta and the activation. ReLU outputs no negative values, so means are above "
        "0."
    ),
    rivals=(
        Rival(
            "Only in training",
            "At inference, running averages replace the minibatch's mean and variance, and x_hat "
            "has different moments (claim 11).",
        ),
    ),
    would_change=(
        "Nothing but an error in the program. Eps moves the variance of x_hat, and the equations "
        "say by how much."
    ),
    dials=(
        Dial("norm.eps", (1e-5, 1e-2, 1.0), "The variance falls below 1; the equations hold."),
        Dial("batch_size", (16, 64, 256), "They hold for any minibatch."),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "What is the input of the next "
        "weights?"),
    ),
    sources=(
        IOFFE_SZEGEDY(
            "The definition, its gradients, and why W u is normalized and not u (section 3.2).",
        ),
        SANTURKAR(
            "The right-hand side of the last equation, as a bound on how steep the loss is.",
        ),
    ),
)  # fmt: skip
