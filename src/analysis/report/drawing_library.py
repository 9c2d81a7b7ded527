"""The drawing library: found in the installed plotly package, without importing plotly."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%/()*+-;,=.?@^_`{|}~"
"""Base 85 as in RFC 1924, with `, . /` for the three letters that mean something in HTML."""


CHARTS = ("scatter", "bar", "heatmap")
"""Kinds of trace that the charts of this package are made of."""

CUT_FILE = Path(__file__).with_name("plotly_cut.json")
"""Which bytes of which plotly.js a page can do without; made by `trim`."""


@cache
def plotly_js_bytes() -> bytes:
    """Return plotly.js as the plotly package bundles it.

    Raises:
        FileNotFoundError: plotly is not installed, or holds its script elsewhere.
    """
    # find_spec locates the package; files("plotly") would run its 0.3 s import
    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("plotly is not installed: pip install plotly")
    folder = Path(spec.submodule_search_locations[0], "package_data")
    return (folder / "plotly.min.js").read_bytes()


def plotly_js(traces: Collection[str] = CHARTS) -> str:
    """Return the text of a plotly.js that draws these kinds of trace.

    A quarter of it is enough for the charts of this package, and the first of them stands there in
    0.4 of the time. Other kinds, or a plotly.js that `trim` has not seen, take the whole of it.
    """
    return _small() if set(traces) <= _drawn_by_small() else _whole()


@cache
def _whole() -> str:
    return plotly_js_bytes().decode()


@cache
def _cut() -> dict[str, Any]:
    cut: dict[str, Any] = json.loads(CUT_FILE.read_text(encoding="utf-8"))
    return cut


@cache
def _drawn_by_small() -> frozenset[str]:
    known = hashlib.sha256(plotly_js_bytes()).hexdigest() == _cut()["sha256"]
    return frozenset(_cut()["traces"]) if known else frozenset()


@cache
def _small() -> str:
    source, kept, at = plotly_js_bytes(), [], 0
    for start, end in _cut()["cut"]:
        kept.append(source[at:start])
        at = end
    return b"".join([*kept, source[at:]]).decode()


def packed_plotly_js(traces: Collection[str] = CHARTS) -> str:
    """Return `plotly_js` as `packed` text; a process packs it once for all its pages."""
    return _packed_once(plotly_js(traces))


@cache
def _packed_once(script: str) -> str:
    return packed(script, level=9)


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


def write_shared_script(
    folder: Path, name: str = "plotly.min.js", traces: Collection[str] = CHARTS
) -> Path:
    """Write plotly.js once for a folder of pages made with `shared_script`.

    Args:
        folder: where to.
        name: of the file.
        traces: kinds of trace that the pages draw.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(plotly_js(traces), encoding="utf-8", newline="\n")
    return path
