"""All muscles of a lifter side by side: what changed over the last window, and how sure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.figures import figure, interval_points
from analysis.result import Figure, Result

COLUMNS = ["change_pct", "change_low_pct", "change_high_pct", "p_gain", "p_plateau", "p_loss",
           "status"]  # fmt: skip


LIKELY = {
    "gaining": ("gaining", "breakthrough"),
    "losing": ("losing", "detraining"),
}
"""Words for a change of more than 2 % that is 80 % probable or more; its interval may well hold 0,
so the probability is always said with the word."""
FAR = 4.0
"""Ends this many times the middle one run off the chart: one muscle that the log hardly knows
would otherwise flatten all others. The table holds them."""
PROBABILITY = {"gaining": "p_gain", "losing": "p_loss", "plateau": "p_plateau"}


def strength_overview(strengths: Mapping[str, Result]) -> Result:
    """Gather the last window of `latent_strengths` of one athlete.

    Returns:
        Result whose table has one row per muscle `group` with enough data: `change_pct` over the
        last window with `change_low_pct` and `change_high_pct` (95 % interval), `p_gain`,
        `p_plateau`, `p_loss` (probabilities) and `status`.
    """
    rows = [
        {"group": group, **result.table.iloc[-1][COLUMNS].to_dict()}
        for group, result in strengths.items()
        if not result.table.empty
    ]
    table = pd.DataFrame(rows, columns=["group", *COLUMNS]).dropna(subset=["change_pct"])
    table = table.sort_values("change_pct", ascending=False, ignore_index=True)
    days = next((result.settings["window_days"] for result in strengths.values()), 56)
    missing = [group.replace("_", " ") for group in strengths if group not in set(table["group"])]
    notes = [f"Too little to tell: {', '.join(missing)}."] if missing else []
    return Result(
        name="muscle-strength",
        title=f"What changed in the last {days:.0f} days",
        table=table,
        summary=_summary(table, days),
        draw=_draw,
        notes=(
            *notes,
            *shared_notes(strengths),
            "Strength is estimated from sets; a plateau is a change within ±2 %. A word is used "
            "only from a probability of 80 %.",
        ),
        settings={"window_days": days},
    )


def shared_notes(strengths: Mapping[str, Result]) -> tuple[str, ...]:
    """Return the notes that all muscles have in common, to be said once."""
    each = [result.notes for result in strengths.values()]
    return tuple(note for note in each[0] if all(note in notes for notes in each)) if each else ()


def told(row: Mapping[Hashable, Any]) -> str:
    """Return the word for a muscle's change with its probability, both or "cannot tell"."""
    words = [word for word, statuses in LIKELY.items() if row["status"] in statuses]
    word = words[0] if words else str(row["status"])
    if word not in PROBABILITY:
        return word
    return f"probably {word}, {row[PROBABILITY[word]]:.0%}".replace("plateau", "a plateau")


def _summary(table: pd.DataFrame, days: float) -> str:
    if table.empty:
        return f"Too little log to say how strength changed over the last {days:.0f} days."
    parts = [
        f"probably {word}: {_named(table[table['status'].isin(statuses)], word)}"
        for word, statuses in LIKELY.items()
        if table["status"].isin(statuses).any()
    ]
    flat = int((table["status"] == "plateau").sum())
    known = flat + int(
        table["status"].isin([name for names in LIKELY.values() for name in names]).sum()
    )
    if not parts:
        width = table["change_high_pct"] - table["change_low_pct"]
        surest = table.loc[[width.idxmin()]].to_dict("records")[0]
        parts.append(
            f"no muscle has probably gained or lost; the surest number is {_said(surest)}"
        )
    if flat:
        parts.append(f"{flat} of {len(table)} muscles on a plateau")
    if known < len(table):
        parts.append(f"for {len(table) - known} of {len(table)} the log cannot tell")
    return f"Strength over the last {days:.0f} days: {'; '.join(parts)}."


def _named(rows: pd.DataFrame, word: str, most: int = 2) -> str:
    """Return the most probable changes with their numbers."""
    chance = PROBABILITY[word]
    surest = rows.sort_values(chance, ascending=False, kind="stable").to_dict("records")
    said = [f"{_said(row)}, probability {row[chance]:.0%}" for row in surest]
    more = f"; and {len(said) - most} more" if len(said) > most else ""
    return "; ".join(said[:most]) + more


def _said(row: Mapping[Hashable, Any]) -> str:
    name = str(row["group"]).replace("_", " ")
    low, high = row["change_low_pct"], row["change_high_pct"]
    return f"{name} {row['change_pct']:+.1f} % (95 % interval {low:+.1f} to {high:+.1f} %)"


def _draw(table: pd.DataFrame) -> Figure:
    rows = table.iloc[::-1]
    hover = "%{y}: %{x:+.1f} %<extra></extra>"
    names = rows["group"].str.replace("_", " ").tolist()
    points = interval_points(
        rows["change_pct"], names, rows["change_low_pct"], rows["change_high_pct"],
        "change with 95 % interval", hover=hover,
    )  # fmt: skip
    drawn = figure([points], x="Change of estimated strength (%)", y="")
    drawn["layout"] |= {"height": 110 + 26 * len(rows), "showlegend": False}
    drawn["layout"]["xaxis"] |= {"zeroline": True, "zerolinewidth": 2}
    ends = table[["change_low_pct", "change_high_pct"]].abs().to_numpy()
    if len(table) and ends.max() > (most := FAR * float(np.median(ends))):
        drawn["layout"]["xaxis"]["range"] = [-most, most]
    return drawn
