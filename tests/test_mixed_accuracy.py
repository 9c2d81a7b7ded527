"""The optimum is the best known one: random problems against statsmodels, in seconds.

`python benchmarks/mixed_accuracy.py --problems 200 --r` runs the full set, lme4 included.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / "benchmarks" / "mixed_accuracy.py"


@pytest.fixture(scope="module")
def accuracy():
    spec = importlib.util.spec_from_file_location("mixed_accuracy", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["mixed_accuracy"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["mixed_accuracy"]


@pytest.mark.parametrize("number", [*range(10), 22, 61, 62, 142])
def test_never_below_statsmodels(accuracy, number):
    case = accuracy.problem(number)
    fit = accuracy.ours(case)
    assert fit.converged
    assert fit.loglik >= accuracy.statsmodels_loglik(case) - 1e-6 * abs(fit.loglik)
