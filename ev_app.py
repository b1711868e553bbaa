#!/usr/bin/env python3
"""Car charging program: reads chargers, cars and trips, follows the meter's grants."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

from apps.changed import NOTICE
from apps.ev import devices as equipment
from apps.ev import silence, stays
from apps.ev.chargers import Chargers
from apps.ev.commands import CarWords
from apps.ev.devices import Equipment
from apps.ev.fleet import Fleet, Kept
from apps.ev.state import charging, devices
from apps.shared import doors, metrics
from apps.shared import satellite as neighbour
from apps.shared.house_clock import HouseClock
from apps.shared.program import draw, start
from apps.shared.secrets import Secrets, load_secrets
from apps.shared.settings import Settings, load_settings
from base import daemon, messages
from base.http_client import WebError
from base.language import phrase
from base.limits import STALE_S
from base.time import BRUSSELS
from base.version import VERSION
from base.wire.client import Client
from base.wire.guard import Guard
from ev.calendars.google_login import login
from ev.calendars.kept import Readings
from ev.calendars.poll import Agenda
from ev.calendars.poll import keep as follow_calendars
from ev.cars.follow import Follower
from ev.chargers.registry import BY_KEY, FAMILIES
from ev.facts import ChargerState
from screen.charging.layout import render
from screen.charging.view import ChargingView, summary
from store.kept import KeptFile
from store.logs import Recent, dated

ROOT = Path(__file__).resolve().parent
KIND = "ev"
VITAL = ("clock", "dm")
STAYS = "history/{name}_stays.jsonl"
TICK_S = 1.0
SAVE_S = 600.0
log = logging.getLogger("ev")


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of ev_app.py."""
    parser = neighbour.parser("ev_app.py", __doc__, ROOT)
    parser.add_argument("--login", action="store_true", help="log in to Google Calendar")
    parser.add_argument(
        "--simulated",
        nargs="?",
        const=BY_KEY.usual,
        choices=list(FAMILIES),
        metavar="FAMILY",
        help="a simulated charger (of this family: docs/chargers.md), car and calendar",
    )
    parser.add_argument("--charger", metavar="NAME", help="the charger of --silence-test")
    parser.add_argument(
        "--silence-test",
        action="store_true",
        help="8 A, then no messages: does the charger reduce power? Needs a car; stop ev first",
    )
    return parser.parse_args(argv)


class Ev:
    """The daemon put together: parts that run side by side around one Fleet."""

    def __init__(
        self,
        options: argparse.Namespace,
        settings: Settings,
        secrets: Secrets,
        has: Equipment,
        clock: HouseClock,
        stop: asyncio.Event,
        *,
        lost_s: float = STALE_S,
        guard: Guard | None = None,
    ) -> None:
        self._options, self._settings, self._stop = options, settings, stop
        self._clock, self._lost_s = clock, lost_s
        self._has = has
        self._chargers = Chargers(has.chargers, clock, self._looked)
        name = neighbour.own_name(KIND, options, settings)
        self._name, self._file = name, KeptFile(options.data / f"{name}.json", Kept)
        self._stays = stays.StayLog(options.data / STAYS.format(name=name))
        self._fleet = Fleet(
            has.rules,
            has.cars,
            [charger.name for charger in has.chargers],
            self._file.load() or Kept(),
            accepts=settings.over_peak == "accept",
            expects=settings.usual_trips,
            peer=name,
            keep=self._stays.append,
        )
        self._followers = [
            Follower(source, self._fleet.learn, log.warning, clock=clock) for source in has.sources
        ]
        self._heard_s: float | None = None
        self._heard: datetime | None = None
        self._said: messages.Need | None = None
        self._news = asyncio.Event()
        self._recent = Recent()
        self._words = words = CarWords(name, VERSION, self._fleet, self._clock, self._obey)
        words.add("devices", self._about, "what the chargers are, for doctor --report")
        words.add("charging", self._state, "every charger and car, with its mode", topic=True)
        ended = "the last stays of cars on the chargers that have ended"
        words.add("stays", lambda _: self._stays.message, ended, topic=True)
        self._dm = neighbour.Neighbour(
            name,
            VERSION,
            words,
            options,
            settings,
            secrets,
            self._on_house,
            self._chargers.health,
            guard,
        )
        self._dm.more_metrics = self._metrics
        self._dm.more_tables = {stays.PATH: partial(stays.page, self._stays.file)}

    async def run(self) -> None:
        """Run every part until the stop; then leave the chargers safe, and save the state."""
        parts: dict[str, daemon.Part] = {
            **self._dm.parts,
            "clock": self._tick,
            **self._chargers.parts,
        }
        for follower in self._followers:
            parts[f"car {follower.source.car}"] = follower.run
        if self._has.calendars:
            parts["calendars"] = self._follow_calendars
        if self._settings.car_push_port is not None:
            parts["car door"] = partial(self._open, self._settings.car_push_port)
        if not self._options.headless:
            parts["screen"] = partial(draw, render, summary, self._settings, self._view, self._news)
        logging.getLogger().addHandler(self._recent)
        if self._options.speed is not None:
            dated(self._clock)
        names = ", ".join(charger.name for charger in self._has.chargers) or "no charger"
        log.info(phrase("Car charging {version} started: {names}", version=VERSION, names=names))
        try:
            restarts = self._dm.checkup.restarts
            await daemon.live(
                parts, self._stop, restarts, VITAL, save=self._save, leave=self._leave
            )
        finally:
            logging.getLogger().removeHandler(self._recent)

    def _save(self) -> None:
        """Write the state of the cars and trips to disk."""
        self._file.save(self._fleet.kept)

    def _on_house(self) -> None:
        """Decide at once when the house is received, so that a decrease is in time."""
        house = self._dm.heard.house
        assert house is not None
        self._clock.hear(house)
        self._heard_s, self._heard = asyncio.get_running_loop().time(), self._clock()
        self._decide()
        self._tell()
        self._news.set()

    def _obey(self) -> None:
        """Carry out a command, and show at once that it is in force."""
        self._decide()
        self._tell()
        self._news.set()

    def _tell(self) -> None:
        """Send the need: the meter must not mistake a car's change for one of the house."""
        need = self._fleet.need(self._clock())
        if self._dm.tell(need, changed=need != self._said):
            self._said = need
        if self._dm.sinks.wants("charging"):
            self._dm.publish("charging", self._state())
        if self._dm.sinks.wants("stays"):
            self._dm.publish("stays", self._stays.message)

    def _state(self, args: tuple[str, ...] = ()) -> messages.Message:
        return charging(self._fleet, self._clock())

    def _about(self, _: tuple[str, ...]) -> messages.Message:
        return devices(self._fleet, self._has.chargers)

    def _metrics(self) -> Iterable[metrics.Metric]:
        return metrics.of_charging(charging(self._fleet, self._clock()))

    def _decide(self) -> None:
        """Decide the set-point of each charger, and send it."""
        house = None if self._lost else self._dm.heard.house
        set_points = self._fleet.decide(self._clock(), house, self._dm.heard.outlook)
        for name, notice in self._fleet.notices().items():
            self._chargers.note(name, notice)
        self._chargers.want(set_points)

    @property
    def _lost(self) -> bool:
        """True if the meter program was silent for too long."""
        now_s = asyncio.get_running_loop().time()
        return self._heard_s is None or now_s - self._heard_s > self._lost_s

    async def _tick(self) -> None:
        """Send the need each second; without the meter program go to the safe state."""
        saved_s, stays = asyncio.get_running_loop().time(), self._fleet.stays
        while True:
            await asyncio.sleep(min(TICK_S, self._lost_s / 10))
            if self._lost:
                self._decide()
            self._chargers.fall_back(self._fleet.safe(self._clock()))
            self._tell()
            now_s = asyncio.get_running_loop().time()
            stays, kept = self._fleet.stays, stays
            # A stay that is on disk from its start keeps its money, whenever we are killed.
            if now_s - saved_s >= SAVE_S or stays != kept:
                saved_s = now_s
                self._save()

    def _looked(self, state: ChargerState) -> None:
        self._chargers.note(
            state.charger, state.notice or self._fleet.notices().get(state.charger, "")
        )
        if self._fleet.look(state):
            for follower in self._followers:
                follower.hurry()
        self._news.set()

    async def _open(self, port: int) -> None:
        """Accept car states over HTTP."""
        from apps.ev import car_door

        await car_door.serve(port, self._dm.guard, self._words.push)

    async def _follow_calendars(self) -> None:
        await self._clock.known.wait()
        speed = self._clock.speed
        await follow_calendars(
            self._has.calendars,
            self._plan_trips,
            log.info,
            zone=BRUSSELS,
            file=KeptFile(self._options.data / "calendars.json", Readings),
            clock=self._clock,
            sleep=lambda seconds: asyncio.sleep(seconds / speed),
        )

    def _plan_trips(self, agenda: Agenda) -> None:
        self._fleet.read(agenda, self._clock(), self._settings.all_day_departure)

    async def _leave(self) -> None:
        """Leave the chargers in their safe state."""
        await self._chargers.leave(self._fleet.safe(self._clock()))

    def _view(self) -> ChargingView:
        need = self._said
        return ChargingView(
            now=self._clock(),
            heard=self._heard,
            house=self._dm.heard.house,
            plugs=self._fleet.plugs(),
            cars=self._fleet.rows(),
            trips=self._fleet.garage.trips,
            usual=self._fleet.usual,
            trouble=self._fleet.doubts,
            events=messages.Events(events=tuple(self._recent.events)),
            asked_kw=_asked_kw(need) if need else None,
            peer=self._name,
            title=NOTICE if self._dm.checkup.config.now else phrase("car charging"),
        )


def _asked_kw(need: messages.Need) -> float:
    """The total power that the cars on the cables request."""
    return sum(car.most_kw for car in need.cars if car.plugged and car.urgency != "none")


async def main(options: argparse.Namespace, stop: asyncio.Event) -> int:
    """The exit code of a run that ended on request."""
    settings, secrets = load_settings(options.config), load_secrets()
    if options.login:
        return await _login()
    if options.silence_test:
        return await silence.command(options, settings, secrets)
    guard = doors.guard(settings, secrets, options.config.name)
    clock = HouseClock(options.speed)
    name = neighbour.own_name(KIND, options, settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(neighbour.logged(name, options.data))
        if options.simulated:
            from sim.garage import simulated_garage  # a real house does without

            await _house_known(neighbour.dm_url(options, settings), secrets, clock, stop)
            garage = await stack.enter_async_context(
                simulated_garage(clock, options.simulated, clock.speed)
            )
            has = equipment.simulated(settings, garage, clock)
        else:
            has = equipment.configured(settings, secrets, clock, guard)
        await Ev(options, settings, secrets, has, clock, stop, guard=guard).run()
    return 0


async def _house_known(url: str, secrets: Secrets, clock: HouseClock, stop: asyncio.Event) -> None:
    """Wait until the clock has the house's time, or until the stop."""

    def hear(text: str) -> None:
        if isinstance(message := messages.decode(text), messages.House):
            clock.hear(message)

    watch = messages.encode(messages.Command(word="watch", args=("house",)))
    client = Client(url, hear, token=secrets.websocket_token, greeting=[watch])
    tasks = [asyncio.create_task(each) for each in (client.run(), clock.known.wait(), stop.wait())]
    await asyncio.wait(tasks[1:], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _login() -> int:
    """Let a Google calendar be read, or print what is missing."""
    access = equipment.access()
    try:
        await asyncio.to_thread(login, access.token.with_name(equipment.CLIENT), access.token)
    except WebError as error:
        print(f"Google {error}", file=sys.stderr)
        return 2  # asked once: do_py.sh does not start it again
    print("Done. Name a calendar in config.py: google_calendars = ['primary']")
    return 0


if __name__ == "__main__":
    start(arguments, main)
