"""What a site hands over instead of its logs: cross-products and counts per person, no more.

Round one agrees on what the sites must have in common: sums of the likelihood on a fixed grid of
variances, without any dose in the model, and sums of the doses' autocovariance. Both add up over
sites. Round two hands over each person's cross-products at those variances. Their sum has all that
any fit of the plan's columns needs (`dose.pooling`), so the pooled fit is the fit of all logs.

Exact, not anonymous: with integer doses the cross-products of a person with 4 rows fit 2 to 6
series of doses, of 8 rows some hundreds. Hence `FEWEST_ROWS`; noise on request.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from analysis.estimate import Estimate
from analysis.models.dose.effects import LOG_WEEKS, Body, body_of, columns_of, moderated
from analysis.models.dose.inputs import AHEAD, LAGS, OWN, Floats, Ints, autocovariance
from analysis.models.dose.logs import MuscleLogs
from analysis.models.dose.pooling import TooLittleError
from analysis.models.dose.variances import (
    GROWTH,
    TYPICAL,
    Deviance,
    deviance,
    main_series,
    surprise,
)
from analysis.models.dose.whitening import CrossProducts, Sums, Variances
from analysis.models.hypothesis.measured import levels, moderator
from analysis.models.hypothesis.plan import Plan
from analysis.models.hypothesis.study import Study, effects_of, enough, planned, target_of
from analysis.problems import UserError

FORMAT = "liftdose site"
VERSION = 1

FEWEST_ROWS = 20
"""Strength days (of one exercise each) of a person below which nothing of it leaves a site."""

FEWEST_PER_LEVEL = 5
"""People of one level of a column below which those people do not leave a site: a level that few
share would say who they are."""

FEWEST_PEOPLE = 5
"""People below which a site's sums would be those of a few."""

FACTORS = (1 / 9, 1 / 3, 1.0, 3.0, 9.0)
"""Of the typical ratios: each of 125 settings is within √3 of a ratio between the outer ones."""

NOISE_DRAWS = 40


def grid() -> list[Variances]:
    """Return the settings of the variances that round one tries."""
    typical = (TYPICAL.muscle, TYPICAL.exercise, TYPICAL.session)
    return [
        Variances(*(at * by for at, by in zip(typical, factors, strict=True)))
        for factors in product(FACTORS, repeat=3)
    ]


@dataclass(frozen=True, eq=False)
class RoundOne:
    """A site's sums; those of sites add.

    Attributes:
        deviances: one per setting of `grid`, summed over people.
        autocovariance: by weekly dose: sums and pairs of weeks, 0 to 12 apart.
        people: how many are in the sums.
        left_out: people with fewer rows than `FEWEST_ROWS`.
    """

    deviances: tuple[Deviance, ...]
    autocovariance: Mapping[str, tuple[Floats, Floats]]
    people: int
    left_out: int

    def __add__(self, other: RoundOne) -> RoundOne:
        return RoundOne(
            tuple(a + b for a, b in zip(self.deviances, other.deviances, strict=True)),
            {
                name: (sums + other.autocovariance[name][0], pairs + other.autocovariance[name][1])
                for name, (sums, pairs) in self.autocovariance.items()
            },
            self.people + other.people,
            self.left_out + other.left_out,
        )

    def variances(self) -> Variances:
        """Return the likeliest setting."""

        def unlikely(at: int) -> float:
            ratio = settings[at]
            logs = np.log([ratio.muscle, ratio.exercise, ratio.session])
            return self.deviances[at].profiled()[0] + surprise(logs)

        settings = grid()
        best = min(range(len(settings)), key=unlikely)
        chosen, residual = settings[best], self.deviances[best].profiled()[1]
        return Variances(chosen.muscle, chosen.exercise, chosen.session, residual)

    def table(self) -> str:
        """Return the table `[common]` of the plan of round two."""
        found = self.variances()
        lines = [
            "[common]  # learnt in round one; docs/pooling.md",
            f"muscle_walk = {found.muscle!r}",
            f"exercise_walk = {found.exercise!r}",
            f"session = {found.session!r}",
            f"residual = {float(found.residual)!r}",
            "[common.autocorrelation]",
        ]
        for name, (sums, pairs) in self.autocovariance.items():
            covariance = sums / np.maximum(pairs, 1)
            size = covariance[0] if covariance[0] > 0 else 1.0
            numbers = ", ".join(f"{float(each)!r}" for each in covariance / size)
            lines.append(f"{name} = [{numbers}]")
        return "\n".join(lines) + "\n"


def round_one(study: Study) -> RoundOne:
    """Return a site's sums.

    Raises:
        UserError: the plan fixes already what sites have in common.
        TooLittleError: fewer people than `FEWEST_PEOPLE` have rows enough.
    """
    if study.plan.common is not None:
        raise UserError("the plan fixes [common] already: go on with --share")
    logs, left_out = shareable(study)
    people = np.unique(logs.days.athlete)
    if len(people) < FEWEST_PEOPLE:
        raise TooLittleError(
            f"{len(people)} people with {FEWEST_ROWS} strength days or more: sums over fewer than "
            f"{FEWEST_PEOPLE} are not handed over; this site can join in round two"
        )
    weekly = logs.weekly
    kept = type(weekly)(
        weekly.logged[people], {name: weekly.doses[name][people] for name in study.plan.measures}
    )
    columns = columns_of(logs.weekly, [])
    sums = Sums(main_series(logs.days), len(logs.athletes), columns)
    deviances = tuple(deviance(sums.whitened(at, (GROWTH, LOG_WEEKS))) for at in grid())
    covariances = {name: autocovariance(kept, name) for name in study.plan.measures}
    return RoundOne(
        deviances,
        {name: (sums, pairs.astype(float)) for name, (sums, pairs) in covariances.items()},
        len(people),
        left_out,
    )


def shareable(study: Study) -> tuple[MuscleLogs, int]:
    """Return the logs of people with rows enough to be shared, and how many have too few."""
    rules, choice = study.plan.exclusions, planned(study.plan)
    everyone = enough(study.everyone(choice), choice.min_days, rules.min_weeks_logged)
    kept = enough(everyone, max(choice.min_days, FEWEST_ROWS), rules.min_weeks_logged)
    before, after = (len(np.unique(logs.days.athlete)) for logs in (everyone, kept))
    return kept, before - after


@dataclass(frozen=True, eq=False)
class Site:
    """What leaves a site in round two.

    Attributes:
        products: each person's cross-products at the plan's variances, in no order of names.
        usual: each person's mean weekly dose, only where the plan asks between people; otherwise
            empty.
        left_out: people with fewer rows than `FEWEST_ROWS`.
        rare: people kept back because fewer than `FEWEST_PER_LEVEL` share their level, or who
            have none where the plan asks for an interaction.
        levels: by key of the plan (`subgroup`, `interaction`), each person's level.
        noise: SD of the share of every other column that was mixed into each; 0 for none.
        cost: SD that the noise adds to this site's estimate, over its standard error; None
            where there is no noise, or the site alone has no estimate.
        stamp: confirmatory or exploratory, by the site's own register.
    """

    products: CrossProducts
    usual: Floats
    left_out: int
    rare: int = 0
    levels: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    noise: float = 0.0
    cost: float | None = None
    stamp: str = "exploratory"


LEVELLED = ("subgroup", "interaction")
"""Keys of a plan whose column parts people."""


def columns(plan: Plan) -> tuple[str, ...]:
    """Return the columns of a plan's model, the outcome last."""
    bands = (OWN, AHEAD, *LAGS)
    doses = (f"{measure}_{band}" for measure in plan.measures for band in bands)
    return (GROWTH, LOG_WEEKS, *doses, "strength")


def site(study: Study, *, noise: float = 0.0, stamp: str = "exploratory") -> Site:
    """Return what a site hands over.

    Raises:
        UserError: the plan does not fix what sites have in common.
        TooLittleError: nobody has rows enough.
    """
    plan = study.plan
    if plan.common is None:
        raise UserError(
            "the plan fixes no variances that sites could share; make round one first (liftdose "
            "test PLAN LOGS --share-variances FILE), or write [common]; docs/pooling.md"
        )
    logs, left_out = shareable(study)
    people = np.unique(logs.days.athlete)
    if not len(people):
        raise TooLittleError(
            f"nobody has {FEWEST_ROWS} strength days of {plan.muscle} or more; people with fewer "
            f"({left_out} here) could be told from their cross-products, and are never shared"
        )
    people, levels, rare = _common_levels(study, logs, people)
    found = columns_of(logs.weekly, plan.measures, shared=plan.common.shared)
    sums = Sums(logs.days, len(logs.athletes), found)
    names = columns(plan)
    products = sums.whitened(plan.common.variances).pick(names).of(people)
    usual = np.zeros(0)
    if plan.effect == "between":
        usual = logs.weekly.mean(plan.dose)[people]
    # sorted by what is shared anyway: the order of names would tell something
    order = np.lexsort((products.gram[:, 0, 0], products.n_rows))
    given = Site(
        products.of(order), usual[order] if len(usual) else usual, left_out, rare,
        {key: tuple(each[at] for at in order) for key, each in levels.items()}, stamp=stamp,
    )  # fmt: skip
    if noise <= 0:
        return given
    cost = _cost(plan, given, noise)
    secret = mixed_up(given.products, noise, np.random.default_rng())  # secret, hence no seed
    return replace(given, products=secret, noise=noise, cost=cost)


def _common_levels(
    study: Study, logs: MuscleLogs, people: Ints
) -> tuple[Ints, dict[str, tuple[str | None, ...]], int]:
    """Return the people whose levels enough others share, their levels, and how many have not.

    Raises:
        TooLittleError: no level is common enough.
    """
    plan, whole = study.plan, len(people)
    columns = {key: getattr(plan, key) for key in LEVELLED if getattr(plan, key)}
    known = {key: levels(study.logbook, logs.athletes, name) for key, name in columns.items()}
    if plan.interaction:  # whoever has no number tells nothing of it
        people = np.array([at for at in people if known["interaction"][at] is not None], int)
    before = -1
    while before != len(people):  # who leaves for one column may leave another level too small
        before = len(people)
        for own in known.values():
            sizes = Counter(own[at] for at in people)
            people = np.array([at for at in people if sizes[own[at]] >= FEWEST_PER_LEVEL], int)
    if not len(people):
        raise TooLittleError(
            f"no level of {' or '.join(columns.values())} is shared by {FEWEST_PER_LEVEL} people "
            f"({whole} have strength days enough); numbers that differ from person to person say "
            "who is who: write bands, such as 30 to 39, into the table"
        )
    kept = {key: tuple(own[at] for at in people) for key, own in known.items()}
    return people, kept, whole - len(people)


def mixed_up(products: CrossProducts, noise: float, rng: np.random.Generator) -> CrossProducts:
    """Return cross-products of columns into each of which random shares of all were mixed.

    (1 + E)ᵀG(1 + E), E normal with SD `noise` in units of the columns' sizes: what comes out is
    still a matrix of cross-products, and right on average but for a term in the noise squared.
    """
    size = np.sqrt(np.maximum(np.diagonal(products.gram, axis1=1, axis2=2), 1e-300))
    share = noise * rng.standard_normal(products.gram.shape)
    change = np.eye(len(products.names)) + share / size[:, :, None] * size[:, None, :]
    gram = change.swapaxes(1, 2) @ products.gram @ change
    return CrossProducts(
        products.names, gram, products.log_det, products.n_rows, products.n_series
    )


def _cost(plan: Plan, given: Site, noise: float) -> float | None:
    rng = np.random.default_rng(plan.seed)
    try:
        plain = effect_of(plan, given)
        if len(given.products.gram) < FEWEST_PEOPLE:
            return None
        drawn = [
            effect_of(plan, replace(given, products=mixed_up(given.products, noise, rng))).value
            for _ in range(NOISE_DRAWS)
        ]
    except TooLittleError:
        return None
    away = np.array(drawn) - plain.value
    return float(np.sqrt((away**2).mean()) / plain.std_error)


def effect_of(plan: Plan, given: Site) -> Estimate:
    """Return the plan's effect from cross-products alone."""
    return target_of(plan, *effects_of(plan, body_from(plan, given)))


def body_from(plan: Plan, given: Site) -> Body:
    """Return the body of cross-products that came in files, of one site or of several."""
    if plan.common is None:
        raise UserError("the plan of a site file has no [common]")
    products, usual = given.products, given.usual
    mean = usual if len(usual) else np.zeros(len(products.gram))
    found = body_of(products, plan.dose, plan.common.variances, {plan.dose: mean})
    if not plan.interaction:
        return found
    by = moderator(plan.interaction, given.levels["interaction"])
    return moderated(found, plan.dose, by.values)


# The file: JSON, so that whoever hands it over can read every number in it.


def as_file(plan_bytes: bytes, sha: str, given: Site | RoundOne) -> str:
    """Return the text of a site's file."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "plan_sha256": sha,
        "plan": plan_bytes.decode("utf-8-sig"),
        "left_out_for_few_rows": given.left_out,
    }
    if isinstance(given, RoundOne):
        content: dict[str, Any] = {
            "round": 1,
            "people": given.people,
            "deviances": [
                {"log_det": each.log_det, "gram": each.gram.tolist(), "n_free": each.n_free}
                for each in given.deviances
            ],
            "autocovariance": {
                name: {"sums": sums.tolist(), "pairs": pairs.tolist()}
                for name, (sums, pairs) in given.autocovariance.items()
            },
        }
    else:
        size = len(given.products.names)
        lower = np.tril_indices(size)
        content = {
            "round": 2,
            "stamp": given.stamp,
            "noise": given.noise,
            "noise_cost": given.cost,
            "left_out_for_rare_levels": given.rare,
            "columns": list(given.products.names),
            "people": [
                {
                    "rows": int(given.products.n_rows[at]),
                    "intercepts": int(given.products.n_series[at]),
                    **({"usual": float(given.usual[at])} if len(given.usual) else {}),
                    **{key: own[at] for key, own in given.levels.items()},
                    "lower_triangle": given.products.gram[at][lower].tolist(),
                }
                for at in range(len(given.products.gram))
            ],
        }
    return json.dumps({**head, **content}, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, eq=False)
class SiteFile:
    """A site's file, read: its name, the plan's bytes and their hash, and what was given."""

    name: str
    plan: bytes
    plan_sha256: str
    given: Site | RoundOne


def read_site(path: Path) -> SiteFile:
    """Read a site's file.

    Raises:
        UserError: it is no such file, or damaged.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        kind = data["format"], data["version"], data["round"]
        given = READS[kind](data)
        return SiteFile(path.stem, data["plan"].encode(), data["plan_sha256"], given)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path}: {error}: not a file that liftdose test --share wrote; ask the site for it "
            "again"
        ) from None


def _round_one(data: Mapping[str, Any]) -> RoundOne:
    deviances = tuple(
        Deviance(float(each["log_det"]), np.array(each["gram"], dtype=float), int(each["n_free"]))
        for each in data["deviances"]
    )
    if len(deviances) != len(grid()):
        raise ValueError(f"{len(deviances)} settings of the variances, expected {len(grid())}")
    return RoundOne(
        deviances,
        {
            name: (np.array(each["sums"], dtype=float), np.array(each["pairs"], dtype=float))
            for name, each in data["autocovariance"].items()
        },
        int(data["people"]),
        int(data["left_out_for_few_rows"]),
    )


def _round_two(data: Mapping[str, Any]) -> Site:
    names, people = tuple(data["columns"]), data["people"]
    lower = np.tril_indices(len(names))
    gram = np.zeros((len(people), len(names), len(names)))
    for at, each in enumerate(people):
        gram[at][lower] = each["lower_triangle"]
    if not np.isfinite(gram).all():
        raise ValueError("a cross-product is not finite")
    gram += np.tril(gram, -1).swapaxes(1, 2)
    counts = [np.array([each[k] for each in people], dtype=np.int64)
              for k in ("rows", "intercepts")]  # fmt: skip
    products = CrossProducts(names, gram, np.zeros(len(people)), *counts)
    usual = np.array([each["usual"] for each in people if "usual" in each], dtype=float)
    cost = data["noise_cost"]
    levels = {
        key: tuple(None if each[key] is None else str(each[key]) for each in people)
        for key in LEVELLED
        if any(key in each for each in people)
    }
    return Site(
        products, usual, int(data["left_out_for_few_rows"]),
        int(data.get("left_out_for_rare_levels", 0)), levels, float(data["noise"]),
        None if cost is None else float(cost), str(data["stamp"]),
    )  # fmt: skip


READS: Mapping[tuple[str, int, int], Callable[[Mapping[str, Any]], Site | RoundOne]] = {
    (FORMAT, VERSION, 1): _round_one,
    (FORMAT, VERSION, 2): _round_two,
}
"""Format, version and round -> how a file of that kind is read."""
