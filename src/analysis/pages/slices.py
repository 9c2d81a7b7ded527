"""What a lifter's page says of each question: a slice is its part of the page and its sentences.

A page is a list of slices, in `lifter`. Each slice takes the whole log, asks the measures that
answer its question, and returns the section with what the top of the page may quote from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from analysis.figures import PALETTE, band, figure, line
from analysis.legs.audit import audit_section
from analysis.legs.claims import article_section
from analysis.logbook import Logbook
from analysis.measures import consistency as training
from analysis.measures import lifts as lift_tables
from analysis.measures.counting import exercise_list
from analysis.measures.frequency import frequency
from analysis.measures.growth import FEWEST, growth_of
from analysis.measures.intensity import ZONES, intensity
from analysis.measures.mapping import mapping_audit, understated
from analysis.measures.recent import MEASURES, coverage, recent
from analysis.measures.volume import volume
from analysis.models.dose.result import dose_response
from analysis.models.strength import sentences, verdicts
from analysis.models.strength.facts import Facts, facts, history, lift_lines
from analysis.models.strength.known import records as records_of
from analysis.models.strength.next_sets import forecast
from analysis.models.strength.result import shifts, strength
from analysis.pages.muscles import muscle_sections
from analysis.report import (
    Block,
    BodyMap,
    Calendar,
    Flag,
    Flags,
    Lifts,
    Prose,
    Section,
    Takeaway,
    Tile,
    Tiles,
)
from analysis.result import Figure, Result
from analysis.say import spoken, time_off
from analysis.signals.flags import Finding, Thresholds, find, newest_day

RECORD_DAYS = 28
"""Records of so many last days are news."""


@dataclass(frozen=True, slots=True)
class Lifter:
    """One lifter's log and how the page is asked to show it.

    Attributes:
        logbook: the sets and ledger of one athlete.
        zones: first repetition of each zone of `intensity`.
        thresholds: from when on something is a flag.
        found: the flags; None raises them as of `today`.
        today: the day they are raised on; the newest logged day when not given.
        article: whether the claims of the article are shown beside the log.
        dose: whether what volume bought is estimated, where the log is long enough.
    """

    logbook: Logbook
    zones: Sequence[int] = ZONES
    thresholds: Thresholds = field(default_factory=Thresholds)
    found: Sequence[Finding] | None = None
    today: date | None = None
    article: bool = True
    dose: bool = True

    @property
    def last_day(self) -> date:
        """The newest logged day."""
        last = newest_day(self.logbook)
        assert last is not None
        return last

    def once(self, key: str, make: Callable[[Logbook], Result]) -> Result:
        """Return a result that several slices share."""
        return self.logbook.once(("slice", key), lambda: make(self.logbook))


@dataclass(frozen=True, slots=True)
class Slice:
    """What a page shows of one question.

    Attributes:
        blocks: its part of the page; none where the log holds nothing of it.
        takeaways: what the top of the page may quote, best first.
        heading: that of its sentences in the summary.
        told: further sentences of the summary, after the takeaways.
    """

    blocks: Sequence[Block] = ()
    takeaways: Sequence[Takeaway] = ()
    heading: str = ""
    told: Sequence[str] = ()


# Is this person training?


def consistency(lifter: Lifter) -> Slice:
    """Return the calendar, the sessions of every calendar week, gaps and streaks."""
    days, weekly = training.calendar(lifter.logbook), training.consistency(lifter.logbook)
    what = training.of_athlete(training.by_day(lifter.logbook))
    said = [weekly.summary]
    if back := what.back_from:
        said.append(f"Back since {back.after:%-d %b} after {time_off(back.days)} off.")
    elif what.usual is not None and what.recent <= 0.6 * what.usual:
        said.append(f"{what.recent} sessions in the last 4 weeks; usually {what.usual:g}.")
    elif what.empty_weeks > what.weeks / 4 and what.breaks:
        said.append(f"The longest break was {time_off(what.breaks[0].days)}.")
    counts = [
        ("sessions", "Sessions", int(days.table["sessions"].sum())),
        ("days", "Training days", len(days.table)),
        ("sets", "Working sets", round(float(days.table["sets"].sum()))),
        ("empty", "Weeks without a log", int(weekly.table["sessions"].isna().sum())),
    ]
    return Slice(
        [Section("training", "Is the training regular?", [Calendar(days, counts), weekly])],
        [Takeaway(" ".join(said), weekly.name)],
        "Training",
        [days.summary],
    )


# What did the tape and the scale say?

MOST_MEASURED = 8
"""Joined columns that are drawn; the table of a study may have hundreds."""


def body(lifter: Lifter) -> Slice:
    """Return body mass and girths over time, where three days or more of them are joined."""
    rows = lifter.logbook.joined.filter(
        pl.col("value").is_not_null(),
        pl.col("date").is_not_null(),
        pl.col("name").str.contains(r"^body_mass_|_(cm|in)$"),
    )
    often = rows.group_by("name").agg(pl.col("date").n_unique()).filter(pl.col("date") >= FEWEST)
    names = sorted(often["name"], key=lambda name: (not name.startswith("body_mass"), name))
    if not names:
        return Slice()
    drawn = [growth_of(lifter.logbook, name) for name in names[:MOST_MEASURED]]
    return Slice([Section("body", "Body mass and girths", drawn, folded=True)])


# What changed?


def changes(lifter: Lifter) -> Slice:
    """Return what changed: the lifter, the lead lifts with a picture each, then the muscles."""
    logbook = lifter.logbook
    told, changed, jumped = facts(logbook), lifter.once("strength", strength), shifts(logbook)
    jumped = replace(jumped, table=_with_words(jumped.table, sentences.of_shift))
    sure = [row for row in told.muscles if row["verdict"] != verdicts.OPEN]
    known = told.lifter is not None and told.lifter["verdict"] not in ("open", "none")
    plates = lift_tables.without_bar(logbook)
    lines, days = lift_lines(logbook), lifter.once("lift days", lift_tables.lift_days).table
    leads = [_regaining(_of_plates(row, plates), days, jumped.table) for row in told.leads]
    said = sentences.headlines(told.lifter if known else None, leads, told.break_days)
    items: list[Block] = [
        *map(Prose, _said_of_plates(plates)),
        *(_lead(row, lines, days, jumped.table, place) for place, row in enumerate(leads, 1)),
        replace(changed, summary=_muscles_said(told, sure)),
    ]
    if not jumped.table.empty:
        items.append(
            Section("jumps", "Jumps", [jumped], folded=True,
                    intro=f"{jumped.summary[:1].upper()}{jumped.summary[1:]}")
        )  # fmt: skip
    return Slice(
        [Section("changed", "What changed", items)],
        [Takeaway(text, changed.name) for text in said],
        "What changed",
        [sentences.of_row(row) for row in sure[:2]],
    )


def _of_plates(row: Mapping[str, Any], plates: Sequence[str]) -> Mapping[str, Any]:
    return {**row, "aside": ", counted without the bar"} if row["name"] in plates else row


REGAINED_PCT = 90.0
"""Share of the best before a break from which on a lift counts as regained."""


def _regaining(
    row: Mapping[str, Any], days: pd.DataFrame, jumped: pd.DataFrame
) -> Mapping[str, Any]:
    """Return a lift that grows again after a break with how far it is below what it was.

    Across a break no change is claimed; but that a lift grew since it says too much where it was
    far stronger before. Days before another machine say nothing of this one.
    """
    steps = jumped[jumped["lift"] == row["name"]]
    returns, others = (
        steps[(steps["kind"] == "return") == is_return] for is_return in (True, False)
    )
    if row["verdict"] not in ("up", "probably up") or returns.empty:
        return row
    own = days[(days["lift"] == row["name"]) & days["e1rm_kg"].notna()]
    own = own[own["day"] >= others["day"].max()] if len(others) else own
    before = own[own["day"] < returns["day"].max()]
    late = own[own["day"] > own["day"].max() - pd.Timedelta(days=RECORD_DAYS)]
    share = 100 * late["e1rm_kg"].max() / before["e1rm_kg"].max() if len(before) else 100.0
    if not share < REGAINED_PCT:
        return row
    still = f", still {100 - share:.0f} % below your best before the break"
    return {**row, "aside": f"{row.get('aside', '')}{still}"}


def _said_of_plates(plates: Sequence[str]) -> Iterator[str]:
    if plates:
        yield (
            "This log seems to count the plates and not the bar: some barbell lifts stand at less "
            "than a bar weighs. Their changes in per cent are too large, and their bests too low "
            "by the bar."
        )


def _with_words(table: pd.DataFrame, say: Callable[[Mapping[str, Any]], str]) -> pd.DataFrame:
    rows: Sequence[Mapping[str, Any]] = records_of(table)
    return table.assign(words=pd.Series([say(row) for row in rows], dtype=object))


def _muscles_said(told: Facts, sure: Sequence[Mapping[str, Any]]) -> str:
    """Return what is known of the muscles, and in one line of which it is too early to call."""
    known = {row["name"] for row in sure}
    rest = [spoken(row["name"]) for row in told.muscles if row["name"] not in known]
    early = f"Too early to call: {', '.join(rest)}." if rest else ""
    return " ".join([*map(sentences.of_row, sure), early]).strip() or (
        "Too little recent log to say what changed."
    )


def _lead(
    row: Mapping[str, Any],
    lines: pd.DataFrame,
    days: pd.DataFrame,
    jumped: pd.DataFrame,
    place: int,
) -> Result:
    """Return a lead lift: its days, its level beside today's, and where the level jumped."""
    name = str(row["name"])
    logged, drawn = ((rows["lift"] == name).to_numpy() for rows in (days, lines))
    day = np.concatenate([days["day"].to_numpy()[logged], lines["day"].to_numpy()[drawn]])
    order = np.argsort(day, kind="stable")
    of_days, of_lines = np.full(logged.sum(), np.nan), np.full(drawn.sum(), np.nan)
    values = {"e1rm_kg": np.concatenate([days["e1rm_kg"].to_numpy()[logged], of_lines])}
    for column in ("level_kg", "low_kg", "high_kg"):
        values[column] = np.concatenate([of_days, lines[column].to_numpy()[drawn]])
    own = {"day": day, **values}
    steps = jumped[jumped["lift"] == name]
    marks = [f"{day:%Y-%m-%d}" for day in steps["day"]]
    return Result(
        f"lead-{place}",
        name,
        pd.DataFrame({column: each[order] for column, each in own.items()}),
        _of_lift(row),
        draw=partial(_draw_lead, marks=marks),
        notes=(
            "The line is the level then beside today's; the band says how sure that is (95 %).",
            *steps["words"],
        ),
    )


def _draw_lead(table: pd.DataFrame, marks: Sequence[str]) -> Figure:
    known = table[table["level_kg"].notna()]
    logged, day = table[table["e1rm_kg"].notna()], known["day"].to_numpy()
    drawn = figure(
        [
            line(logged["day"], logged["e1rm_kg"], "e1RM of the day", series=1, mode="markers",
                 hover="%{x}: %{y:.1f} kg<extra>e1RM</extra>"),
            band(day, known["low_kg"].tolist(), known["high_kg"].tolist(), "95 % band"),
            line(day, known["level_kg"], "level", mode="lines",
                 hover="%{x}: %{y:.1f} kg<extra>level</extra>"),
        ],
        x="", y="Estimated 1RM (kg)", time_axis="x", load_axis="y", height=260,
    )  # fmt: skip
    drawn["layout"]["shapes"] = [
        {"type": "line", "xref": "x", "yref": "paper", "x0": day, "x1": day, "y0": 0, "y1": 1,
         "line": {"color": PALETTE[3], "width": 1.5, "dash": "dot"}}
        for day in marks
    ]  # fmt: skip
    return drawn


# Records


def records(lifter: Lifter) -> Slice:
    """Return the bests of the main lifts and the list of records."""
    lifts = lifter.once("lifts", lift_tables.lift_list)
    found = lifter.once("records", lift_tables.record_list)
    bests = lift_tables.said_of_bests(lifts, lift_tables.main_lifts(lifts))
    since = lifter.last_day - timedelta(days=RECORD_DAYS)
    news = lift_tables.said_of_records(found, since)
    shown = replace(found, summary=" ".join(filter(None, [news, bests])) or found.summary)
    said = [Takeaway(text, found.name) for text in (news, bests) if text]
    goals = lift_tables.goal_list(lifter.logbook)
    if goals is not None:
        first = goals.table["words"].iloc[0]
        said.insert(0, Takeaway(first, goals.name))
    aims = [goals] if goals is not None else []
    return Slice([Section("bests", "Records", [*aims, shown])], said, "Records")


# Flags


KINDS = {
    "record": "record", "inactive": "inactivity", "drop": "sudden drop", "slide": "slow slide",
    "return": "coming back",
}  # fmt: skip
"""What a page calls a flag, where one word is too short."""


def flags(lifter: Lifter) -> Slice:
    """Return the flags, each with the rows that say so; urgent ones are quoted at the top."""
    today = lifter.today or lifter.last_day
    found = lifter.found
    if found is None:
        found = find(lifter.logbook, lifter.thresholds, today=today)
    urgent = [each.sentence for each in found if each.level == "attention"]
    return Slice(
        [flags_section(found, lifter.thresholds, today)],
        [Takeaway(text, "flags") for text in urgent[:1]],
        "To look at",
    )


def flags_section(found: Iterable[Finding], thresholds: Thresholds, today: date | None) -> Section:
    """Return flags that were found already as a section."""
    raised = [
        Flag(
            KINDS.get(each.flag, each.flag), f"{each.sentence}{quoted(each)}", each.level,
            each.rows,
        )
        for each in found
    ]  # fmt: skip
    when = f"{today.isoformat()}, " if today else ""
    return Section(
        "flags",
        "Flags",
        [Flags(raised), Prose("A flag is a reason to look, no diagnosis.")],
        intro=f"As of {when}over the last {thresholds.block_weeks} weeks of the log.",
    )


LETTERS = 160


def quoted(finding: Finding) -> str:
    """Return the newest note behind a flag, for the lifter's own page; "" where there is none."""
    if "note" not in finding.rows or finding.rows.empty:
        return ""
    newest = finding.rows.sort_values("day", kind="stable").iloc[-1]
    text = " ".join(str(newest["note"]).split())
    return f" “{text[:LETTERS]}{'…' if len(text) > LETTERS else ''}”"


# Muscles


def muscles(lifter: Lifter) -> Slice:
    """Return the body map, the weekly sets, and a folded section per muscle."""
    logbook = lifter.logbook
    trained, weekly = lifter.once("coverage", coverage), volume(logbook)
    often = frequency(logbook)
    heavy = intensity(logbook, zones=lifter.zones)
    exercises, changed = exercise_list(logbook), lifter.once("strength", strength)
    low = understated(logbook).table
    if exercises.table.empty:
        none = "No set of this log trains a muscle that the catalogue knows."
        return Slice([Section("coverage-map", "Muscles", [Prose(none), *_unknown(low)])])
    sections = muscle_sections(
        exercises, changed, history(logbook), weekly, trained, often, heavy, low
    )
    return Slice(
        [
            Section(
                "coverage-map",
                "Muscles",
                [
                    BodyMap(
                        trained, "muscle", "last_block", "sets a week", beside=_higher(low)
                    ),
                    *_unknown(low),
                    Section(
                        "by-week", "Week by week", [weekly, often, heavy],
                        intro="sets, days and repetitions of each muscle", folded=True,
                    ),
                    Section(
                        "muscle-by-muscle", "Muscle by muscle", list(sections),
                        intro="weeks, strength and exercises of each", folded=True,
                    ),
                ],
            )
        ],
        _of_muscles(weekly, trained),
        "Muscles",
    )  # fmt: skip


def _of_muscles(weekly: Result, trained: Result) -> list[Takeaway]:
    """Return what the top may say of the muscles: nothing of none."""
    usual = weekly.table.groupby("muscle")["fractional_sets"].median()
    each = [(weekly, usual.max() > 0), (trained, (trained.table["last_block"] > 0).any())]
    return [Takeaway(result.summary, result.name) for result, says in each if says]


def _higher(low: pd.DataFrame) -> dict[str, str]:
    """Return beside each muscle how much more its sets may be, by names that nothing maps."""
    late = low[low["muscle"].notna() & (low["sets_a_week"] > 0)]
    return {
        str(row["muscle"]): f"up to {row['sets_a_week']:.1f} more: {row['names']} is not mapped"
        for row in late.to_dict("records")
    }


def _unknown(low: pd.DataFrame) -> Iterator[Prose]:
    """Yield the names of which not even the muscles are likely."""
    for row in low[low["muscle"].isna()].to_dict("records"):
        yield Prose(
            f"{row['sets']:,.0f} working sets count for no muscle here, and which they train is "
            f"not known: {row['names']}. `liftdose exercises` says what a name is."
        )


# Every lift


def every_lift(lifter: Lifter) -> Slice:
    """Return the search box, with a page of every lift behind it."""
    logbook, lifts = lifter.logbook, lifter.once("lifts", lift_tables.lift_list)
    days = lifter.once("lift days", lift_tables.lift_days)
    bests = lift_tables.best_sets(logbook)
    table = lifter.once("strength", strength).table
    rows = records_of(table[(table["scope"] == "lift") & (table["verdict"] != verdicts.NONE)])
    plates = lift_tables.without_bar(logbook)
    words = {row["name"]: _of_lift(_of_plates(row, plates)) for row in rows}
    shown = replace(lifts, table=lifts.table.assign(words=lifts.table["lift"].map(words)))
    lines = lift_lines(logbook).drop(columns="athlete")
    return Slice(
        [Section("every-lift", "Every lift", [Lifts(shown, days, (bests, _as_result(lines)))])]
    )


def _of_lift(row: Mapping[str, Any]) -> str:
    best = sentences.of_best(row).partition(": ")[2]
    return " ".join(filter(None, [sentences.of_row(row), best[:1].upper() + best[1:]]))


def _as_result(lines: pd.DataFrame) -> Result:
    return Result(
        "lift-levels", "Level of every lift", lines, "Level of each lift beside today's."
    )


# Legs


def legs(lifter: Lifter) -> Slice:
    """Return the leg-day audit, folded."""
    return Slice([replace(audit_section(lifter.logbook), folded=True)])


# For the curious


def curious(lifter: Lifter) -> Slice:
    """Return what volume bought, rates, the article's claims, and the quality of the data."""
    logbook = lifter.logbook
    now = recent(logbook)
    items: list[Block] = [
        Section("now", "The last four weeks", [_tiles(now), now]),
        Section(
            "volume-and-strength",
            "Does volume buy strength here?",
            _doses(lifter),
            intro="What this log alone says, and what it says together with published trials. "
            "One lifter's log hardly ever settles it.",
        ),
        Section("next-sets", "The next sets", [forecast(logbook)]),
    ]
    if lifter.article:
        items.append(article_section(logbook))
    items.append(
        Section(
            "quality",
            "Data quality",
            [
                ledger_result(logbook), *rejected_results(logbook), *said(logbook),
                mapping_audit(logbook),
            ],
        )
    )  # fmt: skip
    return Slice(
        [
            Section(
                "curious", "For the curious", items,
                intro="what volume bought, claims, methods, data quality", folded=True,
            )
        ]
    )  # fmt: skip


DOSE_WEEKS, DOSE_DAYS = 52, 50
"""Span and training days of a log from which on it is asked what an extra set bought. Even two
years leave an interval several times as wide as the published effect: shorter, it says nothing."""


def _doses(lifter: Lifter) -> list[Block]:
    """Return what volume bought the muscles with the most sets, or why it is not asked."""
    logbook = lifter.logbook
    days = training.by_day(logbook)["day"]
    span = (days.max() - days.min()).days // 7  # type: ignore[operator, union-attr]
    if not lifter.dose:
        said = "Not asked here: one lifter's log hardly ever shows what an extra set bought."
        return [Prose(f"{said} `liftdose report` asks it of this log, `liftdose cohort` of all.")]
    if span < DOSE_WEEKS or len(days) < DOSE_DAYS:
        return [Prose("This log is too short to show what an extra set does: it takes a year.")]
    return [
        dose_response(logbook, muscle=group, more=False, sensitivity=())
        for group in _most(lifter.once("coverage", coverage))
    ]


def _most(trained: Result, most: int = 2) -> list[str]:
    """Return the muscle groups with the most direct sets: where a log can say most."""
    order = trained.table.sort_values("own_average", ascending=False, kind="stable")
    direct = order[(order["own_average"] > 0) & (order["direct_last_block"] > 0)]
    return [str(group) for group in direct["muscle"].head(most)]


UNITS = {"tonnage_kg": "kg"}


def _tiles(now: Result) -> Tiles:
    return Tiles([_tile(row) for row in now.table.to_dict("records")])


def _tile(row: Mapping[Any, Any]) -> Tile:
    label = MEASURES[row["measure"]].removesuffix(", kg").capitalize()
    if pd.isna(row["last_block"]):
        return Tile(label, "unknown")
    if pd.isna(row["change_pct"]):
        comparison = "nothing earlier to compare with"
    else:
        sign = "+" if row["change_pct"] >= 0 else "−"
        comparison = f"{sign}{abs(row['change_pct']):.0f} % against your own average"
    digits = 0 if row["measure"] == "tonnage_kg" else 1
    return Tile(label, round(row["last_block"], digits), UNITS.get(row["measure"], ""), comparison)


# What a page says of its data and of itself: every record accounted for, what reading had to say.


def ledger_result(logbook: Logbook) -> Result:
    """Return one row per file: its records as sets, no sets, duplicates and rejected."""
    ledger = logbook.ledger
    total = ledger.select(pl.col(pl.Int64).sum()).row(0, named=True)
    return Result(
        name="ledger",
        title="What became of every record",
        table=ledger.to_pandas(),
        summary=(
            f"{total['records']:,} records: {total['sets']:,} sets, {total['not_sets']:,} that "
            f"are no sets (rest timers, notes, planned), {total['duplicates']:,} counted once "
            f"though in two files, {total['rejected']:,} rejected."
        ),
    )


def rejected_results(logbook: Logbook) -> Iterator[Result]:
    """Yield the records that break a rule, by file and rule; nothing where none does."""
    if logbook.rejected.is_empty():
        return
    by_rule = (
        logbook.rejected.group_by("source_file", "column", "rule")
        .agg(
            pl.len().alias("records"),
            pl.col("source_row").min().alias("first_line"),
            pl.col("value").first().alias("first_value"),
        )
        .sort("records", "source_file", "column", descending=[True, False, False])
    )
    yield Result(
        name="rejected",
        title="Records that break a rule",
        table=by_rule.to_pandas(),
        summary=f"{logbook.rejected['source_row'].len():,} values break a rule; "
        "correct them in the app and export again, or leave them out.",
    )


def missing(logbook: Logbook) -> Iterator[Takeaway]:
    """Yield what stands first on a page: that a good part of a file is not in it."""
    yield from (Takeaway(str(note)) for note in logbook.notes if note.loud)


def said(logbook: Logbook) -> Iterator[Prose]:
    """Yield what reading the files had to say."""
    if logbook.notes:
        yield Prose("\n\n".join(map(str, logbook.notes)))
