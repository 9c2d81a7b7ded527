"""`Report`: results to one page that needs nothing but a browser.

The page carries its own drawing library, styles and numbers, and a Content-Security-Policy that
forbids every connection: what it shows cannot leave the file. It computes nothing; every number
on it stands in a `Result`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from analysis.outputs import whole_file
from analysis.report.blocks import Block, Takeaway, anchors, results
from analysis.report.drawing_library import packed_plotly_js, plotly_js, template_text
from analysis.report.glossary import Glossary, default_terms, own_terms
from analysis.report.render import Renderer, Table, environment, flatten, payload
from analysis.report.tables import csv_text, joined, relative, room
from analysis.report.workbook import write_workbook
from analysis.result import Result

if TYPE_CHECKING:
    from analysis.report.summary import Summary
    from analysis.report.tables import Frame


# The files beside a page: the same numbers, for a spreadsheet, R or a second look.


WORDS = {
    "results.xlsx": "Every result in one workbook, a sheet each",
    "sets.csv": "The set table: one row per set, as it was read",
    "provenance.json": "What the page was made from and with",
}


class Download(NamedTuple):
    """A file saved with a page: relative address, what it holds in words, its size."""

    address: str
    words: str
    bytes: int

    @property
    def size(self) -> str:
        """The size in kB, rounded up as file managers do."""
        return f"{-(-self.bytes // 1000):,}\N{NO-BREAK SPACE}kB"


def download(path: Path, titles: Mapping[str, str]) -> Download:
    """Return how a page lists a file of its `data/`; `titles` are those of results, by name."""
    plain = path.stem.replace("_", " ").replace("-", " ").capitalize()
    words = WORDS.get(path.name) or titles.get(path.stem, plain)
    return Download(f"data/{path.name}", words, path.stat().st_size)


def write_folder(
    data: Path,
    results: Mapping[str, str],
    tables: Mapping[str, Frame],
    provenance: Mapping[str, Any],
) -> list[Path]:
    """Write one CSV per result and table, and `provenance.json`; return the paths.

    `results` are CSV texts by name, as the page holds them for its own downloads.

    A result of no rows has its header as a file too, so that a reader of the folder finds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    texts = {**results, **{name: csv_text(frame) for name, frame in tables.items()}}
    paths = []
    for name, text in texts.items():
        paths.append(data / f"{name}.csv")
        paths[-1].write_bytes(text.encode())
    paths.append(data / "provenance.json")
    facts = json.dumps(provenance, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    paths[-1].write_text(facts + "\n", encoding="utf-8", newline="\n")
    return paths


POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'{script}; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
"""No connection of any kind; with a shared script, that one file beside the page."""

CHROME = ("takeaways", "glossary", "methods", "downloads", "main", "contents")
"""Anchors of the page's own parts."""

_LIBRARY = "\x00plotly.js\x00"
"""Where the page's template wants plotly.js, the last place on the page that has this text."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")


class Report:
    """A page of results.

    Args:
        title: heading, such as the block's or the athlete's name.
        items: results, sections and other blocks, in reading order.
        subtitle: a line under the title.
        takeaways: the sentences of the top, each with the result that it rests on.
        header: facts as (label, value): who, which period, made from what.
        provenance: versions, input hashes, settings and counts; nested mappings allowed.
        tables: further tables of the folder's `data/`, such as the set table: name -> frame.
        glossary: term -> meaning; None takes the package's own terms. Those that occur are shown.
        footer: closing sentences, such as what the numbers cannot show.
        unit: "kg" or "lb": the unit the page opens in. Tables hold kg; without JavaScript they
            show it.
        compress: gzip script and numbers inside the page (2 MB, not 5 MB). False for browsers
            older than 2023, which lack `DecompressionStream`.
        shared_script: relative address of a plotly.js beside the page, for folders of many
            pages; see `write_shared_script`.
        back: relative address and name of the page that leads here.
        summary: a page to send, saved beside this one as `summary.html`.

    Raises:
        ValueError: two blocks share a name, a name is no slug, a takeaway names no result, or
            the unit is neither kg nor lb.
    """

    styles: tuple[str, ...] = ("page.css",)
    """Style sheets among the templates."""

    def __init__(  # noqa: PLR0913 - the parts of a page, all but two of them optional
        self,
        title: str,
        items: Iterable[Block],
        *,
        subtitle: str = "",
        takeaways: Iterable[Takeaway | str] = (),
        header: Iterable[tuple[str, str]] = (),
        provenance: Mapping[str, Any] | None = None,
        tables: Mapping[str, Frame] | None = None,
        glossary: Mapping[str, str] | None = None,
        footer: Sequence[str] = (),
        unit: str = "kg",
        compress: bool = True,
        shared_script: str = "",
        back: tuple[str, str] | None = None,
        summary: Summary | None = None,
    ) -> None:
        self.title = title
        self.items = tuple(items)
        self.subtitle = subtitle
        self.takeaways = [t if isinstance(t, Takeaway) else Takeaway(t) for t in takeaways]
        self.header = tuple(header)
        self.provenance = dict(provenance or {})
        self.tables = dict(tables or {})
        self.terms = default_terms() if glossary is None else own_terms(glossary)
        self.footer = tuple(footer)
        self.unit = unit
        self.compress = compress
        self.shared_script = shared_script
        self.summary = summary
        self.back = back and (relative(back[0]), back[1])
        self._check()

    @property
    def results(self) -> list[Result]:
        """Every result on the page, in reading order."""
        return results(self.items)

    def html(self, *, beside: Sequence[Download] = ()) -> str:
        """Return the page.

        Args:
            beside: files saved with it, listed under Downloads.
        """
        return "".join(self._parts(self._apart(), beside))

    def _apart(self) -> dict[str, Table]:
        return {result.name: Table.of(result.table) for result in self.results}

    def _parts(
        self, tables: Mapping[str, Table], beside: Sequence[Download]
    ) -> tuple[str, str, str]:
        """Return what stands before plotly.js, plotly.js, and what stands after it.

        Apart, because the script is nine tenths of a page and the same for all of a process.
        """
        rows = room([len(result.table) for result in self.results])
        renderer = Renderer(Glossary(self.terms), tables, rows_per_table=rows)
        takeaways = [(renderer.glossary.mark(t.text), t.about) for t in self.takeaways]
        body = renderer.blocks(self.items)
        page = (
            environment()
            .get_template("page.html.j2")
            .render(
                report=self,
                page=renderer,
                takeaways=takeaways,
                body=body,
                beside=beside,
                facts=list(flatten(self.provenance)),
                policy=Markup(POLICY.format(script=" 'self' file:" if self.shared_script else "")),
                style=Markup("".join(map(template_text, self.styles))),
                scripts=[Markup(template_text(name)) for name in renderer.scripts],
                library=Markup(_LIBRARY) if renderer.figures and not self.shared_script else "",
                payload=payload(renderer.figures, renderer.files, compress=self.compress),
            )
        )
        before, mark, after = page.rpartition(_LIBRARY)
        return (before, self._library(renderer.traces), after) if mark else (page, "", "")

    def save(self, path: str | Path, *, workbook: bool = False) -> Path:
        """Write the page and return where it is.

        Args:
            path: a name that ends in `.html` gives that one file. Anything else is a folder:
                `index.html`, `summary.html` where there is one, and `data/` with a CSV per
                result and per extra table and `provenance.json`.
            workbook: also write `data/results.xlsx`, one sheet per result (folder only).
        """
        path = Path(path)
        if path.suffix == ".html":
            with whole_file(path) as aside:
                _write(aside, self._parts(self._apart(), ()))
            return path
        data, tables = path / "data", self._apart()
        texts = {name: joined(table.csv) for name, table in tables.items()}
        if self.summary is not None:
            data.parent.mkdir(parents=True, exist_ok=True)
            (path / "summary.html").write_text(self.summary.html(), "utf-8", newline="\n")
        files = [write_workbook(data / "results.xlsx", self.results)] if workbook else []
        files += write_folder(data, texts, self.tables, self.provenance)
        titles = {result.name: result.title for result in self.results}
        beside = [download(file, titles) for file in files]
        return _write(path / "index.html", self._parts(tables, beside))

    def _library(self, traces: set[str]) -> str:
        if self.compress:
            return packed_plotly_js(traces)
        return plotly_js(traces).replace("</script", "<\\/script")

    def _check(self) -> None:
        names = [*anchors(self.items), *CHROME, *(name for name in self.tables)]
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise ValueError(f"names used more than once on {self.title!r}: {', '.join(twice)}")
        odd = sorted(name for name in names if not _SLUG.match(name))
        if odd:
            raise ValueError(f"names must be lower-case slugs (a-z, 0-9, - and _): {odd}")
        lost = sorted({t.about for t in self.takeaways if t.about and t.about not in names})
        if lost:
            raise ValueError(f"takeaways about results not on the page: {', '.join(lost)}")
        if self.unit not in ("kg", "lb"):
            raise ValueError(f"unit is {self.unit!r}, expected kg or lb")


def _write(path: Path, parts: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(part.encode() for part in parts)
    return path
