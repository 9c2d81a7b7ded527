"""A real Chromium, offline; skipped where there is none, except in CI."""

from __future__ import annotations

import os
import shutil

import pytest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip
"""Where a Chromium may be; the shell without a window first: it starts in half the time."""


@pytest.fixture(scope="session")
def browser():
    path = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        sync_playwright = None
    if path is None or sync_playwright is None:
        lacking = "Chromium" if path is None else "playwright"
        if os.environ.get("CI"):
            pytest.fail(f"{lacking} is not installed, and CI must run the browser tests")
        pytest.skip(f"{lacking} is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def opener(browser):
    """Open a file offline, and gather what a page must never do."""
    contexts, faults = [], []

    def open_(path, *, width=1280, height=900, scheme="light", hash_="", **options):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            offline=True,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(90_000)  # machines differ; this is no timed test
        own = path.as_uri()
        page.on("request", lambda r: _foreign(r.url, own) and faults.append(f"request {r.url}"))
        page.on("console", lambda m: m.type in ("error", "warning") and faults.append(m.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
        page.goto(own + hash_)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("[data-ready]", state="attached")
        return page

    open_.faults, open_.contexts = faults, contexts
    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(opener):
    """Open a page; the test fails on a request, a console error or a script error."""
    before = len(opener.contexts)
    yield opener
    while len(opener.contexts) > before:  # a page left open goes on drawing beside the next
        opener.contexts.pop().close()
    assert opener.faults == []


def _foreign(url, own):
    folder, above = own.rsplit("/", 1)[0], own.rsplit("/", 2)[0]
    known = (own, f"{folder}/plotly.min.js", f"{above}/plotly.min.js")
    return not url.startswith(("blob:", "data:")) and url.split("#")[0] not in known
