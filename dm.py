#!/usr/bin/env python3
"""The meter daemon: reads the P1 port, books the money, watches the quarter, publishes it."""

import argparse
import asyncio
import logging
import os
import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from apps.changed import NOTICE
from apps.dm import closed_quarters, quarters_table
from apps.dm.acts import Acts
from apps.dm.coordinator import Agreement
from apps.dm.meter import HISTORY_MOST, Meter
from apps.dm.meter_source import check_source, is_live, opened, starts_at
from apps.dm.notifier import FILE as NOTIFICATIONS
from apps.dm.notifier import Kept, Notifier
from apps.dm.phones import Phones
from apps.dm.rules import rules
from apps.shared import argument_types, doors, metrics
from apps.shared.commands import Words
from apps.shared.health import PATH as HEALTH
from apps.shared.health import Checkup, page
from apps.shared.reader import glyphs_of, language_of
from apps.shared.senders import senders
from apps.shared.settings import ConfigError, Secrets, Settings, Solar, load_secrets, load_settings
from apps.shared.sinks import Sinks, WebsocketSink
from base import daemon, messages
from base.language import phrase
from base.time import local_day, quarter_of
from base.version import VERSION
from base.wire.guard import Guard
from base.wire.here import page_address
from my_socket import Peer, Server
from notify.causes import Scene
from p1 import source
from plan.asking import Answer
from plan.state import Rules as ShareRules
from plan.worker import Planner
from rates.prices.known import FOR_INDICES, Known
from rates.prices.registry import sources as market_sources
from rates.prices.series import DayPrices
from rates.prices.service import keep as follow_market
from screen.live import Live, follow
from screen.meter.layout import render
from screen.meter.view import MeterView, hear, summary
from screen.watch import watch
from store.books import Books
from store.database import NewerStoreError
from store.kept import KeptFile
from store.lock import BusyError
from store.logs import dated, log_to_terminal
from store.prices import Prices as PriceStore
from store.rates_file import RatesFile
from sun.forecast import Plane, Roof
from sun.service import keep as follow_sun
from sun.service import sources as sun_sources
from web.site import Site

ROOT = Path(__file__).resolve().parent
REPLAYED = ROOT / ".replayed"
PRICES = Path("history/prices.db")
QUARTERS = Path("history/quarters.db")
TICK_S = 1.0
REPEAT_S = 10.0
SAVE_S = 6 * 3600.0
VITAL = ("meter", "clock")
BACK_DAYS = 62  # of market prices: this month and the one before, for their indices
QUICK = "house"  # sent with each telegram; the others at most once a second
CALM = (source.Status.CONNECTED, source.Status.ENDED)
State = messages.Charging | messages.Batteries | messages.Stays
log = logging.getLogger("dm")


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of dm.py."""
    parser = argparse.ArgumentParser(prog="./do_py.sh dm.py", description=__doc__)
    add = parser.add_argument
    argument_types.add_shared(parser, ROOT)
    add("--rates", type=Path, default=ROOT / "rates.json", help="the prices (rates.json)")
    add("--source", help="instead of serial_port: /dev/..., socket://, file://, sim://, auto")
    kept = "folder of log/, history/ and data.pickle; here, or .replayed when it is no real house"
    add("--data", type=Path, help=kept)
    add("--replayed", action="store_true", help="a recording over a wire: only its clock counts")
    add("--watch", type=_url, metavar="URL", help="the screen of another dm, ws://host:8080/ws")
    return parser.parse_args(argv)


def _url(text: str) -> str:
    if not re.fullmatch(r"wss?://[^/\s]+(/\S*)?", text):
        raise argparse.ArgumentTypeError(f"{text} is not of the form ws://host:8080/ws")
    return text


@dataclass(frozen=True, slots=True)
class Market:
    """The day-ahead prices: as known now, and where they are kept."""

    known: Known
    store: PriceStore


class Dm:
    """The daemon put together: parts that run side by side around one Meter."""

    def __init__(
        self,
        options: argparse.Namespace,
        settings: Settings,
        secrets: Secrets,
        meter: Meter,
        market: Market,
        rates: RatesFile,
        books: Books,
        guard: Guard,
        phones: Phones,
        stop: asyncio.Event,
    ) -> None:
        self._options = options
        self._settings = settings
        self._secrets = secrets
        self._meter = meter
        self._market = market
        self._rates = rates
        self._guard = guard
        self._phones = phones
        self._stop = stop
        self._now_s = asyncio.get_running_loop().time
        self._news = asyncio.Event()
        self._market_needed = asyncio.Event()
        self._checkup = Checkup("dm", VERSION, options.data, options.config)
        self._planner = Planner(self._planned)
        self._agreement = Agreement(
            meter,
            books,
            self._planner.ask,
            ShareRules(fuse_a=settings.main_fuse_a),
            sunny=settings.solar is not None,
            roof_kw=_roof_kw(settings.solar),
            ours=frozenset(settings.socket_info),
        )
        self._server: Server | None = None
        self._acts = Acts(self._agreement.line_of, self._send)
        self._states: dict[tuple[str, str], State] = {}
        self._notified: messages.Notification | None = None
        self._language = language_of(settings, os.environ)
        self._notifier = Notifier(
            KeptFile(options.data / NOTIFICATIONS, Kept),
            senders(settings, secrets),
            settings.quiet_hours,
            self._scene,
            self._page_address,
            self._notify,
            self._acts.pass_on,
            self._language,
        )
        self._words = self._vocabulary()
        self._sinks = Sinks()
        self._sent: dict[str, messages.Message] = {}
        self._said: dict[str, int] = {}

    async def run(self) -> None:
        """Every part has run until the stop; the state is saved."""
        parts: dict[str, daemon.Part] = {
            "meter": self._read,
            "clock": self._tick,
            "plan": self._planner.run,
            "market": self._follow_market,
            "settings": self._checkup.config.watch,
        }
        if self._settings.solar is not None:
            parts["sun"] = partial(self._follow_sun, self._settings.solar)
        if self._port is not None:
            parts["websocket"] = self._serve
        if self._settings.notify or self._settings.mqtt:
            parts |= self._notifier.parts
        if not self._options.headless:
            parts["screen"] = self._show
        log.info("dm %s reads %s", VERSION, serial_port(self._options, self._settings))
        try:
            save = self._meter.save
            await daemon.live(parts, self._stop, self._checkup.restarts, VITAL, save=save)
        finally:
            log.info("dm stopped; everything is saved")

    @property
    def _port(self) -> int | None:
        """The port to listen on; None when the websockets are off."""
        if self._options.port is not None:
            return int(self._options.port)
        address = self._settings.socket_info.get("dm")
        return address.port if address else None

    async def _read(self) -> None:
        """Read the meter for ever; a recording until its end, which ends the daemon."""
        port_name = serial_port(self._options, self._settings)
        async with (
            opened(port_name, self._neighbours_kw) as path,
            source.open(path, tell=self._told) as port,
        ):
            async for chunk in port:
                if self._meter.feed(chunk, self._now_s()):
                    port.valid()
                    self._line_is_well()
                    self._news.set()
                    self._publish(QUICK)
        self._stop.set()

    def _told(self, event: source.Event) -> None:
        """Show the state of the line on the screen, and log what is new."""
        if event.sentence not in self._said:
            level = logging.INFO if event.status in CALM else logging.WARNING
            self._said[event.sentence] = level
            log.log(level, event.sentence)
        self._meter.tell(event.sentence)

    def _line_is_well(self) -> None:
        """Whatever goes wrong from now on is news again; a fault is shown as over."""
        if logging.WARNING in self._said.values():
            log.info(phrase("Telegrams arrive again."))
        self._said.clear()

    async def _tick(self) -> None:
        """Each second what changed goes out; a silent line is shown; prices are fresh."""
        fresh, said_s, saved_s = True, self._now_s(), self._now_s()
        while True:
            await asyncio.sleep(TICK_S)
            now_s = self._now_s()
            was, fresh = fresh, self._meter.health(now_s).state == "fresh"
            if not fresh and (was or now_s - said_s >= REPEAT_S):
                said_s = now_s
                self._meter.forget()
                self._publish(QUICK)
            self._publish(*(topic for topic in self._meter.topics if topic != QUICK))
            if now_s - saved_s >= SAVE_S:
                saved_s = now_s
                self._meter.save()
            if (prices := self._rates.changed()) is not None:
                self._meter.reprice(prices)
            if self._meter.follows_market:
                self._market_needed.set()
            self._agreement.consider(now_s)

    async def _follow_market(self) -> None:
        """The day-ahead prices are known, as soon as a contract needs them."""
        await self._market_needed.wait()
        asked = market_sources(self._settings.price_services, dict(self._secrets))
        await follow_market(self._market.known, self._save_prices, log.info, asked, back=BACK_DAYS)

    async def _follow_sun(self, solar: Solar) -> None:
        """Forecast the sun on the roof."""
        planes = tuple(Plane(p.kwp, p.tilt_deg, p.azimuth_deg) for p in solar.planes)
        roof = Roof(
            latitude=solar.latitude,
            longitude=solar.longitude,
            planes=planes,
            inverter_kw=solar.inverter_kw,
        )
        await follow_sun(roof, self._meter.shine, log.info, sun_sources())

    def _save_prices(self, day: DayPrices) -> None:
        self._market.store.save(day)
        self._meter.market_moved()

    async def _serve(self) -> None:
        """Answer peers, and send them the topics that they watch."""
        hello = messages.encode(self._words.hello())
        assert self._port is not None
        async with Server(
            self._words.answer,
            self._port,
            guard=self._guard,
            greeting=[hello],
            pages={HEALTH: lambda: page(self._vitals())},
            tables={
                metrics.PATH: metrics.served(self._metrics),
                quarters_table.PATH: partial(quarters_table.page, self._options.data / QUARTERS),
            },
            site=self._site(),
        ) as self._server:
            self._agreement.connected = self._server.has
            with self._sinks.joined(WebsocketSink(self._server)):
                await asyncio.Event().wait()

    def _site(self) -> Site:
        access, answer = self._guard.access, self._notifier.answer
        return Site(access, self._phones.enter, self._language, answer)

    def _metrics(self) -> Iterator[metrics.Metric]:
        house, peak, bill, registers = map(self._message, ("house", "peak", "bill", "registers"))
        assert isinstance(house, messages.House)
        assert isinstance(peak, messages.PeakState)
        assert isinstance(bill, messages.Bill)
        assert isinstance(registers, messages.Registers)
        yield from metrics.of_house(house, peak, bill)
        yield from metrics.of_registers(registers)
        yield from metrics.of_vitals(self._vitals())

    def _publish(self, *topics: str) -> None:
        """The topics that changed go to the sinks that want them."""
        for topic in topics:
            if self._sinks.wants(topic):
                message = self._message(topic)
                if message is not self._sent.get(topic):
                    self._sent[topic] = message
                    self._sinks.publish(topic, message)

    def _vocabulary(self) -> Words:
        vocabulary = Words("dm", VERSION)
        for topic, help_text in TOPICS.items():
            vocabulary.add(topic, partial(self._message, topic), help_text, topic=True)
        vocabulary.add("history", self._history, "the closed days", "[DAYS]")
        closed = "the quarters that closed or were settled after a time, a day of them at most"
        vocabulary.add("quarters", self._quarters, closed, "[CHANGED [START]]")
        vocabulary.add("health", lambda _: self._vitals(), "how dm and its line are doing")
        neighbours = "what the neighbours take and want, each as it says so"
        vocabulary.add("need", self._last_need, neighbours, topic=True)
        does = "what the household was told last on its telephones"
        vocabulary.add("notification", self._last_notification, does, topic=True)
        vocabulary.hear(messages.Need, self._need)
        for topic, does in STATES.items():
            vocabulary.add(topic, partial(self._state, topic), does, topic=True)
        vocabulary.hear(messages.Charging, self._told_state)
        vocabulary.hear(messages.Batteries, self._told_state)
        vocabulary.hear(messages.Stays, self._told_state)
        vocabulary.hear(messages.Act, lambda _, act: self._acts.pass_on(act))
        vocabulary.hear(messages.Acted, self._acted)
        vocabulary.hear(messages.Invite, self._invite)
        return vocabulary

    def _message(self, topic: str, args: tuple[str, ...] = ()) -> messages.Message:
        match topic:
            case "house":
                return self._agreement.house(self._now_s())
            case "outlook":
                return self._agreement.outlook(self._now_s())
        return self._meter.message(topic, self._now_s())

    def _vitals(self) -> messages.Vitals:
        now_s = self._now_s()
        heard = {"meter": self._meter.health(now_s).age_s, **self._agreement.ages(now_s)}
        why = self._meter.trouble(now_s)
        return self._checkup.vitals(heard, why, self._server, self._meter.wire)

    def _planned(self, answer: Answer) -> None:
        self._agreement.settle(answer)
        self._news.set()

    def _history(self, args: tuple[str, ...]) -> messages.Message:
        count = args[0] if args else "7"
        if len(args) > 1 or not count.isdecimal() or not 1 <= int(count) <= HISTORY_MOST:
            raise ValueError(f"{' '.join(args)} is not a number of days from 1 to {HISTORY_MOST}")
        return self._meter.history(int(count))

    async def _quarters(self, args: tuple[str, ...]) -> messages.Message:
        until = quarter_of(self._meter.time or datetime.now(UTC))
        return await closed_quarters.answer(self._options.data / QUARTERS, args, until)

    def _need(self, peer: Peer, need: messages.Need) -> messages.Message | None:
        if wrong := self._guard.access.misnamed(need.name, peer.address, peer.bound):
            return messages.Error(text=wrong)
        if wrong := self._agreement.hear(need, self._now_s(), peer):
            return messages.Error(text=wrong)
        if self._sinks.wants("need"):
            self._sinks.publish("need", self._agreement.present(self._now_s())[need.name])
        return None

    def _send(self, peer: object, text: str) -> bool:
        return self._server is not None and self._server.send(peer, text)

    def _acted(self, peer: Peer, answer: messages.Acted) -> None:
        self._acts.answered(peer, answer)

    def _told_state(self, peer: Peer, state: State) -> messages.Message | None:
        """A neighbour's state is shown to those who look here, under the name that it has."""
        if self._agreement.line_of(peer.name) is not peer:
            return None  # it has said no need over this connection yet: it says both again
        named = state.model_copy(update={"name": peer.name})
        self._states[state.type, peer.name] = named
        if self._sinks.wants(state.type):
            self._sinks.publish(state.type, named)
        return None

    def _state(self, topic: str, args: tuple[str, ...]) -> messages.Message:
        here = self._agreement.present(self._now_s())
        self._states = {key: each for key, each in self._states.items() if key[1] in here}
        told = [each for (kind, _), each in self._states.items() if kind == topic]
        return told[-1] if told else messages.Reply(word=topic, text="no neighbour sent anything")

    def _scene(self) -> Scene:
        """What is known now, for the notifications."""
        house, peak, outlook, rates = map(self._message, ("house", "peak", "outlook", "rates"))
        assert isinstance(house, messages.House)
        assert isinstance(peak, messages.PeakState)
        assert isinstance(outlook, messages.Outlook)
        assert isinstance(rates, messages.Rates)
        here = self._agreement.present(self._now_s())
        charging = {
            name: told
            for (_, name), told in self._states.items()
            if name in here and isinstance(told, messages.Charging)
        }
        return Scene(
            now=self._meter.clock,
            house=house,
            peak=peak,
            outlook=outlook,
            rates=rates,
            closed=self._meter.last_bill(),
            charging=charging,
            needs=here.values(),
        )

    def _page_address(self) -> str:
        """Where a phone finds the page; "" when none may come in."""
        if self._settings.page_address is not None:
            return self._settings.page_address.rstrip("/")
        if self._server is None or not self._settings.lets_others_in:
            return ""
        return page_address(self._server.port)

    def _notify(self, notification: messages.Notification) -> None:
        self._notified = notification
        if self._sinks.wants("notification"):
            self._sinks.publish("notification", notification)

    def _last_notification(self, args: tuple[str, ...]) -> messages.Message:
        return self._notified or messages.Reply(word="notification", text="there was none")

    def _invite(self, peer: Peer, _: messages.Invite) -> messages.Message:
        if not peer.near:
            return messages.Error(text="A phone is invited on the meter's own machine only.")
        return messages.Reply(word="invite", text=self._phones.invite())

    def _last_need(self, args: tuple[str, ...]) -> messages.Message:
        here = list(self._agreement.present(self._now_s()).values())
        return here[-1] if here else messages.Reply(word="need", text="no neighbour sent anything")

    def _neighbours_kw(self, at: datetime) -> tuple[float, float, float]:
        """Power of the neighbours on L1, L2, L3, for the simulated house."""
        here = self._agreement.present(self._now_s()).values()
        kw = sum(need.power_kw or 0.0 for need in here)
        return kw / 3, kw / 3, kw / 3

    async def _show(self) -> None:
        """The screen is drawn on news, at most once a second."""
        with Live(
            render, summary, glyphs_of(self._settings, os.environ), sys.stdout, os.environ
        ) as live:
            await follow(live, self._view, self._news)

    def _view(self) -> MeterView:
        now = datetime.now(UTC)
        view = MeterView(now=now)
        if self._checkup.config.now:
            view = replace(view, title=NOTICE)
        for topic in self._meter.topics:
            view = hear(view, self._message(topic), now)
        for need in self._agreement.present(self._now_s()).values():
            view = hear(view, need, now)
        return view


TOPICS = {
    "house": "power, tariff, quarter, headroom of this second",
    "peak": "the quarter and the month peaks",
    "rates": "the prices of now",
    "outlook": "the prices of the next two days",
    "bill": "the month's bill so far and as expected, and what one more kW costs",
    "usage": "use and cost of the last days, week, month and year",
    "telegram": "the last telegram, line by line",
    "registers": "the meter's own registers",
    "demand": "the quarters of the last two days",
    "events": "the last things that happened",
}


STATES = {
    "charging": "chargers and cars, each with its mode, as car charging says",
    "batteries": "the home batteries and your command, as they say",
    "stays": "the last stays of cars on chargers, as car charging says",
}


def _roof_kw(solar: Solar | None) -> float | None:
    """The most that the panels give; None where config.py does not have them."""
    if solar is None:
        return None
    peak_kw = sum(plane.kwp for plane in solar.planes)
    return min(peak_kw, solar.inverter_kw or peak_kw)


def serial_port(options: argparse.Namespace, settings: Settings) -> str:
    """Source of the telegrams."""
    return str(options.source or settings.serial_port)


async def main(options: argparse.Namespace, stop: asyncio.Event) -> int:
    """The exit code of a run that ended as asked."""
    settings, secrets = load_settings(options.config), load_secrets()
    if options.for_s is not None:
        asyncio.get_running_loop().call_later(options.for_s, stop.set)
    if options.watch:
        await watch(
            options.watch,
            secrets.websocket_token,
            tuple(TOPICS),
            VERSION,
            glyphs_of(settings, os.environ),
            stop,
        )
        return 0
    name = serial_port(options, settings)
    check_source(name)
    live = is_live(name) and not options.replayed
    # A simulation or a recording never books among what the house really used.
    options.data = options.data or (ROOT if live else REPLAYED)
    phones = Phones(options.data)
    guard = doors.guard(settings, secrets, options.config.name, phones.knows)
    RatesFile(options.rates, Known()).read()  # a mistake is named before anything is opened
    with ExitStack() as stack:
        try:
            books = stack.enter_context(Books(options.data))
            store = stack.enter_context(closing(PriceStore(options.data / PRICES)))
        except NewerStoreError as error:
            raise ConfigError(str(error)) from None
        except (BusyError, OSError, sqlite3.OperationalError) as error:
            print(f"Cannot open history/quarters.db: {error}", file=sys.stderr)
            return 1
        days = store.days(local_day(datetime.now(UTC)) - FOR_INDICES)
        market = Market(Known(days, store.cut, FOR_INDICES), store)
        rates = RatesFile(options.rates, market.known)
        meter = Meter(rules(settings), rates.read(), books, live=live)
        logging.getLogger().addHandler(meter.recent)
        if not live:
            began = starts_at(name)
            dated(lambda: meter.time or began or datetime.now(UTC))
        await Dm(options, settings, secrets, meter, market, rates, books, guard, phones, stop).run()
    return 0


if __name__ == "__main__":
    chosen = arguments(sys.argv[1:])
    if chosen.headless:
        log_to_terminal()
    sys.exit(daemon.run(lambda stop: main(chosen, stop)))
