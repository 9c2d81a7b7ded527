"""The R script without R: it can be parsed, reads what is there, and fits the page's model.

No R runs here. What stands in its place: a reader of R's tokens (strings, comments, brackets), the
columns of the file that the script reads, and its least squares done again in numpy on that file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.pages.hypothesis import answer
from tests.test_hypothesis_page import NONE, cohort, write_plan

PAIRS = {")": "(", "]": "[", "}": "{"}


def code_of(script: str) -> str:
    """Return R code with comments out and strings emptied; fail where a string stays open."""
    found, at, quote = [], 0, ""
    while at < len(script):
        here = script[at]
        if quote:
            if here == "\\":
                at += 1
            elif here == quote:
                quote = ""
                found.append(here)
        elif here in "\"'`":
            quote = here
            found.append(here)
        elif here == "#":
            at = script.find("\n", at)
            if at < 0:
                break
            found.append("\n")
        else:
            found.append(here)
        at += 1
    assert not quote, "a string is never closed"
    return "".join(found)


def balanced(code: str) -> None:
    """Fail where brackets do not pair, or an operator ends a statement."""
    open_: list[str] = []
    for place, here in enumerate(code):
        if here in PAIRS.values():
            open_.append(here)
        elif here in PAIRS:
            assert open_, f"{here} at {place} closes nothing"
            assert open_.pop() == PAIRS[here], f"{here} at {place} closes another bracket"
    assert not open_, f"{open_} never closed"
    assert not re.search(r"[+*/=~,-]\s*$", code.rstrip()), "the last line is not finished"
    assert not re.search(r"[+~=,]\s*[)\]}]", code), "an operator without its right side"


@pytest.fixture(scope="module", params=["", 'exposure = "frequency"\ncovariates = ["sets"]\n'])
def folder(request, tmp_path_factory):
    base = tmp_path_factory.mktemp("r")
    logs = cohort(base / "logs", 0.5, lifters=12)
    text = 'question = "?"\nmuscle = "quads"\nsmallest_effect = 0.1\n' + request.param
    list(answer(write_plan(base, NONE, text), logs, base / "out"))
    return base / "out"


def parts(folder: Path) -> tuple[str, list[str], np.ndarray, pd.DataFrame]:
    script = (folder / "analysis.R").read_text("utf-8")
    formulas = re.findall(r"strength ~ 0 \+ ([\w +]+)", script)
    terms = formulas[0].split(" + ")
    weights = np.array(
        [float(w) for w in re.search(r"weights <- c\((.*)\)", script)[1].split(",")]
    )
    read = re.search(r'read\.csv\("([^"]+)"', script)[1]
    return script, terms, weights, pd.read_csv(folder / read)


def test_the_script_can_be_parsed(folder):
    script = (folder / "analysis.R").read_text("utf-8")
    balanced(code_of(script))
    # the reader is one that fails: a bracket less, a string open, an operator at the end
    with pytest.raises(AssertionError):
        balanced(code_of(script.replace("coef(fit))", "coef(fit)", 1)))
    with pytest.raises(AssertionError):
        code_of(script.replace('"data/pseudo_rows.csv"', '"data/pseudo_rows.csv', 1))
    with pytest.raises(AssertionError):
        balanced(code_of(script.replace("weights <- c(", "weights <- c(1 +)", 1)))


def test_every_column_of_every_formula_is_in_the_file_it_reads(folder):
    script, terms, weights, rows = parts(folder)
    assert len(weights) == len(terms)
    assert weights.sum() == pytest.approx(1.0)
    made = set(re.findall(r"rows\$(\w+) <-", script))
    for formula in re.findall(r"strength ~ 0 \+ ([\w +]+)", script):
        assert set(formula.split(" + ")) <= set(rows.columns) | made
    inside = re.search(r"with\(rows, ([\w +]+)\)", script)[1]
    assert set(inside.split(" + ")) <= set(rows.columns)
    assert {"athlete", "strength"} <= set(rows.columns)


def test_its_least_squares_give_the_pages_number(folder):
    script, terms, weights, rows = parts(folder)
    found = json.loads((folder / "verdict.json").read_text("utf-8"))
    x, y = rows[terms].to_numpy(), rows["strength"].to_numpy()
    inverse = np.linalg.inv(x.T @ x)
    estimate = weights @ inverse @ x.T @ y
    assert estimate == pytest.approx(found["estimate"], rel=1e-6, abs=1e-9)
    printed = float(re.search(r"here  ([+-][\d.]+)", script)[1])
    assert printed == pytest.approx(found["estimate"], abs=6e-7)
    # CR2 by athlete of plain least squares, by its definition (Pustejovsky & Tipton 2018, eq. 6)
    meat = np.zeros(inverse.shape)
    for _, own in rows.groupby("athlete"):
        xi, ri = own[terms].to_numpy(), own["strength"] - own[terms] @ (inverse @ x.T @ y)
        values, vectors = np.linalg.eigh(np.eye(len(xi)) - xi @ inverse @ xi.T)
        root = np.where(values > 1e-10, np.maximum(values, 1e-300) ** -0.5, 0.0)
        score = xi.T @ (vectors * root) @ vectors.T @ ri.to_numpy()
        meat += np.outer(score, score)
    error = np.sqrt(weights @ inverse @ meat @ inverse @ weights)
    assert error == pytest.approx(found["std_error"], rel=1e-5)
