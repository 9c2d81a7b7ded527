"""A meta-analysis as a `Result`: one table, one sentence, one forest plot."""

from __future__ import annotations

from functools import partial

import pandas as pd

from analysis.measures.words import count
from analysis.models.meta.fit import MetaFit, fit
from analysis.models.meta.forest import draw
from analysis.models.mixed.encoding import INTERCEPT
from analysis.result import Result

FEW_DOF = 4.0
"""Below this many Satterthwaite degrees of freedom a robust interval is not to be trusted
(Tipton 2015, Psychol Methods 20:375)."""


def meta(
    effects: pd.DataFrame,
    formula: str = "yi ~ 1",
    *,
    study: str = "study",
    effect: str = "effect_id",
    variance: str = "vi",
    unit: str = "effect size",
    title: str = "Meta-analysis",
    level: float = 0.95,
) -> Result:
    """Pool effect sizes of several studies, several effects a study, with or without moderators.

    Args:
        effects: one row per effect size.
        formula: the effect on its moderators; `"yi ~ 1"` pools.
        study: column that names the study.
        effect: column that names the effect within its study.
        variance: column of known sampling variances.
        unit: what one unit of the effect is, for sentence and axis.
        title: heading of the result.
        level: probability that the intervals hold.

    Returns:
        Result whose table has one row per `kind` and `name`: "term" (a fixed effect, robust
        interval), "prediction" (the pooled mean with the interval in which the true effect of a
        new study would lie; only without moderators), "tau2" and "i2_pct" (heterogeneity by
        level; no interval) and "study" (inverse-variance mean of its own effects, its interval
        by sampling and within-study variance, not shrunken); with `estimate`, `std_error`,
        `dof`, `p_value`, `low`, `high`, `effects` (how many).

    Raises:
        ModelError: as `fit`.
    """
    found = fit(effects, formula, study=study, effect=effect, variance=variance)
    table = _table(found, level)
    return Result(
        name="meta_" + "_".join(title.lower().split()),
        title=title,
        table=table,
        summary=_summary(found, table, unit, level),
        draw=partial(draw, unit=unit),
        notes=(*found.notes, *_cautions(found, table)),
        settings={
            "formula": formula,
            "estimator": "REML, three levels, sampling variances known",
            "interval": "CR2 by study, Satterthwaite dof",
            "level": level,
        },
    )


def _table(found: MetaFit, level: float) -> pd.DataFrame:
    terms = found.tidy(level).rename(
        columns={"term": "name", "conf_low": "low", "conf_high": "high"}
    )
    n = len(found.effects)
    parts = [terms.drop(columns="statistic").assign(kind="term", effects=n)]
    if _is_pooled(terms):
        new = found.predict({INTERCEPT: 1.0}, level)
        ends = {"low": new["predict_low"], "high": new["predict_high"]}
        row = {"kind": "prediction", "name": "new study", "estimate": new["estimate"], **ends}
        parts.append(pd.DataFrame([{**row, "dof": new["dof"], "effects": n}]))
    for kind, values in (("tau2", found.tau2), ("i2_pct", found.i2_pct)):
        names = [str(name).replace("/", " / ") for name in values.index]
        parts.append(pd.DataFrame({"kind": kind, "name": names, "estimate": values.to_numpy()}))
    parts.append(_studies(found, level))
    columns = ["kind", "name", "estimate", "std_error", "dof", "p_value", "low", "high", "effects"]
    return pd.concat(parts, ignore_index=True)[columns]


def _studies(found: MetaFit, level: float) -> pd.DataFrame:
    from scipy import stats

    within = found.tau2.iloc[1] if len(found.tau2) > 1 else 0.0
    response = found.mixed.encoding.names[-1]
    weight = 1.0 / (found.effects[found.variance] + within)
    sums = pd.DataFrame(
        {
            "name": found.effects[found.study].astype(str),
            "weight": weight,
            "weighted": weight * found.effects[response],
            "effects": 1,
        }
    ).groupby("name", as_index=False, sort=False).sum()  # fmt: skip
    estimate, error = sums["weighted"] / sums["weight"], sums["weight"] ** -0.5
    reach = stats.norm.ppf(0.5 + level / 2.0) * error
    return pd.DataFrame(
        {
            "kind": "study",
            "name": sums["name"],
            "estimate": estimate,
            "std_error": error,
            "low": estimate - reach,
            "high": estimate + reach,
            "effects": sums["effects"],
        }
    )


def _is_pooled(terms: pd.DataFrame) -> bool:
    return list(terms["name"]) == [INTERCEPT]


def _summary(found: MetaFit, table: pd.DataFrame, unit: str, level: float) -> str:
    terms = table[table["kind"] == "term"]
    over = f"{count(len(found.effects), 'effect')} of {count(found.n_studies, 'study', 'studies')}"
    if _is_pooled(terms):
        row, new = terms.iloc[0], table[table["kind"] == "prediction"].iloc[0]
        return (
            f"Pooled effect {row['estimate']:.3g} {unit} ({100 * level:g} % interval "
            f"{row['low']:.3g} to {row['high']:.3g}; {over}); the true effect of a new study "
            f"would lie between {new['low']:.3g} and {new['high']:.3g}."
        )
    said = "; ".join(
        f"{row['name']} {row['estimate']:.3g} ({row['low']:.3g} to {row['high']:.3g})"
        for _, row in terms[terms["name"] != INTERCEPT].iterrows()
    )
    return (
        f"Per unit of each moderator, in {unit}, with {100 * level:g} % intervals: {said}; {over}."
    )


def _cautions(found: MetaFit, table: pd.DataFrame) -> tuple[str, ...]:
    terms = table[table["kind"] == "term"]
    few = terms[terms["dof"] < FEW_DOF]
    notes = [
        f"{row['name']}: {row['dof']:.1f} degrees of freedom from {found.n_studies} studies are "
        "too few to trust its interval."
        for _, row in few.iterrows()
    ]
    return (
        *notes,
        "Effects of one study share people; the intervals allow for any such dependence, the "
        "heterogeneity takes sampling errors as independent.",
        "What was not published is not in the pooled effect.",
    )
