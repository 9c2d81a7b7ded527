"""Is the optimum reached? Random mixed-model problems against statsmodels and, if present, lme4.

    python benchmarks/mixed_accuracy.py --problems 200
    python benchmarks/mixed_accuracy.py --problems 200 --r     # lme4 as well, where R has it

A shortfall is (other − ours) / |ours| in log-likelihood: positive where the other program found a
better point. Every problem is drawn from its number alone.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.models import mixed

KINDS = ("unbalanced", "singular", "collinear", "nested", "weighted")
ALLOWED = 1e-6


@dataclass(frozen=True)
class Problem:
    """One data set and model: kind, rows, and the slope's random part."""

    number: int
    kind: str
    data: pd.DataFrame
    reml: bool

    @property
    def formula(self) -> str:
        """Fixed part."""
        return "y ~ week + volume + twin" if self.kind == "collinear" else "y ~ week + volume"

    @property
    def groups(self) -> list[str]:
        """Grouping columns, outermost first."""
        return ["athlete", "exercise"] if self.kind == "nested" else ["athlete"]

    @property
    def random(self) -> dict[str, str]:
        """Random part by level."""
        inner = {"athlete/exercise": "~ 1"} if self.kind == "nested" else {}
        return {"athlete": "~ week", **inner}

    @property
    def weights(self) -> str | None:
        """Column of known precisions, if any."""
        return "precision" if self.kind == "weighted" else None


def problem(number: int) -> Problem:
    """Draw problem `number`; kinds take turns, and so do REML and ML."""
    rng = np.random.default_rng(number)
    kind = KINDS[number % len(KINDS)]
    athletes = int(rng.integers(6, 40))
    rows = rng.integers(3, 25, athletes)
    athlete = np.repeat(np.arange(athletes), rows)
    n = len(athlete)
    week = rng.uniform(0, 10 ** rng.uniform(0, 2), n)
    exercise = rng.integers(0, 4, n)
    spread = np.array([rng.uniform(0.2, 2), rng.uniform(0.1, 2) / week.std()])
    if kind == "singular":
        spread[number // len(KINDS) % 2] = 0.0
    effects = rng.normal(size=(athletes, 2)) * spread
    if kind == "singular" and number % 3 == 0:
        effects[:, 1] = 0.5 * effects[:, 0] / week.std()
    data = pd.DataFrame(
        {
            "athlete": athlete,
            "exercise": exercise,
            "week": week,
            "volume": rng.normal(10, 3, n),
            "precision": rng.uniform(0.2, 5.0, n),
        }
    )
    data["twin"] = data["volume"] + rng.normal(0, 1e-3, n)
    noise = rng.normal(0, 1, n)
    if kind == "weighted":
        noise /= np.sqrt(data["precision"])
    if kind == "nested":
        noise += rng.normal(0, rng.uniform(0, 1), (athletes, 4))[athlete, exercise]
    slope = 0.1 + effects[athlete, 1]
    data["y"] = 100 + effects[athlete, 0] + slope * week + 0.05 * data["volume"] + noise
    return Problem(number, kind, data, reml=bool(number // len(KINDS) % 2))


def ours(case: Problem) -> mixed.MixedFit:
    """Fit with this package."""
    return mixed.fit(
        case.formula,
        case.data,
        groups=case.groups,
        random=case.random,
        reml=case.reml,
        weights=case.weights,
    )


def statsmodels_loglik(case: Problem) -> float:
    """Fit with statsmodels MixedLM, helped by a scaled week; −inf where it fails."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    data = case.data.assign(week=case.data["week"] / case.data["week"].std())
    if case.kind == "collinear":  # same model, without the collinearity that it cannot bear
        data["twin"] = (data["twin"] - data["volume"]) * 1e3
    names = ["week", "volume", "twin"] if case.kind == "collinear" else ["week", "volume"]
    root = np.sqrt(data["precision"]) if case.weights else pd.Series(1.0, data.index)
    fixed = pd.concat([root.rename("one"), data[names].mul(root, axis=0)], axis=1)
    inner = {"exercise": "0 + C(exercise)"} if case.kind == "nested" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if inner:
                part = "week + volume"
                model = MixedLM.from_formula(
                    f"y ~ {part}", data, groups="athlete", re_formula="~week", vc_formula=inner
                )
            else:
                model = MixedLM(data["y"] * root, fixed, data["athlete"], fixed[["one", "week"]])
            found = float(model.fit(reml=case.reml).llf)
        except (np.linalg.LinAlgError, ValueError):
            return -np.inf
    found += 0.5 * float(np.log(root**2).sum())
    if case.reml:  # its restricted likelihood depends on the units of the columns
        scale = -np.log(case.data["week"].std())
        scale += np.log(1e3) if case.kind == "collinear" else 0.0
        found += scale
    return found if np.isfinite(found) else -np.inf


R_SCRIPT = """
suppressMessages(library(lme4)); args <- commandArgs(TRUE)
plan <- read.csv(file.path(args[1], 'plan.csv'))
tight <- lmerControl(optimizer='bobyqa', optCtrl=list(maxfun=2e5, rhoend=1e-10),
                     calc.derivs=FALSE, check.conv.singular='ignore')
for (i in seq_len(nrow(plan))) {
  d <- read.csv(file.path(args[1], plan$file[i])); d$week <- d$week / sd(d$week)
  if (plan$kind[i] == 'collinear') d$twin <- (d$twin - d$volume) * 1e3
  f <- y ~ week + volume + (week | athlete)
  if (plan$kind[i] == 'collinear') f <- update(f, . ~ . + twin)
  if (plan$kind[i] == 'nested') f <- update(f, . ~ . + (1 | athlete:exercise))
  w <- if (plan$kind[i] == 'weighted') d$precision else rep(1, nrow(d)); d$w <- w
  m <- suppressMessages(suppressWarnings(
       lmer(f, d, weights=w, REML=plan$reml[i] == 1, control=tight)))
  cat(plan$number[i], sprintf('%.12f', as.numeric(logLik(m))), isSingular(m), '\\n')
}
"""


def lme4_logliks(cases: list[Problem]) -> dict[int, float]:
    """Fit every problem with lme4 (bobyqa, tight), in one R process."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        plan = pd.DataFrame(
            [
                {
                    "number": c.number,
                    "kind": c.kind,
                    "reml": int(c.reml),
                    "file": f"{c.number}.csv",
                }
                for c in cases
            ]
        )
        plan.to_csv(where / "plan.csv", index=False)
        for case in cases:
            case.data.to_csv(where / f"{case.number}.csv", index=False, float_format="%.17g")
        script = where / "fit.R"
        script.write_text(R_SCRIPT)
        printed = subprocess.run(
            ["Rscript", str(script), folder], check=True, capture_output=True, text=True
        ).stdout
    found = {int(n): float(value) for n, value, _ in map(str.split, printed.splitlines())}
    for case in cases:
        if case.reml:
            found[case.number] -= np.log(case.data["week"].std())
            found[case.number] += np.log(1e3) if case.kind == "collinear" else 0.0
    return found


def compare(cases: list[Problem], *, with_r: bool = False) -> pd.DataFrame:
    """Return one row per problem: our log-likelihood and the shortfall against the others."""
    lme4 = lme4_logliks(cases) if with_r else {}
    rows = []
    for case in cases:
        fit = ours(case)
        against = {"statsmodels": statsmodels_loglik(case), "lme4": lme4.get(case.number, -np.inf)}
        rows.append(
            {
                "number": case.number,
                "kind": case.kind,
                "loglik": fit.loglik,
                "converged": fit.converged,
                "singular": fit.singular,
                **{k: (value - fit.loglik) / abs(fit.loglik) for k, value in against.items()},
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--r", action="store_true", help="compare with lme4 too")
    args = parser.parse_args()
    with_r = args.r and shutil.which("Rscript") is not None
    table = compare([problem(i) for i in range(args.problems)], with_r=with_r)
    for other in ("statsmodels", "lme4") if with_r else ("statsmodels",):
        fitted = table[np.isfinite(table[other])]
        print(f"\n{other}: {len(fitted)} of {len(table)} problems fitted")
        print(
            fitted.groupby("kind").agg(
                problems=("number", "size"),
                singular=("singular", "sum"),
                we_are_worse=(other, lambda gap: int((gap > ALLOWED).sum())),
                worst_shortfall=(other, "max"),
                it_is_worse=(other, lambda gap: int((gap < -ALLOWED).sum())),
            )
        )
    print(f"\nnot converged here: {int((~table['converged']).sum())}")


if __name__ == "__main__":
    main()
