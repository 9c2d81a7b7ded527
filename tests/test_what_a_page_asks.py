"""What a page asks of a log and what it leaves: a short log, no load, plates without a bar."""

from datetime import date

import pandas as pd
import pytest

from analysis.ingest import read
from analysis.measures.lifts import lift_list, main_lifts, said_of_bests, without_bar
from analysis.pages.lifter import athlete_page
from analysis.pages.slices import _regaining
from tests.client_files import HEADER, hevy

OHP, BENCH = "Overhead Press (Barbell)", "Bench Press (Barbell)"


def log(folder, rows):
    """Return a log of one set a week each: (lift, what the export holds of it)."""
    day = '"{0:%d %b %Y}, 18:00","{0:%d %b %Y}, 19:00"'
    lines = [
        f'"x",{day.format(date.fromordinal(738886 + 7 * week))},"","{lift}",,"",0,normal,{set_}\n'
        for lift, sets in rows
        for week, set_ in enumerate(sets)
    ]
    path = folder / "ann.csv"
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return read(path, athlete="Ann", unit="kg")


def loads(start, step=0.0, weeks=14):
    return [f"{start + step * week:g},5,,," for week in range(weeks)]


def test_a_log_of_plates_says_that_the_bar_is_not_in_it(tmp_path):
    book = log(tmp_path, [(OHP, loads(1.25)), (BENCH, loads(10, 2))])
    assert set(without_bar(book)) == {OHP, BENCH}
    html = athlete_page(book).html()
    assert "seems to count the plates and not the bar" in html
    told = [each.text for each in athlete_page(book).takeaways if each.text.startswith("Bench")]
    assert all(text.endswith(", counted without the bar.") for text in told)
    assert told


@pytest.mark.parametrize("start", [20, 15])
def test_a_light_bar_is_a_bar(tmp_path, start):
    book = log(tmp_path, [(OHP, loads(start)), (BENCH, loads(30, 2))])
    assert without_bar(book) == []
    assert "not the bar" not in athlete_page(book).html()


def test_a_few_days_of_it_say_nothing(tmp_path):
    assert without_bar(log(tmp_path, [(OHP, loads(1.25, weeks=9)), (BENCH, loads(30))])) == []


def test_runs_have_their_bests_and_train_no_muscle(tmp_path):
    page = athlete_page(
        log(tmp_path, [("Running", [f",,{5 + week / 4},1800," for week in range(12)])])
    )
    said = [each.text for each in page.takeaways]
    assert "Your bests: Running 7.8 km." in said
    assert [text for text in said if "muscle" in text] == []
    assert "No set of this log trains a muscle" in page.html()


def test_bodyweight_lifts_come_first_where_most_of_the_log_is_of_them(tmp_path):
    book = log(tmp_path, [("Push Up", [f",{10 + week},,," for week in range(12)]),
                          (BENCH, loads(60, weeks=2))])  # fmt: skip
    lifts = lift_list(book)
    assert said_of_bests(lifts, main_lifts(lifts, 1)) == "Your bests: Push Up × 21."


def test_what_an_extra_set_bought_is_asked_of_a_year_and_never_of_a_client(tmp_path):
    short = athlete_page(read(hevy(tmp_path, "short.csv", weeks=20), athlete="Ann"))
    assert "too short to show what an extra set does" in short.html()
    year = read(hevy(tmp_path, "year.csv", weeks=60), athlete="Ann")
    asked = {result.name for result in athlete_page(year).results}
    assert [name for name in asked if name.startswith("dose_response")]
    client = athlete_page(year, shown={"dose": False})
    kept = [result.name for result in client.results]
    assert not [name for name in kept if name.startswith("dose_response")]
    assert "hardly ever shows what an extra set bought" in client.html()


def grown(**more):
    return {"name": "Squat", "verdict": "up", **more}


def jumps(*rows):
    table = pd.DataFrame(rows, columns=["lift", "day", "kind"])
    return table.assign(day=pd.to_datetime(table["day"]))


DAYS = pd.DataFrame(
    {
        "lift": "Squat",
        "day": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-08-01", "2024-08-20"]),
        "e1rm_kg": [90.0, 100.0, 70.0, 80.0],
    }
)
BACK = ("Squat", "2024-08-01", "return")


def test_growth_after_a_break_says_how_far_it_is_below_what_was():
    told = _regaining(grown(aside=", counted without the bar"), DAYS, jumps(BACK))
    assert told["aside"] == (
        ", counted without the bar, still 20 % below your best before the break"
    )


@pytest.mark.parametrize(
    ("row", "steps"),
    [
        (grown(), jumps()),
        (grown(), jumps(("Squat", "2024-08-01", "other"))),
        (grown(), jumps(("Squat", "2024-02-15", "other"), BACK)),  # another machine since
        (grown(verdict="down"), jumps(BACK)),
    ],
)
def test_it_says_nothing_without_a_break_or_across_machines(row, steps):
    assert "aside" not in _regaining(row, DAYS, steps)


def test_what_is_regained_is_growth():
    best = DAYS.assign(e1rm_kg=[90.0, 85.0, 70.0, 95.0])
    assert "aside" not in _regaining(grown(), best, jumps(BACK))
