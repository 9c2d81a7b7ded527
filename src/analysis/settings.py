"""Files of settings in TOML: one reader, every key checked, every error in one form.

    file: key = value: rule; what to do

What holds is, in this order: the command line; the file beside the logs, where what is said of one
client or one file comes before what is said of all; the defaults. A file is described by a model,
a class of `Settings` or a frozen dataclass with `STRICT`; what a key may hold is a `Rule` in its
annotation or the description of its field, and is what an error says was expected.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from dataclasses import fields as fields_of
from functools import cache
from itertools import zip_longest
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, PlainValidator, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from analysis.problems import SettingsError, did_you_mean

M = TypeVar("M")

STRICT = ConfigDict(extra="forbid")
"""What a dataclass that describes a table bears as `__pydantic_config__`: no other keys."""


class Settings(BaseModel):
    """What a table may hold; unknown keys are errors, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class _BrokenRuleError(ValueError):
    """Carries the rule, in words, and what to do, through pydantic."""

    def __init__(self, says: str, remedy: str) -> None:
        super().__init__(says)
        self.says, self.remedy = says, remedy


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must be: a test, and the same in words; put into an annotation.

    Attributes:
        holds: the test.
        says: what is expected.
        words: what may stand there, to guess what a misspelt word meant.
        remedy: what to do.
        gone: words of earlier files -> what stands in their place.
        into: what the value becomes; a list becomes a tuple.
    """

    holds: Callable[[Any], bool]
    says: str
    words: Sequence[str] = ()
    remedy: str = ""
    gone: Mapping[str, str] = field(default_factory=dict)
    into: Callable[[Any], Any] = _plain

    def broken_by(self, value: Any) -> tuple[str, str] | None:
        """Return the rule that a value breaks, in words, and what to do; None where it holds."""
        each = value if isinstance(value, list | tuple) else [value]
        gone = [self.gone[word] for word in each if isinstance(word, str) and word in self.gone]
        if self.holds(value) and not gone:
            return None
        near = did_you_mean(value, self.words) if isinstance(value, str) else ""
        return f"expected {self.says}", "; ".join(gone) or near or self.remedy

    def _checked(self, value: Any) -> Any:
        broken = self.broken_by(value)
        if broken is not None:
            raise _BrokenRuleError(*broken)
        return self.into(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Let this test alone decide; what the annotation says is for readers and mypy."""
        return PlainValidator(self._checked).__get_pydantic_core_schema__(source, handler)


@dataclass(frozen=True, slots=True)
class Needed:
    """Marks a key that must be there, in an annotation: why, and what to do."""

    why: str
    remedy: str = ""


def is_number(value: object) -> bool:
    """Whether a value is a number and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(low: float, high: float, says: str = "") -> Rule:
    """A number within bounds, both included."""
    says = says or f"a number from {low:g} to {high:g}"
    return Rule(lambda v: is_number(v) and low <= v <= high, says)


def whole(low: int, high: int) -> Rule:
    """A whole number within bounds, both included."""
    says = f"a whole number from {low:,} to {high:,}"
    return Rule(lambda v: type(v) is int and low <= v <= high, says)


def word(words: Sequence[str], says: str = "", gone: Mapping[str, str] | None = None) -> Rule:
    """One of some words."""
    says = says or f"one of {', '.join(words)}"
    return Rule(lambda v: v in words, says, tuple(words), gone=gone or {})


def many(each: Rule) -> Rule:
    """A list that is not empty, of values that hold one rule."""

    def holds(value: Any) -> bool:
        listed = isinstance(value, list | tuple) and bool(value)
        return listed and all(each.holds(one) for one in value)

    return Rule(holds, f"a list, of each {each.says}", each.words, gone=each.gone)


TEXT = Rule(lambda v: isinstance(v, str) and bool(v.strip()), "a text in quotes")
NAMES = Rule(
    lambda v: isinstance(v, list | tuple) and all(isinstance(name, str) for name in v),
    "a list of names in quotes",
)
YES_NO = Rule(lambda v: isinstance(v, bool), "true or false")


def held(file: str, key: str, value: Any, rule: Rule) -> Any:
    """Return a value that stands in no file, such as an option's, as its rule makes it.

    Raises:
        SettingsError: it breaks the rule.
    """
    broken = rule.broken_by(value)
    if broken is not None:
        raise SettingsError(file, key, value, *broken)
    return rule.into(value)


def read(text: str | bytes, file: str, model: type[M]) -> M:
    """Return the settings of a TOML text.

    Args:
        text: of the file, or its bytes.
        file: its name, for errors.
        model: what it may hold.

    Raises:
        SettingsError: the text is no TOML, a key is unknown or lacking, or a value breaks its
            rule; the first of them is named.
    """
    return of_model(parse_toml(text, file), file, model)


def of_model(given: Mapping[str, Any], file: str, model: type[M], place: str = "") -> M:
    """Return a table as its model; `place` stands before its keys in an error.

    Raises:
        SettingsError: as `read`.
    """
    try:
        found: M = _adapter(model).validate_python(dict(given))  # type: ignore[arg-type]
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = _Place.of(model, place, first["loc"])
        raise SettingsError(file, where.key, *_broken(where, first)) from None
    return found


def parse_toml(text: str | bytes, file: str) -> dict[str, Any]:
    """Return the tables of a text; arguments and errors as `read`."""
    try:
        return tomllib.loads(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        said = "not valid TOML", "correct that line"
        raise SettingsError(file, "file", str(problem), *said) from None


@cache
def _adapter(model: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(model)


@dataclass(slots=True)
class _Place:
    """Where a fault is: its key as written, its field, and the table that the key stands in."""

    key: str
    model: type[Any]
    field: FieldInfo | None = None

    @classmethod
    def of(cls, model: type[Any], before: str, loc: Sequence[int | str]) -> _Place:
        """Follow a fault through a model; names that are the user's stand in quotes."""
        found = cls(before, model)
        inside: type[Any] | None = model
        named = False  # whether the next key is a name of the user's
        for part, then in zip_longest(loc, loc[1:]):
            if isinstance(part, int):
                found.key += f"[{part + 1}]" if isinstance(then, str) else ""
                continue
            dot = "." if found.key and not found.key.endswith(".") else ""
            if named or inside is None:
                found.key += f'{dot}"{part}"'
                named = False
                continue
            found.key += f"{dot}{part}"
            found.model, found.field = inside, fields(inside).get(str(part))
            annotation = None if found.field is None else found.field.annotation
            named, inside = _is_mapping(annotation), _model_in(annotation)
        return found


def _is_mapping(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (dict, Mapping)


def fields(model: type[Any]) -> Mapping[str, FieldInfo]:
    """Return what a model says of its keys."""
    if issubclass(model, BaseModel):
        return model.model_fields
    hints = get_type_hints(model, include_extras=True)
    return {each.name: FieldInfo.from_annotation(hints[each.name]) for each in fields_of(model)}


def _models_in(annotation: Any) -> Iterator[type[Any]]:
    if isinstance(annotation, type) and (
        issubclass(annotation, BaseModel) or is_dataclass(annotation)
    ):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _model_in(annotation: Any) -> type[Any] | None:
    return next(_models_in(annotation), None)


def _broken(found: _Place, fault: Any) -> tuple[Any, str, str]:
    """Return the value at fault, the rule that it breaks, and what to do."""
    kind, value = fault["type"], fault["input"]
    broken = fault.get("ctx", {}).get("error")
    if isinstance(broken, _BrokenRuleError):
        return value, broken.says, broken.remedy
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        name = str(fault["loc"][-1])
        gone: Mapping[str, str] = getattr(found.model, "GONE", {})
        if name in gone:
            return value, "a setting of earlier files", gone[name]
        return value, "no such setting", unknown(name, fields(found.model))
    if kind == "missing":
        marks = found.field.metadata if found.field is not None else []
        needed = next((each for each in marks if isinstance(each, Needed)), Needed("is needed"))
        return None, needed.why, needed.remedy
    if kind in ("dict_type", "model_type", "dataclass_type"):
        inside = _model_in(found.field.annotation) if found.field is not None else None
        keys = "" if inside is None else f"with {', '.join(fields(inside))} below it"
        return value, f"expected a table, [{found.key}]", keys
    said = found.field.description if found.field is not None else None
    return value, said or fault["msg"], ""


def unknown(name: str, known: Collection[str]) -> str:
    """Return what an unknown key may have meant, or all that are known."""
    return did_you_mean(name, known) or f"known are {', '.join(known)}"
