"""One athlete's log as the flags read it, and what a flag is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import polars as pl

from analysis.logbook import Logbook
from analysis.measures import counting, day_strength, lifts, weeks, working
from analysis.measures.trend import of_series
from analysis.models.strength.result import shifts
from analysis.say import count, load, spoken, time_off
from analysis.signals.injuries import Hurt, hurt_on
from analysis.signals.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Finding:
    """One flag of one athlete, with the rows that say so.

    Attributes:
        athlete: whose.
        flag: a word of `FLAGS`.
        level: "attention", "notice" or "good".
        sentence: what was found; never the text of a note.
        rows: the evidence, one row per thing found.
        first: date of the oldest evidence.
        last: date of the newest.
    """

    athlete: str
    flag: str
    level: str
    sentence: str
    rows: pd.DataFrame
    first: date
    last: date

    @property
    def size(self) -> int:
        """How many things were found; a record of load and of e1RM is one exercise."""
        own = self.flag in ("record", "odd entry")
        return int(self.rows["lift"].nunique()) if own else len(self.rows)


@dataclass(frozen=True, slots=True)
class Training:
    """One athlete's sets, prepared once for all flags.

    Attributes:
        athlete: who.
        sets: every logged set with `day`.
        work: the sets that are work, with `day`, `lift`, `pattern` and `set_count`.
        tops: the top sets of `top_sets.top_sets`, up to 15 repetitions.
        catalogue: which exercise trains what.
        today: the day the flags are raised on.
        hurt: what hurts on that day, and the lifts that it explains.
    """

    athlete: str
    sets: pl.DataFrame
    work: pl.DataFrame
    tops: pl.DataFrame
    logbook: Logbook
    today: date
    hurt: Hurt = field(default_factory=Hurt)

    @property
    def last_day(self) -> date:
        """The athlete's last logged day up to today."""
        last = self.sets["day"].max()
        assert isinstance(last, date)
        return last

    @property
    def days_off(self) -> int:
        """Days from the last logged day to today."""
        return (self.today - self.last_day).days

    def trained_lately(self, rule: Thresholds) -> bool:
        """Whether the block before today holds a session; the flags of a block need one."""
        return self.days_off < 7 * rule.block_weeks

    def is_away(self, rule: Thresholds) -> bool:
        """Whether the athlete has been off for so long that this is no news."""
        return self.days_off > 7 * rule.away_weeks

    def block_start(self, n_weeks: int) -> date:
        """Return the first of the days of the block that ends with the last logged day."""
        return self.last_day - timedelta(days=7 * n_weeks - 1)


def prepare(logbook: Logbook, athlete: str, today: date) -> Training | None:
    """Return an athlete's log up to today, None where it holds nothing."""
    own = logbook.athlete(athlete).until(today)
    if own.sets.is_empty():
        return None
    pattern = own.catalogue.exercises.select("exercise_id", "pattern")
    done = counting.named(working.work(own), own.catalogue).with_columns(weeks.day())
    return Training(
        athlete=athlete,
        sets=own.sets.with_columns(weeks.day()),
        work=done.join(pattern, on="exercise_id", how="left", maintain_order="left"),
        tops=day_strength.top_sets(own),
        logbook=own,
        today=today,
        hurt=hurt_on(own, athlete, today),
    )


# Flags on a sudden drop: sessions, sets, or an exercise's e1RM far below the athlete's usual.


LEAST_WINDOWS = 4
"""Fewest earlier windows that say how many sets are usual."""

LEAST_BLOCKS = 3
"""Fewest earlier blocks that say how many sessions are usual."""

USUAL_DAYS, LATE_DAYS = 8, 2
"""An exercise's last two days are set against the eight before."""

STEADY = 0.025
"""Least day-to-day SD of log e1RM assumed; a lower quartile of real series is 1.6 %, and a run of
equal sets would otherwise make any light day a drop."""


def drop(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield what fell far below what is usual for the athlete: sessions, sets, or e1RM.

    Sessions: the block to today is below the median of up to six earlier such blocks by the
    threshold. Sets: the last window is below the median of up to six earlier windows by the
    threshold, and below each of them. e1RM: the better of the last two days is below the median
    of the eight before by the threshold, and by three of their standard deviations (from the
    median absolute deviation); a fall too large to believe is an odd entry instead. Windows
    without a log are unknown and judge nothing. One weak exercise alone is a notice, and so are
    several that an injury explains.
    """
    fewer = [*_fewer_sessions(training, rule), *_fewer_sets(training, rule)]
    weak = weaker(training, rule).filter(~too_far_below(rule)).to_dicts()
    rows = fewer + [
        _row(f"e1RM of {each['lift']}", each["first_day"], each["day"], each["now"], each["usual"],
             each["change_pct"], USUAL_DAYS)
        for each in weak
    ]  # fmt: skip
    if not rows:
        return
    hurt = training.hurt
    known = hurt.known(None if fewer else [each["lift"] for each in weak])
    sentence = " ".join([*map(_said_of_fewer, fewer), *_said_of_weak(weak)]) + known
    unexplained = sum(not hurt.explains(each["lift"]) for each in weak)
    level = "attention" if (fewer and not hurt.everything) or unexplained > 1 else "notice"
    yield Finding(
        training.athlete, "drop", level, sentence, pd.DataFrame(rows),
        min(row["first_day"] for row in rows), max(row["day"] for row in rows),
    )  # fmt: skip


def _said_of_fewer(row: Mapping[str, Any]) -> str:
    return f"{row['now']:.0f} {row['what']}; usually {row['usual']:.0f}."


def _said_of_weak(weak: Sequence[Mapping[str, Any]], most: int = 2) -> list[str]:
    """Return the exercises whose e1RM fell, worst first."""
    if not weak:
        return []
    named = ", ".join(f"{each['lift']} {-each['change_pct']:.0f} %" for each in weak[:most])
    rest = f" and {len(weak) - most} more" if len(weak) > most else ""
    return [f"Weaker than usual on the last two days: {named}{rest}."]


def _fewer_sessions(training: Training, rule: Thresholds) -> list[dict[str, Any]]:
    days = 7 * rule.block_weeks
    ago = (pl.lit(training.today) - pl.col("day")).dt.total_days()
    # The oldest block may begin before the log does and hold fewer sessions than it would.
    whole = training.sets.select(ago.max() // days).item()
    counts = (
        training.sets.group_by((ago // days).alias("block"))
        .agg(pl.col("session").n_unique().alias("sessions"))
        .filter(pl.col("block") <= 6)
    )
    earlier = counts.filter(pl.col("block").is_between(1, whole - 1))["sessions"]
    now = float(counts.filter(pl.col("block") == 0)["sessions"].sum())
    usual: Any = earlier.median()
    if len(earlier) < LEAST_BLOCKS:
        return []
    change = 100 * (now / usual - 1)
    if change > -rule.drop_sets_pct:
        return []
    what = f"sessions in {count(rule.block_weeks, 'week')}"
    start = training.sets.filter(ago < days)["day"].min()
    return [_row(what, start, training.last_day, now, usual, change, len(earlier))]


def _fewer_sets(training: Training, rule: Thresholds) -> list[dict[str, Any]]:
    days = 7 * rule.drop_weeks
    ago = (pl.lit(training.last_day) - pl.col("day")).dt.total_days() // days
    sums = (
        training.work.group_by(ago.alias("window"))
        .agg(pl.col("set_count").sum().alias("sets"))
        .filter(pl.col("window") <= 6)
        .sort("window")
    )
    earlier = sums.filter(pl.col("window") > 0)["sets"]
    now = float(sums.filter(pl.col("window") == 0)["sets"].sum())
    usual: Any = earlier.median()
    least: Any = earlier.min()
    if len(earlier) < LEAST_WINDOWS or not usual:
        return []
    change = 100 * (now / usual - 1)
    if change > -rule.drop_sets_pct or now >= least:
        return []
    what = f"sets in {count(rule.drop_weeks, 'week')}"
    start = training.block_start(rule.drop_weeks)
    return [_row(what, start, training.last_day, now, usual, change, len(earlier))]


def weaker(training: Training, rule: Thresholds) -> pl.DataFrame:
    """Return the exercises whose last two days lie far below the eight before, worst first.

    Returns:
        One row per `lift`: `first_day` and `day` (of the two), `now` and `usual` (e1RM, kg),
        `change_pct`.
    """
    usual_days = USUAL_DAYS + LATE_DAYS
    late = pl.col("place") < LATE_DAYS
    log_e1rm = pl.col("e1rm_kg").log()
    series = (
        training.tops.filter(pl.col("e1rm_kg") > 0)
        .sort("lift", "day", descending=[False, True])
        .with_columns(pl.int_range(pl.len()).over("lift").alias("place"))
        .filter(pl.col("place") < usual_days)
        .with_columns(log_e1rm.filter(~late).median().over("lift").alias("usual"))
        .group_by("lift", maintain_order=True)
        .agg(
            pl.col("usual").first(),
            (log_e1rm - pl.col("usual")).abs().filter(~late).median().alias("mad"),
            log_e1rm.filter(late).max().alias("now"),
            pl.col("day").filter(late).min().alias("first_day"),
            pl.col("day").max(),
            pl.len().alias("days"),
        )
    )
    spread = (1.4826 * pl.col("mad")).clip(lower_bound=STEADY)
    fall = pl.col("now") - pl.col("usual")
    change = 100 * (fall.exp() - 1)
    return (
        series.filter(
            pl.col("days") == usual_days,
            pl.col("first_day") >= training.block_start(rule.block_weeks),
            change <= -rule.drop_strength_pct,
            fall <= -3 * spread,
        )
        .with_columns(change.alias("change_pct"), pl.col("now", "usual").exp())
        .select("lift", "first_day", "day", "now", "usual", "change_pct")
        .sort("change_pct", "lift")
    )


def too_far_below(rule: Thresholds) -> pl.Expr:
    """Whether a fall is as far from the usual, by factor, as an unlikely record is above it.

    kg taken for lb is a fall of 55 %, one hand for two of 50 %; strength does not fall so.
    """
    return pl.col("change_pct") < 100 * (1 / (1 + rule.record_unlikely_pct / 100) - 1)


def _row(
    what: str, first: Any, last: Any, now: float, usual: float, change: float, n: int
) -> dict[str, Any]:
    return {
        "what": what, "first_day": first, "day": last, "now": now, "usual": usual,
        "change_pct": change, "compared_with": n,
    }  # fmt: skip


# Flags on strength: records, entries too good to be true, and exercises that stall.


BLOCK_DAYS = 28
"""Trends are per 4 weeks."""


def records(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the records of the last block, and apart from them what is too large to believe.

    A record is a first top set whose load or e1RM is above that of every earlier day. One row per
    exercise and kind: the newest. Too large to believe is also a fall of the last two days, see
    `weaker`.
    """
    every = lifts.records(
        training.tops, gain_pct=rule.record_gain_pct, earlier_days=rule.record_earlier_days
    )
    newest = every.drop("athlete").unique(["lift", "best"], keep="last", maintain_order=True)
    found = newest.filter(pl.col("day") >= training.block_start(rule.block_weeks))
    odd = pl.col("gain_pct") > rule.record_unlikely_pct
    good, above = found.filter(~odd), found.filter(odd)
    if good.height:
        best = _names(good.sort("gain_pct", descending=True, maintain_order=True)["lift"])
        sentence = f"Record on {best} in the last {rule.block_weeks} weeks."
        yield _finding(training, "record", "good", sentence, good)
    below = weaker(training, rule).filter(too_far_below(rule))
    if above.height or below.height:
        yield _odd(training, rule, above, below)


def _odd(
    training: Training, rule: Thresholds, above: pl.DataFrame, below: pl.DataFrame
) -> Finding:
    high = f"more than {rule.record_unlikely_pct:g} % above every earlier day"
    said = [
        f"{_names(which)} {where}"
        for which, where in ((above["lift"], high), (below["lift"], "far below its usual"))
        if len(which)
    ]
    sentence = (
        f"Check the entry: {'; '.join(said)}. A typing error, another unit, one hand for two, or "
        "another machine?"
    )
    fallen = below.select(
        "lift", "day", pl.lit("e1RM").alias("best"), pl.col("now").alias("value_kg"),
        pl.col("usual").alias("before_kg"), pl.col("change_pct").alias("gain_pct"),
        pl.lit(USUAL_DAYS, pl.Int64).alias("earlier_days"),
    )  # fmt: skip
    both = pl.concat([above.cast({"earlier_days": pl.Int64}), fallen.select(above.columns)])
    rows = both.rename({"best": "measure", "gain_pct": "change_pct"})
    return _finding(training, "odd entry", "notice", sentence, rows)


def stalls(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the exercises whose last days show no growth worth the name.

    Judged are exercises trained in the last block with enough days over a long enough time. An
    exercise stalls when no e1RM of those days is above the earlier best, and the whole interval
    of their trend (`trend.fit`, which allows for drift) lies below the least growth that
    matters. Most series are too noisy for that, and are not flagged. It asks for attention when
    two exercises fall or three stall, and these are a good share of those judged: of thirty
    exercises a few stand still by plan or by chance. Less is a notice, and so is what an injury
    explains.
    """
    judged = judged_for_stall(training, rule)
    stalled = judged.filter(pl.col("high_pct") < rule.stall_growth_pct, ~pl.col("record"))
    if stalled.is_empty():
        return
    falling = stalled.filter(pl.col("high_pct") < 0)
    sentence = _said_of_stalled(stalled, falling, judged.height)
    sentence += training.hurt.known(stalled["lift"])
    free = training.hurt.free()
    unexplained = stalled.filter(free).height
    several = falling.filter(free).height >= 2 or unexplained >= 3
    wide = unexplained >= rule.stall_share * judged.height
    level = "attention" if several and wide else "notice"
    yield _finding(training, "stall", level, sentence, stalled.drop("record"))


def _said_of_stalled(stalled: pl.DataFrame, falling: pl.DataFrame, judged: int) -> str:
    """Return what stands still, since when, and at which load where it is one exercise."""
    weeks_ = (stalled["day"].max() - stalled["first_day"].max()).days // 7  # type: ignore[operator, union-attr]
    at = f" at {load(stalled['last_load_kg'][0])}" if stalled.height == 1 else ""
    also = f" Falling: {_names(falling['lift'])}." if falling.height else ""
    return (
        f"{_names(stalled['lift'])} stuck{at} for {count(weeks_, 'week')} or more "
        f"({stalled.height} of {count(judged, 'exercise')} with enough days).{also}"
    )


def judged_for_stall(training: Training, rule: Thresholds) -> pl.DataFrame:
    """Return the trend of every exercise that can be judged.

    Returns:
        One row per `lift`: `first_day`, `day` (its last), `days`, `pct_per_4_weeks`, `low_pct`,
        `high_pct` (interval of `rule.stall_level`, same unit), `last_load_kg`, `record`
        (whether a day's e1RM is above the best before these days).
    """
    known = (
        _since_last_shift(training)
        .filter(pl.col("e1rm_kg") > 0)
        .sort("lift", "day")
        .with_columns(
            (pl.col("e1rm_kg") > pl.col("e1rm_kg").cum_max().shift(1) * (1 + 1e-9))
            .over("lift")
            .alias("is_best")
        )
    )
    last = known.group_by("lift", maintain_order=True).tail(rule.stall_days)
    spans = last.group_by("lift", maintain_order=True).agg(
        pl.col("day").first().alias("first_day"),
        pl.col("day").last(),
        pl.len().cast(pl.Int64).alias("days"),
        pl.col("top_load_kg").last().alias("last_load_kg"),
        pl.col("is_best").fill_null(True).any().alias("record"),
    )
    enough = spans.filter(
        pl.col("days") >= rule.stall_days,
        (pl.col("day") - pl.col("first_day"))
        .dt.total_days()
        .is_between(rule.stall_span_days, rule.stall_reach_days),
        pl.col("day") >= training.block_start(rule.block_weeks),
    )
    judged = last.join(enough.select("lift"), on="lift")
    trend = of_series(judged, ["lift"], "e1rm_kg", rule.stall_level)
    named = {"pct_per_4_weeks": "slope", "low_pct": "slope_low", "high_pct": "slope_high"}
    return (
        enough.join(trend, on="lift", how="left", maintain_order="left")
        .with_columns(
            (100 * ((BLOCK_DAYS * pl.col(slope)).exp() - 1)).alias(name)
            for name, slope in named.items()
        )
        .select("lift", "first_day", "day", "days", *named, "last_load_kg", "record")
    )


def _since_last_shift(training: Training) -> pl.DataFrame:
    """Return the top sets since each lift's level last jumped: another machine is no stall."""
    jumped = pl.from_pandas(shifts(training.logbook).table[["lift", "day"]]).select(
        pl.col("lift").cast(pl.String), pl.col("day").cast(pl.Date).alias("since")
    )
    last = jumped.group_by("lift").agg(pl.col("since").max())
    return (
        training.tops.join(last, on="lift", how="left", maintain_order="left")
        .filter(pl.col("since").is_null() | (pl.col("day") >= pl.col("since")))
        .drop("since")
    )


def _finding(
    training: Training, flag: str, level: str, sentence: str, rows: pl.DataFrame
) -> Finding:
    first: Any = rows["first_day" if "first_day" in rows.columns else "day"].min()
    last: Any = rows["day"].max()
    assert isinstance(first, date)
    return Finding(training.athlete, flag, level, sentence, rows.to_pandas(), first, last)


def _names(found: pl.Series | Sequence[str], most: int = 3) -> str:
    """Return the first names and how many more there are."""
    names = list(dict.fromkeys(found))
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


# Flags on the training itself: movements left out, days off.


LEAST_WEEKS = 6
"""Fewest earlier logged weeks that say what is regular."""

SAID = {
    "calf_knee_extended": "calf raise with straight knees",
    "calf_knee_flexed": "calf raise with bent knees",
    "horizontal_abduction": "rear-delt",
    "shoulder_abduction": "lateral-raise",
    "knee_flexion": "leg-curl",
    "knee_extension": "leg-extension",
    "elbow_flexion": "biceps-curl",
    "elbow_extension": "triceps-extension",
    "hip_hinge": "deadlift or hip-hinge",
    "horizontal_push": "bench or push-up",
    "horizontal_pull": "row",
    "vertical_push": "overhead-press",
    "vertical_pull": "pull-up or pulldown",
    "scapular_elevation": "shrug",
    "trunk_flexion": "crunch",
    "trunk_extension": "back-extension",
    "hip_abduction": "hip-abduction",
    "hip_adduction": "hip-adduction",
}
"""Patterns whose name in the catalogue is no coach's word."""

NOT_MOVEMENTS = ("cardio", "conditioning", "mobility", "other")


def skipped(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the regular movements that the last block does not hold.

    A movement is a pattern of the catalogue (a squat, a row) or a muscle group's direct work;
    another exercise of the same pattern counts as done. A muscle that went with a missing pattern
    is not named again. It is regular when it was trained in enough of the logged weeks before the
    block. A block with half its weeks unlogged, or too few earlier weeks, judges nothing.
    """
    ago = (pl.lit(training.last_day) - pl.col("day")).dt.total_days() // 7
    done = training.work.with_columns(ago.alias("weeks_ago"))
    block, reach = rule.block_weeks, rule.block_weeks + rule.skipped_weeks
    logged = done.filter(pl.col("weeks_ago") < reach)["weeks_ago"].unique()
    earlier = int((logged >= block).sum())
    if earlier < LEAST_WEEKS or int((logged < block).sum()) <= block // 2:
        return
    missed = (
        _movements(training, done.filter(pl.col("weeks_ago") < reach))
        .group_by("kind", "movement", maintain_order=True)
        .agg(
            pl.col("weeks_ago").filter(pl.col("weeks_ago") >= block).n_unique().cast(pl.Int64)
            .alias("weeks_trained"),
            (pl.col("set_count").sum() / earlier).alias("sets_a_week"),
            pl.col("day").max(),
            pl.col("weeks_ago").min(),
            pl.col("pattern").unique().alias("patterns"),
        )
        .filter(
            pl.col("weeks_ago") >= block, pl.col("weeks_trained") >= rule.skipped_share * earlier
        )
        .with_columns(pl.lit(earlier).alias("weeks_logged"))
        .sort("kind", "sets_a_week", "movement", descending=[True, True, False])
    )  # fmt: skip
    missed = _each_once(missed).select(
        "kind", "movement", "day", "weeks_trained", "weeks_logged", "sets_a_week"
    )
    if missed.is_empty():
        return
    since = missed.sort("day", descending=True)
    sentence = " ".join(
        f"No {SAID.get(row['movement'], spoken(row['movement']))} work since {row['day']:%-d %B}."
        for row in since.head(3).to_dicts()
    )  # fmt: skip
    if since.height > 3:
        rest = (SAID.get(name, spoken(name)) for name in since["movement"][3:])
        sentence += f" Also missing: {', '.join(rest)}."
    gone = pl.col("pattern").is_in(missed["movement"].to_list())
    of_them = training.work.filter(gone)["lift"].unique()
    sentence += training.hurt.known(of_them)
    last: Any = missed["day"].max()
    first: Any = missed["day"].min()
    yield Finding(training.athlete, "skipped", "notice", sentence, missed.to_pandas(), first, last)


def _movements(training: Training, done: pl.DataFrame) -> pl.DataFrame:
    wanted = ("kind", "movement", "weeks_ago", "day", "set_count", "pattern")
    patterns = done.filter(
        pl.col("pattern").is_not_null(), ~pl.col("pattern").is_in(list(NOT_MOVEMENTS))
    ).with_columns(pl.lit("pattern").alias("kind"), pl.col("pattern").alias("movement"))
    direct = counting.by_muscle(done, training.logbook.catalogue).filter(
        pl.col("role") == "direct"
    )
    muscles = direct.with_columns(
        pl.lit("muscle").alias("kind"), pl.col("muscle").alias("movement")
    )
    return pl.concat([patterns.select(wanted), muscles.select(wanted)])


def _each_once(missed: pl.DataFrame) -> pl.DataFrame:
    """Leave out the muscles that were trained by a pattern which is missing itself."""
    gone = missed.filter(pl.col("kind") == "pattern")["movement"].to_list()
    with_it = pl.col("patterns").list.eval(pl.element().is_in(gone)).list.any()
    return missed.filter((pl.col("kind") == "pattern") | ~with_it)


def inactivity(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield the days off, when they are many more than the athlete's own long gaps.

    Own long gap: the 90th percentile of the gaps between training days over the last half year
    of log. A whole block without a session is flagged whatever the gaps were. After
    `rule.away_weeks` it is a notice: the athlete is away, and that is no news.
    """
    days = training.sets["day"].unique().sort()
    late = days.filter(days >= training.last_day - timedelta(days=182))
    gaps = late.diff().dt.total_days().drop_nulls()
    usual: Any = gaps.quantile(0.9, interpolation="nearest") if len(gaps) >= 8 else None
    limit = max(rule.inactive_days, rule.inactive_factor * usual) if usual else float("inf")
    off = training.days_off
    if off <= limit and training.trained_lately(rule):
        return
    own = (
        f"own gaps are {usual:g} days or fewer, nine times in ten" if usual else "few days logged"
    )
    sentence = f"No session for {count(off, 'day')}; {own} (n = {count(len(gaps), 'gap')})."
    rows = pd.DataFrame(
        {
            "last_session": [training.last_day],
            "today": [training.today],
            "days_off": [off],
            "own_long_gap_days": [usual],
            "gaps": [len(gaps)],
        }
    )
    level = "notice" if training.is_away(rule) else "attention"
    yield Finding(
        training.athlete, "inactive", level, sentence, rows, training.last_day,
        training.today,
    )  # fmt: skip


# Flags on the longer run: a slow slide, and coming back.


SLIDE_BLOCK_DAYS = 28
"""A slide is told from the sets of four weeks, so that no single week makes one."""


def slide(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield a slow fall of sets that no two weeks show: each four weeks hold fewer than before.

    Compared are the last 28 days to today with the 28 days at the start of `rule.slide_weeks`.
    Every block between holds fewer sets than the one before it (within a tenth), and all of them
    a log: days without one are unknown.
    """
    blocks = 7 * rule.slide_weeks // SLIDE_BLOCK_DAYS
    ago = (pl.lit(training.today) - pl.col("day")).dt.total_days() // SLIDE_BLOCK_DAYS
    sums: dict[int, tuple[float, date, date]] = {
        block: (float(sets), first, last)
        for block, sets, first, last in training.work.group_by(ago.alias("block"))
        .agg(pl.col("set_count").sum(), pl.col("day").min(), pl.col("day").alias("last").max())
        .iter_rows()
    }
    whole: Any = training.sets.select(ago.max()).item()
    if blocks - 1 > whole or any(block not in sums for block in range(blocks)):
        return
    sets = [sums[block][0] for block in reversed(range(blocks))]
    change = 100 * (sets[-1] / sets[0] - 1) if sets[0] else 0.0
    falls = all(now < 1.1 * before for before, now in pairwise(sets))
    if change > -rule.slide_pct or not falls:
        return
    rows = pd.DataFrame(
        {
            "first_day": [sums[block][1] for block in reversed(range(blocks))],
            "day": [sums[block][2] for block in reversed(range(blocks))],
            "sets": sets,
            "sets_a_week": [each / 4 for each in sets],
        }
    )
    weekly = [round(each / 4) for each in (sets[0], sets[-1])]
    sentence = f"From {weekly[0]} to {weekly[1]} sets a week over {rule.slide_weeks} weeks."
    sentence += training.hurt.known()
    level = "notice" if training.hurt.everything else "attention"
    first, last = sums[blocks - 1][1], sums[0][2]
    yield Finding(training.athlete, "slide", level, sentence, rows, first, last)


def came_back(training: Training, rule: Thresholds) -> tuple[date, date] | None:
    """Return the last session before a long break and the first after it, where that is recent."""
    days = training.sets["day"].unique().sort().to_list()
    start = training.today - timedelta(days=7 * rule.return_weeks)
    found = [
        (before, after)
        for before, after in pairwise(days)
        if (after - before).days >= rule.return_days and after > start
    ]
    return found[-1] if found else None


def back(training: Training, rule: Thresholds) -> Iterator[Finding]:
    """Yield a return from a long break: what changed across it is no drop and no breakthrough."""
    found = came_back(training, rule)
    if found is None:
        return
    before, after = found
    off = (after - before).days
    sessions = training.sets.filter(pl.col("day") >= after)["session"].n_unique()
    sentence = (
        f"Coming back since {after:%-d %b %Y} after {time_off(off)} off: "
        f"{count(sessions, 'session')} so far, compared from there."
    )
    rows = pd.DataFrame({"day": [after], "last_before": [before], "days_off": [off]})
    yield Finding(training.athlete, "return", "notice", sentence, rows, before, after)
