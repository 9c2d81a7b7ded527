"""The commands keep their contract: files, exit codes, one clear line."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import subprocess
import sys
import zipfile

import pytest
from typer.testing import CliRunner

import analysis as lab
from analysis.cli import app, doctor, main, people
from analysis.cli.explain import explain
from analysis.ingest.vendors import known_vendors
from analysis.outputs import folder_names
from analysis.pages import lifter
from analysis.paths import pasted
from analysis.report.glossary import default_terms
from tests.test_ingest import HEVY, STRONG, file, hevy_row, strong_row

TITLES = ", ".join(each.title for each in known_vendors())


def liftdose(*arguments):
    """Run the command line in this process: its exit code, and what it says on either stream."""
    said, complained, code = io.StringIO(), io.StringIO(), 0
    given = ["liftdose", *map(str, arguments)]
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        patch.setattr(sys, "argv", given)
        try:
            main()
        except SystemExit as left:
            code = left.code
    return subprocess.CompletedProcess(given, code, said.getvalue(), complained.getvalue())


def test_the_module_is_the_command():
    command = [sys.executable, "-m", "analysis"]
    said = subprocess.run([*command, "version"], capture_output=True, text=True, check=True)
    assert said.stdout == liftdose("version").stdout
    nothing = [*command, "report", "no-such-export.csv"]
    wrong = subprocess.run(nothing, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert wrong.stderr == "liftdose: no-such-export.csv: no such file or folder\n"


def header(path):
    with path.open(encoding="utf-8") as lines:
        return next(csv.reader(lines))


def test_ingest_writes_its_contract(tmp_path):
    file(tmp_path, "a.csv", HEVY + hevy_row() + hevy_row(reps="x", index=1))
    done = liftdose("ingest", tmp_path / "a.csv", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "2 records = 1 sets + 0 other entries + 0 duplicates + 1 rejected" in done.stdout
    assert (tmp_path / "out/sets.parquet").exists()
    assert header(tmp_path / "out/ledger.csv") == [
        "source_file", "vendor", "lines", "header_lines", "inside_lines", "blank_lines",
        "records", "with_sets", "not_sets", "duplicates", "rejected", "unaccounted", "sets",
        "not_set_kinds",
    ]  # fmt: skip
    assert header(tmp_path / "out/rejected.csv") == [
        "source_file", "source_row", "column", "value", "rule",
    ]  # fmt: skip
    assert header(tmp_path / "out/exercises.csv") == ["exercise", "exercise_id", "method", "sets"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ingest", "nothing.csv", "--out", "o"], 2, "no such file"),
        (["ingest", "a.csv", "--out", "o", "--unit", "stone"], 2, "stone"),
        (["ingest", "nounit.csv", "--out", "o"], 3, "--unit kg or --unit lb"),
        (["report", "empty.csv", "--out", "o"], 3, "is empty"),
        (["raport"], 2, "report"),
    ],
)
def test_wrong_usage_and_no_data_have_their_codes(tmp_path, monkeypatch, arguments, code, says):
    monkeypatch.chdir(tmp_path)
    file(tmp_path, "a.csv", HEVY + hevy_row())
    file(tmp_path, "nounit.csv", STRONG + strong_row())
    file(tmp_path, "empty.csv", "")
    done = liftdose(*arguments)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_report_is_one_page_and_its_numbers(tmp_path):
    file(tmp_path, "ann.csv", HEVY + "".join(hevy_row(day) for day in range(1, 20)))
    done = liftdose("report", tmp_path / "ann.csv", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "https://cdn" not in page
    assert "Content-Security-Policy" in page
    assert str(tmp_path) not in page
    names = {path.name for path in (tmp_path / "out/data").iterdir()}
    assert {"sets.csv", "ledger.csv", "provenance.json", "volume.csv"} <= names
    provenance = json.loads((tmp_path / "out/data/provenance.json").read_text())
    assert len(provenance["inputs"]["ann.csv"]["sha256"]) == 64


def test_a_joined_girth_stands_on_the_page_with_its_trend(tmp_path):
    file(tmp_path, "ann.csv", HEVY + "".join(hevy_row(day) for day in range(1, 20)))
    girths = [f"2026-0{month}-01,{56 + month / 2},9000" for month in range(1, 8)]
    file(tmp_path, "girths.csv", "\n".join(["date,thigh_cm,steps", *girths]))
    done = liftdose("report", tmp_path / "ann.csv", "--with", tmp_path / "girths.csv",
                    "--out", tmp_path / "out")  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "Thigh over time" in page
    with (tmp_path / "out/data/growth-thigh-cm.csv").open(encoding="utf-8") as written:
        last = list(csv.DictReader(written))[-1]
    assert float(last["change"]) == pytest.approx(3.0, abs=0.01)
    assert last["muscle"] == "quads"
    assert not (tmp_path / "out/data/growth-steps.csv").exists()  # no girth


def test_two_athletes_get_a_page_each(tmp_path):
    rows = "".join(hevy_row(day) for day in range(1, 9))
    (tmp_path / "clients").mkdir()
    file(tmp_path / "clients", "ann.csv", HEVY + rows)
    file(tmp_path / "clients", "Bo <b>.csv", HEVY + rows)
    done = liftdose("report", tmp_path / "clients", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    index = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "ann/index.html" in index
    assert "<b>.csv" not in index
    assert (tmp_path / "out" / folder_names(["Bo <b>"])["Bo <b>"] / "index.html").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["reprot", "x"], "Did you mean 'report'?"),
        (["report", "a.csv", "--untis", "kg"], "Possible options: --out, --unit"),
        (["report", "a.csv", "--zebra"], "No such option: --zebra"),
        (["--unit", "kg", "report", "a.csv"], "such as `liftdose report … --unit`"),
        (
            ["--debgu", "version"],
            "No such option: --debgu (Possible options: --debug, --no-debug)",
        ),
        (["a.csv"], "a.csv is no command. Did you mean `liftdose report a.csv`?"),
        (["report", "A.cvs"], "A.cvs: no such file or folder; did you mean a.csv?"),
        (["formats", "hevvy"], "did you mean Hevy?"),
        (["formats", "caliber"], f"it cannot be read yet. Known: {TITLES}"),
        (["explain", "hard", "sett"], "did you mean hard set"),
        (["explain", "glute"], "did you mean glutes"),
        (["report", "titel.csv"], "lacks exercise_title (is 'exercise_titel' meant?"),
        (["report", "load.csv"], "lacks weight_kg or weight_lbs (is 'wieght_kg' meant?"),
    ],
)
def test_what_is_mistyped_is_answered_with_what_was_meant(tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    file(tmp_path, "a.csv", HEVY + hevy_row())
    file(tmp_path, "titel.csv", HEVY.replace("exercise_title", "exercise_titel") + hevy_row())
    file(tmp_path, "load.csv", HEVY.replace("weight_kg", "wieght_kg") + hevy_row())
    done = liftdose(*arguments)
    assert done.returncode in (2, 3)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_strong_header_with_an_unknown_word_is_read_by_place(tmp_path):
    path = file(tmp_path, "strong.csv", STRONG.replace("Reps", "Wiederh.") + strong_row())
    assert lab.read(path, unit="kg").sets["reps"].to_list() == [5]


def test_a_muscle_of_an_exercises_toml_that_is_mistyped(tmp_path):
    path = file(tmp_path, "a.csv", HEVY + hevy_row())
    file(tmp_path, "exercises.toml", '[roles.squat-barbell]\ndirect = ["qauds"]\n')
    done = liftdose("report", path, "--out", tmp_path / "out")
    assert done.returncode == 2
    said = "roles.\"squat-barbell\".direct = 'qauds': no such muscle; did you mean quads?"
    assert said in done.stderr


def test_strict_is_about_what_could_not_be_used(tmp_path):
    file(tmp_path, "good.csv", HEVY + hevy_row())
    rejected = file(tmp_path, "rejected.csv", HEVY + hevy_row() + hevy_row(day=2, reps="x"))
    strict = ("--strict", "--out", tmp_path / "out")
    assert liftdose("ingest", tmp_path / "good.csv", *strict).returncode == 0
    done = liftdose("ingest", rejected, *strict)
    assert (done.returncode, "1 records rejected" in done.stderr) == (1, True)
    assert liftdose("ingest", rejected, *strict[1:]).returncode == 0
    file(tmp_path, "notes.txt", "my diary")
    done = liftdose("ingest", tmp_path / "good.csv", tmp_path / "notes.txt", *strict)
    assert (done.returncode, "1 files without a set" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "paste",
    ["'{}'", '"{}"', "{}  ", "file://{}", "'{}' "],
    ids=["quotes", "double", "spaces", "address", "quotes and space"],
)
def test_paths_as_people_paste_them(tmp_path, paste):
    path = file(tmp_path, "my log.csv", HEVY + hevy_row())
    given = path.as_uri() if paste.startswith("file:") else paste.format(path)
    out = paste.format(tmp_path / "out")
    assert liftdose("ingest", given, "--out", out).returncode == 0
    assert (tmp_path / "out" / "sets.parquet").exists()


def test_a_tilde_and_escaped_spaces_in_a_path(tmp_path, monkeypatch):
    path = file(tmp_path, "my log.csv", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert pasted("'~/my log.csv'") == path
    assert pasted(str(path).replace(" ", "\\ ")) == path
    odd = file(tmp_path, "'quoted'", "")
    assert pasted(str(odd)) == odd


def test_report_writes_a_workbook_that_the_page_links_and_no_formula_runs(tmp_path):
    pytest.importorskip("xlsxwriter")
    formula = '=HYPERLINK(""http://example.invalid"",""click"")'
    rows = "".join(hevy_row(day, exercise=formula) for day in range(1, 9))
    done = liftdose("report", file(tmp_path, "a.csv", HEVY + rows), "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "Every result in one workbook" in page
    with zipfile.ZipFile(tmp_path / "out/data/results.xlsx") as book:
        names = book.namelist()
        sheets = [book.read(name) for name in names if name.startswith("xl/worksheets/sheet")]
        texts = book.read("xl/sharedStrings.xml")
    assert b"=HYPERLINK(&quot;" in texts or b'=HYPERLINK("' in texts
    assert len(sheets) > 10
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<hyperlink" in sheet]
    assert not [name for name in names if name.startswith("xl/worksheets/_rels")]
    csvs = "".join(each.read_text("utf-8") for each in (tmp_path / "out/data").glob("*.csv"))
    assert "'=HYPERLINK(" in csvs
    assert '"=HYPERLINK(' not in csvs


def test_without_xlsxwriter_the_report_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(lifter, "WORKBOOK", False)
    rows = "".join(hevy_row(day) for day in range(1, 9))
    logbook = lab.read(file(tmp_path, "a.csv", HEVY + rows))
    said = list(lifter.save(logbook, tmp_path / "out"))
    assert "For the results as a workbook too: pip install 'liftdose[excel]'" in said
    assert not (tmp_path / "out/data/results.xlsx").exists()
    assert "results.xlsx" not in (tmp_path / "out/index.html").read_text(encoding="utf-8")


def test_demo_says_three_takeaways_and_opens_a_browser_only_when_told(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    run = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "demo")])
    assert run.exit_code == 0, run.output
    assert len([line for line in run.stdout.splitlines() if line.startswith("- ")]) == 3
    assert f"Pages: {tmp_path / 'demo/index.html'}" in run.stdout
    assert "\x1b" not in run.stdout
    assert opened == []
    monkeypatch.setattr(people, "report", lambda *_: None)
    assert CliRunner().invoke(app, ["demo", "--open", "--out", str(tmp_path)]).exit_code == 0
    assert opened == [(tmp_path / "index.html").as_uri()]


def test_every_term_and_muscle_group_can_be_explained():
    for term in default_terms():
        assert explain(term.term).startswith(f"{term.term}: ")
    assert explain("E1rm") == explain("estimated 1RM")
    assert "muscle group" in explain("quads")
    assert "e1RM" in liftdose("explain").stdout
    unknown = liftdose("explain", "e1rmm")
    assert unknown.returncode == 2
    assert "did you mean e1rm" in unknown.stderr


def test_formats_is_a_table_of_the_vendors():
    lines = liftdose("formats").stdout.splitlines()
    titles = [vendor.title for vendor in known_vendors()]
    carried, hides = lines[: 1 + len(titles)], lines[2 + len(titles) : 3 + 2 * len(titles)]
    for table in (carried, hides):
        assert table[0].startswith("app ")
        assert [line.split("  ")[0] for line in table[1:]] == titles
    assert all(title in lines[-1] for title in ("HeavySet", "Boostcamp", "TrueCoach"))
    (liftosaur,) = (line for line in carried if line.startswith("Liftosaur"))
    assert liftosaur.endswith(" yes")
    assert "work, warmup, amrap" in liftosaur
    assert "RPE" in liftosaur


def test_one_format_is_described_at_length():
    said = liftdose("formats", "alpha").stdout
    for part in ("Alpha Progression", "RIR", "supersets", "added: the export itself", "not seen"):
        assert part in said
    assert "body mass" not in said
    assert liftdose("formats", "fitnotes").stdout.count("  export  ") == 2


def test_doctor_finds_nothing_wrong_here(tmp_path):
    done = liftdose("doctor", "--out", tmp_path / "not" / "yet")
    assert done.returncode == 0
    assert all(line.startswith("ok ") for line in done.stdout.splitlines())
    assert "can be written" in done.stdout
    assert not (tmp_path / "not").exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PYTHON", (4, 0), "is too old: install Python 4.0"),
        ("requires", lambda _: ["no-such-package>=3"], "is missing: pip install no-such-package"),
    ],
)
def test_doctor_says_what_to_do(monkeypatch, tmp_path, name, value, says):
    monkeypatch.setattr(doctor, name, value)
    wrong = [sentence for sound, sentence in doctor.check_up(tmp_path) if not sound]
    assert len(wrong) == 1
    assert says in wrong[0]


def test_doctor_names_what_an_extra_lacks_and_what_it_is_for(monkeypatch, tmp_path):
    asked = ["polars>=2", "polars; extra == 'fit'", 'no-such-package; extra == "fit"',
             "nor-this[x]; extra == 'cluster'", "linter; extra == 'dev'"]  # fmt: skip
    monkeypatch.setattr(doctor, "requires", lambda _: asked)
    said = [sentence for sound, sentence in doctor.check_up(tmp_path) if sound]
    assert (
        "extra fit is not installed, no-such-package of it "
        "(Garmin FIT files: pip install 'liftdose[fit]')"
    ) in said
    assert (
        "extra cluster is not installed (many machines: pip install 'liftdose[cluster]')" in said
    )
    assert not [sentence for sentence in said if "linter" in sentence]


def test_pages_of_notebooks_say_which_extra_they_need(tmp_path):
    code = (
        "import sys; sys.modules['bs4'] = None; from analysis.cli import main\n"
        f"sys.argv = ['liftdose', 'notebook', {str(tmp_path / 'a.ipynb')!r}]; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'liftdose[notebooks]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_looks_at_the_output_folder_the_data_and_the_script(monkeypatch, tmp_path):
    def broken(*_):
        raise FileNotFoundError("gone")

    blocked = file(tmp_path, "blocked", "")
    monkeypatch.setattr("analysis.exercises.load", broken)
    monkeypatch.setattr("analysis.report.drawing_library.plotly_js", broken)
    wrong = [sentence for sound, sentence in doctor.check_up(blocked / "out") if not sound]
    assert ["--force-reinstall" in each or "--out" in each for each in wrong] == [True] * 3
