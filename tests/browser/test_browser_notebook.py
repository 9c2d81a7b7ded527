"""A notebook's page in a real browser: drawn, still, quiet, and deaf to what it holds."""

from __future__ import annotations

import pytest
from test_browser_report import CONTRAST, show
from tests.hostile_notebook import cells, written
from tests.test_notebooks import NOTEBOOKS

from analysis.report.notebook import notebook_page

pytestmark = pytest.mark.browser
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


@pytest.fixture(scope="module")
def strength(tmp_path_factory):
    return notebook_page(NOTEBOOKS[2]).save(tmp_path_factory.mktemp("pages") / "03.html")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    return notebook_page(written(folder / "h.ipynb", cells())).save(folder / "h.html")


def charts(page):
    return page.eval_on_selector_all(".plot", "all => all.map((each) => each.dataset.figure)")


def test_charts_are_drawn_when_they_come_into_view(open_page, strength):
    page = open_page(strength)
    first, *_, last = charts(page)
    assert page.locator(f"#plot-{last}[data-drawn]").count() == 0
    for name in (first, last):
        show(page, name)
        assert page.locator(f"#plot-{name} .trace").count() > 0
    assert page.locator("#library").count() == 0  # unpacked, once


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_without_scrolling_sideways(open_page, strength, scheme):
    page = open_page(strength, width=390, height=844, scheme=scheme, has_touch=True)
    page.evaluate(OPEN_ALL)
    for name in charts(page):
        show(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(CONTRAST) == []


def test_code_opens_and_the_contents_lead_to_the_parts(open_page, strength):
    page = open_page(strength)
    code = page.locator("details.code", has_text="lab.strength(logbook)").first
    shown = code.locator("pre").first
    assert not shown.is_visible()
    code.locator("summary").click()
    assert shown.is_visible()
    links = page.eval_on_selector_all("#contents a", "all => all.map((each) => each.hash)")
    assert "#what-changed-since-when-and-how-sure" in links
    assert all(page.locator(link).count() == 1 for link in links)


def test_the_dates_move_the_charts_over_time(open_page, strength):
    page = open_page(strength)
    name = charts(page)[0]
    show(page, name)
    page.click(".range summary")
    page.click("button[data-months='3']")
    page.wait_for_function(
        f"() => document.getElementById('plot-{name}')._fullLayout.xaxis.range[0] > '2026-07'"
    )


def test_it_reads_without_javascript(open_page, strength):
    page = open_page(strength, java_script_enabled=False)
    assert page.locator(".sentences").first.is_visible()
    assert page.locator("td").first.is_visible()
    assert "drawn with JavaScript" in page.locator("figcaption").first.inner_text()
    page.locator("details.code summary").first.click()
    assert page.locator("details.code pre").first.is_visible()


def test_a_hostile_notebook_draws_its_chart_and_nothing_else(open_page, hostile):
    page = open_page(hostile)
    page.evaluate(OPEN_ALL)
    show(page, "chart")
    page.hover("#plot-chart .points path >> nth=0", force=True)
    page.wait_for_selector("#plot-chart .hovertext")
    assert page.locator("main script, main iframe, main image, main img, main style").count() == 0
    links = page.eval_on_selector_all(
        "main a", "all => all.map((each) => String(each.href.baseVal ?? each.href))"
    )
    assert not [link for link in links if link.startswith("javascript:")]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert "<script>alert(1)</script>" in page.inner_text("h1")


def test_print_has_every_chart_whole_and_no_folded_code(open_page, strength):
    page = open_page(strength, width=390, scheme="dark")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.click("#print")
    page.wait_for_function("() => window.printed")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1032})  # A4 less 12 mm, 96 px an inch
    right = """all => all.map((svg) =>
      svg.closest("figure").getBoundingClientRect().right - svg.getBoundingClientRect().right)"""
    room = page.eval_on_selector_all(".plot .main-svg", right)
    assert room
    assert min(room) >= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert not page.locator("details.code").first.is_visible()
