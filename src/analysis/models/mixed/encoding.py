"""What the columns of a mixed model are: formulas, levels and the basis they are stored in.

Fixed and random parts share columns (the intercept, the week), so each distinct column is kept
once, the response last, and both parts are lists of positions. Columns are stored in a *basis*
in which numbers behave: centred, of unit variance, and the response less its least-squares fit,
because y'y − b'X'y would cancel otherwise. The basis is an invertible m × m matrix, so that
anything estimated in it is turned back exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.models.mixed.batched import FloatArray, IntArray

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
    """

    formula: str
    groups: tuple[str, ...]
    names: tuple[str, ...]
    fixed: IntArray
    levels: tuple[Level, ...]
    basis: FloatArray
    specs: Mapping[str, Any] = field(default_factory=dict)

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
        mine = [(level.name, level.terms) for level in self.levels]
        theirs = [(level.name, level.terms) for level in other.levels]
        return (self.names, self.terms, mine) == (other.names, other.terms, theirs)


def random_parts(groups: Sequence[str], random: Random) -> dict[str, str]:
    """Return one formula for every path of groups, outermost first; `~ 0` where none is given."""
    paths = ["/".join(groups[: depth + 1]) for depth in range(len(groups))]
    if isinstance(random, str):
        if len(paths) > 1:
            raise ModelError(f"random must name its level, one of {', '.join(paths)}")
        return {paths[0]: random}
    unknown = [path for path in random if path not in paths]
    if unknown:
        raise ModelError(f"random names {', '.join(unknown)}; the levels are {', '.join(paths)}")
    return {path: random.get(path, "~ 0") for path in paths}
