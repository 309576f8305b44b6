"""All parameters of a fleet in one flat tensor, seen as named blocks (M, …)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor


class Blocks:
    """One flat tensor, and a view (M, *shape) into it for each named block.

    Optimizers work on the flat tensor, layers on the views.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], flat: Tensor) -> None:
        self.shapes, self.flat = shapes, flat
        self.members = len(flat) // sum(math.prod(shape) for shape in shapes.values())
        self._views = self.views_of(flat)

    @classmethod
    def allocate(
        cls,
        shapes: Mapping[str, tuple[int, ...]],
        members: int,
        *,
        device: str,
        dtype: torch.dtype,
    ) -> Blocks:
        """Zeros for `members` members."""
        size = members * sum(math.prod(shape) for shape in shapes.values())
        return cls(shapes, torch.zeros(size, device=device, dtype=dtype))

    def __getitem__(self, name: str) -> Tensor:
        return self._views[name]

    def get(self, name: str) -> Tensor | None:
        """The block of this name, None where there is none."""
        return self._views.get(name)

    def zeros_like(self) -> Blocks:
        """Zeros of the same layout."""
        return Blocks(self.shapes, torch.zeros_like(self.flat))

    def views_of(self, flat: Tensor) -> dict[str, Tensor]:
        """The named views, each (M, *shape), of another flat tensor of this layout."""
        sizes = [self.members * math.prod(shape) for shape in self.shapes.values()]
        return {
            name: part.view(self.members, *shape)
            for (name, shape), part in zip(self.shapes.items(), flat.split(sizes), strict=True)
        }

    def spread(self, values: Tensor) -> Tensor:
        """Repeat one value per member (M,) to one value per parameter, flat."""
        parts = [values.repeat_interleave(math.prod(shape)) for shape in self.shapes.values()]
        return torch.cat(parts)

    def select(self, members: Tensor) -> Blocks:
        """A copy of some members."""
        parts = [view.index_select(0, members).view(-1) for view in self._views.values()]
        return Blocks(self.shapes, torch.cat(parts))
