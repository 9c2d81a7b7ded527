"""The words of pages: phrases that readers stumbled over stay gone, sentences stay short."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from analysis.cli.explain import explain_all
from analysis.ingest import read
from analysis.pages.lifter import MOST, athlete_page
from analysis.problems import UserError
from analysis.report.glossary import loads_in
from tests.client_files import LIFTS, hevy

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "analysis"

GONE = (
    "fractional sets in a typical logged week", "the log cannot tell gain", "Best known",
    "differ from no change", "days of a logged week on average", "groups never directly",
    "Far below own usual", "No new best, and no growth", "no muscle has probably gained",
    "the surest number is", "cannot tell it from nothing", "exercises train it directly",
    "as not forgotten", "told by load", "Settings of each result stand under it",
    "Hatched: no number", " no sets +", "A word is used only from a probability",
)  # fmt: skip
"""Phrases that a reading of real pages showed to be misread; each has a plainer successor."""

RESEARCH = ("placebo", "posterior", "prior", "log units")


@pytest.fixture(scope="module")
def page():
    sample = ROOT / "data" / "raw" / "sample" / "anna_strong.csv"
    return athlete_page(read(sample, unit="lb", athlete="Anna"))


@pytest.mark.parametrize("phrase", GONE)
def test_a_phrase_stays_gone(phrase):
    files = [p for p in SOURCE.rglob("*") if p.suffix in (".py", ".toml", ".j2", ".js", ".csv")]
    assert [p.name for p in files if phrase in p.read_text(encoding="utf-8")] == []


def test_takeaways_are_few_short_and_say_something(page):
    texts = [each.text for each in page.takeaways]
    assert 3 <= len(texts) <= MOST == 6
    assert [text for text in texts if len(text.split()) > 30] == []
    assert [text for text in texts if "too early" in text or "cannot" in text] == []
    assert not [text for text in texts if re.search(r": (neck|tibialis), 0", text)]


def test_takeaways_and_summary_are_easy_to_read(page):
    assert_plain(page)
    assert 60 <= page.summary.words <= 200


@pytest.mark.parametrize("log", ["ben_hevy.csv", "cleo_fitnotes.csv", "steady", "again", "runs"])
def test_so_are_those_of_other_logs(log, tmp_path):
    """A year of kg, months of few words, steady progress, a break, and no load at all."""
    if log.endswith(".csv"):
        book = read(ROOT / "data" / "raw" / "sample" / log, unit="kg", athlete="Ann")
    else:
        lifts = ("Running", "Push Up") if log == "runs" else LIFTS
        files = [hevy(tmp_path, "first.csv", weeks=16, lifts=lifts)]
        if log == "again":
            files.append(hevy(tmp_path, "then.csv", start=datetime(2024, 8, 5, 18)))
        book = read(files, athlete="Ann")
    assert_plain(athlete_page(book))


def assert_plain(page):
    """Takeaways and summary read easily, and no sentence of either is long."""
    said = [each.text for each in page.takeaways]
    told = [text for _, texts in page.summary.parts for text in texts]
    for texts in (said, told):
        assert reading_ease(texts) > 55, texts
        assert [text for text in texts if len(text.split()) > 30] == []


def test_research_words_stand_in_the_last_part_only(page):
    html = page.html()
    body = html[html.index("<main") : html.index('id="curious"')]
    words = re.sub(r"<[^>]+>", " ", body).lower()
    assert [word for word in RESEARCH if re.search(rf"\b{word}\b", words)] == []


def test_loads_of_a_page_without_a_switch_stand_in_its_unit():
    assert loads_in("Squat 1,000 kg × 5", "lb") == "Squat 2,204.6 lb × 5"
    assert loads_in("Squat 100 kg", "kg") == "Squat 100 kg"


def test_several_terms_are_explained_at_once():
    both = explain_all(["rir", "working", "set"])
    assert [line.partition(":")[0] for line in both.split("\n")] == ["RIR", "working set"]
    with pytest.raises(UserError, match="no entry for 'nonsense'"):
        explain_all(["rir", "nonsense"])


def reading_ease(texts):
    """Return Flesch's reading ease, syllables by runs of vowels.

    Numbers count as one word of one syllable, names of exercises as written: own count.
    """
    sentences = words = syllables = 0
    for text in texts:
        sentences += max(1, len(re.findall(r"[.!?](?:\s|$)", text)))
        for word in re.findall(r"[A-Za-z]+|\d[\d.,]*", text):
            words += 1
            syllables += _syllables(word)
    return 206.835 - 1.015 * words / sentences - 84.6 * syllables / words


def _syllables(word):
    if word[0].isdigit():
        return 1
    bare = re.sub(r"(?:[^laeiouy]es|ed|[^laeiouy]e)$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", bare)))
