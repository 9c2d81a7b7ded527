"""Weekly volume of any number of lifters, against bare polars, DuckDB and pandas in the same run.

    python benchmarks/scale.py                        # 1 and 4 million sets
    python benchmarks/scale.py --millions 1 4 16 50 --json benchmarks/scale.json
    python benchmarks/scale.py --table benchmarks/scale.json
    python benchmarks/scale.py --draw scale.json docs/images/scale.svg

The cohorts are simulated lifter by lifter (`cohorts.py`); a larger one holds the smaller. Each
program runs in a fresh process: CPU seconds are of it and its workers, memory is the peak of the
largest of them. The baselines do less: no set is judged, every set that is not marked as a warm-up
counts; sets are added up per athlete, week and exercise, joined with muscles, and written as
Parquet. Ours is `weekly`, in one process up to 2 million sets, with two workers above; its rows of
the first lifters are compared with `lab.volume` of those lifters alone, bit by bit. Of one size it
is also run in one process, with two workers and on a local Dask cluster of two: the same file.

A figure is written when it is there. A program that needs more than the memory that it may have
fails, which is a figure too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

FROM_MILLIONS = 2
"""Above so many, workers are worth their start."""

PROGRAMS = ("liftdose", "polars", "duckdb", "pandas")
MOST_GB = 14
"""Memory that pandas may take, which holds all sets at once: with more it would push the machine's
other programs out."""

ENGINES = {"one process": "1", "two workers": "2", "two Dask workers": "dask"}
"""Who may work `weekly` out, and what the program is told."""

WEEKLY = """
import sys
from pathlib import Path
from analysis.measures.weekly import Part, weekly
from analysis.workers import workers
if __name__ == "__main__":
    parts = [Part(Path(name).name, (Path(name),)) for name in sys.argv[3:]]
    if sys.argv[1] == "dask":
        from distributed import LocalCluster
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local:
            with workers(cluster=local.scheduler_address) as who:
                weekly(parts, sys.argv[2], measures=("volume",), who=who)
    else:
        with workers(int(sys.argv[1])) as who:
            weekly(parts, sys.argv[2], measures=("volume",), who=who)
"""

POLARS = """
import sys
import polars as pl
roles = pl.read_parquet(sys.argv[1])
sets = pl.scan_parquet(sys.argv[3:]).filter(~pl.col("kind").is_in(["warmup", "cooldown"]))
(
    sets.group_by("athlete", pl.col("started_at").dt.date().dt.truncate("1w").alias("week"),
                  "exercise_id")
    .agg(pl.len().alias("sets"), (pl.col("load_kg") * pl.col("reps")).sum().alias("tonnage"))
    .join(roles.lazy(), on="exercise_id")
    .group_by("athlete", "week", "muscle")
    .agg(
        (pl.col("sets") * pl.col("direct")).sum().alias("direct"),
        (pl.col("sets") * pl.col("fractional")).sum().alias("fractional"),
        (pl.col("sets") * pl.col("total")).sum().alias("total"),
        (pl.col("tonnage") * pl.col("direct")).sum().alias("tonnage"),
    )
    .sort("athlete", "week", "muscle")
    .sink_parquet(sys.argv[2])
)
"""

DUCKDB = """
import sys
import duckdb
files = ", ".join(f"'{name}'" for name in sys.argv[3:])
base = duckdb.connect()
base.execute("SET threads = 2")
base.execute(f'''
COPY (
  WITH sums AS (
    SELECT athlete, date_trunc('week', started_at)::DATE AS week, exercise_id,
           count(*) AS sets, sum(load_kg * reps) AS tonnage
    FROM read_parquet([{files}]) WHERE kind NOT IN ('warmup', 'cooldown') GROUP BY ALL
  )
  SELECT athlete, week, muscle, sum(sets * direct) AS direct, sum(sets * fractional) AS fractional,
         sum(sets * total) AS total, sum(tonnage * direct) AS tonnage
  FROM sums JOIN read_parquet('{sys.argv[1]}') USING (exercise_id) GROUP BY ALL
  ORDER BY athlete, week, muscle
) TO '{sys.argv[2]}' (FORMAT parquet)
''')
"""

PANDAS = """
import sys
import pandas as pd
columns = ["athlete", "started_at", "exercise_id", "kind", "load_kg", "reps"]
sets = pd.concat(pd.read_parquet(name, columns=columns) for name in sys.argv[3:])
sets = sets[~sets["kind"].isin(["warmup", "cooldown"])]
week = sets["started_at"].dt.normalize()
sets["week"] = week - pd.to_timedelta(week.dt.day_of_week, unit="D")
sets["tonnage"] = sets["load_kg"] * sets["reps"]
sums = sets.groupby(["athlete", "week", "exercise_id"], sort=False).agg(
    sets=("tonnage", "size"), tonnage=("tonnage", "sum")
)
rows = sums.reset_index().merge(pd.read_parquet(sys.argv[1]), on="exercise_id")
for rule in ("direct", "fractional", "total"):
    rows[rule] *= rows["sets"]
rows.groupby(["athlete", "week", "muscle"])[
    ["direct", "fractional", "total", "tonnage"]
].sum().reset_index().to_parquet(sys.argv[2])
"""

CODE = {"liftdose": WEEKLY, "polars": POLARS, "duckdb": DUCKDB, "pandas": PANDAS}


def run(code: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Run a program in a process of its own; return its seconds, CPU seconds and peak memory."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(code)
        script.flush()
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, script.name, *arguments],
            preexec_fn=_limited if code is PANDAS else None,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    return {
        "failed": bool(status),
        "wall_s": round(wall, 2),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_gb": round(usage.ru_maxrss / 1024**2, 2),
    }


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_GB << 30, MOST_GB << 30))


def write_roles(path: Path) -> None:
    """Write exercise × muscle with the weights of the three rules, for the baselines."""
    import polars as pl

    from analysis.exercises import shipped
    from analysis.measures.counting import RULES

    roles = shipped().muscle_roles
    roles.select(
        "exercise_id",
        "muscle",
        *(
            pl.col("role").replace_strict(dict(rule), default=0.0).alias(name)
            for name, rule in RULES.items()
        ),
    ).write_parquet(path)


def same_as_alone(written: Path, part: Path) -> bool:
    """Whether the first lifters' rows of a file are, to the bit, what they are by themselves."""
    import polars as pl

    from analysis import schema
    from analysis.exercises import shipped
    from analysis.logbook import Logbook
    from analysis.measures.volume import volume

    sets = pl.read_parquet(part)
    nothing = schema.empty(schema.LEDGER)
    book = Logbook(sets, nothing, nothing, nothing, shipped())
    alone = pl.from_pandas(volume(book).table).cast({"week": pl.Date})
    own = pl.col("athlete").is_in(sets["athlete"].unique().implode())
    rows = pl.scan_parquet(written).filter(own).select(alone.columns).collect()
    return rows.equals(alone)


def measure(
    folder: Path, millions: Sequence[float], jobs: int, engines_at: float, keep: Path | None
) -> dict[str, Any]:
    """Measure every program at every size, and who works `weekly` out at one."""
    import polars as pl

    from cohorts import write_sets

    write_sets(folder, round(max(millions) * 1e6))
    parts = sorted(folder.glob("part-*.parquet"))
    held = [pl.scan_parquet(part).select(pl.len()).collect().item() for part in parts]
    roles, out = folder / "roles.parquet", folder / "weekly.parquet"
    write_roles(roles)
    found: dict[str, Any] = {
        "machine": machine(), "jobs": jobs, "most_gb": MOST_GB, "rows": [], "engines": []
    }  # fmt: skip

    def add(rows: list[dict[str, Any]], row: dict[str, Any]) -> None:
        rows.append(row)
        print(json.dumps(row), flush=True)
        if keep is not None:
            keep.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    for size in millions:
        n_parts = next(n for n in range(1, len(parts) + 1) if sum(held[:n]) >= size * 1e6)
        files = [str(part) for part in parts[:n_parts]]
        for program in PROGRAMS:
            workers = jobs if size > FROM_MILLIONS else 1
            first = str(workers) if program == "liftdose" else str(roles)
            row: dict[str, Any] = {"program": program, "sets": sum(held[:n_parts])}
            row |= run(CODE[program], [first, str(out), *files])
            row["load_average"] = round(os.getloadavg()[0], 1)
            if program == "liftdose" and not row["failed"]:
                row["rows"] = pl.scan_parquet(out).select(pl.len()).collect().item()
                row["same_as_alone"] = same_as_alone(out, parts[0])
            out.unlink(missing_ok=True)
            add(found["rows"], row)
        for who, said in ENGINES.items() if size == engines_at else ():
            row = {"engine": who, "sets": sum(held[:n_parts])} | run(
                WEEKLY, [said, str(out), *files]
            )
            row["sha256"] = sha256(out.read_bytes()).hexdigest()[:12]
            add(found["engines"], row)
            out.unlink()
    return found


def machine() -> dict[str, str]:
    """Return what the figures hang on."""
    libraries = ("polars", "duckdb", "pandas", "numpy", "pyarrow")
    return {
        "processors": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        **{name: version(name) for name in libraries},
    }


def table(found: dict[str, Any]) -> str:
    """Return the figures as a table of Markdown, with ratios to bare polars."""
    lines = [
        "| sets | program | wall s | CPU s | CPU s per 1M | × polars (CPU) | peak GB | load |",
        "|---|---|---|---|---|---|---|---|",
    ]
    bare = {row["sets"]: row["cpu_s"] for row in found["rows"] if row["program"] == "polars"}
    for row in found["rows"]:
        if row["failed"]:
            lines.append(
                f"| {row['sets']:,} | {row['program']} | more than {found['most_gb']} GB "
                f"| | | | | {row['load_average']} |"
            )
            continue
        per_million = row["cpu_s"] / row["sets"] * 1e6
        lines.append(
            f"| {row['sets']:,} | {row['program']} | {row['wall_s']} | {row['cpu_s']} | "
            f"{per_million:.2f} | {row['cpu_s'] / bare[row['sets']]:.1f} | {row['peak_gb']} | "
            f"{row['load_average']} |"
        )
    for program in PROGRAMS:
        points = [(r["sets"], r["cpu_s"]) for r in done(found, program)]
        if len(points) > 1:
            (n0, t0), (n1, t1) = points[0], points[-1]
            steps = ", ".join(
                f"{log(t / s) / log(n / m):.2f}" for (m, s), (n, t) in pairwise(points)
            )
            lines.append(
                f"\n{program}: log-log slope of CPU {log(t1 / t0) / log(n1 / n0):.2f} ({steps})"
            )
    if found["engines"]:
        lines += ["", "| who works it out | sets | wall s | CPU s | peak GB | file |",
                  "|---|---|---|---|---|---|"]  # fmt: skip
        lines += [
            f"| {row['engine']} | {row['sets']:,} | {row['wall_s']} | {row['cpu_s']} | "
            f"{row['peak_gb']} | {row['sha256']}… |"
            for row in found["engines"]
        ]
    said = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    return "\n".join([*lines, "", said])


def done(found: dict[str, Any], program: str) -> list[dict[str, Any]]:
    """Return the rows of a program that came to an end."""
    return [row for row in found["rows"] if row["program"] == program and not row["failed"]]


COLOURS = {"liftdose": "#0072b2", "polars": "#d55e00", "duckdb": "#009e73", "pandas": "#cc79a7"}


def draw(found: dict[str, Any]) -> str:
    """Return CPU seconds and memory against sets as curves, both axes by powers of ten."""
    panels = (("cpu_s", "CPU s"), ("peak_gb", "peak memory, GB"))
    low, high = 5.9, 7.9  # 0.8 to 80 million sets
    shapes = []
    for at, (name, title) in enumerate(panels):
        left, values = 60 + 360 * at, [row[name] for row in found["rows"] if not row["failed"]]
        least, most = int(log(min(values), 10) - 1), int(log(max(values), 10) + 1)

        def place(
            n: float, value: float, left: int = left, least: int = least, most: int = most
        ) -> str:
            across = left + 280 * (log(n, 10) - low) / (high - low)
            return f"{across:.1f},{250 - 220 * (log(value, 10) - least) / (most - least):.1f}"

        shapes.append(f'<text x="{left}" y="18">{title}</text>')
        for power in range(least, most + 1):
            x, y = place(10**low, 10**power).split(",")
            shapes.append(f'<path d="M{x},{y}h280" stroke="#ccc"/>')
            shapes.append(f'<text x="{left - 8}" y="{y}" text-anchor="end">{10.0**power:g}</text>')
        for n in (1e6, 1e7, 5e7):
            x = place(n, 10**least).split(",")[0]
            shapes.append(f'<text x="{x}" y="270" text-anchor="middle">{n / 1e6:g}M sets</text>')
        for program, colour in COLOURS.items():
            rows = done(found, program)
            line = " ".join(place(row["sets"], row[name]) for row in rows)
            shapes.append(
                f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
            )
            if rows:
                x, y = place(rows[-1]["sets"], rows[-1][name]).split(",")
                shapes.append(f'<text x="{float(x) + 4}" y="{y}" fill="{colour}">{program}</text>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 285" '
        f'font-family="sans-serif" font-size="12">{"".join(shapes)}</svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 4])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the cohort here, and use what is there")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--engines-at", type=float, default=4, metavar="MILLIONS")
    parser.add_argument("--table", type=Path, metavar="JSON", help="print a table of figures")
    parser.add_argument("--draw", type=Path, nargs=2, metavar=("JSON", "SVG"))
    asked = parser.parse_args()
    if asked.draw:
        asked.draw[1].write_text(draw(json.loads(asked.draw[0].read_text())), encoding="utf-8")
        return
    if asked.table:
        print(table(json.loads(asked.table.read_text())))
        return
    with tempfile.TemporaryDirectory(prefix="liftdose-scale-") as scratch:
        folder = asked.folder or Path(scratch)
        found = measure(folder, sorted(asked.millions), asked.jobs, asked.engines_at, asked.json)
    print(table(found))


if __name__ == "__main__":
    main()
