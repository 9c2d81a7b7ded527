"""Every page that a command writes, made of invented lifters, opened in a real Chromium."""

import pytest
from tests.browser.test_browser_report import CONTRAST, NAMES, axis_range, show
from tests.test_hypothesis_plan import PLAN

from analysis.ingest import read
from analysis.pages.coach import coach_folder
from analysis.pages.hypothesis import answer
from analysis.pages.lifter import save, save_audits
from analysis.pages.routine import plan_page
from analysis.simulate import Scenario, export, simulate
from analysis.simulate.sample import write_sample

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]

PAGES = ("athlete", "athletes", "audit", "plan", "client", "coach", "hypothesis")
ROUTINE = "Day 1:\nSquat 4x6 @ RIR2\nBench Press 3x8\nDay 2:\nStanding Calf Raise 4x12\n"
QUICK = "[sensitivity]\nmax_specifications = 4\npermutations = 19\n[power]\nsimulations = 20\n"

OPEN = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
SCROLL_ON = """() => {
  const left = document.querySelector(".plot:not([data-drawn])");
  left?.scrollIntoView({behavior: "instant"});
  return !left;
}"""
CATCH = """() => {
  URL.createObjectURL = (blob) => { blob.text().then((text) => { window.caught = text; });
    return "blob:none"; };
  HTMLAnchorElement.prototype.click = () => {};
}"""
PAPER = """() => [...document.querySelectorAll(".plot")].map((plot) => {
  const svg = plot.querySelector(".main-svg"), box = svg?.getBoundingClientRect();
  const texts = [...(svg?.querySelectorAll("text") ?? [])].map((t) => t.getBoundingClientRect());
  const frame = plot.closest("figure").getBoundingClientRect();
  const past = texts.map((text) => Math.max(text.right - frame.right, frame.left - text.left));
  return {id: plot.id, drawn: !!plot.dataset.drawn, over: box ? box.right - frame.right : 1,
          text: Math.max(0, ...past)};
}).filter((each) => !each.drawn || each.over > 0.5 || each.text > 0.5)"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the file of each page, by its name in `PAGES`."""
    work = tmp_path_factory.mktemp("pages")
    sample = write_sample(work / "sample")
    anna, all_three = read(sample[0], athlete="Anna"), read(sample)
    list(save(anna, work / "athlete"))
    list(save(all_three, work / "athletes"))
    list(save_audits(anna, work / "audit"))
    routine = work / "routine.txt"
    routine.write_text(ROUTINE)
    plan_page(routine, anna, None).save(work / "plan")
    coach_folder(work / "sample", work / "coach", workers=1)
    scenario = Scenario(n_athletes=30, weeks=40, within_pct=0.4, muscles=("quads",))
    logs = read(export(simulate(scenario, seed=5), work / "logs"), unit="lb")
    (work / "hypothesis.toml").write_text(PLAN + QUICK)
    list(answer(work / "hypothesis.toml", logs, work / "hypothesis"))
    client = work / "coach" / "anna-strong"
    folders = {name: work / name for name in PAGES} | {"client": client}
    return {name: folder / "index.html" for name, folder in folders.items()}


def drawn(page):
    """Open every fold and scroll on until every chart is drawn, as a reader does."""
    page.evaluate(OPEN)
    page.wait_for_function(SCROLL_ON, polling=150)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_named_and_legible_offline(open_page, pages, name, scheme):
    page = open_page(pages[name], scheme=scheme)
    drawn(page)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(NAMES) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_phone(open_page, pages, name):
    page = open_page(pages[name], width=390, height=844, has_touch=True)
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", PAGES)
def test_no_chart_is_clipped_on_paper(open_page, pages, name):
    page = open_page(pages[name])
    page.evaluate("window.print = () => { window.printed = true; }")
    page.click("#print")
    page.wait_for_function("() => window.printed")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1032})  # A4 less 12 mm, 96 px an inch
    assert page.evaluate(PAPER) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 703


@pytest.mark.parametrize("name", ["athlete", "client", "hypothesis"])
def test_every_download_is_the_file_beside_the_page(open_page, pages, name):
    page = open_page(pages[name])
    page.evaluate(CATCH)  # Chromium refuses every eleventh download that no hand has asked for
    names = page.evaluate("[...document.querySelectorAll('[data-csv]')].map((b) => b.dataset.csv)")
    assert len(names) > 3
    for each in sorted(set(names)):
        page.evaluate(f"document.querySelector('[data-csv=\"{each}\"]').click()")
        page.wait_for_function("() => window.caught")
        text = page.evaluate(
            "() => { const text = window.caught; window.caught = 0; return text; }"
        )
        assert text.encode() == (pages[name].parent / "data" / f"{each}.csv").read_bytes()


def test_dates_and_unit_change_a_lifter_s_charts(open_page, pages):
    page = open_page(pages["athlete"])
    show(page, "strength")
    kg = page.evaluate("document.getElementById('plot-strength').data[0].y[0]")
    page.click("button[data-unit='lb']")
    title = "document.getElementById('plot-strength')._fullLayout.yaxis.title.text"
    page.wait_for_function(f"() => {title}.includes('lb')")
    lb = page.evaluate("document.getElementById('plot-strength').data[0].y[0]")
    assert lb == pytest.approx(kg / 0.45359237, rel=1e-5)
    page.click(".range summary")
    page.click("button[data-months='3']")
    for name in ("strength", "volume"):
        show(page, name)
        first, last = (day[:10] for day in axis_range(page, name))
        assert 88 <= page.evaluate(f"(new Date('{last}') - new Date('{first}')) / 864e5") <= 93


def test_a_page_is_small_enough_to_mail(pages):
    assert pages["athlete"].stat().st_size < 1_000_000
    assert pages["client"].stat().st_size < 500_000
