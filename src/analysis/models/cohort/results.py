"""A fitted cohort as Results: what its page shows, in its order."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from analysis.measures.words import spoken
from analysis.models.cohort import drawing, people_words, words
from analysis.models.cohort.flow import blocks_result, flow_result, muscle_flow_result
from analysis.models.cohort.sources import files_result, same_person_result
from analysis.models.cohort.study import HELD, CohortStudy, MuscleStudy
from analysis.models.dose_response import Estimate
from analysis.models.dose_response.rows import unit_of
from analysis.models.published import PELLAND_FREQUENCY, PELLAND_STRENGTH, Published
from analysis.result import DECIMALS, Result

PUBLISHED = {"dose": PELLAND_STRENGTH, "frequency": PELLAND_FREQUENCY}
RESERVE = 3.0
"""Repetitions in reserve that a log may hide. Epley's estimate of a set at p % of e1RM that stops
k short of failure is k · p / 30 % too low, so that 1 % more load alone lowers it by k / 30 %, and
the change that follows is that much higher."""

MISSING = Estimate(np.nan, np.nan, np.nan)
TITLES = {
    "dose": "Weekly sets and strength",
    "frequency": "Training days a week, at the same sets",
    "intensity_pct": "Load, at the same sets",
}


def results(study: CohortStudy) -> dict[str, Result]:
    """Return the Results of a cohort by name, those of each muscle last."""
    found = [flow_result(study), blocks_result(study), files_result(study.given)]
    found.append(same_person_result(study))
    found += [effects_result(study, exposure) for exposure in HELD]
    found.append(spread_result(study))
    for muscle in study.muscles:
        if muscle.curve is not None:
            found.append(curve_result(study, muscle))
        found += [athletes_result(study, muscle), muscle_flow_result(muscle)]
    return {result.name: result for result in found}


def effects_result(study: CohortStudy, exposure: str) -> Result:
    """Return the within effects of an exposure, one row per `muscle`, clearest data first.

    Columns: `estimate`, `std_error`, `conf_low`, `conf_high`, `dof`, `p_value`, `p_holm` (Holm
    over the muscles of the table), `verdict`, `unit`, `n_athletes`, `n_blocks`; `lead`, its
    interval and p (the placebo); `by_effort_pct` (what
    unlogged effort alone may show); `between` and its interval; `reason` (why there is none).
    """
    table = as_table(effect_rows(study, exposure))
    return Result(
        name=f"effects_{exposure}",
        title=TITLES[exposure],
        table=table,
        summary=words.effects_sentence(study, table, exposure),
        draw=partial(drawing.draw_effects, published=_per_block(study, PUBLISHED.get(exposure)))
        if len(table) and table["estimate"].notna().any()
        else None,
        notes=words.effects_notes(study, table, exposure),
        settings={"exposure": exposure, "level": study.level, "p_holm": "Holm over muscles"},
    )


def effect_rows(study: CohortStudy, exposure: str) -> pd.DataFrame:
    """Return the rows of `effects_result`, unrounded."""
    rows: list[dict[str, Any]] = []
    for each in study.muscles:
        found = each.effects.get(exposure)
        effect = MISSING if found is None else found.effect
        rows.append(
            {
                "muscle": each.muscle,
                **_interval("", effect),
                "std_error": effect.std_error,
                "dof": effect.dof,
                "p_value": np.nan if found is None else effect.p_value,
                "unit": unit_of(exposure),
                "n_athletes": 0 if found is None else found.n_athletes,
                "n_blocks": 0 if found is None else found.n_blocks,
                **_interval("lead", None if found is None else found.lead),
                "lead_p": np.nan if found is None or not found.lead else found.lead.p_value,
                **_interval("between", None if found is None else found.between),
                "by_effort_pct": _by_effort(each, exposure),
                "reason": each.refused.get(exposure, ""),
            }
        )
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["muscle", "estimate"])
    if not rows:
        return table
    table.insert(table.columns.get_loc("unit"), "p_holm", holm(table["p_value"]))  # type: ignore[arg-type]
    table.insert(table.columns.get_loc("unit"), "verdict", words.verdicts(table))  # type: ignore[arg-type]
    return table


def holm(p_values: pd.Series) -> pd.Series:
    """Return p-values after Holm (1979, Scand J Stat 6:65) over those that are there."""
    adjusted = p_values.copy()
    there = p_values.notna()
    if there.any():
        from statsmodels.stats.multitest import multipletests

        adjusted[there] = multipletests(p_values[there].to_numpy(), method="holm")[1]
    return adjusted


def spread_result(study: CohortStudy) -> Result:
    """Return how athletes' true slopes differ, one row per `muscle`.

    Columns: `athletes` (with an own slope), `mean`, `conf_low`, `conf_high` (of the pooled
    effect), `sd` of true slopes with its interval, `new_low`, `new_high` (true slope of an
    athlete not yet seen), `typical_error` (of an own slope), `reliability` with its interval,
    `verdict`, `unit`, `reason` (why there is none).
    """
    rows = []
    for each in study.muscles:
        found, effect = each.spread, each.effects["dose"].effect
        row: dict[str, Any] = {
            "muscle": each.muscle,
            "athletes": int(each.own["own"].notna().sum()),
            "mean": effect.estimate,
            "conf_low": effect.conf_low,
            "conf_high": effect.conf_high,
        }
        names = ("sd", "sd_low", "sd_high", "new_low", "new_high", "typical_error",
                 "reliability", "reliability_low", "reliability_high")  # fmt: skip
        row |= {name: np.nan if found is None else getattr(found, name) for name in names}
        verdict = (
            ""
            if found is None
            else people_words.told_apart(found.reliability, found.reliability_low)
        )
        rows.append(row | {"verdict": verdict, "unit": unit_of("dose"), "reason": each.no_spread})
    table = as_table(pd.DataFrame(rows))
    drawable = len(table) > 0 and table["sd"].notna().any()
    table = table if drawable else table.head(0)
    return Result(
        name="spread",
        title="Spread of true slopes",
        table=table,
        summary=people_words.spread_sentence(table),
        draw=drawing.draw_spread if drawable else None,
        notes=people_words.SPREAD_NOTES if drawable else (),
        settings={"level": study.level, "sd": "Paule-Mandel, Q-profile interval"},
    )


def curve_result(study: CohortStudy, muscle: MuscleStudy) -> Result:
    """Return a muscle's curve: `curve.Curve.table` with the published slope and its interval."""
    curve = muscle.curve
    assert curve is not None
    table = curve.table.copy()
    slope, low, high = _per_block(study, PELLAND_STRENGTH) or (0.0, 0.0, 0.0)
    at_mean = float(np.interp(curve.mean_dose, table["dose"], table["change_pct"]))
    from_mean = table["dose"] - curve.mean_dose
    table["published_pct"] = at_mean + slope * from_mean
    ends = np.column_stack([at_mean + low * from_mean, at_mean + high * from_mean])
    table["published_low"], table["published_high"] = ends.min(axis=1), ends.max(axis=1)
    return Result(
        name=f"curve_{muscle.muscle}",
        title=f"{spoken(muscle.muscle).capitalize()}: strength by weekly sets",
        table=as_table(table),
        summary=people_words.curve_sentence(study, muscle, curve),
        draw=drawing.draw_curve,
        notes=people_words.curve_notes(muscle, curve),
        settings={"weights": curve.weights, "level": study.level},
    )


def athletes_result(study: CohortStudy, muscle: MuscleStudy) -> Result:
    """Return every athlete's slope, highest shrunken first, those without one last.

    Columns: `athlete`, `n_blocks`, `own` with `own_low` and `own_high`, `shrunken` with its
    interval, `reliability` (of the own slope), `unit`, `reason` (why there is no own slope).
    """
    table = _athlete_rows(study, muscle)
    told = table["own"].notna().any()
    pooled = muscle.effects["dose"].estimate
    return Result(
        name=f"athletes_{muscle.muscle}",
        title=f"{spoken(muscle.muscle).capitalize()}: athlete by athlete",
        table=as_table(table),
        summary=people_words.athletes_sentence(muscle, table),
        draw=partial(drawing.draw_athletes, pooled=pooled) if told else None,
        notes=people_words.athletes_notes(table, drawing.DRAWN_ATHLETES),
        settings={"level": study.level},
    )


def _athlete_rows(study: CohortStudy, muscle: MuscleStudy) -> pd.DataFrame:
    own, found = muscle.own, muscle.spread
    told = own["own"].notna().to_numpy()
    reach = stdtrit(max(own.attrs.get("dof", 1), 1), 0.5 + study.level / 2) * own["own_error"]
    table = pd.DataFrame(
        {
            "athlete": own["athlete"].astype(str),
            "n_blocks": own["n_blocks"].astype(int),
            "own": own["own"],
            "own_low": own["own"] - reach,
            "own_high": own["own"] + reach,
            **dict.fromkeys(("shrunken", "shrunken_low", "shrunken_high", "reliability"), np.nan),
            "unit": unit_of("dose"),
            "reason": own["reason"],
        }
    )
    if found is not None:
        errors = own.loc[told, "own_error"].to_numpy()
        table.loc[told, "shrunken"] = found.shrunken
        table.loc[told, "shrunken_low"] = found.low
        table.loc[told, "shrunken_high"] = found.high
        table.loc[told, "reliability"] = found.sd**2 / (found.sd**2 + errors**2)
    order = ["shrunken", "own", "n_blocks", "athlete"]
    return table.sort_values(order, ascending=[False, False, False, True], ignore_index=True)


def as_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the digits that hang on the order of sums cut."""
    return table.round(dict.fromkeys(table.select_dtypes("float"), DECIMALS))


def _by_effort(muscle: MuscleStudy, exposure: str) -> float:
    """Return the effect that unlogged effort alone may show; see `RESERVE`."""
    if exposure != "intensity_pct":
        return 0.0
    known = float(muscle.table.loc[muscle.table["status"] == "ok", "effort_known"].mean())
    return (1 - known) * RESERVE / 30


def _interval(name: str, found: Estimate | None) -> dict[str, float]:
    middle, ends = (name, f"{name}_") if name else ("estimate", "conf_")
    found = found or MISSING
    return {middle: found.estimate, f"{ends}low": found.conf_low, f"{ends}high": found.conf_high}


def _per_block(
    study: CohortStudy, published: Published | None
) -> tuple[float, float, float] | None:
    if published is None:
        return None
    scale = study.options.block_weeks / published.weeks
    return published.slope_pct * scale, published.low * scale, published.high * scale
