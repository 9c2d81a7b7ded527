"""The coach's folder: who is listed how, which files there are, and what settings may say."""

import io
import zipfile
from dataclasses import replace
from datetime import date, datetime

import pandas as pd
import pytest

from analysis.outputs import folder_names
from analysis.pages import client_page
from analysis.pages.clients import ClientSettings, Settings, load, parse, template, write_template
from analysis.pages.coach import coach_folder
from analysis.problems import NoUsableDataError, PathError, SettingsError
from analysis.signals.flags import Thresholds
from tests.client_files import LIFTS, hevy, light  # noqa: F401 - a fixture

ANN = folder_names(["Ann Å."])["Ann Å."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("clients")
    hevy(where, "ann.csv", lifts=(*LIFTS, '=HYPERLINK(""http://x"")', "<script>alert(1)</script>"))
    hevy(where, "bob.csv", note="private: knee pain", weeks=11)
    hevy(where, "cy.csv", weeks=2, start=datetime(2024, 3, 10, 18))
    (where / "dan.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (where / "clients.toml").write_text(
        '[clients.ann]\nname = "Ann Å."\nshow = "lb"\nzones = [1, 5, 9]\n'
        "[clients.eve]\n[thresholds]\nleast_sessions = 9\n",
        encoding="utf-8",
    )
    return where


@pytest.fixture(scope="module")
def coached(folder, tmp_path_factory):
    return coach_folder(folder, tmp_path_factory.mktemp("out"), workers=1)


def test_one_row_per_client_most_urgent_first(coached):
    table = coached.clients.table.set_index("client")
    assert table["status"].to_dict() == {
        "bob": "needs attention",
        "Ann Å.": "on track",
        "cy": "too little data",
        "dan": "not read",
    }
    assert list(table.index) == ["bob", "Ann Å.", "cy", "dan"]
    assert "2 sessions in 8 days, 9 in 28 days" in table.loc["cy", "why"]
    assert "no known app" in table.loc["dan", "why"]
    assert table.loc["bob", "days_off"] == 7
    assert table.loc["Ann Å.", "last_session"].date() == date(2024, 3, 18)
    low, mean, high = table.loc[
        "Ann Å.", ["strength_low_pct", "strength_change_pct", "strength_high_pct"]
    ]
    assert 0 < low < mean < high


def test_a_whole_page_can_be_sent_alone(tmp_path):
    hevy(tmp_path, "ann.csv")
    coach_folder(tmp_path, tmp_path / "out", workers=1, whole=True)
    text = (tmp_path / "out" / "ann" / "index.html").read_text(encoding="utf-8")
    assert "plotly.min.js" not in text
    assert 'id="library"' in text


def test_index_links_to_a_page_each_and_all_share_one_script(coached):
    index = coached.index.read_text(encoding="utf-8")
    out = coached.index.parent
    for page in coached.clients.table["page"].dropna():
        if page:
            assert f"href={page}" in index.replace('"', "")
            text = (out / page).read_text(encoding="utf-8")
            assert 'src="../plotly.min.js"' in text
            assert len(text) < 500_000
    assert (out / "plotly.min.js").stat().st_size > 1_000_000


def test_notes_stay_on_the_client_s_own_page(coached):
    out = coached.index.parent
    assert "private: knee pain" in (out / "bob/index.html").read_text(encoding="utf-8")
    assert "private" not in coached.index.read_text(encoding="utf-8")
    assert "private" not in coached.flags.table.to_csv()
    assert b"private" not in everything(coached.workbook)


def test_workbook_holds_numbers_dates_and_no_formula(coached):
    sheets = everything(coached.workbook).decode()
    assert "<f>" not in sheets
    with zipfile.ZipFile(coached.workbook) as book:
        first = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    day = (date(2024, 3, 18) - date(1899, 12, 30)).days
    assert f"<v>{day}</v>" in first
    assert "yyyy-mm-dd" in styles


def test_hostile_names_are_inert(coached):
    page = (coached.index.parent / ANN / "index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    sets = (coached.index.parent / ANN / "data/sets.csv").read_text(encoding="utf-8")
    assert '"=HYPERLINK' not in sets
    assert ",=HYPERLINK" not in sets


def test_settings_of_one_client_reach_the_page(coached):
    page = coached.index.parent / ANN
    assert "reps_1_4" in (page / "data/intensity.csv").read_text(encoding="utf-8").splitlines()[0]
    other = coached.index.parent / "bob/data/intensity.csv"
    assert "reps_1_5" in other.read_text(encoding="utf-8").splitlines()[0]


def test_entries_without_a_client_are_said(coached):
    assert 'clients.toml: clients."eve" names no file or folder here.' in coached.notes


def test_processes_give_the_same_answer(folder, coached, tmp_path):
    again = coach_folder(folder, tmp_path, workers=2)
    ours, theirs = contents(coached.index.parent), contents(again.index.parent)
    assert ours.keys() == theirs.keys()
    assert ours["index.html"] == theirs["index.html"]
    assert everything(coached.workbook) == everything(again.workbook)
    for name in (name for name in ours if name.endswith(".csv")):
        # Threads add up in another order: the last digits of a linear algebra may differ.
        pd.testing.assert_frame_equal(frame(ours[name]), frame(theirs[name]), rtol=1e-6)


@pytest.mark.usefixtures("light")
def test_two_runs_give_the_same_bytes(folder, tmp_path):
    files = [folder / "bob.csv", folder / "cy.csv"]
    one, other = (coach_folder(files, tmp_path / name, workers=1) for name in ("one", "other"))
    assert contents(one.index.parent) == contents(other.index.parent)


@pytest.mark.usefixtures("light")
def test_two_files_of_one_name_are_one_client(tmp_path):
    clients = tmp_path / "clients"
    clients.mkdir()
    hevy(clients, "a.csv", weeks=3)
    hevy(clients, "b.csv", weeks=3, start=datetime(2024, 3, 1, 18))
    same = {key: ClientSettings(name="Ann") for key in ("a", "b")}
    done = coach_folder(clients, tmp_path / "out", settings=Settings(clients=same), workers=1)
    assert done.clients.table["client"].tolist() == ["Ann"]
    mixed = same | {"a": ClientSettings(name="Ann", unit="lb")}
    with pytest.raises(SettingsError, match="must say the same unit"):
        coach_folder(clients, tmp_path / "out", settings=Settings(clients=mixed), workers=1)


@pytest.mark.usefixtures("light")
def test_one_person_twice_is_said(tmp_path):
    clients = tmp_path / "clients"
    clients.mkdir()
    for name in ("a.csv", "b.csv"):
        hevy(clients, name, weeks=6)
    done = coach_folder(clients, tmp_path / "out", workers=1)
    assert any(note.startswith("a shares 6 sessions with b") for note in done.notes)


@pytest.mark.usefixtures("light")
def test_a_page_that_fails_costs_no_other_client_theirs(folder, tmp_path, monkeypatch):
    made = client_page.athlete_page

    def faulty(logbook, **more):
        if logbook.athletes == ["bob"]:
            raise ZeroDivisionError("a fault")
        return made(logbook, **more)

    monkeypatch.setattr(client_page, "athlete_page", faulty)
    done = coach_folder([folder / "bob.csv", folder / "cy.csv"], tmp_path, workers=1)
    pages = done.clients.table.set_index("client")["page"]
    assert (pages["bob"], pages["cy"]) == ("", "cy/index.html")
    assert any("bob could not be made" in note and "a fault" in note for note in done.notes)


@pytest.mark.usefixtures("light")
def test_today_may_be_own_or_a_date(folder, tmp_path):
    files = [folder / "ann.csv", folder / "cy.csv"]
    own = coach_folder(files, tmp_path / "own", settings=Settings(today="own"), workers=1)
    assert set(own.clients.table["days_off"]) == {0}
    day = Settings(today=date(2024, 3, 20))
    dated = coach_folder(files, tmp_path / "dated", settings=day, workers=1)
    assert set(dated.clients.table["days_off"]) == {2, 3}


def test_nothing_to_read_says_why(tmp_path):
    with pytest.raises(PathError, match="no such file or folder"):
        coach_folder(tmp_path / "absent", tmp_path / "out")
    (tmp_path / "dan.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(NoUsableDataError, match=r"dan: dan\.csv: no known app"):
        coach_folder(tmp_path, tmp_path / "out", workers=1)


class TestClientsToml:
    def test_absent_values_are_the_defaults(self):
        assert parse("") == Settings()

    def test_a_client_inherits_what_holds_for_all(self):
        text = (
            'unit = "lb"\n[thresholds]\nblock_weeks = 6\n[clients.ann]\nshow = "lb"\n'
            "[clients.ann.thresholds]\nstall_days = 10\n"
        )
        ann = parse(text).clients["ann"]
        assert ann == ClientSettings(
            unit="lb", show="lb", thresholds=Thresholds(block_weeks=6, stall_days=10)
        )

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('unit = "stone"', "clients.toml: unit = 'stone': expected kg or lb"),
            ('unti = "kg"', "unti = 'kg': no such setting; did you mean unit?"),
            ("[thresholds]\nblock_weeks = 0", "thresholds.block_weeks = 0: expected a whole"),
            ("[thresholds]\nblock_weeks = 2.5", "block_weeks = 2.5: expected a whole number"),
            ("[thresholds]\nblock_weeks = true", "block_weeks = True: expected a whole number"),
            ('[clients.ann]\nname = ""', "clients.\"ann\".name = '': expected a name"),
            ("[clients.ann]\nzones = [6, 1]", 'clients."ann".zones = [6, 1]: expected whole'),
            ('[clients.ann]\ntoday = "own"', "clients.\"ann\".today = 'own': no such setting"),
            ('encoding = "utf-99"', "encoding = 'utf-99': expected the name of a text encoding"),
            ('today = "2024-02-31"', 'today = \'2024-02-31\': expected "newest", "own" or'),
            ("clients = 3", "clients = 3: expected a table, [clients]"),
            ("unit = ", "not valid TOML; correct that line"),
        ],
    )
    def test_an_error_names_file_key_value_and_rule(self, text, said):
        with pytest.raises(SettingsError) as error:
            parse(text)
        assert said in str(error.value)

    def test_a_date_may_be_quoted_or_not(self):
        assert parse("today = 2024-02-29").today == date(2024, 2, 29)
        assert parse('today = "2024-02-29"').today == date(2024, 2, 29)

    def test_the_template_says_the_defaults(self, folder, tmp_path):
        text = template(folder)
        assert parse(text).everyone == ClientSettings()
        assert set(parse(text).clients) == {"ann", "bob", "cy", "dan"}
        settings = "\n".join(
            line.removeprefix("# ") if " = " in line and line[2:3].islower() else line
            for line in template().splitlines()
        )
        assert parse(settings).everyone == replace(
            ClientSettings(), unit="kg", show="kg", encoding="cp1252", tz="Europe/Berlin"
        )
        assert "left as it is" in write_template(folder)
        assert "Settings:" in write_template(tmp_path)
        assert load(tmp_path / "clients.toml") == Settings()

    def test_the_template_may_go_elsewhere(self, folder, tmp_path):
        write_template(folder, tmp_path / "mine.toml")
        assert set(load(tmp_path / "mine.toml").clients) == {"ann", "bob", "cy", "dan"}
        with pytest.raises(PathError, match="name another place with --settings"):
            write_template(folder, tmp_path / "no/such/folder.toml")


def frame(text):
    return pd.read_csv(io.BytesIO(text)) if text.strip() else pd.DataFrame()


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def everything(workbook):
    text = io.BytesIO()
    with zipfile.ZipFile(workbook) as book:
        for name in book.namelist():
            text.write(book.read(name))
    return text.getvalue()
