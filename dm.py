#!/usr/bin/env python3
"""The meter daemon: reads the P1 port, books the costs, and publishes the quarter hour."""

import argparse
import asyncio
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from apps.dm import quarters_table, views
from apps.dm.acts import Acts
from apps.dm.commands import TOPICS, MeterWords
from apps.dm.coordinator import Coordinator
from apps.dm.meter import Meter
from apps.dm.meter_line import MeterLine
from apps.dm.meter_source import check_source, is_live, starts_at
from apps.dm.notifier import FILE as NOTIFICATIONS
from apps.dm.notifier import Kept, Notifier
from apps.dm.phones import Phones
from apps.dm.rules import roof, roof_kw, rules
from apps.shared import argument_types, doors, metrics
from apps.shared.health import Checkup
from apps.shared.program import draw, start
from apps.shared.reader import glyphs_of, language_of
from apps.shared.secrets import Secrets, load_secrets
from apps.shared.senders import senders
from apps.shared.served import port_of, server
from apps.shared.settings import Settings, Solar, load_settings
from apps.shared.sinks import Sinks, WebsocketSink
from base import daemon, messages
from base.checked import ConfigError
from base.language import phrase
from base.text import reason
from base.time import local_day
from base.version import VERSION
from base.wire.guard import Guard
from base.wire.here import page_address
from my_socket import Server, Table
from plan.asking import Answer
from plan.state import Rules as ShareRules
from plan.worker import Planner
from rates.prices.known import FOR_INDICES, Known
from rates.prices.registry import sources as market_sources
from rates.prices.series import DayPrices
from rates.prices.service import keep as follow_market
from screen.meter.layout import render
from screen.meter.view import MeterView, summary
from store.books import Books
from store.database import NewerStoreError
from store.kept import KeptFile
from store.lock import BusyError
from store.logs import dated
from store.prices import Prices as PriceStore
from store.rates_file import RatesFile
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
log = logging.getLogger("dm")


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of dm.py."""
    parser = argparse.ArgumentParser(prog="./do_py.sh dm.py", description=__doc__)
    add = parser.add_argument
    argument_types.add_shared(parser, ROOT)
    add("--rates", type=Path, default=ROOT / "rates.json", help="the prices (rates.json)")
    add("--source", help="instead of serial_port: /dev/..., socket://, file://, sim://, auto")
    kept = "folder of log/, history/ and data.pickle; here, or .replayed if it is not a live meter"
    add("--data", type=Path, help=kept)
    add("--replayed", action="store_true", help="the source is a recording: use its clock")
    add(
        "--watch",
        type=argument_types.websocket,
        metavar="URL",
        help="the screen of another dm, ws://host:8080/ws",
    )
    return parser.parse_args(argv)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The open files of one home, and its meter; `known` are the day-ahead prices."""

    meter: Meter
    books: Books
    rates: RatesFile
    known: Known
    prices: PriceStore


class Dm:
    """The daemon put together: parts that run side by side around one Meter."""

    def __init__(
        self,
        options: argparse.Namespace,
        settings: Settings,
        secrets: Secrets,
        opened: Opened,
        guard: Guard,
        phones: Phones,
        stop: asyncio.Event,
    ) -> None:
        self._options, self._settings, self._secrets = options, settings, secrets
        self._opened, self._meter = opened, opened.meter
        self._guard, self._phones, self._stop = guard, phones, stop
        self._now_s = asyncio.get_running_loop().time
        self._news = asyncio.Event()
        self._market_needed = asyncio.Event()
        self._server: Server | None = None
        self._sent: dict[str, messages.Message] = {}
        self._sinks = Sinks()
        self._language = language_of(settings, os.environ)
        self._checkup = Checkup("dm", VERSION, options.data, options.config)
        self._planner = Planner(self._planned)
        self._coordinator = self._coordinated(settings.solar)
        self._acts = Acts(self._coordinator.neighbours.line_of, self._send)
        self._words = MeterWords(
            VERSION,
            self._meter,
            self._coordinator,
            self._acts,
            guard.access,
            phones,
            self._sinks,
            options.data / QUARTERS,
            self._vitals,
            self._now_s,
        )
        self._line = MeterLine(self._meter, self._now_s, self._received)
        self._notifier = Notifier(
            KeptFile(options.data / NOTIFICATIONS, Kept),
            senders(settings, secrets),
            settings.quiet_hours,
            partial(views.scene, self._meter, self._words),
            self._page_address,
            self._words.notify,
            self._acts.pass_on,
            self._language,
        )

    def _coordinated(self, solar: Solar | None) -> Coordinator:
        return Coordinator(
            self._meter,
            self._opened.books,
            self._planner.ask,
            ShareRules(fuse_a=self._settings.main_fuse_a),
            sunny=solar is not None,
            fits=solar is not None and not solar.planes,
            roof_kw=roof_kw(solar),
            ours=frozenset(self._settings.socket_info),
        )

    async def run(self) -> None:
        """Run every part until the stop; then save the state."""
        parts: dict[str, daemon.Part] = {
            "meter": self._read,
            "clock": self._tick,
            "plan": self._planner.run,
            "market": self._follow_market,
            "settings": self._checkup.config.watch,
        }
        if self._settings.solar is not None:
            parts |= self._sun_parts(self._settings.solar)
        if (port := port_of("dm", self._options, self._settings)) is not None:
            parts["websocket"] = partial(self._serve, port)
        if self._settings.notify or self._settings.mqtt:
            parts |= self._notifier.parts
        if not self._options.headless:
            parts["screen"] = partial(draw, render, summary, self._settings, self._view, self._news)
        log.info(
            phrase(
                "dm {version} reads {source}",
                version=VERSION,
                source=serial_port(self._options, self._settings),
            )
        )
        try:
            save = self._meter.save
            await daemon.live(parts, self._stop, self._checkup.restarts, VITAL, save=save)
        finally:
            log.info(phrase("dm stopped; everything is saved"))

    async def _read(self) -> None:
        """Read the meter forever; a recording until its end, which ends the daemon."""
        await self._line.read(serial_port(self._options, self._settings), self._neighbours_kw)
        self._stop.set()

    def _received(self) -> None:
        """Publish the facts of a good telegram at once."""
        self._news.set()
        self._publish(QUICK)

    async def _tick(self) -> None:
        """Each second publish the changes, show a silent line, and renew prices."""
        fresh, said_s, saved_s = True, self._now_s(), self._now_s()
        while True:
            await asyncio.sleep(TICK_S)
            now_s = self._now_s()
            was, fresh = fresh, self._meter.reception.health(now_s).state == "fresh"
            if not fresh and (was or now_s - said_s >= REPEAT_S):
                said_s = now_s
                self._meter.forget()
                self._publish(QUICK)
            self._publish(*(topic for topic in self._meter.topics if topic != QUICK))
            if now_s - saved_s >= SAVE_S:
                saved_s = now_s
                self._meter.save()
            if (prices := self._opened.rates.changed()) is not None:
                self._meter.reprice(prices)
            if self._meter.follows_market:
                self._market_needed.set()
            self._coordinator.consider(now_s)

    async def _follow_market(self) -> None:
        """Follow the day-ahead prices as soon as a contract needs them."""
        await self._market_needed.wait()
        asked = market_sources(self._settings.price_services, dict(self._secrets))
        await follow_market(self._opened.known, self._save_prices, log.info, asked, back=BACK_DAYS)

    def _sun_parts(self, solar: Solar) -> dict[str, daemon.Part]:
        """Forecast of the roof, and of the temperature outside for the load forecast."""
        from sun import service

        at, tell = roof(solar), log.info
        return {
            "sun": partial(service.keep, at, self._meter.solar.renew, tell, service.sources()),
            "air": partial(service.keep_air, at, self._coordinator.warm, tell),
        }

    def _save_prices(self, day: DayPrices) -> None:
        self._opened.prices.save(day)
        self._meter.market_moved()

    async def _serve(self, port: int) -> None:
        """Answer peers, and send them the topics that they watch."""
        tables: dict[str, Table] = {
            metrics.PATH: metrics.served(lambda: views.measured(self._words, self._vitals())),
            quarters_table.PATH: partial(quarters_table.page, self._options.data / QUARTERS),
        }
        listener = server(
            self._words, port, self._guard, self._vitals, tables=tables, site=self._site()
        )
        async with listener as self._server:
            self._coordinator.neighbours.connected = self._server.has
            with self._sinks.joined(WebsocketSink(self._server)):
                await asyncio.Event().wait()

    def _site(self) -> Site:
        access, answer = self._guard.access, self._notifier.answer
        return Site(access, self._phones.enter, self._language, answer, self._fresh_house)

    def _fresh_house(self) -> messages.House | None:
        """The current state of the house; None while the meter is silent."""
        house = self._words.house()
        return house if house.health.state == "fresh" else None

    def _publish(self, *topics: str) -> None:
        """Publish the topics that changed to the sinks that want them."""
        for topic in topics:
            if self._sinks.wants(topic):
                message = self._words.message(topic)
                if message is not self._sent.get(topic):
                    self._sent[topic] = message
                    self._sinks.publish(topic, message)

    def _vitals(self) -> messages.Vitals:
        now_s = self._now_s()
        heard_s = {
            "meter": self._meter.reception.health(now_s).age_s,
            **self._coordinator.neighbours.ages(now_s),
        }
        why = self._meter.trouble(now_s)
        told = self._checkup.vitals(heard_s, why, self._server, self._meter.reception.wire)
        return told.model_copy(update={"sun": self._meter.solar.sentence})

    def _planned(self, answer: Answer) -> None:
        self._coordinator.settle(answer)
        self._news.set()

    def _send(self, peer: object, text: str) -> bool:
        return self._server is not None and self._server.send(peer, text)

    def _page_address(self) -> str:
        """Address of the page for a phone; "" when none may connect."""
        if self._settings.page_address is not None:
            return self._settings.page_address.rstrip("/")
        if self._server is None or not self._settings.lets_others_in:
            return ""
        return page_address(self._server.port)

    def _neighbours_kw(self, at: datetime) -> tuple[float, float, float]:
        """Power of the neighbours on L1, L2, L3, for the simulated house."""
        kw = sum(need.power_kw or 0.0 for need in self._words.needs().values())
        return kw / 3, kw / 3, kw / 3

    def _view(self) -> MeterView:
        changed = bool(self._checkup.config.now)
        return views.screen(self._meter, self._words, settings_changed=changed)


def serial_port(options: argparse.Namespace, settings: Settings) -> str:
    """Source of the telegrams."""
    return str(options.source or settings.serial_port)


def known_at(now: datetime, store: PriceStore) -> Known:
    """The market prices that were kept of the months before `now`, and of what follows."""
    days = store.days(local_day(now) - FOR_INDICES)
    return Known(days, store.cut, FOR_INDICES)


async def main(options: argparse.Namespace, stop: asyncio.Event) -> int:
    """The exit code of a run that ended on request."""
    settings, secrets = load_settings(options.config), load_secrets()
    if options.watch:
        from screen.watch import watch

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
            print(f"Cannot open history/quarters.db: {reason(error)}", file=sys.stderr)
            return 1
        began = starts_at(name)
        known = known_at(began or datetime.now(UTC), store)
        rates = RatesFile(options.rates, known)
        meter = Meter(rules(settings), rates.read(), books, live=live)
        logging.getLogger().addHandler(meter.recent)
        if not live:
            dated(lambda: meter.time or began or datetime.now(UTC))
        opened = Opened(meter=meter, books=books, rates=rates, known=known, prices=store)
        await Dm(options, settings, secrets, opened, guard, phones, stop).run()
    return 0


if __name__ == "__main__":
    start(arguments, main)
