"""The coach's index in a real browser: to be read, searched and ordered, on a desk and a phone."""

from __future__ import annotations

import pandas as pd
import pytest
from test_browser_report import CONTRAST, NAMES
from tests.client_files import DAY, ROWS, row

from analysis.pages.coach import index_page, listed, raised
from analysis.signals.flags import Finding, Thresholds

pytestmark = pytest.mark.browser

HOSTILE = "<script>alert(1)</script>"
EVERY = [*ROWS, row(HOSTILE, days_off=9), row("A" * 60, days_off=2), row("Zoë", page="")]


def flag(client, name, level):
    rows = pd.DataFrame({"lift": ["Squat"], "day": [DAY]})
    return Finding(client, name, level, f"{name} of {client}.", rows, DAY, DAY)


FOUND = [flag("Ann", "pain note", "attention"), flag("Ann", "stall", "notice"),
         flag("Zoë", "record", "good")]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    clients = listed(EVERY, Thresholds(), DAY)
    page = index_page(clients, raised(FOUND, DAY), EVERY, FOUND, ["A note on the files."])
    return page.save(tmp_path_factory.mktemp("coach") / "index.html")


def shown(page):
    return [
        each.text_content().strip()
        for each in page.locator(".entry:not([hidden]) :is(th a, .name)").all()
        if each.is_visible()
    ]


def test_everybody_stands_in_a_group_most_urgent_first(open_page, index):
    page = open_page(index)
    assert [each.inner_text() for each in page.locator(".group th").all()] == [
        "Needs attention 1", "On track 5", "Too little data 1", "Not read 1",
    ]  # fmt: skip
    assert len(shown(page)) == len(EVERY)
    assert page.locator(".entry").first.locator(".badge").all_inner_texts() == [
        "pain note",
        "stall",
    ]
    assert page.locator(".entry td").first.inner_text() == "today\n2024-04-01"


def test_the_keyboard_finds_filters_and_orders(open_page, index):
    page = open_page(index)
    page.focus("#find")
    page.keyboard.type("zoe")
    assert shown(page) == ["Zoë"]
    assert page.inner_text("#found") == "1 of 8"
    page.keyboard.press("Control+A")
    page.keyboard.type("pain ann")
    assert shown(page) == ["Ann"]
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.focus("[data-show='not read']")
    page.keyboard.press("Enter")
    assert shown(page) == ["old.pdf"]
    assert page.get_attribute("[data-show='not read']", "aria-pressed") == "true"
    page.focus("[data-show='on track']")
    page.keyboard.press("Space")
    page.focus("#order")
    page.keyboard.type("longest")
    assert shown(page)[0].startswith("Ярослав")
    page.select_option("#order", "0")
    assert shown(page)[0] == HOSTILE
    page.select_option("#order", "")
    assert shown(page)[-1].startswith("Ярослав")


def test_nothing_found_is_said(open_page, index):
    page = open_page(index)
    page.fill("#find", "nobody")
    assert shown(page) == []
    assert page.inner_text("#found") == "0 of 8"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_stands_out_from_its_ground(open_page, index, width, scheme):
    page = open_page(index, width=width, height=844, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []


def test_a_phone_shows_cards_with_a_name_on_every_number(open_page, index):
    page = open_page(index, width=390, height=844, has_touch=True)
    first = page.locator(".entry").first
    assert first.evaluate("e => getComputedStyle(e).display") == "grid"
    before = "e => getComputedStyle(e, '::before').content"
    labels = [each.evaluate(before) for each in first.locator("td").all()]
    assert labels == ['"Last session"', '"Sessions"', '"Sets"', '"Strength"']
    assert first.evaluate("e => e.getBoundingClientRect().height") < 320


def test_everything_has_a_name_and_a_place(open_page, index):
    page = open_page(index)
    assert page.evaluate(NAMES) == []
    assert all(page.locator("svg[role=img]").evaluate_all("all => all.map((e) => e.ariaLabel)"))


def test_without_javascript_it_is_a_plain_table(open_page, index):
    page = open_page(index, java_script_enabled=False)
    assert page.locator(".entry").count() == len(EVERY)
    assert page.locator(".roster .summary").is_visible()
    assert not page.locator("#find").is_visible()
    assert page.locator(".bars").first.is_visible()


def test_names_are_text(open_page, index):
    page = open_page(index)
    assert HOSTILE in shown(page)
    assert page.locator("a", has_text="Ann").first.get_attribute("href") == "Ann/index.html"
    assert page.locator(".entry", has_text="Zoë").locator("a").count() == 0


def test_print_keeps_the_table_and_drops_the_controls(open_page, index, tmp_path):
    page = open_page(index)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1032})  # A4 less 12 mm, 96 px an inch
    assert not page.locator("#find").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    page.pdf(path=tmp_path / "index.pdf", prefer_css_page_size=True)
