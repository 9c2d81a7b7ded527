"""How often each flag fires in real logs: the numbers of docs/coach.md, "How often".

    python benchmarks/flag_rates.py FOLDER ...

Each file is a person, files that share sessions are one; a person with 30 training days or more is
judged on the last logged day and on up to five earlier days, 49 days apart, from the 30th on.
"""

import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

from analysis.measures import weeks
from analysis.pages.clients import Settings, client_paths
from analysis.pages.coach import take_in_all
from analysis.signals.flags import FLAGS, find

LEAST_DAYS, DAYS, APART = 30, 6, timedelta(days=49)


def main(folders: list[Path]) -> None:
    intakes, _ = take_in_all(client_paths(folders), Settings(), lambda step, all_: map(step, all_))
    raised: Counter[tuple[str, str]] = Counter()
    people = judged = asking = 0
    for logbook in (each.logbook for each in intakes if each.logbook is not None):
        days = logbook.sets.select(weeks.day()).to_series().unique().sort()
        if len(days) < LEAST_DAYS:
            continue
        people += 1
        for today in (days[-1] - n * APART for n in range(DAYS)):
            if (days <= today).sum() >= LEAST_DAYS:
                found = find(logbook, today=today)
                judged += 1
                asking += any(each.level == "attention" for each in found)
                raised.update((each.flag, each.level) for each in found)
    print(f"{people} people, {judged} judgements; {asking / judged:.0%} ask for attention")
    for flag in FLAGS:
        levels = {level: n for (name, level), n in raised.items() if name == flag}
        print(flag, *(f"{level} {n / judged:.0%} ({n})" for level, n in sorted(levels.items())))


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
