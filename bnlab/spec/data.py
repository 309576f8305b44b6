"""Which examples are learned (`DataSpec`), and the facts about them before they are loaded."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bnlab.spec import user_images
from bnlab.spec.fields import Frozen, refusal, shown

DataName = Literal[
    "digits", "wine", "breast_cancer", "spirals", "moons", "circles", "xor", "gaussians"
]
_REGISTERED = "the name of your own images, registered with bnlab.register_images"


class DataFacts(Frozen):
    """The facts about a data set before it is loaded: its shape and its three parts."""

    features: int
    classes: int
    train: int
    validation: int
    test: int
    is_drawn: bool  # two features: a network's decision can be drawn as an image
    image: tuple[int, int, int] | None = None  # channels, height, width: the features are pixels


def _two_dimensional(classes: int) -> DataFacts:
    return DataFacts(
        features=2, classes=classes, train=500, validation=250, test=250, is_drawn=True
    )


DATA_FACTS: dict[str, DataFacts] = {
    "digits": DataFacts(
        features=64,
        classes=10,
        train=1200,
        validation=297,
        test=300,
        is_drawn=False,
        image=(1, 8, 8),
    ),
    "wine": DataFacts(features=13, classes=3, train=108, validation=35, test=35, is_drawn=False),
    "breast_cancer": DataFacts(
        features=30, classes=2, train=341, validation=114, test=114, is_drawn=False
    ),
    "spirals": _two_dimensional(2),
    "moons": _two_dimensional(2),
    "circles": _two_dimensional(2),
    "xor": _two_dimensional(2),
    "gaussians": _two_dimensional(2),
}


def facts_of(name: str) -> DataFacts:
    """The facts of a data set; a sixth of your own images is for validation, a sixth for testing.

    Raises:
        SpecError: there is no data set of this name.
    """
    if name in DATA_FACTS:
        return DATA_FACTS[name]
    found = user_images.facts_of(name)
    if found is None:
        raise refusal(
            "data.name",
            shown(name),
            f"one of {', '.join(DATA_FACTS)}, or {_REGISTERED}; "
            f"here: {', '.join(user_images.names()) or 'none'}",
        )
    sixth = found.examples // 6
    return DataFacts(
        features=math.prod(found.image),
        classes=found.classes,
        train=found.examples - 2 * sixth,
        validation=sixth,
        test=sixth,
        is_drawn=False,
        image=found.image,
    )


class DataSpec(Frozen):
    """Which examples are learned, and how they are prepared."""

    name: DataName | Annotated[str, Field(pattern=user_images.NAME)] = Field(
        "digits",
        title="Data set",
        description="What is learned: handwritten digits (8×8), wine, breast cancer, "
        "points in the plane, or your own images.",
        json_schema_extra={"allowed": f"one of {', '.join(DATA_FACTS)}, or {_REGISTERED}"},
    )
    standardized: bool = Field(
        True,
        title="Standardized inputs",
        description="Shift and scale each input to mean 0 and variance 1 over the training part; "
        "off: raw values (digits: pixel / 16).",
    )
    train_size: Annotated[int, Field(ge=2, le=100_000)] | Literal["all"] = Field(
        "all",
        title="Training examples",
        description="How many examples to train on; all: the whole training part.",
    )
    noise: float = Field(
        0.1,
        ge=0.0,
        le=2.0,
        title="Noise",
        description="Standard deviation of the noise added to points in the plane; "
        "real data sets ignore it.",
    )
    arms: int = Field(
        2, ge=2, le=3, title="Spiral arms", description="Number of arms (classes) of the spirals."
    )
    wrong_labels: float = Field(
        0.0,
        ge=0.0,
        le=0.9,
        title="Wrong labels",
        description="Share of training labels that are replaced by a wrong class.",
    )

    @property
    def facts(self) -> DataFacts:
        """Shape of this data set, with the chosen number of training examples and arms."""
        facts = facts_of(self.name)
        classes = self.arms if self.name == "spirals" else facts.classes
        train = facts.train if self.train_size == "all" else self.train_size
        return facts.model_copy(update={"classes": classes, "train": train})

    @model_validator(mode="after")
    def _enough_examples(self) -> Self:
        there = facts_of(self.name).train
        if self.train_size != "all" and self.train_size > there:
            raise refusal(
                "data.train_size", self.train_size, f"2 to {there} for {self.name}, or all"
            )
        return self
