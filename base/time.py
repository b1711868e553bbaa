"""Time as the tariff counts it: the clock quarter, and the day in Belgium.

Instants are UTC; a day is that of Europe/Brussels, whatever the zone of the machine. Quarters
need no zone: every offset of Brussels is a whole number of hours.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
QUARTER_S = 900.0
HOUR_S = 3600.0


def quarter_of(at: datetime) -> datetime:
    """The start (UTC) of the clock quarter that holds `at`."""
    utc = at.astimezone(UTC)
    return utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)


def local_day(at: datetime) -> date:
    """The day it is in Brussels at `at`."""
    return at.astimezone(BRUSSELS).date()
