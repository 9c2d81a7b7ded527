"""The flow diagram: steps in order, what is left out beside each, everything escaped."""

import pandas as pd

from analysis.models.cohort.flow import Step, flow_table
from analysis.report import FlowChart, Report
from analysis.report.blocks import boxes
from analysis.result import Result

STEPS = [
    Step("Files read", "files", 8, {"no export": 1, "<b>torn</b>": 3, "never": 0}),
    Step("Athletes", "athletes", 1_200),
]


def flow(table):
    return Result(name="flow", title="Flow", table=table, summary="Two steps.")


def test_a_step_is_a_row_per_reason_and_adds_up():
    table = flow_table(STEPS)
    assert table["left_out"].tolist() == [1, 3, 0]
    assert table["kept"].tolist() == [8, 8, 1200]
    assert [step.total for step in STEPS] == [12, 1200]


def test_boxes_hold_what_the_table_holds():
    first, last = boxes(FlowChart(flow(flow_table(STEPS))))
    assert (first.name, first.number, first.total, first.counted) == ("Files read", 8, 12, "files")
    assert [(loss.number, loss.reason) for loss in first.losses] == [
        (1, "no export"), (3, "<b>torn</b>")
    ]  # fmt: skip
    assert first.share == 66.7
    assert (last.losses, last.share) == ([], 100.0)


def test_the_block_is_text_arrows_and_a_table():
    page = Report("Page", [FlowChart(flow(flow_table(STEPS)))]).html()
    assert "<b>torn" not in page
    assert "&lt;b&gt;torn" in page
    assert "1,200" in page
    assert page.count('class="flow-out"') == 1
    assert page.count('class="flow-down"') == 1
    assert 'data-csv="flow"' in page


def test_other_columns_may_hold_the_counts():
    table = flow_table(STEPS).drop(columns="counted").rename(columns={"kept": "athletes"})
    drawn = boxes(FlowChart(flow(table), kept="athletes", counted="people"))
    assert [(box.number, box.counted) for box in drawn] == [(8, "people"), (1200, "people")]


def test_a_column_of_what_is_kept_may_name_what_is_counted():
    row = {"step": "in the files", "athletes": 30, "left_out": 0, "reason": ""}
    drawn = boxes(FlowChart(flow(pd.DataFrame([row])), kept="athletes", counted="athletes"))
    assert (drawn[0].number, drawn[0].counted) == (30, "athletes")


def test_an_empty_flow_is_its_sentence():
    page = Report("Page", [FlowChart(flow(flow_table([])))]).html()
    assert "Two steps." in page
    assert '<ol class="flow">' not in page
