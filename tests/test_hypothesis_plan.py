"""Plan files: the published one runs as it stands; every error names file, key, value, rule."""

import hashlib
import re
from dataclasses import fields
from pathlib import Path

import pytest

from analysis import exercises
from analysis.models.dose import DoseOptions
from analysis.models.hypothesis import plan as kinds
from analysis.models.hypothesis import read_plan
from analysis.models.hypothesis.plan import TABLES, check_names, parse_plan, settings
from analysis.models.hypothesis.study import (
    Choice,
    alternatives,
    combinations,
    planned,
    specifications,
)
from analysis.problems import PathError, SettingsError, UserError

ROOT = Path(__file__).parents[1]
PLAN = """\
question = "Does one more weekly quad set raise quad strength?"
muscle = "quads"
exposure = "fractional_sets"      # a week
outcome = "strength"              # a level on its day: the first set at the day's heaviest load
effect = "within"                 # against the athlete's own mean
smallest_effect = 0.1             # % strength 5 to 12 weeks after one more a week for four weeks
seed = 1
"""


def plan(extra="", text=PLAN):
    return parse_plan((text + extra).encode())


def test_a_plan_is_read_with_the_hash_of_its_bytes(tmp_path):
    file = tmp_path / "hypothesis.toml"
    file.write_text(PLAN)
    found, sha = read_plan(file)
    assert sha == hashlib.sha256(PLAN.encode()).hexdigest()
    assert (found.muscle, found.smallest_effect) == ("quads", 0.1)
    assert found.unit == "% per weekly set held for four weeks"


def test_the_shortest_plan_is_question_muscle_and_smallest_effect():
    short = parse_plan(b'question = "?"\nmuscle = "quads"\nsmallest_effect = 0.1\n')
    assert short == plan(text=PLAN.replace('question = "Does one more weekly quad set raise quad '
                                           'strength?"', 'question = "?"'))  # fmt: skip


def test_the_plans_own_logs_are_the_default_ones():
    assert planned(plan()).options == DoseOptions(rule={"direct": 1.0, "indirect": 0.5})


@pytest.mark.parametrize(
    ("extra", "instead"),
    [
        ("block_weeks = 4", "there are no blocks; leave it out"),
        ("lag = 1", "leave it out: the effect is on strength 5 to 12 weeks later"),
        ("[exclusions]\nmin_blocks = 8", "write min_days"),
        ("[sensitivity]\nblock_weeks = [3, 6]", "there are no blocks"),
        ('[sensitivity]\noutcomes = ["strength_change"]', "write strength:"),
    ],
)
def test_keys_and_words_of_earlier_plans_name_what_stands_in_their_place(extra, instead):
    with pytest.raises(SettingsError, match=re.escape(instead)):
        plan(extra)


def test_load_as_a_share_of_the_past_maximum_names_its_replacement():
    with pytest.raises(SettingsError, match="write light_share"):
        plan(text=PLAN.replace("fractional_sets", "intensity"))


BROKEN = {
    "smallest_efect = 1": "smallest_efect = 1: no such setting; did you mean smallest_effect?",
    "zebra = 1": "zebra = 1: no such setting; known are question, muscle",
    'formula = "eply"': "expected one of epley, baechle, brzycki",
    "[power]\nsimulations = 1.5": "power.simulations = 1.5: expected a whole number from 0",
    "[power]\nsimulations = true": "expected a whole number",
    "indirect_weight = 2": "expected a number from 0 to 1",
    'covariates = "age"': "expected a list of names in quotes",
    'form = "cubic"': "expected one of linear, log, sqrt, reciprocal",
    'form = "log"\nthreshold = 10': "the form is log already; leave one of them out",
    'effect = "between"\ninteraction = "age"': "asked of the effect within athletes; write effect",
    'interaction = "sex"\nsubgroup = "sex"': "nobody differs in it; leave one of the two out",
    "interaction = 3": "interaction = 3: expected a text in quotes",
    "threshold = -1": "expected a number above 0",
    'covariates = ["sets"]': "sets is the exposure itself; leave it out of the covariates",
    "written_before_data = 1": "expected true or false",
    "split = 0.5": "split = 0.5: expected a table, [split]; with explore, use below it",
    '[split]\nuse = "confrim"': "did you mean confirm?",
    "[split]\nexplor = 0.5": "split.explor = 0.5: no such setting; did you mean explore?",
    "[inference]\nlevel = 95": "inference.level = 95: expected a number from 0.5 to 0.999",
    '[inference]\nrobust = "HC3"': "expected one of CR2",
    "[sensitivity]\nindirect = 0.5": "expected a list, of each a number from 0 to 1",
    '[sensitivity]\nweek_starts = ["tomorrow"]': "of each one of monday, tuesday",
    "[power]\nsimulations = -1": "expected a whole number from 0 to 10,000",
    "seed = ": "not valid TOML; correct that line",
    "[exclusions]\nathletes = [1]": "expected a list of names in quotes",
}


@pytest.mark.parametrize(("extra", "says"), BROKEN.items())
def test_every_broken_rule_is_one_clear_sentence(extra, says):
    stated = "effect = " in extra
    text = re.sub(r"(?m)^effect .*\n", "", PLAN) if stated else PLAN
    with pytest.raises(SettingsError) as error:
        plan(extra, text)
    assert str(error.value).startswith("hypothesis.toml: ")
    assert says in str(error.value)
    assert isinstance(error.value, UserError)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("key", ["question", "muscle", "smallest_effect"])
def test_what_a_plan_needs_is_asked_for(key):
    without = re.sub(rf"(?m)^{key} .*\n", "", PLAN)
    with pytest.raises(SettingsError, match=f"{key} = None: a plan needs it"):
        plan(text=without)


def test_a_muscle_must_be_in_the_catalogue():
    odd = plan(text=PLAN.replace('"quads"', '"quad"'))
    with pytest.raises(SettingsError, match="did you mean quads"):
        check_names(odd, exercises.load())


def test_a_missing_plan_is_a_path_error(tmp_path):
    with pytest.raises(PathError, match="no such plan file"):
        read_plan(tmp_path / "none.toml")


def test_every_key_is_documented():
    page = (ROOT / "docs" / "hypothesis.md").read_text(encoding="utf-8")
    for kind in (kinds.Plan, *TABLES.values()):
        for each in fields(kind):
            assert f"`{each.name}`" in page or each.name in TABLES, each.name


def test_the_documented_plan_is_valid_and_shows_every_table():
    page = (ROOT / "docs" / "hypothesis.md").read_text(encoding="utf-8")
    full = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[-1]
    shown = settings(parse_plan(full.encode()))
    assert {key.split(".")[0] for key in shown if "." in key} == set(TABLES)


def test_specifications_hold_the_plan_first_and_every_alternative_once():
    asked = plan()
    found = specifications(asked)
    assert found[0] == planned(asked)
    assert len(found) == len(set(found)) == asked.sensitivity.max_specifications
    for name, values in alternatives(asked).items():
        assert {getattr(choice, name) for choice in found} == set(values)
    assert found == specifications(asked)


def test_all_combinations_run_where_the_plan_allows_them():
    asked = plan(
        '[sensitivity]\nindirect = [0.5]\nformulas = ["brzycki"]\nwarmups = ["by_load"]\n'
        'week_starts = ["monday"]\nunlogged = ["rest"]\nmin_days = [1]\n'
        'outcomes = ["strength"]\n'
    )
    assert combinations(asked) == 4
    assert {(each.formula, each.unlogged) for each in specifications(asked)} == {
        ("epley", "unknown"), ("epley", "rest"), ("brzycki", "unknown"), ("brzycki", "rest"),
    }  # fmt: skip


def test_counting_rules_do_not_vary_where_the_exposure_counts_no_sets():
    asked = plan(text=PLAN.replace("fractional_sets", "frequency"))
    assert alternatives(asked)["indirect"] == (0.5,)
    assert set(alternatives(asked)) == {each.name for each in fields(Choice)}
