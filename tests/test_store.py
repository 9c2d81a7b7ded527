"""A store is what reading all at once would give, however its inputs came; never half of it."""

from __future__ import annotations

import json
import shutil

import polars as pl
import pytest

import analysis as lab
from analysis import schema, store
from analysis.ingest import Options, stored, write
from analysis.ingest.stored import add
from analysis.outputs import locked
from analysis.problems import NoUsableDataError, OutputError, UserError
from analysis.store import Store, StoreError, hashed
from tests.test_nothing_lost import log


def people(folder, names=("ann", "bea", "cid"), seed=1):
    for number, name in enumerate(names):
        log(folder / name / "first.csv", seed=seed + number)
    return folder


def by_athlete(sets):
    return sets.sort("athlete", maintain_order=True)


def same(found, wanted):
    """Whether two logbooks hold the same, names of files aside from order."""
    assert found.sets.equals(by_athlete(wanted.sets))
    assert found.exercises.equals(wanted.exercises)
    assert found.ledger.sort("source_file").equals(wanted.ledger.sort("source_file"))
    assert found.shared.equals(wanted.shared)
    assert sorted(map(str, found.notes)) == sorted(map(str, wanted.notes))


def halved(source, first, second, overlap=3):
    """Write a log as two exports, of which each lacks a part of the other."""
    head, *rows = source.read_text(encoding="utf-8").splitlines(keepends=True)
    middle = len(rows) // 2
    first.parent.mkdir(parents=True, exist_ok=True)
    first.write_text(head + "".join(rows[: middle + overlap]), encoding="utf-8")
    second.write_text(head + "".join(rows[middle - overlap :]), encoding="utf-8")


def test_a_store_of_exports_is_the_logbook_of_them(tmp_path):
    logs = people(tmp_path / "logs")
    ledger = add(logs, tmp_path / "store")
    assert ledger["sets"].sum() == lab.read(logs).sets.height
    same(lab.read(tmp_path / "store"), lab.read(logs))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_exports_join_to_the_same_union_whichever_comes_first(tmp_path, order):
    logs = people(tmp_path / "logs")
    log(tmp_path / "whole.csv", seed=9, sessions=30)
    dan = logs / "dan"
    halved(tmp_path / "whole.csv", dan / "early.csv", dan / "late.csv")
    log(dan / "middle.csv", seed=9, sessions=12)
    files = sorted(dan.iterdir())
    for place in order:
        part = tmp_path / "part" / "dan"
        part.mkdir(parents=True)
        shutil.copy(files[place], part)
        add(tmp_path / "part", tmp_path / "store")
        shutil.rmtree(tmp_path / "part")
    add(logs, tmp_path / "store")
    same(lab.read(tmp_path / "store"), lab.read(logs))


def test_what_is_unchanged_is_not_read_again(tmp_path, monkeypatch):
    logs = people(tmp_path / "logs")
    add(logs, tmp_path / "store")
    before = Store.open(tmp_path / "store").manifest
    log(logs / "dan" / "first.csv", seed=7)
    read = []
    stage = stored.many.stage
    monkeypatch.setattr(
        stored.many, "stage",
        lambda files, *rest, **how: read.extend(files) or stage(files, *rest, **how),
    )  # fmt: skip
    notes = []
    assert add(logs, tmp_path / "store", say=notes.append).height == 1
    assert [file.label for file in read] == ["dan/first.csv"]
    assert [(note.kind, note.count) for note in notes] == [("unchanged", 3)]
    after = Store.open(tmp_path / "store").manifest
    assert after.state == before.state + 1
    read.clear()
    assert add(logs, tmp_path / "store").is_empty()
    assert not read
    assert Store.open(tmp_path / "store").manifest == after


def test_a_newer_export_leaves_the_files_of_others_in_its_bucket_alone(tmp_path):
    same_bucket = [name for name in map("p{}".format, range(99)) if hashed(name) % 16 == 3][:3]
    logs = tmp_path / "logs"
    for seed, (name, sessions) in enumerate(zip(same_bucket, (90, 30, 10), strict=True)):
        log(logs / name / "first.csv", seed=seed, sessions=sessions)
        add(logs, tmp_path / "store")
    first, _, last = Store.open(tmp_path / "store").manifest.of("sets", 3)
    log(logs / same_bucket[1] / "first.csv", seed=1, sessions=31)
    add(logs, tmp_path / "store")
    files = Store.open(tmp_path / "store").manifest.of("sets", 3)
    assert first in files  # three times as large; the smallest is made one with what is new
    assert last not in files
    assert len(files) == 2
    found, wanted = lab.read(tmp_path / "store").sets, by_athlete(lab.read(logs).sets)
    where = ["source_file", "source_row"]  # the later export is the second of its name
    assert found.drop(where).equals(wanted.drop(where))


def test_a_newer_export_of_the_same_name_joins_the_older_one(tmp_path):
    logs = tmp_path / "logs"
    log(logs / "ann" / "export.csv", sessions=30)
    old = (logs / "ann" / "export.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (logs / "ann" / "export.csv").write_text("".join(old[:121]), encoding="utf-8")
    add(logs, tmp_path / "store")
    # the newer one lacks what was deleted since, and has what was logged since
    (logs / "ann" / "export.csv").write_text("".join([old[0], *old[61:]]), encoding="utf-8")
    add(logs, tmp_path / "store")
    found = lab.read(tmp_path / "store")
    assert found.sets.height == len(old) - 1
    assert found.ledger["source_file"].to_list() == ["ann/export.csv", "ann/export.csv (2)"]
    assert found.ledger["unaccounted"].to_list() == [0, 0]
    # a third that holds all of both: what it covers is kept no more beside the table
    (logs / "ann" / "export.csv").write_text("".join(old), encoding="utf-8")
    add(logs, tmp_path / "store")
    found = lab.read(tmp_path / "store")
    assert found.sets.height == len(old) - 1
    assert set(found.sets["source_file"]) == {"ann/export.csv (3)"}
    assert found.ledger["duplicates"].to_list() == [120, len(old) - 61, 0]


def test_a_file_that_gave_nothing_is_read_again_when_its_unit_is_said(tmp_path):
    log(tmp_path / "logs" / "ann.csv")
    lines = ["Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,RPE,Distance,"
             "Seconds,Notes,Workout Notes\n"]  # fmt: skip
    lines += [f"2024-01-0{n} 10:00:00,A,1h,Bench Press (Barbell),1,{60 + n},5,,0,0,,\n"
              for n in range(1, 4)]  # fmt: skip
    (tmp_path / "logs" / "bea.csv").write_text("".join(lines), encoding="utf-8")
    add(tmp_path / "logs", tmp_path / "store")
    assert lab.read(tmp_path / "store").athletes == ["ann"]
    add(tmp_path / "logs", tmp_path / "store", Options(unit="lb"))
    found = lab.read(tmp_path / "store")
    assert found.athletes == ["ann", "bea"]
    assert found.ledger["source_file"].to_list() == ["ann.csv", "bea.csv"]
    assert not found.rejected.height


def test_one_log_under_two_names_shows_over_the_whole_store(tmp_path):
    add(people(tmp_path / "logs"), tmp_path / "store")
    log(tmp_path / "more" / "copy.csv", seed=2)
    notes = []
    add(tmp_path / "more", tmp_path / "store", say=notes.append)
    assert [note.kind for note in notes] == ["same person"]
    assert lab.read(tmp_path / "store").shared.rows() == [("bea", "copy", 20)]
    (tmp_path / "more" / "liftdose.toml").write_text('different_people = [["bea", "copy"]]')
    log(tmp_path / "more" / "copy.csv", seed=2, sessions=21)
    add(tmp_path / "more", tmp_path / "store")
    assert lab.read(tmp_path / "store").shared.is_empty()
    assert lab.read(tmp_path / "store").different == (("bea", "copy"),)


def test_what_people_say_of_themselves_is_kept_and_renewed(tmp_path):
    logs = people(tmp_path / "logs", names=("ann",))
    (logs / "ann" / "liftdose.toml").write_text("[lifter]\nbody_mass_kg = 71.5\n")
    add(logs, tmp_path / "store")
    assert lab.read(tmp_path / "store").about["ann"].body_mass_kg == 71.5
    assert set(lab.read(tmp_path / "store").sets["body_mass_kg"]) == {71.5}
    (logs / "ann" / "liftdose.toml").write_text(
        '[lifter]\nbody_mass_kg = 72\ninjuries = [{ what = "knee", since = 2024-01-10 }]\n'
    )
    add(logs, tmp_path / "store")
    assert lab.read(tmp_path / "store").about == lab.read(logs).about


def test_a_set_table_makes_a_store(tmp_path):
    logs = people(tmp_path / "logs", names=[f"p{n}" for n in range(40)])
    write(logs, tmp_path / "out")
    add(tmp_path / "out" / "sets.parquet", tmp_path / "store")
    found, wanted = lab.read(tmp_path / "store"), lab.read(logs)
    assert found.sets.equals(by_athlete(wanted.sets))
    assert found.exercises.equals(wanted.exercises)
    assert found.shared.equals(wanted.shared)
    assert Store.open(tmp_path / "store").manifest.athletes == 40
    assert add(tmp_path / "out" / "sets.parquet", tmp_path / "store").is_empty()


def test_a_set_table_that_lies_by_athlete_goes_through_as_it_is_read(tmp_path, monkeypatch):
    logs = people(tmp_path / "logs", names=[f"p{n}" for n in range(40)])
    whole = lab.read(logs).sets
    for part in range(4):  # an athlete goes on in the next part
        whole.slice(part * 1_111, 1_111 if part < 3 else None).write_parquet(
            tmp_path / f"part-{part}.parquet"
        )
    parts = sorted(tmp_path.glob("*.parquet"))
    for name, rows in (("LEAST_CHUNK", 700), ("MOST_CHUNK", 900), ("PIECE_ROWS", 150)):
        monkeypatch.setattr(stored, name, rows)
    monkeypatch.setattr(stored.set_tables, "Sorted", None)  # not asked for
    add(parts, tmp_path / "store")
    found = Store.open(tmp_path / "store")
    assert found.logbook().sets.equals(by_athlete(whole))
    assert found.athletes == sorted(whole["athlete"].unique())
    assert len(found.manifest.of("sets")) > 40 // 2
    assert add(parts, tmp_path / "store").is_empty()


def test_a_set_table_larger_than_memory_goes_through_in_groups(tmp_path, monkeypatch):
    logs = people(tmp_path / "logs", names=[f"p{n}" for n in range(40)])
    whole = lab.read(logs).sets
    mixed = whole.sample(fraction=1, shuffle=True, seed=1)  # in no order at all
    mixed.write_parquet(tmp_path / "mixed.parquet")
    monkeypatch.setattr(stored.set_tables, "CHUNK_ROWS", 1_000)
    monkeypatch.setattr(stored.set_tables, "GROUP_ROWS", 2_000)
    add(tmp_path / "mixed.parquet", tmp_path / "store")
    assert lab.read(tmp_path / "store").sets.equals(by_athlete(mixed))


def test_a_set_table_of_another_version_or_none_is_refused(tmp_path):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(UserError, match="no set table: it lacks athlete, session"):
        add(tmp_path / "other.parquet", tmp_path / "store")
    lab.read(people(tmp_path / "logs")).sets.write_parquet(
        tmp_path / "old.parquet", metadata={schema.VERSION_KEY: "0"}
    )
    with pytest.raises(UserError, match="version 0; this liftdose reads 1: make it again"):
        add(tmp_path / "old.parquet", tmp_path / "store")


def test_what_ingest_writes_bears_its_version(tmp_path):
    logs = people(tmp_path / "logs")
    for given, out in ((logs, "many"), (logs / "ann" / "first.csv", "one")):
        write(given, tmp_path / out)
        bears = pl.read_parquet_metadata(tmp_path / out / "sets.parquet")
        assert bears[schema.VERSION_KEY] == str(schema.VERSION)


@pytest.mark.parametrize(("key", "value"), [("schema", 0), ("layout", 99)])
def test_a_store_of_another_version_is_refused_with_what_to_do(tmp_path, key, value):
    add(people(tmp_path / "logs"), tmp_path / "store")
    path = tmp_path / "store" / store.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    for use in (lab.read, lambda folder: add(tmp_path / "logs", folder)):
        with pytest.raises(StoreError, match="Build it again from the exports"):
            use(tmp_path / "store")


class KilledError(BaseException):
    pass


@pytest.mark.parametrize("after", range(1, 8))
def test_a_change_that_ends_anywhere_leaves_the_state_before(tmp_path, monkeypatch, after):
    logs = people(tmp_path / "logs")
    add(logs, tmp_path / "store")
    before = lab.read(tmp_path / "store")
    log(logs / "ann" / "second.csv", sessions=30)
    log(logs / "dan" / "first.csv", seed=5)
    path, calls = store.Change.path, 0

    def path_or_death(self, *which, **how):
        nonlocal calls
        calls += 1
        if calls == after:
            raise KilledError
        return path(self, *which, **how)

    with monkeypatch.context() as patch:
        patch.setattr(store.Change, "path", path_or_death)
        try:
            add(logs, tmp_path / "store")
        except KilledError:
            same(lab.read(tmp_path / "store"), before)
    add(logs, tmp_path / "store")
    same(lab.read(tmp_path / "store"), lab.read(logs))


def test_a_reader_that_has_begun_ends_while_another_state_comes(tmp_path):
    logs = people(tmp_path / "logs")
    add(logs, tmp_path / "store")
    begun, before = Store.open(tmp_path / "store"), lab.read(logs)
    log(logs / "ann" / "second.csv", sessions=30)
    add(logs, tmp_path / "store")
    assert begun.logbook().sets.equals(by_athlete(before.sets))
    log(logs / "ann" / "third.csv", sessions=35)
    add(logs, tmp_path / "store")
    there = {
        path.relative_to(tmp_path / "store").as_posix()
        for path in (tmp_path / "store").rglob("*.parquet")
    }
    now = Store.open(tmp_path / "store").manifest
    named = {*now.left, *(path for kind in store.KINDS for path in now.of(kind))}
    assert there <= named


def test_one_writer_at_a_time(tmp_path):
    logs = people(tmp_path / "logs")
    add(logs, tmp_path / "store")
    with (
        locked(tmp_path / "store"),
        pytest.raises(OutputError, match="another run is writing into"),
    ):
        add(logs, tmp_path / "store")


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    logs = people(tmp_path / "logs")
    with pytest.raises(StoreError, match="holds ann, and is no store"):
        add(logs, logs)
    with pytest.raises(NoUsableDataError):
        (tmp_path / "none").mkdir()
        add(tmp_path / "none", tmp_path / "store")


def test_a_store_is_read_alone_and_as_it_was_built(tmp_path):
    logs = people(tmp_path / "logs")
    add(logs, tmp_path / "store")
    with pytest.raises(StoreError, match="read it alone"):
        lab.read([tmp_path / "store", logs])
    with pytest.raises(StoreError, match="are said when exports are read into it"):
        lab.read(tmp_path / "store", unit="lb")
    (logs / "exercises.toml").write_text('[names]\n"Squat (Barbell)" = "front_squat_barbell"\n')
    with pytest.raises(StoreError, match="other corrections"):
        add(logs, tmp_path / "store")


def test_one_athlete_is_found_by_name(tmp_path):
    logs = people(tmp_path / "logs")
    add(logs, tmp_path / "store")
    found = Store.open(tmp_path / "store")
    assert found.logbook(athlete="bea").sets.equals(lab.read(logs).athlete("bea").sets)
    with pytest.raises(StoreError, match="'eva' is not in"):
        found.logbook(athlete="eva")


def test_the_bucket_of_a_name_never_changes():
    assert hashed("ann") == 10176691957563388837
    assert [hashed(name) % 16 for name in ("ann", "bea", "Zo\u00eb")] == [5, 6, 10]


def test_others_read_it_by_the_manifest(tmp_path):
    import pandas as pd

    logs = people(tmp_path / "logs")
    add(logs, tmp_path / "store")
    folder = tmp_path / "store"
    files = [folder / name for name in json.loads((folder / "manifest.json").read_text())["sets"]]
    table = pd.concat(map(pd.read_parquet, files))
    assert len(table) == lab.read(logs).sets.height
