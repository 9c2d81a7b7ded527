"""The notebooks keep their promise: executed, quiet, small, and one cell to change."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NAMES = [
    "01-read-your-logs",
    "02-volume-intensity-frequency",
    "03-strength-and-progress",
    "04-does-volume-buy-strength",
    "05-test-a-hypothesis",
    "06-thirty-clients",
]
PLOTLY = "application/vnd.plotly.v1+json"
MOST_BYTES = 500_000
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def test_the_six_notebooks_are_there():
    assert [path.stem for path in NOTEBOOKS] == NAMES


@every_notebook
def test_executed_from_top_to_bottom(path):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@every_notebook
def test_nothing_failed_or_warned(path):
    assert outputs(path)
    assert not [o for o in outputs(path) if o.output_type == "error" or o.get("name") == "stderr"]


@every_notebook
def test_the_first_code_cell_is_the_one_to_change(path):
    cells = code_cells(path)
    assert cells[0].source.startswith("# Change this one cell to your ")
    assert not [cell for cell in cells[1:] if "Change this" in cell.source]


@every_notebook
def test_a_figure_is_followed_by_numbers_that_nbval_compares(path):
    cells = code_cells(path)
    drawn = [
        i for i, cell in enumerate(cells) if any(PLOTLY in o.get("data", {}) for o in cell.outputs)
    ]
    for place in drawn:
        assert cells[place].source.startswith("# NBVAL_IGNORE_OUTPUT\n")
        checked = cells[place + 1]
        assert "NBVAL_IGNORE_OUTPUT" not in checked.source
        assert re.search(r"\d", str(checked.outputs))
    assert len(drawn) < len([cell for cell in cells if cell.outputs]) - len(drawn)


@every_notebook
def test_no_machine_and_no_clock_in_it(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|tmp|work|Users)/|[A-Z]:\\\\|file://", text)
    assert "iopub" not in text  # execution times
    assert len(text) < MOST_BYTES


@pytest.mark.parametrize(
    ("name", "log"),
    [(NAMES[0], "cleo_fitnotes.csv"), (NAMES[1], "ben_hevy.csv"), (NAMES[2], "ben_hevy.csv")],
)
def test_all_cells_follow_the_one_that_is_changed(name, log):
    from nbclient import NotebookClient

    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert "anna_strong.csv" in first.source
    first.source = first.source.replace("anna_strong.csv", log)
    NotebookClient(notebook, resources={"metadata": {"path": str(FOLDER)}}).execute()
    shown = str([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
    assert "'name': 'stderr'" not in shown
    assert "anna" not in shown
