import csv
import re
from pathlib import Path

import pytest

from analysis.legs import claims as module
from analysis.legs.audit import leg_audit
from analysis.legs.claims import FINDINGS, VERDICTS, article, claims, readable
from analysis.legs.evidence import CHECKED, STRENGTHS, evidence, known
from analysis.legs.leg_log import VERDICTS as DONE
from tests.leg_logs import did, log

SHARED = Path(__file__).parents[1].parent / "shared"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
beside = pytest.mark.skipif(not SHARED.is_dir(), reason="reference files are absent")

SQUATS = log(*(did(week, "Squat (Barbell)", 10) for week in range(12)))


@pytest.fixture(scope="module")
def table():
    return claims(SQUATS).table.set_index("claim")


def test_every_claim_asks_the_log_and_names_known_evidence():
    for claim in article():
        assert claim.finding in FINDINGS
        assert claim.verdict in VERDICTS
        assert set(claim.evidence) <= set(known())
        assert claim.sections or claim.questions
        assert claim.because or claim.evidence


def test_every_finding_is_asked_for():
    assert {claim.finding for claim in article()} == set(FINDINGS)


def test_a_claim_without_a_trial_is_not_tested():
    for claim in article():
        strongest = [source.strength for source in claim.sources]
        untested = not strongest or strongest[0] == "none"
        assert (claim.verdict == "not tested") == untested, claim.says


def test_evidence_uses_its_own_words():
    for row in known().values():
        assert row.strength in STRENGTHS
        assert row.checked in CHECKED
        assert row.doi or row.strength == "none" or row.checked == "recomputed"
    assert "E22" not in known()


def test_done_in_the_log_and_supported_by_evidence_are_apart(table):
    assert set(table["in_your_log"]) <= set(DONE)
    assert set(table["verdict"]) <= set(VERDICTS)
    squats = next(claim.says for claim in article() if claim.finding == "squats")
    assert table.loc[squats, "in_your_log"] == "done"
    assert table.loc[squats, "verdict"] == "not tested"


def test_numbers_come_from_the_log(table):
    says = {claim.finding: claim.says for claim in article()}
    assert table.loc[says["squats"], ["number", "n"]].tolist() == [10, 120]
    assert table.loc[says["calf_neglect"], "number"] == 12
    assert table.loc[says["leg_press"], "in_your_log"] == "not done"
    assert table.loc[says["form"], "missing"] == "no field for how well a repetition is done"


def test_another_log_gives_other_numbers_and_the_same_evidence(table):
    other = claims(log(did(0, "Leg Press", 5))).table.set_index("claim")
    assert other["evidence"].equals(table["evidence"])
    assert not other["your_log"].equals(table["your_log"])


def test_effect_interval_and_doi_stand_in_the_row(table):
    volume = next(claim.says for claim in article() if claim.finding == "volume")
    row = table.loc[volume]
    assert "[0.15, 0.33]" in row["effect"]
    assert row["doi"] == "10.1007/s40279-025-02344-w"
    assert "10.1007/s40279-025-02344-w" in row["evidence"]
    assert row["strength"] == "strong"


def test_the_readable_table_fits_a_phone():
    short = readable(claims(SQUATS)).table
    assert list(short) == list(module.READABLE)
    assert short["claim"].str.len().max() <= 100
    assert short["your_log"].str.len().max() <= 200


def test_words_without_jargon():
    text = " ".join([*claims(SQUATS).table["claim"], *claims(SQUATS).table["evidence"]])
    for word in ("p-value", "confidence", "credible", "SMD", "Bayes", "meta-analys"):
        assert word not in text


def test_claims_and_audit_agree_on_the_calves():
    claimed = claims(SQUATS).table.set_index("claim")["your_log"]
    audited = leg_audit(SQUATS)[0].table.set_index("topic")["this_log"]
    says = next(claim.says for claim in article() if claim.finding == "calf_neglect")
    assert claimed[says] == audited["calves trained"]


def test_the_evidence_table_lists_every_row():
    assert evidence().table["id"].tolist() == list(known())


@pytest.mark.shared
@beside
def test_every_text_and_question_of_the_article_is_covered():
    lines = (SHARED / "article.txt").read_text("utf-8").splitlines()
    asked = [n for n, line in enumerate(lines) if line.endswith("?")]
    # The one heading that is a question comes before any text, the real ones after all.
    questions = [n for n in asked if n > 20]
    texts = [line for line in lines[: questions[0]] if len(line) > 100]
    assert {n for claim in article() for n in claim.sections} == set(range(1, len(texts) + 1))
    assert {n for claim in article() for n in claim.questions} == set(range(1, len(questions) + 1))


@pytest.mark.shared
@beside
def test_no_sentence_of_the_article_is_quoted():
    text = " ".join((SHARED / "article.txt").read_text("utf-8").lower().split())
    for claim in article():
        words = claim.says.lower().split()
        for at in range(len(words) - 6):
            assert " ".join(words[at : at + 7]) not in text


@pytest.mark.shared
@beside
def test_effects_and_sources_are_those_of_the_evidence_table():
    with (SHARED / "science" / "evidence_table.csv").open(encoding="utf-8") as lines:
        source = {row["claim_id"]: row for row in csv.DictReader(lines)}
    assert {name for name, row in source.items() if row["verification"] != "M"} == set(known())
    for name, row in known().items():
        theirs = source[name]
        assert set(re.findall(r"10\.\d{4,}/[^;\s]+", row.doi)) <= set(
            re.findall(r"10\.\d{4,}/[^;\s]+", theirs["source_doi"])
        )
        told = set(NUMBER.findall(" ".join([theirs["effect"], theirs["best_evidence"],
                                            theirs["verdict"]])))  # fmt: skip
        said = set(NUMBER.findall(row.effect)) - {"95", "90", "1", "2"}
        assert said <= told | {"36", "37"}, name
