"""Words for a change and its uncertainty: gaining, plateau, losing, or cannot tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

DETRAINING_GAP_DAYS = 14.0
"""Days without the exercise from which a loss is called detraining: this program's convention."""


def status_table(changes: pd.DataFrame, smallest_change: float, certainty: float) -> pd.DataFrame:
    """Return the table that `LatentFit.status` describes."""
    from scipy.special import stdtr, stdtrit

    change, sd, dof = (changes[name].to_numpy() for name in ("change", "change_sd", "dof"))
    sd = np.maximum(sd, 1e-12)
    p_gain = stdtr(dof, (change - smallest_change) / sd)
    p_loss = stdtr(dof, (-change - smallest_change) / sd)
    earlier_sd = np.maximum(changes["earlier_change_sd"].to_numpy(), 1e-12)
    earlier = stdtr(dof, (changes["earlier_change"].to_numpy() - smallest_change) / earlier_sd)
    p_plateau = 1 - p_gain - p_loss
    reach = stdtrit(dof, 0.975) * sd
    words = [
        (np.isnan(change), "too short"),
        ((p_gain >= certainty) & (earlier < 0.5), "breakthrough"),
        (p_gain >= certainty, "gaining"),
        (p_plateau >= certainty, "plateau"),
        (
            (p_loss >= certainty) & (changes["longest_gap_days"] >= DETRAINING_GAP_DAYS),
            "detraining",
        ),
        (p_loss >= certainty, "losing"),
    ]
    return pd.DataFrame(
        {
            "series": changes["series"],
            "last_day": changes["last_day"],
            "change_pct": 100 * np.expm1(change),
            "low_pct": 100 * np.expm1(change - reach),
            "high_pct": 100 * np.expm1(change + reach),
            "p_gain": p_gain,
            "p_plateau": p_plateau,
            "p_loss": p_loss,
            "longest_gap_days": changes["longest_gap_days"],
            "status": np.select(
                [test for test, _ in words], [word for _, word in words], "cannot tell"
            ),
        }
    )
