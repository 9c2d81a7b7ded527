"""A routine before it is run: weekly sets per muscle against one's own history and landmarks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import polars as pl
from pydantic import Field

from analysis import exercises, settings
from analysis.exercises import Catalogue
from analysis.figures import bars, figure
from analysis.legs.leg_log import APART, LEGS, with_legs
from analysis.legs.routine import Routine, knowing, mapped_to, unmapped
from analysis.logbook import Logbook
from analysis.measures import counting
from analysis.measures.recent import coverage
from analysis.notes import Note
from analysis.problems import SettingsError, UserError, did_you_mean
from analysis.result import Figure, Result
from analysis.say import count, number, spoken

# Landmarks of weekly volume: practitioner heuristics that a user may edit, never evidence.


LABEL = "practitioner heuristic"


@dataclass(frozen=True, slots=True)
class Band:
    """Weekly direct sets of one muscle, each end itself a range of opinions."""

    minimum: tuple[float, float]
    maximum: tuple[float, float]

    @property
    def said(self) -> str:
        """The band in words, such as "6–12 to 18–22"."""
        ends = ("–".join(f"{n:g}" for n in dict.fromkeys(end)) for end in
                (self.minimum, self.maximum))  # fmt: skip
        return " to ".join(ends)

    def place(self, sets: float) -> str:
        """Return where a number of weekly sets lies; empty inside the band."""
        if sets < self.minimum[0]:
            return "below their minimum"
        return "above their maximum" if sets > self.maximum[1] else ""


def _ends(value: Any) -> tuple[float, float]:
    low, high = value if isinstance(value, list | tuple) else (value, value)
    return float(low), float(high)


def _is_range(value: Any) -> bool:
    ends = value if isinstance(value, list) else [value, value]
    return len(ends) == 2 and all(map(SETS.holds, ends)) and ends[0] <= ends[1]


SETS = settings.number(0, 100)
RANGE = settings.Rule(
    _is_range,
    "two numbers of sets from 0 to 100, the smaller first",
    remedy="write [6, 12]",
    into=_ends,
)
BOTH = settings.Needed(
    "a muscle needs minimum and maximum", "write minimum = [6, 12], maximum = [18, 22]"
)


class BandTable(settings.Settings):
    """One `[muscles.<name>]`."""

    minimum: Annotated[tuple[float, float], RANGE, BOTH]
    maximum: Annotated[tuple[float, float], RANGE, BOTH]


class LandmarksFile(settings.Settings):
    """What a file of landmarks holds; the label is for whoever reads the file."""

    label: Annotated[str, settings.TEXT] = LABEL
    muscles: dict[str, BandTable] = Field(default={})


def landmarks(path: Path | None = None, *, muscles: Collection[str] = ()) -> Mapping[str, Band]:
    """Return the landmarks by muscle group.

    Args:
        path: a file in the form of `landmarks.toml`; none for the one that is shipped.
        muscles: muscle groups that may be named; empty for any.

    Raises:
        SettingsError: an entry breaks a rule; the message names file, key, value, rule, remedy.
    """
    shipped = files("analysis.legs").joinpath("landmarks.toml")
    file = path.name if path else "landmarks.toml"
    said = settings.read((path or shipped).read_bytes(), file, LandmarksFile)
    bands = {}
    for name, entry in said.muscles.items():
        key, band = f'muscles."{name}"', Band(entry.minimum, entry.maximum)
        if muscles and name not in muscles:
            remedy = did_you_mean(name, muscles) or f"use one of {', '.join(sorted(muscles))}"
            raise SettingsError(file, key, band.said, "no such muscle", remedy)
        if band.minimum[0] > band.maximum[1]:
            rule = "the minimum lies above the maximum"
            raise SettingsError(file, key, band.said, rule, "exchange them")
        bands[name] = band
    return bands


HISTORY_WEEKS = 8
"""Own history is the mean of the last eight weeks that hold a log."""

CHANGE_PCT = 30.0
"""A change against one's own weeks that is named. Our convention, no threshold of harm."""


def plan(
    routine: Routine,
    logbook: Logbook | None = None,
    bands: Mapping[str, Band] | Path | None = None,
) -> Result:
    """Show what a routine trains in a week, and what it leaves out.

    Args:
        routine: one week, from `read_routine`.
        logbook: the log of the one athlete who is to run it, for comparison.
        bands: landmarks by muscle group, or a file of them; none for those shipped.

    Returns:
        Result whose table has one row per muscle group, gastrocnemius and soleus also apart:
        `muscle`, `direct` and `fractional` (planned sets a week), `days` (with a direct set),
        `own_now` (fractional sets a week over the athlete's last 8 weeks; with a logbook only),
        `landmark` (direct sets a week, practitioner heuristic; empty where none is known) and
        `gap` (what stands out, in words).

    Raises:
        UserError: the logbook holds several athletes or none.
        SettingsError: the landmarks file breaks a rule.
    """
    shipped = logbook.catalogue if logbook else exercises.load()
    catalogue = knowing(routine, with_legs(shipped))
    known = set(counting.muscles(catalogue)) - {LEGS}
    if not isinstance(bands, Mapping):
        bands = landmarks(bands, muscles=known)
    mapped = mapped_to(routine, catalogue)
    own = _own(logbook, catalogue) if logbook else {}
    table = _per_muscle(mapped, catalogue)
    table["own_now"] = [own.get(name) for name in table["muscle"]]
    table["landmark"] = [bands[name].said if name in bands else "" for name in table["muscle"]]
    table["gap"] = [_gap(row, bands.get(str(row["muscle"]))) for row in table.to_dict("records")]
    if logbook is None:
        table = table.drop(columns="own_now")
    table["muscle"] = [spoken(name) for name in table["muscle"]]
    return Result(
        name="plan",
        title=f"Routine: {Path(routine.file).stem}",
        table=table,
        summary=_summary(routine, table, mapped),
        draw=_draw,
        notes=_notes(routine, mapped, catalogue, logbook),
        settings={
            "routine": routine.file,
            "history_weeks": HISTORY_WEEKS if logbook else None,
            "change_pct": CHANGE_PCT,
            "landmarks": LABEL,
        },
    )


def _per_muscle(mapped: pl.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    direct = pl.col("role") == "direct"
    counted = (
        counting.by_muscle(mapped, catalogue)
        .group_by("muscle")
        .agg(
            counting.credit("direct").sum().alias("direct"),
            counting.credit("fractional").sum().alias("fractional"),
            pl.col("day").filter(direct).n_unique().cast(pl.Int64).alias("days"),
        )
    )
    return (
        pl.DataFrame({"muscle": _groups(catalogue)})
        .join(counted, on="muscle", how="left", maintain_order="left")
        .with_columns(pl.col("direct", "fractional", "days").fill_null(0))
        .rename({"muscle": "muscle"})
        .to_pandas()
    )


def _groups(catalogue: Catalogue) -> list[str]:
    """Return the groups from the legs up, the two calf muscles after the calves."""
    names = [n for n in counting.muscles(catalogue) if n not in (LEGS, *APART)]
    at = names.index("calves") + 1
    return [*names[:at], *APART, *names[at:]]


def _own(logbook: Logbook, catalogue: Catalogue) -> dict[str, float]:
    if len(logbook.athletes) != 1:
        raise UserError(
            f"the log holds {len(logbook.athletes)} athletes; a routine is set against one: "
            "give one athlete's files, or name them with --athlete"
        )
    seen = replace(logbook, catalogue=catalogue)
    table = coverage(seen, block_weeks=HISTORY_WEEKS).table
    return dict(zip(table["muscle"], table["last_block"], strict=True))


def _gap(row: Mapping[object, object], band: Band | None) -> str:
    direct, fractional = float(str(row["direct"])), float(str(row["fractional"]))
    said = [
        "" if direct else "only as a helper" if fractional else "not trained",
        band.place(direct) if band else "",
        _against_own(fractional, row["own_now"]),
    ]
    return "; ".join(part for part in said if part)


def _against_own(planned: float, own: object) -> str:
    if not isinstance(own, float) or pd.isna(own) or not planned + own:
        return ""
    if not own:
        return "new to you"
    if not planned:
        return f"you do {number(own)} now"
    change = 100 * (planned / own - 1)
    return f"{change:+.0f} % against your own weeks" if abs(change) >= CHANGE_PCT else ""


def _summary(routine: Routine, table: pd.DataFrame, mapped: pl.DataFrame) -> str:
    trained = table[table["direct"] > 0].sort_values("direct", ascending=False, kind="stable")
    said = ", ".join(
        f"{row['muscle']} {number(row['direct'], 0)}" for row in trained.to_dict("records")
    )
    none = table.loc[(table["direct"] == 0) & (table["fractional"] == 0), "muscle"]
    left = f" Not trained: {', '.join(none)}." if len(none) else ""
    lost = mapped.filter(pl.col("exercise_id").is_null())
    if lost.height:
        left += f" {count(int(lost['sets'].sum()), 'set')} of unknown exercises count for none."
    return (
        f"{count(int(mapped['sets'].sum()), 'set')} a week on {count(len(routine.days), 'day')}; "
        f"direct sets: {said or 'none'}.{left}"
    )


def _notes(
    routine: Routine, mapped: pl.DataFrame, catalogue: Catalogue, logbook: Logbook | None
) -> tuple[Note | str, ...]:
    easy = int(mapped.filter(pl.col("rir") > counting.MAX_RIR)["sets"].sum())
    unsaid = int(mapped.filter(pl.col("rir").is_null())["sets"].sum())
    notes: list[Note | str] = [
        *(
            Note(
                "line not read",
                routine.file,
                count=1,
                facts={"line": each.line, "text": each.text, "why": each.why},
                sentence="line {line}: “{text}” was not read: {why}.",
            )
            for each in routine.unread
        ),
        *unmapped(routine, catalogue),
        *counting.left_out(mapped.filter(pl.col("exercise_id").is_not_null()), catalogue),
    ]
    if easy:
        notes.append(
            Note(
                "easy sets planned",
                count=easy,
                facts={"most": counting.MAX_RIR},
                sentence="{n:set} planned with more than {most:g} repetitions in reserve; by "
                "the usual rule that is not hard.",
            )
        )
    if unsaid:
        said = "No effort is planned for {n:set}, counted all the same."
        notes.append(Note("no effort planned", count=unsaid, sentence=said))
    if logbook is not None:
        notes.append(
            f"“Own now” is the mean of the last {HISTORY_WEEKS} weeks that hold a log; changes "
            f"from {CHANGE_PCT:g} % are named, with no judgement."
        )
    notes.append(
        f"Landmarks are a {LABEL}, not evidence: weekly direct sets in one transcription of "
        "Israetel's values. Where none is known to us (calves and above the legs) the field is "
        "empty. A file of your own takes their place."
    )
    notes.append("The routine is taken as one week; every day of it is trained once.")
    return tuple(notes)


def _draw(table: pd.DataFrame) -> Figure:
    columns = [("fractional", "planned", 0)]
    if "own_now" in table:
        columns.insert(0, ("own_now", "your own weeks", 4))
    rows = table.iloc[::-1]
    hover = "%{y}: %{x:.1f} sets a week<extra>%{fullData.name}</extra>"
    return figure(
        [
            bars(rows[name], rows["muscle"], said, series=place, hover=hover, orientation="h")
            for name, said, place in columns
        ],
        x="Fractional sets a week",
        y="",
        barmode="group",
        height=620,
    )
