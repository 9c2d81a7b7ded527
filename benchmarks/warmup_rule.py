"""How well load tells unmarked warm-ups: the rule of `working` against marked warm-ups.

    python benchmarks/warmup_rule.py EXPORTS...

Reads exports whose lifters mark warm-ups (on more than 2 % of sets), hides the marks, applies the
rule at several thresholds, and compares on exercise-days that hold a mark. Prints the table of
docs/measures.md#working; the exports are not part of the project.
"""

from __future__ import annotations

import argparse

import pandas as pd
import polars as pl

from analysis.ingest import read
from analysis.measures.working import WorkingRule, classify

MARKED_SHARE = 0.02
LIFT = ["athlete", "session", "exercise"]


def scores(sets: pl.DataFrame, threshold: float) -> dict[str, float]:
    hidden = sets.with_columns(
        (pl.col("kind") == "warmup").alias("marked"),
        pl.col("kind").replace("warmup", "work"),
    )
    found = (
        classify(hidden, WorkingRule(warmup_below=threshold))
        .filter(pl.col("load_basis").is_in(["external", "per_hand"]), pl.col("load_kg") > 0)
        .filter(pl.col("marked").any().over(LIFT))
        .with_columns((pl.col("standing") == "unmarked_warmup").alias("told"))
    )
    both = found.select((pl.col("told") & pl.col("marked")).sum()).item()
    told, marked = found["told"].sum(), found["marked"].sum()
    return {
        "warmup_below": threshold,
        "of_marked_found_pct": 100 * both / marked,
        "of_found_marked_pct": 100 * both / told,
        "work_sets_lost_pct": 100 * (told - both) / (found.height - marked),
        "sets": found.height,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+")
    # Only loads of one exercise and day are compared, so the unit does not matter.
    sets = read(parser.parse_args().paths, unit="kg").sets
    share = (pl.col("kind") == "warmup").mean().over("athlete")
    marking = sets.filter(share > MARKED_SHARE)
    unmarked = classify(sets.filter(share <= MARKED_SHARE))
    rows = [scores(marking, threshold / 100) for threshold in range(50, 95, 5)]
    print(f"{marking['athlete'].n_unique()} athletes who mark warm-ups, {marking.height:,} sets")
    table = pd.DataFrame(rows)
    table["warmup_below"] = table["warmup_below"].map("{:.2f}".format)
    print(table.round(1).to_string(index=False))
    taken = 100 * unmarked.select((pl.col("standing") == "unmarked_warmup").mean()).item()
    print(
        f"{unmarked['athlete'].n_unique()} athletes who do not, {unmarked.height:,} sets: "
        f"the rule at its default takes {taken:.1f} % of them as warm-ups"
    )


if __name__ == "__main__":
    main()
