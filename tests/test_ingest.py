"""Reading: nothing is lost, nothing is guessed, a bad file never costs the good one beside it."""

from __future__ import annotations

import random
import zipfile

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.ingest import NoUsableDataError, Options, read, write
from analysis.problems import PathError

HEVY = (
    '"title","start_time","end_time","description","exercise_title","superset_id",'
    '"exercise_notes","set_index","set_type","weight_kg","reps","distance_km",'
    '"duration_seconds","rpe"\n'
)
STRONG = (
    "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,"
    "Workout Notes,RPE\n"
)
FITNOTES = "Date,Exercise,Category,Weight,Weight Unit,Reps,Distance,Distance Unit,Time,Comment\n"


def hevy_row(
    day=1, exercise="Squat (Barbell)", index=0, kg="100", reps="5", rpe="", kind="normal"
):
    start = f"{day} Jun 2026, 10:00"
    return f'"Legs","{start}","{start}","","{exercise}",,"",{index},"{kind}",{kg},{reps},,,{rpe}\n'


def strong_row(load="100", reps="5", exercise="Squat (Barbell)", day=1, order="1"):
    return f"2026-06-{day:02} 10:00:00,Legs,1h,{exercise},{order},{load},{reps},0,0,,,\n"


def file(folder, name, text):
    path = folder / name
    path.write_bytes(text) if isinstance(text, bytes) else path.write_text(text, encoding="utf-8")
    return path


def sums(ledger):
    parts = pl.sum_horizontal("with_sets", "not_sets", "duplicates", "rejected")
    return ledger.select(
        ((pl.col("records") == parts) & (pl.col("unaccounted") == 0)).all()
    ).item()


def test_identical_rows_of_one_file_are_kept(tmp_path):
    logbook = read(file(tmp_path, "a.csv", HEVY + hevy_row() + hevy_row()))
    assert logbook.sets.height == 2
    assert logbook.sets["exercise_number"].to_list() == [1, 2]  # the index did not go on


def test_the_same_workout_in_two_exports_counts_once(tmp_path):
    old = HEVY + hevy_row(1) + hevy_row(1, index=1)
    new = HEVY + hevy_row(2) + hevy_row(1) + hevy_row(1, index=1)
    paths = [file(tmp_path, "old.csv", old), file(tmp_path, "new.csv", new)]
    logbook = read(paths, athlete="ann")
    assert logbook.sets.height == 3
    assert set(logbook.sets["source_file"]) == {"new.csv"}
    assert logbook.ledger.sort("source_file")["duplicates"].to_list() == [0, 2]
    assert sums(logbook.ledger)
    assert any("counted once" in str(note) for note in logbook.notes)


def test_two_apps_of_one_athlete_share_a_workout(tmp_path):
    strong = STRONG + strong_row() + strong_row(day=9)
    paths = [file(tmp_path, "s.csv", strong), file(tmp_path, "h.csv", HEVY + hevy_row())]
    logbook = read(paths, athlete="ann", unit="kg")
    assert logbook.sets.height == 2
    assert set(logbook.sets["app"]) == {"strong"}  # the export that reaches furthest


def test_a_day_without_a_clock_is_matched_by_its_sets(tmp_path):
    fitnotes = FITNOTES + "2026-06-01,Barbell Squat,Legs,100.0,kgs,5,,,,\n"
    paths = [file(tmp_path, "f.csv", fitnotes), file(tmp_path, "h.csv", HEVY + hevy_row())]
    assert read(paths, athlete="ann").sets.height == 1
    other = FITNOTES + "2026-06-01,Plank,Abs,,,,,,0:01:00,\n"
    paths[0].write_text(other)
    assert read(paths, athlete="ann").sets.height == 2


def test_without_a_name_each_file_is_one_athlete_and_one_log_in_two_is_said(tmp_path):
    rows = HEVY + "".join(hevy_row(day) for day in range(1, 8))
    file(tmp_path, "ann.csv", rows)
    (tmp_path / "bob").mkdir()
    file(tmp_path / "bob", "x.csv", rows)
    logbook = read(tmp_path)
    assert logbook.athletes == ["ann", "bob"]
    assert logbook.sets.height == 14
    assert any("--athlete NAME" in str(note) for note in logbook.notes)
    assert set(logbook.sets["source_file"]) == {"ann.csv", "bob/x.csv"}


def test_files_of_one_name_in_two_folders_are_two_athletes(tmp_path):
    for name in ("ann", "bob"):
        (tmp_path / name).mkdir()
        file(tmp_path / name, "strong.csv", HEVY + hevy_row())
    logbook = read([tmp_path / "ann/strong.csv", tmp_path / "bob/strong.csv"])
    assert len(logbook.athletes) == 2
    assert logbook.ledger["source_file"].n_unique() == 2


def test_two_workouts_that_start_together_stay_apart(tmp_path):
    rows = hevy_row() + hevy_row(exercise="Plank").replace('"Legs"', '"Abs"')
    logbook = read(file(tmp_path, "a.csv", HEVY + rows))
    assert logbook.sets["session"].to_list() == ["2026-06-01T10:00:00", "2026-06-01T10:00:00 #2"]


def test_bad_records_are_rejected_with_line_column_value_and_rule(tmp_path):
    rows = (
        hevy_row()
        + hevy_row(reps="many")
        + hevy_row(kg="-5", index=1)
        + hevy_row(index=2).replace("1 Jun 2026", "31 Feb 2026")
        + hevy_row(exercise="", index=3)
        + hevy_row(rpe="12", index=4)
    )
    logbook = read(file(tmp_path, "a.csv", HEVY + rows))
    assert logbook.sets.height == 2
    found = logbook.rejected.select("source_row", "column", "value").rows()
    assert found == [
        (3, "reps", "many"),
        (4, "weight_kg", "-5"),
        (5, "start_time", "31 Feb 2026, 10:00"),
        (6, "exercise_title", ""),
    ]
    assert logbook.sets["rpe"].to_list() == [None, None]
    assert any(
        "1 value of rpe cleared" in str(note) and "line 7" in str(note) for note in logbook.notes
    )
    assert sums(logbook.ledger)


def test_the_line_is_the_line_in_the_file(tmp_path):
    rows = hevy_row().replace('"",0', '"a\nb\nc",0') + hevy_row(kg="x", index=1)
    logbook = read(file(tmp_path, "a.csv", HEVY + rows))
    assert logbook.sets["source_row"].to_list() == [2]
    assert logbook.rejected["source_row"].to_list() == [5]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", "", "is empty"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "not a text table"),
        ("cut.zip", b"PK\x03\x04" + b"\0" * 60, "cut short"),
        ("header.csv", HEVY, "holds no set"),
        ("nounit.csv", STRONG + strong_row(), "--unit kg or --unit lb"),
        ("other.csv", "when,what,how much\n1,2,3\n", "no known app exports the columns when"),
    ],
)
def test_a_bad_file_says_why_and_the_good_one_beside_it_is_read(tmp_path, name, content, says):
    file(tmp_path, name, content)
    with pytest.raises(NoUsableDataError, match=says) as error:
        read(tmp_path / name)
    assert name in str(error.value)
    file(tmp_path, "good.csv", HEVY + hevy_row())
    logbook = read(tmp_path)
    assert logbook.sets.height == 1
    assert any(note.file == name and says in note.says for note in logbook.notes)
    assert sums(logbook.ledger)


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(PathError, match="no such file"):
        read(tmp_path / "nothing.csv")


def test_a_dragged_file_opens(tmp_path):
    path = file(tmp_path, "my log.csv", HEVY + hevy_row())
    assert read(f"'{path}'").sets.height == 1
    assert read(path.as_uri()).sets.height == 1


def test_zip_members_are_read_and_cannot_write_elsewhere(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../evil.csv", HEVY + hevy_row())
        archive.writestr("__MACOSX/._x.csv", "junk")
        archive.writestr("readme.txt", "hello")
    logbook = read(path)
    assert logbook.sets.height == 1
    assert logbook.athletes == ["export"]
    assert not list(tmp_path.rglob("evil.csv"))
    assert any("readme.txt" in str(note) for note in logbook.notes)


def test_a_zip_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.csv", b"0" * 30_000_000)
    with pytest.raises(NoUsableDataError, match="far more than logs can be"):
        read(path)


def test_other_encodings(tmp_path):
    row = hevy_row(exercise="Développé couché")
    for number, data in enumerate(
        [
            ("\ufeff" + HEVY + row).encode(),
            (HEVY + row).encode("utf-16"),
            (HEVY + row).encode("cp1252"),
        ]
    ):
        logbook = read(file(tmp_path, f"{number}.csv", data))
        assert logbook.sets["exercise"].to_list() == ["Développé couché"]


def loads_of(unit, exercises=6, seed=0):
    """Loads of an lb log as iOS writes them: some carry the residue of a trip through kg."""
    rng = random.Random(seed)
    rows = []
    for lift in range(exercises):
        for _ in range(12):
            load = rng.choice(range(45, 300, 5))
            text = repr(load / 0.45359237 * 0.45359237 * (1 + 2e-16)) if unit == "dust" else load
            rows.append(strong_row(load=text, exercise=f"Lift {lift} (Barbell)"))
    return STRONG + "".join(rows)


def test_the_residue_of_a_conversion_tells_pounds(tmp_path):
    logbook = read(file(tmp_path, "a.csv", loads_of("dust")))
    assert logbook.sets["load_kg"].max() < 140
    units = logbook.units
    assert set(units["unit"]) == {"lb"}
    assert units["confidence"].min() > 0.9
    assert any("read as lb" in str(note) and "sure" in str(note) for note in logbook.notes)


def test_round_pounds_in_kilograms_tell_kilograms(tmp_path):
    rows = "".join(
        strong_row(load=repr(lb * 0.45359237), exercise=f"Lift {lift}")
        for lift in range(4)
        for lb in (95, 115, 135, 155)
    )
    logbook = read(file(tmp_path, "a.csv", STRONG + rows))
    assert set(logbook.units["unit"]) == {"kg"}
    assert logbook.sets["load_kg"].max() == pytest.approx(155 * 0.45359237)


def test_what_the_caller_says_holds_and_a_contradiction_is_said(tmp_path):
    logbook = read(file(tmp_path, "a.csv", loads_of("dust")), unit="kg")
    assert logbook.sets["load_kg"].max() > 140
    assert any("tell otherwise" in str(note) for note in logbook.notes)


def test_few_loads_decide_nothing(tmp_path):
    rows = "".join(strong_row(load=load) for load in (135, 185, 225))
    with pytest.raises(NoUsableDataError, match="--unit"):
        read(file(tmp_path, "a.csv", STRONG + rows))


def test_a_log_without_any_load_needs_no_unit(tmp_path):
    logbook = read(file(tmp_path, "a.csv", STRONG + strong_row(load="0", exercise="Push Up")))
    assert logbook.sets.height == 1


def test_write_holds_the_same_as_read(tmp_path):
    path = file(tmp_path, "a.csv", HEVY + hevy_row() + hevy_row(reps="x", index=1))
    logbook = read(path)
    write(path, tmp_path / "out", Options())
    assert pl.read_parquet(tmp_path / "out/sets.parquet").equals(logbook.sets)
    assert pl.read_csv(tmp_path / "out/ledger.csv").rows() == logbook.ledger.rows()
    assert (tmp_path / "out/rejected.csv").read_text().startswith("source_file,source_row,column")
    assert (
        (tmp_path / "out/exercises.csv").read_text().startswith("exercise,exercise_id,method,sets")
    )


def test_unmapped_names_are_offered_for_editing_and_the_edit_is_honoured(tmp_path):
    (tmp_path / "logs").mkdir()
    path = file(tmp_path / "logs", "a.csv", HEVY + hevy_row(exercise="My odd squat thing"))
    write(path, tmp_path / "out")
    offered = (tmp_path / "out/exercises.toml").read_text()
    assert '# "My odd squat thing" = ' in offered
    edited = '[names]\n"My odd squat thing" = "squat-barbell"\n'
    file(tmp_path / "logs", "exercises.toml", edited)
    logbook = read(tmp_path / "logs")
    assert logbook.sets["exercise_id"].to_list() == ["squat-barbell"]
    assert logbook.ledger["source_file"].to_list() == ["a.csv"]
    assert any("exercises.toml" in str(note) for note in logbook.notes)


def test_a_formula_in_a_name_is_inert_in_the_csv(tmp_path):
    path = file(tmp_path, "a.csv", HEVY + hevy_row(exercise="=HYPERLINK(1)"))
    write(path, tmp_path / "out")
    assert "\n'=HYPERLINK(1)," in (tmp_path / "out/exercises.csv").read_text()


def test_two_runs_give_the_same_bytes(tmp_path):
    path = file(tmp_path, "a.csv", HEVY + hevy_row())
    for out in ("one", "two"):
        write(path, tmp_path / out)
    for name in ("sets.parquet", "ledger.csv", "exercises.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


LINES = [
    hevy_row(), hevy_row(kg="x"), hevy_row(reps=""), "\n", "broken\n",
    hevy_row().replace(",,", ",", 1), '"unclosed\n', hevy_row(exercise='6" box'),
    hevy_row(day=31), ",,,,,,,,,,,,,\n",
]  # fmt: skip


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(lines=st.lists(st.sampled_from(LINES), max_size=8))
def test_the_ledger_always_sums(tmp_path, lines):
    path = file(tmp_path, "a.csv", HEVY + hevy_row(day=9) + "".join(lines))
    try:
        logbook = read(path)
    except NoUsableDataError:
        return
    assert sums(logbook.ledger)
    assert logbook.ledger["sets"].sum() == logbook.sets.height
    turned_away = logbook.rejected["source_row"].n_unique()
    assert logbook.ledger["rejected"].sum() == turned_away
