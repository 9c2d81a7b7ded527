"""How much a muscle's volume depends on the rule that counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import pandas as pd
import polars as pl

from analysis.figures import Trace, bars, figure
from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.drawing import by_athlete
from analysis.measures.words import count, number, spoken, whose
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy


def sensitivity(
    logbook: Logbook,
    *,
    rules: Mapping[str, counting.Rule] | None = None,
    rule: WorkingRule | None = None,
    week_starts: str = "monday",
) -> Result:
    """Show how a muscle's volume depends on the rule that counts it.

    Args:
        logbook: the sets and the catalogue.
        rules: counting rules by name; the three of `counting.RULES`, a third, and every set.
        rule: which sets are working sets.
        week_starts: weekday that weeks begin on.

    Returns:
        Result whose table has one row per `athlete`, `group` and `counting_rule`, with
        `sets_per_week` (mean over the weeks that hold a log), `weeks` (how many those are) and
        `warmups_by_load` (whether unmarked warm-ups were taken out by load).
    """
    rule = rule or WorkingRule()
    rules = rules or {**counting.RULES, "indirect a third": {"direct": 1.0, "indirect": 1 / 3}}
    choices = dict.fromkeys([rule, replace(rule, warmup_below=0.0)])
    table = pl.concat(_per_rule(logbook, rules, choice, week_starts) for choice in choices).sort(
        "athlete", maintain_order=True
    )
    return Result(
        name="volume-sensitivity",
        title="Volume under every counting rule",
        table=tidy(table),
        summary=_widest(table),
        draw=_draw_rules,
        notes=counting.left_out(working.work(logbook, rule), logbook.catalogue),
        settings={"rules": {k: counting.weights(v) for k, v in rules.items()}, **asdict(rule)},
    )


def _per_rule(
    logbook: Logbook, rules: Mapping[str, counting.Rule], rule: WorkingRule, week_starts: str
) -> pl.DataFrame:
    rows = counting.by_group(working.work(logbook, rule), logbook.catalogue)
    calendar = weeks.calendar(logbook.sets, week_starts)
    logged = calendar.group_by("athlete").agg(
        pl.col("training_days").count().cast(pl.Int64).alias("weeks")
    )
    order = counting.groups(logbook.catalogue)
    sums = rows.group_by("athlete", "group").agg(
        counting.credit(choice).sum().alias(name) for name, choice in rules.items()
    )
    return (
        logged.join(pl.DataFrame({"group": order}), how="cross")
        .join(sums, on=["athlete", "group"], how="left")
        .with_columns(pl.col(name).fill_null(0.0) / pl.col("weeks") for name in rules)
        .unpivot(
            on=list(rules),
            index=["athlete", "group", "weeks"],
            variable_name="counting_rule",
            value_name="sets_per_week",
        )
        .sort("athlete", counting.place_of_group(logbook.catalogue), maintain_order=True)
        .select("athlete", "group", "counting_rule", "sets_per_week", "weeks")
        .with_columns(pl.lit(rule.warmup_below > 0).alias("warmups_by_load"))
    )


def _widest(table: pl.DataFrame) -> str:
    spans = (
        table.group_by("group", "counting_rule", "warmups_by_load", maintain_order=True)
        .agg(pl.col("sets_per_week").mean())
        .group_by("group", maintain_order=True)
        .agg(
            pl.col("sets_per_week").min().alias("low"), pl.col("sets_per_week").max().alias("high")
        )
        .with_columns((pl.col("high") - pl.col("low")).alias("span"))
        .sort("span", descending=True, maintain_order=True)
    )
    if spans.is_empty():
        return "No sets, so no counting rule matters (n = 0)."
    row = spans.row(0, named=True)
    rules = table["counting_rule"].n_unique()
    return (
        f"The rule matters most for {spoken(row['group'])}: {number(row['low'])} to "
        f"{number(row['high'])} "
        f"sets per week (n = {count(rules, 'counting rule')}, with and without unmarked warm-ups"
        f"{whose(table['athlete'].unique().to_list())})."
    )


def _draw_rules(table: pd.DataFrame) -> Figure:
    chosen = table[table["warmups_by_load"] == table["warmups_by_load"].max()]
    traces, menu = by_athlete(chosen, _rule_bars)
    return figure(traces, x="", y="Sets per week (mean)", barmode="group", **menu)


def _rule_bars(rows: pd.DataFrame) -> list[Trace]:
    return [
        bars(
            part["group"],
            part["sets_per_week"],
            str(name),
            series=place,
            hover="%{x}: %{y:.1f} sets per week<extra>%{fullData.name}</extra>",
        )
        for place, (name, part) in enumerate(rows.groupby("counting_rule", sort=False))
    ]
