"""Presets in which the plain network fails or falls behind, and a norm helps."""

from __future__ import annotations

from bnlab.lessons.presets.preset import RacePreset, answer, which_is_first, will_it_learn
from bnlab.lessons.questions import Question
from bnlab.results.curves import Condition
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec, OptimizerSpec

SPIRALS_SIGMOID = RacePreset(
    name="spirals",
    title="Six sigmoid layers, two spirals",
    story="Six layers of sigmoids must tell two spirals apart; only one network has batch norm.",
    why="Each sigmoid passes on at most a quarter of the gradient, so after six layers hardly "
    "any of it reaches the first weights: the plain network does no better than a coin toss. "
    "Batch norm gives each sigmoid inputs of variance one, where it is steep, and the gradient "
    "gets through. Source: Ioffe & Szegedy 2015 (1502.03167), section 1.",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="spirals", noise=0.05),
            network=NetworkSpec(depth=6, width=32, activation="sigmoid", init="xavier"),
            # The running averages follow quickly, since the weights change quickly here.
            norm=NormSpec(momentum=0.3),
            optimizer=OptimizerSpec(lr=0.3, momentum=0.9),
            batch_size=250,
            steps=400,
            evaluate_every=10,
        ),
    ),
    pace=30,
    quantity="activation",
    statement=(
        Condition("none", "best_accuracy", below=0.75),
        Condition("batch", "final_accuracy", above=0.8),
    ),
)

DEEP_SIGMOID = RacePreset(
    name="sigmoid",
    title="The paper's network: three sigmoid layers",
    story="Three layers of a hundred sigmoids learn to read digits, from small random weights.",
    why="This is the network of the paper's first figure, on smaller digits. With small weights "
    "and sigmoids, nearly the same numbers pass through the layers whatever the digit, and the "
    "gradient that comes back is tiny. Batch norm scales the differences between examples back "
    "to variance one in each layer. Source: Ioffe & Szegedy 2015 (1502.03167), section 4.1.",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits", standardized=False),
            network=NetworkSpec(
                depth=3, width=100, activation="sigmoid", init="normal", init_std=0.1
            ),
            optimizer=OptimizerSpec(lr=0.3),
            batch_size=60,
            steps=200,
            evaluate_every=5,
        ),
    ),
    pace=15,
    quantity="pre_activation",
    statement=(
        Condition("none", "best_accuracy", below=0.5),
        Condition("batch", "final_accuracy", above=0.9),
    ),
)

HIGH_LEARNING_RATE = RacePreset(
    name="learning-rate",
    title="A learning rate too high",
    story="Both networks take steps far larger than a plain network can tolerate.",
    why="A step this large moves the weights of the plain network so far that its units die or "
    "its loss diverges. Under batch norm only the direction of a weight vector matters, not its "
    "length: a huge step makes the weights long, and long weights turn slowly, so the network "
    "stabilizes itself. Source: Bjorck 2018 (1806.02375); van Laarhoven 2017 (1706.05350).",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits", standardized=False),
            network=NetworkSpec(depth=3, width=64),
            optimizer=OptimizerSpec(lr=2.0),
            batch_size=64,
            steps=100,
            evaluate_every=2,
        ),
    ),
    pace=10,
    quantity="activation",
    statement=(
        Condition("none", "best_accuracy", below=0.5),
        Condition("batch", "final_accuracy", above=0.9),
    ),
)

SMALL_GAIN = RacePreset(
    name="small-start",
    title="Initial weights too small",
    story="The initial weights of every hidden layer are a tenth of what they should be.",
    why="Each layer of the plain network passes on a tenth of its input, so after five layers "
    "nothing is left of it, nor of the gradient. Batch norm divides by whatever spread it finds: "
    "a factor on the weights cancels. Source: Ioffe & Szegedy 2015 (1502.03167), section 3.3.",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits", standardized=False),
            network=NetworkSpec(depth=5, width=64, gain=0.1),
            optimizer=OptimizerSpec(lr=0.1),
            steps=150,
            evaluate_every=5,
        ),
    ),
    pace=12,
    quantity="pre_activation",
    statement=(
        Condition("none", "best_accuracy", below=0.3),
        Condition("batch", "final_accuracy", above=0.9),
    ),
)

LARGE_GAIN = RacePreset(
    name="large-start",
    title="Initial weights too large",
    story="The initial weights of every hidden layer are four times what they should be.",
    why="In the plain network the numbers grow fourfold in each layer, and the first steps are "
    "so violent that it never recovers. Batch norm cancels the factor in the forward pass; the "
    "gradients shrink by it, so learning is a little slower than from good initial weights. "
    "Source: van Laarhoven 2017 (1706.05350), section 2.",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits", standardized=False),
            network=NetworkSpec(depth=5, width=64, gain=4.0),
            optimizer=OptimizerSpec(lr=0.3),
            steps=300,
            evaluate_every=5,
        ),
    ),
    pace=25,
    quantity="activation",
    statement=(
        Condition("none", "best_accuracy", below=0.3),
        Condition("batch", "final_accuracy", above=0.9),
    ),
)

TWENTY_LAYERS = RacePreset(
    name="twenty-layers",
    title="Twenty layers",
    story="Twenty layers of ReLU, well initialized, at an ordinary learning rate.",
    question=will_it_learn("none", "batch", "the network without batch norm", 80),
    why="Each layer of ReLU makes all examples a little more alike, so the last of twenty layers "
    "sees nearly the same numbers for every digit and has little to learn from. In each layer, "
    "batch norm subtracts what all examples of the minibatch have in common, so that they stay "
    "distinct. Source: Daneshmand 2020 (2003.01652).",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits", standardized=False),
            network=NetworkSpec(depth=20, width=32),
            optimizer=OptimizerSpec(lr=0.1),
            steps=400,
            evaluate_every=10,
        ),
        target=0.8,
    ),
    pace=35,
    panels=("loss", "accuracy", "pictures", "gradients", "distributions"),
    quantity="pre_activation",
    statement=(
        Condition("none", "best_accuracy", below=0.6),
        Condition("batch", "best_accuracy", above=0.8),
    ),
)

SLOWER = RacePreset(
    name="only-slower",
    title="Only slower: spirals with ReLU",
    story="Six layers of ReLU and two spirals: both networks get there, but when?",
    question=which_is_first(90, "none", "batch"),
    why="With ReLU and good initial weights no gradient vanishes, so the plain network learns "
    "the spirals too, but it needs several times as many steps. Batch norm is a matter of speed "
    "here, not of success. Source: measured by this lab, over many seeds.",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="spirals", noise=0.05),
            network=NetworkSpec(depth=6, width=32),
            optimizer=OptimizerSpec(lr=0.03),
            batch_size=50,
            steps=500,
            evaluate_every=10,
        ),
    ),
    pace=40,
    panels=("loss", "accuracy", "pictures", "distributions"),
    quantity="activation",
    statement=(
        Condition("none", "final_accuracy", above=0.9),
        Condition("none", "steps_to_target", above=2.0, over="batch"),
    ),
)

WILD_INPUTS = RacePreset(
    name="wild-inputs",
    title="Inputs on wildly different scales",
    story="Wine is judged by thirteen raw numbers, from 0.1 (phenols) to 1,680 (proline).",
    question=Question(
        text="Which network reads the raw numbers best?",
        choices=(
            answer(
                "batch on the input, too",
                Condition("batch+input", "final_accuracy", above=0.05, minus="batch"),
                Condition("batch+input", "final_accuracy", above=0.05, minus="none"),
            ),
            answer("batch", Condition("batch", "final_accuracy", above=0.05, minus="none")),
            answer("no difference"),
        ),
    ),
    why="Batch norm in the hidden layers removes the overall scale of the inputs, but each "
    "unit's sum is still dominated by the largest input. Only a norm before the first layer, "
    "which is the same as standardizing the inputs, brings all thirteen to one scale. Source: "
    "LeCun 1998, Efficient BackProp, section 4.3.",
    experiment=Experiment(
        base=MemberSpec(
            data=DataSpec(name="wine", standardized=False),
            network=NetworkSpec(depth=2, width=32),
            optimizer=OptimizerSpec(lr=0.03),
            batch_size=32,
            steps=300,
            evaluate_every=5,
        ),
        variants={
            "none": {"norm.kind": "none"},
            "batch": {"norm.kind": "batch"},
            "batch+input": {"norm.kind": "batch", "network.norm_on_input": True},
        },
    ),
    pace=25,
    panels=("loss", "accuracy", "distributions", "gradients"),
    quantity="pre_activation",
    statement=(
        Condition("none", "best_accuracy", below=0.6),
        Condition("batch", "best_accuracy", above=0.15, minus="none"),
        Condition("batch+input", "final_accuracy", above=0.05, minus="batch"),
    ),
)
