"""Is everything here? Versions, extras, package data, a browser, a folder to write into.

Every line that says NO says what to do; an extra that is absent is no fault.
"""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from analysis import __version__

PYTHON = (3, 11)
EXTRAS = {
    "excel": "workbooks, read and written",
    "fit": "Garmin FIT files",
    "notebooks": "jupyterlab, and pages made from notebooks",
    "cluster": "many machines",
}
"""What an extra is for. What it installs is in the package's own metadata."""

_REQUIREMENT = re.compile(r"""(?P<name>[\w.-]+)[^;]*(;.*extra == ['"](?P<extra>\w+)['"])?""")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox")
REPAIR = "the installation is damaged: pip install --force-reinstall liftdose"


def check_up(out: Path = Path("reports")) -> Iterator[tuple[bool, str]]:
    """Yield (sound, sentence) per thing that liftdose needs or can use.

    Args:
        out: the folder that pages are going to be written into.
    """
    yield True, f"liftdose {__version__}"
    yield _python()
    needed = declared()
    for name in needed.pop(""):
        found = _version(name)
        yield found is not None, f"{name} {found or f'is missing: pip install {name}'}"
    for extra, use in EXTRAS.items():
        yield True, _extra(extra, use, needed[extra])
    yield _package_data()
    yield _drawing_library()
    yield _browser()
    yield _writable(out)


def declared() -> dict[str, list[str]]:
    """Return the distributions that the installed package asks for, by extra; "" for always."""
    needed: dict[str, list[str]] = {"": [], **{extra: [] for extra in EXTRAS}}
    for line in requires("liftdose") or ():
        asked = _REQUIREMENT.match(line)
        if asked and (asked["extra"] or "") in needed:
            needed[asked["extra"] or ""].append(asked["name"])
    return needed


def _extra(extra: str, use: str, names: list[str]) -> str:
    found = {name: _version(name) for name in names}
    missing = [name for name, known in found.items() if known is None]
    if missing:
        lacks = "" if len(missing) == len(names) else f", {', '.join(missing)} of it"
        return f"extra {extra} is not installed{lacks} ({use}: pip install 'liftdose[{extra}]')"
    return f"extra {extra} ({use}): {', '.join(f'{name} {at}' for name, at in found.items())}"


def _python() -> tuple[bool, str]:
    found = f"Python {platform.python_version()}"
    if sys.version_info >= PYTHON:
        return True, found
    return False, f"{found} is too old: install Python {PYTHON[0]}.{PYTHON[1]} or newer"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _package_data() -> tuple[bool, str]:
    try:
        from analysis import exercises
        from analysis.report.glossary import default_terms

        count, words = exercises.load().exercises.height, len(default_terms())
    except Exception as error:
        return False, f"package data cannot be read ({error}): {REPAIR}"
    return True, f"package data: {count:,} exercises, {words} terms"


def _drawing_library() -> tuple[bool, str]:
    try:
        from analysis.report.drawing_library import CHARTS, plotly_js, plotly_js_bytes

        size, whole = len(plotly_js(CHARTS)), len(plotly_js_bytes())
    except Exception as error:
        return False, f"plotly.js cannot be read ({error}): pip install --force-reinstall plotly"
    part = "all of it" if size == whole else f"of {whole / 1e6:.1f} MB, what their charts need"
    return True, f"plotly.js, which pages carry: {size / 1e6:.1f} MB, {part}"


def _browser() -> tuple[bool, str]:
    name = next((name for name in BROWSERS if shutil.which(name)), None)
    if name is None:
        try:
            name = webbrowser.get().__class__.__name__
        except webbrowser.Error:
            return True, "browser: none found here; the pages open in any browser, anywhere"
    return True, f"browser: {name}"


def _writable(out: Path) -> tuple[bool, str]:
    """Try in the folder itself, or in the nearest one above that exists."""
    folder = next(each for each in (out.resolve(), *out.resolve().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        return False, f"output: {folder} cannot be written ({reason}): choose another with --out"
    return True, f"output: {out} can be written"
