"""From a vendor's text columns to the set table: typed, converted, checked, numbered.

A record without a readable date, exercise, load or repetitions is rejected. A bad value in an
optional column (RPE, rest …) is cleared and reported, and the set is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from analysis import schema, units
from analysis.exercises import Catalogue
from analysis.ingest import tempo_and_side
from analysis.ingest.vendors import STAGED_TEXT, Staged

NUMBERS = {
    "load_kg": "load",
    "reps": "reps",
    "rir": "rir",
    "rpe": "rpe",
    "duration_s": "duration_s",
    "distance_m": "distance",
    "rest_s": "rest_s",
    "body_mass_kg": "body_mass",
}
"""Typed column -> the staged text it is read from."""

LOGGED_NUMBER = "logged_number"
"""Beside the set table while it is staged: the place of a set as the app itself numbers it."""

PLACE = "_place"

FILE = 1 << 32
"""Where files are read together, `source_row` is the file's number × this, plus the line."""

HELD = ("external", "per_hand", "unknown")

MAPPED = pl.Struct({"exercise_id": pl.String, "load_basis": pl.String})

ESSENTIAL = ("started_at", "exercise", "load_kg", "reps")
"""Columns whose bad value costs the record; elsewhere the value is cleared and the set kept."""

_SETS = {column.name: column for column in schema.SETS}
_EARLIEST, _LATEST = pl.datetime(1980, 1, 1), pl.datetime(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file's sets come from: the columns that are the same on every row."""

    athlete: str
    app: str
    source_file: str


@dataclass(frozen=True, slots=True)
class Check:
    """The checking of one file, to be run by collecting or sinking `sets`.

    Attributes:
        sets: the set table, lazy.
        odd: filled while `sets` runs: the records that are no sets, are rejected or had a value
            cleared, as text, with a boolean `bad_<column>` per rule. One pass serves both, which
            halves the time and the memory of two queries over one file.
    """

    sets: pl.LazyFrame
    odd: list[pl.DataFrame] = field(default_factory=list)


def check(
    staged: Staged,
    origin: Origin,
    catalogue: Catalogue,
    unit_of: pl.DataFrame,
    *,
    numbers: bool = True,
    many: bool = False,
) -> Check:
    """Type, convert and validate one file's records.

    Args:
        staged: the vendor's rows.
        origin: athlete, app and file name.
        catalogue: maps exercise names.
        unit_of: `exercise`, `unit`: the unit of each exercise, where the file does not say.
        numbers: whether `LOGGED_NUMBER` stands beside the set table, for comparison with other
            files.
        many: whether the rows are of many files (`FILE`).
    """
    kinds = staged.rows.collect_schema()
    present = set(kinds.names())
    if staged.distance_unit is None:
        present.discard("distance")  # nobody knows what the number is; the staging counts them
    rows = staged.rows
    if staged.load_unit is None and "load" in present:
        rows = rows.join(unit_of.lazy(), on="exercise", how="left", maintain_order="left")
    bad = _broken_rules(present, kinds)
    fatal = pl.any_horizontal(name for name in bad if name.removeprefix("bad_") in ESSENTIAL)
    is_set = ~fatal & pl.col("not_set").is_null() if "not_set" in present else ~fatal
    rows = rows.with_columns(**_typed(staged, kinds)).with_columns(**bad)
    rows = rows.with_columns(is_set=is_set, is_odd=~is_set | pl.any_horizontal(*bad))
    odd: list[pl.DataFrame] = []
    texts = [name for name in (*STAGED_TEXT, "started_text", "ended_at") if name in present]

    def set_odd_records_aside(batch: pl.DataFrame) -> pl.DataFrame:
        if not batch["is_odd"].any():
            return batch
        aside = batch.filter("is_odd")
        odd.append(aside.select("source_row", "is_set", pl.col(texts).cast(pl.String), *bad))
        cleared = {
            f"typed_{name}": pl.when(~pl.col(f"bad_{name}")).then(f"typed_{name}")
            for name in NUMBERS
            if f"bad_{name}" in bad
        }
        for name in ("ended_at", "set_number"):
            if f"bad_{name}" in bad:
                cleared[name] = pl.when(~pl.col(f"bad_{name}")).then(name)
        return batch.filter("is_set").with_columns(**cleared)

    kept = rows.map_batches(
        set_odd_records_aside,
        streamable=True,
        validate_output_schema=False,
        predicate_pushdown=False,
        projection_pushdown=False,
    )
    table = set_table(kept, present, origin, catalogue, numbers=numbers, many=many)
    return Check(table, odd)


def broken(odd: pl.DataFrame, names: Mapping[str, str], label: str) -> Iterator[pl.DataFrame]:
    """Yield `schema.REJECTED` rows, one per broken rule, with `fatal` and the `typed` column."""
    for flag in (name for name in odd.columns if name.startswith("bad_")):
        column = flag.removeprefix("bad_")
        text = {"started_at": "started_text"}.get(column, NUMBERS.get(column, column))
        yield odd.filter(pl.col(flag)).select(
            source_file=pl.lit(label),
            source_row="source_row",
            column=pl.lit(names.get(column, names.get(text, text))),
            value=pl.col(text).fill_null(""),
            rule=pl.lit(_rule(column)),
            fatal=pl.lit(column in ESSENTIAL),
            typed=pl.lit(column),
        )


def _rule(column: str) -> str:
    match column:
        case "started_at":
            return "a date that can be read in one way only, from 1980 to 2099"
        case "exercise":
            return "the name of an exercise"
        case "ended_at":
            return "an end of the workout that is not before its start"
        case "set_number":
            return f"the place of a set, {_SETS[column].bounds}"
        case "distance_m":
            return f"a distance with its unit, {_SETS[column].bounds} m"
        case _:
            return f"a number, {_SETS[column].bounds} as {column}"


def read_number(text: pl.Series) -> pl.Series:
    """Read a column of plain numbers; null where a cell is none."""
    quick = text.cast(pl.Float64, strict=False)
    if quick.null_count() == text.null_count():
        return quick
    return text.str.strip_chars().cast(pl.Float64, strict=False)


GROUPED = r"^[+-]?[1-9]\d{0,2}(%s\d{3})+$"
"""Thousands marked by one sign, which may also be one decimal sign and three decimals."""

SPACED = r"^[+-]?[1-9]\d{0,2}(?:[ '\u2019\u00a0\u202f]\d{3})+(?:[.,]\d+)?$"


def plain_numbers(staged: Staged) -> Staged:
    """Return the rows with numbers of decimal commas and marked thousands written plainly.

    `1,000` alone may be a thousand or one. The file's other numbers decide: `12,5` shows that
    the comma marks decimals, `12.5` or `1,000.5` that it marks thousands. Where they show
    nothing, or both, it stays as it is, and is turned away.
    """
    kinds = staged.rows.collect_schema()
    texts = [text for text in NUMBERS.values() if kinds.get(text) == pl.String]
    if not texts:
        return staged
    cells = pl.col(texts)
    signs = staged.rows.select(cells.str.contains(r"[,'\u2019\u00a0\u202f]|\d \d|\..*\.").any())
    if not any(signs.collect().row(0)):
        return staged
    seen = staged.rows.select(cells).unpivot().select(text=pl.col("value").str.strip_chars())
    odd = seen.unique().drop_nulls().collect()["text"]
    comma, point = GROUPED % ",", GROUPED % r"\."
    by_comma = odd.str.contains(r"^[+-]?\d+,\d+$") & ~odd.str.contains(comma)
    by_point = odd.str.contains(r"^[+-]?[\d,]*\d\.\d+$") & ~odd.str.contains(point)
    groups = by_point | odd.str.contains(r"^[+-]?[1-9]\d{0,2}(,\d{3}){2,}$")
    decimal_comma = bool(by_comma.any()) and not bool(groups.any())
    decimal_point = bool(groups.any()) and not bool(by_comma.any())
    return replace(
        staged,
        rows=staged.rows.with_columns(
            _plain(name, decimal_comma=decimal_comma, decimal_point=decimal_point)
            for name in texts
        ),
    )


def _plain(name: str, *, decimal_comma: bool, decimal_point: bool) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    no_commas = text.str.replace_all(",", "", literal=True)
    no_points = text.str.replace_all(".", "", literal=True)
    as_point = text.str.replace(",", ".", literal=True)
    comma, point = text.str.contains(GROUPED % ","), text.str.contains(GROUPED % r"\.")
    return (
        pl.when(text.str.contains(SPACED))
        .then(text.str.replace_all(r"[^\d.,+-]", "").str.replace(",", ".", literal=True))
        .when(text.str.contains(r"^[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+$"))
        .then(no_commas)
        .when(text.str.contains(r"^[+-]?[1-9]\d{0,2}(\.\d{3})+,\d+$"))
        .then(no_points.str.replace(",", ".", literal=True))
        .when(text.str.contains(r"^[+-]?[1-9]\d{0,2}(,\d{3}){2,}$"))
        .then(no_commas)
        .when(text.str.contains(r"^[+-]?[1-9]\d{0,2}(\.\d{3}){2,}$"))
        .then(no_points)
        .when(comma & pl.lit(decimal_point))
        .then(no_commas)
        .when(comma & ~pl.lit(decimal_comma))
        .then(text)
        .when(point & pl.lit(decimal_comma))
        .then(no_points)
        .when(text.str.contains(r"^[+-]?\d+,\d+$"))
        .then(as_point)
        .otherwise(pl.col(name))
        .alias(name)
    )


def _typed(staged: Staged, kinds: pl.Schema) -> dict[str, pl.Expr]:
    """Typed columns wait under another name: their raw text must survive for messages."""
    made = {
        name: pl.col(text)
        if kinds[text] == pl.Float64
        else pl.col(text).map_batches(read_number, return_dtype=pl.Float64, is_elementwise=True)
        for name, text in NUMBERS.items()
        if text in kinds
    }
    if staged.distance_unit is None:
        made.pop("distance_m", None)
    if "load_kg" in made:
        made["load_kg"] = _in_base(
            made["load_kg"], staged.load_unit, _load_unit(staged), units.KG_PER
        )
    if "distance_m" in made:
        made["distance_m"] = _in_base(
            made["distance_m"], staged.distance_unit, "distance_unit", units.M_PER
        )
    if "body_mass_kg" in made:
        column = "body_mass_unit" if staged.body_mass_unit == "" else _load_unit(staged)
        unit = staged.load_unit if staged.body_mass_unit is None else staged.body_mass_unit
        made["body_mass_kg"] = _in_base(made["body_mass_kg"], unit, column, units.KG_PER)
    return {f"typed_{name}": value for name, value in made.items()}


def _load_unit(staged: Staged) -> str:
    """Name the column that holds the unit of each row's load."""
    return "unit" if staged.load_unit is None else "load_unit"


def _in_base(
    value: pl.Expr, unit: str | None, column: str, factors: Mapping[str, float]
) -> pl.Expr:
    if unit:
        return value * factors[unit] if factors[unit] != 1 else value
    converted = units.in_base_unit(value, pl.col(column), factors)
    return pl.when(value == 0).then(0.0).otherwise(converted)  # 0 is 0 in every unit


def _broken_rules(present: set[str], kinds: pl.Schema) -> dict[str, pl.Expr]:
    bad = {
        "bad_started_at": ~pl.col("started_at").is_between(_EARLIEST, _LATEST).fill_null(False),
        "bad_exercise": ~given("exercise"),
    }
    if "ended_at" in present:
        bad["bad_ended_at"] = (pl.col("ended_at") < pl.col("started_at")).fill_null(False)
    if "set_number" in present:
        low, high = _SETS["set_number"].low, _SETS["set_number"].high
        bad["bad_set_number"] = ~pl.col("set_number").is_between(low, high).fill_null(True)
    for name, text in NUMBERS.items():
        if text in present:
            rule = _SETS[name]
            inside = pl.col(f"typed_{name}").is_between(rule.low, rule.high).fill_null(False)
            said = pl.col(text).is_not_null() if kinds[text] == pl.Float64 else given(text)
            bad[f"bad_{name}"] = said & ~inside
    return bad


def set_table(
    rows: pl.LazyFrame,
    present: set[str],
    origin: Origin,
    catalogue: Catalogue,
    *,
    numbers: bool,
    many: bool = False,
) -> pl.LazyFrame:
    """Return the set table (`schema.SETS`) of records that are sets.

    Args:
        rows: the staged columns, with `typed_<column>` for each of `NUMBERS` that is there.
        present: names of the staged columns.
        origin: what is the same on every row.
        catalogue: maps exercise names.
        numbers: see `check`.
        many: see `check`.
    """
    rows = rows.with_columns(
        session=pl.col("started_at").map_batches(
            _session, return_dtype=pl.String, is_elementwise=True
        ),
        mapped=_mapping(catalogue),
        **({"told": tempo_and_side.told("note")} if "note" in present else {}),
        **{
            name: _value(name, present) if text in present else pl.lit(None, dtype=pl.Float64)
            for name, text in NUMBERS.items()
        },
    )
    rows = _numbered(rows, present, many=many)
    made = {
        "athlete": pl.col("person") if "person" in present else pl.lit(origin.athlete),
        "app": pl.lit(origin.app),
        "source_file": pl.lit(origin.source_file),
        "exercise_id": pl.col("mapped").struct.field("exercise_id"),
        "load_basis": _basis("load_basis" in present),
        "rir": pl.coalesce("rir", 10 - pl.col("rpe")),  # Zourdos et al. 2016
        "kind": pl.col("kind") if "kind" in present else pl.lit("work"),
    }
    if "note" in present:
        for name in ("tempo", "side"):
            said = pl.col("told").struct.field(name)
            made[name] = pl.coalesce(name, said) if name in present else said
    known = {*present, "session", "exercise_number", "set_number", *NUMBERS}
    columns = [
        _final(column, made, known).cast(column.dtype).alias(column.name) for column in schema.SETS
    ]
    logged = next((name for name in (LOGGED_NUMBER, "set_number") if name in present), None)
    if numbers and logged is not None:
        columns.append(pl.col(logged).cast(pl.Int32, strict=False).alias(LOGGED_NUMBER))
    return rows.select(columns)


def _final(column: schema.Column, made: Mapping[str, pl.Expr], known: set[str]) -> pl.Expr:
    if column.name in made:
        return made[column.name]
    if column.name not in known:
        return pl.lit(None)
    if column.name in ("workout", "note"):
        return pl.when(given(column.name)).then(column.name)
    return pl.col(column.name)


def _value(name: str, present: set[str]) -> pl.Expr:
    """A number; none where some apps write 0 and others leave it blank.

    That is a time or a distance of 0, and repetitions of 0 beside a time or a distance.
    """
    value = pl.col(f"typed_{name}")
    if name in ("duration_s", "distance_m"):
        return pl.when(value != 0).then(value)
    amounts = [
        f"typed_{each}" for each in ("duration_s", "distance_m") if NUMBERS[each] in present
    ]
    if name == "reps" and amounts:
        timed = pl.any_horizontal(pl.col(each) > 0 for each in amounts).fill_null(False)
        return pl.when(~(timed & (value == 0).fill_null(False))).then(value)
    return value


def _session(started_at: pl.Series) -> pl.Series:
    """Name each workout by its start; formatted once per run of rows, not once per row."""
    place = started_at.rle_id()
    first = place.ne_missing(place.shift(1))
    return started_at.filter(first).dt.strftime("%Y-%m-%dT%H:%M:%S").gather(place)


def _numbered(rows: pl.LazyFrame, present: set[str], *, many: bool) -> pl.LazyFrame:
    """Number the runs of one exercise in a workout, and the sets in a run."""
    numbered = "set_number" in present
    begins = _changed("started_at")
    for name in ("workout", "person"):
        if name in present:
            begins |= _changed(name)
    if many:
        begins |= (pl.col("source_row") // FILE).diff() != 0
    run_begins = pl.col("new_session") | _changed("exercise")
    if numbered:
        number = pl.col("set_number")
        run_begins |= (number <= number.shift(1)).fill_null(False)
    # A count of all rows would hold the whole file back until it is known; an index does not.
    rows = rows.with_row_index(PLACE).with_columns(new_session=begins)
    rows = rows.with_columns(new_run=run_begins)
    rows = rows.with_columns(run=pl.col("new_run").cast(pl.Int32).cum_sum())
    before = pl.when("new_session").then("run").forward_fill()
    places = {"exercise_number": pl.col("run") - before + 1}
    counted = _count_since(pl.col("new_run"))
    places["set_number"] = pl.coalesce("set_number", counted) if numbered else counted
    return rows.with_columns(**places)


def _changed(column: str) -> pl.Expr:
    return pl.col(column).ne_missing(pl.col(column).shift(1))


def _count_since(start: pl.Expr) -> pl.Expr:
    place = pl.col(PLACE).cast(pl.Int32)
    return place - pl.when(start).then(place).forward_fill() + 1


def _basis(said: bool) -> pl.Expr:
    """What the load counts: the export's word or the catalogue's; body mass if nothing is added.

    An export's `external` or `per_hand` says how many are held. It does not say that body mass
    counts for nothing, where the catalogue knows that it counts.
    """
    basis = pl.col("mapped").struct.field("load_basis")
    if said:
        word = pl.when(given("load_basis")).then(pl.col("load_basis"))
        held = basis.is_in(HELD) | ~word.is_in(HELD)
        basis = pl.when(held & word.is_not_null()).then(word).otherwise(basis)
    nothing = pl.col("load_kg").fill_null(0) == 0
    return pl.when((basis == "added") & nothing).then(pl.lit("bodyweight")).otherwise(basis)


def _mapping(catalogue: Catalogue) -> pl.Expr:
    """Exercise id and load basis of each name; each distinct name is matched once per file."""
    known: dict[str, dict[str, str | None]] = {}

    def look_up(names: pl.Series) -> pl.Series:
        place = names.rle_id()  # sets of one exercise stand together
        runs = names.filter(place.ne_missing(place.shift(1)))
        distinct = runs.unique().drop_nulls()
        new = [name for name in distinct if name not in known]
        if new:
            knowing = catalogue.with_parts(new)
            bases = knowing.exercises.select("exercise_id", "load_basis")
            found = knowing.match(new).join(bases, on="exercise_id", how="left")
            for name, exercise_id, basis in found.select(
                "exercise", "exercise_id", pl.col("load_basis").fill_null("unknown")
            ).iter_rows():
                known[name] = {"exercise_id": exercise_id, "load_basis": basis}
        found = pl.DataFrame(
            {"name": distinct, "mapped": [known[name] for name in distinct]},
            schema={"name": pl.String, "mapped": MAPPED},
        )
        mapped = runs.to_frame("name").join(found, on="name", how="left", maintain_order="left")
        return mapped["mapped"].gather(place)

    return pl.col("exercise").map_batches(look_up, return_dtype=MAPPED, is_elementwise=True)


def given(text: str) -> pl.Expr:
    """Not blank: exports write a missing cell as nothing or as a pair of quotes."""
    return (pl.col(text) != "").fill_null(False)
