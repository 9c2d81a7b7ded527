"""A muscle at a glance: weekly sets, training days, load and repetitions of its direct sets."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.report import Tile, Tiles

ZONE = "reps_"


def muscle_tiles(
    now: Mapping[Hashable, Any], often: pd.DataFrame, heavy: pd.DataFrame | None
) -> Tiles:
    """Return the tiles of one muscle.

    Args:
        now: its row of `measures.recent.coverage`.
        often: its rows of `measures.frequency`.
        heavy: its rows of `measures.intensity`, None without a direct set.
    """
    tiles = [_sets(now), _days(often)]
    if heavy is not None:
        tiles += [_load(heavy), _repetitions(heavy)]
    return Tiles(tiles)


def _sets(now: Mapping[Hashable, Any]) -> Tile:
    before = now["own_average"]
    usual = "" if pd.isna(before) else f"; {before:.1f} before"
    comparison = f"{now['direct_last_block']:.1f} of them direct{usual}"
    return Tile("Sets a week, last block", round(float(now["last_block"]), 1), "", comparison)


def _days(often: pd.DataFrame) -> Tile:
    days = often.loc[often["training_days"].notna(), "direct_days"]
    twice = 100 * (days >= 2).mean()
    comparison = f"two or more in {twice:.0f} % of {len(days)} logged weeks"
    return Tile("Days a week, trained directly", round(float(days.mean()), 1), "", comparison)


def _load(heavy: pd.DataFrame) -> Tile:
    known = heavy[heavy["pct_sets"] > 0]
    if known.empty:
        return Tile("Load", "unknown", "", "no direct set with an earlier e1RM to be a share of")
    comparison = f"middle of {len(known)} weeks, {int(known['pct_sets'].sum()):,} sets"
    return Tile("Load, % of e1RM", round(float(known["pct_e1rm"].median())), "%", comparison)


def _repetitions(heavy: pd.DataFrame) -> Tile:
    """Return the zone that holds most sets, with the shares of the others beside it."""
    sums = heavy[[name for name in heavy if str(name).startswith(ZONE)]].sum()
    total = float(sums.sum())
    if not total:
        return Tile("Repetitions", "none", "", "all direct sets are timed or by distance")
    shares = {_zone(str(name)): 100 * value / total for name, value in sums.items() if value}
    most = max(shares, key=lambda zone: shares[zone])
    rest = ", ".join(f"{zone}: {share:.0f} %" for zone, share in shares.items() if zone != most)
    said = f"reps in {shares[most]:.0f} % of sets" + (f"; {rest}" if rest else "")
    return Tile("Most sets are of", most, "", said)


def _zone(name: str) -> str:
    return name.removeprefix(ZONE).replace("_up", "+").replace("_", "–")
