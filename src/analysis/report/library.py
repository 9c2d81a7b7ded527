"""The drawing library: found in the installed plotly package, without importing plotly."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import numpy as np

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%/()*+-;,=.?@^_`{|}~"
"""Base 85 as in RFC 1924, with `, . /` for the three letters that mean something in HTML."""


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
    return packed(plotly_js(), level=9)


def packed(text: str, *, level: int = 6) -> str:
    """Return text gzipped and in base 85: `<bytes>:<letters>`, unpacked by `page.js`.

    Base 85 is 6 % shorter than base 64, 120 kB for plotly.js; the standard library's own is
    30 times slower. No clock in the gzip header: the same bytes every time.
    """
    raw = gzip.compress(text.encode(), compresslevel=level, mtime=0)
    words = np.frombuffer(raw + bytes(-len(raw) % 4), dtype=">u4").astype(np.uint32)
    letters = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
    digits = [words // np.uint32(85**power) % 85 for power in (4, 3, 2, 1, 0)]
    return f"{len(raw)}:{letters[np.stack(digits, axis=1)].tobytes().decode()}"


@cache
def template_text(name: str) -> str:
    """Return a style sheet or script of the page."""
    return files("analysis.report").joinpath("templates", name).read_text(encoding="utf-8")


def write_shared_script(folder: Path, name: str = "plotly.min.js") -> Path:
    """Write plotly.js once for a folder of pages made with `shared_script`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(plotly_js(), encoding="utf-8", newline="\n")
    return path
