"""What the article on leg training says, what this log shows, what the evidence says.

`leg_audit.leg_audit`  the legs, topic by topic;     `claims.claims`  every claim, side by side;
`plan.plan`            a routine before it is run;   `sections`       the same, ready for a page.

Findings are made once per log from the measures (`leg_log`, then `dose`, `neglect`, `shares`,
`sides`, `overload`, `methods`, `rest`, `exercises_used`); both tables are views of them.
"""
