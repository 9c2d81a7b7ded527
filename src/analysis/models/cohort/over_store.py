"""A cohort over a store of any size: a map over its buckets, twice, then muscle by muscle.

What a muscle's model needs from all people together is learnt first and then held: how weekly
doses go with those of other weeks (sums that add over buckets), and the variances, from the same
few dozen people that the study of one logbook learns them from. Then each bucket is reduced to its
people's cross-products and counts, a file per muscle, and each muscle is fitted from its files: in
memory is one bucket per worker, and one muscle. So what is found is what one logbook of all these
people gives, but for the last digits, whoever does the work; people are taken in the order of
their names.

Unlike one logbook, which fits even a single lifter, a muscle that fewer than five people train is
left out: cross-products alone give no interval for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from operator import add
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import polars as pl

from analysis import schema
from analysis.ingest import people
from analysis.logbook import Logbook
from analysis.models.cohort.spread import Doses
from analysis.models.cohort.study import (
    MEASURES,
    MOST_WEEKS,
    NO_DAYS,
    Census,
    CohortStudy,
    MuscleStudy,
    Reduced,
    fit_muscle,
    sorted_out,
    wanted_muscles,
)
from analysis.models.dose.buckets import passed
from analysis.models.dose.effects import Body, columns_of, learnt_from, scale_of
from analysis.models.dose.inputs import Ints, Shared, added, autocovariance
from analysis.models.dose.logs import (
    DoseOptions,
    LogCounts,
    MuscleLogs,
    each_muscle,
    refuse_unknown,
)
from analysis.models.dose.people import halves_of
from analysis.models.dose.pooling import FEWEST_CLUSTERS
from analysis.models.dose.variances import FEWEST_ROWS, main_series, names_to_learn_from
from analysis.models.dose.whitening import CrossProducts, Sums, Variances
from analysis.notes import loudest_first
from analysis.outputs import scratch_folder
from analysis.progress import Stages, Tell, silent
from analysis.store import Accounts, Store
from analysis.workers import HERE, Workers, mapped, merged

PRODUCTS = ("whole", "first_half", "second_half")
"""What a file holds cross-products of: logs, and their halves."""

PER_ATHLETE = ("log_det", "n_rows", "n_series")

FEW = "fewer than five people of the store train it: put their exports to the command"


@dataclass(frozen=True, slots=True)
class _Piece:
    """One bucket's work: in the second pass with what all hold in common, by muscle."""

    store: Store
    bucket: int
    muscles: tuple[str, ...]
    options: DoseOptions
    copies: frozenset[str]
    common: Mapping[str, tuple[Shared, Variances]] = field(default_factory=dict)
    folder: Path = Path()
    with_weeks: bool = False

    def logs(self) -> tuple[pl.DataFrame, list[MuscleLogs]]:
        """The sets of the bucket's people, one log a person, and each muscle of them."""
        book = self.store.logbook(self.bucket)
        kept = replace(book, sets=book.sets.filter(~pl.col("athlete").is_in(list(self.copies))))
        if kept.sets.is_empty():
            return kept.sets, []
        return kept.sets, list(each_muscle(kept, self.muscles, self.options))


@dataclass(frozen=True, eq=False)
class _First:
    """What a bucket gives in the first pass; by muscle, strength days by person, and sums."""

    census: Census
    weeks: int
    rows: Mapping[str, Mapping[str, int]]
    autocovariance: Mapping[str, Shared]


@dataclass(frozen=True, eq=False)
class _Second:
    """What a bucket gives in the second pass: counts and weeks by muscle; the rest is a file."""

    counts: Mapping[str, LogCounts]
    weeks: Mapping[str, pd.DataFrame]
    files: Mapping[str, Path]


def study_store(
    store: Store,
    who: Workers = HERE,
    *,
    muscles: Sequence[str] | None = None,
    options: DoseOptions | None = None,
    level: float = 0.95,
    tell: Tell = silent,
    stages: Stages | None = None,
) -> CohortStudy:
    """Fit the cohort of a store.

    Args:
        store: the store, in the state in which it was opened.
        who: who reduces the buckets; it must see the store, and the temporary folder.
        muscles: groups of the catalogue; by default all of them.
        options: how logs become strength days and weekly doses.
        level: probability that the intervals are made for.
        tell: gets the buckets and then the muscles done, how many there are, and the time left.
        stages: gets what each stage costs.

    Returns:
        The study; its `given` has no sets.

    Raises:
        ValueError: a muscle that is no group of the catalogue.
    """
    options, stages = options or DoseOptions(), stages or Stages()
    with stages.stage("who is who"):
        given = _without_sets(store)
        same = people.copies_in(store)
    wanted = tuple(wanted_muscles(given.catalogue, muscles))
    refuse_unknown(wanted, given.catalogue)
    pieces = [_Piece(store, bucket, wanted, options, frozenset(same)) for bucket in store.buckets]
    with stages.stage("pass 1, sums of doses"):
        firsts, lost = passed(_first_pass, pieces, who, tell, "pass 1 of 2", stages)
    census = reduce(add, (each.census for each in firsts.values()), Census())
    with stages.stage("what all hold in common"):
        common = _common(store, wanted, options, list(firsts.values()))
    with_weeks = sum(each.weeks for each in firsts.values()) <= MOST_WEEKS
    with scratch_folder() as folder:
        again = [
            replace(piece, common=common, folder=folder, with_weeks=with_weeks)
            for piece in pieces
            if piece.bucket in firsts
        ]
        with stages.stage("pass 2, cross-products"):
            seconds, later = passed(_second_pass, again, who, tell, "pass 2 of 2", stages)
        if later:  # who is in nothing that was fitted is not in the cohort
            census = reduce(add, (firsts[bucket].census for bucket in seconds), Census())
        athletes = {bucket: firsts[bucket].census.athletes for bucket in seconds}
        with stages.stage("fit"):
            parts = [_parts(each, athletes, seconds, folder, common.get(each)) for each in wanted]
            tried = mapped(
                partial(_fitted, census, level), parts, who, name=_muscle, tell=tell,
                stages=stages,
            )  # fmt: skip
        fitted, died = merged(tried)
        found = [replace(each, weeks=_weeks(each.muscle, seconds)) for each in fitted]
    studied, too_little = sorted_out(found)
    return CohortStudy(
        given=given,
        n_given=len(census.athletes) + len(same),
        given_sets=store.manifest.sets,
        people=census,
        same_person=same,
        shared=store.shared().to_pandas(),
        muscles=studied,
        too_little={**too_little, **{each.name: each.why for each in died}},
        options=options,
        level=level,
        lost=tuple(lost + later),
    )


def _without_sets(store: Store) -> Logbook:
    """Return what reading had to say of all inputs, and no set."""
    every = range(store.manifest.buckets)
    accounts = Accounts.joined(store.accounts(bucket) for bucket in every)
    rejected = [table for each in every if (table := store.table("rejected", each)) is not None]
    return Logbook(
        sets=schema.empty(schema.SETS),
        ledger=accounts.ledger(),
        rejected=pl.concat([schema.empty(schema.REJECTED), *rejected]),
        exercises=schema.empty(schema.EXERCISES),
        catalogue=store.catalogue(),
        notes=(*loudest_first(accounts.notes()), *people.said_of(store.shared())),
        provenance=tuple(each.provenance() for each in accounts.inputs),
        different=store.manifest.different,
    )


def _first_pass(piece: _Piece) -> _First:
    sets, parts = piece.logs()
    rows, sums = {}, {}
    for logs in parts:
        kept = np.bincount(logs.days.athlete[logs.days.weight > 0], minlength=len(logs.athletes))
        rows[logs.muscle] = {
            name: int(n) for name, n in zip(logs.athletes, kept, strict=True) if n
        }
        sums[logs.muscle] = {name: autocovariance(logs.weekly, name) for name in MEASURES}
    return _First(Census.of(sets), sum(logs.counts.weeks for logs in parts), rows, sums)


def _common(
    store: Store, muscles: Sequence[str], options: DoseOptions, firsts: Sequence[_First]
) -> dict[str, tuple[Shared, Variances]]:
    """Return what all buckets hold in common, of the muscles that somebody has days enough for.

    The variances are learnt from those whom `telling` would choose of one logbook of all.
    """
    chosen = {}
    for muscle in muscles:
        rows = {name: n for each in firsts for name, n in each.rows.get(muscle, {}).items()}
        most = max(rows.values(), default=0)
        if most >= FEWEST_ROWS and len(rows) >= FEWEST_CLUSTERS:
            chosen[muscle] = names_to_learn_from(rows)
    if not chosen:
        return {}
    everyone = sorted({name for names in chosen.values() for name in names})
    book = store.logbook(athlete=everyone)
    found: dict[str, tuple[Shared, Variances]] = {}
    for logs in each_muscle(book, list(chosen), options):
        told = [each.autocovariance[logs.muscle] for each in firsts if each.autocovariance]
        shared = added(told, MEASURES)
        columns = columns_of(logs.weekly, MEASURES[:1], unknown=options.unknown, shared=shared)
        places = np.flatnonzero(np.isin(logs.athletes, chosen[logs.muscle]))
        theirs = np.isin(logs.days.athlete, places) & (logs.days.weight > 0)
        days = main_series(logs.days.of(theirs))
        variances = learnt_from(days, len(logs.athletes), columns, MEASURES[0])
        found[logs.muscle] = (shared, variances)
    return found


def _second_pass(piece: _Piece) -> _Second:
    _, parts = piece.logs()
    files = {}
    for logs in parts:
        # Under a name of its own: a second try of a bucket leaves the first's file unread.
        files[logs.muscle] = piece.folder / f"{logs.muscle}-{piece.bucket:04d}-{uuid4().hex}.npz"
        _write(files[logs.muscle], logs, piece.options, piece.common.get(logs.muscle))
    weeks = {logs.muscle: logs.weekly_table() for logs in parts} if piece.with_weeks else {}
    return _Second({logs.muscle: logs.counts for logs in parts}, weeks, files)


def _write(
    path: Path, logs: MuscleLogs, options: DoseOptions, common: tuple[Shared, Variances] | None
) -> None:
    """Write what a bucket's logs of a muscle are reduced to; of cross-products, one triangle."""
    n, doses = len(logs.athletes), Doses.of(logs.weekly.doses["sets"])
    told: dict[str, Any] = {
        "n_days": np.bincount(logs.days.athlete, minlength=n),
        "value": doses.value,
        "weeks": doses.weeks,
    }
    if common is not None:
        shared, variances = common
        columns = columns_of(logs.weekly, MEASURES, unknown=options.unknown, shared=shared)
        whole = Sums(logs.days, n, columns).whitened(variances)
        places = np.flatnonzero(whole.n_rows > 0)
        halves = halves_of(logs.days, columns, n, MEASURES[0], variances)
        for name, products in zip(PRODUCTS, (whole, *halves), strict=True):
            mine = products.of(places)
            told |= {f"{name}_{part}": getattr(mine, part) for part in PER_ATHLETE}
            told[f"{name}_names"] = np.array(mine.names)
            below = np.tril_indices(len(mine.names))
            told[f"{name}_gram"] = mine.gram[:, below[0], below[1]]
        told["places"] = places
        told |= {f"mean_{name}": logs.weekly.mean(name)[places] for name in MEASURES}
    np.savez(path, **told)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the buckets gave for one muscle.

    Attributes:
        muscle: the muscle.
        athletes: by bucket, its people, sorted.
        files: by bucket, what its logs are reduced to.
        counts: of all.
        folder: where the files lie.
        common: what all hold in common; None where nobody has days enough.
    """

    muscle: str
    athletes: Mapping[int, Sequence[str]]
    files: Mapping[int, Path]
    counts: LogCounts
    folder: Path
    common: tuple[Shared, Variances] | None

    def fitted(self, census: Census, level: float) -> MuscleStudy:
        """Fit the muscle."""
        place = {name: at for at, name in enumerate(census.athletes)}
        n_days = np.zeros(len(place), np.int64)
        doses = [Doses(np.zeros(0), np.zeros(0, np.int64))]
        for mine, told in self._files(place):
            n_days[mine] = told["n_days"]
            doses.append(Doses(told["value"], told["weeks"]))
        found = Reduced(
            self.muscle, census.athletes, n_days, self.counts, Doses.joined(doses), None,
            FEW if n_days.any() else NO_DAYS, np.zeros(0, np.int64), (),
        )  # fmt: skip
        if self.common is not None:
            found = self._with_body(found, place, self.common[1])
        studied = fit_muscle(found, level=level)
        # a fit holds everybody's cross-products; what is asked of it has been asked
        light = {
            name: replace(each, model=replace(each.model, pooled=None, few=None))
            for name, each in studied.effects.items()
        }
        return replace(studied, effects=light)

    def _files(self, place: Mapping[str, int]) -> Iterator[tuple[Ints, Mapping[str, Any]]]:
        """Yield, by bucket, the places of its people and its file."""
        for bucket, path in self.files.items():
            mine = [place[name] for name in self.athletes[bucket]]
            with np.load(path) as told:
                yield np.array(mine, dtype=np.int64), told

    def _with_body(
        self, found: Reduced, place: Mapping[str, int], variances: Variances
    ) -> Reduced:
        """Return the same with the cross-products of those who have any, by name."""
        places = np.sort(
            np.concatenate([mine[told["places"]] for mine, told in self._files(place)])
        )
        whole, *halves = (self._products(name, place, places) for name in PRODUCTS)
        mean = {name: np.zeros(len(places)) for name in MEASURES}
        for mine, told in self._files(place):
            rows = np.searchsorted(places, mine[told["places"]])
            for name, values in mean.items():
                values[rows] = told[f"mean_{name}"]
        scale = scale_of(whole, MEASURES[0])
        for products in (whole, *halves):
            np.divide(products.gram, scale[:, None, None], out=products.gram)
        return replace(
            found, body=Body(whole, mean, variances, scale), nothing="", places=places,
            halves=halves,
        )  # fmt: skip

    def _products(self, name: str, place: Mapping[str, int], places: Ints) -> CrossProducts:
        """Return cross-products, in a file: those of a hundred thousand are a gigabyte."""
        gram, names, n = None, tuple[str, ...](), len(places)
        log_det, n_rows, n_series = np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64)
        for mine, told in self._files(place):
            rows = np.searchsorted(places, mine[told["places"]])
            if gram is None:
                names = tuple(told[f"{name}_names"].tolist())
                gram = np.lib.format.open_memmap(
                    self.folder / f"{self.muscle}-{name}.npy", mode="w+", dtype=np.float64,
                    shape=(n, len(names), len(names)),
                )  # fmt: skip
            i, j = np.tril_indices(len(names))
            triangle = told[f"{name}_gram"]
            gram[rows[:, None], i, j] = triangle
            gram[rows[:, None], j, i] = triangle
            log_det[rows] = told[f"{name}_log_det"]
            n_rows[rows], n_series[rows] = told[f"{name}_n_rows"], told[f"{name}_n_series"]
        assert gram is not None
        return CrossProducts(names, gram, log_det, n_rows, n_series)


def _parts(
    muscle: str,
    athletes: Mapping[int, Sequence[str]],
    seconds: Mapping[int, _Second],
    folder: Path,
    common: tuple[Shared, Variances] | None,
) -> _Parts:
    given = {bucket: each for bucket, each in seconds.items() if muscle in each.files}
    counts = reduce(add, (each.counts[muscle] for each in given.values()), LogCounts())
    files = {bucket: each.files[muscle] for bucket, each in given.items()}
    return _Parts(muscle, athletes, files, counts, folder, common)


def _weeks(muscle: str, seconds: Mapping[int, _Second]) -> pd.DataFrame | None:
    tables = [each.weeks[muscle] for each in seconds.values() if muscle in each.weeks]
    if not tables:
        return None
    return pd.concat(tables).sort_values("athlete", kind="stable", ignore_index=True)


def _muscle(parts: _Parts) -> str:
    return parts.muscle


def _fitted(census: Census, level: float, parts: _Parts) -> MuscleStudy:
    return parts.fitted(census, level)
