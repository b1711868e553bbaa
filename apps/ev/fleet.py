"""The fleet: takes readings, trips and commands, decides, reports.

Synchronous: ev_app passes in messages and the time, and sends the set-points.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from apps.ev.stays import Stay
from base import messages
from base.language import phrase
from base.time import BRUSSELS, quarter_of
from ev import garage
from ev.calendars.poll import Agenda
from ev.cost import NOTHING, eur_kwh, from_battery, sun_share
from ev.facts import Car, CarStatus, ChargerState, SetPoint
from ev.garage import Garage
from ev.inputs import OURS, Mode, Rules, Scene, Wish
from ev.owner_command import named, order, said
from ev.session import Session
from ev.strategy import Decision, Memory, decide
from ev.trips import schedule
from screen.charging.view import CarRow, Plug, UsualRow

SAID_KWH = 0.1
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """State that is kept across a restart. `eur_kwh` is the last price of charging."""

    garage: Garage = field(default_factory=Garage)
    memory: Memory = field(default_factory=Memory)
    eur_kwh: float | None = None
    accepts: bool | None = None


class Fleet:
    """All chargers and cars of one house.

    `doubts` are sentences on calendar entries that cannot be read.
    """

    def __init__(
        self,
        rules: Rules,
        cars: Sequence[Car],
        chargers: Sequence[str],
        kept: Kept,
        *,
        accepts: bool = True,
        expects: bool = True,
        peer: str = OURS,
        keep: Callable[[Stay], None] = lambda _: None,
    ) -> None:
        """`peer` is the name under which the meter knows it. `accepts`: a trip may raise the month
        peak or use expensive hours, until the owner decides. `expects`: trips that a car usually
        makes are planned for."""
        self._keep = keep
        self.doubts: tuple[str, ...] = ()
        self.garage = garage.furnished(kept.garage, cars, chargers)
        self._rules, self._peer = rules, peer
        self._memory: Memory = kept.memory
        self._eur_kwh = kept.eur_kwh
        self._battery, self._sun = NOTHING, 0.0
        self._decision: Decision | None = None
        self._asked: set[str] = set()
        self._expects, self._expected_of = expects, object()
        self.accepts = accepts if kept.accepts is None else kept.accepts

    @property
    def stays(self) -> Mapping[str, datetime]:
        """Time since which a car is on each cable."""
        return {name: session.since for name, session in self.garage.sessions.items()}

    @property
    def kept(self) -> Kept:
        """State to keep across a restart."""
        return Kept(self.garage, self._memory, self._eur_kwh, self.accepts)

    def look(self, state: ChargerState) -> bool:
        """Take the state of one charger. True if another car, or none, is plugged in there now."""
        earlier, name = garage.not_after(self.garage, state.at), state.charger
        known = self._eur_kwh, self._battery, self._sun
        self._become(garage.looked(earlier, state, *known))
        before, after = earlier.sessions.get(name), self.garage.sessions.get(name)
        if (before and before.since) == (after and after.since):
            return False
        if before is not None and before.energy_kwh >= SAID_KWH:
            self._keep(_stay(before, earlier))
        if before is not None and name in earlier.chargers and before.energy_kwh >= SAID_KWH:
            log.info(_got(garage.cable(earlier, name).name, name, before))
        return True

    def learn(self, status: CarStatus) -> None:
        """Take a state of a car from its source or its owner."""
        self._become(garage.told(self.garage, status))

    def read(self, agenda: Agenda, now: datetime, all_day_departure: time) -> None:
        """Replace the trips by those of the calendars; log unclear entries once."""
        cars = [vehicle.car for vehicle in self.garage.vehicles.values()]
        read = schedule(
            agenda.events, cars, now, zone=BRUSSELS, all_day_departure=all_day_departure
        )
        self._become(garage.with_trips(self.garage, (*read.under_way, *read.coming), now))
        troubles = [
            phrase("The calendar {name} {reason}", name=name, reason=why)
            for name, why in agenda.trouble.items()
        ]
        unclear = (*agenda.unclear, *read.unclear)
        for sentence in unclear:
            if sentence not in self.doubts:
                log.warning(sentence)
        self.doubts = (*troubles, *unclear)

    def decide(
        self, now: datetime, house: messages.House | None, outlook: messages.Outlook | None
    ) -> Mapping[str, SetPoint]:
        """Set-points of all chargers; new diary lines are logged. No house message: safe ones."""
        if house is not None:
            powers = (charger.power_kw for charger in self.garage.chargers.values())
            cars_kw = sum(power or 0.0 for power in powers)
            self._eur_kwh = eur_kwh(house, cars_kw)
            self._battery = from_battery(house, cars_kw)
            self._sun = sun_share(house, cars_kw)
        self._expect(now)
        scene = Scene(
            now=now,
            house=house,
            cables=garage.cables(self.garage),
            outlook=outlook,
            away=garage.away(self.garage),
            accepts=self.accepts,
            peer=self._peer,
        )
        self._decision = decide(scene, self._rules, self._memory)
        self._memory = self._decision.memory
        self._ask(self._decision)
        for line in self._decision.diary:
            log.info(line)
        return self._decision.set_points

    def safe(self, now: datetime) -> Mapping[str, SetPoint]:
        """Set-point of each charger while this program does not run."""
        scene = Scene(now=now, house=None, cables=garage.cables(self.garage))
        return decide(scene, self._rules, self._memory).set_points

    def need(self, now: datetime) -> messages.Need:
        """The need message."""
        if self._decision is None:
            return messages.Need(
                name=self._peer, power_kw=None, healthy=False, why=phrase("starting")
            )
        return self._decision.need(now)

    def notices(self) -> Mapping[str, str]:
        """Notices for the owner about each charger, "" for none."""
        jobs = self._decision.jobs if self._decision else ()
        return {job.name: job.cable.charger.notice for job in jobs}

    def plugs(self) -> tuple[Plug, ...]:
        """Each charger as the screen shows it."""
        if self._decision is None:
            return ()
        found = self.garage.found
        shown: list[Plug] = []
        for job in self._decision.jobs:
            cable, name = job.cable, job.name
            session, whose = self.garage.sessions.get(name), found.get(name)
            by = garage.known(self.garage, cable.car.name).source if cable.car else ""
            shown.append(
                Plug(
                    cable=cable,
                    demand=job.demand,
                    control=self._memory.controls[name],
                    plan=job.plan,
                    whose=whose.why if whose else "",
                    read_by=by,
                    came=session.since if session and session.seen else None,
                    eur=session.eur if session else None,
                    battery_eur_kwh=session.battery_eur_kwh if session else None,
                    asks=whose.possible if whose and name in self._asked else (),
                )
            )
        return tuple(shown)

    def rows(self) -> tuple[CarRow, ...]:
        """Each car of the house as the screen shows it."""
        rows: list[CarRow] = []
        for name in self.garage.cars:
            known = garage.known(self.garage, name)
            where = garage.where(self.garage, name)
            rows.append(
                CarRow(
                    name=name,
                    soc_pct=known.soc_pct,
                    read_at=known.read_at,
                    read_by=known.source,
                    charger=where,
                )
            )
        return tuple(rows)

    @property
    def usual(self) -> tuple[UsualRow, ...]:
        """The usual trips of each car, as the screen shows them."""
        return tuple(
            UsualRow(car=name, trip=trip, km=100 * trip.kwh / vehicle.car.consumption_kwh_100km)
            for name, vehicle in self.garage.vehicles.items()
            for trip in self.garage.usual.get(name, ())
        )

    def order(self, args: Sequence[str], now: datetime) -> str:
        """Apply the owner's `charge`; the confirmation. ValueError with the reason otherwise."""
        known = garage.plugged(self.garage)
        car, wish = order(args, self.garage.cars, known, now)
        return self._wish(car, wish)

    def say(self, mode: Mode, args: Sequence[str]) -> str:
        """Apply the owner's `boost`, `pause` or `auto`; the confirmation. ValueError otherwise."""
        car = named(args, self.garage.cars, garage.plugged(self.garage))
        return self._wish(car, Wish(mode))

    def choose(self, *, accepts: bool) -> str:
        """Apply the owner's `accept` or `refuse`; the confirmation."""
        self.accepts = accepts
        if accepts:
            return phrase("a trip may raise the month peak and use expensive hours")
        return phrase(
            "no trip may raise the month peak or use expensive hours: a car may leave with less"
        )

    def name(self, args: Sequence[str], now: datetime) -> str:
        """The owner's command that names the car on a charger: `car q4`, or `car guest on
        CHARGER`."""
        words = [word for word in args if word != "on"]
        chargers = [name for name in self.garage.sessions if not words[1:] or name == words[1]]
        if not words or len(chargers) != 1:
            raise ValueError(
                phrase(
                    "which car on which charger: {names}",
                    names=", ".join(self.garage.sessions),
                )
            )
        car = "guest" if words[0] == "guest" else named(words[:1], self.garage.cars, ())
        self._become(garage.named(self.garage, chargers[0], car, now))
        return phrase("{car} is on {charger}", car=car, charger=chargers[0])

    def forget(self, args: Sequence[str]) -> str:
        """Apply the owner's `forget`; the confirmation."""
        car = named(args, self.garage.cars, garage.plugged(self.garage))
        if car not in self.garage.cars:
            raise ValueError(phrase("{car} has no usual trips", car=car))
        self._become(garage.forgotten(self.garage, car))
        return phrase(
            "{car} has no usual trips any more; they are learned again from now on", car=car
        )

    def _expect(self, now: datetime) -> None:
        """Look up the usual trips again: each quarter, and when a trip was made or announced."""
        outings = [vehicle.outings for vehicle in self.garage.vehicles.values()]
        reason = quarter_of(now), outings, self.garage.trips
        if self._expects and reason != self._expected_of:
            self._expected_of = reason
            self._become(garage.with_usual(self.garage, now))

    def _wish(self, car: str, wish: Wish) -> str:
        self._become(garage.wished(self.garage, car, wish))
        return said(wish, car)

    def _become(self, after: Garage) -> None:
        self.garage = after

    def _ask(self, decision: Decision) -> None:
        """Ask the owner which car it is where that must be known; logged once."""
        asked: set[str] = set()
        for job in decision.jobs:
            found = self.garage.found.get(job.name)
            if found is not None and (found.asked or job.demand.asks):
                asked.add(job.name)
                if job.name not in self._asked:
                    why = found.why if found.asked else job.demand.why
                    log.warning(
                        phrase("Which car is on {name}: {reason}", name=job.name, reason=why)
                    )
        self._asked = asked


def _stay(session: Session, earlier: Garage) -> Stay:
    """The stay that has ended; its car is unknown when it ended before this program started."""
    vehicle = garage.on(earlier, session.charger)
    whose = earlier.found.get(session.charger)
    known = session.charger in earlier.chargers and not (whose and whose.possible)
    guest = "guest" if known else None
    return Stay(
        since=session.since,
        until=session.at,
        charger=session.charger,
        car=vehicle.car.name if vehicle else guest,
        kwh=session.energy_kwh,
        battery_kwh=session.battery_kwh,
        sun_kwh=session.sun_kwh,
        from_kwh=session.from_kwh,
        to_kwh=session.to_kwh,
        eur=session.eur,
    )


def _got(car: str, charger: str, stay: Session) -> str:
    """The line in the log about a stay that has ended: its energy and cost."""
    kwh = stay.energy_kwh
    if stay.eur is None:
        told = phrase("{car} got {kwh:.2f} kWh on {charger}", car=car, kwh=kwh, charger=charger)
    else:
        told = phrase(
            "{car} got {kwh:.2f} kWh on {charger} for {eur:.2f} EUR",
            car=car,
            kwh=kwh,
            charger=charger,
            eur=stay.eur,
        )
    if stay.battery_eur_kwh is None:
        return told
    part = phrase(
        "{kwh:.2f} kWh of it from the home battery at {eur:.4f} EUR/kWh",
        kwh=stay.battery_kwh,
        eur=stay.battery_eur_kwh,
    )
    return f"{told}, {part}"
