"""Needs up, grants down: what the neighbours ask, the plan for all, and this second's share.

Synchronous: dm brings what was heard and the time, carries the messages away, and has the solver's
process answer the questions. Nothing here waits for it: the last plan goes on.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, count
from typing import TypeVar

from apps.dm import claims, house, load_history
from apps.dm.meter import Meter
from apps.dm.neighbour_energy import Taken, taken
from apps.dm.over_grant import Watch, news, watched
from apps.shared.freshness import Echo
from base import messages
from base.language import phrase
from base.limits import STALE_S, VOLT
from base.text import spoken
from base.time import QUARTER
from peak.months import Months
from plan.allocation import Shared, share
from plan.asking import Answer, Question
from plan.assets import Assets, assets
from plan.month import MonthPeak
from plan.schedule import Schedule
from plan.state import Rules
from rates.in_force import Prices
from store.books import Books
from store.quarters import Beside

ANEW_S = 2.0
"""Between two questions to the solver, s."""
USUAL_EUR_KW = 4.5
"""What a kW of month peak costs where rates.json does not say, EUR. Flanders 2026: 4.33 to 5.04."""
NAMES_MOST, ASSETS_MOST, NAMES_A_LINE = 16, 24, 4
"""Of others: so many neighbours with so many assets, and so many over one line."""
BARRED_S = 60.0
SAID_S = 60.0
"""What a neighbour says that cannot be is news again when it said none for so long."""
NUMBERED = 36
"""Characters of a name that is told apart by a number: a name has 40."""
WHY_GRANTED_MOST = 400
FUSE_MOST_A = 80.0
"""The largest of a house, where config.py does not say."""
UNSEEN_SUN = 2.0
"""A roof gives at most so many times the injection that was seen: the house uses some of it."""
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """A neighbour's last word, when it came, s, over which line, and what of it cannot be."""

    need: messages.Need
    at_s: float
    line: object = None
    cannot_be: str = ""


class Agreement:
    """One house and its neighbours. Times are seconds of any steady clock (`now_s`)."""

    def __init__(
        self,
        meter: Meter,
        books: Books,
        ask: Callable[[Question], None],
        rules: Rules,
        *,
        sunny: bool,
        roof_kw: float | None = None,
        ours: Collection[str] = (),
    ) -> None:
        """`ask` has a question answered some time, by `settle`. `sunny`: the sun is forecast;
        `roof_kw` is the most the roof gives, None: judged by the greatest injection seen.
        `ours` are the names that always find a place beside the others."""
        self._ours = frozenset(ours)
        self._meter, self._books, self._ask = meter, books, ask
        self._rules, self._sunny = rules, sunny
        self.connected: Callable[[object], bool] = lambda _: True
        self._heard: dict[str, Heard] = {}
        self._late: set[str] = set()
        self._barred: dict[str, float] = {}
        self._cannot_be_s: dict[str, float] = {}
        self._explained = claims.Explained()
        self._recent_grants = claims.Granted()
        self._roof_kw, self._injected_kw = roof_kw, 0.0
        self._echo = Echo()
        self._answer: Answer | None = None
        self._shared = Shared()
        self._watch = Watch()
        self._taken: Taken | None = None
        self._past = _Past(meter, books, sunny=sunny)
        self._house: tuple[messages.House, messages.House] | None = None
        self._outlook: tuple[messages.Outlook, Answer | None, messages.Outlook] | None = None
        self._asked: object = None
        self._asked_s = -ANEW_S

    def hear(self, need: messages.Need, now_s: float, line: object = None) -> str:
        """A neighbour said what it takes and wants. One that was silent for 10 s is gone.

        Why it does not count, in a sentence; "" when it does. `line` is what it came over.
        """
        self.present(now_s)
        last = self._heard.get(need.name)
        if last is not None and last.line is not line and self.connected(last.line):
            return f"There is another {need.name} here: take a name of your own."
        if now_s < self._barred.get(need.name, now_s):
            return "What you said before could not be used: say something else in a minute."
        if full := self._full(need, line):
            return full
        if last is not None and _before(need, last.need):
            return ""  # the line mixed them up: something later was heard already
        if (late_s := self._echo.behind_s(need.heard)) > STALE_S:
            if need.name not in self._late:
                log.warning(
                    "%s receives the meter's messages %.0f s late and counts as silent",
                    spoken(need.name),
                    late_s,
                )
            self._late.add(need.name)
            return f"You hear the house {late_s:.0f} s late."
        self._late.discard(need.name)
        if last is None:
            log.info(phrase("{peer} is connected", peer=spoken(need.name)))
        kept, cannot_be = claims.within_own(_told_apart(need), self._connection_kw)
        if cannot_be:
            lately = {
                name: at_s for name, at_s in self._cannot_be_s.items() if now_s - at_s < SAID_S
            }
            if need.name not in lately:
                log.warning(cannot_be)
            self._cannot_be_s = {**lately, need.name: now_s}
        self._heard[need.name] = Heard(kept, now_s, line, cannot_be)
        return ""

    def _full(self, need: messages.Need, line: object) -> str:
        """The reason for which a need has no place beside the present ones; "" when it has."""
        if need.name in self._ours:
            return ""
        others = {
            name: each for name, each in self._heard.items() if name not in (*self._ours, need.name)
        }
        if len(others) >= NAMES_MOST:
            return f"There are {NAMES_MOST} neighbours here already."
        if line is not None and sum(each.line is line for each in others.values()) >= NAMES_A_LINE:
            return f"Over one connection at most {NAMES_A_LINE} neighbours can speak."
        every = [need, *(each.need for each in others.values())]
        if sum(len(each.assets) for each in every) > ASSETS_MOST:
            return f"There are {ASSETS_MOST} cars, batteries and loads of others here already."
        return ""

    def present(self, now_s: float) -> Mapping[str, messages.Need]:
        """The last word of each neighbour that spoke recently."""
        for name, heard in list(self._heard.items()):
            if now_s - heard.at_s >= STALE_S:
                del self._heard[name]
                log.info(
                    phrase(
                        "{peer} is silent: its power counts as the house's from now on",
                        peer=spoken(name),
                    )
                )
        return {name: heard.need for name, heard in self._heard.items()}

    def line_of(self, name: str) -> object | None:
        """The connection of a connected neighbour; None when it is not connected."""
        heard = self._heard.get(name)
        return heard.line if heard is not None and self.connected(heard.line) else None

    def ages(self, now_s: float) -> dict[str, float]:
        """Age of each neighbour's last message, s."""
        return {name: now_s - heard.at_s for name, heard in self._heard.items()}

    def house(self, now_s: float) -> messages.House:
        """The house of this second, with what each neighbour may take."""
        base = self._meter.message("house", now_s)
        assert isinstance(base, messages.House)
        if self._house is None or base is not self._house[0]:
            apart = partial(self._granted, base, now_s)
            self._house = base, self._guarded(apart, base, now_s)
        return self._house[1]

    def outlook(self, now_s: float) -> messages.Outlook:
        """The next two days, with the load and the plan as far as they are known."""
        base = self._meter.message("outlook", now_s)
        assert isinstance(base, messages.Outlook)
        made, answer = self._outlook, self._answer
        if made is None or made[0] is not base or made[1] is not answer:
            self._outlook = made = base, answer, with_plan(base, answer)
        return made[2]

    def consider(self, now_s: float) -> None:
        """Ask for a new plan when there is reason to: a quarter, a need, a price, the peak."""
        self.house(now_s)  # what was taken until now is noted first
        self._guarded(partial(self._consider, now_s), None, now_s)

    def _consider(self, now_s: float) -> None:
        needs = self.present(now_s)
        base = self._meter.message("outlook", now_s)
        assert isinstance(base, messages.Outlook)
        held = assets(needs, base.start)
        month = month_peak(self._meter.house, base.peak_eur_kw)
        if month is None or not held.material:
            return
        reason = (id(base), _material(needs, held), round(month.paid_kw, 1), month.ceiling_kw)
        if reason == self._asked or now_s - self._asked_s < ANEW_S:
            return
        self._asked, self._asked_s = reason, now_s
        load_kw, solar_kw, eur_kwh = self._past.until(base.start)
        self._ask(
            Question(
                outlook=base,
                needs=needs,
                month=month,
                past_kw=load_kw,
                past_eur_kwh=eur_kwh,
                past_solar_kw=solar_kw,
            )
        )

    def settle(self, answer: Answer) -> None:
        """The answer to a question came: it holds from the next telegram on."""
        if answer.plan.notes and (self._answer is None or answer.plan.notes != self._notes):
            log.info(phrase("Plan: {notes}.", notes="; ".join(answer.plan.notes)))
        self._answer = answer

    def _guarded(self, apply: Callable[[], T], instead: T, now_s: float) -> T:
        """The result of applying the neighbours' messages; `instead` when one of them fails.

        The meter goes on whatever a neighbour said: who said it is left out for a minute.
        """
        try:
            return apply()
        except Exception as error:  # noqa: BLE001  said and contained, whatever it is
            here = {name: heard.need for name, heard in self._heard.items()}
            guilty = [name for name in here if self._guilty(name, here, now_s)]
            guilty = guilty or [name for name in here if name not in self._ours]
            self._barred = {name: at_s for name, at_s in self._barred.items() if at_s > now_s}
            for name in guilty:
                del self._heard[name]
                self._barred[name] = now_s + BARRED_S
                log.warning(
                    "The messages of %s cannot be used (%r): it is left out for a minute",
                    spoken(name),
                    error,
                )
            self._shared, self._watch, self._taken = Shared(), Watch(), None
            self._explained, self._recent_grants = claims.Explained(), claims.Granted()
            return instead

    def _guilty(self, name: str, here: Mapping[str, messages.Need], now_s: float) -> bool:
        """True if this neighbour's word fails alone, or only its absence mends it."""
        others = {other: need for other, need in here.items() if other != name}
        return self._fails({name: here[name]}, now_s) or (
            self._fails(here, now_s) and not self._fails(others, now_s)
        )

    def _fails(self, needs: Mapping[str, messages.Need], now_s: float) -> bool:
        base = self._meter.message("house", now_s)
        assert isinstance(base, messages.House)
        try:
            if base.time is not None:
                held = assets(needs, base.time)
                share(Shared(), base, held, None, base.time, self._rules)
                _material(needs, held)
        except Exception:  # noqa: BLE001  the question is whether it does
            return True
        return False

    @property
    def _notes(self) -> tuple[str, ...]:
        return self._answer.plan.notes if self._answer else ()

    def _granted(self, base: messages.House, now_s: float) -> messages.House:
        needs = self.present(now_s)
        if base.time is None:
            return base
        self._echo.sent(base.time, now_s)
        believed = self._believed(base, needs, now_s)
        self._add_up(base.time, claims.with_powers(needs, self._explained.kw))
        if not needs:
            self._shared, self._watch = Shared(), Watch()
            return base
        plan = self._answer.plan if self._answer else None
        held = assets(believed, base.time)
        self._shared = share(self._shared, base, held, plan, base.time, self._rules)
        self._recent_grants = self._recent_grants.then(self._shared.kw, now_s)
        grants = {
            peer: grant.model_copy(update={"why": self._why(peer, grant.why)})
            for peer, grant in self._shared.grants.items()
        }
        before, self._watch = self._watch, watched(self._watch, needs, grants, now_s)
        for sentence in news(before, self._watch, needs, grants):
            log.warning(sentence)
        told = {
            "grants": grants,
            "overtaking": self._watch.named,
            "yields_kw": held.yields_kw,
            "discharging_kw": _discharging_kw(believed),
        }
        return base.model_copy(update=told)

    def _believed(self, base: messages.House, needs: claims.Needs, now_s: float) -> claims.Needs:
        """The needs with the powers that the meter explains and that were granted."""
        reported = claims.powers(needs)
        if base.offtake_kw is None or base.health.state != "fresh" or not reported:
            self._explained = claims.Explained(reported)
            return needs
        self._injected_kw = max(self._injected_kw, base.injection_kw or 0.0)
        net_kw = base.offtake_kw - (base.injection_kw or 0.0)
        before, roof_kw = self._explained, self._most_sun_kw(base)
        self._explained = claims.explained(before, reported, net_kw, roof_kw, now_s)
        for sentence in claims.unexplained(before, self._explained, reported):
            log.warning(sentence)
        self._recent_grants = self._recent_grants.met(reported, now_s)
        obeyed = self._recent_grants.obeyed(self._explained.kw)
        # What nobody was granted to give explains nothing of what others take.
        return claims.with_powers(needs, claims.balanced(obeyed, net_kw, roof_kw))

    def _most_sun_kw(self, base: messages.House) -> float:
        """Most power that the roof may give now; 0 without a forecast."""
        if base.quarter is not None and self._meter.solar_kw(base.quarter.start) == 0:
            return 0.0
        if self._roof_kw is not None:
            return self._roof_kw
        return UNSEEN_SUN * max(self._injected_kw, self._past.injected_kw)

    @property
    def _connection_kw(self) -> float:
        """Power that the connection carries on three phases."""
        return 3 * VOLT * (self._rules.fuse_a or FUSE_MOST_A) / 1000

    def _why(self, peer: str, why: str) -> str:
        """The reason of a grant, with what cannot be of the peer's own words."""
        cannot_be = self._heard[peer].cannot_be
        if not cannot_be and peer in self._explained.named:
            cannot_be = phrase("the power it reports is not on the meter")
        return messages.brief(f"{why}; {cannot_be}" if cannot_be else why, WHY_GRANTED_MOST)

    def _add_up(self, at: datetime, needs: Mapping[str, messages.Need]) -> None:
        """Add up the energy of the neighbours, and store it for a quarter that closed."""
        power_kw = sum(need.power_kw or 0.0 for need in needs.values())
        before, self._taken = self._taken, taken(self._taken, at, power_kw, some=bool(needs))
        if before is not None and self._taken.quarter != before.quarter:
            solar_kw = self._meter.solar_kw(before.quarter)
            if before.some or solar_kw is not None:
                mean_kw = before.mean_kw if before.some else 0.0
                self._books.note(Beside(before.quarter, mean_kw, solar_kw))


def _discharging_kw(needs: claims.Needs) -> float:
    """Power that the batteries give now, kW."""
    batteries = (battery for need in needs.values() for battery in need.batteries)
    return round(sum(max(0.0, -(battery.power_kw or 0.0)) for battery in batteries), 3)


def _before(need: messages.Need, last: messages.Need) -> bool:
    """True if it was said before the last one: a line may mix up what goes over it."""
    return need.heard is not None and last.heard is not None and need.heard < last.heard


def _told_apart(need: messages.Need) -> messages.Need:
    """The need with each of its assets under a name of its own."""
    names = [each.name for each in need.assets]
    if len(set(names)) == len(names):
        return need
    own: list[str] = []
    for name in names:
        others = (f"{name[:NUMBERED]} {number}" for number in count(2))
        own.append(next(each for each in chain([name], others) if each not in own))
    return need.with_assets(
        each.model_copy(update={"name": name}) for each, name in zip(need.assets, own, strict=True)
    )


class _Past:
    """The past as a plan needs it, read from the books once and grown by each quarter."""

    def __init__(self, meter: Meter, books: Books, *, sunny: bool) -> None:
        self._meter, self._books, self._sunny = meter, books, sunny
        self._lived = load_history.Lived()
        self.injected_kw = 0.0
        self._read_to: datetime | None = None
        self._prices: Prices | None = None
        self._eur_kwh: dict[datetime, float | None] = {}

    def until(
        self, end: datetime
    ) -> tuple[tuple[float | None, ...], tuple[float | None, ...], tuple[float | None, ...]]:
        """The load, the sun and the prices of the quarters before `end`."""
        self._read(end)
        return (*self._lived.until(end), self._paid(end))

    def _read(self, end: datetime) -> None:
        since = end - load_history.LOAD_BACK if self._read_to is None else self._read_to
        if since >= end:
            return
        flows = list(self._books.flows(since))
        injected = (float(flow.injection_kw or 0) for flow in flows)
        self.injected_kw = max(self.injected_kw, *injected, 0.0)
        more = load_history.lived(
            flows,
            self._books.beside(since),
            self._meter.solar_kw,
            sunny=self._sunny,
        )
        # What came late to the last of them is read with the next.
        self._read_to = end - QUARTER
        self._lived = self._lived.grown(more, end - load_history.LOAD_BACK)

    def _paid(self, end: datetime) -> tuple[float | None, ...]:
        now = self._meter.house
        if now.prices is not self._prices:
            self._prices, self._eur_kwh = now.prices, {}
        quarters = load_history.before(end, load_history.PRICE_BACK)
        self._eur_kwh = {
            at: self._eur_kwh[at] if at in self._eur_kwh else house.buy_eur_kwh(now, at)
            for at in quarters
        }
        return tuple(self._eur_kwh.values())


def month_peak(now: house.House, eur_kw: float | None) -> MonthPeak | None:
    """Month peak paid so far and the price of more; None before the first telegram.

    Where peaks are not billed, all that the connection carries is paid.
    """
    months = now.peaks.months
    if months.end is None:
        return None
    free_kw = house.carried_kw(now) if now.peak_is_free else 0.0
    return MonthPeak(
        end=months.end,
        peak_kw=float(months.running.kw) if months.running else 0.0,
        floor_kw=max(float(months.floor_kw), free_kw),
        eur_kw=USUAL_EUR_KW if eur_kw is None else eur_kw,
        typical_kw=_typical_kw(months),
        ceiling_kw=now.rules.ceiling_kw,
    )


def _typical_kw(months: Months) -> float:
    """Month peak of this home in the month before, kW; 0 when it is not known."""
    past = [row for row in months.rows if months.month is None or row.month < months.month]
    return float(past[-1].kw) if past else 0.0


def _material(needs: Mapping[str, messages.Need], held: Assets) -> object:
    """The parts of the needs that require a new plan; charging as planned does not."""
    return held.material, sorted((name, need.choice) for name, need in needs.items())


def with_plan(base: messages.Outlook, answer: Answer | None) -> messages.Outlook:
    """The outlook with what of the answer is still to come."""
    if answer is None or (skipped := answer.plan.quarter(base.start)) is None:
        return base
    plan, count = answer.plan, len(base.buy_eur_kwh)
    names = [name for _, name in plan.schedules]
    schedules = {
        name if names.count(name) == 1 else f"{peer} {name}": schedule
        for (peer, name), schedule in plan.schedules.items()
    }
    rest = slice(skipped, skipped + count)
    return base.model_copy(
        update={
            "load_kw": answer.load_kw[rest],
            "choices": tuple(each for each in answer.choices if each.leaves > base.start),
            "plan_kw": {
                name: tuple(map(float, schedule.kw[rest])) for name, schedule in schedules.items()
            },
            "assets": {name: _planned(schedule, skipped) for name, schedule in schedules.items()},
        }
    )


def _planned(schedule: Schedule, quarter: int) -> messages.PlannedAsset:
    """Additional statements of the plan about an asset in this quarter."""
    return messages.PlannedAsset(
        worth_eur_kwh=schedule.worth_eur_kwh[quarter],
        keep_kwh=schedule.keep_kwh[quarter] if schedule.keep_kwh else None,
        lacks_kwh=schedule.lacks_kwh,
    )
