"""liftdose: what the work bought, muscle by muscle, from the logs that lifting apps export.

    import analysis as lab
    logbook = lab.read("my_export.csv")
    lab.volume(logbook).figure

Names load on first use, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Logbook": "analysis.logbook",
    "Report": "analysis.report",
    "Result": "analysis.result",
    "anonymise": "analysis.pseudonyms",
    "balance": "analysis.measures.balance",
    "claims": "analysis.legs.claims",
    "cohort": "analysis.models.cohort",
    "coverage": "analysis.measures.recent",
    "dose_response": "analysis.models.dose_response",
    "evidence": "analysis.legs.evidence",
    "findings": "analysis.signals.flags",
    "flags": "analysis.signals.flags",
    "frequency": "analysis.measures.frequency",
    "intensity": "analysis.measures.intensity",
    "latent_strength": "analysis.models.latent",
    "leg_audit": "analysis.legs.audit",
    "loading": "analysis.measures.recent",
    "mapping_audit": "analysis.measures.mapping",
    "plan": "analysis.legs.plan",
    "plan_results": "analysis.models.hypothesis",
    "progression": "analysis.measures.progression",
    "read": "analysis.ingest",
    "read_clients": "analysis.pages.clients",
    "read_plan": "analysis.models.hypothesis",
    "read_routine": "analysis.legs.routine",
    "recent": "analysis.measures.recent",
    "recovery": "analysis.measures.recovery",
    "run_plan": "analysis.models.hypothesis",
    "sensitivity": "analysis.measures.volume",
    "strength": "analysis.measures.strength",
    "technique": "analysis.measures.technique",
    "triage": "analysis.signals.triage",
    "volume": "analysis.measures.volume",
    "working": "analysis.measures.working",
}

_NAMES_INSIDE = {
    "findings": "find",
    "plan_results": "results",
    "read_clients": "load",
    "run_plan": "run",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), _NAMES_INSIDE.get(name, name))
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
