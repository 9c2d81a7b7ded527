"""A notebook becomes a page: what it held is there, and nothing of it can act."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from analysis.problems import PathError, UnreadableError, UserError
from analysis.report.notebook import (
    Heading,
    figure_of,
    notebook_page,
    parts,
    save_notebooks,
    tables,
)
from tests.hostile_notebook import PLOTLY, cells, code, figure, markdown, said, shown, written
from tests.test_cli import liftdose
from tests.test_notebooks import NOTEBOOKS, every_notebook

TRACE = {"type": "bar", "x": ["a"], "y": [1]}


def page(tmp_path, *given):
    return notebook_page(written(tmp_path / "my-study.ipynb", list(given)))


class Elements(HTMLParser):
    """Every element's name and attributes, as a browser would see them."""

    def __init__(self):
        super().__init__()
        self.names, self.attributes = set(), []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs


def body(html):
    return html.split("<main", 1)[1].split("</main>")[0]


# ---- from cells to parts ----


def test_first_heading_is_the_title_and_second_level_the_contents(tmp_path):
    html = page(tmp_path, markdown("a", "# My *study*\n\nIntro.\n\n## First `step`\n\nText."),
                markdown("b", "## Second\n\n### Below\n\nMore.")).html()  # fmt: skip
    assert "<h1>My study</h1>" in html
    contents = re.findall(
        r'<a href="#([\w-]+)">([^<]+)</a>', html.split("<nav")[1].split("</nav>")[0]
    )
    assert contents[:2] == [("first-step", "First step"), ("second", "Second")]
    assert "<h3>Below</h3>" in body(html)
    assert "<p>Intro.</p>" in body(html)


def test_without_a_heading_the_file_gives_the_title(tmp_path):
    assert page(tmp_path, markdown("a", "Text.")).title == "my study"


@pytest.mark.parametrize(
    "words", ["Twice\n\n## Twice", "Methods\n\n## Main", "Größe\n\n## 强度", ""]
)
def test_every_heading_gets_an_anchor_of_its_own(tmp_path, words):
    page(tmp_path, markdown("a", f"## {words}\n\nText.")).html()  # two alike would raise


def test_code_is_folded_with_its_number_and_first_line(tmp_path):
    html = body(page(tmp_path, code(7, "# NBVAL_IGNORE_OUTPUT\nx = 1 < 2")).html())
    assert '<details class="code"><summary><span>Code 7</span> <code>x = 1 &lt; 2</code>' in html
    assert "open" not in re.search(r"<details[^>]*>", html)[0]


def test_sentences_are_set_as_sentences_and_columns_stay_lined_up(tmp_path):
    html = body(
        page(
            tmp_path, code(1, "p", said("One.\n- Two.\n")), code(2, "q", said("a    b\n1    2\n"))
        ).html()
    )
    assert '<div class="sentences"><p>One.</p><p class="point">- Two.</p></div>' in html
    assert '<pre class="said" tabindex="0">a    b\n1    2</pre>' in html


def test_warnings_and_failures_are_shown_without_paths_of_a_traceback(tmp_path):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no log",
             "traceback": ["/home/me/secret.py"]}  # fmt: skip
    html = body(
        page(tmp_path, code(1, "x", said("\x1b[31mcareful\x1b[0m", "stderr"), error)).html()
    )
    assert '<pre class="warned" tabindex="0">careful</pre>' in html
    assert "ValueError: no log" in html
    assert "secret" not in html


def test_an_output_that_no_page_can_hold_is_said(tmp_path):
    html = body(page(tmp_path, code(3, "x", shown(application_pdf="JVBERi0="))).html())
    assert "An output of cell 3 cannot be shown on a page: application/pdf." in html


def test_a_picture_is_kept(tmp_path):
    html = body(page(tmp_path, code(3, "x", shown(image_png="iVBORw0K\nGgo=\n"))).html())
    assert '<img src="data:image/png;base64,iVBORw0KGgo=" alt="Picture of cell 3">' in html


# ---- Markdown ----


def markup(text):
    return "".join(str(each) for each in parts(text) if not isinstance(each, Heading))


def test_tables_lists_and_code_of_markdown():
    assert "<td>1</td>" in markup("| a |\n|---|\n| 1 |")
    assert "<li>one</li>" in markup("- one\n- two")
    assert "<code>x</code>" in markup("`x`")


@pytest.mark.parametrize(
    ("link", "html"),
    [
        ("[w](https://example.org)", '<a href="https://example.org" rel="noreferrer">w</a>'),
        ("[p](#part)", '<a href="#part" rel="noreferrer">p</a>'),
        ("[n](../near.md)", "<span>n</span>"),
        ("[f](file:///etc/passwd)", "[f](file:///etc/passwd)"),
        ("[j](javascript:alert(1))", "[j](javascript:alert(1))"),
        ("![dot](https://example.invalid/p.png)", "<em>[picture: dot]</em>"),
    ],
)
def test_links_lead_to_the_web_or_to_the_page_and_pictures_are_words(link, html):
    assert markup(link) == f"<p>{html}</p>\n"


def test_html_in_markdown_is_text():
    assert markup("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"


# ---- tables ----


def test_a_pandas_table_keeps_its_numbers_and_loses_its_counter():
    (html,) = tables(
        '<table border="1" class="dataframe"><thead><tr><th></th><th>name</th><th>load</th></tr>'
        "</thead><tbody><tr><th>0</th><td>Squat</td><td>-1.5</td></tr>"
        "<tr><th>1</th><td>NaN</td><td>1,000</td></tr></tbody></table>"
    )
    assert "<th>0" not in html
    assert '<td>Squat</td><td class="n">-1.5</td>' in html
    assert '<td>–</td><td class="n">1,000</td>' in html


def test_the_name_of_a_pandas_index_stands_in_the_row_of_names():
    (html,) = tables(
        "<table><thead><tr><th></th><th>sets</th></tr><tr><th>group</th><th></th></tr></thead>"
        "<tbody><tr><th>quads</th><td>11</td></tr></tbody></table>"
    )
    assert html.count("<tr>") == 2
    assert '<th scope="col">group</th><th scope="col" class="n">sets</th>' in html
    assert '<th scope="row">quads</th>' in html


def test_the_types_of_a_polars_table_stay_heads():
    (html,) = tables(
        "<table><thead><tr><th>sets</th></tr><tr><td>i64</td></tr></thead>"
        "<tbody><tr><td>11</td></tr></tbody></table>"
    )
    assert '<th scope="col" class="n">i64</th>' in html
    assert '<td class="n">11</td>' in html


def test_a_cell_that_reaches_down_moves_no_other_out_of_its_column():
    (html,) = tables(
        "<table><tbody><tr><th rowspan='2'>attention</th><th>drop</th><td>1</td></tr>"
        "<tr><th>inactive</th><td>2</td></tr><tr><th>good</th><th>record</th><td>3</td></tr>"
        "</tbody></table>"
    )
    rows = [re.findall(r">([^<>]*)</t[hd]>", row) for row in html.split("<tr>")[1:]]
    assert rows == [["attention", "drop", "1"], ["", "inactive", "2"], ["good", "record", "3"]]
    assert html.count('<td class="n">') == 3


def test_an_empty_table_says_so():
    (html,) = tables(
        "<table><thead><tr><th></th><th>rule</th></tr></thead><tbody></tbody></table>"
    )
    assert '<th scope="col">rule</th>' in html
    assert "no rows" in html


def test_tables_inside_tables_are_not_told_twice():
    assert len(tables("<table><tr><td><table><tr><td>in</td></tr></table></td></tr></table>")) == 1
    assert tables("<p>none</p>") == []


@pytest.mark.parametrize("span", ["0", "-1", "x", "99999999", "1e9"])
def test_a_span_is_a_small_number(span):
    (html,) = tables(f"<table><tr><td colspan='{span}'>a</td><td>b</td></tr></table>")
    assert "colspan" not in html or 'colspan="100"' in html


# ---- figures ----


def test_a_figure_takes_the_look_and_the_width_of_the_page(tmp_path):
    layout = {"template": {"layout": {}}, "width": 900, "height": 420, "meta": {"time_axis": "x"}}
    found = figure_of({"data": [TRACE], "layout": layout})
    assert found == {"data": [TRACE], "layout": {"meta": {"time_axis": "x"}, "height": 420}}
    html = page(tmp_path, code(1, "f", figure([TRACE], {"title": {"text": "Sets"}}))).html()
    assert 'aria-label="Chart of cell 1: Sets" id="plot-chart"' in html
    assert 'id="library"' in html


@pytest.mark.parametrize("data", [None, [], {"data": []}, {"data": "x"}, {"data": ["x"]}])
def test_what_is_no_figure_is_none(data):
    assert figure_of(data) is None


def test_a_page_without_charts_carries_no_library_and_no_downloads(tmp_path):
    html = page(tmp_path, code(1, "x", said("done"))).html()
    assert 'id="library"' not in html
    assert 'id="downloads"' not in html
    assert len(html) < 60_000


# ---- whole notebooks ----


@every_notebook
def test_our_notebooks_become_pages_without_an_address_in_them(path):
    made = notebook_page(path)
    html = made.html()
    assert html == notebook_page(path).html()
    assert len(html) < 2_200_000
    assert "default-src 'none'" in html
    assert not re.search(r'(?:src|href)="https?://', body(html))
    drawn = path.read_text(encoding="utf-8").count(f'"{PLOTLY}"')
    assert body(html).count("data-figure=") == drawn
    assert "cannot be shown" not in body(html)


def test_a_hostile_notebook_is_inert_text(tmp_path):
    html = body(notebook_page(written(tmp_path / "h.ipynb", cells())).html())
    found = Elements()
    found.feed(html)
    assert not {"script", "style", "img", "iframe", "link", "object"} & found.names
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    leads = {value for name, value in found.attributes if name in ("src", "href")}
    assert {each for each in leads if not each.startswith("#")} == {"https://example.org"}
    assert "min-height:360px" in html
    assert "&lt;script&gt;alert(7)&lt;/script&gt;" in html


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no Jupyter notebook"),
        ("[]", "is no Jupyter notebook"),
        ("{}", "is no"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "is no"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}', "is no"),
    ],
)
def test_what_is_no_notebook_is_refused_by_name(tmp_path, text, says):
    path = tmp_path / "odd.ipynb"
    path.write_text(text)
    with pytest.raises(UnreadableError, match=says) as error:
        notebook_page(path)
    assert "odd.ipynb" in str(error.value)


def test_a_notebook_that_was_not_run_says_how_to_run_it(tmp_path):
    path = written(tmp_path / "a.ipynb", [code(1, "x"), code(None, "y"), code(None, " ")])
    with pytest.raises(
        UnreadableError, match=r"code cell 2 has not been run \(1 of 2 have not\).*--execute"
    ):
        notebook_page(path)


def test_one_page_for_several_notebooks_is_refused(tmp_path):
    with pytest.raises(UserError, match="give --out a folder"):
        list(save_notebooks([*NOTEBOOKS], tmp_path / "all.html"))
    with pytest.raises(PathError, match="no such notebook"):
        list(save_notebooks([tmp_path / "none.ipynb"], tmp_path))


def test_one_command_makes_a_page_or_a_folder_of_them(tmp_path):
    done = liftdose("notebook", NOTEBOOKS[5], "--out", tmp_path / "06.html")
    assert done.returncode == 0, done.stderr
    assert "Thirty clients" in (tmp_path / "06.html").read_text(encoding="utf-8")
    done = liftdose("notebook", *NOTEBOOKS[4:], "--out", tmp_path / "pages")
    assert [path.name for path in sorted((tmp_path / "pages").iterdir())] == [
        "05-test-a-hypothesis.html", "06-thirty-clients.html",
    ]  # fmt: skip
    idle = written(tmp_path / "idle.ipynb", [code(None, "x")])
    done = liftdose("notebook", idle)
    assert (done.returncode, "has not been run" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr
