"""The modelling table: what a muscle was given in a block, and how its strength then changed.

    from analysis.panel import panel
    table = panel(logbook, muscle="quads")

`blocks`    the calendar cut into blocks of weeks, per athlete;
`exposure`  dose, effort, intensity and frequency of a block;
`outcome`   each block's own strength, per exercise, with its variance;
`change`    the change to the next block, within an exercise, pooled over exercises;
`flow`      what enters a model and what does not, counted by reason.
"""

from analysis.panel.change import exercise_changes
from analysis.panel.exposure import per_week
from analysis.panel.flow import STATUSES, Step, flow_table, left_out_blocks, usable_blocks
from analysis.panel.options import OUTCOMES, PanelOptions
from analysis.panel.table import assemble, gaps, panel, unknowns

__all__ = [
    "OUTCOMES",
    "STATUSES",
    "PanelOptions",
    "Step",
    "assemble",
    "exercise_changes",
    "flow_table",
    "gaps",
    "left_out_blocks",
    "panel",
    "per_week",
    "unknowns",
    "usable_blocks",
]
