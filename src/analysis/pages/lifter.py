"""One lifter's page, a list of slices; a page per lifter, and an index where there are several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import __version__, schema
from analysis.legs.audit import audit_section, leg_audit
from analysis.legs.claims import article_section, claims
from analysis.logbook import Logbook
from analysis.measures.recent import recent
from analysis.outputs import folder_names, whole_folder
from analysis.pages import slices
from analysis.pages.slices import Lifter, Slice, missing
from analysis.progress import Tell, silent, told
from analysis.report import Block, BodyMap, Listing, Report, Section, Summary, Takeaway
from analysis.result import Result, small_tables
from analysis.units import KG_PER

SLICES: tuple[Callable[[Lifter], Slice], ...] = (
    slices.consistency,
    slices.changes,
    slices.body,
    slices.records,
    slices.flags,
    slices.muscles,
    slices.every_lift,
    slices.legs,
    slices.curious,
)
"""The page, from what a coach asks first to what only the curious ask."""

MOST = 6
"""Sentences at the top of a page."""


def athlete_page(
    logbook: Logbook,
    *,
    unit: str | None = None,
    shown: Mapping[str, Any] | None = None,
    shared_script: str = "",
    back: tuple[str, str] | None = None,
    **settings: Any,
) -> Report:
    """Return the page of a logbook that holds one athlete.

    Args:
        logbook: the athlete's sets and ledger.
        unit: "kg" or "lb", the unit the page opens in; that of the exports when not given.
        shown: fields of `Lifter` beside the logbook, such as `zones` or `found`.
        shared_script: relative address of a plotly.js that many pages share; "" keeps it inside.
        back: relative address and name of the page that leads here.
        settings: further facts for the provenance, such as options of the command line.

    Raises:
        ValueError: the logbook holds several athletes or none.
    """
    if len(logbook.athletes) != 1:
        raise ValueError(f"a page is of one athlete, not of {len(logbook.athletes)}")
    lifter = Lifter(logbook, **(shown or {}))
    parts = [of_question(lifter) for of_question in SLICES]
    page = Report(
        logbook.athletes[0],
        [block for part in parts for block in part.blocks],
        subtitle="What the work bought, as far as this log can tell",
        takeaways=[*missing(logbook), *said_first(parts)],
        header=_header(logbook),
        tables={"sets": logbook.sets},
        footer=(
            "An association in one person's log: technique, food, sleep and everything else that "
            "changed with the training is in it.",
        ),
        unit=unit or own_unit(logbook),
        shared_script=shared_script,
        back=back,
    )
    page.provenance = _provenance(logbook, settings, page.results)
    page.summary = _summary(page, parts)
    return page


PART_WORDS = 45
"""Words of one part of a summary, at most; five parts make about 150 words."""


def _summary(page: Report, parts: Sequence[Slice]) -> Summary:
    """Return what the parts say, shortened to what one reads on a phone."""
    said: list[tuple[str, list[str]]] = []
    for part in parts:
        sentences: list[str] = []
        for text in (*(takeaway.text for takeaway in part.takeaways), *part.told):
            if sum(len(each.split()) for each in (*sentences, text)) <= PART_WORDS:
                sentences.append(text)
        if part.heading and sentences:
            said.append((part.heading, sentences))
    found = {result.name: result.table for result in page.results}
    days = found["calendar"]
    trained = next((block for part in parts for block in bodies(part.blocks)), None)
    return Summary(
        title=page.title,
        period=dict(page.header)["Period"],
        parts=said,
        days=dict(zip(days["day"].dt.date, days["sets"], strict=True)),
        body=trained if trained and (trained.result.table["last_block"] > 0).any() else None,
        unit=page.unit,
    )


def bodies(blocks: Sequence[Block]) -> Iterator[BodyMap]:
    """Yield the body maps among blocks."""
    for block in blocks:
        if isinstance(block, BodyMap):
            yield block
        elif isinstance(block, Section):
            yield from bodies(block.items)


def said_first(parts: Sequence[Slice], most: int = MOST) -> list[Takeaway]:
    """Return the sentences of the top: the first of every slice, then the next ones in turn."""
    room = most - sum(bool(part.takeaways) for part in parts)
    said: list[Takeaway] = []
    for each in parts:
        taken = each.takeaways[: 1 + max(room, 0)]
        room -= max(len(taken) - 1, 0)
        said += taken
    return said[:most]


def own_unit(logbook: Logbook) -> str:
    """Return the unit that most loads of the exports are round numbers of.

    A load in lb that was exported in kg is not round in either, and stays in kg.
    """
    loads = logbook.sets["load_kg"].drop_nulls().to_numpy()
    loads = loads[loads > 0]

    def rounds(per: float) -> int:
        steps = loads / per * 2
        return int((abs(steps - steps.round()) < 1e-5).sum())

    return "lb" if rounds(KG_PER["lb"]) > rounds(0.5) else "kg"


def _header(logbook: Logbook) -> Iterator[tuple[str, str]]:
    sets = logbook.sets
    yield "Athlete", logbook.athletes[0]
    days = sets["started_at"].sort().dt.strftime("%-d %b %Y")
    yield "Period", f"{days[0]} to {days[-1]}"
    yield "Log", f"{sets.height:,} sets in {sets['session'].n_unique():,} sessions"
    yield "From", ", ".join(sorted(sets["app"].unique()))


def made_with(*packages: str) -> dict[str, Any]:
    """Return the versions that a page's provenance begins with."""
    return {"liftdose": __version__, "packages": {name: _version(name) for name in packages}}


@cache
def _version(package: str) -> str:
    return version(package)


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
        "settings": {
            result.name: dict(result.settings)
            for result in results
            if result.settings and result.name in SETTINGS_OF
        },
        "set_table_columns": [column.name for column in schema.SETS],
    }


SETTINGS_OF = ("recent", "volume", "frequency", "intensity", "strength")
"""Results whose settings stand in the provenance; all stand below the result as well."""


# One page per athlete; with several athletes, an index that leads to them.


WORKBOOK = find_spec("xlsxwriter") is not None
"""Whether the results can be written as a workbook too."""

TAKEAWAYS = 3
"""Sentences said at once: the first of a page, or one each of so many pages."""


def save(
    logbook: Logbook,
    out: Path,
    *,
    unit: str | None = None,
    anonymous: bool = False,
    tell: Tell = silent,
) -> Iterator[str]:
    """Write the pages and yield what to tell the user.

    One athlete: `index.html` and `data/` in `out`. Several: a folder each, and `index.html` with a
    row per athlete. `data/` holds a workbook where xlsxwriter is installed. The folder changes
    when all of it is there; `anonymous` says that nothing may stay in it that bears names.
    """
    athletes = logbook.athletes
    folders = folder_names(athletes) if len(athletes) > 1 else dict.fromkeys(athletes, "")
    said: list[str] = []
    with whole_folder(out, "report", anonymous=anonymous) as draft, small_tables():
        for name in told(athletes, tell, str):
            page = athlete_page(logbook.athlete(name) if len(athletes) > 1 else logbook, unit=unit)
            page.save(draft / folders[name], workbook=WORKBOOK)
            if len(athletes) == 1:
                said = [f"- {takeaway.text}" for takeaway in page.takeaways[:TAKEAWAYS]]
            elif len(said) < TAKEAWAYS:
                said.append(f"- {name}: {page.takeaways[0].text}")
        if len(athletes) > 1:
            _index(logbook, folders).save(draft / "index.html")
    yield from said
    if not WORKBOOK:
        yield "For the results as a workbook too: pip install 'liftdose[excel]'"
    if len(athletes) > 1:
        yield f"{len(athletes)} athletes; if these are one person's files, use --athlete NAME"
    yield f"{'Pages' if len(athletes) > 1 else 'Page'}: {out / 'index.html'}"


def save_audits(logbook: Logbook, out: Path, *, tell: Tell = silent) -> Iterator[str]:
    """Write the leg-day audit of each athlete and yield what to tell the user."""
    folders = folder_names(logbook.athletes)
    said: list[str] = []
    with whole_folder(out, "audit") as draft:
        for name in told(logbook.athletes, tell, str):
            own = logbook.athlete(name)
            page = Report(
                f"Leg-day audit: {name}",
                [audit_section(own), article_section(own)],
                subtitle="What an article claims, what this log shows, what trials say",
                takeaways=list(missing(own)),
            )
            inside = "" if len(folders) == 1 else folders[name]
            page.save(draft / inside)
            said += [leg_audit(own)[0].summary, claims(own).summary]
            said.append(f"Page: {out / inside / 'index.html'}")
    yield from said


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
