"""What changed in strength, for every lifter of a store: a file, bucket by bucket, and counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import pandas as pd
import polars as pl

from analysis.models.strength.result import COLUMNS, strength
from analysis.outputs import scratch_folder, whole_file
from analysis.progress import Tell, silent
from analysis.result import Result
from analysis.say import count
from analysis.store import Store
from analysis.workers import HERE, Workers, mapped, merged


@dataclass(frozen=True, slots=True)
class _Part:
    """One bucket's verdicts: where they lie, and how many of each."""

    path: Path | None
    counts: pl.DataFrame


def verdicts_of(store: Store, out: Path, who: Workers = HERE, *, tell: Tell = silent) -> Result:
    """Write the verdicts on every lifter of a store, and count them.

    Nothing in them is pooled over people: how lifts behave in general is published. So each
    bucket's rows are those that `strength` gives for all of them together.

    Args:
        store: the store.
        out: a Parquet file, of the rows and columns of `strength`, by bucket and athlete.
        who: who does the work; it must see the store, and the temporary folder.
        tell: gets the buckets done, how many there are, and the time left.

    Returns:
        Result whose table has one row per `scope` ("lifter", "muscle", "lift") and `verdict`:
        how many (`n`). Buckets that were lost are in the notes.
    """
    with scratch_folder() as folder:
        step = partial(_verdicts, store, folder)
        found, lost = merged(mapped(step, store.buckets, who, name="bucket {}".format, tell=tell))
        paths = [part.path for part in found if part.path is not None]
        with whole_file(out) as aside:
            if paths:
                pl.scan_parquet(paths, glob=False).sink_parquet(aside)
            else:
                pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String)).write_parquet(aside)
    counts = (
        pl.concat([NOBODY, *(part.counts for part in found)])
        .group_by("scope", "verdict")
        .agg(pl.col("n").sum())
        .sort("scope", "n", "verdict", descending=[False, True, False])
    )
    lifters = counts.filter(pl.col("scope") == "lifter")
    told = ", ".join(f"{n:,} {word}" for _, word, n in lifters.iter_rows())
    table = pd.DataFrame(counts.to_dict(as_series=False))
    summary = f"{count(int(lifters['n'].sum()), 'lifter')}: {told or 'nobody'}."
    notes = [
        f"{count(len(lost), 'bucket')} without verdicts, for a worker died of each twice: "
        f"{', '.join(each.name for each in lost)}."
    ]
    return Result(
        "strength_of_a_store", "What changed in strength", table, summary,
        notes=tuple(notes if lost else ()),
    )  # fmt: skip


NOBODY = pl.DataFrame(schema={"scope": pl.String, "verdict": pl.String, "n": pl.Int64})


def _verdicts(store: Store, folder: Path, bucket: int) -> _Part:
    book = store.logbook(bucket)
    if book.sets.is_empty():
        return _Part(None, NOBODY)
    table = pl.from_pandas(strength(book).table)
    # Under a name of its own: a second try of a bucket leaves the first's file unread.
    path = folder / f"{bucket:04d}-{uuid4().hex}.parquet"
    table.write_parquet(path)
    return _Part(path, table.group_by("scope", "verdict").agg(pl.len().cast(pl.Int64).alias("n")))
