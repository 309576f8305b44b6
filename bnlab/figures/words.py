"""What the figures say of themselves: titles, text alternatives, the meaning of every mark."""

from __future__ import annotations

from typing import NamedTuple

from bnlab.results.frames import Quantity

QUANTITIES: dict[Quantity, str] = {
    "pre_activation": "Pre-activation",
    "normalized": "Normalized",
    "activation": "Activation",
    "gradient": "Gradient",
}
AXES: dict[Quantity, str] = {
    "pre_activation": "pre-activation",
    "normalized": "normalized",
    "activation": "activation",
    "gradient": "log₁₀ |gradient|",
}


class Text(NamedTuple):
    """The words of one panel; a mark and what it means, a pair each."""

    title: str
    alt: str
    marks: tuple[tuple[str, str], ...]


_SEEDS = (
    "With several seeds",
    "The line is the median over the seeds, the band their whole range.",
)
_CHANGE = (
    "Dotted vertical line",
    "Something was changed here, the learning rate or the running statistics; the label says what.",
)
_NOW = ("Thin vertical line", "The step you look back at.")

PANELS: dict[str, Text] = {
    "loss": Text(
        "Training loss",
        "Training loss of each variant over the steps.",
        (
            ("Line", "Mean cross-entropy of the minibatches in a short stretch of steps. Lower is "
             "better."),
            ("Faint band", "The lowest and the highest minibatch in that stretch."),
            _SEEDS,
            ("A line that ends", "The loss became infinite or not a number: it diverged."),
            _CHANGE,
            _NOW,
        ),
    ),
    "accuracy": Text(
        "Validation accuracy",
        "Share of right answers on validation examples, over the steps.",
        (
            ("Solid line", "Share of examples never trained on that get the right answer, measured "
             "in eval mode: batch norm uses its running statistics."),
            ("Dashed line", "The same with exact statistics of the whole training part in place "
             "of the running ones. Where the two part, the running statistics lag behind."),
            ("Dotted horizontal line", "The target."),
            _SEEDS,
            _CHANGE,
            _NOW,
        ),
    ),
    "statistics": Text(
        "Statistics of one unit",
        "Running, minibatch and exact statistics of one unit over the steps.",
        (
            ("Line", "The running statistic: a moving average of what the minibatches had. Eval "
             "mode normalizes with it. It starts at mean 0 and variance 1."),
            ("Dots", "The statistic of single minibatches. Training mode normalizes with these."),
            ("Dashed line", "The exact statistic: over the whole training part, under the weights "
             "of that step. The running one follows it late, the dots scatter around it."),
            ("Variance", "All three are unbiased (divided by n - 1), as running variances are."),
            ("No line", "The variant keeps no running statistics."),
            _CHANGE,
            _NOW,
        ),
    ),
    "distances": Text(
        "Distance from the exact statistics",
        "How far running and minibatch statistics of the layer are from the exact ones.",
        (
            ("Line", "Distance of the running statistics from the exact ones."),
            ("Dots", "The same for the statistics of single minibatches."),
            ("Mean", "In standard deviations of the unit; root mean square over the units."),
            ("Variance", "In powers of ten; root mean square over the units. 0.3 is a factor of "
             "two."),
            ("Dots above the line", "The average of many minibatches is closer than a single one."),
            ("No line", "The variant keeps no running statistics."),
            _CHANGE,
            _NOW,
        ),
    ),
    "pictures": Text(
        "Decisions in the plane",
        "What each network answers at every point of the plane, with validation points.",
        (
            ("Colour", "The class the network answers there; the stronger, the more certain."),
            ("Points", "Validation examples, in the colour and shape of their true class."),
        ),
    ),
    "distributions": Text(
        "Inside every layer",
        "Distribution of a quantity in every layer, one column a variant.",
        (
            ("Ridge", "How often each value occurs among all units of the layer and the examples "
             "of the probe batch (training mode). Its height is the square root of the share, so "
             "that rare values show; the scale is the same everywhere."),
            ("Row", "A hidden layer; the first is on top."),
            ("Bar at an edge", "Values beyond the axis on that side, to the same scale. For "
             "gradients the left bar also holds those that are exactly 0."),
            ("Pre-activation", "z = Wx + b, before any norm."),
            ("Normalized", "After the norm, with its gamma and beta; the pre-activation where "
             "there is no norm."),
            ("Gradient", "Size of the loss's gradient with respect to each pre-activation."),
        ),
    ),
    "gradients": Text(
        "Gradient norm per layer",
        "Size of the weight gradient in every layer, on a logarithmic axis.",
        (
            ("Dot", "Euclidean norm of the gradient of the layer's weights, on the probe batch."),
            ("A slope", "Gradients that shrink or grow from layer to layer. A straight slope on "
             "this logarithmic axis means: by the same factor in each layer."),
            ("No dot", "The gradient is exactly 0, or not a number."),
            _SEEDS,
        ),
    ),
    "updates": Text(
        "Update to weight ratio",
        "Size of the last update of each layer's weights relative to the weights.",
        (
            ("Dot", "Norm of the last update of the layer's weights, divided by their norm."),
            ("Dotted line", "One thousandth: a rule of thumb for healthy learning. Far below, the "
             "layer hardly learns; far above, it forgets."),
            _SEEDS,
        ),
    ),
    "saturation": Text(
        "Saturated and dead",
        "Share of saturated activations or of dead units in every layer.",
        (
            ("Saturated", "Share of activations in a flat part of the activation function "
             "(sigmoid outside 0.05–0.95, tanh beyond ±0.95, ReLU at 0): no gradient passes."),
            ("Dead", "Share of units that pass no gradient for any example of the probe batch."),
            _SEEDS,
        ),
    ),
    "running": Text(
        "Running against batch statistics",
        "How far batch norm's running statistics are from those of the probe batch.",
        (
            ("Mean", "Distance of the running mean from the batch mean, in batch standard "
             "deviations; root mean square over the layer's units."),
            ("Variance", "Distance of the running variance from the batch variance in powers of "
             "ten; root mean square over the units. 0.3 is a factor of two."),
            ("Far from 0", "Eval mode sees other numbers than training did."),
            ("No line", "The variant keeps no running statistics."),
            _SEEDS,
        ),
    ),
    "history": Text(
        "One layer over time",
        "Distribution of one layer's values at every step, with percentiles.",
        (
            ("Shade", "How often each value occurs; the square root of the share."),
            ("Three lines", "The 15th, 50th and 85th percentile, as in figure 1 of the batch "
             "norm paper (Ioffe & Szegedy 2015)."),
            ("Rows at the edges", "Values beyond the axis on that side."),
            _NOW,
        ),
    ),
}  # fmt: skip

DIGITS = Text(
    "Answers on unseen digits",
    "Validation digits and the answer of each network.",
    (
        ("Top row", "Handwritten digits that no network was trained on."),
        ("Number", "The network's answer; underneath, a bar as long as it is certain."),
        ("Struck through", "The answer is wrong."),
    ),
)
