"""One lifter's page: takeaways, the last block, the muscles, strength, data quality, methods."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from analysis import __version__, schema
from analysis.figures import Trace, band, bars, figure, line
from analysis.legs.audit import leg_audit
from analysis.legs.claims import claims
from analysis.legs.sections import audit_blocks
from analysis.logbook import Logbook
from analysis.measures.counting import exercise_list
from analysis.measures.frequency import frequency
from analysis.measures.intensity import ZONES, intensity
from analysis.measures.mapping import mapping_audit
from analysis.measures.progression import progression
from analysis.measures.recent import MEASURES, coverage, recent
from analysis.measures.strength import strength
from analysis.measures.volume import volume
from analysis.models.dose import dose_response
from analysis.models.latent import latent_strengths, strength_overview
from analysis.models.latent.muscle import shared_notes, status_in_words
from analysis.progress import Tell, silent, told
from analysis.report import (
    BodyMap,
    Flag,
    Flags,
    Listing,
    Prose,
    Report,
    Section,
    Takeaway,
    Tile,
    Tiles,
)
from analysis.result import Figure, Result
from analysis.signals.flags import Finding, Thresholds, find, newest_day

# A muscle at a glance: weekly sets, training days, load and repetitions of its direct sets.


ZONE = "reps_"


def muscle_tiles(
    now: Mapping[Hashable, Any], often: pd.DataFrame, heavy: pd.DataFrame | None
) -> Tiles:
    """Return the tiles of one muscle.

    Args:
        now: its row of `measures.recent.coverage`.
        often: its rows of `measures.frequency`.
        heavy: its rows of `measures.intensity`, None without a direct set.
    """
    tiles = [_sets(now), _days(often)]
    if heavy is not None:
        tiles += [_load(heavy), _repetitions(heavy)]
    return Tiles(tiles)


def _sets(now: Mapping[Hashable, Any]) -> Tile:
    before = now["own_average"]
    usual = "" if pd.isna(before) else f"; {before:.1f} before"
    comparison = f"{now['direct_last_block']:.1f} of them direct{usual}"
    return Tile("Sets a week, last block", round(float(now["last_block"]), 1), "", comparison)


def _days(often: pd.DataFrame) -> Tile:
    days = often.loc[often["training_days"].notna(), "direct_days"]
    twice = 100 * (days >= 2).mean()
    comparison = f"two or more in {twice:.0f} % of {len(days)} logged weeks"
    return Tile("Days a week, trained directly", round(float(days.mean()), 1), "", comparison)


def _load(heavy: pd.DataFrame) -> Tile:
    known = heavy[heavy["pct_sets"] > 0]
    if known.empty:
        return Tile("Load", "unknown", "", "no direct set with an earlier e1RM to be a share of")
    comparison = f"middle of {len(known)} weeks, {int(known['pct_sets'].sum()):,} sets"
    return Tile("Load, % of e1RM", round(float(known["pct_e1rm"].median())), "%", comparison)


def _repetitions(heavy: pd.DataFrame) -> Tile:
    """Return the zone that holds most sets, with the shares of the others beside it."""
    sums = heavy[[name for name in heavy if str(name).startswith(ZONE)]].sum()
    total = float(sums.sum())
    if not total:
        return Tile("Repetitions", "none", "", "all direct sets are timed or by distance")
    shares = {_zone(str(name)): 100 * value / total for name, value in sums.items() if value}
    most = max(shares, key=lambda zone: shares[zone])
    rest = ", ".join(f"{zone}: {share:.0f} %" for zone, share in shares.items() if zone != most)
    said = f"reps in {shares[most]:.0f} % of sets" + (f"; {rest}" if rest else "")
    return Tile("Most sets are of", most, "", said)


def _zone(name: str) -> str:
    return name.removeprefix(ZONE).replace("_up", "+").replace("_", "–")


# One folded section per muscle that was trained: its sets and strength by week, its exercises.


SETS = ["week", "direct_sets", "fractional_sets", "hard_sets", "effort_unknown_sets"]
STRENGTH = ["index", "low", "high", "exercises"]
RATE = ["pct_per_4_weeks", "low", "high"]


def trained_groups(exercises: Result) -> list[str]:
    """Return the muscle groups with a direct exercise, in the catalogue's order."""
    table = exercises.table
    return [str(name) for name in table.loc[table["role"] == "direct", "muscle"].unique()]


def muscle_sections(
    exercises: Result,
    strengths: Mapping[str, Result],
    volume: Result,
    coverage: Result,
    rising: Result,
    often: Result,
    heavy: Result,
) -> Iterator[Section]:
    """Yield a section per muscle group with a direct exercise.

    Args:
        exercises: exercises per group (`measures.exercise_list`), of one athlete.
        strengths: latent strength per group.
        volume: weekly sets (`measures.volume`).
        coverage: the last block against the own average (`measures.recent.coverage`).
        rising: rates per exercise (`measures.progression`).
        often: training days per week (`measures.frequency`).
        heavy: load and repetitions per week (`measures.intensity`).
    """
    now = {row["muscle"]: row for row in coverage.table.to_dict("records")}
    rates = rising.table[rising.table["scope"] == "exercise"].set_index("name")[RATE]
    used = exercises.table.drop(columns="athlete").join(rates, on="exercise")
    said = shared_notes(strengths)
    weeks, names = _by_group(volume.table), _by_group(used)
    days, loads = _by_group(often.table), _by_group(heavy.table)
    for group, latent in strengths.items():
        yield Section(
            f"muscle-{group.replace('_', '-')}",
            in_words(group),
            [
                muscle_tiles(now[group], days[group], loads.get(group)),
                _by_week(weeks[group], latent, group, said),
                _exercises(names[group], group),
            ],
            intro=f"{_now(now[group])}; strength {_change(latent.table)}.",
            folded=True,
        )


def _by_group(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(name): rows for name, rows in table.groupby("muscle")}


def in_words(group: str) -> str:
    """Return a group's name as a heading.

    >>> in_words("upper_back")
    'Upper back'
    """
    return group.replace("_", " ").capitalize()


def _now(row: Mapping[Hashable, Any]) -> str:
    own = "" if pd.isna(row["own_average"]) else f", {row['own_average']:.1f} before"
    return f"{row['last_block']:.1f} sets a week ({row['direct_last_block']:.1f} direct{own})"


def _change(strength: pd.DataFrame) -> str:
    if strength.empty or pd.isna(strength["change_pct"].iloc[-1]):
        return "not to be told yet"
    last = strength.iloc[-1]
    numbers = (last["change_pct"], last["change_low_pct"], last["change_high_pct"])
    change, low, high = (f"{number:+.1f}".replace("-", "−") for number in numbers)
    return f"{change} % [{low}, {high}]: {status_in_words(last.to_dict())}"


def _by_week(weeks: pd.DataFrame, strength: Result, group: str, said: tuple[str, ...]) -> Result:
    logged = weeks["fractional_sets"].dropna().to_numpy()
    low, middle, high = np.quantile(logged, (0.25, 0.5, 0.75))
    return Result(
        name=f"weekly-{group.replace('_', '-')}",
        title=f"Sets and strength by week: {in_words(group).lower()}",
        table=_side_by_side(weeks[SETS], strength.table),
        summary=(
            f"{middle:.1f} fractional sets in a typical logged week (middle half {low:.1f} to "
            f"{high:.1f}, n = {len(logged)} weeks). {strength.summary}"
        ),
        draw=_draw,
        notes=tuple(note for note in strength.notes if note not in said),
    )


def _side_by_side(weeks: pd.DataFrame, strength: pd.DataFrame) -> pd.DataFrame:
    """Return the sets of every week with the strength index in it; each has its own weeks."""
    table = weeks.reset_index(drop=True)
    if strength.empty:
        return table
    week = table["week"].to_numpy().astype("datetime64[D]")
    # the Monday before or on the day; where two days share a week, the later one is kept
    place = np.searchsorted(week, strength["day"].to_numpy().astype("datetime64[D]"), "right") - 1
    for name in STRENGTH:
        values = np.full(len(table), np.nan)
        values[place] = strength[name].to_numpy()
        table[name] = values
    return table


def _draw(table: pd.DataFrame) -> Figure:
    if "index" not in table:
        one = _bars(table, "y")
        return figure(one, x="Week", y="Sets a week", time_axis="x", height=260, barmode="overlay")
    known = table[table["index"].notna()]
    week = known["week"].tolist()
    hover = "week of %{x}: index %{y:.1f}, %{customdata} exercises<extra></extra>"
    strength = [
        band(week, known["low"].tolist(), known["high"].tolist(), "95 % band", series=1),
        line(
            week,
            known["index"],
            "strength",
            series=1,
            hover=hover,
            mode="lines",
            customdata=known["exercises"].tolist(),
        ),
    ]
    drawn = figure(
        [*strength, *_bars(table, "y2")],
        x="Week",
        y="Strength (start = 100)",
        time_axis="x",
        height=400,
        barmode="overlay",
    )
    drawn["layout"]["xaxis"]["anchor"] = "y2"
    drawn["layout"]["yaxis"]["domain"] = [0.44, 1]
    drawn["layout"]["yaxis2"] = {
        "title": {"text": "Sets a week"},
        "domain": [0, 0.36],
        "automargin": True,
        "rangemode": "tozero",
    }
    return drawn


def _bars(table: pd.DataFrame, axis: str) -> list[Trace]:
    hover = "week of %{x}: %{y:.1f} sets<extra>%{fullData.name}</extra>"
    shown = {"fractional_sets": ("counting half where it helps", 4), "direct_sets": ("direct", 0)}
    return [
        bars(table["week"], table[name], said, series=place, hover=hover, yaxis=axis)
        for name, (said, place) in shown.items()
    ]


def _exercises(rows: pd.DataFrame, group: str) -> Result:
    table = rows.drop(columns="muscle")
    rated = table["pct_per_4_weeks"].notna().sum()
    return Result(
        name=f"exercises-{group.replace('_', '-')}",
        title=f"Exercises: {in_words(group).lower()}",
        table=table.reset_index(drop=True),
        summary=(
            f"{(table['role'] == 'direct').sum()} exercises train it directly, "
            f"{(table['role'] == 'indirect').sum()} assist; {rated} have a rate of strength gain "
            "(% per 4 weeks with its 95 % interval)."
        ),
    )


# What a page says of its data and of itself: every record accounted for, what made the page.


def made_with(*packages: str) -> dict[str, Any]:
    """Return the versions that a page's provenance begins with."""
    return {"liftdose": __version__, "packages": {name: version(name) for name in packages}}


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


def said(logbook: Logbook) -> Iterator[Prose]:
    """Yield what reading the files had to say."""
    if logbook.notes:
        yield Prose("\n\n".join(map(str, logbook.notes)))


# Flags as a block of a page: the sentence of each, with the rows that say so.


KINDS = {"record": "new best", "inactive": "inactivity", "drop": "sudden drop"}
"""What a page calls a flag, where one word is too short."""


def athlete_flags(
    logbook: Logbook, thresholds: Thresholds | None = None, *, today: date | None = None
) -> Section:
    """Return the section of flags of a logbook that holds one athlete.

    Args:
        logbook: the athlete's sets.
        thresholds: from when on something is a flag.
        today: the day they are raised on; the newest logged day when not given.
    """
    thresholds, today = thresholds or Thresholds(), today or newest_day(logbook)
    return flags_section(find(logbook, thresholds, today=today), thresholds, today)


def flags_section(found: Iterable[Finding], thresholds: Thresholds, today: date | None) -> Section:
    """Return flags that were found already as a section."""
    flags = [
        Flag(KINDS.get(each.flag, each.flag), each.sentence, each.level, each.rows)
        for each in found
    ]
    when = f"{today.isoformat()}, " if today else ""
    return Section(
        "flags",
        "Flags",
        [Flags(flags), Prose("A flag is a reason to look, no diagnosis.")],
        intro=f"As of {when}over the last {thresholds.block_weeks} weeks of the log.",
    )


UNITS = {"tonnage_kg": "kg"}


def athlete_page(
    logbook: Logbook,
    *,
    unit: str = "kg",
    zones: Sequence[int] = ZONES,
    flags: Section | None = None,
    shared_script: str = "",
    **settings: Any,
) -> Report:
    """Return the page of a logbook that holds one athlete.

    Args:
        logbook: the athlete's sets and ledger.
        unit: "kg" or "lb", the unit the page opens in.
        zones: first repetition of each zone of `intensity`.
        flags: the section of flags; None raises the default ones as of the newest logged day.
        shared_script: relative address of a plotly.js that many pages share; "" keeps it inside.
        settings: further facts for the provenance, such as options of the command line.

    Raises:
        ValueError: the logbook holds several athletes or none.
    """
    if len(logbook.athletes) != 1:
        raise ValueError(f"a page is of one athlete, not of {len(logbook.athletes)}")
    now, trained = recent(logbook), coverage(logbook)
    weekly, often, heavy = volume(logbook), frequency(logbook), intensity(logbook, zones=zones)
    strong, rising = strength(logbook), progression(logbook)
    exercises = exercise_list(logbook)
    strengths = latent_strengths(logbook, trained_groups(exercises))
    changed = strength_overview(strengths)
    mapping, ledger = mapping_audit(logbook), ledger_result(logbook)
    sections = [
        flags or athlete_flags(logbook),
        Section("now", "The last four weeks", [_tiles(now), now]),
        Section(
            "coverage-map",
            "Muscles",
            [BodyMap(trained, "muscle", "last_block", "sets a week"), weekly, often, heavy],
        ),
        Section("progress", "Strength", [changed, rising, strong]),
        Section(
            "volume-and-strength",
            "Does volume buy strength here?",
            [_volume_and_strength(logbook, group) for group in _most(trained)],
            intro="What this log alone says, and what it says together with published trials. "
            "One lifter's log hardly ever settles it.",
        ),
        Section(
            "muscle-by-muscle",
            "Muscle by muscle",
            list(muscle_sections(exercises, strengths, weekly, trained, rising, often, heavy)),
            intro="Sets a week in the last block; change of strength over the last 56 days with "
            "its 95 % interval. Open a muscle for its weeks and its exercises.",
        ),
        *(replace(section, folded=True) for section in audit_blocks(logbook)),
        Section(
            "quality",
            "Data quality",
            [ledger, *rejected_results(logbook), *said(logbook), mapping],
        ),
    ]
    return Report(
        logbook.athletes[0],
        sections,
        subtitle="What the work bought, as far as this log can tell",
        takeaways=[
            Takeaway(result.summary, result.name)
            for result in (changed, rising, weekly, often, now, strong)
        ],
        header=_header(logbook),
        provenance=_provenance(
            logbook, settings, [now, weekly, often, heavy, strong, rising, changed]
        ),
        tables={"sets": logbook.sets},
        footer=(
            "An association in one person's log: technique, food, sleep and everything else that "
            "changed with the training is in it.",
        ),
        unit=unit,
        shared_script=shared_script,
    )


def _header(logbook: Logbook) -> Iterator[tuple[str, str]]:
    sets = logbook.sets
    yield "Athlete", logbook.athletes[0]
    days = sets["started_at"].sort().dt.strftime("%-d %b %Y")
    yield "Period", f"{days[0]} to {days[-1]}"
    yield "Log", f"{sets.height:,} sets in {sets['session'].n_unique():,} sessions"
    yield "From", ", ".join(sorted(sets["app"].unique()))


def _volume_and_strength(logbook: Logbook, group: str) -> Result:
    """Return what one log can bear: shapes and other choices take a cohort."""
    return dose_response(logbook, muscle=group, more=False, sensitivity=())


def _most(trained: Result, muscles: int = 2) -> list[str]:
    """Return the muscle groups with the most direct sets: where a log can say most."""
    order = trained.table.sort_values("own_average", ascending=False, kind="stable")
    direct = order[(order["own_average"] > 0) & (order["direct_last_block"] > 0)]
    return [str(group) for group in direct["muscle"].head(muscles)]


def _tiles(now: Result) -> Tiles:
    return Tiles([_tile(row) for row in now.table.to_dict("records")])


def _tile(row: dict[Any, Any]) -> Tile:
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


def _provenance(
    logbook: Logbook, settings: dict[str, Any], results: list[Result]
) -> dict[str, Any]:
    return {
        **made_with("polars", "pandas", "numpy", "scipy", "plotly"),
        "inputs": {str(entry["file"]): entry for entry in logbook.provenance},
        "counts": {
            "sets": logbook.sets.height,
            "sessions": logbook.sets["session"].n_unique(),
            "exercises": logbook.exercises.height,
            "unmapped": logbook.unmapped.height,
        },
        "options": {key: value for key, value in settings.items() if value is not None},
        "settings": {result.name: dict(result.settings) for result in results},
        "set_table_columns": [column.name for column in schema.SETS],
    }


# One page per athlete; with several athletes, an index that leads to them.


WORKBOOK = find_spec("xlsxwriter") is not None
"""Whether the results can be written as a workbook too."""

TAKEAWAYS = 3
"""Sentences said at once: the first of a page, or one each of so many pages."""


def save(logbook: Logbook, out: Path, *, unit: str = "kg", tell: Tell = silent) -> Iterator[str]:
    """Write the pages and yield what to tell the user.

    One athlete: `index.html` and `data/` in `out`. Several: a folder each, and `index.html` with a
    row per athlete. `data/` holds a workbook where xlsxwriter is installed.
    """
    athletes = logbook.athletes
    folders = folder_names(athletes) if len(athletes) > 1 else dict.fromkeys(athletes, "")
    said: list[str] = []
    for name in told(athletes, tell, str):
        page = athlete_page(logbook.athlete(name) if len(athletes) > 1 else logbook, unit=unit)
        path = page.save(out / folders[name], workbook=WORKBOOK)
        if len(athletes) == 1:
            said = [f"- {takeaway.text}" for takeaway in page.takeaways[:TAKEAWAYS]]
        elif len(said) < TAKEAWAYS:
            said.append(f"- {name}: {page.takeaways[0].text}")
    yield from said
    if not WORKBOOK:
        yield "For the results as a workbook too: pip install 'liftdose[excel]'"
    if len(athletes) == 1:
        yield f"Page: {path}"
        return
    yield f"{len(athletes)} athletes; if these are one person's files, use --athlete NAME"
    yield f"Pages: {_index(logbook, folders).save(out / 'index.html')}"


def save_audits(logbook: Logbook, out: Path, *, tell: Tell = silent) -> Iterator[str]:
    """Write the leg-day audit of each athlete and yield what to tell the user."""
    folders = folder_names(logbook.athletes)
    for name in told(logbook.athletes, tell, str):
        own = logbook.athlete(name)
        page = Report(
            f"Leg-day audit: {name}",
            audit_blocks(own),
            subtitle="What an article claims, what this log shows, what trials say",
        )
        yield leg_audit(own)[0].summary
        yield claims(own).summary
        yield f"Page: {page.save(out if len(folders) == 1 else out / folders[name])}"


def folder_names(athletes: list[str]) -> dict[str, str]:
    """Return a folder name per athlete: plain ASCII, no two alike."""
    names: dict[str, str] = {}
    for athlete in athletes:
        plain = unicodedata.normalize("NFKD", athlete).encode("ascii", "ignore").decode()
        slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower() or "athlete"
        taken = set(names.values())
        names[athlete] = slug if slug not in taken else f"{slug}-{len(names) + 1}"
    return names


def _index(logbook: Logbook, folders: dict[str, str]) -> Report:
    now = recent(logbook).table
    sets = now[now["measure"] == "working_sets"].set_index("athlete")
    rows = [
        {
            "athlete": name,
            "last_session": str(part.sets["started_at"].max())[:10],
            "sessions": part.sets["session"].n_unique(),
            "sets": part.sets.height,
            "sets_a_week_last_block": sets.loc[name, "last_block"],
            "sets_a_week_own_average": sets.loc[name, "own_average"],
            "page": f"{folders[name]}/index.html",
        }
        for name in folders
        for part in (logbook.athlete(name),)
    ]
    table = pd.DataFrame(rows)
    listing = Result(
        name="athletes",
        title="Athletes",
        table=table,
        summary=f"{len(rows)} athletes, {logbook.sets.height:,} sets.",
    )
    return Report("Athletes", [Listing(listing, links=(("athlete", "page"),))])


__all__ = ["folder_names", "save", "save_audits"]
