"""A page of made-up numbers that uses every block: what the browser tests open."""

from __future__ import annotations

import math
import random

import pandas as pd

from analysis import figures
from analysis.report import (
    BodyMap,
    Flag,
    Flags,
    Listing,
    Prose,
    Report,
    Section,
    Takeaway,
    Tile,
    Tiles,
)
from analysis.result import Result

HOSTILE = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://example.invalid","click")'
WEEKS = pd.date_range("2023-01-02", periods=104, freq="7D")
GROUPS = (
    "quads", "hamstrings", "glutes", "calves", "adductors", "abductors", "tibialis", "chest",
    "lats", "upper_back", "traps", "front_delts", "side_delts", "rear_delts", "biceps",
    "triceps", "forearms", "abs", "obliques", "lower_back",
)  # fmt: skip


def strength(name: str = "squat", title: str = "Squat: strength", level: float = 120.0) -> Result:
    """A lift over two years with its interval, in kg."""
    chance = random.Random(name)
    growth = [level + 0.22 * week + 2.5 * math.sin(week / 5) for week in range(len(WEEKS))]
    table = pd.DataFrame(
        {
            "week": WEEKS,
            "e1rm_kg": [value + chance.gauss(0, 1.2) for value in growth],
            "low_kg": [value - 4.0 for value in growth],
            "high_kg": [value + 4.0 for value in growth],
            "sets": [chance.randint(3, 9) for _ in growth],
        }
    )

    def draw(rows: pd.DataFrame) -> dict:
        hover = "%{x|%d %b %Y}<br>%{y:.1f} kg (from %{customdata[0]:.1f} kg)<extra></extra>"
        lows = [[value] for value in figures.plain(rows["low_kg"])]
        return figures.figure(
            [
                figures.band(rows["week"], rows["low_kg"], rows["high_kg"], "95 % interval"),
                figures.line(
                    rows["week"], rows["e1rm_kg"], "strength", hover=hover, customdata=lows
                ),
            ],
            x="Week",
            y="e1RM, kg",
            time_axis="x",
            load_axis="y",
        )

    summary = (
        f"{title.split(':')[0]} e1RM rose 0.22 kg a week (95 % interval 0.18 to 0.26; "
        "104 weeks, 612 working sets)."
    )
    return Result(
        name, title, table, summary, draw,
        notes=("14 sets of more than 12 repetitions were left out: formulas scatter there.",),
        settings={"formula": "Epley", "reps_at_most": 12},
    )  # fmt: skip


def weekly_sets(groups: tuple[str, ...] = GROUPS) -> Result:
    """Sets per muscle and week."""
    chance = random.Random(7)
    rows = [
        {"week": week, "muscle": group, "sets": chance.randint(0, 9) * (1.8 if i < 4 else 1.0)}
        for i, group in enumerate(groups)
        for week in WEEKS
    ]

    def draw(table: pd.DataFrame) -> dict:
        wide = table.pivot_table(index="muscle", columns="week", values="sets")
        hover = "%{y}, week of %{x|%d %b %Y}: %{z:.1f} sets<extra></extra>"
        cells = figures.heatmap(
            wide.columns, wide.index, wide.to_numpy().tolist(), unit="sets", hover=hover
        )
        return figures.figure([cells], x="Week", y="", time_axis="x", height=520)

    summary = "In a typical week quads had 8.2 fractional sets, the most of 20 muscles."
    return Result("weekly-sets", "Weekly sets", pd.DataFrame(rows), summary, draw)


def forest() -> Result:
    """Effects with intervals, one row per muscle."""
    table = pd.DataFrame(
        {
            "muscle": GROUPS,
            "effect_pct": [0.05 * i - 0.2 for i in range(len(GROUPS))],
            "low_pct": [0.05 * i - 0.5 for i in range(len(GROUPS))],
            "high_pct": [0.05 * i + 0.1 for i in range(len(GROUPS))],
        }
    )

    def draw(rows: pd.DataFrame) -> dict:
        points = figures.interval_points(
            rows["effect_pct"], rows["muscle"], rows["low_pct"], rows["high_pct"], "effect",
            hover="%{y}: %{x:.2f} % per set<extra></extra>",
        )  # fmt: skip
        return figures.figure([points], x="% strength per extra weekly set", y="", height=560)

    summary = "One more weekly set went with +0.2 % strength (95 % interval −0.1 to 0.5)."
    return Result("dose", "Dose and response", table, summary, draw)


def exercises() -> Result:
    """Names a lifter could have typed to hurt a reader."""
    table = pd.DataFrame(
        {
            "exercise": [HOSTILE, FORMULA, "+1+1", "@cmd", "Squat (Barbell)", "Bench Press"],
            "best_kg": [100.0, 60.5, -5.0, None, 142.5, 97.5],
            "sets": [12, 4, 1, 3, 220, 310],
            "last": pd.date_range("2024-11-01", periods=6, freq="9D"),
        }
    )

    def draw(rows: pd.DataFrame) -> dict:
        traces = [figures.bars(rows["exercise"], rows["best_kg"], HOSTILE, hover="%{x}: %{y} kg")]
        return figures.figure(traces, x="Exercise", y="Best, kg", load_axis="y")

    summary = f"{HOSTILE} was trained most (n = 12)."
    return Result("exercises", f"Exercises {HOSTILE}", table, summary, draw)


def body_map() -> BodyMap:
    """Sets a week on the body; one group without a number, one that is not drawn."""
    values = [round(1 + 0.85 * i, 1) for i in range(len(GROUPS))]
    table = pd.DataFrame({"muscle": [*GROUPS, "rotator_cuff"], "sets": [*values, 2.0]})
    summary = "Over the last 8 weeks lower back had 17.2 fractional sets a week, quads 1."
    result = Result("coverage", "Training coverage", table, summary)
    return BodyMap(result, "muscle", "sets", "sets a week")


def nothing() -> Result:
    """A result without data: a sentence, never an empty chart."""
    table = pd.DataFrame({"week": pd.to_datetime([]), "rir": pd.Series([], dtype=float)})
    summary = "Not enough data: no set has a logged RIR."
    return Result("rir", "Repetitions in reserve", table, summary, lambda _: {"data": []})


def clients() -> Listing:
    """A coach's table with links."""
    table = pd.DataFrame(
        {
            "client": ["Ada", HOSTILE, "Chris"],
            "page": ["ada/index.html", "b/index.html", "chris/index.html"],
            "last_session": pd.to_datetime(["2024-12-20", "2024-11-02", "2024-12-22"]),
            "strength_pct": [1.2, -0.8, 0.4],
            "needs": ["repeated stall", "inactive for 51 days", "–"],
        }
    )
    summary = "2 of 3 clients need attention."
    result = Result("clients", "Clients", table, summary)
    return Listing(result, links=(("client", "page"),))


def flags() -> Flags:
    """One flag of each level."""
    rows = pd.DataFrame({"day": pd.to_datetime(["2024-12-02"]), "load_kg": [100.0], "reps": [5]})
    return Flags(
        [
            Flag("repeated stall", "Bench press missed its load 3 times.", "attention", rows),
            Flag("skipped", "No calf work for 6 weeks (own usual: 4.5 sets a week).", "notice"),
            Flag("record", "Squat e1RM 142.5 kg, the highest of 104 weeks.", "good", rows),
        ]
    )


def tiles() -> Tiles:
    """This block against the athlete's own average."""
    return Tiles(
        [
            Tile("Sessions a week", 3.5, "", "0.3 more than your average of the last year"),
            Tile("Working sets a week", 58.0, "", "4 fewer than your average"),
            Tile("Best squat e1RM", 142.5, "kg", "2.1 kg above the block before"),
            Tile("Logged RIR", "none", "", "No set has one."),
        ]
    )


def report(**options: object) -> Report:
    """The page of every block."""
    muscles = [
        Section(
            f"muscle-{group}",
            group.replace("_", " ").capitalize(),
            [strength(f"{group}-strength", f"{group.replace('_', ' ')}: strength", 60 + 9 * i)],
            intro="8.2 sets a week, 2.1 days a week, strength +0.2 % a week.",
            folded=True,
        )
        for i, group in enumerate(GROUPS[:6])
    ]
    items = [
        Section("flags", "Flags", [flags()]),
        Section("block", "This block", [tiles(), body_map(), weekly_sets()]),
        Section(
            "strength",
            "Strength",
            [strength(), strength("bench", "Bench press: strength", 88.0), nothing()],
            intro="Latent strength of each lift, with the band that holds it 95 times in 100.",
        ),
        Section("muscles", "Muscle by muscle", muscles, intro="Open one to see its lifts."),
        Section("response", "What the work bought", [forest(), Prose("What is seen is\n\nseen.")]),
        Section("quality", "Data quality", [exercises(), clients()]),
    ]
    settings = {
        "subtitle": "What two years of training bought, muscle by muscle",
        "header": [
            ("Athlete", "Demo lifter"),
            ("Period", "2 Jan 2023 to 23 Dec 2024"),
            ("Made from", "2 files, 6,240 sets"),
            ("Unit", "kg"),
        ],
        "takeaways": [
            Takeaway(
                "Squat e1RM rose 0.22 kg a week (95 % interval 0.18 to 0.26; n = 104 weeks), "
                "very likely a real gain (more than 99 in 100).",
                "squat",
            ),
            Takeaway("Quads had 8.2 fractional sets a week, most of 20 muscles.", "weekly-sets"),
            Takeaway(
                "One more weekly set went with +0.2 % strength (95 % interval −0.1 to 0.5): too "
                "wide to say whether more helps.",
                "dose",
            ),
            "Nothing can be said about effort: no set has a logged RIR.",
        ],
        "provenance": {
            "inputs": [{"file": "strong.csv", "sha256": "9f" * 32}],
            "versions": {"liftdose": "0.1.0", "pandas": "3.1.1"},
            "counts": {"records": 6300, "sets": 6240, "not_sets": 60},
        },
        "footer": ["Logs are observations: who trains more may also sleep more."],
    }  # fmt: skip
    return Report("Demo lifter", items, **{**settings, **options})
