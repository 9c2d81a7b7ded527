"""The audit ready for a page: headings with the results under them, in reading order.

A phone shows two columns of a table and hides the sentence in the third. So the audit and the
claims also come as cards, one a topic, with the tables folded away under them.
"""

from __future__ import annotations

from typing import Any

from analysis.legs.audit import DETAILS, summary
from analysis.legs.claims import compare, readable
from analysis.legs.evidence import READING, evidence
from analysis.legs.leg_log import logs_of, of_each
from analysis.logbook import Logbook
from analysis.report import Flag, Flags, Prose, Section
from analysis.result import Result

LEVELS = {"done": "good", "partly done": "attention", "not done": "attention"}
"""Words for what a log shows → how a card looks; every other word is a notice."""

BACKED = ("supported", "partly supported")


def audit_blocks(logbook: Logbook) -> list[Section]:
    """Return the leg audit and the claims, a section of a page each."""
    return [audit_section(logbook), article_section(logbook)]


def audit_section(logbook: Logbook) -> Section:
    """Return what the log shows of leg training: sentence, cards, and the tables folded."""
    audited, details, _ = _results(logbook)
    return Section(
        "leg-day",
        "Leg-day audit",
        [
            Prose(audited.summary),
            audit_cards(audited),
            Section("leg-detail", "Legs in detail", [*details, audited], folded=True),
        ],
        intro="What this log shows of leg training, topic by topic.",
    )


def article_section(logbook: Logbook) -> Section:
    """Return the article's claims beside the log and the trials, folded."""
    _, _, compared = _results(logbook)
    return Section(
        "article",
        "What an article on leg training claims",
        [
            Prose(f"{compared.summary}\n\n{READING}"),
            claim_cards(compared),
            Section(
                "article-tables",
                "Claims and trials as tables",
                [readable(compared), evidence()],
                folded=True,
            ),
        ],
        intro="The badge is what trials say. Whether you do it is another question.",
        folded=True,
    )


def audit_cards(audited: Result) -> Flags:
    """Return one card per topic: the badge is what the log shows."""
    return Flags(
        [
            Flag(
                row["verdict"],
                f"{_whose(row)}{_capital(row['topic'])}. {row['this_log']}",
                LEVELS.get(row["verdict"], "notice"),
            )
            for row in audited.table.to_dict("records")
        ]
    )


def claim_cards(compared: Result) -> Flags:
    """Return one card per claim: the badge is the evidence; the text holds both answers."""
    return Flags(
        [
            Flag(
                row["verdict"],
                f"{_whose(row)}{row['claim']}. Your log ({row['in_your_log']}): "
                f"{row['your_log']} Trials: {row['evidence']}",
                LEVELS.get(row["in_your_log"], "notice") if row["verdict"] in BACKED else "notice",
            )
            for row in compared.table.to_dict("records")
        ]
    )


def _results(logbook: Logbook) -> tuple[Result, list[Result], Result]:
    return logbook.once("leg sections", lambda: _made(logbook))


def _made(logbook: Logbook) -> tuple[Result, list[Result], Result]:
    logs = logs_of(logbook)
    details = [of_each(logs, part) for part in DETAILS]
    return of_each(logs, summary), details, of_each(logs, compare)


def _whose(row: dict[Any, Any]) -> str:
    return f"{row['athlete']}: " if "athlete" in row else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
