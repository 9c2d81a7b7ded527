"""The page of a question that was put to a store: verdict, estimate, and who it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from analysis.models.hypothesis.over_store import Answer, answer
from analysis.models.hypothesis.plan import settings
from analysis.models.hypothesis.results import LIMITS, effect_sentence, plan_keys
from analysis.models.hypothesis.run import numbers
from analysis.outputs import whole_folder
from analysis.pages.answers import estimate_result, refuse_other_plan, verdict_tiles
from analysis.pages.lifter import made_with
from analysis.progress import Stages, Tell, silent
from analysis.report import Prose, Report, Section, Takeaway, Tiles
from analysis.result import Result
from analysis.say import count
from analysis.store import Store
from analysis.workers import HERE, Workers

NOT_MADE = (
    "The specification curve and the power simulation are not made for a store: they fit hundreds "
    "of models to the logs themselves. Put the same plan to a part of the people, or to sites of "
    "it, for those."
)


def answer_store(
    plan: Path,
    store: Store,
    out: Path,
    who: Workers = HERE,
    *,
    register: Path | None = None,
    today: date | None = None,
    tell: Tell = silent,
    stages: Stages | None = None,
) -> Iterator[str]:
    """Put a plan to a store, write its folder and yield what to tell the user.

    Args:
        plan: a `hypothesis.toml`.
        store: the store.
        out: folder for `index.html`, `verdict.json`, `plan.toml` (a copy) and `data/`.
        who: who does the work.
        register: JSON file of earlier looks; without it no run is confirmatory.
        today: day of the run, for the register.
        tell: gets how far it is.
        stages: gets what each stage costs.

    Raises:
        UserError: the plan or the register cannot be used, or the folder holds another's answer.
    """
    stages = stages or Stages()
    found = answer(plan, store, who, register=register, today=today, tell=tell, stages=stages)
    refuse_other_plan(out, found.plan_sha256)
    with stages.stage("page"), whole_folder(out, "test") as draft:
        page = store_page(found)
        page.save(draft)
        (draft / "plan.toml").write_bytes(found.plan_bytes)
        told = json.dumps(record(found), indent=2, ensure_ascii=False)
        (draft / "verdict.json").write_text(told + "\n", "utf-8", newline="\n")
    yield f"Plan {found.plan_file}, SHA-256 {found.plan_sha256}"
    yield f"{found.stamp.word.capitalize()}: {found.stamp.reason}"
    yield from (f"- {takeaway.text}" for takeaway in page.takeaways)
    if found.lost:
        yield _lost(found)
    yield f"Page: {out / 'index.html'}"


def record(found: Answer) -> dict[str, Any]:
    """Return the content of `verdict.json`; numbers that are not known are None."""
    within = found.within
    placebo = None if within is None else within.placebo
    return {
        **numbers(found.target),
        "unit": found.plan.unit,
        "n_athletes": 0 if within is None else within.n_athletes,
        "n_days": 0 if within is None else within.n_rows,
        "n_people": found.people,
        "verdict": found.verdict,
        "reason": found.reason,
        "plan_sha256": found.plan_sha256,
        "question": found.plan.question,
        "effect": found.plan.effect,
        "smallest_effect": found.plan.smallest_effect,
        "level": found.plan.inference.level,
        "stamp": found.stamp.word,
        "stamp_reason": found.stamp.reason,
        "first_look": found.stamp.first_look,
        "people_sha256": found.stamp.people_sha256,
        "lead_placebo": {
            **numbers(None if placebo is None else placebo.lead),
            "fires": placebo is not None and placebo.fires,
            "says": "untold" if placebo is None else placebo.kind,
        },
        "flow": found.flow.to_dict("records"),
        "lost": list(found.lost),
    }


def store_page(found: Answer) -> Report:
    """Return the page."""
    plan, people = found.plan, 0 if found.within is None else found.within.n_athletes
    target = None if found.within is None else found.target
    said = effect_sentence(plan, found.verdict, found.reason, target, count(people, "athlete"))
    estimate = estimate_result(plan, found.within, target, said)
    asked = plan_keys(plan, f"{plan.question} SHA-256 {found.plan_sha256}.")
    flow = Result(
        name="flow",
        title="Who is in, and who is not",
        table=found.flow,
        summary=f"{count(found.people, 'person', 'people')} in the buckets that were reached.",
        notes=(_lost(found),) if found.lost else (),
    )
    tiles = verdict_tiles(found.verdict, found.target, plan.unit, found.stamp.word)
    return Report(
        plan.question,
        [
            Section("the-plan", "The question and its plan", [asked, flow]),
            Section("the-verdict", "Verdict", [Tiles(tiles), estimate]),
            Section("limits", "What it cannot show", [Prose("\n\n".join((*LIMITS, NOT_MADE)))]),
        ],
        subtitle=f"{found.verdict.capitalize()} · {found.stamp.word}",
        takeaways=[Takeaway(estimate.summary, "estimate")],
        header=[
            ("Plan", f"{found.plan_file}, SHA-256 {found.plan_sha256[:12]}…"),
            ("First run on these logs", found.stamp.first_look),
            ("Kind of evidence", f"{found.stamp.word}: {found.stamp.reason}"),
        ],
        provenance={
            **made_with("polars", "pandas", "numpy", "scipy"),
            "plan": {"file": found.plan_file, "sha256": found.plan_sha256},
            "settings": {"estimate": dict(settings(plan))},
        },
        footer=("An association in logs, not a trial.",),
    )


def _lost(found: Answer) -> str:
    return (
        f"{count(len(found.lost), 'bucket')} without an answer, for a worker died of each twice: "
        f"{', '.join(found.lost)}. Their people are in nothing of this."
    )
