"""Every page that a command writes, made of invented lifters, opened in a real Chromium."""

import json

import pandas as pd
import pytest
from tests.browser.test_browser_report import CONTRAST, NAMES, axis_range, show
from tests.test_hypothesis_plan import PLAN

from analysis.figures import figure, heatmap
from analysis.ingest import read
from analysis.outputs import folder_names
from analysis.pages.coach import coach_folder
from analysis.pages.hypothesis import answer
from analysis.pages.lifter import save, save_audits
from analysis.pages.routine import plan_page
from analysis.report import Report
from analysis.result import Result
from analysis.simulate import Scenario, export, simulate
from analysis.simulate.sample import write_sample

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]

PAGES = ("athlete", "athletes", "audit", "plan", "client", "coach", "hypothesis")
ROUTINE = "Day 1:\nSquat 4x6 @ RIR2\nBench Press 3x8\nDay 2:\nStanding Calf Raise 4x12\n"
QUICK = "[sensitivity]\nmax_specifications = 4\npermutations = 19\n[power]\nsimulations = 20\n"

OPEN = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
SCROLL_ON = """() => {
  const left = document.querySelector(".plot:not([data-drawn])");
  const lift = document.querySelector("#lift-names button");
  if (left?.id === "plot-lift-chart" && lift?.ariaPressed === "false") lift.click();
  left?.scrollIntoView({behavior: "instant"});
  return !left;
}"""
CATCH = """() => {
  URL.createObjectURL = (blob) => { blob.text().then((text) => { window.caught = text; });
    return "blob:none"; };
  HTMLAnchorElement.prototype.click = () => {};
}"""
UNCHOSEN = "#plot-lift-chart:not([data-drawn])"
"""A lift's chart before a lift is chosen: neither drawn nor printed."""
PAPER = """() => [...document.querySelectorAll(".plot:not(UNCHOSEN)")].map((plot) => {
  const svg = plot.querySelector(".main-svg"), box = svg?.getBoundingClientRect();
  const texts = [...(svg?.querySelectorAll("text") ?? [])].map((t) => t.getBoundingClientRect());
  const frame = plot.closest("figure").getBoundingClientRect();
  const past = texts.map((text) => Math.max(text.right - frame.right, frame.left - text.left));
  return {id: plot.id, drawn: !!plot.dataset.drawn, over: box ? box.right - frame.right : 1,
          text: Math.max(0, ...past)};
}).filter((each) => !each.drawn || each.over > 0.5 || each.text > 0.5)""".replace(
    "UNCHOSEN", UNCHOSEN
)


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
    client = work / "coach" / folder_names(["anna_strong"])["anna_strong"]
    folders = {name: work / name for name in PAGES} | {"client": client}
    return {name: folder / "index.html" for name, folder in folders.items()}


def drawn(page):
    """Open every fold and scroll on until every chart is drawn, as a reader does."""
    page.evaluate(OPEN)
    page.wait_for_function(SCROLL_ON, polling=30)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (390, "dark")], ids=["desk", "phone"]
)
def test_it_is_named_legible_and_no_wider_than_the_screen(open_page, pages, name, width, scheme):
    page = open_page(pages[name], width=width, scheme=scheme, has_touch=width == 390)
    drawn(page)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(NAMES) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


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
    page.evaluate(OPEN)
    show(page, "lead-1")
    first = "document.getElementById('plot-lead-1').data[0].y[0]"
    kg = page.evaluate(first)
    page.click("button[data-unit='kg']")
    page.wait_for_function(f"() => {first} !== {kg}")
    assert page.evaluate(first) == pytest.approx(kg * 0.45359237, rel=1e-5)
    page.click(".range summary")
    page.click("button[data-months='3']")
    for name in ("lead-1", "consistency"):
        show(page, name)
        first, last = (day[:10] for day in axis_range(page, name))
        assert 88 <= page.evaluate(f"(new Date('{last}') - new Date('{first}')) / 864e5") <= 93


COUNTS = "[...document.querySelectorAll('[data-count]')].map((each) => each.textContent)"


def test_the_dates_move_the_counts(open_page, pages):
    page = open_page(pages["athlete"])
    whole = page.evaluate(COUNTS)
    page.click(".range summary")
    page.fill("#from", "2025-01-01")
    page.fill("#to", "2025-02-28")
    page.wait_for_function(f"() => JSON.stringify({COUNTS}) !== '{json.dumps(whole)}'")
    table = pd.read_csv(pages["athlete"].parent / "data" / "calendar.csv")
    inside = table[table["day"].between("2025-01-01", "2025-02-28")]
    assert page.evaluate(COUNTS)[:2] == [str(inside["sessions"].sum()), str(len(inside))]


def test_a_lift_is_found_and_has_its_page(open_page, pages):
    page = open_page(pages["athlete"])
    page.fill("#lift-find", "bench bar")
    names = page.locator("#lift-names button").all_text_contents()
    assert names
    assert all("Bench" in name for name in names)
    page.click("#lift-names button >> nth=0")
    page.wait_for_selector("#plot-lift-chart[data-drawn]")
    days = pd.read_csv(pages["athlete"].parent / "data" / "lift-days.csv")
    own = days[days["lift"] == names[0]]
    assert f"on {len(own)} days" in page.text_content("#lift-facts")
    drawn = page.evaluate("document.getElementById('plot-lift-chart').data")
    bars = next(trace for trace in drawn if trace["type"] == "bar")
    assert sum(bars["y"]) == own["sets"].sum()
    assert page.locator(".lift-table").count() == 2
    assert "lift=Bench" in page.evaluate("location.hash")
    best = page.locator("#lift-facts [data-kg]")
    in_lb = float(best.text_content())
    page.click("button[data-unit='kg']")
    assert float(best.text_content()) == pytest.approx(own["top_load_kg"].max(), abs=0.05)
    assert in_lb == pytest.approx(own["top_load_kg"].max() / 0.45359237, abs=0.06)


def test_a_lift_s_page_has_an_address(open_page, pages):
    page = open_page(pages["athlete"], hash_="#lift=Bench%20Press%20(Barbell)")
    page.wait_for_selector("#plot-lift-chart[data-drawn]")
    assert page.text_content("#lift-name") == "Bench Press (Barbell)"


def test_a_load_in_a_sentence_follows_the_unit(open_page, pages):
    page = open_page(pages["athlete"])
    said = page.locator("#bests .summary [data-kg]").first
    assert float(said.text_content()) == pytest.approx(
        float(said.get_attribute("data-kg")) / 0.45359237, abs=0.06
    )  # the sample of Strong is in lb, and its page opens so
    page.click("button[data-unit='kg']")
    assert said.text_content() == f"{float(said.get_attribute('data-kg')):g}"


def test_no_link_leads_where_a_page_sent_alone_has_nothing(open_page, pages):
    page = open_page(pages["athlete"])
    found = page.evaluate(
        "[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))"
    )
    assert [each for each in found if not each.startswith("#")] == []


def test_a_client_s_page_leads_back_and_its_summary_is_linked(open_page, pages):
    page = open_page(pages["client"])
    assert page.get_attribute(".back a", "href") == "../index.html"
    index = open_page(pages["coach"])
    links = index.evaluate(
        "[...document.querySelectorAll('a.send')].map((a) => a.getAttribute('href'))"
    )
    assert links
    assert all((pages["coach"].parent / each).is_file() for each in links)


def test_nothing_in_a_client_s_card_passes_its_edge(open_page, pages):
    page = open_page(pages["coach"], width=390, height=844)
    assert (
        page.evaluate("""() => [...document.querySelectorAll(".entry")].flatMap((card) => {
      const edge = card.getBoundingClientRect().right;
      return [...card.querySelectorAll("*")]
        .filter((each) => each.getBoundingClientRect().right > edge).map((e) => e.textContent);
    })""")
        == []
    )


def test_by_name_the_clients_are_one_list(open_page, pages):
    page = open_page(pages["coach"])
    page.select_option("#order", "0")
    names = page.locator("#by-name .entry th a, #by-name .entry th .name").all_text_contents()
    own = [name for name in names if "Summary" not in name]
    assert own == sorted(own, key=str.lower)
    assert page.locator("tbody[data-status]:visible").count() == 0
    page.select_option("#order", "")
    assert page.locator("tbody[data-status]:visible").count() > 0


def test_the_summary_fits_three_screens_and_one_sheet(pages, browser):
    path = pages["client"].parent / "summary.html"
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollHeight") <= 3 * 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    words = page.evaluate(
        "[...document.querySelectorAll('section p')].map((p) => p.textContent).join(' ')"
    )
    assert 40 <= len(words.split()) <= 200
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1032})
    assert page.evaluate("document.documentElement.scrollHeight") <= 1032
    page.close()


def test_a_folded_page_is_twelve_phone_screens_at_most(open_page, pages):
    page = open_page(pages["athlete"], width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollHeight") <= 12 * 844


def test_the_weekly_heat_map_of_a_long_log_is_drawn_on_a_phone(open_page, tmp_path):
    weeks = pd.date_range("2019-01-07", periods=298, freq="7D")
    table = pd.DataFrame({"week": weeks, "sets": range(298)})
    draw = lambda rows: figure(  # noqa: E731
        [heatmap(rows["week"], ["chest"], [rows["sets"].tolist()], unit="sets")],
        x="", y="", time_axis="x",
    )  # fmt: skip
    result = Result("long", "Long", table, "298 weeks.", draw=draw)
    page = open_page(Report("Long", [result]).save(tmp_path / "p.html"), width=390, height=844)
    show(page, "long")
    assert page.evaluate("document.getElementById('plot-long').data[0].xgap") == 0
    pixels = page.evaluate(INKED)
    assert pixels > 0.9


INKED = """async () => {
  const image = new Image();
  image.src = document.querySelector("#plot-long .hm image").href.baseVal;
  await image.decode();
  const bitmap = await createImageBitmap(image);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0);
  const { data } = pen.getImageData(0, 0, bitmap.width, bitmap.height);
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
  return inked / (data.length / 4);
}"""


def test_a_page_is_small_enough_to_mail(pages):
    assert pages["athlete"].stat().st_size < 1_000_000
    assert pages["client"].stat().st_size < 500_000
