"""Which results a page holds, for whom, in which order. The drawing is `analysis.report`'s."""
