"""What the page's script reads: figures and CSV files as JSON, without a word it could run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

from markupsafe import Markup

from analysis.report.library import packed
from analysis.result import Figure

Columns = list[list[str]]
"""A table as the cells of its CSV, column by column: gzip finds more to share down a column."""


def payload(
    figures: Mapping[str, Figure], files: Mapping[str, Columns], *, compress: bool
) -> Markup:
    """Return figures (by result name) and CSV columns (by file name) for a `<script>` element."""
    tables = {name: [_lines(column) for column in columns] for name, columns in files.items()}
    text = to_json({"figures": dict(figures), "files": tables})
    return Markup(packed(text)) if compress else script_safe(text)


def _lines(cells: list[str]) -> str | list[str]:
    """Return a column's cells one a line; as they are where one holds a line end itself."""
    text = "\n".join(cells)
    return text if text.count("\n") == len(cells) - 1 else cells


def script_safe(text: str) -> Markup:
    """Return JSON that cannot close or open an HTML element."""
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def to_json(value: Any) -> str:
    """Return compact JSON; what JSON cannot hold, such as NaN, becomes null."""
    try:
        return _dumps(value)
    except ValueError:
        return _dumps(_finite(value))


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    for way in ("tolist", "isoformat"):
        if hasattr(value, way):
            return getattr(value, way)()
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple) or hasattr(value, "tolist"):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value
