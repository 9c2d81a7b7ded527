"""What each set is worth, and where every set goes."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from analysis import exercises, schema
from analysis.logbook import Logbook
from analysis.models.latent import latent_strength, observations

SQUAT = "squat"


def table(rows):
    """Return a set table; each row overrides a plain set of 5 reps at 100 kg on day 0."""
    plain = {
        "athlete": "a",
        "session": "s",
        "exercise": "Squat",
        "exercise_id": SQUAT,
        "exercise_number": 1,
        "set_number": 1,
        "kind": "work",
        "load_kg": 100.0,
        "load_basis": "external",
        "reps": 5.0,
        "app": "test",
        "source_file": "test.csv",
    }
    start = datetime(2024, 1, 1)
    filled = [
        {
            **plain,
            "started_at": start + timedelta(days=row.get("day", 0)),
            "source_row": number,
            **{key: value for key, value in row.items() if key != "day"},
        }
        for number, row in enumerate(rows, 2)
    ]
    return pl.DataFrame(filled, schema=schema.polars_schema(schema.SETS))


def one(**values):
    return observations(table([values])).table.iloc[0]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"kind": "warmup"}, "warm-up"),
        ({"kind": "drop"}, "warm-up"),
        ({"load_basis": "assistance"}, "no load that measures strength"),
        ({"load_basis": "unknown"}, "no load that measures strength"),
        ({"load_basis": "added"}, "added load without a body mass"),
        ({"load_kg": None}, "no load or no reps"),
        ({"reps": 0.0}, "no load or no reps"),
        ({"reps": 20.0}, "more than 12 reps"),
        ({"reps": 10.0, "rir": 3.0}, "more than 12 reps"),
    ],
)
def test_every_set_left_out_has_its_reason(values, reason):
    estimates = observations(table([values, {"day": 1}]))
    (named,) = estimates.left_out
    assert named.startswith(reason)
    assert len(estimates.table) == 1


def test_sets_used_and_left_out_sum_to_all():
    rng = np.random.default_rng(0)
    rows = [
        {
            "day": int(rng.integers(0, 40)),
            "reps": float(rng.integers(0, 20)),
            "load_kg": float(rng.integers(0, 12) * 10),
            "kind": str(rng.choice(["work", "warmup", "failure"])),
            "rir": rng.choice([None, 0.0, 2.0]),
        }
        for _ in range(300)
    ]
    estimates = observations(table(rows))
    assert len(estimates.table) + sum(estimates.left_out.values()) == 300


def test_reserve_counts_and_a_marked_failure_has_none():
    assert one(reps=5.0, rir=2.0)["log_e1rm"] == pytest.approx(np.log(100 * (1 + 7 / 30)))
    assert one(reps=5.0, kind="failure")["log_e1rm"] == pytest.approx(np.log(100 * (1 + 5 / 30)))


def test_precision_falls_with_reps_and_with_unknown_effort():
    failed = [one(reps=float(reps), kind="failure")["variance"] for reps in (1, 3, 5, 8, 12)]
    assert np.all(np.diff(failed) > 0)
    assert failed[0] == pytest.approx(0.042**2)
    assert one(reps=5.0)["variance"] > one(reps=5.0, rir=2.0)["variance"] > failed[2]
    assert one(reps=5.0)["effort"] == "unknown"


def test_light_sets_of_unknown_effort_are_left_out_but_rated_ones_stay():
    sets = table([{"load_kg": 60.0}, {"load_kg": 60.0, "rir": 8.0, "reps": 4.0}, {}])
    estimates = observations(sets)
    assert len(estimates.table) == 2
    assert estimates.left_out == {"effort unknown and below 95% of the day's top load": 1}


def test_added_load_counts_with_the_body_mass():
    sets = table([{"load_basis": "added", "load_kg": 20.0, "kind": "failure", "reps": 1.0}])
    used = observations(sets, body_mass_kg={"a": 80.0}).table
    assert used["log_e1rm"].item() == pytest.approx(np.log(100))


def test_more_sets_do_not_look_like_less_strength():
    rows = [
        {"day": day, "set_number": number, "reps": 8.0 - (number - 1)}
        for day in range(160)
        for number in range(1, 2 + day % 4)
    ]
    used = observations(table(rows)).table
    daily = used.groupby("day")["log_e1rm"].mean()
    assert daily.std() < 1e-9


def logbook_of(sets):
    return Logbook(
        sets,
        schema.empty(schema.LEDGER),
        schema.empty(schema.REJECTED),
        schema.empty(schema.EXERCISES),
        exercises.load(),
    )


def quad_exercise():
    roles = exercises.load().muscle_roles
    direct = roles.filter((pl.col("muscle") == "quads") & (pl.col("role") == "direct"))
    return direct["exercise_id"][0]


def growing(days, athlete="a"):
    rng = np.random.default_rng(1)
    return [
        {
            "athlete": athlete,
            "day": int(day),
            "exercise_id": quad_exercise(),
            "load_kg": float(100 * np.exp(0.001 * day + rng.normal(0, 0.01))),
        }
        for day in range(0, days, 4)
    ]


def test_result_says_and_draws_a_gain():
    result = latent_strength(logbook_of(table(growing(300))), "quads")
    assert "changed by +" in result.summary
    assert result.table["status"].iloc[-1] in {"gaining", "breakthrough"}
    assert result.table["index"].iloc[0] == pytest.approx(100)
    assert result.table["index"].iloc[-1] == pytest.approx(100 * np.exp(0.3), rel=0.06)
    assert any("Effort is not logged for 75 of 75 sets" in note for note in result.notes)
    assert len(result.figure.data) == 2


def test_result_of_several_athletes_counts_them():
    sets = table(growing(200) + growing(200, "b"))
    result = latent_strength(logbook_of(sets), "quads")
    assert "2 athletes" in result.summary
    assert set(result.table["athlete"]) == {"a", "b"}


def test_result_of_too_little_says_so():
    result = latent_strength(logbook_of(table(growing(8))), "quads")
    assert result.table.empty
    assert result.summary.startswith("Too little")
    assert result.figure_dict is None


def test_result_of_too_little_has_the_columns_of_one_with_enough():
    little, enough = (
        latent_strength(logbook_of(table(growing(days))), "quads").table for days in (8, 300)
    )
    assert list(little.columns) == list(enough.columns)


def test_unknown_muscle_is_named():
    with pytest.raises(ValueError, match="'quad', expected one of"):
        latent_strength(logbook_of(table([{}])), "quad")
