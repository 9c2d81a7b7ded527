"""The index in words: the terminal's table, the roster's entries, the workbook's sheets."""

import io
import zipfile

import pandas as pd
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from analysis.cli import app
from analysis.pages.coach import listed, raised
from analysis.pages.roster import roster, table_lines, weekly, workbook
from analysis.report import Against, Entry, Rate
from analysis.report.roster import bars, whisker
from analysis.signals.flags import Thresholds
from tests.client_files import DAY, ROWS, hevy, light, row  # noqa: F401 - light is a fixture


@pytest.fixture(scope="module")
def clients():
    return listed(ROWS, Thresholds(), DAY)


class TestTerminal:
    def test_groups_in_order_with_their_counts_and_reasons(self, clients):
        lines = list(table_lines(clients))
        assert [line for line in lines if line.isupper() and " (" in line] == [
            "NEEDS ATTENTION (1)",
            "ON TRACK (2)",
            "TOO LITTLE DATA (1)",
            "NOT READ (1)",
        ]
        assert lines[lines.index("NEEDS ATTENTION (1)") + 2] == "  pain note (2), drop"
        assert "  old.pdf: no known app exports it." in lines

    @pytest.mark.parametrize("width", [20, 80, 100, 300])
    def test_columns_stand_under_their_heads_and_fit(self, clients, width):
        lines = list(table_lines(clients, width=width))
        room = min(max(width, 80), 120)
        assert all(cell_len(line) <= room for line in lines)
        ends = {cell_len(line) for line in lines if line.endswith(("strength, %", "+8), 8 wk"))}
        assert ends == {room}

    def test_a_name_cannot_command_the_terminal(self, clients):
        text = "\n".join(table_lines(clients))
        assert "Bo?[2J?" in text
        assert "\x1b" not in text

    def test_what_is_not_shown_is_counted(self):
        many = listed([row(f"c{n}") for n in range(12)], Thresholds(), DAY)
        lines = list(table_lines(many, rows=5))
        assert "  and 7 more clients on the page" in lines

    @pytest.mark.usefixtures("light")
    def test_the_command_ends_with_the_table(self, tmp_path):
        (tmp_path / "clients").mkdir()
        hevy(tmp_path / "clients", "ann.csv", note="knee pain")
        where = ["--out", str(tmp_path / "out"), "--workers", "1", "--today", "own"]
        done = CliRunner().invoke(app, ["coach", str(tmp_path / "clients"), *where])
        assert done.exit_code == 0
        assert "NEEDS ATTENTION (1)" in done.stdout
        assert done.stdout.index("pain note") < done.stdout.index("Index: ")


class TestRoster:
    def test_words_stand_for_the_numbers(self, clients):
        entries = {each.name: each for each in roster(clients, ROWS, []).entries}
        assert entries["Ann"].last == "today"
        assert entries["Ann"].last_date == "2024-04-01"
        assert entries["Ann"].sessions == Against(8, 9.5)
        assert entries["Ann"].rate == Rate(4.2, 0.3, 8.1, "up in 8 weeks")
        assert entries["健太"].rate is None
        assert entries["old.pdf"].reason == "old.pdf: no known app exports it."

    def test_on_own_last_days_the_date_says_more(self):
        own = roster(listed(ROWS, Thresholds(), None), ROWS, [])
        assert own.entries[0].last == "2024-04-01"

    def test_the_drawing_says_what_it_shows(self):
        entry = Entry("Ann", "on track", weeks=[None, 0.0, 12.0])
        assert "oldest first: no log, 0, 12" in bars(entry)
        assert bars(entry).count("<rect") == 2
        assert "−1.0 %, −3.0 % to +1.0 %" in whisker(Rate(-1, -3, 1, "cannot tell"))

    def test_a_rate_beyond_the_scale_stays_inside_the_drawing(self):
        assert 'cx="92.5"' in whisker(Rate(400, -400, 900, "cannot tell"))


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "clients.xlsx"
    hostile = [*ROWS, row('=HYPERLINK("http://x","y")')]
    table = listed(hostile, Thresholds(), DAY)
    assert workbook(path, table, raised([], DAY), weekly(hostile), Thresholds()) == path
    return path


class TestWorkbook:
    def test_four_sheets_under_a_coach_s_words(self, book):
        sheets = pd.read_excel(book, sheet_name=None, engine="calamine")
        assert list(sheets) == ["Clients", "Flags", "Weekly sets", "Legend"]
        first = sheets["Clients"]
        assert first.columns[:3].tolist() == ["Client", "Status", "Needs attention for"]
        assert first["Last session"].dtype.kind == "M"
        assert first["Sessions, own normal"].dtype.kind == "f"
        assert first["Client"].tolist()[0] == "Ann"
        assert '=HYPERLINK("http://x","y")' in first["Client"].tolist()

    def test_the_legend_explains_flags_columns_and_thresholds(self, book):
        legend = pd.read_excel(book, sheet_name="Legend", engine="calamine")
        assert set(legend["What"]) == {"flag", "column", "threshold"}
        assert legend.set_index("Name").loc["drop_sets_pct", "Value"] == 40
        assert legend["Meaning"].notna().all()

    def test_heads_are_frozen_a_status_is_tinted_and_nothing_is_a_formula(self, book):
        with zipfile.ZipFile(io.BytesIO(book.read_bytes())) as files:
            sheet = files.read("xl/worksheets/sheet1.xml").decode()
        assert 'state="frozen"' in sheet
        assert '<formula>"needs attention"</formula>' in sheet  # of a colour, not of a cell
        assert "<f>" not in sheet
