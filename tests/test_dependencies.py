"""Everything imported is declared, everything declared is used, and the core stands alone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
HOMES = packages_distributions()
RUN = {
    "jupyterlab": "make notebooks", "nbval": "make test", "pytest-xdist": "make test",
    "ruff": "make lint", "mypy": "make lint", "pandas-stubs": "mypy", "scipy-stubs": "mypy",
    "pre-commit": "CONTRIBUTING.md", "duckdb": "benchmarks/scale.py, in a process of its own",
    "pyarrow": "polars, to hand tables to pandas",
}  # fmt: skip
"""What is declared to be run, not imported, and by whom."""

DEVELOPMENT = {"tree-sitter", "tree-sitter-javascript"}
"""What only `report/trim.py` needs, which is run once for a release of plotly."""

COMPARED = {"lme-python", "mixedlm-rs"}
"""What a benchmark compares itself with, where somebody has installed it."""


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name)[0]).lower()


def declared(*extras: str, core: bool = True) -> set[str]:
    lines = [*(PROJECT["dependencies"] if core else []), *(x for e in extras for x in EXTRAS[e])]
    return {plain(line) for line in lines} - {"liftdose"}


def imported(*folders: str) -> set[str]:
    """Top-level names that files import, by a statement or by `import_module("name")`."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    names = set()
    for node in (x for path in paths for x in ast.walk(ast.parse(path.read_text("utf-8")))):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module)
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module))],
            ):
                names.add(module)
    ours = {"analysis", "tests", "benchmarks"} | {path.stem for path in paths}
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - ours


def distributions(names: set[str]) -> set[str]:
    return {plain(HOMES[name][0]) if name in HOMES else plain(name) for name in names}


SHIPPED = [extra for extra in EXTRAS if extra != "dev"]


def test_everything_the_package_imports_is_declared():
    assert distributions(imported("src")) - declared(*SHIPPED) == DEVELOPMENT


def test_everything_the_tests_and_benchmarks_import_is_declared():
    names = distributions(imported("tests", "benchmarks", "docs"))
    assert names - declared(*EXTRAS) == COMPARED


def test_everything_declared_is_imported_or_run():
    used = distributions(imported("src"))
    assert declared(*SHIPPED) - used <= set(RUN)
    used |= distributions(imported("tests", "benchmarks", "docs"))
    assert declared(*EXTRAS) - used <= set(RUN)
    assert not set(RUN) - declared(*EXTRAS)


def test_the_core_imports_nothing_of_an_extra_until_it_is_asked_for(tmp_path):
    """What only extras bring is taken away; reading logs and making the page still works."""
    only = declared(*SHIPPED, core=False) - declared()
    modules = [name for name, homes in HOMES.items() if {plain(home) for home in homes} & only]
    assert {"xlsxwriter", "bs4", "nbformat"} <= set(modules)
    log = ROOT / "data" / "raw" / "sample" / "ben_hevy.csv"
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({modules!r}))\n"
        "from analysis.cli import main\n"
        f"sys.argv = ['liftdose', 'report', {str(log)!r}, '--out', {str(tmp_path)!r}]; main()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=300)
    assert "Volume" in (tmp_path / "index.html").read_text(encoding="utf-8")
