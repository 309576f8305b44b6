"""The rival: the same networks in JAX and optax, `jit(vmap(scan))` over members and steps.

A process with one thread stays on one core; with more threads it has them all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

if os.environ.get("OMP_NUM_THREADS") == "1":  # before jax starts its threads
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(os.environ.get("CORE", "0")) % len(cores)]})

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.contenders import SWEEP_STEPS, TURN, Case, sweep_rates
from bnlab.data.datasets import load, minibatches

EPS, MOMENTUM = 1e-5, 0.1  # of batch norm
PIECE = int(os.environ.get("JAX_PIECE", "8"))

Tree = Any  # nested parts of arrays
Run = Callable[[Tree, Tree, Any, Any], tuple[Tree, Any]]


def jax_whole(case: Case, networks: int) -> Iterator[int]:
    """All networks as one; yields steps taken."""
    turn = _turns(case, range(networks), _run(case))
    while True:
        turn()
        yield TURN * networks


def jax_pieces(case: Case, networks: int) -> Iterator[int]:
    """The networks in pieces of `PIECE` that take turns; yields steps taken."""
    run = _run(case)
    pieces = [range(start, min(start + PIECE, networks)) for start in range(0, networks, PIECE)]
    turns = [(len(piece), _turns(case, piece, run)) for piece in pieces]
    while True:
        for members, turn in turns:
            turn()
            yield TURN * members


def jax_results(case: Case, networks: int) -> Iterator[int]:
    """Whole sweeps of learning rates over one data set, compiled anew each time."""
    while True:
        jax.clear_caches()
        run = _run(case, is_sweep=True)
        data, state = _data(case, [0], is_sweep=True), _first_state(case, [0] * networks)
        order = minibatches(len(data[0]), case.batch_size, 0)
        steps = jnp.asarray(np.array([next(order) for _ in range(SWEEP_STEPS)]))
        jax.block_until_ready(run(data, state, steps, jnp.asarray(sweep_rates(networks))))
        yield SWEEP_STEPS * networks


def _turns(case: Case, seeds: range, run: Run) -> Callable[[], None]:
    """A function that trains networks of these seeds for `TURN` steps, each on its own data."""
    data = _data(case, seeds)
    orders = [minibatches(data[0].shape[1], case.batch_size, seed) for seed in seeds]
    lr = jnp.full(len(seeds), 0.05)
    state = _first_state(case, seeds)

    def turn() -> None:
        nonlocal state
        steps = np.array([[next(order) for _ in range(TURN)] for order in orders])
        state, losses = run(data, state, jnp.asarray(steps), lr)
        losses.block_until_ready()

    return turn


def _run(case: Case, *, is_sweep: bool = False) -> Run:
    """jit(vmap(scan)): data, state, minibatches (M, T, N), lr (M,) -> state, losses (M, T).

    In a sweep all networks have the same data and minibatches (T, N).
    """

    def scanned(data: Tree, state: Tree, steps: Any, lr: Any) -> Any:
        return jax.lax.scan(partial(_step, data, lr), state, steps)

    shared = None if is_sweep else 0
    return jax.jit(jax.vmap(scanned, in_axes=(shared, 0, shared, 0)), donate_argnums=(1,))


def _step(data: Tree, lr: Any, state: Tree, chosen: Any) -> tuple[Tree, Any]:
    parameters, momenta, running = state
    x, y = data
    loss = jax.value_and_grad(_loss, has_aux=True)
    (value, running), gradients = loss(parameters, running, x[chosen], y[chosen])
    updates, momenta = optax.sgd(lr, momentum=0.9).update(gradients, momenta, parameters)
    return (optax.apply_updates(parameters, updates), momenta, running), value


def _loss(parameters: Tree, running: Tree, x: Any, y: Any) -> tuple[Any, Tree]:
    """Mean cross-entropy in training mode, and the running statistics after it."""
    hidden, output = parameters
    updated, n = [], len(x)
    for layer, (running_mean, running_var) in zip(hidden, running, strict=True):
        z = x @ layer["W"].T
        mean = z.mean(0)
        var = jnp.square(z - mean).mean(0)
        x = jax.nn.relu((z - mean) * jax.lax.rsqrt(var + EPS) * layer["gamma"] + layer["beta"])
        updated.append(
            (
                (1 - MOMENTUM) * running_mean + MOMENTUM * mean,
                (1 - MOMENTUM) * running_var + MOMENTUM * var * n / (n - 1),
            )
        )
    logits = x @ output["W"].T + output["b"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), updated


def _first_state(case: Case, seeds: Any) -> Tree:
    """Parameters, momenta and running statistics of all networks, stacked."""
    keys = jnp.stack([jax.random.key(seed) for seed in seeds])
    parameters = jax.vmap(partial(_first_parameters, case))(keys)
    width = (len(seeds), case.width)
    running = [(jnp.zeros(width), jnp.ones(width)) for _ in range(case.depth)]
    return parameters, jax.vmap(optax.sgd(0.05, momentum=0.9).init)(parameters), running


def _first_parameters(case: Case, key: Any) -> Tree:
    facts, he = case.spec.data.facts, jax.nn.initializers.he_normal()
    keys = jax.random.split(key, case.depth + 1)
    hidden = [
        {
            "W": he(keys[layer], (case.width, case.width if layer else facts.features)),
            "gamma": jnp.ones(case.width),
            "beta": jnp.zeros(case.width),
        }
        for layer in range(case.depth)
    ]
    output = {"W": he(keys[-1], (facts.classes, case.width)), "b": jnp.zeros(facts.classes)}
    return hidden, output


def _data(case: Case, seeds: Any, *, is_sweep: bool = False) -> tuple[Any, Any]:
    """x and classes of the training parts, stacked over the seeds; of the only one in a sweep."""
    parts = [load(case.spec.data, seed) for seed in seeds]
    x = jnp.asarray(np.stack([part.x_train for part in parts]), dtype=jnp.float32)
    y = jnp.asarray(np.stack([part.y_train for part in parts]))
    return (x[0], y[0]) if is_sweep else (x, y)
