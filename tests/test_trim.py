"""The part of plotly.js that pages carry: what it was made from, what it leaves out, when not."""

from __future__ import annotations

import json

import pytest

from analysis.report import Report, drawing_library, trim
from analysis.report.drawing_library import CHARTS
from analysis.report.trim import free_names
from analysis.result import Result


def statement(source):
    import tree_sitter_javascript
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_javascript.language())).parse(source.encode()).root_node


@pytest.mark.parametrize(
    ("source", "free"),
    [
        ("var a=W((e,t)=>{t.exports=e.b})", {"W"}),
        ("var a=()=>{var {b,c:[d=f]}=g;return b+d}", {"f", "g"}),
        ("var a=function r(n){return n?r(n-1):q}", {"q"}),
        ("function a(){for(var k in m)z(k);for(let k of n);return k}", {"m", "z", "n"}),
        ("var a=()=>{{let t=1;s(t)}return t}", {"s", "t"}),
        ("var a=()=>{try{u()}catch(v){v()}return v}", {"u", "v"}),
        ("var a=()=>({b,c:d,e(){return arguments}})", {"b", "d"}),
        ("var a=(e=h)=>`${e}${i}`", {"h", "i"}),
        ("var a=()=>{j();function j(){}class K extends L{}return new K}", {"L"}),
    ],
)
def test_free_names_are_those_of_the_language(source, free):
    assert free_names(statement(source).named_children[0], set()) == free


def test_the_cut_is_the_one_of_the_installed_plotly():
    assert json.loads(drawing_library.CUT_FILE.read_text(encoding="utf-8")) == trim.made()


def test_the_part_names_nothing_that_the_whole_does_not():
    names = {
        name: free_names(statement(text), set())
        for name, text in {
            "part": drawing_library.plotly_js(CHARTS),
            "whole": drawing_library._whole(),
        }.items()
    }
    assert names["part"] <= names["whole"]
    assert "document" in names["part"]


def test_the_part_is_under_a_third():
    assert len(drawing_library.plotly_js(CHARTS)) < len(drawing_library._whole()) / 3


def test_other_traces_take_the_whole():
    pie = {"data": [{"type": "pie", "values": [1]}], "layout": {}}
    import pandas as pd

    result = Result("pie", "Pie", pd.DataFrame({"x": [1]}), "One.", lambda _: pie)
    page = Report("Pie", [result], compress=False).html()
    assert len(page) > len(drawing_library._whole())


def test_an_unknown_plotly_is_taken_whole(monkeypatch):
    monkeypatch.setattr(drawing_library, "_drawn_by_small", lambda: frozenset())
    assert drawing_library.plotly_js(CHARTS) == drawing_library._whole()
