"""Tables beside the logs: joined by athlete and date, never backwards in time, nothing lost."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from analysis import exercises
from analysis.cli import app
from analysis.estimate import holm
from analysis.ingest import read
from analysis.ingest.joined import columns_of, join
from analysis.models.dose import muscle_logs
from analysis.models.dose.effects import primary
from analysis.models.dose.inputs import REACH, filled
from analysis.models.hypothesis import run
from analysis.models.hypothesis.measured import days_of, in_form, levels, parted, weekly_of
from analysis.models.hypothesis.plan import Split, check_names, parse_plan
from analysis.models.hypothesis.results import estimand, results
from analysis.models.hypothesis.study import Study, choose_people, part_of
from analysis.problems import SettingsError, UserError
from analysis.pseudonyms import anonymise
from analysis.simulate import Scenario, export, simulate

SHORT = 'question = "?"\nmuscle = "quads"\nsmallest_effect = 0.1\n'
NONE = "[sensitivity]\nmax_specifications = 0\n[power]\nsimulations = 0\n"


def logs_in(folder, names=("Ann", "Bo"), exercise="Squat (Barbell)", weeks=20, shift=0):
    folder.mkdir(exist_ok=True)
    head = "Date;Workout Name;Exercise Name;Set Order;Weight;Weight Unit;Reps;RPE;Distance;"
    head += "Distance Unit;Seconds;Notes;Workout Notes;Workout Duration"
    for n, name in enumerate(names):
        start = date(2025, 1, 6) + timedelta(days=shift * n)
        lines = [
            f"{start + timedelta(days=7 * w)} 18:{n:02d}:00;A;{exercise};{s};{100 + w + n};kg;5"
            ";;;;0;;;1h"
            for w in range(weeks)
            for s in range(1, 2 + w % 4)
        ]
        (folder / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n")
    return folder


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return read(logs_in(tmp_path_factory.mktemp("logs")))


def table(folder, text, name="table.csv"):
    path = folder / name
    path.write_text(text)
    return path


def said(found, before):
    return " | ".join(map(str, found.notes[len(before.notes) :]))


# --- joining ---------------------------------------------------------------------------------


def test_a_table_is_joined_by_athlete_and_date_and_what_is_wrong_is_named(book, tmp_path):
    file = table(
        tmp_path,
        "Athlete,Date,waist_cm,sex\n"
        'ann,2025-01-06,80,f\nAnn,2025-02-03,"79,5",f\nBo,06.01.2025,90,m\n'
        "Bo,2025-01-07,wide,m\nBoo,2025-01-07,1,m\nBo,2025-03-03,91,m\nBo,2025-03-10,92,x\n",
    )
    found = join(book, [file])
    waist = found.joined.filter(pl.col("name") == "waist_cm").sort("athlete", "date")
    assert waist["value"].to_list() == [80.0, 79.5, 91.0, 92.0]
    words = found.joined.filter(pl.col("name") == "sex")
    assert sorted(words.select("athlete", "text").iter_rows()) == [("Ann", "f"), ("Bo", "m")]
    assert words["date"].null_count() == 2
    told = said(found, book)
    assert "line 4, date: '06.01.2025'" in told
    assert "line 5, waist_cm: 'wide' is no number" in told
    assert "line 8, sex: 'x' after 'm'" in told
    assert "did you mean Bo?" in told
    assert book.joined.is_empty()


def test_the_tidy_form_and_constants_are_taken_too(book, tmp_path):
    tidy = table(tmp_path, "athlete,date,name,value\nAnn,2025-01-06,sleep_h,7\n", "tidy.csv")
    fixed = table(tmp_path, "athlete,age_y\nAnn,30\n", "fixed.csv")
    found = join(book, [tidy, fixed])
    assert set(found.joined["name"]) == {"sleep_h", "age_y"} == set(columns_of([tidy, fixed]))
    assert "1 person of the logs with nothing in this table: Bo" in said(found, book)
    assert levels(found, ("Ann", "Bo"), "age_y") == ["30", None]


def test_a_workbook_is_a_table(book, tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    workbook = xlsxwriter.Workbook(str(tmp_path / "girths.xlsx"))
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["athlete", "date", "calf_cm"])
    sheet.write_row(1, 0, ["Bo"])
    sheet.write_datetime(1, 1, datetime(2025, 1, 20), workbook.add_format({"num_format": 14}))
    sheet.write_number(1, 2, 38.5)
    workbook.close()
    found = join(book, [tmp_path / "girths.xlsx"])
    assert found.joined.row(0) == ("Bo", date(2025, 1, 20), "calf_cm", 38.5, None)


@pytest.mark.parametrize(
    ("text", "says"),
    [("who,when\nAnn,1\n", "neither a column athlete nor a column date"),
     ("date,waist_cm\n2025-01-06,80\n", "add the column")],
)  # fmt: skip
def test_a_file_that_is_no_table_is_a_clear_error(book, tmp_path, text, says):
    with pytest.raises(UserError, match=says):
        join(book, [table(tmp_path, text)])


def test_body_mass_is_known_from_its_day_on_and_makes_added_loads_known(tmp_path):
    book = read(logs_in(tmp_path / "logs", ("Ann",), "Pull Up"))
    file = table(tmp_path, "athlete,date,body_mass_kg\nAnn,2025-02-03,70\nAnn,2025-03-03,72\n")
    found = join(book, [file]).sets.sort("started_at")
    day, mass = found["started_at"].dt.date(), found["body_mass_kg"]
    assert mass.filter(day < date(2025, 2, 3)).null_count() == (day < date(2025, 2, 3)).sum() > 0
    between = (day >= date(2025, 2, 3)) & (day < date(2025, 3, 3))
    assert set(mass.filter(between)) == {70.0}
    assert set(mass.filter(day >= date(2025, 3, 3))) == {72.0}
    lats = Study(parse_plan(SHORT.replace("quads", "lats").encode()), join(book, [file]))
    without = Study(parse_plan(SHORT.replace("quads", "lats").encode()), book)
    from analysis.models.hypothesis.study import planned

    choice = planned(lats.plan)
    assert len(lats.everyone(choice).days) > 0 == len(without.everyone(choice).days)


# --- joined columns in the model -------------------------------------------------------------


def test_a_covariate_is_what_was_known_when_the_week_began(book, tmp_path):
    file = table(tmp_path, "athlete,date,sleep_h\nAnn,2025-01-13,7\nAnn,2025-01-21,5\n")
    joined = join(book, [file])
    logs = muscle_logs(joined, "quads")
    ann = weekly_of(joined, logs, "sleep_h")[0]
    # Monday 13 January begins week 1; Tuesday the 21st is in week 2 and known from week 3 on
    assert np.isnan(ann[0])
    assert ann[1:3].tolist() == [7.0, 7.0]
    assert ann[3:7].tolist() == [5.0, 5.0, 5.0, 5.0]
    assert np.isnan(ann[8:]).all()


def test_a_joined_outcome_is_on_its_day_and_a_log(book, tmp_path):
    text = "athlete,date,thigh_cm\nAnn,2025-01-15,50\nAnn,2025-02-12,55\nBo,2030-01-01,60\n"
    text += "Bo,2025-01-08,0\n"
    joined = join(book, [table(tmp_path, text)])
    days = days_of(joined, muscle_logs(joined, "quads"), "thigh_cm")
    assert days.day.tolist() == [9, 37]
    assert days.week.tolist() == [1, 5]
    assert np.diff(days.strength)[0] == pytest.approx(100 * np.log(1.1))


def test_one_more_in_a_form_is_one_more_at_ten_and_a_threshold_parts_a_dose():
    doses = {"sets": np.array([0.0, 10.0, 11.0, np.nan])}
    for form in ("log", "sqrt", "reciprocal"):
        curved = in_form(doses, "sets", form)[f"sets_{form}"]
        assert curved[2] - curved[1] == pytest.approx(1.0)
        assert curved[1] - curved[0] > 10  # more where little is done
        assert np.isnan(curved[3])
    both = parted(doses, "sets", 8.0)
    assert both["sets_above"][:3].tolist() == [0.0, 2.0, 3.0]
    assert (both["sets_above"] + both["sets_below"])[:3].tolist() == doses["sets"][:3].tolist()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Lifters whose thighs grow by what their own sets bring, and sleep that means nothing."""
    folder = tmp_path_factory.mktemp("cohort")
    scenario = Scenario(n_athletes=16, weeks=44, within_pct=0.0, muscles=("quads",),
                        apps=("hevy-kg",))  # fmt: skip
    export(simulate(scenario, seed=4), folder)
    book = read(folder)
    logs = muscle_logs(book, "quads")
    rng = np.random.default_rng(0)
    sets = filled(logs.weekly, "sets")[:, REACH:-REACH]
    lines = ["athlete,date,thigh_cm,sleep_h,sex"]
    for code, name in enumerate(logs.athletes):
        level = 1.5 / 4 * np.cumsum(sets[code])
        for week in range(1, logs.weekly.n_weeks[code]):
            day = date(1970, 1, 1) + timedelta(days=int(logs.starts[code]) + 7 * week + 1)
            girth = 55 * np.exp((level[week - 1] + rng.normal(0, 0.5)) / 100)
            lines.append(f"{name},{day},{girth:.4f},{rng.normal(7, 1):.2f},{'fm'[code % 2]}")
    (folder.parent / "thighs.csv").write_text("\n".join(lines) + "\n")
    return join(book, [folder.parent / "thighs.csv"])


def asked(folder, cohort, extra):
    plan = folder / "plan.toml"
    plan.write_text(SHORT + extra + NONE)
    return run(plan, cohort)


def test_a_girth_as_outcome_finds_what_was_planted_in_it(cohort, tmp_path):
    found = asked(tmp_path, cohort, 'outcome = "thigh_cm"\nsubgroup = "sex"\n')
    target = found.fitted.target
    assert target.low < 1.5 < target.high
    assert target.low > 0.5
    assert found.fitted.naive is None
    by_level = results(found)["subgroups"]
    assert by_level.table["kind"].tolist() == ["f", "m"]
    assert by_level.table["n_athletes"].sum() == 16
    assert by_level.summary.startswith("m less f: ")
    assert "thigh cm 5 to 12 weeks later" in results(found)["estimate"].summary
    assert [each["level"] for each in found.record()["subgroups"]] == ["f", "m"]


@pytest.fixture(scope="module")
def older(cohort, tmp_path_factory):
    """The same lifters with arms that gain 1 % a set at 40 years, and 0.1 % more for each year."""
    logs = muscle_logs(cohort, "quads")
    rng = np.random.default_rng(1)
    sets = filled(logs.weekly, "sets")[:, REACH:-REACH]
    lines, ages = ["athlete,date,arm_cm"], ["athlete,age,club,town"]
    for code, name in enumerate(logs.athletes):
        age = 25 + 2 * code
        ages.append(f"{name},{age},{'old' if age > 40 else 'new'},{'abcd'[code % 4]}")
        level = (1.0 + 0.1 * (age - 40)) / 4 * np.cumsum(sets[code])
        for week in range(1, logs.weekly.n_weeks[code]):
            day = date(1970, 1, 1) + timedelta(days=int(logs.starts[code]) + 7 * week + 1)
            girth = 35 * np.exp((level[week - 1] + rng.normal(0, 0.5)) / 100)
            lines.append(f"{name},{day},{girth:.4f}")
    ages[5] = ages[5].replace(",33,new,", ",,,")  # one who says nothing
    folder = tmp_path_factory.mktemp("older")
    (folder / "arms.csv").write_text("\n".join(lines) + "\n")
    (folder / "ages.csv").write_text("\n".join(ages) + "\n")
    return join(cohort, [folder / "arms.csv", folder / "ages.csv"])


def test_an_interaction_finds_how_much_an_effect_differs_by_a_number(older, tmp_path):
    found = asked(tmp_path, older, 'outcome = "arm_cm"\ninteraction = "age"\n')
    target, fit = found.fitted.target, found.fitted.fit
    assert target.low < 0.1 < target.high
    assert target.low > 0.03
    assert fit.n_athletes == 15  # whoever's age is not known tells nothing
    assert "age not known" in found.flow["reason"].iloc[-1]
    # the same number as from a regression of everybody's own slopes, by another route
    names = [f"{name}_{band}" for name in ("sets", "sets_by") for band in ("5_8", "9_12")]
    assert set(names) <= set(fit.effect.model.terms)
    said = results(found)
    assert "for one step of age (one more)" in said["estimate"].summary
    assert said["estimate"].table["unit"].iloc[0].endswith("per step of age")
    assert "by how much this differs for one step of age" in " ".join(said["plan"].notes)
    assert found.record()["interaction"] == {"column": "age", "step": "one more"}
    assert found.fitted.placebo.lead.low < 0 < found.fitted.placebo.lead.high
    influence = said["influence"].table
    assert len(influence) == 15
    assert influence["estimate"].between(0, 0.2).all()


def test_an_interaction_of_two_words_is_what_the_levels_differ_by(older, tmp_path):
    apart = asked(tmp_path, older, 'outcome = "arm_cm"\nsubgroup = "club"\n').fitted.subgroups
    by_level = {each.level: each.estimate for each in apart}
    found = asked(tmp_path, older, 'outcome = "arm_cm"\ninteraction = "club"\n')
    differs = by_level["old"].value - by_level["new"].value
    assert found.fitted.target.value == pytest.approx(differs, abs=3 * by_level["old"].std_error)
    assert found.fitted.target.low > 0
    assert "(from new to old)" in results(found)["estimate"].summary


@pytest.mark.parametrize(
    ("column", "why"),
    [
        ("town", "town has 4 words (a, b, c, d), an interaction needs numbers or two words"),
        ("sleep_h", "nobody's sleep_h is known"),
    ],
)
def test_a_column_that_parts_nobody_in_two_makes_no_interaction(older, tmp_path, column, why):
    found = asked(tmp_path, older, f'outcome = "arm_cm"\ninteraction = "{column}"\n')
    assert found.verdict == "cannot tell"
    assert why in found.reason


def test_power_of_an_interaction_is_that_of_the_models_error(older, tmp_path):
    plan = tmp_path / "plan.toml"
    extra = 'outcome = "arm_cm"\ninteraction = "age"\n[sensitivity]\nmax_specifications = 3\n'
    plan.write_text(SHORT + extra + "[power]\nsimulations = 40\n")
    found = run(plan, older).fitted
    own = found.fit.effect.model.pooled.contrast(primary("sets_by"))["std_error"]
    # not that of the slopes' whole spread, most of which is age: 0.9 % instead of 0.1 %
    assert found.power.estimates.std() == pytest.approx(own, rel=0.4)
    assert len(found.curve.table) == 3


def test_a_joined_covariate_and_one_exercise_run(cohort, tmp_path):
    lift = cohort.exercises["exercise_id"].drop_nulls()[0]
    found = asked(tmp_path, cohort, f'outcome = "{lift}"\ncovariates = ["sleep_h"]\n')
    assert 0 < found.fitted.fit.n_days < asked(tmp_path, cohort, "").fitted.fit.n_days
    assert "at the same sleep" in estimand(found.plan)


def test_names_that_are_nowhere_are_refused_with_what_there_is():
    catalogue = exercises.load()
    for extra, says in (
        ('outcome = "thigh_cn"', "did you mean thigh_cm"),
        ('covariates = ["age"]', "a column of a table given by --with"),
        ('subgroup = "sexx"', "did you mean sex"),
        ('interaction = "sexx"', "did you mean sex"),
        ('interaction = "bogus"', "expected a column of a table given by --with"),
        ('exposure_muscle = "quad"', "did you mean quads"),
        ('outcome = "strength_change"', "write strength"),
    ):
        with pytest.raises(SettingsError, match=says):
            check_names(parse_plan((SHORT + extra).encode()), catalogue, ("thigh_cm", "sex"))


def test_anonymised_tables_keep_gaps_and_lose_names_dates_and_rare_words(cohort):
    rare = pl.DataFrame(
        [(cohort.athletes[0], None, "club", None, "the only one")], schema=cohort.joined.schema,
        orient="row",
    )  # fmt: skip
    hidden = anonymise(
        replace(cohort, joined=pl.concat([cohort.joined, rare])), "sixteen or more letters"
    ).joined
    assert not set(hidden["athlete"]) & set(cohort.athletes)
    assert "club" not in hidden["name"].to_list()
    assert set(hidden["text"].drop_nulls()) == {"f", "m"}
    assert sorted(hidden["value"].drop_nulls()) == sorted(cohort.joined["value"].drop_nulls())
    assert hidden["date"].max() < cohort.joined["date"].max()


# --- one person, one part; families ----------------------------------------------------------


def test_nobody_is_in_both_parts_under_two_names(tmp_path):
    names = [f"lifter {n}" for n in range(12)]
    logs_in(tmp_path / "logs", names, shift=1)
    plan = parse_plan((SHORT + "[split]\n").encode())
    apart = next(
        name
        for name in (f"twin {n}" for n in range(50))
        if part_of(name, plan.split, 1) != part_of("lifter 3", plan.split, 1)
    )
    copy = (tmp_path / "logs" / "lifter 3.csv").read_text()
    (tmp_path / "logs" / f"{apart}.csv").write_text(copy)
    both = read(tmp_path / "logs")
    parts = {
        use: set(choose_people(both, replace(plan, split=Split(0.5, use))).logbook.athletes)
        for use in ("explore", "confirm")
    }
    assert len(both.athletes) == 13
    assert not parts["explore"] & parts["confirm"]
    everyone = parts["explore"] | parts["confirm"]
    assert len(everyone) == 12
    assert len({"lifter 3", apart} & everyone) == 1


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]).tolist() == [1.0, 1.0]


def test_a_folder_of_plans_is_a_family_with_one_register_and_a_page_above(cohort, tmp_path):
    from analysis.pages.hypothesis import answer_all

    plans = tmp_path / "plans"
    plans.mkdir()
    for name, extra in (("a", ""), ("b", 'exposure = "frequency"\n')):
        (plans / f"{name}.toml").write_text(SHORT + extra + NONE)
    files, out, looks = sorted(plans.glob("*.toml")), tmp_path / "out", tmp_path / "looks.json"
    lines = list(answer_all(files, cohort, out, register=looks, command=["liftdose", "test"],
                            today=date(2026, 3, 2)))  # fmt: skip
    assert lines[-1].startswith("Family: ")
    alone = [json.loads((out / name / "verdict.json").read_text("utf-8")) for name in "ab"]
    p = [each["family"]["p_value"] for each in alone]
    assert [each["family"]["p_holm"] for each in alone] == pytest.approx(holm(p))
    assert len(json.loads(looks.read_text())["looks"]) == 2
    page = (out / "a" / "index.html").read_text("utf-8")
    assert "adjusted by Holm" in page
    assert "Run again: <code>liftdose test</code>" in page
    assert "Cite as" in page
    assert (out / "index.html").exists()
    (plans / "a.toml").write_text(SHORT + "seed = 2\n" + NONE)
    with pytest.raises(UserError, match="never writes over"):
        list(answer_all(files, cohort, out, register=looks, today=date(2026, 3, 2)))
    assert len(json.loads(looks.read_text())["looks"]) == 2


def test_names_are_checked_before_a_log_is_read(tmp_path):
    plan = table(tmp_path, SHORT.replace("quads", "quad"), "plan.toml")
    logs = tmp_path / "logs"
    logs.mkdir()
    done = CliRunner().invoke(app, ["test", str(plan), str(logs)])
    assert isinstance(done.exception, SettingsError)
    assert "did you mean quads" in str(done.exception)
