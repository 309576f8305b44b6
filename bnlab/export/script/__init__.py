"""A network of an experiment as a script of plain PyTorch, to read, run and change.

The script does the arithmetic of the fleet, with the same random streams, and has only the
branches that its spec needs. Here is text only: nothing of it is run, and torch is not imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import indent

from bnlab.export.script.changes import changes_source
from bnlab.export.script.examples import MINIBATCHES, data_source
from bnlab.export.script.images import first_kernels_source, image_network_source
from bnlab.export.script.network import first_weights_source, network_source
from bnlab.export.script.template import block
from bnlab.spec.data import DATA_FACTS
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import refusal
from bnlab.spec.interventions import Intervention
from bnlab.spec.member import MemberSpec


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
        interventions: changes that were made during the run.
        seed_index: which seed of the variant, counted from 0.
        dtype: name of a floating point type of torch; the lab trains in float32.

    Raises:
        SpecError: the experiment has no such member.
    """
    for member in experiment.members():
        if member.variant == variant and member.seed_index == seed_index:
            break
    else:
        raise refusal(
            "variant",
            f"{variant[:60]!r} with seed {seed_index}",
            f"one of {', '.join(experiment.variants)} with seed 0 to {experiment.seeds - 1}",
        )
    spec = member.spec
    sections = (
        _head(variant, spec, dtype),
        data_source(spec),
        MINIBATCHES,
        *_network(spec),
        _training(spec, tuple(interventions)),
    )
    return "\n\n\n".join(sections) + "\n"


def _network(spec: MemberSpec) -> tuple[str, str]:
    if spec.network.kind == "dense":
        return network_source(spec), first_weights_source(spec)
    return image_network_source(spec), first_kernels_source(spec)


def _head(variant: str, spec: MemberSpec, dtype: str) -> str:
    packages, loader = "numpy, torch and scikit-learn", ""
    if spec.data.name not in DATA_FACTS:
        packages = f"numpy and torch, and {spec.data.name}.npz, a file of the lab's, beside it"
    elif spec.data.facts.is_drawn:
        packages = "numpy and torch"
    else:
        loader = f"from sklearn.datasets import load_{spec.data.name}\n"
    streams = ["SPLIT", "LABELS", "WEIGHTS", "ORDER", "DROPOUT", "POINTS"]
    if spec.norm.kind == "batch_noisy":
        streams += ["PROBE", "NOISE"]
    return block(
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
        packages=packages,
        loader=loader,
        dtype=dtype,
        streams=", ".join(streams),
        n=len(streams),
        seed=spec.seed,
    )


def _training(spec: MemberSpec, interventions: tuple[Intervention, ...]) -> str:
    schedule, changes = changes_source(spec, interventions)
    return block(
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
        schedule=schedule,
        steps=spec.steps,
        batch_size=spec.batch_size,
        every=spec.evaluate_every,
        change=indent(changes, 4 * " "),
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
