"""Everything a dose-response depends on, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from analysis.models.dose_response.forms import FORMS
from analysis.models.published import PELLAND_STRENGTH, Prior, published_prior
from analysis.panel import PanelOptions

SENSITIVITY: tuple[Mapping[str, Any], ...] = (
    {"outcome_from": "working"},
    {"outcome_from": "failure"},
    {"rep_cap": 12.0},
    {"rule": "direct"},
    {"rule": "total"},
)
"""Options changed one at a time; what moves the answer should be seen."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How published evidence enters.

    Attributes:
        transfer: SD added to the published slope for the step from trials to one log, as a
            share of the slope.
        weeks: length that the published gain accrued over.
    """

    transfer: float = 1.0
    weeks: float = PELLAND_STRENGTH.weeks


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how; the parameters of `dose_response`. `prior` is None when off."""

    muscle: str
    exposure: str
    effect: str
    panel: PanelOptions
    forms: tuple[str, ...]
    prior: Evidence | None
    lags: int
    sensitivity: tuple[Mapping[str, Any], ...]
    level: float

    def __post_init__(self) -> None:
        if self.effect not in ("within", "between"):
            raise ValueError(f"effect is {self.effect!r}, expected within or between")
        if unknown := sorted(set(self.forms) - set(FORMS)):
            raise ValueError(f"form is {', '.join(unknown)}, expected some of {', '.join(FORMS)}")

    @property
    def belief(self) -> Prior | None:
        """The prior, None where switched off or where nothing published is in this unit."""
        if self.prior is None or self.exposure != "dose":
            return None
        return published_prior(
            self.panel.block_weeks, transfer=self.prior.transfer, weeks=self.prior.weeks
        )

    def settings(self) -> dict[str, Any]:
        """Return every parameter, for the methods section."""
        own = {
            "muscle": self.muscle, "exposure": self.exposure, "effect": self.effect,
            "forms": self.forms, "prior": self.prior and asdict(self.prior), "lags": self.lags,
            "level": self.level,
        }  # fmt: skip
        return {**own, **asdict(self.panel)}


def evidence_of(prior: str | Evidence | None) -> Evidence | None:
    """Return how published evidence enters: as given, by default, or not at all."""
    if prior is None or isinstance(prior, Evidence):
        return prior
    if prior != "published":
        raise ValueError(f"prior is {prior!r}, expected 'published', an Evidence or None")
    return Evidence()
