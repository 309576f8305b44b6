"""The part of a script that makes the examples and their minibatches."""

from __future__ import annotations

from bnlab.export.script.template import block
from bnlab.spec.data import DATA_FACTS, facts_of
from bnlab.spec.member import MemberSpec

# Points in the plane; `y` holds the classes, `rng` draws.
_POINTS = {
    "spirals": """
        radius = np.sqrt(rng.random(len(y)))
        angle = 2 * np.pi * (1.25 * radius + y / <classes>)
        x = 1.4 * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        """,
    "moons": """
        angle = np.pi * rng.random(len(y))
        upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], 1)
        x = np.where(y[:, None] == 0, upper, -upper)
        """,
    "circles": """
        angle = 2 * np.pi * rng.random(len(y))
        x = np.where(y == 0, 1.2, 0.6)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        """,
    "xor": """
        x = rng.uniform(-1.4, 1.4, (len(y), 2))
        x[:, 1] = np.abs(x[:, 1]) * np.sign(x[:, 0]) * np.where(y == 0, 1, -1)
        """,
    "gaussians": """
        centres = np.array([[-0.7, -0.7], [0.7, 0.7]])
        x = centres[y] + 0.3 * rng.standard_normal((len(y), 2))
        """,
}


def data_source(spec: MemberSpec) -> str:
    """Examples, split and prepared."""
    data, facts = spec.data, spec.data.facts
    whole = facts_of(data.name).train
    return block(
        """
        # --- data
        <examples>
        order = stream(SPLIT).permutation(len(y))
        train, validation = order[:<train>], order[<whole>:<end>]<standardize><mislabel>
        x, y = torch.tensor(x, dtype=torch.get_default_dtype()), torch.tensor(y)
        """,
        examples=_examples(spec),
        train=facts.train,
        whole=whole,
        end=whole + facts.validation,
        standardize=_STANDARDIZE if data.standardized else "",
        mislabel=_MISLABEL if data.wrong_labels else "",
        share=data.wrong_labels,
        classes=facts.classes,
    )


_STANDARDIZE = """
mean, std = x[train].mean(0), x[train].std(0)
std[std == 0] = 1.0
x = (x - mean) / std"""

_MISLABEL = """
rng = stream(LABELS)
wrong = train[rng.permutation(len(train))[: round(<share> * len(train))]]
y[wrong] = (y[wrong] + rng.integers(1, <classes>, len(wrong))) % <classes>"""


_BROUGHT = """
with np.load("<name>.npz") as file:
    x, y = file["images"], file["labels"]
x = (x / 255 if x.dtype == np.uint8 else x.astype(np.float64)).reshape(len(y), -1)
"""


def _examples(spec: MemberSpec) -> str:
    data, facts = spec.data, spec.data.facts
    if data.name not in DATA_FACTS:
        return block(_BROUGHT, name=data.name)
    if not facts.is_drawn:
        scaled = "\nx = x / 16" if data.name == "digits" else ""
        return f"x, y = load_{data.name}(return_X_y=True){scaled}"
    n = facts_of(data.name).train + facts.validation + facts.test
    head = f"y = np.arange({n}) % {facts.classes}\nrng = stream(POINTS)\n"
    points = block(_POINTS[data.name], classes=facts.classes)
    return f"{head}{points}\nx = x + {data.noise} * rng.standard_normal(x.shape)"


MINIBATCHES = """def minibatches(size):
    rng = stream(ORDER)
    while True:  # each epoch in a new order; a last short minibatch is dropped
        epoch = rng.permutation(train)
        for start in range(0, len(epoch) - size + 1, size):
            yield epoch[start : start + size]"""
