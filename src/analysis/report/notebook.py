"""An executed notebook as a page: offline, printable, in the project's look.

The page shows what the notebook holds: nothing is run. Prose is Markdown without HTML, code is
folded, charts are drawn by the page's own script. docs/notebooks.md says how to use it.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analysis import __version__
from analysis.problems import PathError, UserError
from analysis.report.blocks import Block, Prose, Section
from analysis.report.cell_outputs import output_blocks
from analysis.report.markdown import Heading, parts
from analysis.report.page import CHROME, Report

MARKER = "# NBVAL_"
"""Comments that speak to nbval, not to a reader."""

_CODE = Markup(
    '<details class="code"><summary><span>Code {}</span> <code>{}</code></summary>'
    '<pre tabindex="0"><code>{}</code></pre></details>'
)


class NotebookError(UserError, ValueError):
    """A file that is no notebook, or a notebook that has not been run."""


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
        NotebookError: a file is no notebook or has not been run; or one page for several.
    """
    if out.suffix == ".html" and len(paths) > 1:
        raise NotebookError(f"{out} is one page, for {len(paths)} notebooks: give --out a folder")
    for path in paths:
        target = out if out.suffix == ".html" else out / f"{path.stem}.html"
        yield f"Page: {notebook_page(path).save(target)}"


def notebook_page(path: str | Path) -> NotebookPage:
    """Return the page of an executed notebook.

    Args:
        path: an `.ipynb` file.

    Raises:
        PathError: there is no such file.
        NotebookError: the file is no notebook, or a cell has not been run.
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
        raise NotebookError(f"{path}: is no Jupyter notebook: {_reason(error)}") from None
    if fault := faults.get("ValidationError"):
        raise NotebookError(f"{path}: is no valid Jupyter notebook: {_reason(fault)}")
    _check_executed(path, notebook)
    return notebook


def _reason(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][:200]


def _check_executed(path: Path, notebook: Any) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    idle = [number for number, cell in enumerate(code, 1) if cell.execution_count is None]
    if idle:
        raise NotebookError(
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
