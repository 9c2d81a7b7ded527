"""The field's words, one sentence each: the glossary of the pages, on the command line."""

from __future__ import annotations

from difflib import get_close_matches

from analysis.problems import UserError
from analysis.report.glossary import Term, default_terms


def explain(word: str) -> str:
    """Return what a term means.

    Raises:
        UserError: the glossary has no such term; the message names the nearest ones.
    """
    spellings: dict[str, Term] = {}
    for term in default_terms():
        for spelling in (term.id, term.term, *term.words):
            spellings[spelling.lower()] = term
    found = spellings.get(word.strip().lower())
    if found is not None:
        return f"{found.term}: {found.text}"
    near = get_close_matches(word.lower(), spellings, n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    known = ", ".join(term.term for term in default_terms())
    raise UserError(f"no entry for {word!r}{hint} Known: {known}")
