"""An R script that fits the plan's model again, from the pseudo-rows written beside it."""

from __future__ import annotations

import pandas as pd

from analysis.models.dose.effects import primary
from analysis.models.dose.pooling import pseudo_rows
from analysis.models.hypothesis.run import Outcome

_SCRIPT = """\
# The model of {file} (SHA-256 {sha}), fitted again in R.
#   Rscript analysis.R        in this folder; needs clubSandwich for the robust error
#
# data/pseudo_rows.csv holds rows that have each athlete's cross-products: every strength day,
# whitened by the model's walks, intercepts and growth projected out. Their noise is 1 by
# construction, so least squares on them is generalised least squares on the logs.

rows <- read.csv("data/pseudo_rows.csv", encoding = "UTF-8")
fit <- lm(strength ~ 0 + {fixed}, data = rows)
weights <- c({weights})
estimate <- sum(weights * coef(fit))
known <- vcov(fit) / summary(fit)$sigma^2
cat(sprintf("R     %+.6f, std. error %.6f (model-based, residual SD 1)\\n",
            estimate, sqrt(drop(t(weights) %*% known %*% weights))))
if ({pooled} && requireNamespace("clubSandwich", quietly = TRUE)) {{
  print(clubSandwich::linear_contrast(
    fit, vcov = "CR2", cluster = rows$athlete, contrasts = matrix(weights, 1)
  ))
}}
cat(sprintf("here  {estimate:+.6f}, std. error {error:.6f} ({how})\\n"))
"""


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
        return f"# {outcome.plan_file}: no model was fitted; {outcome.reason}.\n"
    model, wanted = found.fit.effect.model, primary(outcome.exposure)
    pooled = model.pooled is not None
    estimate = found.fit.effect.estimate
    return _SCRIPT.format(
        file=outcome.plan_file,
        sha=outcome.plan_sha256,
        fixed=" + ".join(model.terms),
        weights=", ".join(f"{wanted.get(term, 0.0):g}" for term in model.terms),
        pooled="TRUE" if pooled else "FALSE",
        estimate=estimate.estimate,
        error=estimate.std_error,
        how="CR2" if pooled else "model-based",
    )
