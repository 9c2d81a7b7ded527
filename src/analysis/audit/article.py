"""The article's claims, in our own words: `claims.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.audit.evidence import Evidence, known

VERDICTS = ("supported", "partly supported", "not supported", "unclear", "not tested")
"""What evidence says of a claim. "Not supported": trials do not show it; "not tested": our
evidence file holds no trial of it."""


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
    text = files("analysis.audit").joinpath("claims.toml").read_text("utf-8")
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
