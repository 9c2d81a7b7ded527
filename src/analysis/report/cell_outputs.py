"""What a notebook's cell put out, as blocks of a page. None of it is trusted.

Text is escaped, tables are built anew (`html_table`), a Plotly figure goes to the page's own
script as data, a picture is a PNG or it is none. What cannot be shown is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from markupsafe import Markup

from analysis.report.blocks import Block, Chart, Prose
from analysis.report.html_table import tables
from analysis.report.markdown import Heading, parts
from analysis.result import Figure

PLOTLY = "application/vnd.plotly.v1+json"
HEIGHT_PX = (120, 2400)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_COLUMNS = re.compile(r"\S {2,}\S|[│┆║]")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+\Z")


def output_blocks(
    outputs: list[Mapping[str, Any]], place: str, name: Callable[[str], str]
) -> Iterator[Block]:
    """Yield the blocks of a cell's outputs.

    Args:
        outputs: the cell's outputs, as nbformat reads them.
        place: what the cell is called, such as "cell 3".
        name: gives a slug that no other block has.
    """
    for output in outputs:
        match output["output_type"]:
            case "stream":
                kind = "warned" if output["name"] == "stderr" else "said"
                yield from _text(output["text"], kind)
            case "error":
                yield from _text(f"{output['ename']}: {output['evalue']}", "warned")
            case _:
                yield _shown(output["data"], place, name)


def _shown(data: Mapping[str, Any], place: str, name: Callable[[str], str]) -> Block:
    """Return the best of an output's forms that a page can hold."""
    if (figure := figure_of(data.get(PLOTLY))) is not None:
        return Chart(name("chart"), _label(figure, place), figure)
    ways = {"image/png": _picture, "text/html": _tables, "text/markdown": _markdown,
            "text/plain": _plain}  # fmt: skip
    for kind, way in ways.items():
        if isinstance(text := data.get(kind), str) and (html := way(text, place)):
            return Prose(html)
    kinds = ", ".join(sorted(data)) or "no kind"
    words = f"An output of {place} cannot be shown on a page: {kinds}."
    return Prose(Markup('<p class="warned">{}</p>').format(words))


def figure_of(data: Any) -> Figure | None:
    """Return a Plotly figure as the page draws it: in the page's own look, as wide as there is.

    None when the data are no figure.
    """
    if not isinstance(data, dict) or not isinstance(data.get("data"), list):
        return None
    traces = [trace for trace in data["data"] if isinstance(trace, dict)]
    if not traces:
        return None
    layout = dict(data["layout"]) if isinstance(data.get("layout"), dict) else {}
    for key in ("template", "width", "autosize"):
        layout.pop(key, None)
    layout["meta"] = {"time_axis": _time_axis(layout.get("meta"), traces)}
    height = layout.pop("height", None)
    if isinstance(height, int | float) and HEIGHT_PX[0] <= height <= HEIGHT_PX[1]:
        layout["height"] = height
    return {"data": traces, "layout": layout}


def _time_axis(meta: Any, traces: list[dict[str, Any]]) -> str:
    """Return the axis that follows the page's dates, where all of its data are plain lists."""
    axis = meta.get("time_axis") if isinstance(meta, dict) else ""
    plain = all(isinstance(trace.get("x", []), list) for trace in traces)
    return "x" if axis == "x" and plain else ""


def _label(figure: Figure, place: str) -> str:
    layout = figure["layout"]
    title = _title(layout)
    x, y = _title(layout.get("xaxis")), _title(layout.get("yaxis"))
    words = title or (f"{y} by {x}" if x and y else y or x)
    return f"Chart of {place}" + (f": {words}" if words else "")


def _title(thing: Any) -> str:
    title = thing.get("title") if isinstance(thing, dict) else None
    text = title.get("text") if isinstance(title, dict) else title
    return text if isinstance(text, str) else ""


def _text(text: str, kind: str) -> Iterator[Prose]:
    """Yield printed text: sentences as sentences, columns as they were lined up."""
    clean = _ANSI.sub("", text).strip("\n")
    if clean:
        is_prose = kind == "said" and not _COLUMNS.search(clean)
        yield Prose(_sentences(clean) if is_prose else _lined_up(clean, kind))


def _sentences(text: str) -> Markup:
    lines = Markup().join(
        Markup("<p{}>{}</p>").format(
            Markup(' class="point"') if line.startswith("- ") else "", line
        )
        for line in text.splitlines()
    )
    return Markup('<div class="sentences">{}</div>').format(lines)


def _lined_up(text: str, kind: str = "said") -> Markup:
    return Markup('<pre class="{}" tabindex="0">{}</pre>').format(kind, text)


def _plain(text: str, _place: str) -> Markup:
    clean = _ANSI.sub("", text).strip("\n")
    return _lined_up(clean) if clean else Markup()


def _tables(html: str, place: str) -> Markup:
    frame = Markup('<div class="scroll" role="region" tabindex="0" aria-label="{}">{}</div>')
    words = f"Table of {place}"
    return Markup("\n").join(frame.format(words, each) for each in tables(html, words))


def _picture(data: str, place: str) -> Markup:
    if not _BASE64.match(data):
        return Markup()
    source = "data:image/png;base64," + "".join(data.split())
    return Markup('<img src="{}" alt="Picture of {}">').format(source, place)


def _markdown(text: str, _place: str) -> Markup:
    return Markup("\n").join(
        Markup("<p><b>{}</b></p>").format(each.text) if isinstance(each, Heading) else each
        for each in parts(text)
    )
