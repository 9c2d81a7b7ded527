"""Evaluate Wilkinson formulas (formulaic) into the distinct columns of a mixed model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from analysis.models.mixed.batched import FloatArray, IntArray

# What the columns of a mixed model are: formulas, levels and the basis they are stored in.
#
# Fixed and random parts share columns (the intercept, the week), so each distinct column is kept
# once, the response last, and both parts are lists of positions. Columns are stored in a *basis*
# in which numbers behave: centred, of unit variance, and the response less its least-squares fit,
# because y'y − b'X'y would cancel otherwise. The basis is an invertible m × m matrix, so that
# anything estimated in it is turned back exactly.


INTERCEPT = "Intercept"

Random = str | Mapping[str, str]


class ModelError(ValueError):
    """The model cannot be fitted to these data; the message says why and what to change."""


@dataclass(frozen=True, slots=True)
class Level:
    """One grouping level and the random terms that vary over its groups.

    Attributes:
        name: path of group columns, such as `athlete/exercise`.
        depth: number of group columns in the path.
        terms: names of the random terms; none when the level only marks clusters.
        columns: their positions among the distinct columns.
    """

    name: str
    depth: int
    terms: tuple[str, ...]
    columns: IntArray


@dataclass(frozen=True, slots=True)
class Crossed:
    """A factor that crosses the groups, such as the site an athlete trained at that day.

    Attributes:
        name: its column.
        labels: its groups, sorted.
        terms: names of the random terms.
        columns: (groups, terms) positions among the distinct columns: each term times whether the
            row is of the group.
    """

    name: str
    labels: tuple[object, ...]
    terms: tuple[str, ...]
    columns: IntArray


@dataclass(frozen=True, slots=True)
class Encoding:
    """Names, positions and basis of the distinct columns.

    Attributes:
        formula: the fixed part, as given.
        groups: group columns, outermost first.
        names: the distinct columns, the response last.
        fixed: positions of the fixed terms.
        levels: random levels, finest first.
        basis: stored columns = raw columns @ basis.
        specs: formulaic's encoders, to apply the same coding to other rows.
        crossed: factors that cross the levels.
    """

    formula: str
    groups: tuple[str, ...]
    names: tuple[str, ...]
    fixed: IntArray
    levels: tuple[Level, ...]
    basis: FloatArray
    specs: Mapping[str, Any] = field(default_factory=dict)
    crossed: tuple[Crossed, ...] = ()

    @property
    def parts(self) -> list[Level | Crossed]:
        """Every random part, in the order of θ."""
        return [*self.levels, *self.crossed]

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the fixed terms."""
        return tuple(self.names[i] for i in self.fixed)

    @property
    def response_scale(self) -> float:
        """Raw units per stored unit of the response."""
        return 1.0 / float(self.basis[-1, -1])

    @property
    def pilot(self) -> FloatArray:
        """Raw coefficients already taken out of the response, one per distinct predictor."""
        return -self.basis[:-1, -1] * self.response_scale

    def coefficients(self, columns: IntArray) -> FloatArray:
        """Return the matrix that turns stored coefficients of `columns` into raw ones."""
        return self.basis[np.ix_(columns, columns)] * self.response_scale

    def with_basis(self, basis: FloatArray) -> Encoding:
        """Return the same columns stored in another basis."""
        return replace(self, basis=basis)

    def same_columns(self, other: Encoding) -> bool:
        """Say whether both describe the same model matrix, whatever the basis."""
        mine = [(each.name, each.terms) for each in self.parts]
        theirs = [(each.name, each.terms) for each in other.parts]
        return (self.names, self.terms, mine) == (other.names, other.terms, theirs)


def random_parts(groups: Sequence[str], random: Random) -> tuple[dict[str, str], dict[str, str]]:
    """Return the formulas of every path of groups, outermost first, and of crossed factors.

    A path that is not named gets `~ 0`; a name that is no path is a column that crosses them.
    """
    paths = ["/".join(groups[: depth + 1]) for depth in range(len(groups))]
    if isinstance(random, str):
        if len(paths) > 1:
            raise ModelError(f"random must name its level, one of {', '.join(paths)}")
        return {paths[0]: random}, {}
    inner = sorted(name for name in set(random) - set(paths) if {*name.split("/")} & {*groups})
    if inner:
        raise ModelError(f"random names {', '.join(inner)}; the levels are {', '.join(paths)}")
    crossed = {name: part for name, part in random.items() if name not in paths}
    return {path: random.get(path, "~ 0") for path in paths}, crossed


@dataclass(frozen=True, slots=True)
class Columns:
    """Every distinct column once, the response last, and who uses it.

    Attributes:
        raw: values by column name.
        fixed: names of the fixed terms.
        random: names of the random terms by level, outermost first.
        specs: formulaic's encoders by part, to code other rows in the same way.
        crossed: by crossed factor its groups and terms; their columns are named by
            `crossed_name`.
    """

    raw: dict[str, FloatArray]
    fixed: list[str]
    random: dict[str, list[str]]
    specs: dict[str, Any]
    crossed: dict[str, tuple[tuple[object, ...], list[str]]]


def crossed_name(factor: str, label: object, term: str) -> str:
    """Return the name of the column of one term in one group of a crossed factor."""
    return f"{factor}[{label}]:{term}"


def required_variables(
    formula: str, parts: Mapping[str, str], columns: Sequence[str] = ()
) -> set[str]:
    """Return the data columns that the formulas read.

    Inside a stateful term such as `bs(week, df=4)` formulaic does not see the column; there every
    column whose name stands in the formula is read.
    """
    from formulaic import Formula

    texts = [formula, *parts.values()]
    found = {str(name) for text in texts for name in Formula(text).required_variables}
    inside = " ".join(re.findall(r"\w+\s*\((.*)\)", " ".join(texts)))
    return found | {name for name in columns if re.search(rf"\b{re.escape(name)}\b", inside)}


MOST_CROSSED = 200
"""Columns of all crossed factors: they are eliminated together, as one dense block."""


def evaluate(
    formula: str,
    parts: Mapping[str, str],
    crossed: Mapping[str, str],
    data: pd.DataFrame,
    like: Encoding | None,
) -> Columns:
    """Evaluate response, fixed and random parts; `like` gives the coding of another table.

    A random part made of columns of the fixed part, the usual case, is not evaluated again.
    """
    from formulaic import Formula

    sources: dict[str, Any] = _sides(formula) | (dict(like.specs) if like else {})
    response, fixed = _part(sources["response"], data), _part(sources["fixed"], data)
    if len(response.columns) != 1:
        raise ModelError(
            f"formula {formula!r} must have one response column of numbers; it gives "
            f"{len(response.columns)} ({', '.join(list(response.columns)[:3])} …), as text does"
        )
    used = {"response": response.spec, "fixed": fixed.spec}
    distinct = dict(fixed.columns)

    def evaluated(level: str, part: str) -> dict[str, FloatArray]:
        terms = _terms(Formula(part))
        if set(terms) <= set(fixed.columns):
            return {term: fixed.columns[term] for term in terms}
        own = _part(sources.get(level, Formula(part)), data)
        used[level] = own.spec
        return own.columns

    random = {}
    for level, part in parts.items():
        own = evaluated(level, part)
        random[level], distinct = list(own), {**own, **distinct}
    known = {factor.name: factor.labels for factor in like.crossed} if like else {}
    across: dict[str, tuple[tuple[object, ...], list[str]]] = {}
    for factor, part in crossed.items():
        own = evaluated(factor, part)
        labels = known.get(factor) or tuple(sorted(data[factor].unique(), key=str))
        unseen = sorted(set(data[factor]) - set(labels), key=str)
        if unseen:
            raise ModelError(f"{factor} {unseen[0]} is not among the groups of like=")
        across[factor] = (labels, list(own))
        _refuse_too_many(factor, across)
        here = {label: (data[factor] == label).to_numpy(float) for label in labels}
        distinct |= {
            crossed_name(factor, label, term): here[label] * values
            for label in labels
            for term, values in own.items()
        }
    repeated = set(response.columns) & set(distinct)
    if repeated:
        raise ModelError(f"the response {repeated.pop()} is also a predictor")
    specs = {name: spec for name, spec in used.items() if spec is not None}
    return Columns(distinct | response.columns, list(fixed.columns), random, specs, across)


def _refuse_too_many(
    factor: str, across: Mapping[str, tuple[tuple[object, ...], list[str]]]
) -> None:
    labels, terms = across[factor]
    if len(labels) < 2:
        raise ModelError(
            f"one group of {factor}: what differs between groups cannot be told; leave it out"
        )
    if not terms:
        raise ModelError(f"crossed factor {factor} has no random term; write '~ 1'")
    size = sum(len(labels) * len(terms) for labels, terms in across.values())
    if size > MOST_CROSSED:
        raise ModelError(
            f"crossed factors have {size} columns, at most {MOST_CROSSED} are eliminated "
            f"together; make {factor} the group and cross the factor with fewer levels"
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """Columns by name, and the encoder that made them, if one was needed."""

    columns: dict[str, FloatArray]
    spec: Any


def _sides(formula: str) -> dict[str, Any]:
    from formulaic import Formula

    whole = Formula(formula)
    if not hasattr(whole, "lhs"):
        raise ModelError(f"formula {formula!r} has no response: write 'y ~ x'")
    return {"response": whole.lhs, "fixed": whole.rhs}


def _terms(formula: Any) -> list[str]:
    return [INTERCEPT if str(term) == "1" else str(term) for term in formula]


def _part(source: Any, data: pd.DataFrame) -> _Part:
    """Evaluate a formula, or apply an encoder; bare numeric columns need neither."""
    if hasattr(source, "required_variables") and not hasattr(source, "column_names"):
        terms = _terms(source)
        if all(term == INTERCEPT or _is_number(data, term) for term in terms):
            one = np.ones(len(data))
            bare = {t: one if t == INTERCEPT else data[t].to_numpy(float) for t in terms}
            return _Part(bare, None)
    from formulaic.errors import FormulaicError

    _refuse_what_is_no_number(source, data)
    try:
        matrix = source.get_model_matrix(data, output="numpy", na_action="ignore")
    except FormulaicError as error:
        raise ModelError(f"formula term cannot be evaluated: {error}") from error
    spec, values = matrix.model_spec, np.asarray(matrix, dtype=float)
    return _Part({name: values[:, i] for i, name in enumerate(spec.column_names)}, spec)


def design_columns(encoding: Encoding, data: pd.DataFrame, part: str) -> FloatArray:
    """Return the columns of a part for other rows, coded as when fitted.

    Args:
        encoding: of the fit.
        data: the other rows; no response is needed.
        part: `"fixed"`, or the name of a level for its random terms.

    Raises:
        ModelError: a column is absent, or holds a category that was not fitted.
    """
    from formulaic.errors import FormulaicError

    terms = encoding.terms
    if part != "fixed":
        terms = next(each.terms for each in encoding.parts if each.name == part)
    coded: dict[str, FloatArray] = {}
    for source in ("fixed", part):
        spec = encoding.specs.get(source)
        if spec is None:
            continue
        try:
            matrix = spec.get_model_matrix(data, output="numpy", na_action="ignore")
        except (FormulaicError, KeyError, NameError) as error:
            raise ModelError(f"the rows cannot be coded as when fitted: {error}") from error
        values = np.asarray(matrix, dtype=float)
        coded |= {name: values[:, i] for i, name in enumerate(spec.column_names)}
    absent = [t for t in terms if t not in coded and t != INTERCEPT and t not in data.columns]
    if absent:
        raise ModelError(f"no column {', '.join(absent)} in the data")
    one = np.ones(len(data))
    found = [
        coded[t] if t in coded else one if t == INTERCEPT else data[t].to_numpy(float)
        for t in terms
    ]
    return np.column_stack(found) if found else np.zeros((len(data), 0))


def _refuse_what_is_no_number(source: Any, data: pd.DataFrame) -> None:
    """Refuse dates and columns of mixed objects by name: neither is a number or a category."""
    for name in sorted({str(each) for each in source.required_variables} & set(data.columns)):
        kind = data[name].dtype
        if pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind):
            raise ModelError(
                f"column {name} holds dates; turn it into a number first, such as days since the "
                "first"
            )
        if pd.api.types.is_object_dtype(kind):
            kinds = sorted({type(value).__name__ for value in data[name].head(1000)})
            if kinds != ["str"]:
                raise ModelError(
                    f"column {name} holds objects ({', '.join(kinds)}), expected numbers or one "
                    "kind of text; convert it"
                )


def _is_number(data: pd.DataFrame, name: str) -> bool:
    if name not in data.columns:
        return False
    kind = data[name].dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
