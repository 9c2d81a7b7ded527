"""Each athlete's own slope, from that athlete's blocks alone: what shrinkage starts from.

An athlete's own slope is a regression of own changes on own growth and own exposure. What the
pooled model holds fixed for everyone (training years) is taken out first; what is constant for an
athlete is part of the own growth. Errors of successive changes are those of the pooled model
(`dose_response.noise`), but their share is found anew with every athlete's growth and slope taken
out: the pooled model counts what athletes differ by as noise, and the SD of true slopes would
come out some 7 % too small. Noise is pooled over athletes: a dozen blocks do not tell one
athlete's noise from another's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.models.dose_response.model import FEWEST_BLOCKS
from analysis.models.dose_response.noise import Chains, Floats, chains, likeliest_share
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
    x = white.raw_x[:, white.terms.index(exposure)]
    series = pd.Series(x).groupby(white.who)
    counts, wide = series.size().to_numpy(), (series.max() - series.min()).to_numpy()
    reasons = [_too_little(int(n), float(s)) for n, s in zip(counts, wide, strict=True)]
    told = np.array([not reason for reason in reasons])
    table = pd.DataFrame(
        {
            "athlete": white.rows["athlete"].unique(),
            "n_blocks": counts,
            "own": np.nan,
            "own_error": np.nan,
            "reason": reasons,
        }
    )
    table.attrs["dof"] = int((counts[told] - OWN).sum())
    if told.any():
        kept = told[white.who]
        columns = np.column_stack([np.ones(len(x)), x, _own_part(white, exposure)])
        lines = _Lines(chains(white.rows[kept]), columns[kept], counts[told])
        slope, error = lines.at(likeliest_share(lines.deviance))
        table.loc[told, "own"], table.loc[told, "own_error"] = slope, error
    return table


class _Lines:
    """Straight lines, one per athlete, through rows whitened at a share of the estimates' noise.

    Args:
        chain: which rows follow each other.
        columns: 1, exposure and change, one row per block, sorted by athlete.
        counts: rows of each athlete.
    """

    def __init__(self, chain: Chains, columns: Floats, counts: Floats) -> None:
        self._chain, self._columns = chain, columns
        self._starts = np.r_[0, np.cumsum(counts)[:-1]].astype(int)
        self._spare = len(columns) - OWN * len(counts)

    def deviance(self, share: float) -> float:
        """Return −2 log restricted likelihood, σ profiled out."""
        white, log_l = self._chain.whiten(share, self._columns)
        _, _, size, rss = self._solve(white)
        return 2 * log_l + float(np.log(size).sum()) + self._spare * float(np.log(rss))

    def at(self, share: float) -> tuple[Floats, Floats]:
        """Return slopes and their standard errors."""
        white, _ = self._chain.whiten(share, self._columns)
        slope, scale, _, rss = self._solve(white)
        return slope, scale * np.sqrt(rss / self._spare)

    def _solve(self, white: Floats) -> tuple[Floats, Floats, Floats, float]:
        """Return slopes, their errors at σ = 1, determinants and residual sum of squares."""
        g, x, y = white.T
        gg, gx, xx, gy, xy = (
            np.add.reduceat(product, self._starts)
            for product in (g * g, g * x, x * x, g * y, x * y)
        )
        size = gg * xx - gx**2
        slope, growth = (gg * xy - gx * gy) / size, (xx * gy - gx * xy) / size
        rss = float(y @ y - slope @ xy - growth @ gy)
        return slope, np.sqrt(gg / size), size, rss


def _own_part(white: Whitened, exposure: str) -> Floats:
    """Return the changes less what all athletes share."""
    shared = [
        place
        for place, term in enumerate(white.terms)
        if term != exposure and not term.startswith("growth")
    ]
    change = white.rows["change_pct"].to_numpy(float)
    return np.asarray(change - white.raw_x[:, shared] @ white.beta[shared])


def _too_little(n_blocks: int, spread: float) -> str:
    if n_blocks < FEWEST_BLOCKS:
        return f"fewer than {FEWEST_BLOCKS} usable blocks"
    return "" if spread > LEAST_SPREAD else "the sets do not vary from block to block"
