"""The table of a sweep while it is being filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bnlab.results.frames import REACHED_TARGET, Array, pack, unpack
from bnlab.results.sweeps.cells import Cell
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES, UNBUILT, WAITING, Table
from bnlab.spec.member import MemberSpec

_OF_A_CELL: Final = ("cells", "status", *END_QUANTITIES)


def evaluation_steps(spec: MemberSpec) -> Array:
    """The steps at which a network is evaluated, ascending, int32: 0, each interval, the last."""
    steps = np.arange(0, spec.steps, spec.evaluate_every, dtype=np.int32)
    return np.append(steps, np.int32(spec.steps))


class GrowingTable:
    """Takes the evaluations of cells as they come, in any order of cells, also repeated ones.

    Args:
        cells: of the sweep, in order.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        specs = {(c.spec.steps, c.spec.evaluate_every): c.spec for c in cells if c.spec is not None}
        steps = [evaluation_steps(spec) for spec in specs.values()]
        eval_steps = np.unique(np.concatenate([np.zeros(1, np.int32), *steps]))
        count = len(cells)
        self._is_built = np.array([cell.spec is not None for cell in cells], dtype=bool)
        self._table = Table(
            eval_steps=eval_steps,
            values={
                name: np.full((count, len(eval_steps)), np.nan, np.float32)
                for name in SWEEP_QUANTITIES
            },
            at_end={name: np.full(count, np.nan, np.float32) for name in END_QUANTITIES},
            status=np.where(self._is_built, WAITING, UNBUILT).astype(np.uint8),
            steps=np.zeros(count, np.int32),
            target_steps=np.full(count, np.inf, np.float32),
        )
        self._snapshot: Table | None = None

    @property
    def nbytes(self) -> int:
        """Its size in memory, including the snapshot that readers share."""
        table = self._table
        once = sum(values.nbytes for values in table.values.values())
        rest = (*table.at_end.values(), table.status, table.steps, table.target_steps)
        return 2 * (once + sum(array.nbytes for array in rest))

    @property
    def mean_step(self) -> int:
        """Steps done, the mean over all cells that can be built, rounded down."""
        return int(self._table.steps[self._is_built].mean()) if self._is_built.any() else 0

    def fill(self, data: bytes) -> None:
        """Record one evaluation of some cells, in the form of `evaluation_bytes`.

        An evaluation older than what is known about a cell is a repetition and changes nothing.

        Raises:
            ValueError: the bytes are not an evaluation of these cells.
        """
        meta, arrays = unpack(data)
        try:
            self._fill(int(meta["step"]), arrays)
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"Not an evaluation of cells of this sweep: {error}.") from None

    def _fill(self, step: int, arrays: dict[str, Array]) -> None:
        table = self._table
        column = int(np.searchsorted(table.eval_steps, step))
        if column == len(table.eval_steps) or table.eval_steps[column] != step:
            raise KeyError(f"no evaluation at step {step}")
        newer = table.steps[arrays["cells"]] <= step
        cells = arrays["cells"][newer]
        for name in SWEEP_QUANTITIES:
            table.values[name][cells, column] = arrays[name][newer]
        table.status[cells] = arrays["status"][newer]
        table.steps[cells] = step
        for last in END_QUANTITIES:
            table.at_end[last][cells] = arrays[last][newer]
        first = (table.status[cells] == REACHED_TARGET) & np.isinf(table.target_steps[cells])
        table.target_steps[cells[first]] = step
        self._snapshot = None

    def snapshot(self) -> Table:
        """The current numbers, read-only; copied once for all readers of the same state."""
        if self._snapshot is None:
            table = self._table
            self._snapshot = Table(
                eval_steps=table.eval_steps,
                values={name: _frozen(values) for name, values in table.values.items()},
                at_end={name: _frozen(values) for name, values in table.at_end.items()},
                status=_frozen(table.status),
                steps=_frozen(table.steps),
                target_steps=_frozen(table.target_steps),
            )
        return self._snapshot


def evaluation_bytes(step: int, arrays: dict[str, Array]) -> bytes:
    """One evaluation of m cells at a step.

    Args:
        step: of the evaluation.
        arrays: cells (m,) int32, status (m,) uint8, and float32 (m,) each: SWEEP_QUANTITIES and
            END_QUANTITIES.

    Raises:
        ValueError: a name is missing.
    """
    missing = {*_OF_A_CELL, *SWEEP_QUANTITIES} - set(arrays)
    if missing:
        raise ValueError(f"An evaluation of cells lacks {', '.join(sorted(missing))}.")
    return pack({"step": step}, arrays)


def _frozen(array: Array) -> Array:
    copy = array.copy()
    copy.flags.writeable = False
    return copy
