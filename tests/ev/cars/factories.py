"""Cars, charger states and times for the tests."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ev.facts import Car, CarStatus, ChargerPhase, ChargerState
from ev.session import Session, folded

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
Q4 = Car(name="q4", capacity_kwh=77.0)
ZOE = Car(name="zoe", capacity_kwh=41.0, most_a=32.0)
SPRING = Car(name="spring", capacity_kwh=26.8, most_a=32.0, phases=1)


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def says(car: str, minutes: float, source: str = "cloud", **fields: object) -> CarStatus:
    """A car status received this number of minutes after NOW."""
    return CarStatus(car=car, source=source, at=after(minutes), **fields)  # type: ignore[arg-type]


def state(minutes: float, kwh: float | None = 0.0, **fields: object) -> ChargerState:
    """A charger charging at 3 x 16 A, this number of minutes after NOW."""
    given: dict[str, object] = {
        "phase": ChargerPhase.CHARGING,
        "set_a": 16.0,
        "paused": False,
        "phases": 3,
        "power_kw": 11.0,
        "currents_a": (15.9, 15.9, 15.9),
        "session_kwh": kwh,
    }
    return ChargerState(charger="nrgkick", at=after(minutes), **{**given, **fields})  # type: ignore[arg-type]


def session(
    hours: float = 1.0, kw: float = 11.0, *, start: float = 0.0, **fields: object
) -> Session:
    """A session observed from its plug-in, with steady charging and one observation a minute."""
    found = None
    for look in looks(hours, kw, start, **fields):
        found = folded(found, look, watched=True)
    assert found is not None
    return found


def looks(hours: float, kw: float, start: float, **fields: object) -> Iterator[ChargerState]:
    for minute in range(int(hours * 60) + 1):
        yield state(start + minute, kw * minute / 60, power_kw=kw, **fields)
