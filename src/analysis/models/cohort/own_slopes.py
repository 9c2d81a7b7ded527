"""Each athlete's own slope, from that athlete's blocks alone: what shrinkage starts from.

On the whitened rows of the pooled model an athlete's own slope is a regression of own changes on
own growth and own exposure. What the model holds fixed for everyone (training years) is taken out
first; what is constant for an athlete is part of the own growth. Noise is pooled over athletes:
a dozen blocks do not tell one athlete's noise from another's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.models.dose_response.model import FEWEST_BLOCKS
from analysis.models.dose_response.noise import Floats
from analysis.models.dose_response.whitened import Whitened

OWN = 2
"""Parameters of an athlete's own line: growth and slope."""

LEAST_SPREAD = 1e-9


def own_slopes(white: Whitened, exposure: str) -> pd.DataFrame:
    """Return each athlete's own slope, unshrunken.

    Args:
        white: rows of the pooled model.
        exposure: its column whose slope is asked for.

    Returns:
        One row per athlete of the model: `athlete`, `n_blocks`, `own` and `own_error` (its
        standard error, noise pooled; both NaN where not estimated), `reason` (why not, or "").
        The noise's degrees of freedom are in `.attrs["dof"]`.
    """
    growth, slope, rest = _columns(white, exposure)
    rows = []
    squares, spare = 0.0, 0
    for mine in white.athletes():
        x, y = np.column_stack([growth[mine], slope[mine]]), rest[mine]
        reason = _too_little(white.raw_x[mine, white.terms.index(exposure)])
        estimate = scale = np.nan
        if not reason:
            (xx, xy) = x.T @ x, x.T @ y
            beta = np.linalg.solve(xx, xy)
            estimate, scale = float(beta[1]), float(np.sqrt(np.linalg.inv(xx)[1, 1]))
            squares += float(y @ y - beta @ xy)
            spare += len(mine) - OWN
        name = white.rows["athlete"].iloc[mine[0]]
        rows.append((name, len(mine), estimate, scale, reason))
    table = pd.DataFrame(rows, columns=["athlete", "n_blocks", "own", "own_error", "reason"])
    table["own_error"] *= np.sqrt(squares / spare) if spare else np.nan
    table.attrs["dof"] = spare
    return table


def _columns(white: Whitened, exposure: str) -> tuple[Floats, Floats, Floats]:
    """Return growth and exposure, whitened, and the change less what all athletes share."""
    own_growth = [k for k, term in enumerate(white.terms) if term.startswith("growth")]
    place = white.terms.index(exposure)
    shared = [k for k in range(len(white.terms)) if k not in (*own_growth, place)]
    rest = white.y - white.x[:, shared] @ white.beta[shared]
    return white.x[:, own_growth].sum(axis=1), white.x[:, place], rest


def _too_little(exposure: Floats) -> str:
    if len(exposure) < FEWEST_BLOCKS:
        return f"fewer than {FEWEST_BLOCKS} usable blocks"
    if np.ptp(exposure) < LEAST_SPREAD:
        return "the sets do not vary from block to block"
    return ""
