"""Pool sites that handed over cross-products: the fit of all their logs, without the logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from analysis.estimate import Estimate
from analysis.models.dose.effects import Effect
from analysis.models.dose.placebo import Placebo
from analysis.models.dose.pooling import TooLittleError
from analysis.models.hypothesis.plan import Plan, parse_plan
from analysis.models.hypothesis.sharing import (
    FEWEST_PEOPLE,
    RoundOne,
    Site,
    SiteFile,
    body_from,
    columns,
    effect_of,
    read_site,
)
from analysis.models.hypothesis.study import (
    CANNOT,
    Subgroup,
    effects_of,
    subgroups,
    target_of,
    verdict,
)
from analysis.problems import UserError


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How sites differ beyond their errors (Cochran's Q; DerSimonian & Laird 1986).

    Attributes:
        n_sites: with an estimate of their own.
        q, p_value: Cochran's Q and its p-value.
        i_squared: share of the spread between sites that is no error.
        tau: SD of true effects between sites, in the unit of the effect.
    """

    n_sites: int
    q: float
    p_value: float
    i_squared: float
    tau: float


@dataclass(frozen=True, eq=False)
class Pooled:
    """The answer of several sites.

    Attributes:
        plan: the plan, the same at every site; `plan_bytes` and `plan_sha256` its file.
        sites: one row per site: `site`, `people`, `rows`, `left_out`, `counted_twice`, `stamp`,
            `noise`, `noise_cost`, `estimate`, `std_error`, `low`, `high`.
        within: effect within athletes; None where there is too little.
        target: the effect that the plan asks for.
        verdict, reason: by the plan's rule.
        heterogeneity: between sites; None for fewer than two with an estimate.
        subgroups: the effect by level of the plan's subgroup.
    """

    plan: Plan
    plan_bytes: bytes
    plan_sha256: str
    sites: pd.DataFrame
    within: Effect | None
    target: Estimate | None
    verdict: str
    reason: str
    heterogeneity: Heterogeneity | None
    subgroups: Sequence[Subgroup] = ()

    @property
    def placebo(self) -> Placebo | None:
        """What the next four weeks say about bias."""
        return None if self.within is None else self.within.placebo


def read_sites(paths: Sequence[Path]) -> list[SiteFile]:
    """Read the files of sites, all of one plan and one round.

    Raises:
        UserError: a file is no site's, the plans differ, or the rounds do.
    """
    files = [read_site(path) for path in paths]
    if len(files) < 2:
        raise UserError("one site file: pooling needs those of two sites or more")
    first = files[0]
    for each in files[1:]:
        if each.plan_sha256 != first.plan_sha256 or each.plan != first.plan:
            raise UserError(
                f"{each.name} answers another plan than {first.name} (SHA-256 "
                f"{each.plan_sha256[:12]}… and {first.plan_sha256[:12]}…); every site must run "
                "the same file, byte for byte"
            )
        if type(each.given) is not type(first.given):
            raise UserError(f"{each.name} and {first.name} are of different rounds")
    names = [each.name for each in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"two site files are called {twice[0]}; give each site a name of its own")
    return files


def plan_of_round_two(files: Sequence[SiteFile]) -> str:
    """Return the plan that all sites run in round two: theirs, and what they have in common."""
    sums = [each.given for each in files if isinstance(each.given, RoundOne)]
    whole: RoundOne = reduce(add, sums)
    return files[0].plan.decode("utf-8-sig").rstrip("\n") + "\n\n" + whole.table()


def pool(files: Sequence[SiteFile]) -> Pooled:
    """Fit the plan to the cross-products of all sites."""
    plan = parse_plan(files[0].plan)
    given = [each.given for each in files if isinstance(each.given, Site)]
    for each, one in zip(files, given, strict=True):
        if one.products.names != columns(plan):
            raise UserError(f"{each.name}: its columns are not those of its plan")
    kept, twice = _once(given)
    whole = _joined(kept)
    within = target = None
    by_level: Sequence[Subgroup] = ()
    people = len(whole.products.gram)
    word, reason = CANNOT, f"{people} people, {FEWEST_PEOPLE} are needed"
    if people >= FEWEST_PEOPLE:
        try:
            found = body_from(plan, whole)
            within, apart = effects_of(plan, found)
            target = target_of(plan, within, apart)
            if plan.subgroup:
                by_level = subgroups(plan, found, whole.levels["subgroup"])
            word, reason = verdict(target, within.placebo, plan.smallest_effect, plan.effect)
        except TooLittleError as error:
            reason = f"too little in these logs: {error}"
    own = [_own(plan, one) for one in kept]
    rows = [
        {
            "site": each.name,
            "people": len(one.products.gram),
            "rows": int(one.products.n_rows.sum()),
            "left_out": one.left_out + one.rare,
            "counted_twice": again,
            "stamp": one.stamp,
            "noise": one.noise,
            "noise_cost": one.cost,
            **{
                name: None if found is None else found.cells[name]
                for name in ("estimate", "std_error", "low", "high")
            },
        }
        for each, one, again, found in zip(files, kept, twice, own, strict=True)
    ]
    told = [each for each in own if each is not None]
    return Pooled(
        plan, files[0].plan, files[0].plan_sha256, pd.DataFrame(rows), within, target, word,
        reason, heterogeneity(told) if len(told) > 1 else None, by_level,
    )  # fmt: skip


def _once(sites: Sequence[Site]) -> tuple[list[Site], list[int]]:
    """Leave out people whose numbers another site has handed over already, and count them."""
    seen: set[tuple[int, int, str]] = set()
    kept, twice = [], []
    for one in sites:
        new = []
        for at, gram in enumerate(one.products.gram):
            rows, series = int(one.products.n_rows[at]), int(one.products.n_series[at])
            key = rows, series, f"{gram[0, 0]:.9e} {gram[-1, -1]:.9e}"
            if key not in seen:
                new.append(at)
            seen.add(key)
        usual = one.usual[new] if len(one.usual) else one.usual
        levels = {key: tuple(own[at] for at in new) for key, own in one.levels.items()}
        products = one.products.of(np.array(new, dtype=np.int64))
        kept.append(replace(one, products=products, usual=usual, levels=levels))
        twice.append(len(one.products.gram) - len(new))
    return kept, twice


def _joined(sites: Sequence[Site]) -> Site:
    """Return the people of all sites as those of one."""
    levels = {key: sum((one.levels[key] for one in sites), ()) for key in sites[0].levels}
    return Site(
        reduce(add, (one.products for one in sites)),
        np.concatenate([one.usual for one in sites]),
        sum(one.left_out for one in sites),
        levels=levels,
    )


def _own(plan: Plan, one: Site) -> Estimate | None:
    """Return a site's own estimate; None for fewer than five people or too little."""
    if len(one.products.gram) < FEWEST_PEOPLE:
        return None
    try:
        return effect_of(plan, one)
    except TooLittleError:
        return None


def heterogeneity(found: Sequence[Estimate]) -> Heterogeneity:
    """Return how estimates differ beyond their errors."""
    effect = np.array([each.value for each in found])
    weight = 1 / np.array([each.std_error for each in found]) ** 2
    mean = weight @ effect / weight.sum()
    q, free = float(weight @ (effect - mean) ** 2), len(found) - 1
    spare = max(q - free, 0.0)
    tau_squared = spare / (weight.sum() - (weight**2).sum() / weight.sum())
    return Heterogeneity(
        len(found), q, float(chdtrc(free, q)), spare / q if q > 0 else 0.0,
        float(np.sqrt(tau_squared)),
    )  # fmt: skip
