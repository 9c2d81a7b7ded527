"""The three invented people of the sample logs."""

from __future__ import annotations

from dataclasses import dataclass, field

WEEKS = 52


@dataclass(frozen=True, slots=True)
class Lifter:
    """One invented person: how they train, and which weeks are special."""

    name: str
    dialect: str
    body_kg: float
    hour: int
    rir: float
    away: tuple[int, ...] = ()
    deloads: tuple[int, ...] = ()
    rpe_weeks: range = field(default_factory=lambda: range(0))
    marks_warmups: bool = False
    workout_notes: tuple[tuple[int, str], ...] = ()

    @property
    def unit(self) -> str:
        """Unit of the app's account."""
        return self.dialect.rsplit("-", 1)[1]


LIFTERS = (
    Lifter(
        "anna", "strong-s2-lb", 64.0, 18, 2.0, away=(9,), deloads=(24,), rpe_weeks=range(30, 52),
        workout_notes=((15, "knee sore since Friday"), (21, "slept badly")),
    ),
    Lifter(
        "ben", "hevy-kg", 84.0, 7, 1.0, away=(28, 29, 30), deloads=(14, 40),
        rpe_weeks=range(52), marks_warmups=True,
        workout_notes=((14, "Deload"), (31, "First week back"), (40, "Deload")),
    ),
    Lifter("cleo", "fitnotes-f3-kg", 70.0, 12, 2.0, away=(19, 41), deloads=(34,)),
)  # fmt: skip
