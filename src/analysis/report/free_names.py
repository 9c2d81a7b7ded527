"""The names a piece of JavaScript takes from outside itself, found in its syntax tree.

For `trim`, at development time: a module of plotly.js needs another one where it names it freely.
Bound are parameters, `var` in the whole function, `let`, `const`, `class` and `function` in their
block, names of `catch` and of function expressions. Bound too widely, a module would be cut that
is needed; the rules are therefore those of the language.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

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

Scope = dict[int, set[str]]


def free_names(statement: Node, dropped: set[tuple[int, int]]) -> set[str]:
    """Return the names that a statement uses and does not bind.

    Args:
        statement: a statement of the bundle's outer function; its own names are not free.
        dropped: byte ranges that do not count.
    """
    own: set[str] = set()
    bound = _bindings(statement, own)
    free: set[str] = set()
    waiting: list[tuple[Node, tuple[int, ...]]] = [(statement, ())]
    while waiting:
        node, scopes = waiting.pop()
        if (node.start_byte, node.end_byte) in dropped:
            continue
        if node.type in ("identifier", "shorthand_property_identifier"):
            name = text(node)
            if not any(name in bound[scope] for scope in scopes):
                free.add(name)
        inner = (*scopes, node.id) if node.id in bound else scopes
        waiting += [(child, inner) for child in node.named_children]
    return free - own


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


def _bindings(statement: Node, own: set[str]) -> Scope:
    """Return the names bound in every function and block inside a statement, by the node's id.

    The names that the statement itself makes are added to `own`.
    """
    bound: Scope = {}
    waiting = [(statement, own, own)]
    while waiting:
        node, function, block = waiting.pop()
        if node.type in NAMED:
            block.add(text(node.child_by_field_name("name")))
        if node.type in FUNCTIONS or node.type in BLOCKS:
            block = bound.setdefault(node.id, set())
            function = block if node.type in FUNCTIONS else function
        _bind(node, function, block)
        waiting += [(child, function, block) for child in node.named_children]
    return bound


def _bind(node: Node, function: set[str], block: set[str]) -> None:
    """Add the names that a node itself binds."""
    if node.type in FUNCTIONS:
        block.update(names_of(node.child_by_field_name("parameters")))
        block.update(names_of(node.child_by_field_name("parameter")))
        block.add("arguments")
    if node.type in ("function_expression", "generator_function", "class"):
        block.update(names_of(node.child_by_field_name("name")))
    elif node.type == "variable_declaration":
        function.update(_declared(node))
    elif node.type == "lexical_declaration":
        block.update(_declared(node))
    elif node.type == "catch_clause":
        block.update(names_of(node.child_by_field_name("parameter")))
    elif node.type == "for_in_statement" and (kind := text(node.child_by_field_name("kind"))):
        scope = function if kind == "var" else block
        scope.update(names_of(node.child_by_field_name("left")))


def _declared(declaration: Node) -> Iterator[str]:
    for declarator in declaration.named_children:
        yield from names_of(declarator.child_by_field_name("name"))
