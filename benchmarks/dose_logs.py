"""What people's own exports say of dose and response, and how long a family of plans takes.

    python benchmarks/dose_logs.py FOLDER            # the event study of six muscles
    python benchmarks/dose_logs.py FOLDER --halves   # do own effects repeat?
    python benchmarks/dose_logs.py FOLDER --family   # three plans over all logs, timed
    python benchmarks/dose_logs.py FOLDER --control  # another muscle's dose as a negative control

Per person the largest file (`strength_logs.largest_files`), all in one logbook. Only sums over
people are printed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analysis import Logbook, read
from analysis.estimate import Estimate
from analysis.models.dose import TooLittleError, each_muscle
from analysis.models.dose.effects import Body, body, columns_of, effect, joint, shapes
from analysis.models.dose.people import repeatability
from analysis.pages.hypothesis import answer_all
from analysis.problems import UserError
from strength_logs import largest_files

MUSCLES = ("quads", "chest", "lats", "hamstrings", "glutes", "calves")
PLANS = {
    "volume": ("fractional_sets", 0.1),
    "frequency": ("frequency", 0.5),
    "intensity": ("light_share", 2.0),
}
PLAN = """\
question = "Does {what} change the strength of quads?"
muscle = "quads"
exposure = "{exposure}"
smallest_effect = {smallest}
"""
CONTROLS = {"quads": "chest", "chest": "quads", "lats": "quads", "hamstrings": "chest",
            "glutes": "chest", "calves": "chest"}  # fmt: skip
"""A muscle whose work should not move another's strength: none of its lifts is shared."""


def staged(folder: Path, into: Path) -> tuple[Path, list[str]]:
    """Link each person's largest file; return the folder, and what cannot be read."""
    lost = []
    for number, path in enumerate(largest_files(folder).values(), start=1):
        place = into / f"p{number:02}"
        place.mkdir()
        (place / path.name).symlink_to(path.resolve())
        try:
            read(place, unit="kg")
        except UserError as error:
            lost.append(str(error).splitlines()[0].replace(str(place), ""))
            (place / path.name).unlink()
            place.rmdir()
    return into, lost


def said(found: Estimate | None) -> str:
    """Return an estimate with its error."""
    return "–" if found is None else f"{found.value:.2f} ({found.std_error:.2f})"


def events(logbook: Logbook) -> Iterator[str]:
    """Yield a row per muscle: the event study, the number, its placebo, `trained` held."""
    yield (
        "| | people | days | dof | next 4 wk | 1–4 | 5–8 | 9–12 | 13+ | 5–12 [95 %] | placebo | "
        "given trained | trained at all | one more day a week | all light | likeliest shape |\n|"
        + "---|"
        * 16
    )
    measures = ["sets", "trained", "frequency", "light_share", "sets_log", "sets_sqrt",
                "sets_reciprocal"]  # fmt: skip
    for logs in each_muscle(logbook, MUSCLES):
        found = body(logs.days, logs.weekly, measures)
        one = effect(found, "sets", smallest=0.1)
        study = one.event_study
        given, _ = joint(found, ["sets", "trained"])
        more = {}
        for name in ("frequency", "light_share"):
            try:
                more[name] = effect(found, name, held=("sets",))
            except TooLittleError:
                more[name] = None
        likely = shapes(found, [float(found.mean["sets"].mean())])[0]
        e = one.estimate
        cells = [
            logs.muscle, str(one.n_athletes), f"{one.n_rows:,}", f"{e.dof:.0f}",
            *(said(study.get(k)) for k in ("ahead", "1_4", "5_8", "9_12", "13_on")),
            f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}]",
            f"{one.placebo.kind}, {one.placebo.bias_bound:.2f}",
            said(given["sets"]), said(given["trained"]),
            *(f"{said(each.estimate)} {each.placebo.kind}" if each else "–"
              for each in more.values()),
            f"{likely.name} {100 * likely.weight:.0f} %",
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def halves(logbook: Logbook) -> Iterator[str]:
    """Yield a row per muscle: whether own effects of two halves of a log go together."""
    yield "| | people | SD of true slopes | correlation of true | of estimated [95 %] | told |"
    yield "|" + "---|" * 6
    for logs in each_muscle(logbook, MUSCLES):
        found = body(logs.days, logs.weekly, ["sets"])
        one = repeatability(found, logs.days, columns_of(logs.weekly, ["sets"]), "sets")
        yield (
            f"| {logs.muscle} | {one.n_athletes} | {one.sd:.2f} | {one.correlation:.2f} | "
            f"{one.observed:.2f} [{one.observed_low:.2f}, {one.observed_high:.2f}] | "
            f"{'yes' if one.told_apart else 'no'} |"
        )


def control(logbook: Logbook) -> Iterator[str]:
    """Yield a row per muscle: the effect that another muscle's dose has by the same model."""
    yield "| strength of | sets of | 5–12 of its own sets | 5–12 of the other | both together |"
    yield "|" + "---|" * 5
    books = {logs.muscle: logs for logs in each_muscle(logbook, MUSCLES)}
    for muscle, other in CONTROLS.items():
        logs, weekly = books[muscle], books[muscle].weekly
        theirs = books[other].weekly.doses["sets"]
        doses = {**weekly.doses, "other": theirs}
        found: Body = body(logs.days, type(weekly)(weekly.logged, doses), ["sets", "other"])
        own, away = (effect(found, name).estimate for name in ("sets", "other"))
        both, _ = joint(found, ["sets", "other"])
        yield (
            f"| {muscle} | {other} | {said(own)} | {said(away)} | {said(both['sets'])}, "
            f"{said(both['other'])} |"
        )


def family(folder: Path) -> Iterator[str]:
    """Yield the seconds of three plans with specification curve and power at their defaults."""
    with tempfile.TemporaryDirectory() as scratch:
        plans = []
        for name, (exposure, smallest) in PLANS.items():
            plans.append(Path(scratch) / f"{name}.toml")
            text = PLAN.format(what=name, exposure=exposure, smallest=smallest)
            plans[-1].write_text(text, "utf-8")
        started, cpu = time.perf_counter(), time.process_time()
        logbook = read(folder, unit="kg")
        reading = time.perf_counter() - started
        out, register = Path(scratch) / "out", Path(scratch) / "register.json"
        for line in answer_all(plans, logbook, out, register=register):
            yield line.replace(scratch, "")
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        yield (
            f"{logbook.sets.height:,} sets, {len(logbook.athletes)} people; wall {wall:.0f} s of "
            f"which reading {reading:.0f} s; processor {cpu:.0f} s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for name in ("halves", "family", "control"):
        parser.add_argument(f"--{name}", action="store_true")
    args = parser.parse_args()
    np.set_printoptions(precision=3)
    with tempfile.TemporaryDirectory() as scratch:
        folder, lost = staged(args.folder, Path(scratch))
        print(f"{len(list(folder.iterdir()))} people; left out: {lost or 'nobody'}", flush=True)
        if args.family:
            lines = family(folder)
        else:
            logbook = read(folder, unit="kg")
            lines = (
                halves(logbook)
                if args.halves
                else control(logbook)
                if args.control
                else events(logbook)
            )
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
