"""An executed notebook as a page: offline, printable, in the project's look.

The page shows what the notebook holds: nothing is run. Prose is Markdown without HTML, code is
folded, charts are drawn by the page's own script. docs/notebooks.md says how to use it.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from analysis import __version__
from analysis.problems import PathError, UnreadableError, UserError
from analysis.report.blocks import Block, Chart, Prose, Section
from analysis.report.page import CHROME, Report
from analysis.report.tables import MISSING
from analysis.result import Figure

# A notebook's prose: Markdown to HTML that can neither run, nor load, nor leave the page.
#
# CommonMark with tables. HTML in the text is shown as text; a picture becomes its words, since a
# page may load nothing; a link stays one only to the web or to a place on the page.


LINKS = ("https://", "http://", "#")
"""Where a link may lead. The notebook's neighbours are not beside the page."""

TOP_LEVELS = ("h1", "h2")
"""Headings that open a part of the page."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that opens a part of the page."""

    level: int
    text: str


def parts(text: str) -> Iterator[Heading | Markup]:
    """Yield a Markdown text as headings of the first two levels and the HTML between them."""
    tokens, between = _parser().parse(text), list[Token]()
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in TOP_LEVELS and token.level == 0:
            yield from _html(between)
            between = []
            yield Heading(TOP_LEVELS.index(token.tag) + 1, _words(tokens[place + 1]))
        elif not _is_of_heading(tokens, place):
            between.append(token)
    yield from _html(between)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", _picture_in_words)
    parser.core.ruler.push("links", lambda state: _keep_web_links(state.tokens))
    return parser


def _html(tokens: list[Token]) -> Iterator[Markup]:
    if tokens:
        parser = _parser()
        yield Markup(parser.renderer.render(tokens, parser.options, {}))


def _is_of_heading(tokens: list[Token], place: int) -> bool:
    """Whether a token is the inside or the end of a heading that `parts` yields itself."""
    around = tokens[place : place + 2] if tokens[place].type == "inline" else [tokens[place]]
    end = around[-1]
    return end.type == "heading_close" and end.tag in TOP_LEVELS and end.level == 0


def _words(inline: Token) -> str:
    """Return a heading without its markup."""
    return "".join(
        each.content if each.content else " " if each.type.endswith("break") else ""
        for each in inline.children or []
    )


def _picture_in_words(
    _renderer: Any, tokens: list[Token], place: int, _options: Any, _env: Any
) -> str:
    return f"<em>[picture: {escape(tokens[place].content or 'without words')}]</em>"


def _keep_web_links(tokens: list[Token]) -> None:
    """Turn links to anywhere else into plain words."""
    for token in tokens:
        kept: list[bool] = []
        for child in token.children or []:
            if child.type == "link_open":
                kept.append(str(child.attrs.get("href", "")).lower().startswith(LINKS))
                if kept[-1]:
                    child.attrSet("rel", "noreferrer")
                else:
                    child.tag, child.attrs = "span", {}
            elif child.type == "link_close" and not kept.pop():
                child.tag = "span"


# The tables of a notebook's HTML output, built anew from their words.
#
# Nothing of the HTML itself is taken over: a cell is its text, escaped. What pandas adds for its
# own index is put where a reader looks for it.


MISSING_WORDS = {"NaN", "nan", "NaT", "<NA>", "None", "null", ""}
MOST_SPANNED = 100
_NUMBER = re.compile(r"[+−-]?\d[\d,_]*(\.\d*)?(e[+-]?\d+)?\s?%?\Z")

Row = list["Cell"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's words, whether it is a head, and how many columns and rows it spans."""

    text: str
    is_head: bool
    span: int = 1
    rows: int = 1


def tables(html: str, caption: str = "Table") -> list[Markup]:
    """Return every table of an HTML text, without tables inside tables.

    Args:
        html: what a cell put out.
        caption: what to call a table, for those who do not see it.
    """
    soup = BeautifulSoup(html, "html.parser")
    found = [each for each in soup.find_all("table") if each.find_parent("table") is None]
    return [_table(each, caption) for each in found if each.find("tr")]


def _table(table: Tag, caption: str) -> Markup:
    given = [_cells(row) for row in table.find_all("tr") if row.find_parent("table") is table]
    rows = list(_filled(given))
    n_heads = next((n for n, row in enumerate(rows) if not all(c.is_head for c in row)), len(rows))
    heads, body = _merged(rows[:n_heads]), rows[n_heads:]
    heads, body = _without_positions(heads, body)
    numbers = _number_columns(body)
    if not body:
        body = [[Cell("no rows", is_head=False, span=max(1, *map(len, heads)))]]
    return Markup('<table><caption class="hidden">{}</caption>{}{}</table>').format(
        caption,
        Markup("<thead>{}</thead>").format(_join(_tr(row, numbers, "col") for row in heads))
        if heads
        else "",
        Markup("<tbody>{}</tbody>").format(_join(_tr(row, numbers, "row") for row in body)),
    )


def _cells(row: Tag) -> Row:
    in_head = row.find_parent("thead") is not None
    return [
        Cell(
            cell.get_text(" ", strip=True),
            in_head or cell.name == "th",
            _span(cell, "colspan"),
            _span(cell, "rowspan"),
        )
        for cell in row.find_all(["td", "th"], recursive=False)
    ]


def _span(cell: Tag, name: str) -> int:
    text = str(cell.get(name, "1"))
    return min(int(text), MOST_SPANNED) if re.fullmatch(r"[1-9]\d{0,3}", text) else 1


def _filled(rows: list[Row]) -> Iterator[Row]:
    """Yield the rows with an empty cell wherever one above reaches down, as pandas prints them."""
    due: dict[int, int] = {}  # column -> rows that a cell above still covers
    for row in rows:
        filled: Row = []
        place = 0
        for cell in [*row, None]:
            while due.get(place, 0) > 0:
                due[place] -= 1
                filled.append(Cell("", is_head=True))
                place += 1
            if cell is not None:
                due |= dict.fromkeys(range(place, place + cell.span), cell.rows - 1)
                filled.append(cell)
                place += cell.span
        yield filled


def _merged(heads: list[Row]) -> list[Row]:
    """Put the index's name, which pandas writes into a row of its own, into the row of names."""
    if len(heads) != 2 or not _is_plain(heads) or len(heads[0]) != len(heads[1]):
        return heads
    pairs = list(zip(*heads, strict=True))
    if any(upper.text and lower.text for upper, lower in pairs):
        return heads
    return [[upper if upper.text else lower for upper, lower in pairs]]


def _without_positions(heads: list[Row], body: list[Row]) -> tuple[list[Row], list[Row]]:
    """Leave out an index without a name that only counts rows."""
    rows = [*heads, *body]
    if (
        all(row and row[0].is_head and row[0].text.isdigit() for row in body)
        and heads
        and _is_plain(rows)
        and all(row and not row[0].text for row in heads)
    ):
        return [row[1:] for row in heads], [row[1:] for row in body]
    return heads, body


def _is_plain(rows: list[Row]) -> bool:
    return all(cell.span == 1 for row in rows for cell in row)


def _number_columns(body: list[Row]) -> set[int]:
    """Return the columns that hold numbers and nothing else."""
    if not _is_plain(body):
        return set()
    width = max((len(row) for row in body), default=0)
    columns = [[row[place].text for row in body if place < len(row)] for place in range(width)]
    told = [[text for text in column if text not in MISSING_WORDS] for column in columns]
    return {n for n, column in enumerate(told) if column and all(map(_NUMBER.match, column))}


def _tr(row: Row, numbers: set[int], scope: str) -> Markup:
    return Markup("<tr>{}</tr>").format(_join(_td(row, numbers, scope)))


def _td(row: Row, numbers: set[int], scope: str) -> Iterator[Markup]:
    for place, cell in enumerate(row):
        more = Markup(' class="n"') if place in numbers else Markup()
        if cell.span > 1:
            more += Markup(' colspan="{}"').format(cell.span)
        if cell.is_head:
            yield Markup('<th scope="{}"{}>{}</th>').format(scope, more, cell.text)
        else:
            text = MISSING if cell.text in MISSING_WORDS else cell.text
            yield Markup("<td{}>{}</td>").format(more, text)


def _join(parts: Iterator[Markup]) -> Markup:
    return Markup().join(parts)


# What a notebook's cell put out, as blocks of a page. None of it is trusted.
#
# Text is escaped, tables are built anew (`html_table`), a Plotly figure goes to the page's own
# script as data, a picture is a PNG or it is none. What cannot be shown is said.


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


MARKER = "# NBVAL_"
"""Comments that speak to nbval, not to a reader."""

_CODE = Markup(
    '<details class="code"><summary><span>Code {}</span> <code>{}</code></summary>'
    '<pre tabindex="0"><code>{}</code></pre></details>'
)


class NotebookPage(Report):
    """A notebook's page: a report with styles for code and its output."""

    styles = ("page.css", "notebook.css")


def save_notebooks(paths: list[Path], out: Path) -> Iterator[str]:
    """Write the pages of executed notebooks and yield what to tell the user.

    Args:
        paths: notebooks.
        out: a name that ends in `.html`, for one notebook; a folder otherwise.

    Raises:
        PathError: there is no such file.
        UnreadableError: a file is no notebook or has not been run; or one page for several.
    """
    if out.suffix == ".html" and len(paths) > 1:
        raise UserError(f"{out} is one page, for {len(paths)} notebooks: give --out a folder")
    for path in paths:
        target = out if out.suffix == ".html" else out / f"{path.stem}.html"
        yield f"Page: {notebook_page(path).save(target)}"


def notebook_page(path: str | Path) -> NotebookPage:
    """Return the page of an executed notebook.

    Args:
        path: an `.ipynb` file.

    Raises:
        PathError: there is no such file.
        UnreadableError: the file is no notebook, or a cell has not been run.
    """
    path = Path(path)
    notebook = _read(path)
    title, items = _arranged(_pieces(notebook), path.stem)
    language = notebook.metadata.get("language_info", {})
    run_with = " ".join(str(language[key]) for key in ("name", "version") if key in language)
    facts = {
        "notebook": {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
        "run with": run_with or "not said",
        "liftdose": __version__,
    }
    return NotebookPage(
        title,
        items,
        provenance=facts,
        glossary={},
        footer=(
            f"Made from the notebook {path.name} as it was run; no cell was run for the page.",
        ),
    )


def _read(path: Path) -> Any:
    import nbformat

    if not path.is_file():
        raise PathError(f"{path}: no such notebook")
    faults: dict[str, Any] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ids of cells that nbformat mends itself
            notebook = nbformat.read(  # type: ignore[no-untyped-call]
                path, as_version=4, capture_validation_error=faults
            )
    except (nbformat.ValidationError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableError(f"{path}: is no Jupyter notebook: {_reason(error)}") from None
    if fault := faults.get("ValidationError"):
        raise UnreadableError(f"{path}: is no valid Jupyter notebook: {_reason(fault)}")
    _check_executed(path, notebook)
    return notebook


def _reason(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][:200]


def _check_executed(path: Path, notebook: Any) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    idle = [number for number, cell in enumerate(code, 1) if cell.execution_count is None]
    if idle:
        raise UnreadableError(
            f"{path}: code cell {idle[0]} has not been run ({len(idle)} of {len(code)} have not); "
            f"run all: jupyter nbconvert --to notebook --execute --inplace {path}"
        )


def _pieces(notebook: Any) -> Iterator[Heading | Block]:
    """Yield headings and blocks in reading order."""
    name = _Names()
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield from (
                each if isinstance(each, Heading) else Prose(each) for each in parts(cell.source)
            )
        elif cell.cell_type == "code" and cell.source.strip():
            number = cell.execution_count
            yield Prose(
                _CODE.format(number, _first_line(cell.source), _coloured(cell.source, language))
            )
            yield from output_blocks(cell.outputs, f"cell {number}", name)


def _arranged(pieces: Iterator[Heading | Block], stem: str) -> tuple[str, list[Block]]:
    """Return the title (the first heading of level 1) and the parts that the others open."""
    title, name = "", _Names()
    top: list[Block] = []
    sections: list[tuple[str, list[Block]]] = []
    for piece in pieces:
        if not isinstance(piece, Heading):
            (sections[-1][1] if sections else top).append(piece)
        elif piece.level == 1 and not title:
            title = piece.text
        else:
            sections.append((piece.text, []))
    parts_of = [Section(name(words), words or "…", items) for words, items in sections]
    return title or stem.replace("-", " "), [*top, *parts_of]


class _Names:
    """Slugs, each given once."""

    def __init__(self) -> None:
        self.given = set(CHROME)

    def __call__(self, words: str) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "part"
        free = (f"{slug}-{n}" if n > 1 else slug for n in count(1))
        name = next(each for each in free if each not in self.given)
        self.given.add(name)
        return name


def _first_line(source: str) -> str:
    lines = [line for line in source.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith(MARKER)), lines[0])


def _coloured(source: str, language: str) -> Markup:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import TextLexer, get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = TextLexer()
    return Markup(highlight(source, lexer, HtmlFormatter(nowrap=True)).rstrip("\n"))
