"""Small set tables written as they would be said, and a catalogue of a few lifts."""

from datetime import datetime

import polars as pl

from analysis import schema
from analysis.exercises.catalogue import Catalogue
from analysis.logbook import Logbook

LIFTS = {
    # id: (mechanic, laterality, basis, pattern, {group: role})
    "squat": (
        "compound",
        "bilateral",
        "external",
        "squat",
        {"quads": "direct", "glutes": "indirect", "lower_back": "stabiliser"},
    ),
    "leg_curl": ("isolation", "bilateral", "external", "knee_flexion", {"hamstrings": "direct"}),
    "rdl": (
        "compound",
        "bilateral",
        "external",
        "hip_hinge",
        {"hamstrings": "direct", "glutes": "direct"},
    ),
    "leg_extension": ("isolation", "bilateral", "external", "knee_extension", {"quads": "direct"}),
    "leg_press": (
        "compound",
        "bilateral",
        "external",
        "squat",
        {"quads": "direct", "glutes": "indirect"},
    ),
    "split_squat": (
        "compound",
        "unilateral",
        "per_hand",
        "lunge",
        {"quads": "direct", "glutes": "direct"},
    ),
    "pull_up": (
        "compound",
        "bilateral",
        "added",
        "vertical_pull",
        {"lats": "direct", "biceps": "indirect"},
    ),
    "assisted_pull_up": (
        "compound",
        "bilateral",
        "assistance",
        "vertical_pull",
        {"lats": "direct"},
    ),
    "plank": ("isolation", "bilateral", "none", "core", {"abs": "direct"}),
    "running": ("compound", "bilateral", "none", "cardio", {}),
}

GROUPS = ("quads", "hamstrings", "glutes", "calves", "lats", "biceps", "abs", "lower_back")

KINDS = set(schema.KINDS)


def catalogue():
    roles = [
        {"exercise_id": lift, "muscle": group, "role": role}
        for lift, (*_, trained) in LIFTS.items()
        for group, role in trained.items()
    ]
    return Catalogue(
        exercises=pl.DataFrame(
            [
                {
                    "exercise_id": lift,
                    "name": lift.replace("_", " ").title(),
                    "equipment": "other",
                    "mechanic": mechanic,
                    "laterality": laterality,
                    "load_basis": basis,
                    "pattern": pattern,
                }
                for lift, (mechanic, laterality, basis, pattern, _) in LIFTS.items()
            ]
        ),
        roles=pl.DataFrame(roles).select("exercise_id", "muscle", "role"),
        muscles=pl.DataFrame(
            {
                "muscle": GROUPS,
                "name": GROUPS,
                "group": GROUPS,
                "region": ["body"] * len(GROUPS),
                "order": range(len(GROUPS)),
            }
        ),
        names={},
        aliases={},
    )


def sets(date, lift, *performed, athlete="ann", number=1, **more):
    """Return rows of one run of one lift.

    A set is words: a kind, a side, and `100x5`, `100x5@2` (RIR 2), `x12`, `30s` or `-` (nothing).
    """
    return [
        _row(date, lift, words.split(), athlete=athlete, number=number, place=place, more=more)
        for place, words in enumerate(performed, start=1)
    ]


def _row(date, lift, words, *, athlete, number, place, more):
    started = datetime.fromisoformat(date)
    row = {
        "athlete": athlete,
        "session": date,
        "started_at": started,
        "exercise": lift,
        "exercise_id": lift if lift in LIFTS else None,
        "exercise_number": number,
        "set_number": place,
        "kind": "work",
        "load_basis": LIFTS[lift][2] if lift in LIFTS else "unknown",
        "app": "test",
        "source_file": "test.csv",
        "source_row": place + 1,
        **more,
    }
    for word in words:
        row |= _meaning(word)
    return row


def _meaning(word):
    if word in KINDS:
        return {"kind": word}
    if word in ("left", "right"):
        return {"side": word}
    if word == "-":
        return {}
    if word.endswith("s"):
        return {"duration_s": float(word[:-1])}
    work, _, rir = word.partition("@")
    load, _, reps = work.partition("x")
    return {
        "load_kg": float(load) if load else None,
        "reps": float(reps),
        "rir": float(rir) if rir else None,
    }


def logbook(*runs):
    rows = [row for run in runs for row in run]
    table = pl.DataFrame(rows, schema=schema.polars_schema(schema.SETS))
    names = table.group_by("exercise").agg(pl.col("exercise_id").first(), pl.len().alias("sets"))
    return Logbook(
        sets=table,
        ledger=schema.empty(schema.LEDGER),
        rejected=schema.empty(schema.REJECTED),
        exercises=names.with_columns(pl.lit("exact").alias("method")),
        catalogue=catalogue(),
    )
