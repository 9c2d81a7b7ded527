"""The page's text: what it says, escapes, keeps and refuses, without a browser."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import date

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import figures
from analysis.report import (
    BodyMap,
    Flag,
    Flags,
    Listing,
    Prose,
    Report,
    Section,
    Takeaway,
    Tile,
    Tiles,
    write_workbook,
)
from analysis.report.body_map import drawing, known_groups
from analysis.report.drawing_library import packed, packed_plotly_js, plotly_js
from analysis.report.glossary import Glossary, default_terms, own_terms
from analysis.report.render import script_safe, to_json
from analysis.report.tables import (
    FEW_ROWS,
    ROWS_PER_PAGE,
    columns,
    csv_text,
    grid,
    inert,
    number_texts,
    plain_text,
    relative,
    room,
)
from analysis.result import Result

HOSTILE = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://example.invalid","click")'


def result(name="squat", rows=3, **changes):
    weeks = pd.date_range("2024-01-01", periods=rows, freq="7D")
    table = pd.DataFrame({"week": weeks, "e1rm_kg": [100.25 + i for i in range(rows)]})

    def draw(table):
        line = figures.line(table["week"], table["e1rm_kg"], "e1RM")
        return figures.figure([line], x="Week", y="e1RM, kg", time_axis="x", load_axis="y")

    values = {"summary": "Rose 1 kg a week (95 % interval 0.9 to 1.1; n = 3).", "draw": draw}
    return Result(name, "Squat", table, **{**values, **changes})


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


# ---- the page ----------------------------------------------------------------------------


def test_a_result_has_its_sentence_figure_table_notes_and_settings():
    page = Report("T", [result(notes=("2 sets left out",), settings={"cap": 12})]).html()
    assert page.index("Rose <span data-loose data-kg=1>1</span>") < page.index(
        'data-figure="squat"'
    )
    assert "<li>2 sets left out</li>" in page
    assert "cap = 12" in page
    assert "<tr><td>2024-01-01<td data-kg=100.25>100.2<tr>" in page
    assert 'data-csv="squat"' in page


def test_the_first_word_about_a_result_is_its_heading_with_an_anchor():
    assert (
        '<h2 id="h-squat">Squat<a class="anchor" href="#squat"' in Report("T", [result()]).html()
    )


def test_an_empty_result_is_a_sentence_and_nothing_else():
    none = result(rows=0, summary="Not enough data: 0 sets.")
    page = Report("T", [none]).html()
    assert "Not enough data: 0 sets." in page
    assert "data-figure" not in page
    assert "<table" not in page
    assert 'id="library"' not in page  # no chart, no drawing library


def test_sections_nest_and_fold():
    inner = Section("chest", "Chest", [result()], folded=True)
    page = Report("T", [Section("muscles", "Muscles", [inner], intro="One by one.")]).html()
    assert '<details id="chest" class="fold">' in page
    assert '<h3 id="h-chest">Chest</h3>' in page
    assert '<h4 id="h-squat">' in page
    assert page.index('href="#chest"') < page.index('id="chest"')


def test_takeaways_come_first_and_lead_to_their_result():
    page = Report("T", [result()], takeaways=[Takeaway("It rose.", "squat"), "Little."]).html()
    assert page.index("It rose.") < page.index('<section id="squat"')
    assert 'href="#squat" aria-label="Show the result: Squat"' in page


def test_tiles_follow_the_unit_switch_only_in_kg():
    page = Report("T", [Tiles([Tile("Best", 142.5, "kg", "Up 2."), Tile("Sets", 9)])]).html()
    assert '<b data-kg="142.5">142.5</b>' in page
    assert "<b>9</b>" in page


def test_flags_say_their_level_in_words_and_show_their_rows():
    rows = pd.DataFrame({"load_kg": [100.0]})
    page = Report("T", [Flags([Flag("repeated stall", "Missed.", "attention", rows)])]).html()
    assert "▲ repeated stall" in page
    assert "data-kg=100>100" in page
    assert "Nothing stands out." in Report("T", [Flags([])]).html()


def test_prose_is_escaped_unless_it_is_markup():
    assert "<p>a &lt;b&gt;</p><p>c</p>" in Report("T", [Prose("a <b>\n\nc")]).html()


def test_a_listing_links_inside_the_folder_only():
    table = pd.DataFrame({"client": [HOSTILE], "page": ["ada/index.html"]})
    listing = Listing(Result("clients", "Clients", table, "1 client."), (("client", "page"),))
    page = Report("T", [listing]).html()
    assert f'<a href="ada/index.html">{HOSTILE.replace("<", "&lt;").replace(">", "&gt;")}' in page
    assert ">page<" not in page
    for address in ("javascript:alert(1)", "https://example.invalid", "//x", "/etc"):
        with pytest.raises(ValueError, match="leaves the report"):
            relative(address)


def test_a_page_of_twenty_figures_is_small_and_has_plotly_once():
    page = Report("T", [result(f"lift-{i}", rows=150) for i in range(20)]).html()
    assert len(page.encode()) < 2_200_000
    assert page.count(packed_plotly_js()) == 1


def test_the_policy_forbids_every_connection():
    page = Report("T", [result()]).html()
    policy = page.split('Content-Security-Policy" content="')[1].split('"')[0]
    assert policy.startswith("default-src 'none'; script-src 'unsafe-inline'; ")
    assert "http" not in policy.replace("'", "")
    shared = Report("T", [result()], shared_script="../plotly.min.js").html()
    assert '<script src="../plotly.min.js" defer>' in shared
    assert len(shared) < 100_000


def test_no_page_of_ours_names_another_place():
    page = Report("T", [result()], shared_script="plotly.min.js").html()
    assert "http://" not in page
    assert "https://" not in page


def test_two_builds_give_the_same_bytes(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        Report("T", [result()], provenance={"b": 1, "a": [2]}).save(folder, workbook=True)
    names = sorted(path.relative_to(first) for path in first.rglob("*.*"))
    assert len(names) == 4
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


@pytest.mark.parametrize(
    ("items", "options", "message"),
    [
        ([result(), result()], {}, "more than once on 'T': squat"),
        ([result("Not A Slug")], {}, "slugs"),
        ([result("../up")], {}, "slugs"),
        ([result("glossary")], {}, "glossary"),
        ([result()], {"tables": {"squat": pd.DataFrame()}}, "more than once"),
        ([result()], {"takeaways": [Takeaway("x", "bench")]}, "not on the page: bench"),
        ([result()], {"unit": "stone"}, "expected kg or lb"),
    ],
)
def test_a_page_that_would_lie_or_break_is_refused(items, options, message):
    with pytest.raises(ValueError, match=message):
        Report("T", items, **options)


# ---- hostile text ------------------------------------------------------------------------


def hostile_report():
    table = pd.DataFrame(
        {"exercise": [HOSTILE, FORMULA, "-2", "Squat"], "load_kg": [-1.5, 2, 3, 4]}
    )
    nasty = Result("names", HOSTILE, table, HOSTILE, notes=(HOSTILE,), settings={HOSTILE: HOSTILE})
    drawn = result("drawn", summary='" onload="alert(1)', draw=_draw_hostile)
    return Report(
        HOSTILE, [nasty, drawn, Section("s", HOSTILE, [Prose(HOSTILE)], intro=HOSTILE)],
        subtitle=HOSTILE, takeaways=[HOSTILE], header=[(HOSTILE, HOSTILE)], footer=[HOSTILE],
        provenance={HOSTILE: HOSTILE}, glossary={HOSTILE: HOSTILE}, compress=False,
        shared_script="plotly.min.js",
    )  # fmt: skip


def _draw_hostile(_):
    return figures.figure([figures.bars([HOSTILE], [1.0], HOSTILE)], x="x", y="y")


def test_hostile_text_is_inert_everywhere_on_the_page():
    page = hostile_report().html()
    assert "<script>alert" not in page
    assert '" onload="' not in page
    assert page.count("&lt;script&gt;alert(1)") > 10
    assert "\\u003cscript\\u003ealert(1)" in page  # in the figure's JSON


def test_hostile_text_is_inert_in_csv_and_numbers_are_left_alone(tmp_path):
    hostile_report().save(tmp_path)
    rows = rows_of((tmp_path / "data" / "names.csv").read_text())
    assert [row[0] for row in rows[1:]] == [HOSTILE, f"'{FORMULA}", "'-2", "Squat"]
    assert rows[1][1] == "-1.5"


def test_hostile_text_is_inert_in_xlsx_and_numbers_and_dates_are_real(tmp_path):
    pytest.importorskip("xlsxwriter")
    table = pd.DataFrame({"exercise": [FORMULA], "day": [date(2024, 1, 2)], "load_kg": [60.5]})
    path = write_workbook(tmp_path / "x.xlsx", [Result("a", "A/B", table, ""), result()])
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "<v>45293</v>" in sheet  # 2 January 2024 as Excel counts days
    assert "<v>60.5</v>" in sheet
    assert "=HYPERLINK" in texts


@given(st.text())
def test_json_in_a_script_cannot_end_it(text):
    safe = script_safe(to_json({"a": text}))
    assert not set("<>&") & set(safe)
    assert json.loads(safe) == {"a": text}


# ---- the folder --------------------------------------------------------------------------


def test_a_folder_has_a_csv_per_result_and_table_and_sorted_provenance(tmp_path):
    sets = pl.DataFrame({"exercise": ["=1", "Squat", None], "load_kg": [1.0, None, -2.0]})
    report = Report("T", [result()], tables={"sets": sets}, provenance={"b": 1, "a": {"c": 2}})
    index = report.save(tmp_path / "out")
    assert index.name == "index.html"
    data = tmp_path / "out" / "data"
    assert sorted(path.name for path in data.iterdir()) == [
        "provenance.json", "sets.csv", "squat.csv",
    ]  # fmt: skip
    assert (data / "sets.csv").read_text() == "exercise,load_kg\n'=1,1.0\nSquat,\n,-2.0\n"
    assert list(json.loads((data / "provenance.json").read_text())) == ["a", "b"]
    page = index.read_text()
    assert "data/sets.csv" in page
    assert "<a href=" not in page.partition('id="downloads"')[2]  # a page may be sent alone
    assert '<th scope="row">a.c</th><td>2</td>' in index.read_text()


def test_one_file_is_one_file(tmp_path):
    report = Report("T", [result()], tables={"sets": pl.DataFrame({"a": [1]})})
    path = report.save(tmp_path / "deep" / "page.html")
    assert [each.name for each in path.parent.iterdir()] == ["page.html"]


def test_csv_gives_back_the_table():
    table = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-01", None]),
            "at": pd.to_datetime(["2024-01-01 10:30", "2024-01-02 00:00"]),
            "x": [0.1 + 0.2, None],
            "n": pd.array([1, None], dtype="Int64"),
            "ok": [True, False],
            "word": pd.Categorical(["a", None]),
        }
    )
    back = rows_of(csv_text(table))
    assert back[0] == list(table.columns)
    assert back[1] == ["2024-01-01", "2024-01-01 10:30:00", repr(0.1 + 0.2), "1", "True", "a"]
    assert back[2] == ["", "2024-01-02 00:00:00", "", "", "False", ""]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_csv_numbers_are_exact(numbers):
    rows = rows_of(csv_text(pd.DataFrame({"x": numbers})))
    assert [float(row[0]) for row in rows[1:]] == numbers


@given(st.text(min_size=1))
def test_an_inert_cell_never_starts_a_formula(text):
    assert inert(text)[0] not in "=+-@\t\r"
    assert inert(text).removeprefix("'") == text.removeprefix("'")


# ---- tables, words, packing ---------------------------------------------------------------


def test_a_long_table_shows_its_first_rows_and_says_so():
    best_first = replace(result(rows=250), table=result(rows=250).table[::-1])
    page = Report("T", [best_first]).html()
    assert "First 100 of 250 rows; all rows in the CSV download." in page
    assert page.count("<tr><td>") == 100
    assert "rows; all rows" not in Report("T", [result(rows=200)]).html()


def test_a_long_table_that_runs_with_time_shows_its_last_rows():
    table = result(rows=250).table
    page = Report("T", [result(rows=250)]).html()
    assert "Last 100 of 250 rows; all rows in the CSV download." in page
    newest, oldest = (f"<td>{table.iloc[at, 0]:%Y-%m-%d}" for at in (-1, 0))
    assert newest in page
    assert oldest not in page


def test_slugs_are_shown_in_words_and_kept_in_the_csv():
    table = pd.DataFrame({"muscle": ["upper_back", "a_B", "x"]})
    page = Report("T", [Result("r", "R", table, "s.")]).html()
    assert "<td>upper back" in page
    assert "<td>a_B" in page
    assert "upper_back" in csv_text(table)


@given(st.lists(st.integers(0, 5000), max_size=60))
def test_tables_share_the_page(lengths):
    most = room(lengths)
    assert most >= FEW_ROWS
    assert most == FEW_ROWS or sum(min(n, most) for n in lengths) <= ROWS_PER_PAGE


def test_a_column_has_one_number_of_decimals_and_its_unit_in_the_head():
    made = grid(columns(pd.DataFrame({"load_kg": [100.0, 2.25, None], "sets": [1, 2, 3]})))
    assert [(head.words, head.unit) for head in made.heads] == [("load", "kg"), ("sets", "")]
    assert made.rows.startswith("<tr><td data-kg=100>100.0<td class=n>1")
    assert number_texts([1234.5, -0.4, -7.0]) == ["1,234", "0", "−7"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.5, "3.5"), (0.0123, "0.0123"), (58.0, "58"), (True, "yes"), (None, "–"),
     (float("nan"), "–"), (pd.Timestamp("2024-01-02"), "2024-01-02"), (-1.5, "−1.5"),
     (pd.Timestamp("2024-01-02 10:00"), "2024-01-02 10:00:00"), ("", ""), (12345, "12,345")],
)  # fmt: skip
def test_values_are_written_as_people_write_them(value, text):
    assert plain_text(value) == text


def test_the_glossary_links_the_first_use_and_lists_what_occurs():
    glossary = Glossary(default_terms())
    first, second = glossary.mark("e1RM & RIR"), glossary.mark("e1RM, tornado")
    assert 'href="#term-e1rm"' in first
    assert "&amp;" in first
    assert "<a" not in second
    assert [term.id for term in glossary.used] == ["e1rm", "rir"]
    own = Glossary(own_terms({"Zone 2": "Easy."}))
    assert 'href="#term-zone-2"' in own.mark("In zone 2.")


def test_every_term_has_a_meaning_and_no_spelling_is_shared():
    words = [word.lower() for term in default_terms() for word in term.words]
    assert len(words) == len(set(words))
    assert all(term.text.endswith(".") for term in default_terms())


@given(st.text())
def test_packed_text_has_nothing_that_html_reads_and_comes_back(text):
    import gzip
    from base64 import b85decode

    size, letters = packed(text).split(":", 1)
    assert not set("<>&") & set(letters)
    raw = b85decode(letters.translate(str.maketrans(",./", "<>&")))[: int(size)]
    assert gzip.decompress(raw).decode() == text


def test_plotly_js_is_found_without_importing_plotly():
    import subprocess
    import sys

    code = (
        "import sys; from analysis.report.drawing_library import plotly_js; "
        "assert len(plotly_js()) > 10**6; assert 'plotly' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "</script" not in plotly_js()


def test_nan_in_a_figure_becomes_a_gap():
    assert to_json({"y": [1.0, float("nan")]}) == '{"y":[1.0,null]}'


# ---- the body map ------------------------------------------------------------------------


def test_the_body_has_a_region_for_every_group():
    expected = (
        "quads hamstrings glutes calves adductors abductors tibialis chest lats upper_back traps "
        "front_delts side_delts rear_delts biceps triceps forearms abs obliques lower_back neck"
    )
    assert set(known_groups()) == set(expected.split())


def test_colour_runs_from_cividis_dark_to_light_and_no_number_is_hatched():
    made = drawing({"quads": 10.0, "chest": 0.0, "lats": float("nan")}, "sets")
    fills = {region.group: region.fill for region in made.regions}
    assert (fills["quads"], fills["chest"]) == ("#ffea46", "#00204d")
    assert fills["lats"] == fills["neck"] == "url(#untold)"
    labels = {region.label for region in made.regions}
    assert {"quads: 10 sets", "neck: no number"} <= labels
    assert [row.words for row in made.rows] == ["quads", "chest", "lats"]


def test_the_body_map_says_what_it_is_not_and_lists_groups_it_cannot_draw():
    table = pd.DataFrame({"muscle": ["quads", "rotator_cuff"], "sets": [3.0, 1.0]})
    body = BodyMap(Result("cover", "Coverage", table, "Quads 3."), "muscle", "sets", "sets")
    page = Report("T", [body]).html()
    assert "Training coverage, not recovery" in page
    assert "rotator cuff*" in page
    assert "*: not drawn." in page


def test_a_body_map_needs_one_row_per_group():
    table = pd.DataFrame({"muscle": ["quads", "quads"], "sets": [3.0, 1.0]})
    body = BodyMap(Result("cover", "Coverage", table, "x"), "muscle", "sets", "sets")
    with pytest.raises(ValueError, match="one row per muscle"):
        Report("T", [body]).html()
