"""forecast.solar: bytes -> W per quarter. No key, 12 requests an hour, one request per plane.

Source: https://doc.forecast.solar. `watts` holds the power at sunrise, each hour and sunset;
between them it is a straight line (its own energies are just that). Losses are inside.
"""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from pydantic import AwareDatetime, Field

from base.http_client import Answer, NonsenseError, Query, decoded
from base.language import clause
from base.time import QUARTER
from sun.forecast import Plane, Roof

NAME = "forecast.solar"
BASE = "https://api.forecast.solar"
LONGEST = timedelta(days=14)


class _Result(Answer):
    watts: dict[AwareDatetime, float] = Field(min_length=2, max_length=5000)


class _Estimate(Answer):
    result: _Result


class _Limit(Answer):
    retry_at: AwareDatetime = Field(alias="retry-at")


class _Message(Answer):
    ratelimit: _Limit


class _Refusal(Answer):
    message: _Message


def query(roof: Roof, plane: Plane, base: str = BASE) -> Query:
    """The request for one plane."""
    place = f"{roof.latitude:.4f}/{roof.longitude:.4f}"
    panels = f"{plane.tilt_deg:.0f}/{plane.azimuth_deg:.0f}/{plane.kwp:g}"
    return f"{base}/estimate/{place}/{panels}", {"time": "utc"}


def parse(body: bytes, plane: Plane) -> dict[datetime, float]:
    """W of the plane by quarter start (UTC), from the first stamp to the last. NonsenseError."""
    said = decoded(_Estimate, body).result.watts
    points = [(at.astimezone(UTC), w) for at, w in said.items()]
    times = [at for at, _ in points]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise NonsenseError(clause("sent times that are not in order"))
    if times[-1] - times[0] > LONGEST or not all(0 <= w <= plane.kwp * 1500 for _, w in points):
        raise NonsenseError(clause("sent powers that these panels cannot give"))
    start = times[0].replace(minute=times[0].minute // 15 * 15, second=0, microsecond=0)
    count = -((start - times[-1]) // QUARTER)
    quarters = (start + place * QUARTER for place in range(count))
    return {quarter: _mean(points, times, quarter) for quarter in quarters}


def retry_at(body: bytes) -> datetime | None:
    """Time that a refusal for too many requests gives for the next; None when it gives none."""
    try:
        return decoded(_Refusal, body).message.ratelimit.retry_at.astimezone(UTC)
    except NonsenseError:
        return None


def _mean(points: list[tuple[datetime, float]], times: list[datetime], start: datetime) -> float:
    """The mean of the line over the quarter, exactly: by its corners within the quarter."""
    end = start + QUARTER
    within = points[bisect_right(times, start) : bisect_right(times, end)]
    line = [(start, _at(points, times, start)), *within, (end, _at(points, times, end))]
    area = sum((b - a).total_seconds() * (wa + wb) / 2 for (a, wa), (b, wb) in pairwise(line))
    return area / QUARTER.total_seconds()


def _at(points: list[tuple[datetime, float]], times: list[datetime], at: datetime) -> float:
    """The power at a moment; 0 before the first sunrise and after the last sunset."""
    after = bisect_right(times, at)
    if after in (0, len(points)):
        return points[-1][1] if times[-1] == at else 0.0
    (a, wa), (b, wb) = points[after - 1], points[after]
    return wa + (wb - wa) * ((at - a) / (b - a))
