"""A network of an experiment as a script of plain PyTorch, to read, run and change.

The script does the arithmetic of the fleet, with the same random streams, and has only the
branches that its spec needs. Here is text only: nothing of it is run, and torch is not imported.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from textwrap import dedent, indent

from bnlab.spec import DATA_FACTS, Experiment, Intervention, MemberSpec, SpecError


def pytorch_script(
    experiment: Experiment,
    variant: str,
    *,
    interventions: Iterable[Intervention] = (),
    seed_index: int = 0,
    dtype: str = "float32",
) -> str:
    """The source of a script that trains one member alone and prints its losses.

    Args:
        interventions: changes of the learning rate that were made during the run.
        seed_index: which seed of the variant, counted from 0.
        dtype: name of a floating point type of torch; the lab trains in float32.

    Raises:
        SpecError: the experiment has no such member.
    """
    for member in experiment.members():
        if member.variant == variant and member.seed_index == seed_index:
            break
    else:
        raise SpecError(
            f"variant: got {variant[:60]!r} with seed {seed_index}, allowed is one of "
            f"{', '.join(experiment.variants)} with seed 0 to {experiment.seeds - 1}."
        )
    spec = member.spec
    changes = {change.step: change.lr for change in interventions}
    sections = (
        _head(variant, spec, dtype),
        _data(spec),
        _MINIBATCHES,
        _network(spec),
        _first_weights(spec),
        _training(spec, changes),
    )
    return "\n\n\n".join(sections) + "\n"


def _block(text: str, **names: object) -> str:
    """A dedented piece of source with `<name>` replaced; values may have several lines."""
    text = dedent(text).strip("\n")
    for name, value in names.items():
        text = text.replace(f"<{name}>", str(value))
    return text


# --- data ----------------------------------------------------------------------------------------


def _head(variant: str, spec: MemberSpec, dtype: str) -> str:
    is_drawn = DATA_FACTS[spec.data.name].is_drawn
    loader = f"from sklearn.datasets import load_{spec.data.name}\n"
    streams = ["SPLIT", "LABELS", "WEIGHTS", "ORDER", "DROPOUT", "POINTS"]
    return _block(
        '''
        """The network "<variant>" of a BN Lab experiment, seed <seed>, in plain PyTorch.

        It sees the data, first weights and minibatches that it saw in the lab, and makes the same
        updates. It needs <packages>.
        """

        import numpy as np
        import torch
        <loader>from torch import nn
        from torch.nn import functional as F

        torch.set_default_dtype(torch.<dtype>)

        # Each use of chance has a stream of its own, so that none shifts another.
        <streams> = range(<n>)


        def stream(*name):
            return np.random.default_rng([<seed>, *name])
        ''',
        variant=variant,
        packages="numpy and torch" if is_drawn else "numpy, torch and scikit-learn",
        loader="" if is_drawn else loader,
        dtype=dtype,
        streams=", ".join(streams),
        n=len(streams),
        seed=spec.seed,
    )


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


def _data(spec: MemberSpec) -> str:
    data, facts = spec.data, spec.data.facts
    whole = DATA_FACTS[data.name].train
    return _block(
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


def _examples(spec: MemberSpec) -> str:
    data, facts = spec.data, spec.data.facts
    if not facts.is_drawn:
        scaled = "\nx = x / 16" if data.name == "digits" else ""
        return f"x, y = load_{data.name}(return_X_y=True){scaled}"
    n = DATA_FACTS[data.name].train + facts.validation + facts.test
    head = f"y = np.arange({n}) % {facts.classes}\nrng = stream(POINTS)\n"
    points = _block(_POINTS[data.name], classes=facts.classes)
    return f"{head}{points}\nx = x + {data.noise} * rng.standard_normal(x.shape)"


_MINIBATCHES = """def minibatches(size):
    rng = stream(ORDER)
    while True:  # each epoch in a new order; a last short minibatch is dropped
        epoch = rng.permutation(train)
        for start in range(0, len(epoch) - size + 1, size):
            yield epoch[start : start + size]"""


# --- network -------------------------------------------------------------------------------------

_ACTIVATIONS = {
    "relu": "torch.relu({})",
    "leaky_relu": "F.leaky_relu({}, 0.01)",
    "gelu": "F.gelu({})",
    "tanh": "torch.tanh({})",
    "sigmoid": "torch.sigmoid({})",
    "identity": "{}",
}


def _network(spec: MemberSpec) -> str:
    network, facts = spec.network, spec.data.facts
    has_norm = spec.norm.kind != "none"
    has_input_norm = has_norm and network.norm_on_input
    norms = f"""
self.norms = nn.ModuleList(
    {_norm(spec, network.width)} for _ in sizes[1:]
)"""
    return _block(
        """
        # --- network
        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                sizes = [<features>] + [<width>] * <depth>
                self.linears = nn.ModuleList(
                    nn.Linear(fan_in, fan_out<bias>) for fan_in, fan_out in zip(sizes, sizes[1:])
                )<norms>
                self.output = nn.Linear(<width>, <classes>)

            def forward(self, x):
        <forward>
                return self.output(x)


        network = Network()<frozen>
        """,
        features=facts.features,
        width=network.width,
        depth=network.depth,
        classes=facts.classes,
        bias="" if _has_bias(spec) else ", bias=False",
        frozen=_frozen(spec),
        norms=indent(
            (f"\nself.input_norm = {_norm(spec, facts.features)}" if has_input_norm else "")
            + (norms if has_norm else ""),
            8 * " ",
        ),
        forward=indent("\n".join(_forward(spec)), 8 * " "),
    )


def _has_bias(spec: MemberSpec) -> bool:
    # Batch norm takes away the mean and a bias in front of it with it.
    return not (spec.norm.kind == "batch" and spec.network.norm_placement == "before")


def _norm(spec: MemberSpec, features: int) -> str:
    norm = spec.norm
    momentum = None if norm.momentum == "cumulative" else norm.momentum
    affine = norm.affine != "none"
    match norm.kind:
        case "batch":
            off = "" if affine else ", affine=False"
            return f"nn.BatchNorm1d({features}, eps={norm.eps}, momentum={momentum}{off})"
        case "group":
            off = "" if affine else ", affine=False"
            groups = math.gcd(norm.groups, features)
            return f"nn.GroupNorm({groups}, {features}, eps={norm.eps}{off})"
        case "layer":
            off = "" if affine else ", elementwise_affine=False"
            return f"nn.LayerNorm({features}, eps={norm.eps}{off})"
        case _:
            off = "" if norm.affine in ("both", "weight") else ", elementwise_affine=False"
            return f"nn.RMSNorm({features}, eps={norm.eps}{off})"


def _frozen(spec: MemberSpec) -> str:
    other = {"weight": "bias", "bias": "weight"}.get(spec.norm.affine)
    if other is None or spec.norm.kind in ("none", "rms"):
        return ""
    norms = (
        "[*network.norms, network.input_norm]" if spec.network.norm_on_input else "network.norms"
    )
    return f"\nfor norm in {norms}:\n    norm.{other}.requires_grad_(False)"


def _forward(spec: MemberSpec) -> Iterator[str]:
    network = spec.network
    if spec.norm.kind != "none" and network.norm_on_input:
        yield "x = self.input_norm(x)"
    if network.dropout:
        yield "if self.training:  # keep an activation where a uniform number is large enough"
        yield (
            f"    uniform = dropout.random(({network.depth}, {network.width}, len(x)), "
            "dtype=np.float32)"
        )
        yield f"    keep = torch.from_numpy(uniform >= {network.dropout}).mT"
    has_norm = spec.norm.kind != "none"
    each, these = "linear", "self.linears"
    if has_norm:
        each, these = "linear, norm", "zip(self.linears, self.norms)"
    if network.dropout or network.skips:
        each, these = f"layer, ({each})" if has_norm else f"layer, {each}", f"enumerate({these})"
    yield f"for {each} in {these}:"
    result = "h" if network.skips else "x"
    yield f"    {result} = {_hidden(spec)}"
    if network.dropout:
        yield "    if self.training:"
        yield f"        {result} = {result} * keep[layer] / (1 - {network.dropout})"
    if network.skips:
        yield "    x = x + h if layer > 0 else h"


def _hidden(spec: MemberSpec) -> str:
    activate = _ACTIVATIONS[spec.network.activation].format
    if spec.norm.kind == "none":
        return activate("linear(x)")
    if spec.network.norm_placement == "before":
        return activate("norm(linear(x))")
    return f"norm({activate('linear(x)')})"


def _first_weights(spec: MemberSpec) -> str:
    network = spec.network
    scaled = {
        "he": "\nweight *= np.sqrt(2 / fan_in)",
        "xavier": "\nweight *= np.sqrt(2 / (fan_in + fan_out))",
        "normal": f"\nweight *= {network.init_std}",
        "orthogonal": _ORTHOGONAL,
    }[network.init]
    if network.gain != 1:
        scaled += f"\nif layer < {network.depth}:\n    weight *= {network.gain}"
    return _block(
        """
        with torch.no_grad():
            for layer, linear in enumerate([*network.linears, network.output]):
                fan_out, fan_in = linear.weight.shape
                weight = stream(WEIGHTS, layer).standard_normal((fan_out, fan_in))<scaled>
                linear.weight.copy_(torch.from_numpy(weight))<bias>
        """,
        scaled=indent(scaled, 8 * " "),
        bias="\n        linear.bias.zero_()"
        if _has_bias(spec)
        else "\n    network.output.bias.zero_()",
    )


_ORTHOGONAL = """
is_wide = fan_out < fan_in
q, r = np.linalg.qr(weight.T if is_wide else weight)
q *= np.sign(np.diag(r))
weight = q.T if is_wide else q"""


# --- training ------------------------------------------------------------------------------------


def _training(spec: MemberSpec, changes: dict[int, float]) -> str:
    schedule = f"new_rates = {changes}  # the learning rate after so many steps\n"
    change = """
if step - 1 in new_rates:
    optimizer.param_groups[0]["lr"] = new_rates[step - 1]"""
    return _block(
        """
        # --- training
        <dropout>optimizer = <optimizer>
        <schedule>losses = []
        for step, batch in zip(range(1, <steps> + 1), minibatches(size=<batch_size>)):<change>
            network.train()
            loss = F.cross_entropy(network(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if step % <every> == 0 or step == <steps>:
                network.eval()
                with torch.no_grad():
                    is_right = network(x[validation]).argmax(1) == y[validation]
                accuracy = is_right.double().mean().item()
                print(f"step {step:5d}  loss {losses[-1]:.6f}  validation accuracy {accuracy:.3f}")
        """,
        dropout="dropout = stream(DROPOUT)\n" if spec.network.dropout else "",
        optimizer=_optimizer(spec),
        schedule=schedule if changes else "",
        steps=spec.steps,
        batch_size=spec.batch_size,
        every=spec.evaluate_every,
        change=indent(change, 4 * " ") if changes else "",
    )


def _optimizer(spec: MemberSpec) -> str:
    optimizer = spec.optimizer
    options = [f"lr={optimizer.lr}"]
    if optimizer.kind == "sgd" and optimizer.momentum:
        options.append(f"momentum={optimizer.momentum}")
        options += ["nesterov=True"] if optimizer.nesterov else []
    if optimizer.weight_decay or optimizer.kind == "adamw":  # torch's default is not 0 there
        options.append(f"weight_decay={optimizer.weight_decay}")
    name = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}[optimizer.kind]
    return f"torch.optim.{name}(network.parameters(), {', '.join(options)})"
