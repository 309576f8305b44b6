"""Presets in which batch norm fails, is not enough, or makes no difference."""

from __future__ import annotations

from bnlab.lessons.presets.preset import RacePreset, answer, will_it_learn
from bnlab.lessons.questions import Question
from bnlab.results.curves import Condition
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec, OptimizerSpec

FORTY_LAYERS = RacePreset(
    name="forty-layers",
    title="Forty layers: batch norm is not enough",
    story="Forty layers of ReLU with batch norm, with and without skip connections.",
    question=will_it_learn("batch", "batch+skips", "the network without skip connections"),
    why="Batch norm keeps the size of the forward signal constant, but at the start the gradient "
    "of a ReLU network with batch norm grows by about a fifth per layer in the backward pass: "
    "over forty layers a thousandfold. Skip connections give it a short path. Source: Yang 2019 "
    "(1902.08129); De & Smith 2020 (2002.10444).",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits"),
            network=NetworkSpec(depth=40, width=32),
            norm=NormSpec(kind="batch"),
            optimizer=OptimizerSpec(lr=0.05),
            steps=300,
            evaluate_every=10,
        ),
        variants={"batch": {}, "batch+skips": {"network.skips": True}},
    ),
    pace=25,
    panels=("loss", "accuracy", "gradients", "updates"),
    quantity="gradient",
    statement=(
        Condition("batch", "best_accuracy", below=0.6),
        Condition("batch+skips", "final_accuracy", above=0.85),
    ),
)

PAIRS = RacePreset(
    name="pairs",
    title="Minibatches of two",
    story="Each step sees two examples: batch norm must compute mean and variance of two numbers.",
    question=Question(
        text="Which network cannot cope with minibatches of two?",
        choices=(
            answer("batch", Condition("batch", "final_accuracy", below=-0.1, minus="group")),
            answer("group", Condition("group", "final_accuracy", below=-0.1, minus="batch")),
            answer("none", Condition("none", "final_accuracy", below=-0.1, minus="batch")),
            answer("all three cope"),
        ),
    ),
    why="Of two numbers, one is always one standard deviation above the mean and the other one "
    "below: batch norm turns them into +1 and -1, whatever they were, and on new examples it "
    "meets numbers it has never seen. Group norm averages over the units of one example and is "
    "not affected. Source: Wu & He 2018 (1803.08494).",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits"),
            network=NetworkSpec(depth=2, width=64),
            norm=NormSpec(groups=8),
            optimizer=OptimizerSpec(lr=0.02),
            batch_size=2,
            steps=1200,
            evaluate_every=20,
        ),
        variants={
            "none": {"norm.kind": "none"},
            "batch": {"norm.kind": "batch"},
            "group": {"norm.kind": "group"},
        },
    ),
    pace=100,
    panels=("loss", "accuracy", "pictures", "distributions"),
    quantity="normalized",
    statement=(
        Condition("batch", "best_accuracy", below=0.8),
        Condition("group", "final_accuracy", above=0.88),
    ),
)

OLD_AVERAGES = RacePreset(
    name="old-averages",
    title="Averages that come too late",
    story="One number differs: how fast batch norm updates the averages it uses outside training.",
    question=Question(
        text="The second network updates its running averages a hundred times more slowly. "
        "What will be the effect?",
        choices=(
            answer(
                "it gets unseen examples wrong",
                Condition("batch (0.001)", "final_accuracy", below=-0.1, minus="batch (0.1)"),
            ),
            answer("no visible difference"),
        ),
    ),
    why="In training, batch norm uses the statistics of the minibatch, and both networks learn "
    "exactly alike. On unseen examples it uses averages collected during training; after these "
    "few steps the slow ones are still close to their initial values, and the layers get inputs "
    "they were never trained for. Source: Wu & Johnson 2021 (2105.07576), section 3.",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits"),
            network=NetworkSpec(depth=8, width=64),
            norm=NormSpec(kind="batch"),
            optimizer=OptimizerSpec(lr=0.1),
            steps=100,
            evaluate_every=5,
        ),
        variants={"batch (0.1)": {}, "batch (0.001)": {"norm.momentum": 0.001}},
    ),
    pace=10,
    panels=("loss", "accuracy", "pictures", "running"),
    quantity="normalized",
    statement=(
        Condition("batch (0.1)", "final_accuracy", above=0.85),
        Condition("batch (0.001)", "final_accuracy", below=-0.2, minus="batch (0.1)"),
    ),
)

FAIR_FIGHT = RacePreset(
    name="fair-fight",
    title="A fair fight",
    story="Standardized inputs, ReLU, good initial weights, a good learning rate: no traps.",
    question=Question(
        text="By how much will batch norm be better in the end?",
        choices=(
            answer(
                "hardly at all",
                Condition("batch", "final_accuracy", above=-0.03, below=0.03, minus="none"),
            ),
            answer(
                "clearly better",
                Condition("batch", "final_accuracy", above=0.0, minus="none"),
            ),
            answer("worse"),
        ),
    ),
    why="Batch norm repairs scales, and here no scale is broken: the plain network also learns "
    "all there is to learn, and its steps take less time. Batch norm is a remedy, not a vitamin. "
    "Source: measured by this lab, over many seeds.",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits"),
            network=NetworkSpec(depth=3, width=64),
            optimizer=OptimizerSpec(lr=0.1),
            steps=300,
            evaluate_every=5,
        ),
    ),
    pace=25,
    panels=("loss", "accuracy", "pictures", "distributions"),
    quantity="pre_activation",
    statement=(
        Condition("none", "final_accuracy", above=0.9),
        Condition("batch", "final_accuracy", above=-0.03, below=0.03, minus="none"),
    ),
)
