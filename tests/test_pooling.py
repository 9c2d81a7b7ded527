"""Pooling without sharing logs: the fit of all logs, and no log leaves its site."""

import json
import re
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.ingest import read
from analysis.models.dose import Estimate, TooLittleError
from analysis.models.hypothesis.measured import levels
from analysis.models.hypothesis.plan import parse_plan
from analysis.models.hypothesis.pool import heterogeneity, plan_of_round_two, pool, read_sites
from analysis.models.hypothesis.sharing import (
    FEWEST_ROWS,
    as_file,
    columns,
    mixed_up,
    read_site,
    round_one,
    shareable,
    site,
)
from analysis.models.hypothesis.study import Study, subgroups
from analysis.pages.pool import save_pooled, share_site
from analysis.problems import SettingsError, UserError
from analysis.simulate import Scenario, export, simulate

PLAN = 'question = "Sets?"\nmuscle = "quads"\nsmallest_effect = 0.1\n'
APPS = ("strong-s2-lb", "hevy-kg")


@pytest.fixture(scope="module")
def logbook(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    scenario = Scenario(n_athletes=14, weeks=40, within_pct=0.6, muscles=("quads",), apps=APPS)
    export(simulate(scenario, seed=3), folder)
    return read(folder)


def part(logbook, names):
    return replace(logbook, sets=logbook.sets.filter(pl.col("athlete").is_in(names)))


@pytest.fixture(scope="module")
def halves(logbook):
    names = logbook.athletes
    return part(logbook, names[::2]), part(logbook, names[1::2])


@pytest.fixture(scope="module")
def second(halves, tmp_path_factory):
    """The plan of round two, as round one over both sites writes it."""
    folder = tmp_path_factory.mktemp("round-one")
    return made(folder, PLAN, halves, lambda study: round_one(study), plan_of_round_two)


def made(folder, text, books, give, then):
    paths = []
    for number, book in enumerate(books):
        path = folder / f"site {number}.json"
        study = Study(parse_plan(text.encode()), book)
        path.write_text(as_file(text.encode(), "abc", give(study)), "utf-8")
        paths.append(path)
    return then(read_sites(paths))


@pytest.mark.parametrize("extra", ["", 'effect = "between"\n', 'exposure = "direct_sets"\n'])
def test_the_pooled_fit_is_the_fit_of_all_logs_together(logbook, halves, second, tmp_path, extra):
    text = extra + second
    pooled = made(tmp_path, text, halves, site, pool)
    plan = parse_plan(text.encode())
    together = Study(replace(plan, exclusions=replace(plan.exclusions, min_days=20)), logbook)
    whole = together.fit()
    want, got = together.target(whole), pooled.target
    for name in ("value", "std_error", "dof", "low", "high"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=1e-8, abs=1e-10)
    lead, mine = whole.effect.placebo.lead, pooled.within.placebo.lead
    assert mine.value == pytest.approx(lead.value, rel=1e-7, abs=1e-10)
    assert pooled.within.n_athletes == whole.n_athletes > 10
    assert pooled.within.n_rows == whole.n_days


@pytest.fixture(scope="module")
def banded(logbook):
    """The same lifters with two columns: bands of age, and a club that one site hardly has."""
    rows = []
    for number, name in enumerate(logbook.athletes):
        band = "30 to 39" if number % 4 < 2 else "40 to 49"
        club = "rare" if number in (0, 4) else None if number == 5 else "usual"
        rows += [(name, None, "band", None, band), (name, None, "club", None, club)]
        rows.append((name, None, "age", 30.0 + number, None))
    joined = pl.DataFrame(rows, schema=logbook.joined.schema, orient="row").filter(
        pl.col("value").is_not_null() | pl.col("text").is_not_null()
    )
    names = logbook.athletes
    return [replace(part(logbook, names[half::2]), joined=joined) for half in (0, 1)], joined


@pytest.mark.parametrize("key", ["interaction", "subgroup"])
def test_levels_are_pooled_as_if_all_logs_were_in_one_place(
    logbook, banded, second, tmp_path, key, monkeypatch
):
    monkeypatch.setattr("analysis.models.hypothesis.sharing.FEWEST_PER_LEVEL", 3)
    text = f'{key} = "band"\n' + second
    pooled = made(tmp_path, text, banded[0], site, pool)
    plan = parse_plan(text.encode())
    together = Study(
        replace(plan, exclusions=replace(plan.exclusions, min_days=20)),
        replace(logbook, joined=banded[1]),
    )
    whole = together.fit()
    want, got = together.target(whole), pooled.target
    for name in ("value", "std_error", "dof", "low", "high"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=1e-7, abs=1e-10)
    if key == "subgroup":
        names = levels(together.logbook, whole.logs.athletes, "band")
        for one, other in zip(pooled.subgroups, subgroups(plan, whole.body, names), strict=True):
            assert (one.level, one.n_athletes) == (other.level, other.n_athletes)
            assert one.estimate.value == pytest.approx(other.estimate.value, rel=1e-7)


def test_people_of_a_level_that_few_share_are_kept_back_and_counted(banded, second, tmp_path):
    books, _ = banded
    plan = parse_plan(('subgroup = "club"\n' + second).encode())
    given = site(Study(plan, books[0]))  # two of seven have the rare club here
    assert given.rare == 2
    assert set(given.levels["subgroup"]) == {"usual"}
    other = site(Study(plan, books[1]))  # and one in the other half says nothing
    assert other.rare == 1
    path = tmp_path / "site.json"
    path.write_text(as_file(b"", "abc", given), "utf-8")
    assert json.loads(path.read_text())["left_out_for_rare_levels"] == 2
    assert "rare" not in re.sub("left_out_for_rare_levels", "", path.read_text())
    assert read_site(path).given.levels == given.levels


def test_numbers_that_say_who_is_who_are_not_shared(banded, second):
    plan = parse_plan(('interaction = "age"\n' + second).encode())
    with pytest.raises(TooLittleError, match=r"no level of age is shared by 5 people .* bands"):
        site(Study(plan, banded[0][0]))


def test_round_one_adds_up_to_that_of_all_logs(logbook, second):
    plan = parse_plan(second.encode())
    whole = round_one(Study(parse_plan(PLAN.encode()), logbook))
    found, want = plan.common, whole.variances()
    assert (found.muscle_walk, found.exercise_walk, found.session) == (
        want.muscle, want.exercise, want.session,
    )  # fmt: skip
    assert found.residual == pytest.approx(want.residual, rel=1e-10)
    sums, pairs = whole.autocovariance["sets"]
    covariance = sums / pairs
    assert found.autocorrelation["sets"] == pytest.approx(covariance / covariance[0], rel=1e-9)


def test_what_leaves_a_site_holds_no_name_date_exercise_or_order(halves, second, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(second)
    file = tmp_path / "site.json"
    lines = list(share_site(plan, halves[0], file, today=date(2026, 3, 2)))
    text = file.read_text("utf-8")
    data = json.loads(text)
    for name in (*halves[0].athletes, *halves[0].sets["exercise"].unique()):
        assert name not in text
    assert not re.search(r"20\d\d-\d\d-\d\d", text)
    assert set(data) == {
        "format", "version", "plan_sha256", "plan", "left_out_for_few_rows", "round", "stamp",
        "noise", "noise_cost", "left_out_for_rare_levels", "columns", "people",
    }  # fmt: skip
    n = len(data["columns"])
    for each in data["people"]:
        assert set(each) == {"rows", "intercepts", "lower_triangle"}
        assert len(each["lower_triangle"]) == n * (n + 1) // 2
    rows = [each["rows"] for each in data["people"]]
    assert rows == sorted(rows)
    assert any("Exact, not anonymous" in line for line in lines)


def test_people_with_few_rows_are_kept_back_and_counted(halves, second):
    book = halves[0]
    short = book.athletes[0]
    days = book.sets.filter(pl.col("athlete") == short)["started_at"].dt.date().unique().sort()
    cut = book.sets.filter(
        (pl.col("athlete") != short) | (pl.col("started_at").dt.date() < days[3])
    )
    study = Study(parse_plan(second.encode()), replace(book, sets=cut))
    logs, left_out = shareable(study)
    assert left_out == 1
    assert np.bincount(logs.days.athlete)[0] == 0
    given = site(study)
    assert given.left_out == 1
    assert len(given.products.gram) == len(book.athletes) - 1
    assert given.products.n_rows.min() >= FEWEST_ROWS


def test_a_site_of_few_people_shares_no_sums_but_may_join_round_two(halves, second):
    few = part(halves[0], halves[0].athletes[:2])
    with pytest.raises(TooLittleError, match=r"2 people .* round two"):
        round_one(Study(parse_plan(PLAN.encode()), few))
    assert len(site(Study(parse_plan(second.encode()), few)).products.gram) == 2


def test_without_anything_in_common_nothing_is_shared(halves):
    with pytest.raises(UserError, match="--share-variances"):
        site(Study(parse_plan(PLAN.encode()), halves[0]))


def test_a_plan_that_names_people_is_not_shared(halves, second, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text('exclusions = { athletes = ["Ann"] }\n' + second)
    with pytest.raises(SettingsError, match="names nobody"):
        list(share_site(plan, halves[0], tmp_path / "site.json"))
    assert not (tmp_path / "site.json").exists()


def test_sites_of_other_plans_or_rounds_are_refused(halves, second, tmp_path):
    def file(name, text, sha, give):
        path = tmp_path / name
        given = give(Study(parse_plan(text.encode()), halves[0]))
        path.write_text(as_file(text.encode(), sha, given), "utf-8")
        return path

    one = file("one.json", second, "aaa", site)
    other = file("other.json", second + "# changed\n", "bbb", site)
    first = file("first.json", second.split("[common]")[0], "aaa", round_one)
    with pytest.raises(UserError, match="other answers another plan than one"):
        read_sites([one, other])
    with pytest.raises(UserError, match="another plan"):
        read_sites([one, first])
    with pytest.raises(UserError, match="two sites or more"):
        read_sites([one])
    with pytest.raises(UserError, match="called one"):
        read_sites([one, one])


@pytest.mark.parametrize("text", ["nonsense", "{}", "[]", '{"format": "liftdose site"}'])
def test_a_file_that_is_no_sites_is_a_clear_error(tmp_path, text):
    path = tmp_path / "site.json"
    path.write_text(text)
    with pytest.raises(UserError, match="not a file that liftdose test --share wrote"):
        read_site(path)


def test_a_person_in_two_files_counts_once(halves, second, tmp_path):
    both = made(tmp_path, second, [*halves, halves[0]], site, pool)
    once = made(tmp_path, second, halves, site, pool)
    assert list(both.sites["counted_twice"]) == [0, 0, len(halves[0].athletes)]
    assert both.target.value == pytest.approx(once.target.value, rel=1e-12)


def test_noise_is_right_on_average_and_its_cost_is_told(halves, second):
    study = Study(parse_plan(second.encode()), halves[0])
    plain, noisy = site(study), site(study, noise=0.02)
    assert plain.cost is None
    assert 0 < noisy.cost < 5
    assert not np.allclose(noisy.products.gram, plain.products.gram, rtol=1e-4)
    again = site(study, noise=0.02)
    assert not np.array_equal(again.products.gram, noisy.products.gram)  # no seed undoes it
    rng = np.random.default_rng(0)
    mean = np.mean([mixed_up(plain.products, 0.02, rng).gram for _ in range(400)], axis=0)
    size = np.sqrt(np.einsum("ijj->ij", plain.products.gram))
    off = (mean - plain.products.gram) / size[:, :, None] / size[:, None, :]
    p = len(plain.products.names)
    assert np.abs(off).max() < 0.02**2 * p + 5 * 0.02 * 1.5 / 20
    assert (np.linalg.eigvalsh(noisy.products.gram) > -1e-6 * size.max() ** 2).all()


def test_sites_that_agree_or_not_are_told_apart():
    same = heterogeneity([Estimate(0.4, 0.1, 20.0), Estimate(0.4, 0.1, 20.0)])
    assert (same.tau, same.i_squared) == (0.0, 0.0)
    assert same.q == pytest.approx(0.0, abs=1e-20)
    apart = heterogeneity([Estimate(0.0, 0.1, 20.0), Estimate(1.0, 0.1, 20.0)])
    # by hand: Q = 2 · 100 · 0.25, τ² = (50 − 1) / (200 − 20000/200)
    assert apart.q == pytest.approx(50)
    assert apart.tau == pytest.approx(np.sqrt(0.49))
    assert apart.p_value < 1e-10


def test_three_commands_from_logs_to_the_pooled_page(tmp_path):
    scenario = Scenario(n_athletes=12, weeks=40, within_pct=0.6, muscles=("quads",), apps=APPS)
    export(simulate(scenario, seed=8), tmp_path / "all")
    files = sorted(each for each in (tmp_path / "all").iterdir())
    for number, file in enumerate(files):
        place = tmp_path / f"logs-{number % 2}"
        place.mkdir(exist_ok=True)
        file.rename(place / file.name)
    (tmp_path / "plan.toml").write_text(PLAN)

    def run(*args):
        done = CliRunner().invoke(app, [str(each) for each in args], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    for n in (0, 1):
        run("test", tmp_path / "plan.toml", tmp_path / f"logs-{n}", "--share-variances",
            tmp_path / f"first-{n}.json")  # fmt: skip
    run("pool", tmp_path / "first-0.json", tmp_path / "first-1.json", "-o", tmp_path / "common")
    plan = tmp_path / "common" / "plan.toml"
    for n in (0, 1):
        told = run("test", plan, tmp_path / f"logs-{n}", "--share", tmp_path / f"site-{n}.json")
        assert "no names, dates or sets" in told
    out = tmp_path / "pooled"
    said = run("pool", tmp_path / "site-0.json", tmp_path / "site-1.json", "-o", out)
    found = json.loads((out / "verdict.json").read_text("utf-8"))
    assert found["n_sites"] == 2
    assert found["n_athletes"] == 12
    assert found["conf_low"] < found["estimate"] < found["conf_high"]
    page = (out / "index.html").read_text("utf-8")
    assert "Exact, not anonymous" in page
    assert "What a site" in page
    assert found["verdict"].capitalize() in said


def test_pooling_writes_the_same_bytes_twice(halves, second, tmp_path):
    made(tmp_path, second, halves, site, lambda files: files)
    paths = sorted(tmp_path.glob("site*.json"))
    for name in ("a", "b"):
        list(save_pooled(paths, tmp_path / name))
    first, again = (
        {file.name: file.read_bytes() for file in (tmp_path / name).rglob("*") if file.is_file()}
        for name in ("a", "b")
    )
    assert first == again
    assert "index.html" in first


def test_the_columns_are_those_of_the_plan():
    plan = parse_plan((PLAN + 'covariates = ["frequency"]\n').encode())
    names = columns(plan)
    assert names[:2] == ("week", "log_weeks")
    assert names[-1] == "strength"
    assert {"sets_ahead", "frequency_13_on"} <= set(names)
