"""Relatives of batch norm: what each promises, beside the fleet law that holds for all norms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from bnlab.data.datasets import NOISE, norm_uniforms, probe_batch
from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.batch_norm_schedules import renorm_limits
from bnlab.fleet.nn.noise import BLOCK_STEPS
from bnlab.fleet.nn.norm_kinds import NORMS
from bnlab.fleet.nn.norms import Norm
from bnlab.fleet.nn.standardized import standardized, standardized_backward
from bnlab.fleet.train import Training
from bnlab.results.frames import Frame
from bnlab.spec.member import MemberSpec, NormSpec, SpecError
from bnlab.spec.norm_words import NORM_WORDS
from tests.fleet.nn.reference_norms import RELATIVES
from tests.fleet.reference import Reference, fleet_of, small

MEMBERS, FEATURES, N = 2, 3, 12
EPS = 1e-5
RNG = torch.Generator().manual_seed(1)


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


def norm_of(kind: str, **fields: object) -> Norm:
    spec = NormSpec.model_validate({"kind": kind, "affine": "none", **fields})
    norm = NORMS[kind](spec, features=FEATURES, members=MEMBERS, like=random(1))
    norm.seed(range(MEMBERS), place=0)
    return norm


def there(kind: str, x: Tensor, **fields: object) -> Tensor:
    return norm_of(kind, **fields).forward(x, training=True)


def frames_of(spec: MemberSpec, *, looks_at: set[int], target: float = 2.0) -> list[Frame]:
    """Frames at these steps."""
    training = Training(fleet_of(spec), dtype=torch.float64)
    found = [training.look()]
    for step in range(1, spec.steps + 1):
        training.step()
        if step in looks_at:
            found.append(training.look())
    return found


# --- what each does to a minibatch ---------------------------------------------------------------


def test_centre_only_takes_the_mean_away_and_leaves_the_spread() -> None:
    x = 1 + 2 * random(MEMBERS, FEATURES, N)
    y = there("batch_centre", x)
    torch.testing.assert_close(y.mean(2), torch.zeros(MEMBERS, FEATURES, dtype=y.dtype))
    torch.testing.assert_close(y.var(2), x.var(2))


def test_scale_only_takes_the_spread_away_and_leaves_where_the_mean_lies() -> None:
    x = 1 + 2 * random(MEMBERS, FEATURES, N)
    y = there("batch_scale", x)
    variance = x.var(2, correction=0)
    torch.testing.assert_close(y.var(2, correction=0), variance / (variance + EPS))
    torch.testing.assert_close(y.mean(2), x.mean(2) / (variance + EPS).sqrt())


def test_centre_only_then_scale_only_is_batch_norm() -> None:
    x = 1 + 2 * random(MEMBERS, FEATURES, N)
    torch.testing.assert_close(there("batch_scale", there("batch_centre", x)), there("batch", x))


@pytest.mark.parametrize("n", [12, 9, 13, 4, 3])
def test_each_ghost_batch_is_normalized_as_if_it_were_alone(n: int) -> None:
    x = 1 + 2 * random(MEMBERS, FEATURES, n)
    y = there("batch_ghost", x, ghost_size=4)
    ends = {12: [4, 4, 4], 9: [4, 5], 13: [4, 4, 5], 4: [4], 3: [3]}[n]
    alone = [there("batch", part.contiguous()) for part in x.split(ends, 2)]
    torch.testing.assert_close(y, torch.cat(alone, 2))


def test_one_ghost_batch_of_the_whole_minibatch_is_batch_norm() -> None:
    same = {"batch_size": 12, "data__train_size": 12}  # the probe batch, too, has 12
    ghost = small(norm__kind="batch_ghost", norm__ghost_size=12, **same)
    assert_same_course(ghost, small(norm__kind="batch", **same))


def test_noise_of_no_size_is_batch_norm() -> None:
    silent = small(norm__kind="batch_noisy", norm__noise_shift=0.0, norm__noise_scale=1.0)
    assert_same_course(silent, small(norm__kind="batch"))


def test_renormalization_without_room_is_batch_norm() -> None:
    tight = small(norm__kind="batch_renorm", norm__r_max=1.0, norm__d_max=0.0)
    assert_same_course(tight, small(norm__kind="batch"))


def test_renormalization_is_batch_norm_until_it_begins() -> None:
    late = small(norm__kind="batch_renorm", norm__renorm_from=16)  # a look sees the next step
    assert_same_course(late, small(norm__kind="batch"))


def assert_same_course(spec: MemberSpec, other: MemberSpec) -> None:
    mine, its = (frames_of(each, looks_at={each.steps})[-1] for each in (spec, other))
    np.testing.assert_allclose(mine.train_loss, its.train_loss, rtol=1e-9)
    np.testing.assert_allclose(mine.validation_loss, its.validation_loss, rtol=1e-9)
    np.testing.assert_allclose(mine.exact_accuracy, its.exact_accuracy, rtol=1e-9)
    np.testing.assert_allclose(mine.gradient_norm, its.gradient_norm, rtol=1e-5)
    np.testing.assert_allclose(mine.mean_gap, its.mean_gap, rtol=1e-5, atol=1e-12)


def test_renormalization_within_its_limits_gives_what_eval_mode_would() -> None:
    norm = norm_of("batch_renorm", renorm_from=1, r_max=100.0, d_max=100.0)
    for _ in range(9):  # then the limits are all open
        norm.forward(1 + 2 * random(MEMBERS, FEATURES, N), training=True)
    x = 1 + 2 * random(MEMBERS, FEATURES, N)
    expected = norm.forward(x, training=False)
    torch.testing.assert_close(norm.forward(x, training=True), expected)


def test_the_limits_of_renormalization_open_as_in_the_paper() -> None:
    spec = NormSpec(renorm_from=5000, r_max=3.0, d_max=5.0)
    opened = {step: renorm_limits(spec, step) for step in (1, 5000, 15_000, 25_000, 40_000, 90_000)}
    assert opened[1] == opened[5000] == (1, 0)
    assert opened[15_000] == (pytest.approx(1 + 2 * 10 / 35), 2.5)
    assert opened[25_000][1] == opened[90_000][1] == 5
    assert opened[40_000] == opened[90_000] == (3, 5)


# --- chance and steps ----------------------------------------------------------------------------


def test_the_noise_of_a_norm_lies_where_its_fields_say_and_is_new_at_each_step() -> None:
    norm = norm_of("batch_noisy", noise_shift=0.7, noise_scale=2.0)
    x, drawn = random(MEMBERS, FEATURES, N), []
    for _ in range(400):
        norm.forward(x, training=True)
        drawn.append((norm.scale.flatten(), norm.shift.flatten()))  # type: ignore[attr-defined]
    scale, shift = (torch.stack(values) for values in zip(*drawn, strict=True))
    for values, low, high in ((scale, 1.0, 2.0), (shift, -0.7, 0.7)):
        assert low <= values.min() and values.max() <= high
        assert values.min() < low + 0.05 * (high - low)
        assert values.max() > high - 0.05 * (high - low)
        assert len(values.unique()) == values.numel()  # no step, member or unit shares its number


def test_the_noise_of_a_step_is_that_of_the_stream_wherever_one_begins_to_read() -> None:
    whole = np.random.default_rng([7, NOISE, 2]).random((3 * BLOCK_STEPS, 2, FEATURES))
    for start in (0, 1, BLOCK_STEPS, 2 * BLOCK_STEPS + 5):
        read = norm_uniforms((4, 2, FEATURES), 7, 2, start=start)
        np.testing.assert_array_equal(read, whole[start : start + 4])


def test_noise_goes_on_over_the_end_of_a_block() -> None:
    spec = small(norm__kind="batch_noisy", steps=BLOCK_STEPS + 6, evaluate_every=100)
    (_, last) = frames_of(spec, looks_at={spec.steps})
    alone = Reference(spec)
    losses = [alone.train_step() for _ in range(spec.steps)]
    np.testing.assert_allclose(last.train_loss[0], losses, rtol=1e-8)


def test_eval_mode_takes_the_mean_of_the_noise() -> None:
    noisy, plain = norm_of("batch_noisy", noise_scale=1.5), norm_of("batch")
    x = random(MEMBERS, FEATURES, N)
    for norm in (noisy, plain):
        norm.forward(x, training=True)
    expected = 1.25 * plain.forward(x, training=False)
    torch.testing.assert_close(noisy.forward(x, training=False), expected)


def test_frozen_batch_norm_is_batch_norm_until_its_step_and_then_keeps_its_statistics() -> None:
    frozen, plain = norm_of("batch_frozen", frozen_from=3), norm_of("batch")
    assert isinstance(frozen, BatchNorm) and isinstance(plain, BatchNorm)
    for _ in range(3):
        x = 1 + 2 * random(MEMBERS, FEATURES, N)
        assert frozen.forward(x, training=True).equal(plain.forward(x, training=True))
    mean, var = frozen.running_mean.clone(), frozen.running_var.clone()
    for _ in range(3):
        x = 1 + 2 * random(MEMBERS, FEATURES, N)
        y = frozen.forward(x, training=True)
        torch.testing.assert_close(y, plain.forward(x, training=False))
        gradient = random(MEMBERS, FEATURES, N)
        slope = (var + EPS).rsqrt().view(MEMBERS, FEATURES, 1)
        torch.testing.assert_close(frozen.backward(gradient), gradient * slope)
    assert frozen.running_mean.equal(mean) and frozen.running_var.equal(var)


@pytest.mark.parametrize("kind", RELATIVES)
def test_what_a_look_sees_is_what_the_next_step_would_do(kind: str) -> None:
    # The probe batch is the minibatch of the next step: the same loss there, so the same gradient.
    spec = small(
        norm__kind=kind, steps=9, data__train_size=12, batch_size=12, norm__frozen_from=4,
        norm__affine="weight", optimizer__lr=0.05,
    )  # fmt: skip
    for frame in frames_of(spec, looks_at={3, 4, 8}):
        alone = Reference(spec)
        for _ in range(frame.step):
            alone.train_step()
        # One more step by plain torch; its gradients stay behind. All examples are in each batch,
        # in another order, which ghost batches would see.
        if kind == "batch_ghost":
            alone.minibatches = iter([probe_batch(12, 128, spec.seed)])
        alone.train_step()
        gradients = [linear.weight.grad.norm().item() for linear in [*alone.linears, alone.output]]
        np.testing.assert_allclose(frame.gradient_norm[0], gradients, rtol=1e-5)


@pytest.mark.parametrize("kind", RELATIVES)
def test_the_gap_is_that_between_running_and_probe_statistics(kind: str) -> None:
    spec = small(norm__kind=kind, norm__frozen_from=4, network__norm_placement="after")
    (*_, frame) = frames_of(spec, looks_at={9})
    alone = Reference(spec)
    for _ in range(9):
        alone.train_step()
    first = alone.norms[0]
    x, _ = alone.part("train")  # wine has fewer examples than the probe batch has room for
    with torch.no_grad():
        seen = torch.relu(alone.linears[0](x))
    std = (seen.var(0) + EPS).sqrt()
    gap = ((first.running_mean - seen.mean(0)) / std).square().mean().sqrt()
    assert frame.mean_gap[0, 0] == pytest.approx(gap.item(), rel=1e-5)


# --- standardized weights ------------------------------------------------------------------------


def test_standardized_weights_have_mean_0_and_variance_1_over_the_inputs() -> None:
    w_hat, _ = standardized(3 + 0.1 * random(MEMBERS, 4, 7), eps=1e-12)
    torch.testing.assert_close(w_hat.mean(2), torch.zeros(MEMBERS, 4, dtype=w_hat.dtype))
    torch.testing.assert_close(w_hat.var(2, correction=0), torch.ones_like(w_hat[:, :, 0]))


def test_the_gradient_of_standardized_weights_is_autograds_and_moves_neither_mean_nor_length() -> (
    None
):
    weight, gradient = random(MEMBERS, 4, 7).requires_grad_(), random(MEMBERS, 4, 7)
    w_hat, inverse_std = standardized(weight, eps=1e-12)
    w_hat.backward(gradient)
    mine = standardized_backward(gradient, w_hat.detach(), inverse_std.detach())
    torch.testing.assert_close(mine, weight.grad)
    nothing = torch.zeros(MEMBERS, 4, dtype=torch.float64)
    torch.testing.assert_close(mine.sum(2), nothing)
    torch.testing.assert_close((mine * w_hat.detach()).sum(2), nothing)


# --- the registry and the words ------------------------------------------------------------------


@pytest.mark.parametrize("kind", NORMS)
def test_the_spec_knows_which_norms_keep_statistics_and_take_a_bias_away(kind: str) -> None:
    spec = NormSpec.model_validate({"kind": kind})
    assert spec.is_batch == issubclass(NORMS[kind], BatchNorm)
    assert spec.takes_bias_away == NORMS[kind].is_shift_free


def test_every_norm_has_words_and_a_name_that_a_variant_can_have() -> None:
    assert set(NORM_WORDS) == set(NORMS)
    names = [words.variant for words in NORM_WORDS.values()]
    assert len(set(names)) == len(names)
    for kind, words in NORM_WORDS.items():
        assert words.spoken and words.says
        MemberSpec().replace({"norm.kind": kind})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"norm.kind": "batch_ghost", "norm.ghost_size": 24},
            r"norm\.ghost_size must be a divisor of the batch size 64",
        ),
        (
            {"norm.kind": "batch_ghost", "norm.ghost_size": 128},
            r"norm\.ghost_size must be a divisor",
        ),
        ({"norm.ghost_size": 1}, r"norm\.ghost_size must be a whole number from 2"),
        (
            {"norm.kind": "batch_scale", "batch_size": 1},
            r"\(got 1 with batch norm",
        ),
        ({"norm.kind": "group_ws", "norm.groups": 5}, r"norm\.groups must be a divisor"),
        (
            {"norm.kind": "group_ws", "norm.groups": 1, "network.width": 1},
            r"network\.width must be 2 or more",
        ),
        ({"norm.r_max": 0.5}, r"norm\.r_max must be a number from 1"),
        ({"norm.frozen_from": 0}, r"norm\.frozen_from must be a whole number from 1"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SpecError, match=sentence):
        MemberSpec().replace(changes)  # type: ignore[arg-type]
