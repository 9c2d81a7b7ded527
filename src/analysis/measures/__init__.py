"""Measures: a logbook in, a tidy table with its figure, sentence and notes out.

One file, one measure, one public function of the same name (`volume.volume`). Each is pure,
works on every athlete of the logbook at once, and imports no model. What they share:

`working`   which sets count at all;       `load`      what a logged load means in kg;
`counting`  how much a set counts;         `weeks`     the calendar, with its unknown weeks;
`e1rm`      named formulas.
"""
