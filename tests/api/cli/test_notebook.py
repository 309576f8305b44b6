"""The tutorial notebook runs from top to bottom, and what it says of its numbers holds."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.server import ROOT

PATH = ROOT / "notebooks" / "tutorial.ipynb"
PATIENCE_S = 300
# Asked of the notebook's own variables, after its last cell.
QUESTIONS = """
import json

means = {name: part.groupby(["variant", "optimizer.lr"])["validation_accuracy"].mean()
         for name, part in {"curves": sweep.frame(), "map": both.frame()}.items()}
learned = both.frame()["validation_accuracy"] > 0.9
diverged = table["status"] == "diverged"
print(json.dumps({
    "race": {row["variant"]: row["final_accuracy"] for row in race.rows()},
    "curves": {name: means["curves"][name].to_dict() for name in ("none", "batch")},
    "diverged": diverged.groupby(table["variant"]).sum().to_dict(),
    "learned": learned.groupby(both.frame()["variant"]).mean().to_dict(),
}))
"""


@pytest.fixture(scope="module")
def executed() -> NotebookNode:
    """The notebook after all its cells have run, in a kernel of its own."""
    notebook = nbformat.read(PATH, as_version=4)
    notebook.cells.append(new_code_cell(QUESTIONS))
    place = {"metadata": {"path": str(ROOT)}}
    return NotebookClient(notebook, timeout=PATIENCE_S, resources=place).execute()


@pytest.fixture(scope="module")
def said(executed: NotebookNode) -> dict[str, Any]:
    """The answers to the questions."""
    answers: dict[str, Any] = json.loads(executed.cells[-1].outputs[0].text)
    return answers


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = [cell for cell in nbformat.read(PATH, as_version=4).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


def test_every_figure_of_the_notebook_is_drawn_by_plotly(executed: NotebookNode) -> None:
    drawn = [
        cell.source
        for cell in executed.cells
        for output in cell.get("outputs", ())
        if "application/vnd.plotly.v1+json" in output.get("data", {})
    ]
    assert len(drawn) == 5


def test_the_notebook_warns_of_nothing(executed: NotebookNode) -> None:
    outputs = [output for cell in executed.cells for output in cell.get("outputs", ())]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def test_without_batch_norm_the_network_of_the_paper_stays_near_a_guess(
    said: dict[str, Any],
) -> None:
    assert said["race"]["none"] < 0.25
    assert said["race"]["batch"] > 0.9


def test_learning_rates_part_the_variants_where_the_notebook_says(said: dict[str, Any]) -> None:
    none, batch = said["curves"]["none"], said["curves"]["batch"]
    assert min(none["0.316"], batch["0.316"]) > 0.9
    assert none["1.0"] < 0.7 < batch["1.0"] == max(batch.values())
    assert max(none["10.0"], batch["10.0"]) < 0.2
    assert said["diverged"]["batch"] == 0 < said["diverged"]["none"]


def test_batch_norm_trains_in_a_larger_part_of_the_map(said: dict[str, Any]) -> None:
    assert said["learned"]["batch"] > 3 * said["learned"]["none"] > 0
