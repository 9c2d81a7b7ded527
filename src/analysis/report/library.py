"""The drawing library: found in the installed plotly package, without importing plotly."""

from __future__ import annotations

import gzip
from base64 import b64encode
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path


@cache
def plotly_js() -> str:
    """Return the text of plotly.js as the plotly package bundles it.

    Raises:
        FileNotFoundError: plotly is not installed, or holds its script elsewhere.
    """
    # find_spec locates the package; files("plotly") would run its 0.3 s import
    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("plotly is not installed: pip install plotly")
    return Path(spec.submodule_search_locations[0], "package_data", "plotly.min.js").read_text(
        encoding="utf-8"
    )


@cache
def packed_plotly_js() -> str:
    """Return plotly.js as `packed` text; a process packs it once for all its pages."""
    return packed(plotly_js())


def packed(text: str) -> str:
    """Return text gzipped and in base64, the same bytes every time (no clock in the header)."""
    return b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode()


def template_text(name: str) -> str:
    """Return a style sheet or script of the page."""
    return files("analysis.report").joinpath("templates", name).read_text(encoding="utf-8")


def write_shared_script(folder: Path, name: str = "plotly.min.js") -> Path:
    """Write plotly.js once for a folder of pages made with `shared_script`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(plotly_js(), encoding="utf-8", newline="\n")
    return path
