"""Simulated lifters with planted effects, written out as the apps would export them.

An interval is trusted only after simulation shows its coverage. The simulator therefore starts
one step before the analysis: it performs sets (whole reps, loads the gym has, tired and noisy
days) and writes app exports, so that the whole program, parser included, has to find the truth.
"""

from __future__ import annotations

from analysis.simulate.cohort import Cohort, simulate
from analysis.simulate.formats import DIALECTS, export
from analysis.simulate.scenario import Scenario

__all__ = ["DIALECTS", "Cohort", "Scenario", "export", "simulate"]
