"""How well unmarked warm-ups are told: the rule of `working` against marks hidden from it.

    python benchmarks/warmup_rule.py EXPORTS...

Reads exports of people who mark warm-ups (on more than 2 % of sets, in five months or more, or in
most), keeps the months in which they mark, hides the marks, and compares with them, person by
person. `slope_kept` is what is left of a dose effect if the weekly sets of an exercise are counted
by the rule and not by the marks: the regression of the marked count on the told one, within
person and exercise. Prints the table of docs/measures.md#working; the exports are not part of the
project.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from analysis.measures.working import WorkingRule, classify
from strength_logs import logbooks

MARKED_SHARE = 0.02
LIFT = ["athlete", "session", "exercise"]
COMPARED = pl.col("load_basis").is_in(["external", "per_hand"]) & (pl.col("load_kg") > 0)
PLAIN = pl.col("kind").is_in(["work", "failure", "warmup"])


def hidden(sets: pl.DataFrame) -> pl.DataFrame:
    """Return the months with a mark, the marks kept aside."""
    month = pl.col("started_at").dt.strftime("%Y-%m")
    marked = pl.col("kind") == "warmup"
    return (
        sets.filter(PLAIN)
        .with_columns(marked.alias("marked"))
        .filter(pl.col("marked").any().over("athlete", month))
        .with_columns(pl.col("kind").replace("warmup", "work"))
    )


def told_by(name: str) -> pl.Expr:
    """Return what each set of `classify` counts under a rule, 0 to 1."""
    if name == "as a dose":
        return pl.col("soft_count")
    if name != "70 % of top load":
        return pl.col("standing").is_in(["working", "cluster", "second_side"]).cast(pl.Float64)
    top = pl.col("load_kg").max().over(LIFT)
    first = pl.int_range(pl.len()).over(LIFT)
    first_top = pl.when(pl.col("load_kg") >= top).then(first).min().over(LIFT)
    light = (pl.col("load_kg") < 0.7 * top) & (first < first_top)
    return (~(light & (pl.col("rir").fill_null(10) > 4))).cast(pl.Float64)


def scores(sets: pl.DataFrame, name: str, warmup_below: float) -> pd.DataFrame:
    """Return one row per person."""
    told = classify(hidden(sets), WorkingRule(warmup_below=warmup_below)).filter(COMPARED)
    told = told.with_columns(told_by(name).alias("told"))
    week = pl.col("started_at").dt.truncate("1w").alias("week")
    weekly = told.group_by("athlete", "exercise", week).agg(
        pl.col("told").sum(), (~pl.col("marked")).sum().cast(pl.Float64).alias("true")
    )
    rows = []
    for (athlete,), own in told.group_by("athlete", maintain_order=True):
        weeks = weekly.filter(pl.col("athlete") == athlete).with_columns(
            (pl.col(one) - pl.col(one).mean().over("exercise")).alias(f"{one}_within")
            for one in ("told", "true")
        )
        x, y = weeks["told_within"].to_numpy(), weeks["true_within"].to_numpy()
        miss = (weeks["told"] - weeks["true"]).to_numpy()
        marked, weight = own["marked"].to_numpy(), own["told"].to_numpy()
        rows.append(
            {
                "found_pct": 100 * (1 - weight[marked].mean()),
                "work_lost_pct": 100 * (1 - weight[~marked].mean()),
                "weekly_bias": miss.mean(),
                "rmse": np.sqrt(np.mean(miss**2)),
                "slope_kept": (x @ y) / (x @ x),
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    people = [logbook.sets for _, logbook in logbooks(parser.parse_args().folder)]
    shares = [(sets["kind"] == "warmup").mean() for sets in people]
    marking = [s for s, share in zip(people, shares, strict=True) if share > MARKED_SHARE]
    silent = pl.concat(s for s, share in zip(people, shares, strict=True) if not share)
    steady = pl.concat(s for s in marking if hidden(s).height >= 300)
    print(f"{steady['athlete'].n_unique()} people who mark warm-ups, {steady.height:,} sets")
    rules = {"no rule": 0.0, "70 % of top load": 0.0, "70 %": 0.7, "75 % (the rule)": 0.75,
             "80 %": 0.8, "as a dose": 0.75}  # fmt: skip
    table = pd.DataFrame({name: scores(steady, name, at).mean() for name, at in rules.items()}).T
    print(table.round(2).to_string())
    dropped = (
        classify(silent)
        .group_by("athlete")
        .agg((100 * (pl.col("standing") == "unmarked_warmup").mean()).alias("pct"))["pct"]
    )
    print(
        f"{len(dropped)} people who never mark, {silent.height:,} sets: a mean of "
        f"{dropped.mean():.1f} % are taken for warm-ups (median {dropped.median():.1f}, "
        f"most {dropped.max():.0f})"
    )


if __name__ == "__main__":
    main()
