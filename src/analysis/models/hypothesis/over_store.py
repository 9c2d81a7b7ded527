"""One plan over a store of any size: a map over its buckets, a reduce of small matrices, twice.

What a plan's model needs from all people together is learnt first and then held: how weekly doses
go with those of other weeks (sums that add over buckets), and the variances, from the same few
dozen people that the fit of one logbook learns them from. Then each bucket is reduced to its
people's cross-products, which is all that the fit asks for. So the answer is that of one logbook
of all these people, but for the last digits, whoever does the work; sums are taken in the order of
the buckets, so that these are the same too.

The specification curve and the power simulation fit hundreds of models to the logs themselves;
they are not made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from analysis.ingest import people
from analysis.logbook import Logbook
from analysis.models.dose import Estimate, TooLittleError
from analysis.models.dose.buckets import passed
from analysis.models.dose.effects import Body, Effect, body_of, columns_of, learnt_from
from analysis.models.dose.inputs import Floats, Shared, added, autocovariance
from analysis.models.dose.pooling import FEWEST_CLUSTERS
from analysis.models.dose.variances import FEWEST_ROWS, names_to_learn_from, telling
from analysis.models.dose.whitening import CrossProducts, Sums, Variances
from analysis.models.hypothesis import study as rule
from analysis.models.hypothesis.plan import Plan, check_names, parse_plan, read_plan
from analysis.models.hypothesis.register import Stamp, fingerprints, stamp_of
from analysis.models.hypothesis.study import (
    Study,
    choose_people,
    effects_of,
    enough,
    exclusion_flow,
    flow_table,
    planned,
    target_of,
)
from analysis.progress import Stages, Tell, silent
from analysis.store import Store
from analysis.workers import HERE, Workers

Row = tuple[str, int, int, str]

IN_FILES = "in the files"
ONCE = "each person once", "their workouts stand in another log, and count there"
"""Steps of the flow, as `study.choose_people` calls them."""


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer of a store to a plan.

    Attributes:
        plan: the plan; `plan_file`, `plan_bytes` and `plan_sha256` its file.
        stamp: confirmatory or exploratory, and why.
        verdict, reason: by the plan's rule.
        within: effect within athletes; None where there is too little.
        target: the effect that the plan asks for.
        flow: people kept and left out, step by step.
        people: in the buckets that were reached.
        lost: buckets whose worker died twice; their people are in nothing of the above.
    """

    plan: Plan
    plan_file: str
    plan_bytes: bytes
    plan_sha256: str
    stamp: Stamp
    verdict: str
    reason: str
    within: Effect | None
    target: Estimate | None
    flow: pd.DataFrame
    people: int
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One bucket's work: in the first pass without what is learnt, in the second with it."""

    store: Store
    bucket: int
    plan: bytes
    copies: frozenset[str]
    shared: Shared | None = None
    variances: Variances | None = None

    def chosen(self) -> tuple[Study, list[Row]]:
        """The bucket's people that the plan is about, and who of it is left out before."""
        return _chosen(self.store.logbook(self.bucket), parse_plan(self.plan), self.copies)


@dataclass(frozen=True, eq=False)
class _First:
    """What a bucket gives in the first pass; sums and counts, and whose log it is by a hash."""

    flow: Sequence[Row]
    rows: Mapping[str, int]
    autocovariance: Shared
    fingerprints: frozenset[str]


@dataclass(frozen=True, eq=False)
class _Second:
    """What a bucket gives in the second pass: its people with strength days, by cross-products."""

    products: CrossProducts
    usual: Mapping[str, Floats]


def answer(
    plan_path: str | Path,
    store: Store,
    who: Workers = HERE,
    *,
    register: Path | None = None,
    today: date | None = None,
    tell: Tell = silent,
    stages: Stages | None = None,
) -> Answer:
    """Answer a plan from a store.

    Args:
        plan_path: a `hypothesis.toml`.
        store: the store, in the state in which it was opened.
        who: who does the work; it must see the store under the same path.
        register: JSON file of earlier looks; without it no run is confirmatory.
        today: day of the run, for the register.
        tell: gets the buckets done, of both passes, how many there are, and the time left.
        stages: gets what each stage costs.

    Raises:
        PathError, PlanError: the plan file is absent, or a key breaks a rule.
        UserError: the register cannot be read.
    """
    path = Path(plan_path)
    plan, sha = read_plan(path)
    check_names(plan, store.catalogue(), [], path.name)
    stages = stages or Stages()
    with stages.stage("who is who"):
        copies = copies_of(store)
        pieces = [_Piece(store, bucket, path.read_bytes(), copies) for bucket in store.buckets]
    with stages.stage("pass 1, sums of doses"):
        firsts, lost = passed(_first_pass, pieces, who, tell, "pass 1 of 2", stages)
    lost.sort()
    marks = {mark for each in firsts.values() for mark in each.fingerprints}
    look = stamp_of(plan, sha, marks, register, today or date.today())
    flow = _added([each.flow for each in firsts.values()], len(copies))
    within = target = None
    try:
        with stages.stage("what all hold in common"):
            shared, variances = _common(store, plan, list(firsts.values()), copies)
        again = [
            replace(piece, shared=shared, variances=variances)
            for piece in pieces
            if piece.bucket in firsts
        ]
        with stages.stage("pass 2, cross-products"):
            seconds, later = passed(_second_pass, again, who, tell, "pass 2 of 2", stages)
        lost += sorted(later)
        with stages.stage("fit"):
            within, apart = effects_of(plan, _body(plan, list(seconds.values()), variances))
            target = target_of(plan, within, apart)
        word, reason = rule.verdict(target, within.placebo, plan.smallest_effect, plan.effect)
    except TooLittleError as error:
        word, reason = rule.CANNOT, f"too little in these logs: {error}"
    return Answer(
        plan, path.name, path.read_bytes(), sha, look, word, reason, within, target,
        flow_table(_running(flow, 0 if within is None else within.n_athletes)),
        len(marks) + len(copies), tuple(lost),
    )  # fmt: skip


def _chosen(book: Logbook, plan: Plan, copies: frozenset[str]) -> tuple[Study, list[Row]]:
    sets = book.sets.filter(~pl.col("athlete").is_in(list(copies)))
    chosen = choose_people(replace(book, sets=sets), plan)
    return Study(plan, chosen.logbook), list(chosen.flow)


def copies_of(store: Store) -> frozenset[str]:
    """Return the names under which a log stands a second time, over all buckets."""
    return frozenset(people.copies_in(store))


def _first_pass(piece: _Piece) -> _First:
    study, flow = piece.chosen()
    plan, choice = study.plan, planned(study.plan)
    if study.logbook.sets.is_empty():
        return _First(flow, {}, {}, frozenset())
    logs = study.everyone(choice)
    kept = enough(logs, choice.min_days, plan.exclusions.min_weeks_logged).days
    rows = np.bincount(kept.athlete, minlength=len(logs.athletes))
    return _First(
        [*flow, *exclusion_flow(logs, plan, 0)[:-1]],
        {name: int(n) for name, n in zip(logs.athletes, rows, strict=True) if n},
        {name: autocovariance(logs.weekly, name) for name in plan.measures},
        frozenset(fingerprints(study.logbook)),
    )


def _second_pass(piece: _Piece) -> _Second | None:
    study, _ = piece.chosen()
    if study.logbook.sets.is_empty():
        return None
    assert piece.variances is not None
    sums, usual = _sums(study, piece.shared)
    products = sums.whitened(piece.variances)
    told = np.flatnonzero(products.n_rows > 0)
    return _Second(products.of(told), {name: mean[told] for name, mean in usual.items()})


def _sums(study: Study, shared: Shared | None) -> tuple[Sums, dict[str, Floats]]:
    """Return the strength days of a plan's people with the model's columns, and usual doses."""
    plan, choice = study.plan, planned(study.plan)
    logs = enough(study.everyone(choice), choice.min_days, plan.exclusions.min_weeks_logged)
    columns = columns_of(logs.weekly, plan.measures, unknown=choice.options.unknown, shared=shared)
    usual = {name: logs.weekly.mean(name) for name in plan.measures}
    return Sums(logs.days, len(logs.athletes), columns), usual


def _common(
    store: Store, plan: Plan, firsts: Sequence[_First], copies: frozenset[str]
) -> tuple[Shared, Variances]:
    """Return what all buckets hold in common: the plan's own, or learnt.

    The variances are learnt from those whom `telling` would choose of one logbook of all.

    Raises:
        TooLittleError: nobody has days enough.
    """
    if plan.common is not None:
        return plan.common.shared, plan.common.variances
    told = [each.autocovariance for each in firsts if each.autocovariance]
    shared = added(told, plan.measures if told else ())
    rows = {name: n for each in firsts for name, n in each.rows.items()}
    if max(rows.values(), default=0) < FEWEST_ROWS:
        raise TooLittleError("no exercise has strength days enough")
    book = store.logbook(athlete=names_to_learn_from(rows))
    study, _ = _chosen(book, plan, copies)
    choice = planned(plan)
    logs = enough(study.everyone(choice), choice.min_days, plan.exclusions.min_weeks_logged)
    columns = columns_of(
        logs.weekly, plan.measures[:1], unknown=choice.options.unknown, shared=shared
    )
    n = len(logs.athletes)
    return shared, learnt_from(telling(logs.days, n), n, columns, plan.measures[0])


def _body(plan: Plan, seconds: Iterable[_Second | None], variances: Variances) -> Body:
    found = [each for each in seconds if each is not None]
    n = sum(len(each.products.gram) for each in found)
    if n < FEWEST_CLUSTERS:  # fewer have no interval from cross-products alone
        raise TooLittleError(
            f"{n} people with strength days, {FEWEST_CLUSTERS} are needed; put the plan to their "
            "exports"
        )
    usual = {name: np.concatenate([each.usual[name] for each in found]) for name in plan.measures}
    products = reduce(add, (each.products for each in found))
    return body_of(products, plan.measures[0], variances, usual)


def _added(flows: Iterable[Sequence[Row]], copies: int) -> list[Row]:
    """Add flows step by step; copies of logs in other buckets are left out before all."""
    whole: dict[str, Row] = {}
    for flow in flows:
        for step, athletes, left_out, reason in flow:
            _, before, out, _ = whole.get(step, (step, 0, 0, ""))
            whole[step] = (step, before + athletes, out + left_out, reason)
    if copies:
        first, everyone, _, none = whole.pop(IN_FILES, (IN_FILES, 0, 0, ""))
        _, _, out, _ = whole.pop(ONCE[0], (ONCE[0], 0, 0, ""))
        whole = {first: (first, everyone + copies, 0, none),
                 ONCE[0]: (ONCE[0], 0, out + copies, ONCE[1]), **whole}  # fmt: skip
    return list(whole.values())


def _running(flow: Sequence[Row], n_told: int) -> list[Row]:
    """Return the flow with how many are left after each step, the model's last."""
    if not flow:
        return []
    left, rows = flow[0][1], [flow[0]]
    for step, _, out, reason in flow[1:]:
        left -= out
        rows.append((step, left, out, reason))
    return [
        *rows,
        ("in the model", n_told, left - n_told, "work that never changes, or too few days"),
    ]
