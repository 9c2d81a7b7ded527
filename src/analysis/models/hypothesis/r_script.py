"""An R script that fits the plan's model again, from the pseudo-rows written beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.models.dose.effects import Body, primary
from analysis.models.dose.inputs import LAGS
from analysis.models.dose.pooling import TooLittleError, fit, pseudo_rows, with_sums
from analysis.terminal import printable

if TYPE_CHECKING:
    from analysis.models.hypothesis.run import Outcome

_SCRIPT = """\
# The model of {file} (SHA-256 {sha}), fitted again in R.
#   Rscript analysis.R        in this folder; uses nlme, and clubSandwich where it is installed
#
# data/pseudo_rows.csv holds rows that have each athlete's cross-products: every strength day,
# whitened by the model's walks, intercepts and growth projected out. Their noise is 1 by
# construction, so least squares on them is generalised least squares on the logs.

rows <- read.csv("data/pseudo_rows.csv", encoding = "UTF-8")
weights <- c({weights})
fit <- nlme::gls(strength ~ 0 + {fixed}, data = rows,
                 control = nlme::glsControl(sigma = 1))
cat(sprintf("R     %+.6f, std. error %.6f (model-based, residual SD fixed at 1)\\n",
            sum(weights * coef(fit)), sqrt(drop(t(weights) %*% vcov(fit) %*% weights))))

{robust}cat(sprintf("here  {estimate:+.6f}, std. error {error:.6f} ({how})\\n"))
{slopes}"""


def rows_for_r(outcome: Outcome) -> pd.DataFrame:
    """Return the pseudo-rows of the effect within athletes, `athlete` first."""
    found = outcome.fitted
    if found is None:
        return pd.DataFrame(columns=["athlete"])
    rows = pseudo_rows(found.fit.body.products, list(found.fit.effect.model.terms))
    names = [found.fit.logs.athletes[code] for code in rows["athlete"]]
    rows = rows.drop(columns="athlete")
    rows.insert(0, "athlete", names)
    return rows.reset_index(drop=True)


def r_script(outcome: Outcome) -> str:
    """Return the script; a comment says so where there is nothing to fit."""
    found = outcome.fitted
    if found is None:
        name = printable(outcome.plan_file, instead="?", keep="")
        return f"# {name}: no model was fitted; {outcome.reason}.\n"
    model, wanted = found.fit.effect.model, primary(outcome.exposure)
    pooled = model.pooled is not None
    estimate = found.fit.effect.estimate
    return _SCRIPT.format(
        file=printable(outcome.plan_file, instead="?", keep=""),
        sha=outcome.plan_sha256,
        fixed=" + ".join(model.terms),
        weights=", ".join(f"{wanted.get(term, 0.0):g}" for term in model.terms),
        robust=_ROBUST if pooled else "",
        estimate=estimate.value,
        error=estimate.std_error,
        how=f"CR2, {estimate.dof:.3f} degrees of freedom" if pooled else "model-based",
        slopes=_slopes(found.fit.body, outcome.plan.dose, list(model.terms)) if pooled else "",
    )


def _slopes(body: Body, exposure: str, terms: list[str]) -> str:
    """Return the lines that fit athletes' own slopes, gains at once, with the SD fixed at 1."""
    bands = [f"{exposure}_{name}" for name in LAGS if f"{exposure}_{name}" in terms]
    rest = [term for term in terms if term not in bands]
    products = with_sums(body.products, {"total": dict.fromkeys(bands, 1.0)})
    try:
        here = fit(products, [*rest, "total"], slopes=["total"])
    except TooLittleError:
        return ""
    assert here.pooled is not None
    estimate = here.contrast({"total": 1.0})
    return _SLOPES.format(
        total=" + ".join(bands), rest=" + ".join(rest), n=len(rest), estimate=estimate.value,
        error=estimate.std_error, dof=estimate.dof,
        sd=float(here.pooled.random_cov["athlete"].to_numpy()[0, 0]) ** 0.5,
    )  # fmt: skip


_ROBUST = """
# by athlete, with Satterthwaite degrees of freedom
if (requireNamespace("clubSandwich", quietly = TRUE)) {
  cr2 <- clubSandwich::linear_contrast(fit, vcov = "CR2", cluster = rows$athlete,
                                       contrasts = matrix(weights, 1))
  cat(sprintf("R     %+.6f, std. error %.6f (CR2, %.3f degrees of freedom)\\n",
              cr2$Est, cr2$SE, cr2$df))
}
"""

_SLOPES = """
# How athletes differ, if gains came at once and stayed: a slope of each one's own.
rows$total <- with(rows, {total})
own <- nlme::lme(strength ~ 0 + {rest} + total, random = ~ 0 + total | athlete, data = rows,
                 control = nlme::lmeControl(sigma = 1))
cat(sprintf("R     at once %+.6f, SD of own slopes %.4f\\n", nlme::fixef(own)["total"],
            as.numeric(nlme::VarCorr(own)["total", "StdDev"])))
if (requireNamespace("clubSandwich", quietly = TRUE)) {{
  cr2 <- clubSandwich::linear_contrast(own, vcov = "CR2",
                                       contrasts = matrix(c(rep(0, {n}), 1), 1))
  cat(sprintf("R     at once %+.6f, std. error %.6f (CR2, %.3f degrees of freedom)\\n",
              cr2$Est, cr2$SE, cr2$df))
}}
cat("here  at once {estimate:+.6f}, std. error {error:.6f} (CR2, {dof:.3f} degrees of freedom)\\n")
cat(sprintf("here  at once {estimate:+.6f}, SD of own slopes {sd:.4f}\\n"))
"""
