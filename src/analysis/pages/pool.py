"""Pooling without sharing logs: what a site hands over, and the page of all sites together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.logbook import Logbook
from analysis.models.dose.pooling import TooLittleError
from analysis.models.hypothesis.plan import Plan, check_names, read_plan, settings
from analysis.models.hypothesis.pool import Pooled, plan_of_round_two, pool, read_sites
from analysis.models.hypothesis.results import effect_sentence, plan_keys, subgroup_sentence
from analysis.models.hypothesis.run import looked_at, numbers
from analysis.models.hypothesis.sharing import (
    FEWEST_PER_LEVEL,
    FEWEST_ROWS,
    RoundOne,
    Site,
    as_file,
    round_one,
    site,
)
from analysis.models.hypothesis.study import Study, choose_people
from analysis.notes import Note
from analysis.outputs import whole_file, whole_folder
from analysis.pages.answers import COLUMNS, estimate_result, estimate_row, forest, verdict_tiles
from analysis.pages.lifter import made_with
from analysis.problems import SettingsError, UserError
from analysis.report import Prose, Report, Section, Takeaway, Tiles
from analysis.result import Result
from analysis.say import count, spoken

EXACT = (
    "Exact, not anonymous. Cross-products are not names, dates or sets, but they are numbers "
    "about single people: with whole sets and 4 strength days they fit 2 to 6 series of weekly "
    f"doses, with 8 some hundreds. People with fewer than {FEWEST_ROWS} strength days are never "
    "handed over. Whoever knows a person's log can tell that it is in a file. Share a file as "
    "you would share pseudonymised health data."
)


def share_sums(plan_path: Path, logbook: Logbook, file: Path) -> Iterator[str]:
    """Write a site's sums for round one and yield what to tell the user."""
    plan, sha = _shared_plan(plan_path)
    check_names(plan, logbook.catalogue, logbook.joined["name"].unique().to_list(), plan_path.name)
    given = _refused(lambda: round_one(Study(plan, choose_people(logbook, plan).logbook)))
    _write(file, as_file(plan_path.read_bytes(), sha, given))
    yield f"Sums over {count(given.people, 'person', 'people')}, no number of a single one: {file}"
    yield _few(given)
    yield "Next: whoever pools runs liftdose pool on the files of all sites and sends back a plan."


def share_site(
    plan_path: Path,
    logbook: Logbook,
    file: Path,
    *,
    register: Path | None = None,
    noise: float = 0.0,
    today: date | None = None,
) -> Iterator[str]:
    """Write a site's cross-products for round two and yield what to tell the user."""
    _shared_plan(plan_path)
    plan, sha, people, looked = looked_at(plan_path, logbook, register=register, today=today)
    study = Study(plan, people.logbook)
    given = _refused(lambda: site(study, noise=noise, stamp=looked.word))
    _write(file, as_file(plan_path.read_bytes(), sha, given))
    n, size = len(given.products.gram), len(given.products.names)
    yield (
        f"{count(n, 'person', 'people')}: {size * (size + 1) // 2} cross-products and two counts "
        f"of each, no names, dates or sets: {file}"
    )
    yield f"Columns: {', '.join(given.products.names)}."
    yield _few(given)
    if given.cost is not None:
        yield (
            f"Noise of {noise:g} adds {given.cost:.2f} standard errors to this site's estimate: "
            f"its own error grows by {100 * ((1 + given.cost**2) ** 0.5 - 1):.0f} %."
        )
    yield EXACT


def _shared_plan(path: Path) -> tuple[Plan, str]:
    plan, sha = read_plan(path)
    if plan.exclusions.athletes:
        raise SettingsError(
            path.name, "exclusions.athletes", list(plan.exclusions.athletes),
            "a plan that is shared names nobody", "leave the key out, and those logs too",
        )  # fmt: skip
    return plan, sha


def _refused(work: Any) -> Any:
    try:
        return work()
    except TooLittleError as error:
        raise UserError(str(error)) from None


def _few(given: Site | RoundOne) -> str:
    few = (
        f"{count(given.left_out, 'person', 'people')} left out for fewer than {FEWEST_ROWS} "
        "strength days"
    )
    if not isinstance(given, Site) or not given.levels:
        return f"{few}."
    return (
        f"{few}, {count(given.rare, 'person', 'people')} because fewer than {FEWEST_PER_LEVEL} "
        "here share their level of the plan's column. Levels are in the file."
    )


def save_pooled(paths: Sequence[Path], out: str | Path) -> Iterator[str]:
    """Pool the files of sites and yield what to tell the user.

    Round one writes `plan.toml`, the plan of round two, into the folder `out`; round two writes
    `index.html`, `verdict.json`, `plan.toml` and `data/`.

    Raises:
        UserError: a file is no site's, or plans or rounds differ.
    """
    files, folder = read_sites(paths), Path(out)
    if isinstance(files[0].given, RoundOne):
        place = folder / "plan.toml"
        _write(place, plan_of_round_two(files))
        yield f"Round one of {len(files)} sites: what they have in common is in {place}"
        yield f"Next: every site runs liftdose test {place.name} LOGS --share FILE with that plan."
        return
    pooled = pool(files)
    page = pooled_page(pooled)
    with whole_folder(folder, "pool") as draft:
        page.save(draft)
        (draft / "plan.toml").write_bytes(pooled.plan_bytes)
        told = json.dumps(record(pooled), indent=2, ensure_ascii=False)
        (draft / "verdict.json").write_text(told + "\n", "utf-8", newline="\n")
    yield from (f"- {takeaway.text}" for takeaway in page.takeaways)
    yield f"Page: {folder / 'index.html'}"


def record(pooled: Pooled) -> dict[str, Any]:
    """Return the content of `verdict.json`; numbers that are not known are None."""
    placebo, between = pooled.placebo, pooled.heterogeneity
    lead = None if placebo is None else placebo.lead
    return {
        **numbers(pooled.target),
        "unit": pooled.plan.unit,
        "n_athletes": 0 if pooled.within is None else pooled.within.n_athletes,
        "n_days": 0 if pooled.within is None else pooled.within.n_rows,
        "n_sites": len(pooled.sites),
        "verdict": pooled.verdict,
        "reason": pooled.reason,
        "plan_sha256": pooled.plan_sha256,
        "question": pooled.plan.question,
        "lead_placebo": {
            **numbers(lead),
            "says": "untold" if placebo is None else placebo.kind,
        },
        "subgroups": [
            {"level": each.level, "n_athletes": each.n_athletes, **numbers(each.estimate)}
            for each in pooled.subgroups
        ],
        "heterogeneity": None
        if between is None
        else {name: getattr(between, name) for name in between.__dataclass_fields__},
        "sites": json.loads(pooled.sites.to_json(orient="records")),
    }


def pooled_page(pooled: Pooled) -> Report:
    """Return the page of pooled sites."""
    plan, sites = pooled.plan, _sites(pooled)
    estimate = estimate_result(
        plan, pooled.within, pooled.target, _verdict(pooled), SAME_NUMBERS,
        title="The estimate of all sites together",
    )  # fmt: skip
    said = plan_keys(
        plan, f"{plan.question} SHA-256 {pooled.plan_sha256}, the same at every site."
    )
    tiles = verdict_tiles(pooled.verdict, pooled.target, plan.unit)
    return Report(
        plan.question,
        [
            Section("the-plan", "The question and its plan", [said]),
            Section("the-verdict", "Verdict", [Tiles(tiles), estimate]),
            *_by_level(pooled),
            Section("site-by-site", "Site by site", [sites]),
            Section("the-files", "What the files hold", [Prose(EXACT), _held(pooled)]),
        ],
        subtitle=f"{pooled.verdict.capitalize()} · {len(pooled.sites)} sites, no log shared",
        takeaways=[Takeaway(each.summary, each.name) for each in (estimate, sites)],
        provenance={
            **made_with("pandas", "numpy", "scipy"),
            "plan": {"sha256": pooled.plan_sha256},
            "settings": {"estimate": dict(settings(plan))},
        },
        footer=("An association in logs, not a trial.",),
    )


def _by_level(pooled: Pooled) -> Iterator[Section]:
    """Yield the effect by level of the plan's subgroup, where it asks for one."""
    if not pooled.subgroups:
        return
    told = [each for each in pooled.subgroups if each.estimate is not None and each.level]
    rows = [
        estimate_row(each.level or "not known", each.estimate, pooled.plan.unit)
        | {"n_athletes": each.n_athletes}
        for each in pooled.subgroups
        if each.estimate is not None
    ]
    result = Result(
        name="subgroups",
        title=f"By {spoken(pooled.plan.subgroup)}",
        table=pd.DataFrame(rows, columns=[*COLUMNS, "unit", "n_athletes"]),
        summary=subgroup_sentence(pooled.plan, told),
        draw=(lambda table: forest(table, "kind")) if rows else None,
    )
    yield Section("by-level", "Subgroups", [result])


SAME_NUMBERS = (
    "The same numbers as from all these people's logs in one place: fits use nothing else of a "
    "log than what was handed over."
)


def _verdict(pooled: Pooled) -> str:
    people = 0 if pooled.within is None else pooled.within.n_athletes
    n = f"{count(people, 'athlete')} at {len(pooled.sites)} sites"
    target = None if pooled.within is None else pooled.target
    return effect_sentence(pooled.plan, pooled.verdict, pooled.reason, target, n)


def _sites(pooled: Pooled) -> Result:
    found, table = pooled.heterogeneity, pooled.sites
    people = count(int(table["people"].sum()), "person", "people")
    twice = int(table["counted_twice"].sum())
    said = "{n:person|people} left out at their sites for fewer than {rows} strength days"
    if pooled.plan.subgroup or pooled.plan.interaction:
        said += ", or because fewer than {level} there share their level"
    facts = {"rows": FEWEST_ROWS, "level": FEWEST_PER_LEVEL}
    lost = int(table["left_out"].sum())
    notes: list[Note | str] = [
        Note("people left out", count=lost, facts=facts, sentence=f"{said}.")
    ]
    if twice:
        said = "{n:person|people} in two sites' files, counted once."
        notes.append(Note("counted twice", count=twice, sentence=said))
    if (table["noise"] > 0).any():
        notes.append(
            "Sites that mixed noise in pay for it in precision: noise_cost is what it adds to "
            "their own estimate, in standard errors."
        )
    stamps = sorted(set(table["stamp"]))
    notes.append(f"By the sites' own registers: {', '.join(stamps)}.")
    spread = (
        "Fewer than two sites have five people and an estimate of their own, so how sites differ "
        "cannot be told."
        if found is None
        else f"True effects differ between sites with an SD of {found.tau:.2f} % (Q = "
        f"{found.q:.1f}, p = {found.p_value:.2f}, I² = {100 * found.i_squared:.0f} %, "
        f"{found.n_sites} sites)."
    )
    return Result(
        name="sites",
        title="Site by site",
        table=table,
        summary=f"{len(table)} sites, {people}. {spread}",
        draw=None if table["estimate"].isna().all() else lambda rows: forest(rows, "site"),
        notes=tuple(notes),
    )


def _held(pooled: Pooled) -> Result:
    """Return what a site's file holds, one row per kind of number."""
    n = 2 + 6 * len(pooled.plan.measures) + 1
    rows = [
        ("per person", "cross-products of the columns, whitened", n * (n + 1) // 2),
        ("per person", "strength days of an exercise", 1),
        ("per person", "exercises, parted where a level jumps", 1),
        *([("per person", "mean weekly dose", 1)] if pooled.plan.effect == "between" else []),
        *(
            ("per person", f"level of {column}", 1)
            for column in dict.fromkeys((pooled.plan.subgroup, pooled.plan.interaction))
            if column
        ),
        ("per site", "the plan and its SHA-256", 2),
        ("per site", "people left out, noise and its cost, kind of evidence", 4),
    ]
    return Result(
        name="held",
        title="What a site's file holds",
        table=pd.DataFrame(rows, columns=["of", "what", "numbers"]),
        summary="No names, dates, exercises or sets; nothing else than this table lists.",
    )


def _write(path: Path, text: str) -> None:
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")
