"""From a set to the load that could be lifted once: the e1RM formulas.

A formula turns a load and the reps that were possible with it (reps done + reps in reserve) into
an estimated one-rep maximum (e1RM). None is right for everybody: over the same logs they differ
by a factor of two in the gain they show, so every result that uses one also names it. Eight are
the field's common ones; the last lets the curve depend on the load (Marzagão 2026,
arXiv 2603.17495).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Numbers = TypeVar("Numbers", pl.Expr, Floats)

REP_CAP = 15.0
"""Most repetitions to failure that an e1RM is taken from, everywhere. Formulas part widely above
10 (LeSuer et al. 1997, JSCR 11:211), but a lift is mostly compared with itself, where a formula's
error cancels; what the cap costs and buys in real logs is in docs/strength.md#a-day."""


def _epley(load: Numbers, reps: Numbers) -> Numbers:
    return load * (reps / 30 + 1)


def _baechle(load: Numbers, reps: Numbers) -> Numbers:
    return load * (reps * 0.033 + 1)


def _brzycki(load: Numbers, reps: Numbers) -> Numbers:
    return load * 36 / (37 - reps)


def _lombardi(load: Numbers, reps: Numbers) -> Numbers:
    return load * reps**0.10


def _mayhew(load: Numbers, reps: Numbers) -> Numbers:
    return load * 100 / (_exp(reps * -0.055) * 41.9 + 52.2)


def _oconner(load: Numbers, reps: Numbers) -> Numbers:
    return load * (reps * 0.025 + 1)


def _wathan(load: Numbers, reps: Numbers) -> Numbers:
    return load * 100 / (_exp(reps * -0.075) * 53.8 + 48.8)


def _lander(load: Numbers, reps: Numbers) -> Numbers:
    return load * 100 / (101.3 - 2.67123 * reps)


def _marzagao(load: Numbers, reps: Numbers) -> Numbers:
    k: Numbers = (_log(load) * 4.58 - 2.55).clip(0.5)
    return load * ((reps - 1) ** 0.85 / k + 1)


def _log(values: Numbers) -> Numbers:
    return values.log() if isinstance(values, pl.Expr) else cast("Numbers", np.log(values))


def _exp(values: Numbers) -> Numbers:
    return values.exp() if isinstance(values, pl.Expr) else cast("Numbers", np.exp(values))


@dataclass(frozen=True, slots=True)
class Formula:
    """One e1RM formula.

    Attributes:
        e1rm: load in kg and reps to failure (above 1) → e1RM in kg; expressions or arrays.
        text: the formula, w = load in kg, r = reps to failure.
        source: who published it.
    """

    e1rm: Callable[..., Any]
    text: str
    source: str


FORMULAS: dict[str, Formula] = {
    "epley": Formula(_epley, "w(1 + r/30)", "Epley 1985"),
    "baechle": Formula(_baechle, "w(1 + 0.033 r)", "Baechle, NSCA"),
    "brzycki": Formula(_brzycki, "36w/(37 − r)", "Brzycki 1993"),
    "lombardi": Formula(_lombardi, "w r^0.10", "Lombardi 1989"),
    "mayhew": Formula(_mayhew, "100w/(52.2 + 41.9 e^(−0.055r))", "Mayhew 1992"),
    "oconner": Formula(_oconner, "w(1 + 0.025 r)", "O'Conner 1989"),
    "wathan": Formula(_wathan, "100w/(48.8 + 53.8 e^(−0.075r))", "Wathan 1994"),
    "lander": Formula(_lander, "100w/(101.3 − 2.67123 r)", "Lander 1985"),
    "marzagao": Formula(
        _marzagao,
        "w(1 + (r − 1)^0.85/k), k = max(0.5, −2.55 + 4.58 ln w)",
        "Marzagão 2026, arXiv 2603.17495",
    ),
}
"""Every formula by its name in settings and on the command line."""


def formula_named(name: str) -> Formula:
    """Return the formula, or raise ValueError with the names that exist."""
    if name not in FORMULAS:
        raise ValueError(f"e1RM formula is {name!r}, expected one of {', '.join(FORMULAS)}")
    return FORMULAS[name]


def e1rm_expr(
    load_kg: pl.Expr,
    reps_to_failure: pl.Expr,
    formula: str = "epley",
    *,
    rep_cap: float | None = REP_CAP,
) -> pl.Expr:
    """Return the e1RM in kg of each row of a polars frame.

    One rep to failure is the maximum itself, whatever the formula says (Mayhew's gives 109 %).
    Null where nothing can be estimated, for the caller to count: load not above 0, less than one
    rep, more reps than the cap, or beyond a formula's pole.

    Args:
        load_kg: load in kg, above 0.
        reps_to_failure: reps done + reps in reserve.
        formula: a name in `FORMULAS`.
        rep_cap: most reps to failure that are used; None for no cap.
    """
    estimate: pl.Expr = formula_named(formula).e1rm(load_kg, reps_to_failure)
    usable = (load_kg > 0) & (reps_to_failure >= 1)
    if rep_cap is not None:
        usable &= reps_to_failure <= rep_cap
    known = pl.when(reps_to_failure <= 1).then(load_kg.cast(pl.Float64)).otherwise(estimate)
    return pl.when(usable & known.is_finite() & (known > 0)).then(known)


def e1rm(
    load_kg: ArrayLike,
    reps_to_failure: ArrayLike,
    formula: str = "epley",
    *,
    rep_cap: float | None = REP_CAP,
) -> Floats:
    """Return the e1RM in kg of each set: `e1rm_expr` for arrays, NaN instead of null."""
    load, reps = np.broadcast_arrays(
        np.asarray(load_kg, dtype=float), np.asarray(reps_to_failure, dtype=float)
    )
    usable = (load > 0) & (reps >= 1) & (reps <= (np.inf if rep_cap is None else rep_cap))
    with np.errstate(all="ignore"):
        estimate = np.where(reps <= 1, load, formula_named(formula).e1rm(load, reps))
    return np.where(usable & np.isfinite(estimate) & (estimate > 0), estimate, np.nan)
