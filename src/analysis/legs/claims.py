"""The article's claims, side by side with this log and with the evidence.

Two questions are kept apart. *Is it so?* is for trials (`verdict`). *Do you do it?* is for the
log (`in_your_log`). A thing can be done and not supported, or supported and not done.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files

import pandas as pd

from analysis.legs import dose, exercises, methods, overload
from analysis.legs.evidence import READING, Evidence, evidence, known
from analysis.legs.leg_log import (
    CARD_LEVELS,
    Answer,
    LegLog,
    columns,
    few,
    logs_of,
    not_measurable,
    of_each,
    unmapped_note,
)
from analysis.logbook import Logbook
from analysis.report.blocks import Flag, Flags, Prose, Section
from analysis.result import Result
from analysis.say import count

# The article's claims, in our own words: `claims.toml`.


VERDICTS = ("supported", "partly supported", "not supported", "unclear", "not tested")
"""What evidence says of a claim. "Not supported": trials do not show it; "not tested": our
evidence file holds no trial of it."""

BACKED = VERDICTS[:2]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the article; the fields are those of `claims.toml`."""

    says: str
    finding: str
    evidence: tuple[str, ...]
    verdict: str
    because: str = ""
    sections: tuple[int, ...] = ()
    questions: tuple[int, ...] = ()

    @property
    def sources(self) -> list[Evidence]:
        """The rows of evidence it rests on."""
        return [known()[name] for name in self.evidence]


@cache
def article() -> tuple[Claim, ...]:
    """Return the article's claims, in its order."""
    text = files("analysis.legs").joinpath("claims.toml").read_text("utf-8")
    return tuple(
        Claim(
            says=entry["says"],
            finding=entry["finding"],
            evidence=tuple(entry["evidence"]),
            verdict=entry["verdict"],
            because=entry.get("because", ""),
            sections=tuple(entry.get("sections", ())),
            questions=tuple(entry.get("questions", ())),
        )
        for entry in tomllib.loads(text)["claim"]
    )


READABLE = ("claim", "verdict", "in_your_log", "your_log", "evidence")
"""The columns that a page shows; the others are the same as data."""


def _missing(what: str) -> Callable[[LegLog], Answer]:
    def find(log: LegLog) -> Answer:  # noqa: ARG001
        return not_measurable(what)

    return find


FINDINGS: Mapping[str, Callable[[LegLog], Answer]] = {
    "strength": overload.strength_gain,
    "benefits": _missing("no field for endurance, sport, joints or muscle size"),
    "mechanic": exercises.mechanic_share,
    "volume": dose.weekly_sets,
    "heaviness": methods.heaviness,
    "effort": methods.effort,
    "set_rest": methods.rest_between_sets,
    "overload": overload.overload,
    "form": _missing("no field for how well a repetition is done"),
    "curls": exercises.curl_kinds,
    "calf_neglect": dose.calf_neglect,
    "calf_kind": dose.calf_kind,
    "covered": dose.covered,
    "variety": exercises.variety,
    "consistency": dose.consistency,
    "nutrition": _missing("no field for food, protein, water or body mass"),
    "sleep": methods.sleep,
    "rest_days": methods.rest_days,
    "deloads": methods.deloads,
    "mobility": methods.mobility,
    "sides": exercises.side_gap,
    "superset": partial(methods.method, name="superset"),
    "drop_set": partial(methods.method, name="drop_set"),
    "advanced": methods.advanced,
    "bfr": partial(methods.method, name="bfr"),
    "tempo": partial(methods.method, name="tempo"),
    "range": methods.range_of_motion,
    "named_best": exercises.named_best,
    "sample_routine": exercises.sample_routine,
    "leg_days": dose.leg_days,
    **{
        name: partial(exercises.family_sets, family=name)
        for name in ("squats", "deadlifts", "leg_press", "split_squats")
    },
}
"""What a claim asks of the log, by the key that `claims.toml` uses."""


def claims(logbook: Logbook, *, block_weeks: int = 4) -> Result:
    """Set every claim of the article beside this log and beside the evidence.

    Args:
        logbook: the sets and the catalogue; with several athletes, each is compared alone and
            the table begins with `athlete`.
        block_weeks: length of "now", the weeks that end with the last logged day.

    Returns:
        Result whose table has one row per claim. In words: `claim` (ours, not the article's),
        `your_log` and `in_your_log` (a word of `leg_log.VERDICTS`), `evidence` and `verdict` (a
        word of `article.VERDICTS`). As data: `number`, `unit`, `n` and `missing` (the field that
        is not in the file) of the log; `effect` (with its interval), `strength`, `doi` and
        `evidence_ids` of the evidence; `sections` and `questions` (places in the article).
    """
    return of_each(logs_of(logbook, block_weeks), compare)


def readable(result: Result) -> Result:
    """Return the claims with the five columns that fit a phone; the numbers are in the words."""
    shown = [name for name in ("athlete", *READABLE) if name in result.table]
    return replace(result, table=result.table[shown])


def compare(log: LegLog) -> Result:
    """Return the claims of one leg log; columns as in `claims`."""
    rows = article()
    found = [FINDINGS[claim.finding](log) for claim in rows]
    table = pd.DataFrame(
        {
            "claim": [claim.says for claim in rows],
            "your_log": [finding.shows for finding in found],
            "in_your_log": [finding.verdict for finding in found],
            "evidence": [_evidence(claim) for claim in rows],
            "verdict": [claim.verdict for claim in rows],
            **columns(found),
            "effect": [_joined(claim, "effect", "; ") for claim in rows],
            "strength": [claim.sources[0].strength if claim.evidence else "" for claim in rows],
            "doi": [_joined(claim, "doi", "; ") for claim in rows],
            "evidence_ids": [" ".join(claim.evidence) for claim in rows],
            "sections": [" ".join(map(str, claim.sections)) for claim in rows],
            "questions": [" ".join(map(str, claim.questions)) for claim in rows],
        }
    )
    return Result(
        name="claims",
        title="The article's claims, your log, the evidence",
        table=table,
        summary=_summary(table),
        notes=(
            "Two different questions: “in your log” says whether this log shows it, “verdict” "
            "says whether trials bear it out. A thing can be done and not supported.",
            "Not supported: trials do not show it. Unclear: they cannot tell. Not tested: our "
            "evidence file has no trial of it. None of these means that it is wrong.",
            READING,
            *unmapped_note(log),
        ),
        settings={"block_weeks": log.block_weeks},
    )


def _evidence(claim: Claim) -> str:
    """Return the claim's evidence as a reader sees it: plain words, then effect and source."""
    if not claim.evidence:
        return claim.because
    first = claim.sources[0]
    said = claim.because or first.says
    if first.strength == "none":
        return said
    source = f" doi {first.doi}" if first.doi else ""
    return f"{said} ({first.effect}; {first.strength}: {first.basis};{source})"


def _joined(claim: Claim, column: str, by: str) -> str:
    values = [getattr(source, column) for source in claim.sources]
    return by.join(dict.fromkeys(value for value in values if value))


def _summary(table: pd.DataFrame) -> str:
    verdict, done = table["verdict"], table["in_your_log"]
    backed = verdict.isin(BACKED)
    missed = table.loc[backed & done.eq("not done"), "claim"]
    blind = int(done.eq("not measurable").sum())
    idle = f" Backed, and not in this log: {few(list(missed), '; ')}." if len(missed) else ""
    return (
        f"Of {count(len(table), 'claim')}, the evidence backs {int(backed.sum())} in full or in "
        f"part and does not show {int(verdict.eq('not supported').sum())}. "
        f"{blind} cannot be measured from this file.{idle}"
    )


def article_section(logbook: Logbook) -> Section:
    """Return the article's claims beside the log and the trials, folded."""
    compared = claims(logbook)
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


def claim_cards(compared: Result) -> Flags:
    """Return one card per claim: the badge is the evidence; the text holds both answers."""
    return Flags(
        [
            Flag(
                row["verdict"],
                (f"{row['athlete']}: " if "athlete" in row else "")
                + f"{row['claim']}. Your log ({row['in_your_log']}): {row['your_log']} "
                f"Trials: {row['evidence']}",
                CARD_LEVELS.get(row["in_your_log"], "notice")
                if row["verdict"] in BACKED
                else "notice",
            )
            for row in compared.table.to_dict("records")
        ]
    )
