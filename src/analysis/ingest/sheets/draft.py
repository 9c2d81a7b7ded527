"""A first recipe for a table of one's own, drafted from the table, with what is unsure about it.

What a column holds is told by its name, in seven languages, or by its cells; which layout it is
by where dates, exercises and weeks stand. A draft is read back as the user will read it, and
everything that was decided without proof is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from analysis.ingest.sheets import cells
from analysis.ingest.sheets.grid import Tab
from analysis.ingest.sheets.layout import Layout, across_title, read_date

LOOKED_AT = 40
"""Rows at the top of a tab in which a header is looked for."""

WORDS: dict[str, str] = {
    "date": "date day datum tag fecha día dia data jour giorno дата",
    "workout": "workout session training routine program programme workout_name тренировка "
    "entrenamiento treino séance allenamento einheit",
    "exercise": "exercise exercises exercise_name movement lift übung übungen ejercicio exercício "
    "exercice esercizio упражнение name_of_exercise",
    "set": "set set_number set_no set_# set_order satz serie_nr подход",
    "sets": "sets number_of_sets sätze series séries serie подходы",
    "reps": "reps rep repetitions r wdh wiederholungen repeticiones repetições répétitions "
    "ripetizioni повторения повторы count times",
    "load": "weight load w kg lb lbs gewicht last peso carga poids charge carico вес kilos "
    "weight_kg weight_lb weight_lbs",
    "load_unit": "unit weight_unit einheit_gewicht unidad unité unità",
    "rpe": "rpe",
    "rir": "rir",
    "note": "note notes comment comments notiz notizen kommentar nota notas comentario remarque "
    "remarques commentaire osservazioni заметки комментарий",
}
PLACE_OF = {word: place for place, words in WORDS.items() for word in words.split()}
DATES = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y",
         "%Y/%m/%d", "%Y.%m.%d")  # fmt: skip
_WEEK = re.compile(r"(?:week|wk|woche|semana|semaine|settimana|неделя)\s*\d+", re.IGNORECASE)
_UNIT = re.compile(r"\b(kgs?|lbs?|кг)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted recipe.

    Attributes:
        layouts: one per kind of tab.
        doubts: what was decided without proof, or could not be, a sentence each.
    """

    layouts: tuple[Layout, ...]
    doubts: tuple[str, ...]

    def to_toml(self) -> str:
        """The text of a `recipe.toml`, the doubts as comments."""
        head = ["# How this table is laid out; drafted by `liftdose recipe`. Edit it as you like."]
        head += [f"# Unsure: {doubt}" for doubt in self.doubts]
        return "\n".join([*head, "", *("\n" + each.to_toml() for each in self.layouts), ""])


def draft(tabs: Sequence[Tab], file: str, unit: str | None = None) -> Draft:
    """Draft the recipe of a file.

    Args:
        tabs: its tabs.
        file: its name; the recipe is for this file.
        unit: "kg" or "lb", where the user says it.
    """
    found: dict[str, tuple[Layout, list[str]]] = {}
    doubts: list[str] = []
    left_out: list[str] = []
    for tab in tabs:
        unsure: list[str] = []
        each = _of_tab(tab, unsure)
        if each is not None:
            each = _with_unit(each, tab, unit)
            if each.to_toml() not in found:  # tabs of one layout share their doubts
                found[each.to_toml()] = (each, [])
                doubts += unsure
            found[each.to_toml()][1].append(tab.name)
        elif any(any(row) for row in tab.rows):
            left_out.append(tab.name)
    if not found:
        doubts.append("no layout was recognised; say it in the recipe by hand")
    if left_out:
        doubts.insert(0, f"{_listed(left_out)} no log of sets that can be recognised; left out")
    layouts = [
        replace(each, files=_glob(file), tabs=_tabs(names, len(tabs)))
        for each, names in found.values()
    ]
    doubts += _general_doubts(layouts, unit)
    return Draft(tuple(layouts), tuple(dict.fromkeys(doubts)))


def _glob(name: str) -> str:
    """A pattern that matches this name alone."""
    return re.sub(r"([\[*?])", r"[\1]", name) or "*"


def _tabs(names: Sequence[str], of: int) -> tuple[str, ...]:
    """Patterns for the tabs of one layout; a number in a name may be any, for tabs to come."""
    if len(names) == of:
        return ("*",)
    if len(names) == 1:
        return (_glob(names[0]),)
    return tuple(dict.fromkeys(re.sub(r"\d", "[0-9]", _glob(name)) for name in names))


def _listed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"tab {names[0]!r} holds" if names[0] else "the table holds"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"the tabs {', '.join(map(repr, names[:3]))}{more} hold"


def _named(tab: Tab) -> str:
    return f"tab {tab.name!r}" if tab.name else "the table"


def _general_doubts(layouts: Sequence[Layout], unit: str | None) -> Iterator[str]:
    if any(not each.dated for each in layouts):
        yield (
            "there is no date: it is taken for a program, of which nothing is a set; "
            "start = 2024-01-01 would date its first week"
        )
    silent = any(not each.unit and "load_unit" not in each.places for each in layouts)
    if silent and unit is None:
        yield 'the table does not say kg or lb; the numbers must tell, or unit = "kg" does'


def _with_unit(layout: Layout, tab: Tab, unit: str | None) -> Layout:
    """The unit that the user says, or else the one that the header names."""
    if unit:
        return replace(layout, unit=unit)
    top = tab.rows[: max(layout.header, layout.across_row)]
    said = {_short(word) for row in top for cell in row for word in _UNIT.findall(cell)}
    return replace(layout, unit=said.pop()) if len(said) == 1 else layout


def _short(word: str) -> str:
    return "lb" if word.lower().startswith("lb") else "kg"


def _of_tab(tab: Tab, doubts: list[str]) -> Layout | None:
    rows = [row for row in tab.rows if any(cell.strip() for cell in row)]
    if not rows:
        return None
    for way in (_dates_across, _header_of_rows, _exercises_across, _weeks_across, _no_header,
                _program):  # fmt: skip
        layout = way(tab, doubts)
        if layout is not None:
            return layout
    return None


def _place(cell: str) -> str | None:
    """What a column of this name holds."""
    name = re.sub(r"[(\[].*?[)\]]", "", cells.plain(cell).lower()).strip(" :.#")
    return PLACE_OF.get(re.sub(r"[\s_-]+", "_", name))


def _tab_date(tab: Tab) -> dict[str, str | int]:
    return {"date": "tab"} if tab.name and _form([tab.name]) is not None else {}


def _form(texts: Sequence[str]) -> str | None:
    """How dates are written: "" for ISO; None where these are no dates, or two forms fit alike."""
    given = [text.strip() for text in texts if text.strip()]
    if not given:
        return None
    if all(read_date(text, "") for text in given):
        return ""
    fits = [form for form in DATES if all(_fits(text, form) for text in given)]
    if len(fits) > 1 and not fits[0].startswith("%d.") and not fits[0].startswith("%Y"):
        fits = [form for form in fits if "%y" not in form] or fits
    return fits[0] if fits else None


def _fits(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).year > 1980
    except ValueError:
        return False


def _date_column(tab: Tab, column: int, header: int, doubts: list[str]) -> str | None:
    texts = [row[column] for row in tab.rows[header:] if column < len(row) and row[column].strip()]
    # A few cells that are none (a total, a remark) do not make it another column.
    forms = Counter(_form([text]) for text in texts[:200])
    whole = _form([text for text in texts if _form([text]) is not None])
    if not texts or forms[None] > len(texts[:200]) / 10:
        return None
    if whole in ("%d/%m/%Y", "%d/%m/%y") and all(
        _fits(t, whole.replace("%d/%m", "%m/%d")) for t in texts
    ):
        doubts.append(f"{_named(tab)}: which of {texts[0]!r}'s numbers is the day is not shown; "
                      "dates = \"%m/%d/%Y\" if it is the second")  # fmt: skip
    return whole


def _header_of_rows(tab: Tab, doubts: list[str]) -> Layout | None:
    """A row that names columns, the exercise among them."""
    for number, row in enumerate(tab.rows[:LOOKED_AT], start=1):
        places: dict[str, str | int] = {}
        for column, cell in enumerate(row, start=1):
            place = _place(cell)
            if place and place not in places:
                places[place] = cell if row.count(cell) == 1 else column
        if "exercise" in places and {"reps", "load", "sets"} & set(places):
            return _long(tab, number, places, doubts)
        if "exercise" in places and (layout := _weeks_in(tab, number, places)):
            return layout
    return None


def _long(tab: Tab, header: int, places: dict[str, str | int], doubts: list[str]) -> Layout:
    names = tab.rows[header - 1]
    form = _place_of_dates(tab, header, places, doubts)
    work = [_column(places[place], names) for place in ("sets", "reps", "load") if place in places]
    carry = [
        place
        for place in ("date", "workout", "exercise")
        if places.get(place, "tab") not in ("tab", "title")
        and _has_gaps(tab, _column(places[place], names), header, work)
    ]
    if "reps" in places:
        places.pop("set", None)
    order = _cell_order(tab, header, places, names)
    if order:
        places["cell"] = places.pop("reps")
    if _is_share(tab, header, places, names):
        doubts.append(
            f"{_named(tab)}: loads of at most 1 are taken for shares of a maximum: a plan"
        )
    return Layout(header=header, places=places, dates=form, carry_down=tuple(carry),
                  order=order or "sets x reps")  # fmt: skip


def _place_of_dates(tab: Tab, header: int, places: dict[str, str | int], doubts: list[str]) -> str:
    """Settle where dates stand, in `places`, and return how they are written."""
    if "date" in places:
        column = _column(places["date"], tab.rows[header - 1])
        form = _date_column(tab, column, header, doubts)
        if form is not None:
            return form
        doubts.append(f"{_named(tab)}: the column {places.pop('date')!r} holds no dates")
    places |= _tab_date(tab)
    if "date" in places:
        return _form([tab.name]) or ""
    titles = _day_titles(tab, header)
    if titles is not None:
        places["date"] = "title"
    return titles or ""


def _column(where: str | int, names: Sequence[str]) -> int:
    return where - 1 if isinstance(where, int) else list(names).index(where)


def _values(tab: Tab, column: int, header: int) -> list[str]:
    return [row[column] for row in tab.rows[header:] if column < len(row) and row[column].strip()]


def _has_gaps(tab: Tab, column: int, header: int, work: Sequence[int]) -> bool:
    """Blank cells under filled ones, in more than a tenth of the rows that say what was done."""
    rows = [row for row in tab.rows[header:] if any(_filled(row, each) for each in work)]
    blank = [not _filled(row, column) for row in rows]
    return bool(rows) and not blank[0] and sum(blank) > len(rows) / 10


def _filled(row: Sequence[str], column: int) -> bool:
    return column < len(row) and bool(row[column].strip())


def _day_titles(tab: Tab, header: int) -> str | None:
    """How the dates are written that stand in rows of their own; None where there are none."""
    alone = [
        next(cell for cell in row if cell.strip())
        for row in tab.rows[header:]
        if sum(bool(cell.strip()) for cell in row) == 1
    ]
    return _form([text for text in alone if _form([text]) is not None])


def _cell_order(
    tab: Tab, header: int, places: dict[str, str | int], names: Sequence[str]
) -> cells.Order | None:
    """Whether the column of repetitions holds `3x8` with no load beside it."""
    if "reps" not in places or "load" in places:
        return None
    texts = _values(tab, _column(places["reps"], names), header)
    return _order(texts) if texts and all("x" in cells.plain(t).lower() for t in texts) else None


def _is_share(tab: Tab, header: int, places: dict[str, str | int], names: Sequence[str]) -> bool:
    if "load" not in places:
        return False
    texts = _values(tab, _column(places["load"], names), header)
    numbers = [float(t) for t in texts if re.fullmatch(r"\d+(\.\d+)?", t)]
    return bool(numbers) and max(numbers) <= 1 and any(0 < n < 1 for n in numbers)


def _order(texts: Sequence[str]) -> cells.Order:
    """What two numbers with an x between them are: the second is a load when it is often large."""
    number = r"(\d+(?:[.,]\d+)?)(?:-\d+)?\+?"
    found = [
        re.fullmatch(rf"{number}\s*x\s*{number}", cells.plain(text).lower()) for text in texts
    ]
    pairs = [(float(cells.decimal(m[1])), float(cells.decimal(m[2]))) for m in found if m]
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if not first:
        return "sets x reps"
    middle = sorted(second)[len(second) // 2]
    if sorted(first)[len(first) // 2] > 20:
        return "load x reps"
    return "reps x load" if middle > 20 else "sets x reps"


def _dates_across(tab: Tab, doubts: list[str]) -> Layout | None:
    """A row of dates, each over its columns."""
    for number, row in enumerate(tab.rows[:LOOKED_AT], start=1):
        at = [column for column, cell in enumerate(row) if _form([cell]) is not None]
        if len(at) < 2 or at[0] == 0:
            continue
        form = _form([row[column] for column in at])
        gaps = Counter(after - before for before, after in pairwise(at))
        width = gaps.most_common(1)[0][0]
        fields = _group_fields(tab, number, at[0], width)
        if form is None or fields is None:
            continue
        titled = _exercise_titles(tab, number)
        if not titled and not _texts_in_first(tab, number):
            continue
        if len(gaps) > 1:
            doubts.append(f"{_named(tab)}: its dates do not stand at equal distances")
        return Layout(
            layout="columns",
            header=number,
            places={"exercise": "title" if titled else 1},
            across="date",
            across_row=number,
            first=at[0] + 1,
            fields=fields,
            dates=form,
            order=_order(_below(tab, number, at[0])) if "cell" in fields else "sets x reps",
        )
    return None


def _below(tab: Tab, header: int, column: int) -> list[str]:
    return [cell for row in tab.rows[header:] for cell in row[column:] if cell.strip()]


def _group_fields(tab: Tab, row: int, first: int, width: int) -> tuple[str, ...] | None:
    """What the columns of a group hold, from the names above or below the dates."""
    if width == 1:
        return ("cell",)
    for near in (row - 2, row):
        if 0 <= near < len(tab.rows):
            places = [_place(cell) or "" for cell in tab.rows[near][first : first + width]]
            if {"reps", "load"} & set(places):
                return tuple(
                    place if place in ("reps", "load", "rpe", "rir") else "" for place in places
                )
    return None  # fmt: skip


def _exercise_titles(tab: Tab, header: int) -> bool:
    """Rows of one cell, at the left, between rows of numbers."""
    alone = [
        row for row in tab.rows[header:]
        if row and row[0].strip() and sum(bool(cell.strip()) for cell in row) == 1
        and not re.fullmatch(r"(set|satz|serie)\s*\d+", row[0].strip().lower())
    ]  # fmt: skip
    sets = [
        row
        for row in tab.rows[header:]
        if row and re.match(r"(set|satz|serie)\s*\d", row[0].lower())
    ]
    return bool(alone) and bool(sets)  # fmt: skip


def _texts_in_first(tab: Tab, header: int) -> bool:
    names = [row[0] for row in tab.rows[header:] if row and row[0].strip()]
    return bool(names) and not any(re.match(r"\d", name) for name in names)


def _exercises_across(tab: Tab, doubts: list[str]) -> Layout | None:
    """Pairs of columns such as `Bench press, weight` and `Bench press, count`."""
    if not tab.rows:
        return None
    header = tab.rows[0]
    kinds = [_last_word(cell) for cell in header]
    paired = [column for column, kind in enumerate(kinds) if kind]
    if len(paired) < 2:
        return None
    first = paired[0]
    fields = (kinds[first] or "", kinds[first + 1] or "") if first + 1 < len(kinds) else ()
    if set(fields) != {"load", "reps"}:
        return None
    places = _tab_date(tab)
    form = _form([tab.name]) or "" if places else ""
    if not places and first > 0:
        read = _date_column(tab, 0, 1, doubts)
        if read is not None:
            places, form = {"date": 1}, read
    layout = Layout(layout="columns", header=1, places=places, across="exercise", across_row=1,
                    first=first + 1, fields=fields, dates=form)  # fmt: skip
    if not across_title(layout, header[first]):
        return None
    return layout


def _last_word(cell: str) -> str | None:
    """`load` or `reps` for a title that ends with such a word and begins with another."""
    words = re.findall(r"[\w#]+", cells.plain(cell).lower())
    place = PLACE_OF.get(words[-1]) if len(words) > 1 else None
    return place if place in ("load", "reps") else None


def _weeks_across(tab: Tab, doubts: list[str]) -> Layout | None:
    """`Week 1 | Week 2 …` over cells such as `3x8`, the exercise or the set at the left."""
    for number, row in enumerate(tab.rows[:LOOKED_AT], start=1):
        at = [column for column, cell in enumerate(row) if _WEEK.fullmatch(cell.strip())]
        if len(at) >= 2 and at[0] > 0:
            doubts.append(f"{_named(tab)}: what stands left of {row[at[0]]!r} is taken for the "
                          "exercise")  # fmt: skip
            return _weeks(tab, number, {"exercise": at[0]}, at)
    return None


def _weeks_in(tab: Tab, number: int, places: dict[str, str | int]) -> Layout | None:
    row = tab.rows[number - 1]
    at = [column for column, cell in enumerate(row) if _WEEK.fullmatch(cell.strip())]
    return _weeks(tab, number, {"exercise": places["exercise"]}, at) if len(at) >= 2 else None


def _weeks(tab: Tab, number: int, places: dict[str, str | int], at: list[int]) -> Layout:
    return Layout(
        layout="columns",
        header=number,
        places=places,
        across="week",
        across_row=number,
        first=at[0] + 1,
        fields=("cell",) if at[1] - at[0] == 1 else ("cell", *[""] * (at[1] - at[0] - 1)),
        order=_order(_below(tab, number, at[0])),
        carry_down=("exercise",),
    )


def _no_header(tab: Tab, doubts: list[str]) -> Layout | None:
    """Dates in the first column, exercises beside them, then sets as cells or numbers."""
    rows = [row for row in tab.rows if sum(bool(cell.strip()) for cell in row) > 2]
    if not rows:
        return None
    form = _form([row[0] for row in rows])
    if form is None:
        return None
    width = max(map(len, rows))
    texts = [
        column for column in range(1, width)
        if all(column < len(row) and row[column].strip() and not re.match(r"[\d(]", row[column])
               for row in rows)
    ]  # fmt: skip
    if not texts:
        return None
    exercise = texts[0]
    after = [cell for row in rows for cell in row[exercise + 1 :] if cell.strip()]
    places: dict[str, str | int] = {"date": 1, "exercise": exercise + 1}
    if after and all("x" in cells.plain(cell).lower() for cell in after):
        order = _order(after)
        doubts.append(f"{_named(tab)}: a cell such as {after[0]!r} is read as {order}")
        return Layout(header=0, places=places, cells_from=exercise + 2, dates=form, order=order)
    numbers = [column for column in range(1, width) if column != exercise][:2]
    if len(numbers) < 2:
        return None
    first, second = (
        sum(float(cells.decimal(row[column])) for row in rows if _is_number(row, column))
        for column in numbers
    )
    load, reps = numbers if first > second else numbers[::-1]
    doubts.append(
        f"{_named(tab)} has no header: column {load + 1} is taken for the load and column "
        f"{reps + 1} for the repetitions, since its numbers are smaller"
    )
    return Layout(header=0, places={**places, "load": load + 1, "reps": reps + 1}, dates=form)


def _program(tab: Tab, doubts: list[str]) -> Layout | None:
    """Neither header nor dates: a column such as `4x12` with its exercise left of it."""
    rows = [row for row in tab.rows if sum(bool(cell.strip()) for cell in row) > 1]
    for column in range(1, max(map(len, rows), default=0)):
        filled = [row[column] for row in rows if column < len(row) and row[column].strip()]
        packed = [
            text for text in filled if re.match(r"\d[\d+-]*\s*x\s*\d", cells.plain(text).lower())
        ]
        if len(packed) < 2 or len(packed) * 2 < len(filled):
            continue
        doubts.append(f"{_named(tab)} has no header: column {column} is taken for the exercise "
                      f"and cells such as {packed[0]!r} for {_order(packed)}")  # fmt: skip
        places: dict[str, str | int] = {"exercise": column, "reps": column + 1}
        places |= {"workout": column - 1} if column > 1 else {}
        after = _values(tab, column + 1, 0)
        if after and sum(cells.read_load(text) is not None for text in after) * 2 > len(after):
            places["load"] = column + 2
        return Layout(header=0, places=places, order=_order(packed),
                      carry_down=("workout",) if column > 1 else ())  # fmt: skip
    return None


def _is_number(row: Sequence[str], column: int) -> bool:
    return column < len(row) and re.fullmatch(r"\d+(?:[.,]\d+)?", row[column].strip()) is not None
