"""A notebook's prose: Markdown to HTML that can neither run, nor load, nor leave the page.

CommonMark with tables. HTML in the text is shown as text; a picture becomes its words, since a
page may load nothing; a link stays one only to the web or to a place on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

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
