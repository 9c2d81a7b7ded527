"""The same step over many pieces of work: here, in processes, or on the machines of a cluster.

`mapped` takes any `concurrent.futures.Executor`. Steps end in any order; what they return comes
in the order of the pieces, so that sums over them are the same to the last bit wherever they ran.

A worker may die: of memory, or because its machine does. Its pieces are tried once more, each
by itself, so that one piece that kills its worker costs no other its turn. What dies twice is
returned as `Lost`, by name, and the rest goes on. So a step must be harmless when it is done
twice: it writes under a name of its own, and renames. Where all workers of a cluster have gone and
none comes back, nobody would ever answer: that ends the work, with a word.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any, Generic, TypeVar

from analysis.problems import UserError
from analysis.progress import Stages, Tell, peak_gb, silent

T = TypeVar("T")
R = TypeVar("R")

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
"""What says how many threads the libraries of a process take, read when they load."""

AHEAD = 2
"""Pieces in hand per worker: one at work, one ready."""

LOOK_S, GONE_S = 5.0, 60.0
"""How often somebody who waits looks whether any worker is there, and how long none may be."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A piece of work whose worker died, twice.

    Attributes:
        name: the piece.
        why: what the executor said.
    """

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work.

    Attributes:
        start: makes an executor; None for this process. Called again where one has broken.
        count: how many workers it has.
        anybody: whether a worker is there at all; asked where an executor would not say.
    """

    start: Callable[[], Executor] | None = None
    count: int = 1
    anybody: Callable[[], bool] = lambda: True


HERE = Workers()
"""One piece after another, in this process."""


@contextmanager
def workers(jobs: int = 1, cluster: str | None = None) -> Iterator[Workers]:
    """Yield who does the work.

    Args:
        jobs: processes on this machine; 1 stays in this one.
        cluster: address of a Dask scheduler, such as `tcp://10.0.0.1:8786`. Its workers must run
            this version, and see the same files under the same paths.

    Raises:
        UserError: no such number of processes, both are asked for, or nobody answers there.
    """
    if jobs < 1:
        raise UserError(f"--jobs {jobs}: at least one process is needed")
    if cluster is not None:
        if jobs > 1:
            raise UserError("--jobs is for this machine, --cluster for others: name one")
        with _client(cluster) as client:
            count = len(client.scheduler_info()["workers"])
            if not count:
                raise UserError(f"--cluster {cluster}: the scheduler has no worker")
            start = partial(client.get_executor, pure=False, retries=0)
            yield Workers(start, count, partial(_has_workers, client))
    elif jobs == 1:
        yield HERE
    else:
        with one_thread_each():
            yield Workers(partial(processes, jobs), jobs)


def processes(jobs: int) -> Executor:
    """Return an executor of so many processes of this machine."""
    # Spawned, not forked: a fork copies the locks of polars' threads and may hang on them.
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UserError(
            f"--cluster needs {error.name}, which is not installed: "
            "pip install 'liftdose[cluster]'"
        ) from error
    try:
        client: Any = Client(address, timeout="10s", set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UserError(f"--cluster {address}: no scheduler answers there ({error})") from error
    with client:
        yield client


def _has_workers(client: Any) -> bool:
    try:
        return bool(client.scheduler_info()["workers"])
    except OSError:  # nor is the scheduler there
        return False


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let processes started meanwhile use one thread: theirs would fight over the processors."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def mapped(
    step: Callable[[T], R],
    pieces: Sequence[T],
    who: Workers = HERE,
    *,
    name: Callable[[T], str] = str,
    tell: Tell = silent,
    stages: Stages | None = None,
) -> list[R | Lost]:
    """Do a step for every piece of work.

    Args:
        step: what to do; a function of a module, for others must find it by name.
        pieces: what to do it for.
        who: who does it.
        name: what a piece is called.
        tell: gets the pieces done, the pieces in all, and the rate and time left.
        stages: gets what the workers spend, where it is not this process.

    Returns:
        What the step returned, or `Lost`, in the order of the pieces.

    Raises:
        Exception: whatever the step itself raises; it is a fault or an answer, and no death.
        UserError: for `GONE_S` no worker of a cluster was there.
    """
    if who.start is None:
        here = _Pace(len(pieces), tell)
        return [here.after(step(piece)) for piece in pieces]
    if stages is not None:
        measured = mapped(_Measured(step), pieces, who, name=name, tell=tell)
        for each in measured:
            if not isinstance(each, Lost):
                stages.by_worker(each.cpu_s, each.peak_gb)
        return [each if isinstance(each, Lost) else each.value for each in measured]
    pace = _Pace(len(pieces), tell)
    done: dict[int, R | Lost] = {}
    died: list[int] = []
    left = list(range(len(pieces)))
    while left:
        died += _round(step, pieces, who, left, done, pace)
        left = [place for place in left if place not in done and place not in died]
    for place in died:  # each by itself: who dies again has died of its own piece
        alone = _round(step, pieces, replace(who, count=1), [place], done, pace, fewest=1)
        if alone:
            done[place] = pace.after(Lost(name(pieces[place]), "its worker died twice"))
    return [done[place] for place in range(len(pieces))]


@dataclass(frozen=True, slots=True)
class _Spent(Generic[R]):
    """What a step returned, and what it cost whoever did it."""

    value: R
    cpu_s: float
    peak_gb: float


@dataclass(frozen=True, slots=True)
class _Measured(Generic[T, R]):
    """A step that also says what it cost."""

    step: Callable[[T], R]

    def __call__(self, piece: T) -> _Spent[R]:
        before = time.process_time()
        value = self.step(piece)
        return _Spent(value, time.process_time() - before, peak_gb())


def merged(found: Iterable[R | Lost]) -> tuple[list[R], list[Lost]]:
    """Return what was done and what was lost, each in order."""
    each = list(found)
    return (
        [one for one in each if not isinstance(one, Lost)],
        [one for one in each if isinstance(one, Lost)],
    )


def _round(
    step: Callable[[T], R],
    pieces: Sequence[T],
    who: Workers,
    left: Sequence[int],
    done: dict[int, R | Lost],
    pace: _Pace,
    fewest: int = AHEAD,
) -> list[int]:
    """Do pieces until all are done or an executor breaks; return those that were in its hands."""
    assert who.start is not None
    waiting = iter(left)
    at_work: dict[Future[R], int] = {}
    died: list[int] = []
    with who.start() as executor:
        while True:
            while not died and len(at_work) < fewest * who.count:
                place = next(waiting, None)
                if place is None:
                    break
                try:
                    at_work[executor.submit(step, pieces[place])] = place
                except BrokenProcessPool:
                    died.append(place)
            if not at_work:
                return died
            ended = _first_ended(at_work, who, f"{len(done):,} of {len(pieces):,}")
            for future in ended:
                place = at_work.pop(future)
                if _ended_well(future):
                    done[place] = pace.after(future.result())
                else:
                    died.append(place)


def _first_ended(at_work: Iterable[Future[R]], who: Workers, done: str) -> set[Future[R]]:
    """Wait until a step has ended.

    Raises:
        UserError: for `GONE_S` no worker was there.
    """
    alone_s = 0.0
    while alone_s < GONE_S:
        ended, _ = wait(at_work, timeout=LOOK_S, return_when=FIRST_COMPLETED)
        if ended:
            return ended
        alone_s = 0.0 if who.anybody() else alone_s + LOOK_S
    for future in at_work:
        future.cancel()
    raise UserError(
        f"the cluster has had no worker for {GONE_S:.0f} s, and {done} pieces of work are done: "
        "start its workers, and run it again"
    )


def _ended_well(future: Future[R]) -> bool:
    """Whether a step gave something, and no worker died of it.

    Raises:
        Exception: what the step itself has raised.
    """
    error = future.exception()
    if error is not None and not _is_death(error):
        raise error
    return error is None


def _is_death(error: BaseException) -> bool:
    """Whether an executor says that a worker died; Dask's word for it is known by its name."""
    return isinstance(error, BrokenProcessPool) or type(error).__name__ in (
        "KilledWorker", "FutureCancelledError", "CancelledError",
    )  # fmt: skip


class _Pace:
    """Tells how far the work is, how fast it goes, and how long the rest will take."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._total, self._tell, self._done = total, tell, 0
        self._started = time.monotonic()
        tell(0, total, "")

    def after(self, value: R) -> R:
        """Count one piece and return what it gave."""
        self._done += 1
        spent = max(time.monotonic() - self._started, 1e-9)
        rest = (self._total - self._done) * spent / self._done
        self._tell(self._done, self._total, f"{self._done / spent:.1f}/s, {_span(rest)} left")
        return value


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
