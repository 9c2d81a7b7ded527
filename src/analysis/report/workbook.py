"""Results as one workbook: a sheet each, real numbers and dates, text that stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

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
_ROWS = 1_048_575  # an Excel sheet's rows, less its head


def write_workbook(path: Path, results: Sequence[Result]) -> Path:
    """Write one sheet per result and return the path.

    Raises:
        ModuleNotFoundError: xlsxwriter is not installed: `pip install 'liftdose[excel]'`.
        ValueError: a table has more rows than a sheet can hold.
    """
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, _OPTIONS) as book:
        book.set_properties({"created": _CREATED})
        strong = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        taken: set[str] = set()
        for result in results:
            _fill(book.add_worksheet(_sheet_name(result.title, taken)), result, strong)
    return path


def _fill(sheet: Any, result: Result, strong: Any) -> None:
    table = result.table
    if len(table) > _ROWS:
        raise ValueError(f"{result.name}: {len(table)} rows, an Excel sheet holds {_ROWS}")
    for number, (name, values) in enumerate(table.items()):
        sheet.write_string(0, number, str(name), strong)
        for row, value in enumerate(values.tolist(), start=1):
            _write(sheet, row, number, value)
        longest = max([len(str(name)), *values.head(50).astype(str).str.len()])
        sheet.set_column(number, number, min(longest + 2, 48))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None or value is pd.NaT or value is pd.NA:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        if isfinite(value):
            sheet.write_number(row, column, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, _naive(value))
    else:
        sheet.write_string(row, column, str(value))


def _naive(value: Any) -> Any:
    return value.to_pydatetime().replace(tzinfo=None) if isinstance(value, pd.Timestamp) else value


def _sheet_name(title: str, taken: set[str]) -> str:
    stem = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:28].strip() or "Sheet"
    name, number = stem, 2
    while name.lower() in taken:
        name, number = f"{stem} {number}", number + 1
    taken.add(name.lower())
    return name
