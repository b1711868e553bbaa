"""Session on a charger since a car was plugged in, whichever car it is. Pure.

Separate from the car: a plug-in is known at once, the car only later.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from base.limits import LEAST_A
from ev.cost import NOTHING, FromBattery
from ev.facts import ChargerPhase, ChargerState

PHASE_KV = 0.23
MARK_EVERY, MARKS_KEPT = timedelta(minutes=5), 300
SETTLED = timedelta(seconds=30)  # a car follows a new set-point within 5 to 10 s
LIMIT_HOLDS = timedelta(minutes=15)
LONGEST_STEP = timedelta(minutes=1)
STRONG_A, REFUSES_KW, REFUSES = 8.0, 0.5, timedelta(seconds=90)
FLOWS_A, NOTICED_A, NOISE_KWH = 1.0, 1.0, 0.01


@dataclass(frozen=True, slots=True)
class Draw:
    """Limits of a car's current. None: it has not shown a limit of its own.

    `phases` is the number it uses when offered three, `most_a` its draw when offered more; below
    `least_a` it drew nothing when offered several phases.
    """

    phases: int | None = None
    most_a: float | None = None
    least_a: float | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A set-point a charger holds since `since`."""

    current_a: float
    phases: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One car's stay on one cable, from `since` on; `at` is the last reading. `seen`: the plug-in
    was observed; otherwise the car was there already at the start. `marks` are times and the kWh
    charged by then, oldest first. `eur` is the cost of its energy; `battery_kwh` of it came from
    the home battery and was valued at `battery_eur`, `sun_kwh` from the roof. `from_kwh` and
    `to_kwh` are the charger's own register when it began and now.
    """

    charger: str
    since: datetime
    seen: bool
    at: datetime
    energy_kwh: float = 0.0
    counter_kwh: float | None = None
    marks: tuple[tuple[datetime, float], ...] = ()
    offer: Offer | None = None
    draw: Draw = Draw()
    limited_at: datetime | None = None
    eur: float | None = None
    battery_kwh: float = 0.0
    battery_eur: float = 0.0
    sun_kwh: float = 0.0
    from_kwh: float | None = None
    to_kwh: float | None = None

    @property
    def battery_eur_kwh(self) -> float | None:
        """Mean value of a kWh from the home battery; None where it gave none."""
        gave = self.eur is not None and self.battery_kwh > NOISE_KWH
        return self.battery_eur / self.battery_kwh if gave else None


def folded(
    session: Session | None,
    state: ChargerState,
    *,
    watched: bool,
    eur_kwh: float | None = None,
    battery: FromBattery = NOTHING,
    sun: float = 0.0,
) -> Session | None:
    """The session after another reading of the charger; None without a car.

    `watched`: the charger was read before, so that a new car has just come. An error or a short
    silence is not an unplugging; a falling counter is another session. `eur_kwh` is the price of
    the energy since the last reading, `battery` the part from the home battery, `sun` the share of
    the roof.
    """
    if state.phase is ChargerPhase.STANDBY:
        return None
    if not state.plugged:
        return session
    if session is None:
        return _begun(state, seen=watched)
    if state.at <= session.at:
        return session
    if _fell(session.counter_kwh, state.session_kwh):
        return _begun(state, seen=True)
    return _continued(session, state, eur_kwh, battery, sun)


def stay_not_after(session: Session, now: datetime) -> Session:
    """The session after our clock was put back: no time is later than now, and the energy stays."""
    if session.at <= now:
        return session
    offer = session.offer
    return replace(
        session,
        since=min(session.since, now),
        at=now,
        marks=(*(mark for mark in session.marks if mark[0] < now), (now, session.energy_kwh)),
        offer=offer and replace(offer, since=min(offer.since, now)),
        limited_at=session.limited_at and min(session.limited_at, now),
    )


def energy_at(session: Session, at: datetime) -> float:
    """The kWh charged by `at`, between two marks in proportion to time."""
    marks = (*session.marks, (session.at, session.energy_kwh))
    if at <= marks[0][0]:
        return marks[0][1]
    for (before, low_kwh), (after, high_kwh) in pairwise(marks):
        if at <= after:
            part = (at - before) / (after - before) if after > before else 1.0
            return low_kwh + part * (high_kwh - low_kwh)
    return session.energy_kwh


def _begun(state: ChargerState, *, seen: bool) -> Session:
    energy_kwh = state.session_kwh or 0.0
    return Session(
        charger=state.charger,
        since=state.at,
        seen=seen,
        at=state.at,
        energy_kwh=energy_kwh,
        counter_kwh=state.session_kwh,
        marks=((state.at, energy_kwh),),
        eur=None if energy_kwh > NOISE_KWH else 0.0,
        from_kwh=state.register_kwh,
        to_kwh=state.register_kwh,
    )


def _fell(before_kwh: float | None, now_kwh: float | None) -> bool:
    return before_kwh is not None and now_kwh is not None and now_kwh < before_kwh - NOISE_KWH


def _continued(
    session: Session,
    state: ChargerState,
    eur_kwh: float | None,
    battery: FromBattery,
    sun: float,
) -> Session:
    offer = _offer(session.offer, state)
    draw, limited_at = _learned(session, offer, state)
    more_kwh = _more_kwh(session, state)
    energy_kwh = session.energy_kwh + more_kwh
    counter_kwh = session.counter_kwh if state.session_kwh is None else state.session_kwh
    return replace(
        session,
        at=state.at,
        energy_kwh=energy_kwh,
        counter_kwh=counter_kwh,
        marks=_marked(session.marks, state.at, energy_kwh),
        offer=offer,
        draw=draw,
        limited_at=limited_at,
        eur=_eur(session.eur, more_kwh, eur_kwh),
        battery_kwh=session.battery_kwh + more_kwh * battery.share,
        battery_eur=session.battery_eur + more_kwh * battery.share * battery.eur_kwh,
        sun_kwh=session.sun_kwh + more_kwh * sun,
        from_kwh=session.from_kwh,
        to_kwh=session.to_kwh if state.register_kwh is None else state.register_kwh,
    )


def _eur(before: float | None, more_kwh: float, eur_kwh: float | None) -> float | None:
    """The cost with that of `more_kwh`; unknown for the whole session once a price is unknown."""
    if more_kwh == 0.0 or before is None:
        return before
    return None if eur_kwh is None else before + more_kwh * eur_kwh


def _more_kwh(session: Session, state: ChargerState) -> float:
    """Energy charged since the last reading: by the counter, or else by power and time."""
    if session.counter_kwh is not None and state.session_kwh is not None:
        return max(state.session_kwh - session.counter_kwh, 0.0)
    step = min(state.at - session.at, LONGEST_STEP)
    return max(state.power_kw or 0.0, 0.0) * (step / timedelta(hours=1))


def _marked(
    marks: tuple[tuple[datetime, float], ...], at: datetime, energy_kwh: float
) -> tuple[tuple[datetime, float], ...]:
    if at - marks[-1][0] < MARK_EVERY:
        return marks
    return (*marks, (at, energy_kwh))[-MARKS_KEPT:]


def _offer(before: Offer | None, state: ChargerState) -> Offer | None:
    if state.set_a is None or state.phases is None or state.paused or state.set_a < LEAST_A:
        return None
    phases = state.offered_phases or state.phases
    if before and (before.current_a, before.phases) == (state.set_a, phases):
        return before
    return Offer(state.set_a, phases, state.at)


def _learned(
    session: Session, offer: Offer | None, state: ChargerState
) -> tuple[Draw, datetime | None]:
    """Limits that a settled offer shows, and when its current limit was reached.

    A limit that was not reached for a while is dropped, so that the car is offered more again: it
    may have been cold, or waking up.
    """
    draw, limited_at = session.draw, session.limited_at
    if limited_at and state.at - limited_at > LIMIT_HOLDS:
        draw, limited_at = replace(draw, most_a=None), None
    flowing = [amps for amps in state.currents_a if amps > FLOWS_A]
    if draw.phases is not None and len(flowing) > draw.phases:
        draw = replace(draw, phases=len(flowing))  # at once: it takes more than was assumed
    draw = _refuses(draw, offer, state)
    if offer is None or not flowing or state.at - offer.since < SETTLED:
        return draw, limited_at
    phases = len(flowing) if offer.phases == 3 else draw.phases
    takes_a = max(flowing)
    if takes_a < offer.current_a - NOTICED_A:
        return replace(draw, phases=phases, most_a=takes_a), state.at
    if draw.most_a is not None and takes_a > draw.most_a + NOTICED_A:
        return replace(draw, phases=phases, most_a=None), None
    return replace(draw, phases=phases), limited_at


def _refuses(draw: Draw, offer: Offer | None, state: ChargerState) -> Draw:
    """The limits of a car that draws almost nothing of a small offer on several phases. It may be
    full as well: offering it more, or one phase, then costs nothing.
    """
    if offer is None or offer.phases == 1 or not LEAST_A <= offer.current_a < STRONG_A:
        return draw
    takes_kw = state.power_kw
    if takes_kw is None or takes_kw > REFUSES_KW or state.at - offer.since < REFUSES:
        return draw
    return replace(draw, least_a=STRONG_A)
