"""A layer example as a script, in numpy and in torch: to read, run and change."""

from __future__ import annotations

from bnlab.by_hand.layer_example import LayerExample
from bnlab.by_hand.tables import Table, written
from bnlab.export.script.template import block


def numpy_layer(example: LayerExample) -> str:
    """The source of forward and backward in numpy, with the numbers of the example.

    It ends with y, grad_x, grad_gamma and grad_beta as arrays.
    """
    return block(
        """
        import numpy as np

        x = np.array(<x>)
        gamma = np.array(<gamma>)
        beta = np.array(<beta>)
        eps = <eps>
        grad_y = np.array(<grad_y>)  # from the layers above

        # forward
        m = len(x)
        mean = x.sum(axis=0) / m
        centred = x - mean
        variance = (centred**2).sum(axis=0) / m
        std = np.sqrt(variance + eps)
        x_hat = centred / std
        y = gamma * x_hat + beta

        # backward
        grad_beta = grad_y.sum(axis=0)
        grad_gamma = (grad_y * x_hat).sum(axis=0)
        grad_x_hat = grad_y * gamma
        grad_variance = -1 / (2 * std**3) * (grad_x_hat * centred).sum(axis=0)
        grad_mean = -1 / std * grad_x_hat.sum(axis=0) - grad_variance * 2 / m * centred.sum(axis=0)
        grad_x = grad_x_hat / std + grad_variance * 2 * centred / m + grad_mean / m

        print(y, grad_x, grad_gamma, grad_beta, sep="\\n")
        """,
        **_numbers(example),
    )


def torch_layer(example: LayerExample) -> str:
    """The source of the same in torch, whose autograd takes the backward pass.

    It ends with y, x.grad, gamma.grad and beta.grad as tensors.
    """
    return block(
        """
        import torch
        from torch.nn import functional as F

        torch.set_default_dtype(torch.float64)

        x = torch.tensor(<x>, requires_grad=True)
        gamma = torch.tensor(<gamma>, requires_grad=True)
        beta = torch.tensor(<beta>, requires_grad=True)
        eps = <eps>
        grad_y = torch.tensor(<grad_y>)  # from the layers above

        # forward: mean and variance of the minibatch, no running statistics
        y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)

        # backward: autograd
        y.backward(grad_y)

        print(y, x.grad, gamma.grad, beta.grad, sep="\\n")
        """,
        **_numbers(example),
    )


def _numbers(example: LayerExample) -> dict[str, str]:
    return {
        "x": _table(example.x),
        "gamma": _row(example.weight),
        "beta": _row(example.bias),
        "eps": written(example.eps),
        "grad_y": _table(example.grad_y),
    }


def _table(table: Table) -> str:
    return "[\n" + "".join(f"    {_row(row)},\n" for row in table) + "]"


def _row(row: tuple[float, ...]) -> str:
    # A point in each number: tensors of whole numbers have no gradient.
    return f"[{', '.join(map(repr, row))}]"
