"""Pictures of a network's predictions: decision images of the plane, or digits with answers."""

from __future__ import annotations

import numpy as np
import torch

from bnlab.data.datasets import Data, load
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.plan import FleetPlan
from bnlab.results.frames import Array

RESOLUTION = 48  # pixels along each side of a decision image
POINTS = 250
EXAMPLES = 12


def describe(plan: FleetPlan, device: str = "cpu", *, watched: int = 0) -> dict[str, Array]:
    """The fixed part of the pictures of a watched member (or of the first member).

    Returns:
        For points in the plane `points` (n, 2) of the validation part, `point_classes` (n,) and
        `extent` [x0, x1, y0, y1] of the decision image; for digits `examples` (12, 8, 8) in
        0..16 and `example_classes` (12,); otherwise nothing.
    """
    spec = plan.specs[plan.watched[watched] if plan.watched else 0]
    data = load(spec.data, spec.seed)
    if spec.data.facts.is_drawn:
        return {
            "points": data.x_validation[:POINTS].astype(np.float32),
            "point_classes": data.y_validation[:POINTS].astype(np.uint8),
            "extent": _extent(data),
        }
    if spec.data.name == "digits":
        pixels = 16 * (data.x_validation[:EXAMPLES] * data.scale + data.shift)
        return {
            "examples": np.rint(pixels).astype(np.uint8).reshape(-1, 8, 8),
            "example_classes": data.y_validation[:EXAMPLES].astype(np.uint8),
        }
    return {}


class Pictures:
    """Draws the predictions of the watched members in eval mode."""

    def __init__(self, plan: FleetPlan, network: Network) -> None:
        self.network = network
        self.classes = plan.structure.data.facts.classes
        self.is_drawn = plan.structure.data.facts.is_drawn
        self.has_examples = plan.structure.data.name == "digits"
        specs = [plan.specs[member] for member in plan.watched]
        shown = [self._shown(load(spec.data, spec.seed)) for spec in specs]
        flat = network.parameters.flat
        inputs = torch.from_numpy(np.stack(shown)) if shown else torch.empty(0)
        self.x = inputs.to(flat.dtype).to(flat.device)  # (W, F, N)
        self.watched = torch.tensor(plan.watched, device=flat.device, dtype=torch.int64)

    def draw(self) -> dict[str, Array]:
        """`decision`, or `answers` and `confidence`, as of `Frame`; empty for other data."""
        if not (self.is_drawn or self.has_examples):
            return {}
        certainty, answer = self._answers()
        if self.is_drawn:
            certainty = (certainty - 1 / self.classes) / (1 - 1 / self.classes)
            # Below 1: full certainty of one class would read as no certainty of the next.
            image = 255 / self.classes * (answer + np.clip(np.nan_to_num(certainty), 0, 0.99))
            shape = (-1, RESOLUTION, RESOLUTION)
            return {"decision": np.rint(image).astype(np.uint8).reshape(shape)}
        return {"answers": answer.astype(np.uint8), "confidence": certainty.astype(np.float32)}

    def _answers(self) -> tuple[Array, Array]:
        """Probability and index (W, N) of the most likely class."""
        if not len(self.watched):
            side = RESOLUTION**2 if self.is_drawn else EXAMPLES
            return np.zeros((0, side)), np.zeros((0, side))
        network = self.network
        if len(self.watched) < network.members:
            network = network.select(self.watched)
        probabilities = torch.softmax(network.forward(self.x, training=False), 1)
        certainty, answer = probabilities.max(1)
        return certainty.cpu().numpy(), answer.cpu().numpy()

    def _shown(self, data: Data) -> Array:
        """Inputs (F, N) whose predictions are drawn."""
        if not self.is_drawn:
            return data.x_validation[:EXAMPLES].T
        x0, x1, y0, y1 = _extent(data)
        # Row 0 of the image is the lowest y.
        y, x = np.meshgrid(
            np.linspace(y0, y1, RESOLUTION), np.linspace(x0, x1, RESOLUTION), indexing="ij"
        )
        return np.stack([x.ravel(), y.ravel()])


def _extent(data: Data) -> Array:
    reach = 1.1 * float(np.quantile(np.abs(data.x_train), 0.995))
    return np.array([-reach, reach, -reach, reach], dtype=np.float32)
