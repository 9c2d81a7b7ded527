"""Is everything here? Versions, optional extras, a browser, and where notes on each live."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from analysis import __version__

NEEDED = (
    "polars",
    "pandas",
    "pyarrow",
    "plotly",
    "scipy",
    "statsmodels",
    "formulaic",
    "jupyterlab",
)
EXTRAS = {
    "xlsxwriter": "XLSX files: pip install 'liftdose[excel]'",
    "python-calamine": "reading spreadsheets: pip install 'liftdose[excel]'",
    "distributed": "many machines: pip install 'liftdose[cluster]'",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox")


def check_up() -> Iterator[tuple[bool, str]]:
    """Yield (sound, sentence) per thing that liftdose needs or can use."""
    yield True, f"liftdose {__version__} on Python {platform.python_version()}"
    for name in NEEDED:
        found = _version(name)
        yield found is not None, f"{name} {found or 'is missing: pip install liftdose'}"
    for name, why in EXTRAS.items():
        found = _version(name)
        yield True, f"{name} {found}" if found else f"{name} is not installed ({why})"
    browser = next((name for name in BROWSERS if shutil.which(name)), None)
    yield True, f"browser: {browser or 'none on the path; any browser opens the pages'}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
