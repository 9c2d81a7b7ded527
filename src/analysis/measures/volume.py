"""Weekly training volume per muscle group: sets by three rules, hard sets, tonnage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.figures import Trace, bars, by_athlete, figure, heatmap
from analysis.logbook import Logbook
from analysis.measures import counting, sums, weeks, working
from analysis.measures.load import BodyMass, effective_load, tonnage
from analysis.measures.working import WorkingRule
from analysis.notes import Many, Note
from analysis.result import Figure, Result, tidy
from analysis.say import count, number, spoken, whose

if TYPE_CHECKING:
    import pandas as pd


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
    done = working.done(logbook, rule)
    weekly = sums.weekly(
        logbook,
        rule,
        max_rir=max_rir,
        failure_kinds=failure_kinds,
        body_mass_kg=body_mass_kg,
        week_starts=week_starts,
    )
    table = table_of(weekly)
    return Result(
        name="volume",
        title="Weekly volume per muscle",
        table=tidy(table),
        summary=_summary(table),
        draw=_draw,
        notes=(
            *working.notes(logbook, rule),
            *counting.left_out(done, logbook.catalogue),
            *weeks.unknown_note(weekly.calendar),
            *_effort_note(weekly.rows, max_rir),
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


def table_of(weekly: sums.Weekly, **beside: NDArray[Any]) -> pl.DataFrame:
    """Return the table of `volume`, with other numbers (weeks × groups) beside it."""
    credited = weekly.totals("set_count", counting.RULES)
    numbers = {f"{name}_sets": total for name, total in credited.items()}
    numbers |= {n: weekly.total(n, "fractional") for n in ("hard_sets", "effort_unknown_sets")}
    numbers["tonnage_kg"] = weekly.total("tonnage_kg", "direct")
    no_tonnage = weekly.total("no_tonnage_sets", "direct").astype(np.int64)
    known = (pl.col("tonnage_kg") > 0) | (pl.col("no_tonnage_sets") == 0)
    return weekly.table({**numbers, "no_tonnage_sets": no_tonnage, **beside}).with_columns(
        pl.when(known).then(pl.col("tonnage_kg")).alias("tonnage_kg")
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
    if most["median"] == 0:
        return "No muscle has a set in most of the logged weeks."
    span = f" ({low}–{high})" if low != high else ""
    usual = f"{middle} {spoken(most['muscle'])} sets a week{span}"
    if len(athletes) == 1:
        return f"You usually do {usual}, more than for any other muscle."
    return f"Most trained: usually {usual} (n = {count(n_weeks, 'week')}{whose(athletes)})."


def _effort_note(rows: pl.DataFrame, max_rir: float) -> tuple[Note, ...]:
    unknown, n = (int(rows[name].sum()) for name in ("effort_unknown_sets", "set_count"))
    if not unknown:
        return ()
    facts = {"of": Many(n), "rir": max_rir}
    said = (
        "Effort is not logged on {n:} of {of:working set}: whether they were hard "
        "(RIR ≤ {rir:g}) is unknown, not assumed."
    )
    return (Note("sets of unknown effort", count=unknown, facts=facts, sentence=said),)


def _tonnage_note(done: pl.LazyFrame, body_mass_kg: BodyMass) -> tuple[Note, ...]:
    lost = (
        done.with_columns(effective_load(body_mass_kg))
        .filter(tonnage().is_null())
        .select("load_basis")
        .collect()["load_basis"]
        .value_counts()
    )
    if lost.is_empty():
        return ()
    said = (
        "Tonnage leaves out {n:set} whose load or repetitions are not known "
        "(by load basis: {bases}); bodyweight work needs the body mass."
    )
    facts = {"bases": ", ".join(f"{basis} {n:,}" for basis, n in sorted(lost.iter_rows()))}
    n = int(lost["count"].sum())
    return (Note("sets without tonnage", count=n, facts=facts, sentence=said),)


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
    choices = list(dict.fromkeys([rule, replace(rule, warmup_below=0.0)]))
    table = _under(
        rules, choices, [sums.weekly(logbook, c, week_starts=week_starts) for c in choices]
    )
    return Result(
        name="volume-sensitivity",
        title="Volume under every counting rule",
        table=tidy(table),
        summary=_widest(table),
        draw=_draw_rules,
        notes=counting.left_out(working.done(logbook, rule), logbook.catalogue),
        settings={"rules": {k: counting.weights(v) for k, v in rules.items()}, **asdict(rule)},
    )


def _under(
    rules: Mapping[str, counting.Rule],
    choices: Sequence[WorkingRule],
    weekly: Sequence[sums.Weekly],
) -> pl.DataFrame:
    """Return the mean weekly sets by athlete, choice of working sets, muscle and counting rule."""
    athletes = (
        weekly[0]
        .calendar.group_by("athlete", maintain_order=True)
        .agg(pl.col("training_days").count().cast(pl.Int64).alias("weeks"))
    )
    per_athlete = [each.per_athlete() for each in weekly]
    counted = [
        [shares.total(each.rows["set_count"], rule) for rule in rules.values()]
        for each, shares in zip(weekly, per_athlete, strict=True)
    ]
    total = np.array(counted).transpose(2, 0, 3, 1)  # athlete, choice, muscle, counting rule
    mean = total / athletes["weeks"].to_numpy()[:, None, None, None]
    athlete, choice, muscle, rule = (pl.Series(axis.ravel()) for axis in np.indices(mean.shape))
    return athletes[athlete].select(
        "athlete",
        pl.Series("muscle", per_athlete[0].groups, pl.String).gather(muscle),
        pl.Series("counting_rule", list(rules), pl.String).gather(rule),
        pl.Series("sets_per_week", mean.ravel()),
        "weeks",
        pl.Series("warmups_by_load", [c.warmup_below > 0 for c in choices]).gather(choice),
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
