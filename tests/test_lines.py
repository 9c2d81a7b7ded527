"""Lines are counted by arrays of bits as a person would count them, byte by byte."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analysis.ingest import lines

PIECES = ['"', ",", "\n", "\r", "\r\n", "a", "é", " ", "\t", '""', '"x"', "\0", "1,2,3\n",
          '"q,""z""",2,3\n', '1,2,"a\nb"\n', '1,"a\n\n b",3\n',
          ",,\n", '"a\nb",2,3\n', "x" * 70, '"\n1,2,3\n",2,3\n']  # fmt: skip
HEAD = "one,two,three\n"


def counted(text):
    """Count as the module's account says, one character at a time: total, blank, inside."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    each = text.split("\n")
    each = each[:-1] if each[-1] == "" else each
    quotes = blank = inside = 0
    for line in each:
        if quotes % 2:
            inside += 1
        elif not line.strip('\t ",'):
            blank += 1
        quotes += line.count('"')
    return len(each), blank, inside


@given(
    text=st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    block=st.sampled_from([7, 64, 65, 1000]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example(text='1,2,"over\nthree\nlines"\n1,"over\ntwo",3\n', block=7)
@example(text='"' * 63 + "\n" + ",,\n" * 40, block=64)
@example(text="a" * 63 + "\n" + "b" * 64 + "\n\n", block=1000)
def test_lines_are_those_of_a_count_by_hand(tmp_path, monkeypatch, text, block):
    monkeypatch.setattr(lines, "BLOCK_BYTES", block)
    path = tmp_path / "log.csv"
    path.write_bytes((HEAD + text).encode())
    found = lines.count(path, ",", 3)
    assert (found.total, found.blank, found.inside) == counted(HEAD + text)
    if found.regular:
        rows = csv.reader(io.StringIO(HEAD + text, newline=""))
        cells = {n for row in rows for n, cell in enumerate(row) if "\n" in cell}
        assert found.broken == cells


@pytest.mark.parametrize(
    ("body", "regular"),
    [
        ("1,2,3\n" * 30, True),
        ('"a ""quoted"" word",2,3\n1,"over two\nlines",3\n', True),
        ("1,2,3\r\n" * 30, True),
        ("1,2,3\n\n\n", True),  # blank at the end
        ("1,2,3\n\n1,2,3\n", False),  # blank between
        ("1,2\n" + "1,2,3\n" * 30, False),
        ('in"side,2,3\n', False),
        ('"in"side,2,3\n', False),
        ('"never closed,2,3\n', False),
        ('"a\n1,2,3\nb",2,3\n', False),  # a record inside a cell
        ("1,2,3\r1,2,3\n", False),
        ("1,\0,3\n", False),
        ("1,2,3\n" + HEAD, False),
        ("x" * 61 + '","y",3\n', False),
        ('"' + "x" * 48 + '","y",3\n', True),  # quotes on both sides of a word's end
    ],
)
@pytest.mark.parametrize("block", [16, 4_000_000])
def test_a_file_is_regular_where_it_can_be_read_in_one_way_only(
    tmp_path, monkeypatch, body, regular, block
):
    monkeypatch.setattr(lines, "BLOCK_BYTES", block)
    path = tmp_path / "log.csv"
    path.write_bytes((HEAD + body).encode())
    assert lines.count(path, ",", 3).regular is regular


def test_bytes_that_are_no_utf8_are_not_regular(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(HEAD.encode() + b"1,\xff,3\n")
    assert not lines.count(path, ",", 3).regular
