"""A plan, or a folder of them: one page each, and one that holds the family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.logbook import Logbook
from analysis.models.hypothesis import Outcome, read_plan, run
from analysis.models.hypothesis.family import Adjusted, adjusted
from analysis.outputs import whole_folder
from analysis.pages.hypothesis import answer, refuse_other_plan, written
from analysis.pages.lifter import made_with
from analysis.pages.slices import missing
from analysis.progress import Tell, silent
from analysis.report import Report, Section, Takeaway
from analysis.result import Result
from analysis.say import count


def answer_all(
    plans: Sequence[Path],
    logbook: Logbook,
    out: Path,
    *,
    register: Path | None = None,
    command: Sequence[str] = (),
    today: date | None = None,
    anonymous: bool = False,
    tell: Tell = silent,
) -> Iterator[str]:
    """Answer one plan, or a family of them, and yield what to tell the user.

    A family gets a folder per plan, named as the plan's file, and an `index.html` above them.

    Raises:
        UserError: a plan or the register cannot be used, or a folder holds another plan's answer.
    """
    if len(plans) == 1:
        yield from answer(
            plans[0], logbook, out, register=register, command=command, today=today,
            anonymous=anonymous, tell=tell,
        )  # fmt: skip
        return
    # before anything is looked at: a look that leaves no page is still a look
    for plan in plans:
        refuse_other_plan(out / plan.stem, read_plan(plan)[1])
    outcomes = [run(plan, logbook, register=register, today=today, tell=tell) for plan in plans]
    family = adjusted(outcomes)
    for plan, outcome, each in zip(plans, outcomes, family, strict=True):
        yield from written(outcome, out / plan.stem, command, each, anonymous=anonymous)
    with whole_folder(out, "family", anonymous=anonymous) as draft:
        family_page(plans, outcomes, family).save(draft)
    yield f"Family: {out / 'index.html'}"


def family_page(
    plans: Sequence[Path], outcomes: Sequence[Outcome], family: Sequence[Adjusted]
) -> Report:
    """Return the page above the plans of a family: one row per plan, none left out."""
    rows = []
    for plan, outcome, each in zip(plans, outcomes, family, strict=True):
        target = None if outcome.fitted is None else outcome.fitted.target
        numbers = ("estimate", "low", "high")
        rows.append(
            {
                "plan": plan.stem,
                "question": outcome.plan.question,
                **{name: None if target is None else target.cells[name] for name in numbers},
                "unit": outcome.plan.unit,
                "p_value": each.p_value,
                "p_holm": each.p_holm,
                "verdict_alone": outcome.verdict,
                "verdict": each.verdict,
                "stamp": outcome.stamp.word,
            }
        )
    table = pd.DataFrame(rows)
    words = table["verdict"].value_counts(sort=False)
    counts = ", ".join(f"{number} {word}" for word, number in words.items())
    result = Result(
        name="family",
        title="Every question that was asked",
        table=table,
        summary=f"{count(len(table), 'plan')} on the same logs: {counts}.",
        notes=(
            "p-values are adjusted together (Holm 1979): with several questions one of them comes "
            "out by chance more often than each alone. Intervals are each plan's own.",
        ),
    )
    return Report(
        "A family of questions",
        [Section("questions", "Questions", [result])],
        takeaways=[*missing(outcomes[0].logbook), Takeaway(result.summary, "family")],
        provenance=made_with("polars", "pandas", "numpy", "scipy"),
        footer=("Associations in logs, not a trial.",),
    )
