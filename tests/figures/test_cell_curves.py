"""The curves of one cell: the numbers of the table, of every variant at the same place and seed."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.figures.cell_curves import cell_figures
from bnlab.results.frames import DIVERGED
from bnlab.results.sweeps.cells import Cell, cells_of
from tests.results.sweeps.tables import a_sweep, a_table

SWEEP = a_sweep()
TABLE = a_table(SWEEP)


@pytest.mark.parametrize("cell", cells_of(SWEEP)[::5], ids=str)
def test_a_line_has_the_numbers_of_its_variant_at_the_place_and_seed_of_the_cell(
    cell: Cell,
) -> None:
    figures = cell_figures(SWEEP, TABLE, cell)
    rows = {c.variant: i for i, c in enumerate(cells_of(SWEEP)) if _where(c) == _where(cell)}
    names = ("validation_accuracy", "train_loss", "gradient_ratio")
    for figure, quantity in zip(figures, names, strict=True):
        for trace in figure["traces"]:
            measured = TABLE.values[quantity][rows[trace["name"]]]  # type: ignore[index]
            drawn = [np.nan if y is None else y for y in trace["y"]]
            np.testing.assert_allclose(drawn, measured, rtol=1e-4)


def test_the_picked_network_has_the_widest_line() -> None:
    for figure in cell_figures(SWEEP, TABLE, cells_of(SWEEP)[0]):
        widths = {trace["name"]: trace["line"]["width"] for trace in figure["traces"]}
        assert widths["none"] > widths["batch"]


def test_words_and_table_say_what_is_drawn() -> None:
    status = TABLE.status.copy()
    status[0] = DIVERGED
    accuracy, *_ = cell_figures(SWEEP, a_table(SWEEP, status=status), cells_of(SWEEP)[0])
    assert "none: " in accuracy["alt"]
    assert "diverged" in accuracy["alt"]
    assert accuracy["table"]["head"] == ["step", "none", "batch"]
    assert [row[0] for row in accuracy["table"]["rows"]] == ["0", "20", "40"]


def _where(cell: Cell) -> tuple[tuple[int, ...], int]:
    return cell.place, cell.seed_index
