"""The page in a real browser: what it draws, says, prints and never does."""

from __future__ import annotations

import csv
import io
import json

import demo_page
import pytest

from analysis.report import Report, write_shared_script

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_path(tmp_path_factory):
    return demo_page.report().save(tmp_path_factory.mktemp("page") / "demo.html")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return demo_page.report().save(tmp_path_factory.mktemp("folder") / "demo").parent


@pytest.fixture(scope="module")
def _desk(opener, page_path):
    return opener(page_path)


@pytest.fixture
def desk(_desk, opener):
    """One wide, light page for the tests that leave it as it was."""
    yield _desk
    assert opener.faults == []


# What is drawn above a chart may push it out of view again: a reader scrolls on, and so does this.
SCROLL_UNTIL_DRAWN = """name => {
    if (document.querySelector(`#plot-${name}[data-drawn]`)) return true;
    document.getElementById(name).scrollIntoView({behavior: 'instant'});
    return false;
}"""


def show(page, name):
    page.wait_for_function(SCROLL_UNTIL_DRAWN, arg=name, polling=250)
    page.wait_for_selector(f"#plot-{name}[data-drawn]")


def axis_range(page, name, axis="xaxis"):
    return page.evaluate(f"document.getElementById('plot-{name}')._fullLayout.{axis}.range")


def test_charts_are_drawn_only_when_they_come_into_view(open_page, page_path):
    page = open_page(page_path)
    show(page, "squat")
    assert page.locator("#plot-dose[data-drawn]").count() == 0
    show(page, "dose")
    assert page.locator("#plot-dose .trace").count() > 0


def test_no_cloud_button_and_every_tool_of_a_chart_has_a_name(desk):
    page = desk
    show(page, "squat")
    tools = page.locator("#plot-squat .modebar-btn")
    names = [tools.nth(i).get_attribute("aria-label") for i in range(tools.count())]
    assert names
    assert all(names)
    assert not [name for name in names if "loud" in name or "hare" in name]
    assert page.locator("#plot-squat .modebar-btn--logo").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(open_page, page_path, scheme):
    page = open_page(page_path, width=390, height=844, scheme=scheme, has_touch=True)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for name in ("coverage", "weekly-sets", "quads-strength", "dose", "exercises", "clients"):
        page.evaluate(f"document.getElementById('{name}').scrollIntoView()")
        page.wait_for_timeout(150)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_contents_open_and_close_on_a_phone(open_page, page_path):
    page = open_page(page_path, width=390, height=844)
    assert not page.locator("#contents").is_visible()
    page.click("#burger")
    page.click("#contents a[href='#dose']")
    assert not page.locator("#contents").is_visible()
    assert page.evaluate("location.hash") == "#dose"


def test_date_range_moves_every_chart_over_time_and_no_other(desk):
    page = desk
    show(page, "dose")
    before = axis_range(page, "dose")
    page.click(".range summary")
    page.click("button[data-months='3']")
    for name in ("squat", "weekly-sets"):
        show(page, name)
        assert [day[:10] for day in axis_range(page, name)] == ["2024-09-23", "2024-12-23"]
    assert axis_range(page, "dose") == before
    page.fill("#from", "2024-01-01")
    page.wait_for_function(
        "() => document.getElementById('plot-squat')._fullLayout.xaxis.range[0] == '2024-01-01'"
    )
    assert "from=2024-01-01&to=2024-12-23" in page.evaluate("location.hash")
    page.click("button[data-months='0']")
    page.wait_for_function(
        "() => document.getElementById('plot-squat')._fullLayout.xaxis.range[0] < '2023-01-03'"
    )


def test_unit_switch_rescales_charts_tiles_and_tables_and_is_remembered(open_page, page_path):
    page = open_page(page_path)
    show(page, "squat")
    chart = "document.getElementById('plot-squat')"
    kg = page.evaluate(f"{chart}.data[1].y[0]")
    page.click("button[data-unit='lb']")
    page.wait_for_function(f"() => {chart}.layout.yaxis.title.text == 'e1RM, lb'")
    assert page.evaluate(f"{chart}.data[1].y[0]") == pytest.approx(kg / 0.45359237, rel=1e-5)
    low = page.evaluate(f"{chart}.data[1].customdata[0][0]")
    assert low == pytest.approx(116.0 / 0.45359237, abs=0.01)
    assert "lb" in page.evaluate(f"{chart}.data[1].hovertemplate")
    assert page.inner_text(".tiles [data-kg]") == "314.2"
    cell = page.locator("#exercises td[data-kg]").first
    assert cell.text_content() == "220.5"
    assert page.locator("#exercises [data-kg-head]").first.text_content() == "lb"
    assert page.evaluate("location.hash").endswith("unit=lb")
    again = open_page(page_path, hash_="#squat&unit=lb&from=2024-01-01&to=2024-12-23")
    show(again, "squat")
    assert again.evaluate(f"{chart}.layout.yaxis.title.text") == "e1RM, lb"
    assert axis_range(again, "squat")[0] == "2024-01-01"


def test_downloads_hold_the_csv_files(desk, folder):
    page = desk
    for name in ("squat", "exercises", "weekly-sets"):
        with page.expect_download() as download:
            page.evaluate(f"document.querySelector('[data-csv=\"{name}\"]').click()")
        assert download.value.suggested_filename == f"{name}.csv"
        got = download.value.path().read_bytes()
        assert got == (folder / "data" / f"{name}.csv").read_bytes()


def test_a_chart_can_be_saved_as_a_picture_under_the_policy(desk):
    page = desk
    show(page, "squat")
    page.hover("#plot-squat")
    with page.expect_download() as download:
        page.click("#plot-squat .modebar-btn[data-title*='ownload']")
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("width", [1280, 390])
def test_print_has_every_chart_whole_and_light(open_page, page_path, tmp_path, width):
    page = open_page(page_path, width=width, scheme="dark")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.click("#print")
    page.wait_for_function("() => window.printed")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1032})  # A4 less 12 mm, 96 px an inch
    boxes = page.evaluate(
        """() => [...document.querySelectorAll(".plot")].map((plot) => {
          const svg = plot.querySelector(".main-svg");
          const a = svg.getBoundingClientRect();
          const b = plot.closest("figure").getBoundingClientRect();
          const texts = [...svg.querySelectorAll("text")];
          const ends = texts.map((text) => text.getBoundingClientRect().right);
          return {drawn: !!plot.dataset.drawn, left: a.left - b.left, right: b.right - a.right,
                  bottom: b.bottom - a.bottom, page: innerWidth - a.right, width: a.width,
                  whole: getComputedStyle(plot.closest(".result")).breakInside,
                  tall: plot.closest(".result").getBoundingClientRect().height,
                  view: svg.getAttribute("viewBox"), last: Math.max(...ends) - b.right};
        })"""
    )
    assert len(boxes) == 11
    for box in boxes:
        assert box["drawn"]
        assert box["view"]
        assert min(box["left"], box["right"], box["bottom"], box["page"]) >= 0
        assert box["width"] > 500
        assert box["whole"] == "avoid"  # kept on one page, which it fits
        assert box["tall"] < 1032
        assert box["last"] <= 0
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    pdf = tmp_path / "page.pdf"
    page.pdf(path=pdf, prefer_css_page_size=True)
    assert pdf.read_bytes().startswith(b"%PDF")
    assert page.evaluate("document.documentElement.scrollWidth") <= 703


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] > 200) return colour;
    }
    return [255, 255, 255, 255];
  };
  const faults = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility({opacityProperty: true})) continue;
    const svg = element.namespaceURI.endsWith("svg");
    const style = getComputedStyle(element);
    const [a, b] = [light(rgb(svg ? style.fill : style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push([element.tagName, element.className.baseVal ?? element.className,
                                 element.textContent.slice(0, 30), +ratio.toFixed(2)]);
  }
  return faults;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(open_page, page_path, scheme):
    page = open_page(page_path, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for name in ("squat", "weekly-sets", "dose"):
        show(page, name)
    assert page.evaluate(CONTRAST) == []


def test_the_button_turns_the_page_dark_and_its_charts_too(open_page, page_path):
    page = open_page(page_path)
    show(page, "squat")
    ink = "getComputedStyle(document.querySelector('#plot-squat .xtick text')).fill"
    light = page.evaluate(ink)
    page.click("#theme")
    page.wait_for_function(f"() => {ink} != '{light}'")
    assert page.get_attribute("#theme", "aria-pressed") == "true"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


NAMES = """() => {
  const faults = [], seen = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (seen.has(element.id)) faults.push("id twice: " + element.id);
    seen.add(element.id);
  }
  const name = (e) => (e.getAttribute("aria-label") ?? "") +
    (e.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean)
      .map((id) => document.getElementById(id)?.textContent ?? "").join("") +
    (e.labels?.length ? e.labels[0].textContent : "") + e.textContent;
  for (const e of document.querySelectorAll("a, button, input, summary, nav, [role], section")) {
    if (!name(e).trim()) faults.push("no name: " + e.outerHTML.slice(0, 80));
  }
  for (const e of document.querySelectorAll("a[href^='#']")) {
    if (!document.getElementById(e.hash.slice(1))) faults.push("leads nowhere: " + e.hash);
  }
  for (const e of document.querySelectorAll("table")) {
    const heads = e.querySelector("th[scope]");
    if (!e.caption || !heads) faults.push("table: " + e.outerHTML.slice(0, 60));
  }
  let last = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4, h5")) {
    if (+e.tagName[1] > last + 1) faults.push("heading skips: " + e.textContent);
    last = +e.tagName[1];
  }
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  if (!document.documentElement.lang) faults.push("no language");
  for (const e of document.querySelectorAll(".plot")) {
    if (e.getAttribute("role") !== "img" || !e.ariaLabel) faults.push("chart without name");
    if (!e.closest(".result").querySelector("table")) faults.push("chart without table: " + e.id);
  }
  return faults;
}"""


def test_everything_has_a_name_and_a_place(desk):
    page = desk
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    show(page, "dose")
    assert page.evaluate(NAMES) == []


def test_the_keyboard_reaches_the_controls_in_order(open_page, page_path):
    page = open_page(page_path)
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 12)"))
    assert reached[0] == "Skip to the "
    assert reached[1:] == ["All dates", "kg", "lb", "◐", "Print / PDF"]


def test_without_javascript_every_sentence_and_table_is_there(open_page, page_path):
    page = open_page(page_path, java_script_enabled=False)
    assert page.locator("text=Charts and downloads need JavaScript").is_visible()
    assert page.locator("#squat .summary").is_visible()
    page.click("#squat details.data summary")
    assert page.locator("#squat td").first.is_visible()
    assert not page.locator("#print").is_visible()


def test_hostile_names_are_text(desk):
    page = desk
    show(page, "exercises")
    page.hover("#plot-exercises")
    assert page.locator("script:has-text('alert(1)')").count() <= 1  # the page's own numbers
    assert demo_page.HOSTILE in page.inner_text("#exercises h3")
    assert page.locator("#exercises td a").count() == 0


def test_an_empty_result_is_a_sentence(desk):
    page = desk
    assert "Not enough data" in page.inner_text("#rir")
    assert page.locator("#rir figure, #rir table, #rir button").count() == 0


def test_a_link_opens_the_muscle_it_leads_to(open_page, page_path):
    page = open_page(page_path, hash_="#quads-strength")
    page.wait_for_selector("#plot-quads-strength[data-drawn]")
    assert page.locator("#muscle-quads[open]").count() == 1


@pytest.mark.parametrize("shared", [False, True])
def test_the_uncompressed_page_and_the_shared_script_draw_too(open_page, tmp_path, shared):
    script = write_shared_script(tmp_path).name if shared else ""
    report = Report("Plain", [demo_page.strength()], compress=False, shared_script=script)
    page = open_page(report.save(tmp_path / "page.html"))
    show(page, "squat")
    assert page.locator("#plot-squat .trace").count() > 0


def test_the_embedded_numbers_are_those_of_the_table(desk):
    page = desk
    with page.expect_download() as download:
        page.evaluate("document.querySelector('[data-csv=\"squat\"]').click()")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    table = demo_page.strength().table
    assert [float(row["e1rm_kg"]) for row in rows] == table["e1rm_kg"].tolist()
    assert json.dumps(rows[0]["week"]) == '"2023-01-02"'
