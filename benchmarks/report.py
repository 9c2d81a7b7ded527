"""A page of 20 charts against plain plotly `to_html` of the same 20 figures, in one run.

    python benchmarks/report.py [--rounds 5] [--log EXPORT --unit lb]

Writing: seconds to make the text and put it on disk, figures built beforehand on both sides;
`figures only` carries what `to_html` carries, `with tables` adds each chart's table and CSV.
First chart: from the start of the navigation in Chromium, file on disk, to the first frame that
holds a chart's trace. First view: to the first such frame after the page has loaded, when it
answers to the reader. Medians of alternating rounds.

With `--log`, the same two pages are made of a lifter's own charts, and the first chart is looked
for where the reader comes from a link to it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from analysis import figures
from analysis.report import Report
from analysis.result import Result

FIGURES = 20
WATCH = """
const look = () => {
  if (document.querySelector('.scatterlayer .trace, .heatmaplayer image')) {
    window.chart ??= performance.now();
    if (document.readyState === "complete") { window.view = performance.now(); return; }
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def table(number: int) -> pd.DataFrame:
    weeks = pd.date_range("2023-01-02", periods=104, freq="7D")
    level = [100 + number + 0.2 * week + (week * 7919 % 13) / 6 for week in range(len(weeks))]
    return pd.DataFrame(
        {"week": weeks, "e1rm_kg": level}
        | {"low_kg": [x - 4 for x in level], "high_kg": [x + 4 for x in level]}
    )


def draw(rows: pd.DataFrame) -> dict[str, Any]:
    band = figures.band(rows["week"], rows["low_kg"], rows["high_kg"], "95 % interval")
    line = figures.line(rows["week"], rows["e1rm_kg"], "strength", hover="%{y:.1f} kg")
    return figures.figure([band, line], x="Week", y="e1RM, kg", time_axis="x", load_axis="y")


def results(tables: list[pd.DataFrame], drawn: list[dict[str, Any]]) -> list[Result]:
    return [
        Result(f"lift-{i}", f"Lift {i}", rows, "Rose 0.2 kg a week.", lambda _, i=i: drawn[i])
        for i, rows in enumerate(tables)
    ]


def plain_page(path: Path, drawn: list[Any]) -> None:
    import plotly.io as pio

    parts = [pio.to_html(f, full_html=False, include_plotlyjs=i == 0) for i, f in enumerate(drawn)]
    page = f"<!doctype html><meta charset='utf-8'><body>{''.join(parts)}</body>"
    path.write_text(page, encoding="utf-8")


def medians_s(works: list[Callable[[], object]], rounds: int) -> list[float]:
    """Time the works in turn, so that a busy machine is as busy for each of them."""
    times = [[seconds(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def first_views_s(paths: list[Path], rounds: int, anchor: str = "") -> list[float]:
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=flags)
        times = [
            [time for path in paths for time in _seen_s(browser, path, anchor)]
            for _ in range(rounds + 1)
        ]
        browser.close()
    # the first round warms the browser up
    return [statistics.median(column) for column in zip(*times[1:], strict=True)]


def _seen_s(browser: Any, path: Path, anchor: str) -> list[float]:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.as_uri() + anchor, wait_until="commit")
    page.wait_for_function("() => window.view")
    seen: list[float] = page.evaluate("() => [window.chart / 1000, window.view / 1000]")
    context.close()
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--unit")
    given = parser.parse_args()
    if given.log:
        own_log(given.log, given.unit, given.rounds)
    else:
        invented(given.rounds)


def own_log(log: Path, unit: str | None, rounds: int) -> None:
    import plotly.graph_objects as go

    from analysis.ingest import read
    from analysis.pages.lifter import athlete_page

    logbook = read(log, unit=unit, athlete="lifter")
    page = athlete_page(logbook)
    drawn = [figure for each in page.results if (figure := each.figure_dict)]
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = Path(folder, "plain.html"), Path(folder, "report.html")
        page.save(ours)
        plain_page(theirs, [go.Figure(figure) for figure in drawn])
        print(f"{logbook.sets.height:,} sets, {len(drawn)} charts: {ours.stat().st_size:,} B")
        say_views([theirs, ours], rounds, "#volume")


def say_views(paths: list[Path], rounds: int, anchor: str = "") -> None:
    chart, view, our_chart, our_view = first_views_s(paths, rounds, anchor)
    print(f"first chart, to_html    {chart:7.2f} s")
    print(f"first chart, report     {our_chart:7.2f} s  {our_chart / chart:.2f} x")
    print(f"first view, to_html     {view:7.2f} s")
    print(f"first view, report      {our_view:7.2f} s  {our_view / view:.2f} x")


def invented(rounds: int) -> None:
    import plotly.graph_objects as go

    tables = [table(i) for i in range(FIGURES)]
    drawn = [draw(rows) for rows in tables]
    objects = [go.Figure(figure) for figure in drawn]
    full = Report("Bench", results(tables, drawn))
    bare = Report("Bench", results([rows.head(1) for rows in tables], drawn))
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = Path(folder, "plain.html"), Path(folder, "report.html")
        start = perf_counter()
        bare.save(ours)
        print(f"first page of a process (packs plotly.js): {perf_counter() - start:.3f} s")
        plain_page(theirs, objects)
        plain_s, bare_s, full_s = medians_s(
            [
                lambda: plain_page(theirs, objects),
                lambda: bare.save(ours),
                lambda: full.save(ours),
            ],
            rounds,
        )
        print(f"writing, to_html        {plain_s * 1000:7.1f} ms  {theirs.stat().st_size:>9,} B")
        print(f"writing, figures only   {bare_s * 1000:7.1f} ms  {bare_s / plain_s:.2f} x")
        print(f"writing, with tables    {full_s * 1000:7.1f} ms  {full_s / plain_s:.2f} x", end="")
        print(f"  {ours.stat().st_size:,} B")
        say_views([theirs, ours], rounds)


if __name__ == "__main__":
    main()
