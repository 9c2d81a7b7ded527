"""How long work tells how far it is, and what each of its stages cost.

A plain callback, so that no room needs to draw bars; and seconds and memory by stage, so that
nobody needs to guess where an hour went.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

Tell = Callable[[int, int, str], object]
"""Gets the steps done, the steps in all, and what comes next; may do with it what it likes."""


def silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""


def told(items: Sequence[T], tell: Tell, name: Callable[[T], str]) -> Iterator[T]:
    """Yield the items; before each, tell which one of how many it is."""
    for number, item in enumerate(items):
        tell(number, len(items), name(item))
        yield item
    tell(len(items), len(items), "")


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage of long work cost.

    Attributes:
        name: the stage.
        wall_s: seconds by the clock.
        cpu_s: CPU seconds of this process and of the workers.
        peak_gb: most memory of this process until the stage's end; NaN where not known.
        worker_gb: most memory of any one worker; 0 where this process did the work.
    """

    name: str
    wall_s: float
    cpu_s: float
    peak_gb: float
    worker_gb: float = 0.0

    def __str__(self) -> str:
        worker = f", {self.worker_gb:.2f} GB a worker" if self.worker_gb else ""
        return (
            f"{self.name}: {self.wall_s:.1f} s, {self.cpu_s:.1f} CPU-s, "
            f"{self.peak_gb:.2f} GB{worker}"
        )


@dataclass(slots=True)
class Stages:
    """The stages of long work, measured as they end.

    Workers measure themselves: of processes elsewhere nothing else would be known.
    """

    done: list[Stage] = field(default_factory=list)
    _worker_cpu_s: float = 0.0
    _worker_gb: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what is done meanwhile."""
        wall, cpu = time.perf_counter(), time.process_time()
        self._worker_cpu_s = self._worker_gb = 0.0
        yield
        spent = time.process_time() - cpu + self._worker_cpu_s
        self.done.append(
            Stage(name, time.perf_counter() - wall, spent, peak_gb(), self._worker_gb)
        )

    def by_worker(self, cpu_s: float, most_gb: float) -> None:
        """Add what a worker spent on a piece, and the most memory it ever held."""
        self._worker_cpu_s += cpu_s
        self._worker_gb = max(self._worker_gb, most_gb)

    def lines(self) -> Iterator[str]:
        """Yield a line per stage, and one for all."""
        yield from map(str, self.done)
        most = max((stage.peak_gb for stage in self.done), default=0.0)
        whole = Stage(
            "in all",
            sum(stage.wall_s for stage in self.done),
            sum(stage.cpu_s for stage in self.done),
            most,
            max((stage.worker_gb for stage in self.done), default=0.0),
        )
        yield str(whole)


def peak_gb() -> float:
    """Return the most memory that this process ever held; NaN where the system does not say."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**3
