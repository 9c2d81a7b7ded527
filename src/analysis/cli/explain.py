"""The field's words, one sentence each, and the apps: the pages' glossary on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from analysis.problems import UserError, did_you_mean
from analysis.report.glossary import Term, default_terms

if TYPE_CHECKING:
    from analysis.ingest.vendors import Vendor


def explain(word: str) -> str:
    """Return what a term means, or which muscles a muscle group holds.

    Raises:
        UserError: there is no such term or group; the message names the nearest ones.
    """
    wanted = word.strip().casefold()
    spellings = _spellings()
    if wanted in spellings:
        found = spellings[wanted]
        return f"{found.term}: {found.text}"
    groups = _muscle_groups()
    if wanted in groups:
        return f"{wanted}: a muscle group of this program, made of {', '.join(groups[wanted])}."
    near = did_you_mean(word, [*spellings, *groups], most=3)
    hint = f"; {near}" if near else ""
    raise UserError(f"no entry for {word!r}{hint}\n{terms()}")


def explain_all(words: Sequence[str]) -> str:
    """Return what each term of a command line means; a term may be of several words.

    Raises:
        UserError: as `explain`, for the first word that begins no known term.
    """
    known = {*_spellings(), *_muscle_groups()}
    said: list[str] = []
    left = list(words)
    while left:
        sizes = range(len(left), 0, -1)
        size = next((n for n in sizes if " ".join(left[:n]).strip().casefold() in known), 0)
        if not size and not said:
            return explain(" ".join(left))
        said.append(explain(" ".join(left[: size or 1])))
        left = left[size or 1 :]
    return "\n".join(said)


def terms() -> str:
    """Return the terms and muscle groups that can be explained."""
    words = ", ".join(term.term for term in default_terms())
    return f"Terms: {words}\nMuscle groups: {', '.join(_muscle_groups())}"


def format_lines(app: str | None = None) -> Iterator[str]:
    """Yield what can be read: what each app's export carries, and where it hides.

    Args:
        app: only this one, at length.

    Raises:
        UserError: there is no such app; the message names the nearest one.
    """
    from analysis.ingest.vendors import known_vendors
    from analysis.ingest.vendors._by_name import REFUSED

    vendors = known_vendors()
    if app is not None:
        wanted = app.strip().casefold()
        chosen = [each for each in vendors if wanted in each.title.casefold()]
        if not chosen or not wanted:
            titles = [each.title for each in vendors]
            hint = did_you_mean(app, [*titles, *(title.split()[0] for title in titles)])
            known = ", ".join(titles)
            raise UserError(
                f"no format is called {app!r}; {hint or 'it cannot be read yet.'} Known: {known}"
            )
        for each in chosen:
            yield from _at_length(each)
        return
    yield from _columns([_HEADINGS, *(_in_a_line(each) for each in vendors)])
    yield ""
    yield from _columns(
        [
            ("app", "where its export hides"),
            *((each.title, each.how_to_export) for each in vendors),
        ]
    )
    yield ""
    yield "A table of your own (CSV, XLSX, XLS, ODS): `liftdose recipe FILE` drafts how it is read"
    yield "Known by name and not read (`liftdose ingest` says why): " + ", ".join(
        each.title for each in REFUSED
    )


_HEADINGS = (
    "app", "unit of loads", "kinds of sets", "effort", "supersets", "set times", "body mass",
    "timed", "distance", "notes", "clock", "seen in real exports",
)  # fmt: skip
_CLOCKS = {"wall": "wall", "utc": "UTC", "day": "day only"}


def _in_a_line(vendor: Vendor) -> tuple[str, ...]:
    says = vendor.carries
    seen = ("yes" if says.verified else "no") if not says.documented else "in part"
    has = (says.supersets, says.set_times, says.body_mass, says.durations, says.distances)
    return (
        vendor.title,
        says.units if says.kinds else "",
        ", ".join(says.kinds) or "no sets",
        ", ".join(says.effort).upper(),
        *("yes" if each else "" for each in (*has, says.notes)),
        _CLOCKS[says.clock],
        seen if says.verified else "no",
    )


def _at_length(vendor: Vendor) -> Iterator[str]:
    """One app: what it carries, one line each, and nothing of what it does not."""
    says = vendor.carries
    carried = {
        "time of each set": says.set_times,
        "supersets": says.supersets,
        "body mass": says.body_mass,
        "timed sets": says.durations,
        "distances": says.distances,
        "notes": says.notes,
    }
    yield vendor.title
    yield f"  export      {vendor.how_to_export}"
    if says.kinds:
        yield f"  loads       unit: {says.units}"
        yield f"  sets        {', '.join(says.kinds)}"
    if says.effort:
        yield f"  effort      {' and '.join(says.effort).upper()}"
    yield f"  holds also  {', '.join(name for name, held in carried.items() if held) or 'nothing'}"
    if says.load_bases:
        yield f"  a load is   {', '.join(says.load_bases)}: the export itself says which"
    if says.planned:
        yield "  no sets     what was planned, skipped or left empty is told apart and counted"
    yield f"  clock       {_CLOCKS[says.clock]}"
    if says.verified:
        yield f"  seen        in real exports: {'; '.join(says.verified)}"
    if says.documented:
        yield f"  not seen    known from documentation or code: {'; '.join(says.documented)}"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Cells under each other, as wide as the widest."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _spellings() -> dict[str, Term]:
    return {
        spelling.casefold(): term
        for term in default_terms()
        for spelling in (term.id, term.term, *term.words)
    }


def _muscle_groups() -> dict[str, list[str]]:
    from analysis import exercises

    muscles = exercises.load().muscles.sort("order")
    listed = muscles.group_by("group", maintain_order=True).agg("muscle")
    return {group: [str(name) for name in names] for group, names in listed.iter_rows()}
