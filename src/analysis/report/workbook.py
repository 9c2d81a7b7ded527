"""Results as one workbook: a sheet each, real numbers and dates, text that stays text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.tables import decimals
from analysis.result import Result

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "in_memory": True,
    "default_date_format": "yyyy-mm-dd",
}
# A workbook stores when it was made; a fixed day keeps two builds of one input the same bytes.
_CREATED = datetime(2000, 1, 1)
_DAY_0, _LEAP_DAY_1900 = np.datetime64("1899-12-30"), np.datetime64("1900-03-01")
_TOP = {"valign": "top"}
_LOOKS: dict[str, dict[str, Any]] = {
    "head": {"bold": True, "bottom": 1, "text_wrap": True},
    "text": {"text_wrap": True},
    "day": {"num_format": "yyyy-mm-dd"},
    "number 0": {"num_format": "#,##0"},
    **{f"number {n}": {"num_format": f"#,##0.{'0' * n}"} for n in range(1, 6)},
}
_WIDEST = 48  # letters; longer text wraps
_ROWS = 1_048_575  # an Excel sheet's rows, less its head


def write_workbook(
    path: Path, results: Sequence[Result], *, tints: Mapping[str, str] | None = None
) -> Path:
    """Write one sheet per result and return the path.

    Args:
        path: where to.
        results: a sheet each; long text wraps, numbers show the decimals they show on a page.
        tints: words whose cells get a ground of this colour, "#RRGGBB", also after an edit.

    Raises:
        ModuleNotFoundError: xlsxwriter is not installed: `pip install 'liftdose[excel]'`.
        ValueError: a table has more rows than a sheet can hold.
    """
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, _OPTIONS) as book:
        book.set_properties({"created": _CREATED})
        formats = {name: book.add_format(look | _TOP) for name, look in _LOOKS.items()}
        grounds = {
            word: book.add_format({"bg_color": tint}) for word, tint in (tints or {}).items()
        }
        taken: set[str] = set()
        for result in results:
            sheet = book.add_worksheet(_sheet_name(result.title, taken))
            _fill(sheet, result, formats)
            _tint(sheet, result.table, grounds)
    return path


def _fill(sheet: Any, result: Result, formats: Mapping[str, Any]) -> None:
    table = result.table
    if len(table) > _ROWS:
        raise ValueError(f"{result.name}: {len(table)} rows, an Excel sheet holds {_ROWS}")
    for number, (name, values) in enumerate(table.items()):
        sheet.write_string(0, number, str(name), formats["head"])
        kind = _kind(values)
        cell = formats[kind]
        days = _serial_days(values) if kind == "day" else None
        if kind.startswith("number") or days is not None:
            # most cells by far, and nothing to ask of their type
            for row, value in enumerate(values.tolist() if days is None else days, start=1):
                if value is not None and value is not pd.NA and isfinite(value):
                    sheet.write_number(row, number, value, cell)
        else:
            for row, value in enumerate(values.tolist(), start=1):
                _write(sheet, row, number, value, cell)
        lengths = [len(str(value)) for value in values.head(200).tolist()]
        longest = max(lengths, default=0) if kind == "text" else 10
        width = min(max(longest + 2, len(str(name)) // 2 + 4, 9), _WIDEST)
        sheet.set_column(number, number, width)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _kind(values: pd.Series[Any]) -> str:
    if pd.api.types.is_datetime64_any_dtype(values):
        return "day"
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return f"number {decimals(values.tolist())}"
    return "text"


def _serial_days(dates: pd.Series[Any]) -> list[float] | None:
    """Return dates as Excel counts them, NaN for none; None where that is not as simple.

    One may have a time of day or a zone; and Excel believes that 1900 was a leap year.
    """
    stamps = dates.to_numpy()
    if stamps.dtype.kind != "M":
        return None
    days, missing = stamps.astype("datetime64[D]"), np.isnat(stamps)
    if not (missing | ((days == stamps) & (days > _LEAP_DAY_1900))).all():
        return None
    serial: list[float] = np.where(missing, np.nan, (days - _DAY_0).astype(float)).tolist()
    return serial


def _tint(sheet: Any, table: pd.DataFrame, grounds: Mapping[str, Any]) -> None:
    for word, ground in grounds.items():
        if len(table):
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": ground}
            sheet.conditional_format(1, 0, len(table), len(table.columns) - 1, rule)


def _write(sheet: Any, row: int, column: int, value: Any, cell: Any) -> None:
    if type(value) is str:
        sheet.write_string(row, column, value, cell)
    elif value is None or value is pd.NaT or value is pd.NA:
        return
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, cell)
    elif isinstance(value, int | float):
        if isfinite(value):
            sheet.write_number(row, column, value, cell)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, _naive(value), cell)
    else:
        sheet.write_string(row, column, str(value), cell)


def _naive(value: Any) -> Any:
    return value.to_pydatetime().replace(tzinfo=None) if isinstance(value, pd.Timestamp) else value


def _sheet_name(title: str, taken: set[str]) -> str:
    stem = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:28].strip() or "Sheet"
    name, number = stem, 2
    while name.lower() in taken:
        name, number = f"{stem} {number}", number + 1
    taken.add(name.lower())
    return name
