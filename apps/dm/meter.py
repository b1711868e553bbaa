"""The meter: takes telegrams, keeps the bookings, and makes messages on request.

Synchronous: dm passes in the bytes and the time, and sends the messages. A message is made at most
once per telegram, and only when a client wants it.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from apps.dm import facts, house, timestamps
from apps.dm.reception import Reception
from apps.dm.solar import SolarForecast
from apps.dm.warnings import Warnings
from base import messages
from base.language import phrase
from base.limits import STALE_S
from base.time import DAY, QUARTER, local_day, quarter_of
from p1.decoder import Decoded
from p1.telegram import Telegram
from peak import state as peak
from rates.calendar import day_start, month_before, month_start
from rates.in_force import Prices
from rates.settlement import sentences
from store.books import Books
from store.logs import Recent
from store.state import State

DEMAND_SHOWN = timedelta(days=2)
BILL_LOOKS_BACK = timedelta(days=8)
YEAR = timedelta(days=365)  # a day's file is named without its year
HISTORY_MOST = 400
log = logging.getLogger(__name__)


class Meter:
    """One meter: its bookings and its messages. Times are seconds of any steady clock (`now_s`)."""

    def __init__(self, rules: house.Rules, prices: Prices, books: Books, *, live: bool) -> None:
        """`live`: the telegrams are current, so that a wrong clock of the meter shows."""
        kept = books.load()
        peaks = peak.begun(rules.floor_kw, kept.months, kept.learned)
        self.house = house.begun(rules, prices, kept.baselines, kept.days, peaks)
        self.recent = Recent()
        self._counted_to = max((stand.at for stand in kept.baselines.values()), default=None)
        self.reception = Reception()
        self.topics: Mapping[str, Callable[[float], messages.Message]] = {
            "house": lambda now_s: facts.house_message(self.house, self.reception.health(now_s)),
            "peak": lambda _: facts.peak_state(self.house),
            "rates": lambda _: facts.rates(self.house, datetime.now(UTC)),
            "usage": lambda _: facts.usage_table(self.house),
            "outlook": lambda _: self._looked_ahead[0],
            "bill": lambda _: self._looked_ahead[1],
            "telegram": lambda _: facts.telegram_text(self._telegram, self.time),
            "registers": lambda _: facts.registers(self.house.reading),
            "demand": lambda _: self._demand,
            "events": lambda _: messages.Events(events=tuple(self.recent.events)),
        }
        self._books = books
        self._live = live
        self._telegram: Telegram | None = None
        self._leaps = timestamps.Leaps()
        self._warnings = Warnings()
        self._money_waits = False
        self._repriced = False
        self._demand = messages.Demand(start=datetime.now(UTC), offtake_kw=(), injection_kw=())
        self._made: dict[str, messages.Message] = {}
        self.solar = SolarForecast(books.flows, self._look_again)
        self._ahead: tuple[messages.Outlook, messages.Bill] | None = None
        self._last_bill: tuple[date, messages.Bill | None] | None = None

    def feed(self, chunk: bytes, now_s: float) -> int:
        """Take the telegrams in `chunk`; the number of valid ones."""
        valid = 0
        for decoded in self.reception.decoded(chunk, now_s):
            self._take(decoded)
            valid += 1
        return valid

    def message(self, topic: str, now_s: float) -> messages.Message:
        """The message of a topic, as of the last telegram."""
        if topic not in self._made:
            self._made[topic] = self.topics[topic](now_s)
        return self._made[topic]

    def trouble(self, now_s: float) -> str:
        """The fault of the line or the books; "" without one."""
        age_s = self.reception.health(now_s).age_s
        if age_s is None:
            return phrase("no telegram received yet")
        if age_s >= STALE_S:
            return phrase("no telegram for {s:.0f} s", s=age_s)
        return phrase("bookings cannot be written and are queued") if self._books.waiting else ""

    def tell(self, sentence: str) -> None:
        """State of the line; while no valid telegram arrives, with a diagnosis of the bytes."""
        self.reception.note(sentence)
        self.forget()

    def forget(self) -> None:
        """Make the messages again: time or the line changed them."""
        self._made.clear()

    def reprice(self, prices: Prices) -> None:
        """Other prices are valid from the next quarter."""
        self.house = house.priced(self.house, prices)
        self._repriced = True
        self.market_moved()

    def market_moved(self) -> None:
        """Settle the amounts that waited for these market prices, and make the outlook again."""
        self._look_again()
        self._price_late()

    def _look_again(self) -> None:
        """The outlook and the bill are made again when they are next needed."""
        self._ahead = None
        self.forget()

    @property
    def follows_market(self) -> bool:
        """True if a contract's prices follow the day-ahead market."""
        contract = self.house.prices.contract
        return contract is not None and contract.follows_market

    def history(self, count: int) -> messages.History:
        """The last `count` closed days."""
        settled = self._books.settled((self.house.at or datetime.now(UTC)) - count * DAY)
        return facts.history(self.house, count, settled)

    def save(self) -> None:
        """Write the working state to disk."""
        now = self.house
        self._books.save(State(now.days, now.ledger.baselines, now.peaks.learned))

    @property
    def time(self) -> datetime | None:
        """The time of the last telegram (UTC)."""
        return self.house.reading.time if self.house.reading else None

    @property
    def clock(self) -> datetime:
        """Our time (UTC); of a simulation or a recording the meter's."""
        now = datetime.now(UTC)
        return now if self._live else self.time or self.house.at or now

    def last_bill(self) -> messages.Bill | None:
        """The whole bill of the month before; None when nothing of it is known.

        Not in the first quarter hour of a month, in which the last one is still being booked.
        """
        at = self.house.at
        if at is None or at - day_start(month := month_start(local_day(at))) < QUARTER:
            return None
        if self._last_bill is None or self._last_bill[0] != month:
            self._last_bill = (
                month,
                facts.last_bill(
                    self.house, month, self._books.settled(day_start(month_before(month)))
                ),
            )
        return self._last_bill[1]

    @property
    def _looked_ahead(self) -> tuple[messages.Outlook, messages.Bill]:
        """The outlook and the bill, made once a quarter and when prices change."""
        if self._ahead is None:
            now = datetime.now(UTC)
            since = (self.house.at or now) - BILL_LOOKS_BACK
            month = day_start(month_start(local_day(self.house.at or now)))
            settled = self._books.settled(month)
            bill = facts.bill(self.house, tuple(self._books.uses(since)), now, settled)
            told = bill.peak_eur_kw, self.solar.scaled.watts, bill.cap_eur_kwh
            ahead = facts.outlook(self.house, now, *told)
            self._ahead = ahead, bill
        return self._ahead

    def _take(self, decoded: Decoded) -> None:
        """Take one telegram into the facts and, when a quarter closed, into the books."""
        seen, read = decoded.telegram, decoded.reading
        if not self._leaps.accepts(decoded, self.time or self.house.at or self._counted_to):
            return
        host = datetime.now(UTC) if self._live else None
        at = timestamps.counted_at(read.time, host, self.house.at or self._counted_to)
        if at is None or (self._telegram is not None and self._telegram.text == seen.text):
            return  # no clock at all, or a gateway that sends the same telegram again
        if self._live:
            self._warnings.clock(read, at)
        before = self.house
        self.house, step = house.advance(before, read, at)
        self._telegram = seen
        self.forget()
        self._settle(before, step, at)
        self._catch_up(before, at)

    def _catch_up(self, before: house.House, at: datetime) -> None:
        """Try again once a minute to write what could not be written."""
        if before.at is None or before.at.minute == at.minute:
            return
        if self._books.waiting:
            self._books.catch_up()
        if self._money_waits:
            self._price_late()

    def _settle(self, before: house.House, step: house.Step, at: datetime) -> None:
        """Write the bookings of a telegram, log its sentences. Nothing for 899 telegrams in 900."""
        after = self.house
        demand = _closing_demand(before.peaks, after.peaks)
        rows, known = after.peaks.months.rows, before.peaks.months.rows
        months = () if rows is known else [row for row in rows if row not in known]
        if after.ledger.baselines is not before.ledger.baselines or demand or months:
            self._books.commit(step.bookings, after.ledger.baselines, demand, months)
        for note in step.notes:
            log.info(note)
        self._write_days(step.closed_days)
        if before.today is not None and before.today != after.today:
            self._books.close_log(before.today)
        new_quarter = before.at is None or quarter_of(at) != quarter_of(before.at)
        if before.at is None or before.today != after.today or (self._repriced and new_quarter):
            # What an earlier run left, and a quarter that ran when the prices changed.
            self._price_late()
            self._repriced = False
        if new_quarter:
            self._warnings.prices(after, at)
            self._warnings.peaks(after)
            self._demand = self._demand_until(quarter_of(at))
            self._ahead = None

    def _write_days(self, days: Iterable[date]) -> None:
        """Write the files of closed days of the last year to history/."""
        now, prices = self.house, self.house.prices
        for day in days:
            if now.today is not None and now.today - YEAR < day < now.today and day in now.days:
                self._books.write_day(day, now.days[day], prices.pricing, prices.gas_kwh_m3)

    def _price_late(self) -> None:
        """Settle the amounts that were booked without a price.

        The missing money is read from the quarters, so all bookings are written first.
        """
        self._books.catch_up()
        self._money_waits = self._books.waiting
        if self._money_waits:
            return
        now = self.house.at or datetime.now(UTC)
        noted, fees = house.late_fees(self.house, self._books.open_fees(), now)
        settled = bool(noted or fees) and self._books.close_fees(noted, fees) and bool(fees)
        made = house.settlements(self.house, self._books.open(house.billed(self.house, now)), now)
        if made and self._books.settle(made, self.house.ledger.baselines):
            settled = True
            self.house = house.with_money(self.house, made)
            self.save()
            self._write_days({local_day(each.open.quarter) for each in made})
        if settled:
            for sentence in sentences(self._books.settled(now)):
                log.info(sentence)

    def _demand_until(self, end: datetime) -> messages.Demand:
        """The quarters of the last two days, for the graph."""
        start = end - DEMAND_SHOWN
        flows = {flow.quarter: flow for flow in self._books.flows(start)}
        times = [start + i * QUARTER for i in range(DEMAND_SHOWN // QUARTER)]
        known = [flows.get(time) for time in times]
        return messages.Demand(
            start=start,
            offtake_kw=tuple(_kw(flow.offtake_kw) if flow else None for flow in known),
            injection_kw=tuple(_kw(flow.injection_kw) if flow else None for flow in known),
        )


def _closing_demand(before: peak.Peaks, after: peak.Peaks) -> dict[datetime, Decimal]:
    """Demand at which the quarter that just closed ended, kW, where it is known."""
    closed = after.quarter.closed if after.quarter else None
    if closed is None or (before.quarter and before.quarter.closed == closed):
        return {}
    return {closed.start: Decimal(closed.kw).quantize(Decimal("0.001"))}


def _kw(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
