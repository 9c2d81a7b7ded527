"""The house's rules that no linter knows: which room may import which, what pages may say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import schema

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "analysis"

# A room may import from its own floor and from the floors below it.
FLOORS = [
    {"schema", "units", "result", "estimate", "figures", "say", "problems", "notes", "outputs"}
    | {"paths", "progress", "settings", "terminal", "workers"},
    {"exercises"},
    {"logbook", "store"},
    {"ingest", "measures", "report", "pseudonyms"},
    {"models"},
    {"signals"},
    {"legs"},
    {"pages", "simulate"},
    {"cli", "__main__"},
]
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
APART = {("ingest", "measures"), ("measures", "ingest"), ("report", "measures"),
         ("report", "ingest"), ("measures", "report"), ("ingest", "report")}  # fmt: skip


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "analysis":
                names |= {f"analysis.{alias.name}" for alias in node.names}
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    rooms = {name.split(".")[1] for name in names if name.startswith("analysis.")}
    return rooms & set(FLOOR)


MODULES = sorted(
    path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.stem != "__init__"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_never_point_upward(path):
    room = room_of(path)
    assert room in FLOOR, f"{room} is no room of the house: give it a floor, or a home in one"
    upward = {other for other in imported_rooms(path) if FLOOR[other] > FLOOR[room]}
    across = {other for other in imported_rooms(path) if (room, other) in APART}
    assert not upward | across


def test_the_architecture_page_has_these_floors_and_names_files_that_exist():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|", page, re.M)
    told = {int(floor): set(re.findall(r"`(\w+)`", rooms)) for floor, rooms in rows}
    assert told == {level: rooms - {"__main__"} for level, rooms in enumerate(FLOORS)}
    named = set(re.findall(r"`([\w/]+\.(?:py|pyi))`", page))
    assert len(named) > 20
    missing = {name for name in named if not (SOURCE / name).exists()}
    assert not {name for name in missing if not (ROOT / name).exists()}


def test_nothing_is_called_utils():
    assert not [path for path in SOURCE.rglob("*") if re.match(r"utils?\b|helpers?\b", path.name)]


def test_columns_page_is_printed_from_the_schema():
    page = "\n".join(schema.columns_page()) + "\n"
    assert (ROOT / "docs" / "columns.md").read_text(encoding="utf-8") == page


def test_the_command_line_starts_without_the_slow_libraries():
    code = (
        "import sys; from typer.testing import CliRunner; from analysis.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "slow = {'pandas', 'polars', 'numpy', 'scipy', 'statsmodels', 'plotly', 'pyarrow'}\n"
        "print(*sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


SENTENCES = {"note", "notes", "summary", "sentence", "why", "reason", "reasons", "said", "message",
             "caution", "headline", "takeaway", "takeaways", "says"}  # fmt: skip
READS = {"startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition",
         "replace", "split", "count", "index", "find"}  # fmt: skip


def last_name(node: ast.expr) -> str:
    """What an expression is called: `row["why"]` is why, `result.summary` is summary."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
    return ""


def readings(tree: ast.AST) -> list[int]:
    """Lines that read a sentence back, or hand a value on in a table's `attrs`."""
    lines = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=verb, value=value)) if verb in READS:
                found = last_name(value) in SENTENCES
            case ast.Compare(left=ast.Constant(value=str()), ops=[ast.In() | ast.NotIn()]):
                found = last_name(node.comparators[0]) in SENTENCES
            case ast.Attribute(attr="attrs"):
                found = True
            case _:
                found = False
        if found:
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    "line",
    [
        'note.startswith("0 changes")',
        'row["why"].count(",")',
        'result.summary.replace("athlete", "client")',
        '"inactive" in row["why"]',
        'table.attrs["dof"] = 3',
    ],
)
def test_a_sentence_that_is_read_back_is_found(line):
    assert readings(ast.parse(line)) == [1]


NO_SENTENCES = {
    "report/notebook.py": "tokens of Markdown have attributes of that name",
}
"""Files in which these names mean something else."""


def test_no_code_reads_a_sentence_back():
    found = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).as_posix() not in NO_SENTENCES
        for line in readings(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found


def test_no_page_of_the_repository_points_outside_it():
    pages = [*SOURCE.rglob("*.py"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")]
    outside = re.compile(
        r"SCIENCE|\bshared/|(DESIGN|STYLE|STRENGTH|CONTINUOUS|MIXED|SCALE)(\.md| §)"
    )
    assert not [path.name for path in pages if outside.search(path.read_text(encoding="utf-8"))]


SHARED_WORDS = ("Estimate", "Evidence", "Prior", "Curve", "Finding", "Column", "Note", "Result")
"""Concepts of every room: each is one class."""


def test_a_concept_of_the_house_is_one_class():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")]
    classes = [
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    assert {name: classes.count(name) for name in SHARED_WORDS} == dict.fromkeys(SHARED_WORDS, 1)


def test_the_lock_holds_names_and_versions_only():
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[0-9][^\s]*( ; .*)?$", line), line
