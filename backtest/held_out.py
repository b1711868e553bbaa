"""Months held out from tuning, for checks: one rule for every home.

Tuning looks at periods of January to April, July and November only. A period that begins in
any other month is held out: it is replayed for the report, never to choose a number or a rule.
"""

from datetime import date

TUNED_ON = frozenset({1, 2, 3, 4, 7, 11})


def held_out(month: date) -> bool:
    """True for a month that is kept for checking."""
    return month.month not in TUNED_ON
