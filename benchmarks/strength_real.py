"""What is said of real logs, beside an earlier version of this program, in one run.

    OPENBLAS_NUM_THREADS=1 python benchmarks/strength_real.py FOLDER
    OPENBLAS_NUM_THREADS=1 python benchmarks/strength_real.py FOLDER --before CHECKOUT

Per person the largest file. Shares of muscles, lifts and lifters with each verdict; odd and even
days of every lift judged apart: how often a change decided on the odd days has the same sign on
the even ones, beside what "up" every time would score; and each claim above 40 % with the raw
medians of the lifts it is of. `--before` names a checkout that still has
`latent_strengths`; it reads the same files in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from analysis.models.strength import regimes, verdicts
from analysis.models.strength.lifts import Lifts
from analysis.models.strength.population import published
from analysis.models.strength.regimes import Flags, Floats, Series
from analysis.models.strength.verdicts import Changes, Units
from strength_logs import largest_files, people

LARGE_CLAIM = np.log(1.4)
SCOPES = ("lift", "muscle", "lifter")

EARLIER = """
import json, sys
from collections import Counter
from analysis import read
from analysis.measures import counting
from analysis.models.latent import latent_strengths, strength_overview
said, widths, decided, people, unread = Counter(), [], 0, 0, 0
for path in sys.argv[1:]:
    for unit in ({}, {"unit": "kg"}):
        try:
            book = read(path, athlete="one", **unit)
            break
        except Exception:
            book = None
    if book is None:
        unread += 1
        continue
    roles = book.catalogue.group_roles
    roles = roles.filter(roles["role"] == "direct")
    ids = set(book.sets["exercise_id"].drop_nulls())
    groups = sorted(set(roles.filter(roles["exercise_id"].is_in(list(ids)))["group"]))
    table = strength_overview(latent_strengths(book, groups)).table
    people += bool(len(table))
    known = table[table["change_pct"].notna()]
    said.update(known["status"])
    widths += (known["change_high_pct"] - known["change_low_pct"]).tolist()
    sure = known[["p_gain", "p_loss"]].max(axis=1) >= 0.8
    decided += bool(sure.any())
widths.sort()
print(json.dumps({"people": people, "unread": unread, "muscles": sum(said.values()),
                  "status": said,
                  "people_with_a_probable_change": decided,
                  "median_width_8_weeks": widths[len(widths) // 2]}))
"""


def part(lifts: Lifts, rows: Flags) -> tuple[Series, tuple[Units, ...], Floats] | None:
    """Return some days of a person's lifts, without lifts that these leave too short."""
    series = lifts.series
    kept = np.bincount(series.lift[rows], minlength=series.lifts) >= verdicts.FEWEST_DAYS
    if not kept.any():
        return None
    number = np.cumsum(kept) - 1
    rows = rows & kept[series.lift]
    own = Series(number[series.lift[rows]], series.day[rows], series.value[rows])
    units = tuple(
        Units(
            number[unit.lift[kept[unit.lift]]],
            unit.unit[kept[unit.lift]],
            unit.count,
            unit.shared,
            unit.horizons,
        )
        for unit in lifts.units
    )
    return own, units, lifts.end[kept]


def changes(lifts: Lifts, rows: Flags) -> tuple[Changes, ...] | None:
    """Return the changes of lifts, muscles and lifter on some of the days."""
    found = part(lifts, rows)
    if found is None:
        return None
    own, units, end = found
    return verdicts.changes(own, regimes.find(own), published(), units, end=end)


def agreement(lifts: Lifts, scope: int) -> list[tuple[bool, bool]]:
    """Return (odd days say up, even days rose) of each unit that the odd days decide."""
    place = np.arange(len(lifts.series.lift)) - lifts.series.first[lifts.series.lift]
    odd, even = (changes(lifts, place % 2 == side) for side in (1, 0))
    if odd is None or even is None:
        return []
    judged = verdicts.judge(odd[scope])
    pairs = []
    for unit in np.flatnonzero(np.isin(judged.verdict, [verdicts.UP, verdicts.DOWN])):
        days = odd[scope].days[judged.horizon[unit], unit]
        same = np.flatnonzero(np.isclose(even[scope].days[:, unit], days, rtol=0.05))
        if len(same):
            rose = bool(even[scope].mean[same[0], unit] > 0)
            pairs.append((judged.verdict[unit] == verdicts.UP, rose))
    return pairs


def large_claims(name: str, lifts: Lifts) -> list[dict[str, Any]]:
    """Return the muscles' claims above 40 % with the raw medians of their lifts."""
    told = changes(lifts, np.ones(len(lifts.series.lift), bool))
    assert told is not None
    muscles = told[1]
    judged = verdicts.judge(muscles)
    claims = []
    for unit in np.flatnonzero(np.isin(judged.verdict, [verdicts.UP, verdicts.DOWN])):
        row = judged.horizon[unit]
        if abs(muscles.mean[row, unit]) < LARGE_CLAIM:
            continue
        members = np.flatnonzero(lifts.units[0].unit == unit)
        counted = members[muscles.weight[row, members] > 0]
        raw = [_raw(lifts, lifts.units[0].lift[one], muscles.days[row, unit]) for one in counted]
        claims.append(
            {
                "person": name,
                "muscle": lifts.muscles["muscle"].iloc[unit],
                "days": int(muscles.days[row, unit]),
                "claimed_pct": round(100 * float(np.expm1(muscles.mean[row, unit]))),
                "raw_medians_kg": raw,
            }
        )
    return claims


def _raw(lifts: Lifts, lift: int, days: float) -> str:
    """Return a lift's median e1RM around the start, and over the last days."""
    series = lifts.series
    rows = series.lift == lift
    day, value = series.day[rows], np.exp(series.value[rows])
    start = lifts.end[lift] - days
    near = np.argsort(np.abs(day - start))[:5]
    return (
        f"{lifts.table['lift'].iloc[lift]} {np.median(value[near]):.0f} → "
        f"{np.median(value[-5:]):.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--before", type=Path)
    asked = parser.parse_args()
    known = people(asked.folder)
    said: dict[str, Counter[str]] = {scope: Counter() for scope in SCOPES}
    agree: dict[str, list[tuple[bool, bool]]] = {scope: [] for scope in SCOPES}
    widths: list[float] = []
    with_any = 0
    for lifts in known.lifts:
        told = changes(lifts, np.ones(len(lifts.series.lift), bool))
        assert told is not None
        any_said = False
        for place, (scope, changed) in enumerate(zip(SCOPES, told, strict=True)):
            judged = verdicts.judge(changed)
            words = [str(word) for word in judged.verdict if word != verdicts.NONE]
            said[scope].update(words)
            any_said |= bool({verdicts.UP, verdicts.DOWN, verdicts.STEADY} & set(words))
            agree[scope] += agreement(lifts, place)
        eight = told[1].days[0] == verdicts.HORIZONS[0]
        mean, sd = told[1].mean[0][eight], told[1].sd[0][eight]
        widths += (100 * (np.exp(mean + 1.96 * sd) - np.exp(mean - 1.96 * sd))).tolist()
        with_any += any_said
    report: dict[str, Any] = {
        "people": known.count,
        "people_with_a_statement": with_any,
        "median_width_8_weeks": round(float(np.median(widths)), 1),
    }
    for scope in SCOPES:
        total = sum(said[scope].values())
        pairs = np.array(agree[scope])
        report[scope] = {
            "n": total,
            "pct": {word: round(100 * n / total, 1) for word, n in said[scope].most_common()},
            "odd_even_n": len(pairs),
            "odd_even_agree_pct": round(100 * float(np.mean(pairs[:, 0] == pairs[:, 1])), 1),
            "parrot_pct": round(100 * float(np.mean(pairs[:, 1])), 1),
        }
    report["large_claims"] = [
        claim
        for name, lifts in zip(known.names, known.lifts, strict=True)
        for claim in large_claims(name, lifts)
    ]
    if asked.before:
        files = largest_files(asked.folder)
        paths = [str(files[name].resolve()) for name in known.names]
        done = subprocess.run(
            [sys.executable, "-c", EARLIER, *paths],
            env=os.environ | {"PYTHONPATH": str(asked.before / "src")},
            capture_output=True,
            text=True,
            check=True,
        )
        report["before"] = json.loads(done.stdout)
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
