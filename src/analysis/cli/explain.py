"""The field's words, one sentence each, and the apps: the pages' glossary on the command line."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.problems import UserError, did_you_mean
from analysis.report.glossary import Term, default_terms


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


def terms() -> str:
    """Return the terms and muscle groups that can be explained."""
    words = ", ".join(term.term for term in default_terms())
    return f"Terms: {words}\nMuscle groups: {', '.join(_muscle_groups())}"


def format_lines(app: str | None = None) -> Iterator[str]:
    """Yield a table of the apps whose exports can be read: app, and where its export hides.

    Args:
        app: only this one.

    Raises:
        UserError: there is no such app; the message names the nearest one.
    """
    from analysis.ingest.vendors import known_vendors

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
        vendors = tuple(chosen)
    width = max(len(each.title) for each in vendors)
    yield f"{'app':<{width}}  where its export hides"
    for each in vendors:
        yield f"{each.title:<{width}}  {each.how_to_export}"


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
