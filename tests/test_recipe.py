"""Tables of people's own: each layout is drafted without help and read whole.

All numbers are invented; the layouts are those that coaches and lifters are seen to keep.
"""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.ingest import read
from analysis.ingest.sheets import layout
from analysis.ingest.sheets.cells import OneSet, read_cell, read_count, read_list, read_load
from analysis.ingest.sheets.draft import draft
from analysis.ingest.sheets.grid import read_tabs
from analysis.ingest.sheets.preview import preview
from analysis.legs.routine import read_routine
from analysis.problems import NoUsableDataError, SettingsError, UnreadableError, UserError


def workbook(path: Path, **tabs: list[list[object]]) -> Path:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows in tabs.items():
        sheet = book.add_worksheet(name.replace("_", " "))
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, datetime(*cell.timetuple()[:3]), day)
                elif cell is not None:
                    sheet.write(number, column, cell)
    book.close()
    return path


def as_read(path: Path, unit: str | None = None) -> list[tuple]:
    """Sets of a file by the recipe that is drafted for it."""
    preview(path, unit=unit)
    sets = read(path, athlete="ann").sets
    return [
        (str(at.date()), name, load, reps)
        for at, name, load, reps in sets.select(
            "started_at", "exercise", "load_kg", "reps"
        ).iter_rows()
    ]


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


D1, D2 = date(2024, 2, 1), date(2024, 2, 5)


def test_dates_as_pairs_of_columns(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        A=[
            ["Workouts"],
            ["Reps/Weight", "R", "W", "R", "W"],
            ["Dates", D1, None, D2, None],
            ["Squat"],
            ["SET 1", 12, 40, 10, 45],
            ["SET 2", 11, 40],
            ["Bench Press"],
            ["SET 1", 8, 30, 7, 32.5],
        ],
    )
    assert as_read(path, "kg") == [
        ("2024-02-01", "Squat", 40, 12),
        ("2024-02-01", "Squat", 40, 11),
        ("2024-02-01", "Bench Press", 30, 8),
        ("2024-02-05", "Squat", 45, 10),
        ("2024-02-05", "Bench Press", 32.5, 7),
    ]


def test_no_header_and_sets_as_cells(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        log=[
            [D1, "Squat", "5x80", "5x80", "4x82,5"],
            [D1, "Bench Press", "5x60"],
            [D2, "Squat", "5 × 85", None],
        ],
    )
    assert as_read(path, "kg") == [
        ("2024-02-01", "Squat", 80, 5),
        ("2024-02-01", "Squat", 80, 5),
        ("2024-02-01", "Squat", 82.5, 4),
        ("2024-02-01", "Bench Press", 60, 5),
        ("2024-02-05", "Squat", 85, 5),
    ]


def test_exercises_as_pairs_of_columns_and_a_tab_a_day(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        **{
            "01.02.2024": [
                ["Bench press, weight", "Bench press, count", "Dips, weight", "Dips, count"],
                [40, 8, 0, 6],
                [42.5, 6],
            ],
            "05.02.2024": [["Squats, weight", "Squats, count"], [60, 5]],
            "Remarks": [["slept badly"]],
        },
    )
    assert as_read(path, "kg") == [
        ("2024-02-01", "Bench press", 40, 8),
        ("2024-02-01", "Bench press", 42.5, 6),
        ("2024-02-01", "Dips", 0, 6),
        ("2024-02-05", "Squats", 60, 5),
    ]
    assert read(path, athlete="ann").ledger["not_sets"].item() == 1  # the remark


def test_a_line_an_exercise_with_decimal_commas_and_assistance(tmp_path):
    path = text(
        tmp_path / "a.csv",
        "Date;Muscle group;Exercise name;Sets;Reps;Weight;Comment\n"
        "02.02.2024;Chest;Bench Press;2;8;62,5;\n"
        "02.02.2024;Back;Pull Up;1;6;-15;band\n"
        "02.02.2024;Cardio;Run;1;;;easy\n",
    )
    assert as_read(path, "kg") == [
        ("2024-02-02", "Bench Press", 62.5, 8),
        ("2024-02-02", "Bench Press", 62.5, 8),
        ("2024-02-02", "Pull Up", 15, 6),
    ]
    sets = read(path, athlete="ann").sets
    assert sets["load_basis"].to_list()[-1] == "assistance"
    assert sets["note"].to_list()[-1] == "band"
    assert sets["source_row"].to_list() == [2, 2, 3]


def test_day_titles_combined_cells_and_carry_down(tmp_path):
    path = text(
        tmp_path / "a.csv",
        "My log,,\n"
        "Exercise,Reps,Notes\n"
        "05/02/2024,,\n"
        "Squat,3x5 @ 100kg,belt\n"
        ",2x8 @ 80kg,\n"
        "13/02/2024,,\n"
        'Squat,"1x5 @ 225lb",\n',
    )
    found = as_read(path)
    assert [(day, name, reps) for day, name, _, reps in found] == [
        *[("2024-02-05", "Squat", 5)] * 3,
        *[("2024-02-05", "Squat", 8)] * 2,
        ("2024-02-13", "Squat", 5),
    ]
    assert [round(load, 1) for _, _, load, _ in found] == [100, 100, 100, 80, 80, 102.1]


def test_another_language(tmp_path):
    path = text(
        tmp_path / "a.csv",
        "Дата,Тренировка,Упражнение,Подход,Повторения,Вес (кг)\n"
        "2024-02-01,A,Жим лежа,1,10,20.0\n2024-02-01,A,Жим лежа,2,9,20.0\n",
    )
    assert as_read(path) == [
        ("2024-02-01", "Жим лежа", 20, 10),
        ("2024-02-01", "Жим лежа", 20, 9),
    ]


def test_lists_in_a_cell_go_with_their_loads(tmp_path):
    path = text(
        tmp_path / "a.csv",
        "Date,Exercise,Sets,Reps,Weight (kg)\n"
        '2024-02-01,Squat,3,"8,8,6",100\n'
        "2024-02-01,Bench Press,3,8/7/6,60/60/55\n",
    )
    assert [row[2:] for row in as_read(path)] == [
        *[(100, 8), (100, 8), (100, 6)],
        *[(60, 8), (60, 7), (55, 6)],
    ]


def test_a_program_is_never_a_set(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        week_1=[
            ["Week 1", "Day 1", "Squat", "4x10", "120lbs"],
            [None, None, "Row", "3-4x12-15", "30kg"],
        ],
        week_2=[["Week 2", "Day 1", "Squat", "4x8", "130lbs"], [None, None, "Row", "3x12", ""]],
    )
    shown = preview(path)
    assert any("taken for a program" in doubt for doubt in shown.doubts)
    assert all(row.one.planned for row in shown.rows)
    with pytest.raises(NoUsableDataError, match="holds no set"):
        read(path)
    assert [(p.day, p.exercise, p.sets, p.reps) for p in read_routine(path).planned] == [
        ("Day 1", "Squat", 4, "10"),
        ("Day 1", "Row", 3, "12-15"),
    ]


def test_a_program_of_shares_gives_its_first_week_as_a_routine(tmp_path):
    path = text(
        tmp_path / "a.csv",
        "Exercise,Week 1,Week 2\nSquat,65% x5,70% x 3\nBench Press,3x8 @ RPE 8,3x6\n",
    )
    with pytest.raises(UnreadableError, match="line 1"):
        read_routine(path)  # no routine of columns, and no recipe yet
    preview(path)
    routine = read_routine(path)
    assert [(p.exercise, p.sets, p.reps, p.rir) for p in routine.planned] == [
        ("Squat", 1, "5", None),
        ("Bench Press", 3, "8", 2.0),
    ]


def test_weeks_as_columns_are_dated_by_the_first(tmp_path):
    path = text(
        tmp_path / "a.csv",
        "Exercise,Week 1,Week 2,Week 3\nSquat,3x5 @ 100kg,3x5 @ 102.5kg,3x8-10 @ 90kg\n",
    )
    shown = preview(path)
    assert {row.one.planned for row in shown.rows} == {
        "planned: no date",
        "a range of repetitions",
    }
    recipe = shown.recipe.read_text()
    shown.recipe.write_text(recipe + "start = 2024-01-01\n")
    sets = read(path, athlete="ann").sets
    assert sets["started_at"].dt.date().unique().sort().to_list() == [
        date(2024, 1, 1),
        date(2024, 1, 8),
    ]
    assert sets["load_kg"].to_list() == [100.0] * 3 + [102.5] * 3


def test_an_open_document_sheet(tmp_path):
    path = tmp_path / "a.ods"
    rows = [["Date", "Exercise", "Reps", "Weight (kg)"], ["2024-02-01", "Squat", "5", "100"]]
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="Log">{cells}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    assert as_read(path) == [("2024-02-01", "Squat", 100, 5)]


@pytest.mark.parametrize(
    ("cell", "order", "sets"),
    [
        ("3x8 @ 60kg", "sets x reps", [OneSet(reps="8", load="60", unit="kg")] * 3),
        ("3×8 @ 62,5 kg", "sets x reps", [OneSet(reps="8", load="62.5", unit="kg")] * 3),
        ("5x5 @ RPE 8", "sets x reps", [OneSet(reps="5", rpe="8")] * 5),
        ("2x5 @ 8", "sets x reps", [OneSet(reps="5", rpe="8")] * 2),
        ("2x5 @ 80", "sets x reps", [OneSet(reps="5", load="80")] * 2),
        ("2x5x80", "sets x reps", [OneSet(reps="5", load="80")] * 2),
        ("5x80", "reps x load", [OneSet(reps="5", load="80")]),
        ("80x5", "load x reps", [OneSet(reps="5", load="80")]),
        ("60kg x 8", "sets x reps", [OneSet(reps="8", load="60", unit="kg")]),
        ("BW+20 x 5", "reps x load", [OneSet(reps="5", load="20", basis="added")]),
        ("3x8 @ BW", "sets x reps", [OneSet(reps="8", basis="bodyweight")] * 3),
        ("8 @ 60", "sets x reps", [OneSet(reps="8", load="60")]),
        ("3 x 30s", "sets x reps", [OneSet(duration_s="30")] * 3),
        ("3x8 RIR 2", "sets x reps", [OneSet(reps="8", rir="2")] * 3),
    ],
)
def test_what_a_cell_says(cell, order, sets):
    assert read_cell(cell, order) == sets


@pytest.mark.parametrize(
    "cell", ["3x8-12", "5+", "3x5+", "70% x 5", "65%x5", "3xAMRAP", "3-4x12", "1+x10"]
)
def test_a_plan_in_a_cell_is_no_set(cell):
    found = read_cell(cell, "sets x reps")
    assert found
    assert all(one.planned for one in found)


@pytest.mark.parametrize("cell", ["Done", "felt heavy", "8 or so", "-", "3x", "x8", "9" * 500])
def test_what_says_no_set_is_not_read_as_one(cell):
    assert read_cell(cell, "sets x reps") is None


def test_lists_ranges_and_decimals_are_told_apart():
    assert read_list("8,8,6") == ["8", "8", "6"]
    assert read_list("62,5") == ["62,5"]
    assert read_list("60/62,5/65") == ["60", "62,5", "65"]
    assert read_list("8-12") == ["8-12"]
    assert read_list("60-50-65-45") == ["60", "50", "65", "45"]
    assert read_count("3 (each)") == (3, "")
    assert read_count("none") is None
    assert read_load("-5.0kg") == OneSet(load="5.0", unit="kg", basis="assistance")


def test_a_recipe_reads_back_as_it_was_written(tmp_path):
    path = text(tmp_path / "a.csv", 'D "1",Exercise,Reps,kg\n2024-02-01,Squat,5,100\n')
    drafted = draft(read_tabs(path), path.name)
    assert layout.parse(drafted.to_toml()) == drafted.layouts


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('layout = "diagonal"', "expected rows or columns"),
        ("header = -1", "expected a whole number from 0 to 100"),
        ('exercize = "A"', "did you mean exercise"),
        ('fields = ["reps", "mood"]', "expected a list of reps, load"),
        ('unit = "stone"', "expected kg or lb"),
        ("reps = 0", "expected a column's name or its number"),
        ('layout = "columns"', "layout columns needs it"),
        ('start = "soon"', "expected a day"),
    ],
)
def test_a_faulty_recipe_is_named_with_its_rule(line, rule):
    with pytest.raises(SettingsError, match=rule):
        layout.parse(f'[[sheet]]\nexercise = "Exercise"\n{line}\n')


def test_a_column_that_is_not_there_is_named(tmp_path):
    path = text(tmp_path / "a.csv", "Date,Lift,Reps\n2024-02-01,Squat,5\n")
    text(tmp_path / "recipe.toml", '[[sheet]]\nexercise = "Exercise"\ndate = "Date"\n')
    with pytest.raises(NoUsableDataError, match="no column 'Exercise' in row 1"):
        read(path)


def test_the_command_drafts_once_and_then_reads_by_what_stands_there(tmp_path):
    path = text(tmp_path / "a.csv", "Date,Exercise,Reps,Weight\n2024-02-01,Squat,5,100\n")
    first = CliRunner().invoke(app, ["recipe", str(path), "--unit", "kg"])
    assert first.exit_code == 0
    assert "Drafted" in first.output
    assert "1 set on 1 day" in first.output
    again = CliRunner().invoke(app, ["recipe", str(path)])
    assert "Read by" in again.output
    other = text(tmp_path / "b.csv", "Day,Lift,Reps,kg\n2024-02-02,Squat,5,100\n")
    CliRunner().invoke(app, ["recipe", str(other)])
    assert read([path, other], athlete="ann").sets.height == 2


def test_a_table_without_a_layout_is_refused_and_nothing_written(tmp_path):
    path = text(tmp_path / "a.csv", "colour,taste\nred,sweet\n")
    with pytest.raises(UserError, match="no layout was recognised"):
        preview(path)
    assert not (tmp_path / "recipe.toml").exists()


def test_a_workbook_without_a_recipe_says_what_helps(tmp_path):
    path = workbook(tmp_path / "a.xlsx", Log=[["Date", "Exercise", "Reps"]])
    with pytest.raises(NoUsableDataError, match="`liftdose recipe FILE` drafts"):
        read(path)


def test_a_damaged_workbook_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", Log=[["Date", "Exercise", "Reps"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data[:40] if name.startswith("xl/") else data)
    with pytest.raises(UserError, match="workbook that cannot be read"):
        preview(path)
