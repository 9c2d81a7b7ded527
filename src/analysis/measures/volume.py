"""Weekly training volume per muscle group: sets by three rules, hard sets, tonnage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import pandas as pd
import polars as pl

from analysis.figures import Trace, bars, by_athlete, figure, heatmap
from analysis.logbook import Logbook
from analysis.measures import counting, weeks, working
from analysis.measures.load import BodyMass, effective_load, tonnage
from analysis.measures.working import WorkingRule
from analysis.result import Figure, Result, tidy
from analysis.say import count, number, spoken, whose


def volume(
    logbook: Logbook,
    *,
    rule: WorkingRule | None = None,
    max_rir: float = counting.MAX_RIR,
    failure_kinds: Sequence[str] = counting.FAILURE_KINDS,
    body_mass_kg: BodyMass = None,
    week_starts: str = "monday",
) -> Result:
    """Count weekly sets per muscle group.

    Args:
        logbook: the sets and the catalogue.
        rule: which sets are working sets.
        max_rir: most repetitions in reserve of a hard set.
        failure_kinds: set kinds that are hard whatever RIR says.
        body_mass_kg: body mass, for the tonnage of bodyweight work.
        week_starts: weekday that weeks begin on.

    Returns:
        Result whose table has one row per `athlete`, `week` (its first day) and `muscle`, every
        group in every week from first to last log: `direct_sets`, `fractional_sets`,
        `total_sets` (working sets a week by the three rules of `counting`), `hard_sets` and
        `effort_unknown_sets` (fractional sets that were hard; whose effort was not logged),
        `tonnage_kg` (Σ effective load × repetitions of direct work; null where no load is known)
        and `no_tonnage_sets` (direct sets without one), `training_days` and `unmapped_sets` of
        the whole week. In a week without any log all numbers are null; see `weeks`.
    """
    rule = rule or WorkingRule()
    done = working.work(logbook, rule)
    calendar = weeks.calendar_of(logbook, week_starts)
    weekly = _weekly(
        counting.by_muscle(done, logbook.catalogue).with_columns(
            counting.hard(max_rir, failure_kinds), effective_load(body_mass_kg)
        ),
        week_starts,
    )
    table = weeks.spread(weekly, calendar, counting.muscles(logbook.catalogue)).with_columns(
        pl.when((pl.col("tonnage_kg") > 0) | (pl.col("no_tonnage_sets") == 0))
        .then(pl.col("tonnage_kg"))
        .alias("tonnage_kg")
    )
    return Result(
        name="volume",
        title="Weekly volume per muscle",
        table=tidy(table),
        summary=_summary(table),
        draw=_draw,
        notes=(
            *working.notes(logbook, rule),
            *counting.left_out(done, logbook.catalogue),
            *weeks.unknown_note(calendar),
            *_effort_note(done, max_rir, failure_kinds),
            *_tonnage_note(done, body_mass_kg),
        ),
        settings={
            **asdict(rule),
            "max_rir": max_rir,
            "failure_kinds": tuple(failure_kinds),
            "body_mass_kg": body_mass_kg,
            "week_starts": week_starts,
        },
    )


def _weekly(rows: pl.DataFrame, week_starts: str) -> pl.DataFrame:
    fractional = counting.credit("fractional")
    direct = pl.col("role") == "direct"
    return rows.group_by("athlete", weeks.week(week_starts), "muscle").agg(
        *(counting.credit(name).sum().alias(f"{name}_sets") for name in counting.RULES),
        fractional.filter(pl.col("hard")).sum().alias("hard_sets"),
        fractional.filter(pl.col("hard").is_null()).sum().alias("effort_unknown_sets"),
        tonnage().filter(direct).sum(),
        (direct & tonnage().is_null()).sum().cast(pl.Int64).alias("no_tonnage_sets"),
    )


def _summary(table: pl.DataFrame) -> str:
    logged = table.filter(pl.col("training_days").is_not_null())
    if logged.is_empty():
        return "No week holds a log, so there is no weekly volume (n = 0)."
    typical = (
        logged.group_by("muscle", maintain_order=True)
        .agg(
            pl.col("fractional_sets").median().alias("median"),
            pl.col("fractional_sets").quantile(0.25, "linear").alias("low"),
            pl.col("fractional_sets").quantile(0.75, "linear").alias("high"),
        )
        .sort("median", descending=True, maintain_order=True)
    )
    most = typical.row(0, named=True)
    n_weeks = logged.select(pl.struct("athlete", "week").n_unique()).item()
    athletes = table["athlete"].unique().to_list()
    low, middle, high = (f"{most[end]:.0f}" for end in ("low", "median", "high"))
    usual = f"{middle} {spoken(most['muscle'])} sets a week ({low}–{high})"
    if len(athletes) == 1:
        return f"You usually do {usual}, more than for any other muscle."
    return f"Most trained: usually {usual} (n = {count(n_weeks, 'week')}{whose(athletes)})."


def _effort_note(
    done: pl.DataFrame, max_rir: float, failure_kinds: Sequence[str]
) -> tuple[str, ...]:
    unknown = done.filter(counting.hard(max_rir, failure_kinds).is_null(), pl.col("set_count") > 0)
    if unknown.is_empty():
        return ()
    n = int(done["set_count"].sum())
    return (
        f"Effort is not logged on {unknown.height:,} of {count(n, 'working set')}: whether they "
        f"were hard (RIR ≤ {max_rir:g}) is unknown, not assumed.",
    )


def _tonnage_note(done: pl.DataFrame, body_mass_kg: BodyMass) -> tuple[str, ...]:
    lost = done.with_columns(effective_load(body_mass_kg)).filter(tonnage().is_null())
    if lost.is_empty():
        return ()
    by_basis = ", ".join(
        f"{basis} {n:,}" for basis, n in sorted(lost["load_basis"].value_counts().iter_rows())
    )
    return (
        f"Tonnage leaves out {count(lost.height, 'set')} whose load or repetitions are not known "
        f"(by load basis: {by_basis}); bodyweight work needs the body mass.",
    )


def _draw(table: pd.DataFrame) -> Figure:
    traces, menu = by_athlete(table, _heat)
    n_groups = table["muscle"].nunique()
    return figure(
        traces,
        x="Week",
        y="",
        time_axis="x",
        height=max(320, 60 + 20 * n_groups),
        yaxis={"autorange": "reversed", "automargin": True, "tickmode": "linear"},
        **menu,
    )


def _heat(rows: pd.DataFrame) -> list[Trace]:
    wide = rows.pivot_table(
        index="muscle", columns="week", values="fractional_sets", sort=False, dropna=False
    )
    hover = "%{y}, week of %{x}: %{z:.1f} fractional sets<extra></extra>"
    return [
        heatmap(wide.columns, wide.index, wide.to_numpy(), unit="fractional<br>sets", hover=hover)
    ]


# How much a muscle's volume depends on the rule that counts it.


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
        Result whose table has one row per `athlete`, `muscle` and `counting_rule`, with
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
    rows = counting.by_muscle(working.work(logbook, rule), logbook.catalogue)
    calendar = weeks.calendar(logbook.sets, week_starts)
    logged = calendar.group_by("athlete").agg(
        pl.col("training_days").count().cast(pl.Int64).alias("weeks")
    )
    order = counting.muscles(logbook.catalogue)
    sums = rows.group_by("athlete", "muscle").agg(
        counting.credit(choice).sum().alias(name) for name, choice in rules.items()
    )
    return (
        logged.join(pl.DataFrame({"muscle": order}), how="cross")
        .join(sums, on=["athlete", "muscle"], how="left")
        .with_columns(pl.col(name).fill_null(0.0) / pl.col("weeks") for name in rules)
        .unpivot(
            on=list(rules),
            index=["athlete", "muscle", "weeks"],
            variable_name="counting_rule",
            value_name="sets_per_week",
        )
        .sort("athlete", counting.place_of_muscle(logbook.catalogue), maintain_order=True)
        .select("athlete", "muscle", "counting_rule", "sets_per_week", "weeks")
        .with_columns(pl.lit(rule.warmup_below > 0).alias("warmups_by_load"))
    )


def _widest(table: pl.DataFrame) -> str:
    spans = (
        table.group_by("muscle", "counting_rule", "warmups_by_load", maintain_order=True)
        .agg(pl.col("sets_per_week").mean())
        .group_by("muscle", maintain_order=True)
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
        f"The rule matters most for {spoken(row['muscle'])}: {number(row['low'])} to "
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
            part["muscle"],
            part["sets_per_week"],
            str(name),
            series=place,
            hover="%{x}: %{y:.1f} sets per week<extra>%{fullData.name}</extra>",
        )
        for place, (name, part) in enumerate(rows.groupby("counting_rule", sort=False))
    ]
