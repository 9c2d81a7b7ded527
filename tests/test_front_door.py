"""`import analysis as lab`: every public name is typed, loads, and means one thing."""

from __future__ import annotations

import inspect
import os
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis as lab

ROOT = Path(__file__).parents[1]
STUB = ROOT / "src" / "analysis" / "__init__.pyi"


def public_names() -> list[tuple[str, str, str]]:
    """Every public name as the stub has it, read by other means than the package reads it."""
    text = STUB.read_text(encoding="utf-8")
    imports = re.findall(r"^from (\S+) import (\w+)(?: as (\w+))?$", text, re.M)
    home = {name: module for module, name, _ in imports}
    renamed = re.findall(r"^(\w+) = (\w+)$", text, re.M)
    return [each for each in imports if each[2]] + [(home[old], old, new) for new, old in renamed]


PUBLIC = public_names()
VERBS = [name for _, _, name in PUBLIC if inspect.isroutine(getattr(lab, name))]


@pytest.mark.parametrize(("module", "inside", "name"), PUBLIC, ids=[each[2] for each in PUBLIC])
def test_a_public_name_is_the_object_that_its_type_is_read_from(module, inside, name):
    assert getattr(lab, name) is getattr(import_module(module), inside)
    assert getattr(lab, name).__doc__


def test_nothing_else_is_public():
    listed = {name for _, _, name in PUBLIC} | {"__version__"}
    assert set(lab.__all__) == set(dir(lab)) == listed
    with pytest.raises(AttributeError, match="no attribute 'volum'"):
        _ = lab.volum


def test_no_name_is_both_a_module_and_something_to_call():
    modules = {module.name for module in pkgutil.iter_modules(lab.__path__)}
    assert not modules & set(lab.__all__)


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_verb_takes_the_logbook_first_and_its_muscle_by_name(name):
    parameters = list(inspect.signature(getattr(lab, name)).parameters.values())
    muscle = [each for each in parameters if each.name in {"muscle", "muscles", "group"}]
    assert all(each.kind is each.KEYWORD_ONLY and each.name != "group" for each in muscle)
    if "logbook" in {each.name for each in parameters} and name not in {"plan", "run_plan"}:
        assert parameters[0].name == "logbook"


SNIPPET = """\
import analysis as lab

logbook = lab.read("data/raw/sample")
reveal_type(logbook)
reveal_type(lab.volume(logbook))
reveal_type(lab.mixed)
lab.volum(logbook)
lab.volume(logbook, week_start="monday")
lab.Report("Spring", [lab.volume(logbook)]).save("spring.html")
"""


def test_a_type_checker_knows_what_the_verbs_take_and_return(tmp_path):
    (tmp_path / "first_lines.py").write_text(SNIPPET, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", tmp_path],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.partition(".py:")[2] for line in done.stdout.splitlines()]
    revealed = [line for line in said if "Revealed type" in line]
    errors = [line.partition(":")[0] for line in said if "error:" in line]
    assert errors == ["7", "8"], done.stdout
    assert 'has no attribute "volum"' in done.stdout
    for line, part in zip(revealed, ("Logbook", "Result", "MixedFit"), strict=True):
        assert f".{part}" in line


def test_a_logbook_says_who_and_how_much_it_holds():
    logbook = lab.read(ROOT / "data" / "raw" / "sample")
    assert repr(logbook) == (
        "Logbook: athletes anna_strong, ben_hevy, cleo_fitnotes; sets 9,646; "
        "days 2025-10-27 to 2026-10-24; exercises 45, 0 of them unmapped; "
        "files 3, 3 with sets; rejected 0 records"
    )
    page = logbook._repr_html_()
    assert "<td>9,646</td>" in page
    assert page.count("ben_hevy") == 2  # as an athlete, and as a file of the ledger


def test_an_athlete_named_like_markup_is_text_in_the_view(tmp_path):
    export = ROOT / "data" / "raw" / "sample" / "ben_hevy.csv"
    rows = export.read_text(encoding="utf-8").splitlines()[:5]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    page = lab.read(tmp_path, athlete="<b>Ben</b>")._repr_html_()
    assert "&lt;b&gt;Ben" in page
    assert "<b>Ben" not in page


def test_a_mixed_fit_shows_its_effects_its_spread_and_how_it_ended():
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        {"athlete": np.repeat(list("abcdefgh"), 12), "week": np.tile(np.arange(12.0), 8)}
    )
    own = np.repeat(rng.normal(0.0, 2.0, 8), 12)
    rows["y"] = 1.0 + 0.5 * rows["week"] + own + rng.normal(0.0, 0.1, len(rows))
    fit = lab.mixed("y ~ week", rows, groups="athlete", random="~ 1")
    said = repr(fit)
    assert said.startswith("Mixed model by REML, converged: 96 rows, groups: 8 of athlete\n")
    slope = f"{fit.params['week']:.4g}"
    sd = f"{np.sqrt(fit.random_cov['athlete'].iloc[0, 0]):.4g}"
    assert slope in said
    assert f"athlete: Intercept {sd}" in said
    assert slope in fit._repr_html_()
    assert sd in fit._repr_html_()


def test_a_result_says_its_size_and_its_sentence():
    result = lab.Result("volume", "Volume", pd.DataFrame({"a": [1, 2]}), "Two sets.")
    assert repr(result) == "Result 'volume' (2 rows × 1): Two sets."
