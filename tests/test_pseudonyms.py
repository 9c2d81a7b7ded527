"""Nothing of a person is in the bytes that leave; everything of the training is."""

import io
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ingest import read
from analysis.models.cohort import study
from analysis.pages.cohort import cohort_page
from analysis.pages.lifter import athlete_page
from analysis.pseudonyms import LEAST_SALT, SHIFT_WEEKS, anonymise, keep_salt
from tests.client_files import HEADER

SALT = "correct horse battery"
SECRETS = (
    "Brunhilde", "Zebulon", "Kneipp", "herzfeld", "Brumm", "Quokka", "Wombat", "Narwhal",
    "12 Mar 2024", "2024-03",
)  # fmt: skip


def export(folder, name, *, extra=()):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [HEADER]
    for week in range(14):
        day = datetime(2024, 1, 2, 18) + timedelta(weeks=week)
        times = f'"{day:%d %b %Y, %H:%M}","{day + timedelta(hours=1):%d %b %Y, %H:%M}"'
        for lift in ("Squat (Barbell)", "Bench Press (Barbell)", "Brumm Machine", *extra):
            lines += [
                f'"Narwhal day",{times},"Wombat felt it","{lift}",,"Quokka knee pain",{index},'
                f"normal,{100 + week},5,,,\n"
                for index in range(3)
            ]
    lines.append('"Narwhal day","yesterday","","","Squat (Barbell)",,"",0,normal,Zebulon,5,,,\n')
    path = folder / f"{name}.csv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("Kneipp") / "logs"
    own = folder.parent / "exercises.toml"
    own.write_text(
        '[names]\n"Herzfeld Press" = "herzfeld-press"\n[exercises.herzfeld-press]\n'
        'name = "Herzfeld Press"\nequipment = "Brumm rack"\npattern = "Wombat push"\n'
        '[roles.herzfeld-press]\ndirect = ["chest_upper"]\n',
        encoding="utf-8",
    )
    export(folder, "Brunhilde", extra=["Herzfeld Press"])
    export(folder, "Zebulon")
    (folder / "Kneipp.txt").write_text("no log of Brunhilde\n", encoding="utf-8")
    return read(folder, overrides=own)


@pytest.fixture(scope="module")
def hidden(book):
    return anonymise(book, SALT)


def test_no_secret_is_in_the_bytes_of_any_output(hidden, tmp_path):
    for number, name in enumerate(hidden.athletes):
        page = athlete_page(hidden.athlete(name))
        page.compress = False
        page.save(tmp_path / str(number), workbook=True)
    together = cohort_page(study(hidden, muscles=["quads", "chest"]))
    together.compress = False
    together.save(tmp_path / "cohort", workbook=True)
    written = {str(path): path for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    assert len(written) > 20
    for path in written.values():
        data = opened(path).lower()
        for secret in SECRETS:
            assert secret.lower().encode() not in data, f"{secret} is in {path.name}"


def test_the_same_outputs_of_the_true_logbook_hold_the_secrets(book, tmp_path):
    page = athlete_page(book.athlete("Brunhilde"))
    page.compress = False
    page.save(tmp_path)
    data = b"".join(opened(path) for path in sorted(tmp_path.rglob("*")) if path.is_file())
    for secret in ("Brunhilde", "Brumm", "Quokka", "Narwhal", "2024-03"):
        assert secret.encode() in data


def test_no_secret_is_in_any_part_of_the_logbook(book, hidden):
    parts = [hidden.sets, hidden.ledger, hidden.rejected, hidden.exercises, hidden.units,
             hidden.catalogue.exercises, hidden.catalogue.roles]  # fmt: skip
    text = "\n".join([
        *(part.write_csv() for part in parts), *map(repr, hidden.notes), repr(hidden.provenance),
        repr(hidden.catalogue.overridden), repr(hidden.catalogue.names),
    ]).lower()  # fmt: skip
    assert [secret for secret in SECRETS if secret.lower() in text] == []
    for entry in book.provenance:
        assert not entry["sha256"] or str(entry["sha256"]) not in text


def test_the_training_is_unchanged(book, hidden):
    same = ["load_kg", "reps", "load_basis", "kind", "exercise_number", "set_number", "source_row"]
    assert hidden.sets.select(same).equals(book.sets.select(same))
    assert hidden.ledger.drop("source_file").equals(book.ledger.drop("source_file"))
    assert hidden.sets["exercise"].n_unique() == book.sets["exercise"].n_unique()
    assert hidden.rejected.height == book.rejected.height > 0


def test_weekdays_times_and_gaps_are_true(book, hidden):
    back = (book.sets["started_at"] - hidden.sets["started_at"]).dt.total_seconds()
    week = 7 * 24 * 3600
    assert set(back % week) == {0}
    low, high = SHIFT_WEEKS
    shifts = pl.DataFrame({"who": book.sets["athlete"], "weeks": back // week}).unique()
    assert shifts.height == 2  # one shift per person
    assert shifts["weeks"].is_between(low, high).all()
    lasted = book.sets["ended_at"] - book.sets["started_at"]
    assert (hidden.sets["ended_at"] - hidden.sets["started_at"]).equals(lasted)


def test_muscles_of_an_own_exercise_are_kept(hidden):
    own = hidden.sets.filter(pl.col("exercise_id").str.starts_with("own-exercise"))
    assert own.height == 42
    roles = hidden.catalogue.roles.filter(pl.col("exercise_id") == own["exercise_id"][0])
    assert roles["muscle"].to_list() == ["chest_upper"]
    assert own["exercise"].unique().to_list()[0].startswith("exercise ")


def test_ids_are_stable_under_one_salt_and_differ_under_another(book, hidden):
    assert anonymise(book, SALT).sets.equals(hidden.sets)
    other = anonymise(book, SALT + "!")
    assert not set(other.athletes) & set(hidden.athletes)
    alone = anonymise(book.athlete("Zebulon"), SALT)
    assert set(alone.athletes) < set(hidden.athletes)


def test_what_was_done_is_said_for_each_athlete(hidden):
    for name in hidden.athletes:
        (note,) = hidden.athlete(name).notes
        assert "shifted by a whole number of weeks" in str(note)


def test_a_short_salt_is_refused(book):
    with pytest.raises(ValueError, match=f"3 characters, expected {LEAST_SALT}"):
        anonymise(book, "abc")


def test_a_salt_is_made_once_and_kept(tmp_path):
    file = tmp_path / "salt.txt"
    salt = keep_salt(file)
    assert len(salt) >= LEAST_SALT
    assert keep_salt(file) == salt != keep_salt(tmp_path / "other.txt")
    assert file.stat().st_mode & 0o077 == 0


@given(name=st.text(min_size=1, max_size=20).filter(str.strip))
@settings(max_examples=20, deadline=None)
def test_any_name_becomes_an_id(book, name):
    renamed = book.athlete("Zebulon")
    sets = renamed.sets.with_columns(pl.lit(name).alias("athlete"))
    entries = tuple(entry | {"athlete": name} for entry in renamed.provenance)
    (found,) = anonymise(replace(renamed, sets=sets, provenance=entries), SALT).athletes
    assert found.startswith("athlete-")
    assert len(found) == len("athlete-") + 12


def opened(path):
    if path.suffix != ".xlsx":
        return path.read_bytes()
    text = io.BytesIO()
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            text.write(book.read(name))
    return text.getvalue()
