"""An R script that fits the plan's model again with lme4, from the panel written beside it."""

from __future__ import annotations

from analysis.models.hypothesis.run import Outcome

PANEL_COLUMNS = ("change_pct", "change_variance", "next_covariance", "status")

_SCRIPT = """\
# The model of {file} (SHA-256 {sha}), fitted again in R.
#   Rscript analysis.R        in this folder; needs lme4, and clubSandwich for the robust error
#
# One row of data/panel.csv is one athlete and block. Neighbouring changes share a strength
# estimate, so their errors correlate: rows are first multiplied by the inverse Cholesky factor
# of that known covariance. `share` is how much of the variance it makes up, as fitted here.

panel <- read.csv("data/panel.csv", encoding = "UTF-8")
exposure <- "{exposure}"
held <- c({held})
share <- {share:.15g}

used <- panel$status == "ok" & complete.cases(panel[c(exposure, held)])
rows <- panel[used, ]
rows <- rows[order(match(rows$athlete, unique(rows$athlete)), rows$block), ]

own <- function(x) ave(x, rows$athlete)
data <- data.frame(growth = 1, exposure = rows[[exposure]] - own(rows[[exposure]]))
for (name in held) data[[name]] <- rows[[name]] - own(rows[[name]])
data$usual <- own(rows[[exposure]]) - mean(own(rows[[exposure]]))
data$change <- rows$change_pct

whiten <- function(data) {{
  pivot <- (1 - share) * mean(rows$change_variance) + share * rows$change_variance
  white <- as.matrix(data)
  for (i in seq_len(nrow(white))) {{
    follows <- i > 1 && rows$athlete[i] == rows$athlete[i - 1] &&
      rows$block[i] == rows$block[i - 1] + 1
    if (follows) {{
      below <- share * rows$next_covariance[i - 1] / sqrt(pivot[i - 1])
      pivot[i] <- pivot[i] - below^2
      white[i, ] <- white[i, ] - below * white[i - 1, ]
    }}
    white[i, ] <- white[i, ] / sqrt(pivot[i])
  }}
  as.data.frame(white)
}}

white <- whiten(data)
white$athlete <- factor(rows$athlete, levels = unique(rows$athlete))

{fit}
cat(sprintf("here  {estimate:+.6f}, std. error {error:.6f} ({how})\\n"))
"""

_POOLED = """\
library(lme4)
fit <- lmer(
  change ~ 0 + {fixed} + (0 + {random} | athlete),
  data = white, REML = TRUE
)
print(summary(fit))
cat(sprintf("lme4  %+.6f, std. error %.6f (model-based)\\n",
            fixef(fit)["{term}"], sqrt(diag(as.matrix(vcov(fit))))["{term}"]))
if (requireNamespace("clubSandwich", quietly = TRUE)) {{
  robust <- clubSandwich::coef_test(fit, vcov = "CR2", cluster = white$athlete)
  print(robust)
}}"""

_FEW = """\
# Fewer than five athletes: least squares with each athlete's own growth, no pooling.
fit <- lm(change ~ 0 + {fixed}{own}, data = white)
print(summary(fit))
cat(sprintf("lm    %+.6f, std. error %.6f\\n", coef(summary(fit))["{term}", 1],
            coef(summary(fit))["{term}", 2]))"""


def r_script(outcome: Outcome) -> str:
    """Return the script; a comment says so where there is nothing to fit."""
    found = outcome.fitted
    if found is None:
        return f"# {outcome.plan_file}: no model was fitted; {outcome.reason}.\n"
    white, exposure = found.white, outcome.exposure
    held = [name for name in white.terms if name in outcome.plan.covariates]
    r_names = {exposure: "exposure", f"{exposure}_own_mean": "usual"}
    terms = [r_names.get(t, t) for t in white.terms if not t.startswith("growth_")]
    names = {
        "fixed": " + ".join(terms),
        "random": " + ".join(r_names.get(name, name) for name in white.random),
        "term": r_names[outcome.term],
        "own": " + growth:athlete" if found.fit.n_athletes > 1 else " + growth",
    }
    pooled = bool(white.random)
    return _SCRIPT.format(
        file=outcome.plan_file,
        sha=outcome.plan_sha256,
        exposure=exposure,
        held=", ".join(f'"{name}"' for name in held),
        share=found.fit.noise_share,
        fit=(_POOLED if pooled else _FEW).format(**names),
        estimate=found.target.estimate,
        error=found.target.std_error,
        how="CR2" if pooled else "least squares",
    )
