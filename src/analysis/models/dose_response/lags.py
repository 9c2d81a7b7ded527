"""How long a block of work goes on to matter, and what volume, intensity and frequency add."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.models.dose_response.estimate import Estimate
from analysis.models.dose_response.model import ChangeModel, fit_changes
from analysis.models.dose_response.series import own_mean, shifted
from analysis.models.dose_response.within import usable

JOINT = ("dose", "intensity_pct", "frequency")


def lag_profile(
    panel: pd.DataFrame, *, exposure: str = "dose", lags: int = 3, level: float = 0.95
) -> tuple[dict[str, Estimate], ChangeModel]:
    """Regress the change after a block on the exposure of that block and of those before it.

    Args:
        panel: from `analysis.panel.panel`.
        exposure: a column of it.
        lags: how many blocks back.
        level: probability that the intervals are made for.

    Returns:
        Effects by name, `lag 0` (the block that the change starts from) to `lag <lags>`, all in
        one model, and `cumulative`, their sum; and the model.

    Raises:
        TooLittleError: too few blocks with all lags known.
    """
    names = {f"lag_{k}": shifted(panel, exposure, k) for k in range(lags + 1)}
    rows = usable(panel.assign(**names), list(names))
    model = fit_changes(rows, list(names))
    each = {name.replace("_", " "): model.contrast({name: 1.0}, level) for name in names}
    total = model.contrast(dict.fromkeys(names, 1.0), level)
    return {**each, "cumulative": total}, model


def joint_effects(
    panel: pd.DataFrame, exposures: Sequence[str] = JOINT, *, level: float = 0.95
) -> tuple[dict[str, Estimate], ChangeModel]:
    """Regress the change on several exposures at once, each held against the others.

    Returns:
        The within effect of every exposure that varies, per unit of it; and the model.

    Raises:
        TooLittleError: too few blocks with all of them known.
    """
    rows = usable(panel, list(exposures))
    values = rows[list(exposures)].to_numpy(float)
    most = np.abs(values - own_mean(rows, values)).max(axis=0, initial=0)
    varying = [name for name, moved in zip(exposures, most, strict=True) if moved > 1e-9]
    model = fit_changes(rows, varying)
    return {name: model.contrast({name: 1.0}, level) for name in varying}, model
