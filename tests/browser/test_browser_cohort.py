"""The cohort page in a real browser: offline, readable on a phone, downloads as the files."""

from __future__ import annotations

import pytest
from test_browser_report import CONTRAST, NAMES, show

from analysis.ingest import read
from analysis.pages.cohort import save_cohort
from analysis.simulate import Scenario, export, simulate

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
CHARTS = ("days", "effects_sets", "effects_frequency", "spread", "curve_quads", "athletes_quads")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    logs, out = tmp_path_factory.mktemp("logs"), tmp_path_factory.mktemp("cohort")
    scenario = Scenario(n_athletes=24, weeks=40, muscles=("quads", "chest"))
    export(simulate(scenario, seed=3), logs)
    (logs / "lifter001.csv").rename(logs / f"{HOSTILE}.csv")
    list(save_cohort(read(logs), out, muscles=["quads", "chest"]))
    return out


def opened(open_page, folder, **options):
    page = open_page(folder / "index.html", **options)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    return page


def test_every_chart_is_drawn_offline_without_a_fault(open_page, folder):
    page = opened(open_page, folder)
    for name in CHARTS:
        show(page, name)
        assert page.locator(f"#plot-{name} .trace, #plot-{name} .point").count() > 0


def test_a_hostile_file_name_is_text(open_page, folder):
    page = opened(open_page, folder)
    show(page, "athletes_quads")
    assert page.locator("img[src='x']").count() == 0
    labels = page.locator("#plot-athletes_quads .ytick text").all_text_contents()
    assert [text for text in labels if text.startswith("<img src=x")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(open_page, folder, scheme):
    page = opened(open_page, folder, width=390, height=844, scheme=scheme, has_touch=True)
    for name in CHARTS:
        show(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.evaluate(
        "[...document.querySelectorAll('.flow b, .flow span')]"
        ".map((each) => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert min(sizes) >= 12
    boxes = page.locator("#flow .flow-box").evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect().width)"
    )
    assert min(boxes) > 250


def test_the_flow_diagram_says_what_its_table_says(open_page, folder):
    page = opened(open_page, folder)
    steps = page.locator("#flow .flow > li")
    told = [" ".join(steps.nth(n).inner_text().split()) for n in range(steps.count())]
    assert told[0].startswith("24 files Files read")
    assert "records of" in told[1]
    assert "not a set" in told[1]
    assert told[2].startswith("24 athletes")
    rows = page.locator("#flow tbody tr").count()
    assert rows >= steps.count()


def test_downloads_are_the_files_beside_the_page(open_page, folder):
    page = opened(open_page, folder)
    for name in ("flow", "effects_sets", "spread", "athletes_quads", "curve_quads"):
        with page.expect_download() as download:
            page.evaluate(f"document.querySelector('[data-csv=\"{name}\"]').click()")
        assert download.value.path().read_bytes() == (folder / "data" / f"{name}.csv").read_bytes()


def test_the_page_reads_without_javascript(open_page, folder):
    page = open_page(folder / "index.html", java_script_enabled=False)
    assert "24 athletes" in page.inner_text("#takeaways")
    assert page.locator("#flow .flow-box").first.is_visible()
    assert page.locator("#effects_sets table").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_and_everything_has_a_name(open_page, folder, scheme):
    page = opened(open_page, folder, scheme=scheme)
    for name in CHARTS:
        show(page, name)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(NAMES) == []


def test_on_paper_no_step_is_cut_and_nothing_is_wider_than_a4(open_page, folder):
    page = open_page(folder / "index.html")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.click("#print")
    page.wait_for_function("() => window.printed")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1032})
    steps = page.locator("#flow .flow > li")
    for number in range(steps.count()):
        style = steps.nth(number).evaluate("each => getComputedStyle(each).breakInside")
        assert style == "avoid"
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
