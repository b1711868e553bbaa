"""Needs up, grants down: the neighbours' needs, the common plan, and this second's allocation.

Synchronous: dm passes in the messages and the time, sends the results, and lets the solver's
process answer the requests. Nothing here waits for it: the last plan continues.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from apps.dm import claims
from apps.dm.meter import Meter
from apps.dm.neighbour_energy import Taken, taken
from apps.dm.neighbours import Neighbours
from apps.dm.over_grant import Watch, news, watched
from apps.dm.past import Past
from apps.dm.planning import material, month_peak, with_plan
from base import messages
from base.language import phrase
from base.limits import VOLT
from base.text import spoken
from plan.allocation import Shared, share
from plan.asking import Answer, Question
from plan.assets import assets
from plan.state import Rules
from store.books import Books
from store.quarters import Beside

ANEW_S = 2.0
"""Between two questions to the solver, s."""
WHY_GRANTED_MOST = 400
FUSE_MOST_A = 80.0
"""The largest main fuse of a house, for a config.py without one."""
UNSEEN_SUN = 2.0
"""Most power of a roof, as a multiple of the highest injection seen: the house uses some of it."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class Coordinator:
    """One house and its neighbours. Times are seconds of any steady clock (`now_s`)."""

    def __init__(
        self,
        meter: Meter,
        books: Books,
        ask: Callable[[Question], None],
        rules: Rules,
        *,
        sunny: bool,
        fits: bool = False,
        roof_kw: float | None = None,
        ours: Collection[str] = (),
    ) -> None:
        """`ask` sends a request to the solver; `settle` receives the answer later. `sunny`: the
        sun is forecast, `fits`: of 1 kWp, for panels that are estimated from the meter's readings.
        `roof_kw` is the maximum of the roof; None: estimated from the highest injection so far.
        `ours` are the names that are always accepted."""
        self._meter, self._books, self._ask = meter, books, ask
        self._rules, self._sunny = rules, sunny
        self.neighbours = Neighbours(ours, 3 * VOLT * (rules.fuse_a or FUSE_MOST_A) / 1000)
        self._explained = claims.Explained()
        self._recent_grants = claims.Granted()
        self._roof_kw, self._injected_kw = roof_kw, 0.0
        self._answer: Answer | None = None
        self._shared = Shared()
        self._watch = Watch()
        self._taken: Taken | None = None
        self._fits = fits
        self._past = Past(meter, books, sunny=sunny, fits=fits)
        self._house: tuple[messages.House, messages.House] | None = None
        self._outlook: tuple[messages.Outlook, Answer | None, messages.Outlook] | None = None
        self._air_c: Mapping[date, float] = {}
        self._asked: object = None
        self._asked_s = -ANEW_S

    def house(self, now_s: float) -> messages.House:
        """The house message of this second, with the grant of each neighbour."""
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
        """Ask for a new plan when one is due: a new quarter, need, price or peak."""
        self.house(now_s)  # what was taken until now is noted first
        self._guarded(partial(self._consider, now_s), None, now_s)

    def _consider(self, now_s: float) -> None:
        needs = self.neighbours.present(now_s)
        base = self._meter.message("outlook", now_s)
        assert isinstance(base, messages.Outlook)
        held = assets(needs, base.start)
        month = month_peak(self._meter.house, base.peak_eur_kw)
        if month is None or not held.material:
            return
        reason = (id(base), material(needs, held), round(month.paid_kw, 1), month.ceiling_kw)
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
                air_c=self._air_c,
            )
        )

    def warm(self, air_c: Mapping[date, float]) -> None:
        """Temperature outside by local day, °C, for the next plan."""
        self._air_c = air_c

    def settle(self, answer: Answer) -> None:
        """Take the answer to a request: it is used from the next telegram on."""
        if answer.plan.notes and (self._answer is None or answer.plan.notes != self._notes):
            log.info(phrase("Plan: {notes}.", notes="; ".join(answer.plan.notes)))
        self._answer = answer

    def _guarded(self, apply: Callable[[], T], instead: T, now_s: float) -> T:
        """The result of applying the neighbours' messages; `instead` when one of them fails.

        The meter continues whatever a neighbour sends: one whose message fails is left out for a
        minute.
        """
        try:
            return apply()
        except Exception as error:  # noqa: BLE001  said and contained, whatever it is
            here = self.neighbours.needs()
            guilty = [name for name in here if self._guilty(name, here, now_s)]
            guilty = guilty or list(self.neighbours.strangers())
            self.neighbours.leave_out(guilty, now_s)
            for name in guilty:
                log.warning(
                    phrase(
                        "Messages of {name} are invalid ({text}): ignored for a minute",
                        name=spoken(name),
                        text=repr(error),
                    ),
                )
            self._shared, self._watch, self._taken = Shared(), Watch(), None
            self._explained, self._recent_grants = claims.Explained(), claims.Granted()
            return instead

    def _guilty(self, name: str, here: Mapping[str, messages.Need], now_s: float) -> bool:
        """True if this neighbour's need fails alone, or the others succeed without it."""
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
                material(needs, held)
        except Exception:  # noqa: BLE001  the question is whether it does
            return True
        return False

    @property
    def _notes(self) -> tuple[str, ...]:
        return self._answer.plan.notes if self._answer else ()

    def _granted(self, base: messages.House, now_s: float) -> messages.House:
        needs = self.neighbours.present(now_s)
        if base.time is None:
            return base
        self.neighbours.sent(base.time, now_s)
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
        if base.quarter is not None and self._meter.solar.scaled_kw(base.quarter.start) == 0:
            return 0.0
        if self._roof_kw is not None:
            return self._roof_kw
        return UNSEEN_SUN * max(self._injected_kw, self._past.injected_kw)

    def _why(self, peer: str, why: str) -> str:
        """The reason of a grant, with the impossible parts of the peer's need."""
        cannot_be = self.neighbours.cannot_be(peer)
        if not cannot_be and peer in self._explained.named:
            cannot_be = phrase("the meter does not show the power it reports")
        return messages.brief(f"{why}; {cannot_be}" if cannot_be else why, WHY_GRANTED_MOST)

    def _add_up(self, at: datetime, needs: Mapping[str, messages.Need]) -> None:
        """Add up the energy of the neighbours, and store it for a quarter that closed."""
        power_kw = sum(need.power_kw or 0.0 for need in needs.values())
        before, self._taken = self._taken, taken(self._taken, at, power_kw, some=bool(needs))
        if before is not None and self._taken.quarter != before.quarter:
            told_kw = self._meter.solar.received_kw if self._fits else self._meter.solar.scaled_kw
            solar_kw = told_kw(before.quarter)
            if before.some or solar_kw is not None:
                mean_kw = before.mean_kw if before.some else 0.0
                self._books.note(Beside(before.quarter, mean_kw, solar_kw))


def _discharging_kw(needs: claims.Needs) -> float:
    """Power that the batteries give now, kW."""
    batteries = (battery for need in needs.values() for battery in need.batteries)
    return round(sum(max(0.0, -(battery.power_kw or 0.0)) for battery in batteries), 3)
