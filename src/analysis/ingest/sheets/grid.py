"""A file of one's own as grids of cells: CSV, or the tabs of an XLSX, XLS or ODS workbook.

Workbooks are read by python-calamine, which computes nothing and follows no link. Merged cells
come blank but for the first; a layout says which columns carry down.
"""

from __future__ import annotations

import csv
import importlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from analysis.ingest import records

MAX_CELLS = 2_000_000
MAX_BYTES = 200_000_000
"""What a workbook may unpack to."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab.

    Attributes:
        name: its name; empty for a CSV file.
        rows: its rows, each a list of texts; dates as `YYYY-MM-DD`, with the time if there is one.
        first_row: the number of its first row, when the rows of all tabs are counted through.
    """

    name: str
    rows: list[list[str]]
    first_row: int = 1


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook, by its bytes."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return True
    if not start.startswith(b"PK\x03\x04") or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False  # a damaged zip, of whatever it was, or one of a version that never was
    return "xl/workbook.xml" in names or {"mimetype", "content.xml"} <= names


def read_tabs(path: Path, encoding: str | None = None) -> list[Tab]:
    """Return the tabs of a workbook, or a CSV file as one tab.

    Raises:
        ValueError: the file is damaged, far too large, or calamine is not installed.
    """
    sheets = _workbook(path) if is_workbook(path) else _text(path, encoding)
    tabs, row, cells = [], 1, 0
    for name, rows in sheets:
        cells += sum(map(len, rows))
        if cells > MAX_CELLS:
            raise ValueError(f"holds more than {MAX_CELLS:,} cells; that is no training log")
        tabs.append(Tab(name, rows, row))
        row += len(rows)
    return tabs


def _text(path: Path, encoding: str | None) -> Iterator[tuple[str, list[list[str]]]]:
    text, _ = records.whole_text(path, encoding)
    delimiter = max(records.DELIMITERS, key=text[: records.HEAD_BYTES].count)
    lines = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
    yield "", [[cell.strip() for cell in cells] for cells in lines]


def _workbook(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    try:
        calamine = importlib.import_module("python_calamine")
    except ImportError:
        raise ValueError(
            "workbooks need python-calamine, which is not installed: pip install 'liftdose[excel]'"
        ) from None
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:  # sound, or it would be no workbook
            if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
                raise ValueError("would unpack to far more than a log can be; refused")
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height * sheet.width > MAX_CELLS:
                raise ValueError(f"tab {name!r} holds more than {MAX_CELLS:,} cells")
            rows = sheet.to_python(skip_empty_area=False)
            yield name, [[_cell(cell) for cell in row] for row in rows]
    except (calamine.CalamineError, OSError) as error:
        raise ValueError(f"is a workbook that cannot be read: {error}") from None


def _cell(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S") if value.time() != time() else _day(value)
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M:%S")
        case timedelta():
            return str(int(value.total_seconds()))
        case _:
            return str(value).strip()


def _day(value: datetime) -> str:
    return value.date().isoformat()
