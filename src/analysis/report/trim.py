"""Which bytes of plotly.js a page can do without: made once for a version, kept as a small file.

    python -m analysis.report.trim        # needs the `dev` extra

plotly.js draws 49 kinds of trace; the pages here use three, and a browser spends most of its time
to the first chart on reading the rest. The bundle is one function whose statements are modules
that name each other. From its return value, with the other traces no longer registered, some
modules are out of reach: their byte ranges are the `cut` of `plotly_cut.json`. Nothing is
rewritten, and the cut is applied only to the very file it was made from (`library`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.report.drawing_library import CHARTS, CUT_FILE, plotly_js_bytes

if TYPE_CHECKING:
    from tree_sitter import Node


# The names a piece of JavaScript takes from outside itself, found in its syntax tree.
#
# For `trim`, at development time: a module of plotly.js needs another one where it names it
# freely.
# Bound are parameters, `var` in the whole function, `let`, `const`, `class` and `function` in
# their
# block, names of `catch` and of function expressions. Bound too widely, a module would be cut that
# is needed; the rules are therefore those of the language.


FUNCTIONS = {
    "arrow_function", "function_declaration", "function_expression", "generator_function",
    "generator_function_declaration", "method_definition",
}  # fmt: skip
BLOCKS = {
    "statement_block", "for_statement", "for_in_statement", "switch_body", "catch_clause",
    "class", "class_declaration",
}  # fmt: skip
NAMED = {
    "function_declaration", "generator_function_declaration", "class_declaration",
}  # fmt: skip


class Scope:
    """The names bound in a function or block, and the scope around it."""

    def __init__(self, names: set[str], outer: Scope | None = None) -> None:
        self.names, self.outer = names, outer

    def binds(self, name: str) -> bool:
        """Return whether a name is bound here or in a scope around."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope is not None


def free_names(statement: Node, dropped: set[tuple[int, int]]) -> set[str]:
    """Return the names that a statement uses and does not bind.

    Args:
        statement: a statement of the bundle's outer function; its own names are not free.
        dropped: byte ranges that do not count.
    """
    own = Scope(set())
    used: dict[tuple[str, int], Scope] = {}  # judged last: `var` binds what is before it
    waiting: list[tuple[Node, set[str], Scope]] = [(statement, own.names, own)]
    while waiting:
        node, function, scope = waiting.pop()
        if (node.start_byte, node.end_byte) in dropped:
            continue
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier"):
            used[text(node), id(scope)] = scope
        if kind in NAMED:
            scope.names.add(text(node.child_by_field_name("name")))
        if kind in FUNCTIONS or kind in BLOCKS:
            scope = Scope(set(), scope)
            function = scope.names if kind in FUNCTIONS else function
        _bind(node, function, scope.names)
        waiting += [(child, function, scope) for child in node.named_children]
    return {name for (name, _), scope in used.items() if not scope.binds(name)}


def names_of(pattern: Node | None) -> Iterator[str]:
    """Yield the names that a pattern binds: `{a, b: [c = d]}` binds a and c."""
    waiting = [pattern] if pattern is not None else []
    while waiting:
        node = waiting.pop()
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            yield text(node)
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            waiting += _some(node.child_by_field_name("left"))
        elif node.type == "pair_pattern":
            waiting += _some(node.child_by_field_name("value"))
        else:
            waiting += node.named_children


def text(node: Node | None) -> str:
    """Return a node's source, "" for none."""
    return (node.text or b"").decode() if node is not None else ""


def _some(node: Node | None) -> list[Node]:
    return [node] if node is not None else []


def _bind(node: Node, function: set[str], block: set[str]) -> None:
    """Add the names that a node itself binds."""
    if node.type in FUNCTIONS:
        block.update(names_of(node.child_by_field_name("parameters")))
        block.update(names_of(node.child_by_field_name("parameter")))
        block.add("arguments")
    if node.type in ("function_expression", "generator_function", "class"):
        block.update(names_of(node.child_by_field_name("name")))
    elif node.type == "variable_declaration":
        function.update(_declared_free_names(node))
    elif node.type == "lexical_declaration":
        block.update(_declared_free_names(node))
    elif node.type == "catch_clause":
        block.update(names_of(node.child_by_field_name("parameter")))
    elif node.type == "for_in_statement" and (kind := text(node.child_by_field_name("kind"))):
        scope = function if kind == "var" else block
        scope.update(names_of(node.child_by_field_name("left")))


def _declared_free_names(declaration: Node) -> Iterator[str]:
    for declarator in declaration.named_children:
        yield from names_of(declarator.child_by_field_name("name"))


CORE = "scatter"
"""The trace that is part of plotly.js's core; all others are registered."""

Range = tuple[int, int]


def made() -> dict[str, Any]:
    """Return what `plotly_cut.json` holds for the installed plotly.js.

    Raises:
        ValueError: the bundle is not built as expected; the message says where.
    """
    source = plotly_js_bytes()
    statements = _body(source).named_children
    homes = _homes(statements)
    register = _registered(statements)
    unwanted = [call for call in register if _trace_of(call, homes) not in CHARTS]
    if len(register) - len(unwanted) != len(set(CHARTS) - {CORE}):
        raise ValueError(f"of the traces {CHARTS} not all are registered in this plotly.js")
    dropped = {(call.start_byte, call.end_byte) for call in unwanted}
    unreached = _unreached(statements, homes, dropped)
    gone = [(s.start_byte, s.end_byte) for s in unreached]
    gone += [_with_comma(call, source) for call in unwanted]
    found = re.search(rb"plotly\.js v([\d.]+)", source)
    return {
        "plotly_js": found.group(1).decode() if found else "",
        "sha256": hashlib.sha256(source).hexdigest(),
        "traces": list(CHARTS),
        "cut": [list(each) for each in _merged(sorted(gone))],
    }


def _body(source: bytes) -> Node:
    """Return the block of the function whose value is `Plotly`."""
    import tree_sitter_javascript
    from tree_sitter import Language, Parser

    root = Parser(Language(tree_sitter_javascript.language())).parse(source).root_node
    if root.has_error:
        raise ValueError("plotly.js cannot be parsed")
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "variable_declarator" and _field(node, "name") == "Plotly":
            return _function_of(node)
        waiting += [each for each in node.named_children if _size(each) > len(source) / 2]
    raise ValueError("no `var Plotly = (() => {…})()` in plotly.js")


def _function_of(declarator: Node) -> Node:
    call = declarator.child_by_field_name("value")
    node = call.child_by_field_name("function") if call else None
    while node is not None and node.type == "parenthesized_expression":
        node = node.named_children[0]
    body = node.child_by_field_name("body") if node is not None else None
    if body is None:
        raise ValueError("`Plotly` is not the value of a function")
    return body


def _homes(statements: list[Node]) -> dict[str, list[Node]]:
    """Return the statements that make each name."""
    homes: dict[str, list[Node]] = {}
    for statement in statements:
        for name in _declared(statement):
            homes.setdefault(name, []).append(statement)
    return homes


def _registered(statements: list[Node]) -> list[Node]:
    """Return the calls in the array that the last module hands to `register`."""
    for statement in reversed(statements):
        for call in _inside(statement, "call_expression"):
            given = call.child_by_field_name("arguments")
            if given is None or not _field(call, "function").endswith(".register"):
                continue
            arrays = [node for node in given.named_children if node.type == "array"]
            if arrays and len(arrays[0].named_children) > len(CHARTS):
                return arrays[0].named_children
    raise ValueError("no module registers the traces")


def _trace_of(call: Node, homes: dict[str, list[Node]]) -> str:
    """Return the `name` of the trace module that a call leads to, "" for other modules."""
    name = _field(call, "function")
    for _ in range(3):
        module = "".join(text(home) for home in homes.get(name, ()))
        if 'moduleType:"trace"' in module:
            said = re.search(r'moduleType:"trace",name:"(\w+)"', module)
            return said.group(1) if said else ""
        onward = re.search(r"\.exports=([\w$]+)\(\)", module)
        name = onward.group(1) if onward else ""
    return ""


def _unreached(
    statements: list[Node], homes: dict[str, list[Node]], dropped: set[Range]
) -> list[Node]:
    """Return the statements that nothing reaches from the `return` of the function."""
    waiting = [each for each in statements if not _declared(each)]
    reached = {each.start_byte for each in waiting}
    while waiting:
        for name in free_names(waiting.pop(), dropped):
            fresh = [home for home in homes.get(name, ()) if home.start_byte not in reached]
            reached.update(home.start_byte for home in fresh)
            waiting += fresh
    return [each for each in statements if each.start_byte not in reached]


def _declared(statement: Node) -> set[str]:
    """Return the names that a statement makes; those of its exports for `export(name, {…})`."""
    if statement.type in ("function_declaration", "class_declaration"):
        return {_field(statement, "name")}
    if statement.type == "variable_declaration":
        patterns = [each.child_by_field_name("name") for each in statement.named_children]
        return {name for pattern in patterns for name in names_of(pattern)}
    if statement.type == "expression_statement":
        given = statement.named_children[0].child_by_field_name("arguments")
        first = given.named_children[0] if given and given.named_children else None
        if first is not None and first.type == "identifier":
            return {text(first)}
    return set()


def _inside(node: Node, kind: str) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.type == kind:
            yield each
        waiting += each.named_children


def _with_comma(call: Node, source: bytes) -> Range:
    """Return a call in an array with the comma behind it, or before it for the last one."""
    if source[call.end_byte : call.end_byte + 1] == b",":
        return call.start_byte, call.end_byte + 1
    return call.start_byte, call.end_byte


def _merged(ranges: list[Range]) -> Iterator[Range]:
    start, end = ranges[0]
    for low, high in ranges[1:]:
        if low > end:
            yield start, end
            start, end = low, high
        end = max(end, high)
    yield start, end


def _size(node: Node) -> int:
    return node.end_byte - node.start_byte


def _field(node: Node, name: str) -> str:
    return text(node.child_by_field_name(name))


if __name__ == "__main__":
    CUT_FILE.write_text(json.dumps(made()) + "\n", encoding="utf-8")
