"""The page of a cohort: takeaways, who is in it, effects, how people differ, muscle by muscle."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.logbook import Logbook
from analysis.models.cohort.over_store import study_store
from analysis.models.cohort.results import also_sentence, numbers, results, takeaways, who_sentence
from analysis.models.cohort.study import CohortStudy, study
from analysis.outputs import whole_folder
from analysis.pages.lifter import made_with
from analysis.pages.slices import missing, rejected_results, said
from analysis.progress import Stages
from analysis.report import Block, FlowChart, Prose, Report, Section, Takeaway
from analysis.result import Result
from analysis.say import count, spoken
from analysis.store import Store
from analysis.workers import HERE, Workers

LIMITS = (
    "These are logs, not a trial. Nobody was dealt more or fewer sets; whoever did more in a "
    "week also slept, ate or tried harder in ways no log holds. The placebo catches some of that, "
    "not all: docs/dose_response.md says how much.",
    "Those who export their logs are not all lifters, and those who stopped logging are not in "
    "the later weeks.",
    "Strength is estimated from submaximal sets by a formula. Where effort is not logged, "
    "stopping earlier than usual looks like lost strength.",
    "An effect within athletes speaks of weeks with a few sets more or less than usual, over the "
    "doses seen. It is no forecast for twice the work.",
    "A muscle's strength is that of the lifts that train it directly; one lift may serve several "
    "muscles, so muscles are not independent findings.",
)


DETAILED = 8
"""Muscles with a section of their own, those with most strength days: more make a page that is
neither read nor mailed. The others are in the forests, and their tables in `data/`."""

MOST_INPUTS = 1_000
"""Inputs whose hashes a page lists one by one; of more it has one hash of all."""

SHARED = ("flow", "days", "files", "effects_sets", "effects_frequency",
          "effects_light_share", "spread")  # fmt: skip


def save_cohort(
    logbook: Logbook, out: str | Path, *, anonymous: bool = False, **asked: Any
) -> Iterator[str]:
    """Write the page and yield what to tell the user.

    Args:
        logbook: the sets of all athletes.
        out: folder for `index.html` and `data/`.
        anonymous: whether nothing may stay in it that bears names.
        asked: parameters of `analysis.models.cohort.study`.

    Raises:
        ValueError: a muscle that is no group of the catalogue.
    """
    page = cohort_page(study(logbook, **asked))
    with whole_folder(out, "cohort", anonymous=anonymous) as draft:
        page.save(draft)
    yield from (f"- {takeaway.text}" for takeaway in page.takeaways)
    yield f"Page: {Path(out) / 'index.html'}"


def save_cohort_of_store(
    store: Store,
    out: str | Path,
    who: Workers = HERE,
    *,
    stages: Stages | None = None,
    **asked: Any,
) -> Iterator[str]:
    """Write the page of a store, bucket by bucket, and yield what to tell the user.

    Args:
        store: the store.
        out: folder for `index.html` and `data/`.
        who: who does the work.
        stages: gets what each stage costs.
        asked: further parameters of `analysis.models.cohort.over_store.study_store`.

    Raises:
        ValueError: a muscle that is no group of the catalogue.
    """
    stages = stages or Stages()
    studied = study_store(store, who, stages=stages, **asked)
    with stages.stage("page"):
        page = cohort_page(studied)
        with whole_folder(out, "cohort") as draft:
            page.save(draft)
    yield from (f"- {takeaway.text}" for takeaway in page.takeaways)
    yield from _lost(studied)
    yield f"Page: {Path(out) / 'index.html'}"


def _lost(studied: CohortStudy) -> Iterator[str]:
    if studied.lost:
        yield (
            f"{count(len(studied.lost), 'bucket')} left out, for a worker died of each twice: "
            f"{', '.join(studied.lost)}. Their people are in nothing of this."
        )


def cohort_page(studied: CohortStudy) -> Report:
    """Return the page of a fitted cohort."""
    found = results(studied)
    sections = [
        Section("who", "Who is in it", [FlowChart(found["flow"]), found["days"]]),
        Section(
            "effects",
            "What the work went with",
            [found[f"effects_{name}"] for name in ("sets", "frequency", "light_share")],
            intro="Within athletes: weeks with more than an athlete's own usual against that "
            "athlete's other weeks, pooled over athletes.",
        ),
        Section("people", "How much people differ", [found["spread"]]),
        *_muscles(studied, found),
        Section("limits", "What it cannot show", [Prose("\n\n".join(LIMITS))]),
        Section(
            "quality",
            "Data quality",
            list(_quality(studied, found)),
            intro=found["files"].summary,
            folded=True,
        ),
    ]
    return Report(
        "Cohort" if studied.is_cohort else "Logs, too few for a cohort",
        sections,
        subtitle="What the work bought, as far as these logs can tell",
        takeaways=[*missing(studied.given), *_takeaways(studied, found)],
        header=_header(studied),
        provenance=_provenance(studied, found),
        tables=_tables(studied, found),
        footer=("An association in logs, not a trial.", "Method and coverage: docs/cohort.md."),
    )


def _takeaways(studied: CohortStudy, found: dict[str, Result]) -> Iterator[Takeaway]:
    yield Takeaway(who_sentence(studied), "flow")
    for sentence in takeaways(found["effects_sets"].table):
        yield Takeaway(sentence, "effects_sets")
    yield Takeaway(found["spread"].summary, "spread")
    yield Takeaway(also_sentence(found), "effects_frequency")


def _tables(studied: CohortStudy, found: dict[str, Result]) -> dict[str, pd.DataFrame]:
    """Return the weekly doses, and the tables of the muscles without a section of their own."""
    if not studied.muscles:
        return {}
    rest = [each.muscle for each in studied.muscles[DETAILED:]]
    names = [f"{kind}_{muscle}" for muscle in rest for kind in ("curve", "athletes", "flow")]
    weeks = [each.weeks for each in studied.muscles if each.weeks is not None]
    return {
        **({"weeks": pd.concat(weeks)} if weeks else {}),
        **{name: found[name].table for name in names if name in found},
    }


def _muscles(studied: CohortStudy, found: dict[str, Result]) -> Iterator[Section]:
    effects = found["effects_sets"].table.set_index("muscle")
    inner: list[Block] = []
    for each in studied.muscles[:DETAILED]:
        items: list[Block] = [
            found[name]
            for name in (f"curve_{each.muscle}", f"athletes_{each.muscle}")
            if name in found
        ]
        if each.curve is None:
            items.insert(0, Prose(f"No dose-response curve: {each.no_curve}."))
        items.append(FlowChart(found[f"flow_{each.muscle}"]))
        row = effects.loc[each.muscle].to_dict()
        intro = f"{numbers(row)}: {row['verdict']}"
        name = spoken(each.muscle).capitalize()
        inner.append(Section(f"muscle-{each.muscle}", name, items, intro=intro, folded=True))
    if rest := [spoken(each.muscle) for each in studied.muscles[DETAILED:]]:
        inner.append(
            Prose(f"In the tables of the download only, having fewer rows: {', '.join(rest)}.")
        )
    if inner:
        intro = (
            "Open a muscle for its dose-response curve, its athletes, own and shrunken, and who "
            "is in its model. Beside its name: the effect of one more weekly set."
        )
        yield Section("muscles", "Muscle by muscle", inner, intro=intro)


def _quality(studied: CohortStudy, found: dict[str, Result]) -> Iterator[Block]:
    yield found["files"]
    yield found["same_person"]
    yield from map(Prose, _lost(studied))
    yield from rejected_results(studied.given)
    yield from said(studied.given)


def _header(studied: CohortStudy) -> Iterator[tuple[str, str]]:
    people = studied.people
    yield "Athletes", f"{len(people.athletes):,}"
    if people.first is not None and people.last is not None:
        yield "Period", f"{people.first:%-d %b %Y} to {people.last:%-d %b %Y}"
    yield "Logs", f"{people.sets:,} sets in {people.sessions:,} sessions"
    yield "From", ", ".join(people.apps)


def _inputs(studied: CohortStudy) -> dict[str, Any]:
    entries = studied.given.provenance
    if len(entries) <= MOST_INPUTS:
        return {str(entry["file"]): entry for entry in entries}
    every = "\n".join(sorted(str(entry["sha256"]) for entry in entries))
    return {"files": len(entries), "sha256_of_their_hashes": sha256(every.encode()).hexdigest()}


def _provenance(studied: CohortStudy, found: dict[str, Result]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        **made_with("polars", "pandas", "numpy", "scipy", "statsmodels"),
        "inputs": _inputs(studied),
        "counts": {
            "sets": studied.people.sets,
            "athletes": len(studied.people.athletes),
            "left_out_as_the_same_person": len(studied.same_person),
        },
        "options": asdict(studied.options),
        "settings": {name: dict(found[name].settings) for name in SHARED if found[name].settings},
    }
