"""The sky over the simulated house, 50.9 N 4.4 E: sun, clouds, and how cold it is outside.

Everything is a function of seed and time; times are Unix seconds.
"""

from functools import lru_cache
from math import asin, cos, degrees, pi, radians, sin
from random import Random

QUARTER_S = 900
LATITUDE = radians(50.9)
LONGITUDE_DEG = 4.4
TILT = radians(35)  # roof facing south
_YEAR_S = 31_556_952
_MARCH_EQUINOX_S = 6_889_800  # 2026-03-20 within the year, from 1 January 1970


@lru_cache(maxsize=4096)
def _knot(name: str, index: int) -> float:
    return Random(f"{name}/{index}").random()


def noise(name: str, at: int, period_s: int) -> float:
    """A value in 0..1 that wanders: a new random knot each `period_s`, joined smoothly."""
    index, rest = divmod(at, period_s)
    left, right = _knot(name, index), _knot(name, index + 1)
    share = rest / period_s
    return left + (right - left) * share * share * (3 - 2 * share)


def noises(name: str, start: int, period_s: int) -> list[float]:
    """`noise` for each second of the quarter from `start`."""
    first = start // period_s
    last = (start + QUARTER_S - 1) // period_s
    knots = [_knot(name, index) for index in range(first, last + 2)]
    values = []
    for at in range(start, start + QUARTER_S):
        index, rest = divmod(at, period_s)
        left, right = knots[index - first], knots[index - first + 1]
        share = rest / period_s
        values.append(left + (right - left) * share * share * (3 - 2 * share))
    return values


def _sun(at: int) -> tuple[float, float]:
    """Declination and hour angle, radians, to about half a degree."""
    season = 2 * pi * ((at - _MARCH_EQUINOX_S) % _YEAR_S) / _YEAR_S
    declination = radians(23.44) * sin(season)
    equation_min = 9.87 * sin(2 * season) - 7.53 * cos(season) - 1.5 * sin(season)
    solar_h = (at % 86400) / 3600 + LONGITUDE_DEG / 15 + equation_min / 60
    return declination, radians(15 * (solar_h - 12))


def elevation_deg(at: int) -> float:
    """Elevation of the sun, degrees; negative below the horizon."""
    declination, hour = _sun(at)
    height = sin(LATITUDE) * sin(declination) + cos(LATITUDE) * cos(declination) * cos(hour)
    return degrees(asin(height))


def clear_sky(at: int) -> tuple[float, float]:
    """Beam and diffuse light on the roof under a clear sky, kW per m2."""
    height_deg = elevation_deg(at)
    if height_deg <= 0:
        return 0.0, 0.0
    declination, hour = _sun(at)
    roof = LATITUDE - TILT  # a roof facing south sees the sun as a flat roof further south would
    onto_roof = sin(roof) * sin(declination) + cos(roof) * cos(declination) * cos(hour)
    # Kasten and Young 1989; Meinel 1976
    air_mass = 1 / (sin(radians(height_deg)) + 0.50572 * (height_deg + 6.07995) ** -1.6364)
    beam = 1.361 * 0.7 ** (air_mass**0.678) * max(0.0, onto_roof)
    return float(beam), 0.15 * sin(radians(height_deg))


def solar_w(seed: int, solar_kwp: float, start: int) -> list[int]:
    """Solar power for each second of the quarter from `start`, W; the inverter stops at its kWp."""
    beam, diffuse = clear_sky(start)
    beam_end, diffuse_end = clear_sky(start + QUARTER_S)
    if not solar_kwp or diffuse + diffuse_end == 0:
        return [0] * QUARTER_S
    cover = 1.6 * noise(f"{seed}/cover", start, 4 * 3600) - 0.3
    cover_end = 1.6 * noise(f"{seed}/cover", start + QUARTER_S, 4 * 3600) - 0.3
    fields = zip(
        noises(f"{seed}/cloud", start, 420), noises(f"{seed}/wisp", start, 45), strict=True
    )
    powers = []
    for second, (cloud, wisp) in enumerate(fields):
        share = second / QUARTER_S
        passing = 0.75 * cloud + 0.25 * wisp
        above = cover + (cover_end - cover) * share - passing
        shade = min(1.0, max(0.0, 5 * above + 0.5))
        light = (beam + (beam_end - beam) * share) * (1 - 0.97 * shade)
        light += (diffuse + (diffuse_end - diffuse) * share) * (1 - 0.5 * shade)
        powers.append(int(1000 * min(solar_kwp, 0.88 * solar_kwp * light)))
    return powers


def outside_c(seed: int, at: int) -> float:
    """The temperature outside, degrees C: season, hour, and weather that changes over days."""
    season = cos(2 * pi * ((at - _MARCH_EQUINOX_S) / _YEAR_S + 0.16))  # coldest mid January
    hour = cos(2 * pi * (at % 86400 / 3600 - 14) / 24)
    return 10.8 - 7.5 * season + 3 * hour + 8 * (noise(f"{seed}/weather", at, 2 * 86400) - 0.5)
