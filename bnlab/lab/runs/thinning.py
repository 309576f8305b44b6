"""Keep a bounded, evenly spaced part of an endless sequence, its first and its newest item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from bnlab.spec.fields import refusal

Item = TypeVar("Item")


class EvenlyThinned(Generic[Item]):
    """A list that never holds more than `capacity` items of all that were appended.

    It keeps every item at first; past its capacity every second one, then every fourth, and so
    on, and always the newest.

    >>> kept = EvenlyThinned[int](4)
    >>> for item in range(8): kept.append(item)
    >>> list(kept)
    [0, 4, 7]
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 3:
            raise refusal("capacity", capacity, "3 or more")
        self._capacity = capacity
        self._items: list[Item] = []
        self._stride = 1
        self._count = 0  # items appended so far

    def append(self, item: Item) -> None:
        """Add the newest item; the one before stays only when it falls on the stride."""
        if self._items and (self._count - 1) % self._stride:
            self._items.pop()
        self._items.append(item)
        self._count += 1
        if len(self._items) > self._capacity:
            self.halve()

    def replace_newest(self, item: Item) -> None:
        """Put another item in the place of the newest; raises IndexError when there is none."""
        self._items[-1] = item

    def halve(self) -> None:
        """Keep every second item, and the newest."""
        kept = self._items[::2]
        if len(self._items) % 2 == 0:
            kept.append(self._items[-1])
        self._items = kept
        self._stride *= 2

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __getitem__(self, index: int) -> Item:
        return self._items[index]
