"""Take the pictures of the README from the real pages of invented people.

python docs/screenshots.py            # needs Chromium on the path and the `dev` extra
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from analysis.ingest import read
from analysis.models.cohort import study
from analysis.pages.coach import coach_folder
from analysis.pages.cohort import cohort_page
from analysis.pages.lifter import athlete_page
from analysis.simulate import Scenario, export, simulate
from analysis.simulate.sample import write_clients, write_sample

IMAGES = Path(__file__).parent / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

Shot = tuple[str, Path, str, int, int]
"""Name of the picture, the page, the anchor to go to, width and height."""


def shots(work: Path) -> list[Shot]:
    """Make the pages and return the pictures to take of them."""
    anna = write_sample(work / "sample")[0]
    page = athlete_page(read(anna, athlete="Anna")).save(work / "anna.html")
    index = coach_folder(write_clients(work / "clients"), work / "coach").index
    logs = export(simulate(Scenario(n_athletes=40, within_sd_pct=0.15), seed=7), work / "logs")
    cohort = cohort_page(study(read(logs, unit="lb"))).save(work / "cohort.html")
    return [
        ("athlete", page, "", 1280, 1500),
        ("muscle", page, "#muscle-glutes", 1280, 900),
        ("phone", page, "", 390, 844),
        ("coach", index, "", 1280, 1150),
        ("cohort", cohort, "#muscle-quads", 1280, 1000),
    ]


def take(browser: Any, shot: Shot) -> None:
    """Take one picture once the charts in sight are drawn."""
    name, path, anchor, width, height = shot
    context = browser.new_context(offline=True, viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(path.as_uri() + anchor)
    page.wait_for_selector("[data-ready]", state="attached")
    page.wait_for_timeout(3000)
    page.screenshot(path=IMAGES / f"{name}.png")
    context.close()


def main() -> None:
    """Take every picture."""
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="liftdose-") as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=FLAGS
        )
        for shot in shots(Path(folder)):
            take(browser, shot)
        browser.close()


if __name__ == "__main__":
    main()
