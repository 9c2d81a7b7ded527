"""Names that generalise: how much of a log is mapped whose people nobody had looked at.

    python benchmarks/names.py FOLDER [--unlearn aliases|words|keys] [--leave-out PERSON]
                                      [--sample N] [--seed N]

FOLDER holds real exports, each named PERSON__anything (a file without `__` is a person of its
own). People are split in two halves, six times; each half is mapped with what the other could have
taught. What is taken out, because it occurs among the names of the tested half and not of the
other:

    aliases  aliases, as spelled
    words    also words of `words.toml` and `parts_*.csv`, unless the catalogue's own names hold
             them; a language that one person alone writes is lost whole
    keys     also aliases that a tested name matches by rule

Numbers that an app writes instead of a name are left out. Rules of `rules.csv` stay, and were
written knowing all names, which flatters.

A name is right where its direct and indirect muscles are those that the whole lists give it.
`--sample` prints names read by parts, to be judged by eye. Speed is per processor second, and a
ratio: names by parts against names by the lists.
"""

import argparse
import random
import re
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from analysis.exercises import Catalogue, catalogue, load, parts
from analysis.exercises.names import Words, plain, vocabulary
from analysis.exercises.parts import Grammar, grammar
from analysis.ingest import NoUsableDataError, read

SPLITS = 6
NO_NAME = re.compile(r"(MacroFactor|RP) exercise \w+")
"""What stands for a name where an export gives a number of the app's own list."""

Log = Counter[str]


def logs_of(folder: Path) -> dict[str, Log]:
    """Return person -> sets under each name, of every file that can be read."""
    logs: dict[str, Log] = defaultdict(Counter)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if "_synthetic" in path.parts:
            continue
        for unit in (None, "kg"):  # no unit is needed to count sets, but reading asks for one
            try:
                logbook = read(path, unit=unit)
            except NoUsableDataError:
                continue
            person = path.name.partition("__")[0]
            named = logbook.exercises.select("exercise", "sets").iter_rows()
            logs[person].update({n: sets for n, sets in named if not NO_NAME.fullmatch(n)})
            break
    return dict(logs)


def unlearned(words: Words, only_tested: set[str], elsewhere: str) -> Words:
    """Return `words.toml` without what only the tested half's names hold."""
    gone = {word for word in words.meaning if word in only_tested}
    phrases = {
        first: [
            (phrase, means)
            for phrase, means in known
            if not (set(phrase) & only_tested and f" {' '.join(phrase)} " not in elsewhere)
        ]
        for first, known in words.phrases.items()
    }
    meaning = {word: means for word, means in words.meaning.items() if word not in gone}
    return replace(words, phrases=phrases, meaning=meaning)


def unlearned_grammar(words: Grammar, tested: str, elsewhere: str) -> Grammar:
    """Return the vocabulary without forms that only the tested half's names hold."""
    forms = {
        language: {
            form: said
            for form, said in known.items()
            if f" {form} " not in tested or f" {form} " in elsewhere
        }
        for language, known in words.forms.items()
    }
    own = {language: known & forms[language].keys() for language, known in words.own.items()}
    return Grammar(words.slots, words.rules, forms, own, words.effect)


def _spelled(name: str) -> str:
    return " ".join(name.casefold().split())


@contextmanager
def taught_by(half: Log, tested: Log, unlearn: str) -> Iterator[Catalogue]:
    """Yield the catalogue as the names of one half could have taught it, to test the other."""
    whole = load()
    spelled = vocabulary().key if unlearn == "keys" else _spelled
    known, new = {spelled(name) for name in half}, {spelled(name) for name in tested}
    aliases = {
        alias: found
        for alias, found in whole.aliases.items()
        if spelled(alias) not in new or spelled(alias) in known
    }
    listed = [*half, *whole.exercises["name"]]  # the catalogue's own names teach their words
    ours, theirs = (f" {' | '.join(map(plain, names))} " for names in (listed, tested))
    words, spoken = vocabulary(), grammar()
    if unlearn != "aliases":
        words = unlearned(words, set(theirs.split()) - set(ours.split()), ours)
        spoken = unlearned_grammar(spoken, theirs, ours)
    with (
        patch.object(catalogue, "vocabulary", lambda: words),
        patch.object(catalogue, "grammar", lambda: spoken),
    ):
        yield replace(whole, aliases=aliases)


def worked_by(book: Catalogue, names: Log) -> dict[str, tuple[str, frozenset[tuple[str, str]]]]:
    """Return mapped name -> method, and muscles with their direct or indirect role."""
    roles: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for exercise_id, muscle, role in book.roles.iter_rows():
        if role != "stabiliser":
            roles[exercise_id].add((muscle, role))
    return {
        name: (method, frozenset(roles[found]))
        for name, found, method in book.match(names).iter_rows()
        if found is not None
    }


def halves(logs: dict[str, Log], unlearn: str) -> tuple[Counter[str], dict[str, str]]:
    """Return sums over the splits, both ways, and the names read by parts with what was read."""
    truth = worked_by(load(), sum(logs.values(), Counter()))
    sums: Counter[str] = Counter()
    by_parts: dict[str, str] = {}
    for seed in range(SPLITS):
        people = sorted(logs)
        random.Random(seed).shuffle(people)
        middle = len(people) // 2
        for learned, unseen in (
            (people[:middle], people[middle:]),
            (people[middle:], people[:middle]),
        ):
            taught = sum((logs[person] for person in learned), Counter())
            tested = sum((logs[person] for person in unseen), Counter())
            with taught_by(taught, tested, unlearn) as book:
                lists = worked_by(book, tested)
                both = book.with_parts(tested)
                found = worked_by(both, tested)
                made = dict(both.match(tested).select("exercise", "exercise_id").iter_rows())
            for name, sets in tested.items():
                sums["names"] += 1
                sums["sets"] += sets
                sums["names by lists"] += name in lists
                sums["sets by lists"] += sets * (name in lists)
                if name not in found:
                    continue
                method, worked = found[name]
                sums["names mapped"] += 1
                sums["sets mapped"] += sets
                if method == "parts":
                    reading = both.read[made[name]]
                    by_parts[name] = f"{reading.movement}: {' '.join(reading.parts)}"
                if name in truth:
                    sums["names judged"] += 1
                    sums["names right"] += truth[name][1] == worked
                    sums["parts judged"] += method == "parts"
                    sums["parts right"] += method == "parts" and truth[name][1] == worked
    return sums, by_parts


def load_bases(every: Log) -> Counter[str]:
    """Return sets whose load basis parts read right, wrong or not, where the lists know it."""
    book = load()
    known = dict(book.exercises.select("exercise_id", "load_basis").iter_rows())
    sums: Counter[str] = Counter()
    for name, found, _ in book.match(every).iter_rows():
        reading = grammar().read(name) if found is not None else None
        if reading is None or known[found] == "unknown":
            continue
        basis = catalogue.load_basis_of(reading)
        verdict = "right" if basis == known[found] else "wrong"
        sums["unknown" if basis == "unknown" else verdict] += every[name]
    return sums


def speed(names: list[str]) -> None:
    start = time.process_time()
    parts.grammar.__wrapped__()
    loading = time.process_time() - start
    book, words = load(), grammar()
    book.match(names)
    start = time.process_time()
    book.match(names)
    lists = len(names) / (time.process_time() - start)
    start = time.process_time()
    for name in names:
        words.read(name)
    by_parts = len(names) / (time.process_time() - start)
    print(
        f"{by_parts:,.0f} names a second by parts, {lists:,.0f} by the lists "
        f"({lists / by_parts:.1f} times); vocabulary and rules load in {1000 * loading:.0f} ms"
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--leave-out", action="append", default=[], metavar="PERSON")
    ask.add_argument("--unlearn", choices=("aliases", "words", "keys"), default="words")
    ask.add_argument("--sample", type=int, default=0, metavar="N")
    ask.add_argument("--seed", type=int, default=1, help="of the sample")
    given = ask.parse_args()
    warnings.simplefilter("ignore")
    logs = {p: log for p, log in logs_of(given.folder).items() if p not in given.leave_out}
    every = sum(logs.values(), Counter())
    book = load().with_parts(every)
    method = dict(book.match(every).select("exercise", "method").iter_rows())
    share = Counter()
    for name, sets in every.items():
        share[method[name]] += sets
    total = every.total()
    print(f"{len(logs)} people, {len(every):,} names, {total:,} sets: all lists known")
    for how, sets in share.most_common():
        print(f"  {how:9} {100 * sets / total:6.2f} % of sets")
    print(f"  mapped    {100 * (1 - share['unmapped'] / total):6.2f} % of sets")
    sums, by_parts = halves(logs, given.unlearn)
    print(f"halves of people, {SPLITS} splits both ways, the half that was not looked at:")
    for what in ("sets", "names"):
        shares = [100 * sums[f"{what} {how}"] / sums[what] for how in ("by lists", "mapped")]
        print(f"  {what:5} {shares[0]:6.2f} % by lists alone, {shares[1]:6.2f} % with parts")
    for what in ("names", "parts"):
        right, judged = sums[f"{what} right"], sums[f"{what} judged"]
        print(f"  same muscles: {what} {right:,} of {judged:,}, {100 * right / judged:.2f} %")
    bases = load_bases(every)
    shares = ", ".join(f"{how} {100 * n / bases.total():.2f} %" for how, n in bases.most_common())
    print(f"  load basis, of {bases.total():,} sets that lists and parts both read: {shares}")
    speed(sorted(every))
    names = sorted(by_parts)
    for name in sorted(random.Random(given.seed).sample(names, min(given.sample, len(names)))):
        print(f"{name} -> {by_parts[name]}")


if __name__ == "__main__":
    main()
