"""One lifter's page: takeaways, the last block, the muscles, strength, data quality, methods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis import schema
from analysis.audit.sections import audit_blocks
from analysis.exercises.audit import audit as mapping_audit
from analysis.logbook import Logbook
from analysis.measures.exercise_list import exercise_list
from analysis.measures.frequency import frequency
from analysis.measures.intensity import ZONES, intensity
from analysis.measures.progression import progression
from analysis.measures.recent import MEASURES, coverage, recent
from analysis.measures.strength import strength
from analysis.measures.volume import volume
from analysis.models.dose_response import dose_response
from analysis.models.latent import latent_strengths, strength_overview
from analysis.pages.flags import athlete_flags
from analysis.pages.muscles import muscle_sections, trained_groups
from analysis.pages.quality import ledger_result, made_with, rejected_results, said
from analysis.report import BodyMap, Report, Section, Takeaway, Tile, Tiles
from analysis.result import Result

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
            [BodyMap(trained, "group", "last_block", "sets a week"), weekly, often, heavy],
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
    """Return what one log can bear: shapes, lags and other choices take a cohort."""
    return dose_response(logbook, muscle=group, forms=(), lags=0, sensitivity=())


def _most(trained: Result, muscles: int = 2) -> list[str]:
    """Return the muscle groups with the most direct sets: where a log can say most."""
    order = trained.table.sort_values("own_average", ascending=False, kind="stable")
    direct = order[(order["own_average"] > 0) & (order["direct_last_block"] > 0)]
    return [str(group) for group in direct["group"].head(muscles)]


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
