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
    "mapping_audit": "analysis.exercises.audit",
    "read": "analysis.ingest",
    **{
        name: f"analysis.measures.{name}"
        for name in (
            "working",
            "volume",
            "sensitivity",
            "intensity",
            "frequency",
            "strength",
            "progression",
            "balance",
            "technique",
            "loading",
            "recovery",
            "recent",
        )
    },
    "anonymise": "analysis.pseudonyms",
    "claims": "analysis.audit.claims",
    "findings": "analysis.measures.flags",
    "cohort": "analysis.models.cohort",
    "flags": "analysis.measures.flags",
    "triage": "analysis.measures.triage",
    "coverage": "analysis.measures.recent",
    "dose_response": "analysis.models.dose_response",
    "growth": "analysis.models.growth",
    "meta": "analysis.models.meta",
    "evidence": "analysis.audit.evidence",
    "latent_strength": "analysis.models.latent",
    "leg_audit": "analysis.audit.leg_audit",
    "plan": "analysis.audit.plan",
    "plan_results": "analysis.models.hypothesis",
    "read_clients": "analysis.pages.clients",
    "read_plan": "analysis.models.hypothesis",
    "read_routine": "analysis.audit.routine",
    "run_plan": "analysis.models.hypothesis",
}

_NAMES_INSIDE = {
    "findings": "find",
    "mapping_audit": "audit",
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
