"""The set table on disk, one Parquet file per athlete, and the same step run over each.

Everything up to the panel is per athlete, and a mixed model needs only each athlete's
cross-products, which add up. So a cohort of any size is *map over partitions, then reduce small
tables*. The executor decides where the map runs: here, on all cores, or on a cluster.

    from concurrent.futures import ProcessPoolExecutor
    paths = store.write(pl.scan_parquet("sets.parquet"), Path("data/processed/cohort"))
    with ProcessPoolExecutor() as pool:
        parts = list(store.map_partitions(step, paths, pool))

A Dask cluster serves through `distributed.Client(...).get_executor()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import polars as pl

T = TypeVar("T")


def write(sets: pl.LazyFrame | pl.DataFrame, folder: Path) -> list[Path]:
    """Write one file per athlete, in streaming, and return the files in a stable order.

    A file's name is a digest of the athlete's name: no name is too long, too odd or too telling
    for a file system.

    Args:
        sets: the set table.
        folder: must not hold partitions of another run.

    Raises:
        FileExistsError: it does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.glob("*.parquet")):
        raise FileExistsError(f"{folder.name}: holds Parquet files; give an empty folder")
    lazy = sets.lazy()
    names = lazy.select(pl.col("athlete").unique()).collect()["athlete"].sort().to_list()
    for name in names:
        lazy.filter(pl.col("athlete") == name).sink_parquet(folder / file_name(name))
    return sorted(folder.glob("*.parquet"))


def file_name(athlete: str) -> str:
    """Return the file that holds an athlete's sets."""
    return f"{sha256(athlete.encode()).hexdigest()[:24]}.parquet"


def map_partitions(
    step: Callable[[pl.DataFrame], T], paths: Iterable[Path], executor: Executor | None = None
) -> Iterator[T]:
    """Yield `step` of each partition's set table, in the order of the paths.

    Args:
        step: a function of one athlete's sets; with processes, one that can be pickled.
        paths: files that `write` returned.
        executor: where to run; None is here, one after the other. The results are the same.
    """
    work = partial(_step_on_file, step)
    yield from map(work, paths) if executor is None else executor.map(work, paths)


def _step_on_file(step: Callable[[pl.DataFrame], T], path: Path) -> T:
    return step(pl.read_parquet(path))
