"""The simulator's exports: the headers and habits of each app, the same bytes every time."""

import csv
import importlib.util
import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from analysis.ingest import read
from analysis.simulate import DIALECTS, Scenario, export, simulate
from analysis.simulate.__main__ import main

ROOT = Path(__file__).parents[1]
SMALL = Scenario(n_athletes=6, weeks=8, warmups_marked=1.0, rpe_logged=1.0)
HEADERS = {
    "strong-s1": "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,"
    "Seconds,Notes,Workout Notes,RPE",
    "strong-s2": "Date;Workout Name;Exercise Name;Set Order;Weight;Weight Unit;Reps;RPE;Distance;"
    "Distance Unit;Seconds;Notes;Workout Notes;Workout Duration",
    "strong-s3": '"Workout #";"Date";"Workout Name";"Duration (sec)";"Exercise Name";"Set Order";'
    '"Weight (kg)";"Reps";"RPE";"Distance (meters)";"Seconds";"Notes";"Workout Notes"',
    "hevy-kg": '"title","start_time","end_time","description","exercise_title","superset_id",'
    '"exercise_notes","set_index","set_type","weight_kg","reps","distance_km",'
    '"duration_seconds","rpe"',
    "hevy-lb": '"title","start_time","end_time","description","exercise_title","superset_id",'
    '"exercise_notes","set_index","set_type","weight_lbs","reps","distance_km",'
    '"duration_seconds","rpe"',
    "fitnotes-f1-kg": "Date,Exercise,Category,Weight (kgs),Reps,Distance,Distance Unit,Time",
    "fitnotes-f1-lb": "Date,Exercise,Category,Weight (lbs),Reps,Distance,Distance Unit,Time",
    "fitnotes-f3": "Date,Exercise,Category,Weight,Weight Unit,Reps,Distance,Distance Unit,Time,"
    "Comment",
}


@pytest.fixture(scope="module")
def cohort():
    return simulate(SMALL, seed=3)


def rows_of(path):
    text = path.read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text[:60] else ","))


ONE_LINE_A_SET = [name for name in DIALECTS if name.startswith(tuple(HEADERS))]


@pytest.mark.parametrize("dialect", ONE_LINE_A_SET)
def test_a_dialect_of_one_line_a_set_has_its_header_and_one_record_a_set(
    cohort, tmp_path, dialect
):
    paths = export(cohort, tmp_path, apps=[dialect])
    header = next(HEADERS[name] for name in HEADERS if dialect.startswith(name))
    counts = dict(cohort.sets["athlete"].value_counts().iter_rows())
    assert [path.stem for path in paths] == cohort.athletes["athlete"].to_list()
    for path in paths:
        assert path.read_text("utf-8").split("\n", 1)[0] == header
        rows = rows_of(path)
        done = [row for row in rows if row.get("Set Order") not in ("Rest Timer", "Note")]
        assert len(done) == counts[path.stem]
        assert None not in rows[0]
        assert None not in rows[-1].values()


def test_the_bytes_follow_from_the_seed(cohort, tmp_path):
    first = [path.read_bytes() for path in export(cohort, tmp_path / "a")]
    again = [path.read_bytes() for path in export(simulate(SMALL, seed=3), tmp_path / "b")]
    assert first == again


def test_loads_stay_those_of_the_gym_in_the_lifters_own_unit(cohort, tmp_path):
    paths = {path.stem: path for path in export(cohort, tmp_path)}
    (name,) = cohort.athletes.filter(pl.col("app") == "hevy-lb")["athlete"]
    written = [float(row["weight_lbs"]) for row in rows_of(paths[name])]
    assert sorted(written) == cohort.sets.filter(athlete=name)["load"].sort().to_list()


def test_a_log_shown_in_the_other_unit_has_two_decimals(cohort, tmp_path):
    pounds = rows_of(export(cohort, tmp_path, apps=["hevy-lb"])[1])
    assert cohort.athletes["unit"][1] == "kg"
    assert any(row["weight_lbs"].endswith(("88.18", "44.09", "66.14")) for row in pounds)


def test_strong_s1_carries_the_dust_of_pounds_kept_in_kilograms(cohort, tmp_path):
    loads = [
        row["Weight"]
        for path in export(cohort, tmp_path, apps=["strong-s1-lb"])[:1]
        for row in rows_of(path)
    ]
    dusty = [load for load in loads if len(load) > 12]
    assert dusty
    assert all(abs(float(load) * 2 - round(float(load) * 2)) < 1e-6 for load in loads)


def test_strong_tags_warm_ups_only_where_the_app_did(cohort, tmp_path):
    s3 = rows_of(export(cohort, tmp_path / "s3", apps=["strong-s3-kg"])[0])
    s2 = rows_of(export(cohort, tmp_path / "s2", apps=["strong-s2-kg"])[0])
    orders = [row["Set Order"] for row in s3]
    assert orders.count("Rest Timer") == len(s3) / 2
    assert "W" in orders
    assert all(row["Set Order"].isdigit() for row in s2)


def test_hevy_lists_the_newest_workout_first_and_has_no_rpe_of_six_and_a_half(cohort, tmp_path):
    rows = rows_of(export(cohort, tmp_path, apps=["hevy-kg"])[0])
    starts = pl.Series([row["start_time"] for row in rows]).str.to_datetime("%d %b %Y, %H:%M")
    assert starts.is_sorted(descending=True)
    assert not starts.is_sorted()
    assert rows[0]["set_index"] == "0"
    assert {row["set_type"] for row in rows} == {"normal", "warmup"}
    assert "6.5" not in {row["rpe"] for row in rows}
    assert "6.5" in set(cohort.sets["rpe"].cast(pl.String))


def test_fitnotes_knows_neither_time_of_day_nor_kind(cohort, tmp_path):
    rows = rows_of(export(cohort, tmp_path, apps=["fitnotes-f3-lb"])[0])
    assert {len(row["Date"]) for row in rows} == {10}
    assert {row["Weight Unit"] for row in rows} == {"lbs"}


def test_unknown_dialects_are_refused(cohort, tmp_path):
    with pytest.raises(ValueError, match="'jefit', expected one of strong-s1-lb"):
        export(cohort, tmp_path, apps=["jefit"])


def test_the_sample_command_writes_the_bundled_bytes(tmp_path, capsys):
    assert main(["sample", str(tmp_path)]) == 0
    written = sorted(tmp_path.iterdir())
    assert [path.name for path in written] == [
        "anna_strong.csv", "ben_hevy.csv", "cleo_fitnotes.csv",
    ]  # fmt: skip
    assert len(capsys.readouterr().out.splitlines()) == 3
    for path in written:
        assert path.read_bytes() == (ROOT / "data/raw/sample" / path.name).read_bytes()


def test_the_sample_tells_its_stories():
    anna = pl.DataFrame(rows_of(ROOT / "data/raw/sample/anna_strong.csv"))
    calves = anna.filter(pl.col("Exercise Name").str.contains("Calf"))["Date"].str.slice(0, 10)
    gap = calves.str.to_date().unique().sort().diff().dt.total_days().max()
    assert 14 * 7 <= gap < 16 * 7
    assert set(anna["Weight Unit"]) == {"lbs", ""}

    ben = pl.DataFrame(rows_of(ROOT / "data/raw/sample/ben_hevy.csv"))
    assert set(ben["set_type"]) == {"normal", "warmup", "dropset", "failure"}
    assert ben.filter(pl.col("superset_id") == "0")["exercise_title"].n_unique() == 2
    assert ben["exercise_notes"].str.contains("\n").any()
    days = ben["start_time"].str.to_datetime("%d %b %Y, %H:%M").unique().sort()
    assert days.diff().dt.total_days().max() >= 21

    cleo = pl.DataFrame(rows_of(ROOT / "data/raw/sample/cleo_fitnotes.csv"))
    leg_sets = cleo.filter(pl.col("Exercise").is_in(["Leg Press", "Hack Squat Machine"]))
    late = leg_sets["Date"] >= "2026-04-27"
    assert late.sum() > 1.7 * late.not_().sum()
    assert cleo["Time"].str.contains("^0:0").any()


def test_the_benchmark_file_is_an_export_of_as_many_sets_as_asked(tmp_path):
    spec = importlib.util.spec_from_file_location("generate", ROOT / "benchmarks/generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    path = generate.hevy(tmp_path / "big.csv", 4_321, seed=2)
    rows = rows_of(path)
    assert path.read_text("utf-8").split("\n", 1)[0] == HEADERS["hevy-kg"]
    assert len(rows) == 4_321
    assert len({row["exercise_title"] for row in rows}) == 60
    assert path.read_bytes() == generate.hevy(tmp_path / "again.csv", 4_321, 2).read_bytes()


def test_exports_follow_the_scenarios_apps(tmp_path):
    only = simulate(replace(SMALL, apps=("fitnotes-f1-kg",), n_athletes=2), seed=1)
    for path in export(only, tmp_path):
        assert path.read_text().startswith(HEADERS["fitnotes-f1-kg"])


def test_the_program_reads_back_every_set_that_was_lifted(cohort, tmp_path):
    export(cohort, tmp_path)
    logbook = read(tmp_path)

    def lifted(sets):
        return sorted(
            sets.select(
                "athlete",
                pl.col("started_at").dt.date(),
                pl.col("load_kg").round(6),
                "reps",
            ).iter_rows()
        )

    assert logbook.rejected.is_empty()
    assert logbook.unmapped.is_empty()
    assert lifted(logbook.sets) == lifted(cohort.sets)
