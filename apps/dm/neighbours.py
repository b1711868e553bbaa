"""The neighbours of the meter: the last need of each, and the ones that are refused.

Times are seconds of any steady clock (`now_s`).
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count

from apps.dm import claims
from apps.shared.freshness import Echo
from base import messages
from base.language import phrase
from base.limits import STALE_S
from base.text import spoken

NAMES_MOST, ASSETS_MOST, NAMES_A_LINE = 16, 24, 4
"""Limits for others: neighbours, assets of each, and neighbours over one line."""
BARRED_S = 60.0
SAID_S = 60.0
"""An impossible report is logged again after this time without one."""
NUMBERED = 36
"""Characters of a name that is made unique by a number: a name has 40."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """A neighbour's last need, the time (s) and line of its arrival, and its impossible parts."""

    need: messages.Need
    at_s: float
    line: object = None
    cannot_be: str = ""


class Neighbours:
    """The neighbours that speak. `connected` is True for a line that is still open."""

    def __init__(self, ours: Collection[str], connection_kw: float) -> None:
        """`ours` are the names that are always accepted; `connection_kw` is the capacity of the
        grid connection."""
        self._ours, self._connection_kw = frozenset(ours), connection_kw
        self.connected: Callable[[object], bool] = lambda _: True
        self._heard: dict[str, Heard] = {}
        self._late: set[str] = set()
        self._barred: dict[str, float] = {}
        self._cannot_be_s: dict[str, float] = {}
        self._echo = Echo()

    def sent(self, at: datetime, now_s: float) -> None:
        """Note that the house of `at` is sent now: each need names the last one received."""
        self._echo.sent(at, now_s)

    def hear(self, need: messages.Need, now_s: float, line: object = None) -> str:
        """Take the need of a neighbour. One that was silent for 10 s is removed.

        Reason why it is refused; "" when it counts. `line` is its connection.
        """
        self.present(now_s)
        last = self._heard.get(need.name)
        if last is not None and last.line is not line and self.connected(last.line):
            return phrase("The name {name} is in use here: choose another.", name=need.name)
        if now_s < self._barred.get(need.name, now_s):
            return phrase("Your last message was invalid: send another in a minute.")
        if full := self._full(need, line):
            return full
        if last is not None and _before(need, last.need):
            return ""  # the line mixed them up: something later was heard already
        if (late_s := self._echo.behind_s(need.heard)) > STALE_S:
            if need.name not in self._late:
                log.warning(
                    phrase(
                        "{name} receives the meter's messages {s:.0f} s late: treated as silent",
                        name=spoken(need.name),
                        s=late_s,
                    ),
                )
            self._late.add(need.name)
            return phrase("You receive the meter's messages {s:.0f} s late.", s=late_s)
        self._late.discard(need.name)
        if last is None:
            log.info(phrase("{peer} is connected", peer=spoken(need.name)))
        kept, cannot_be = claims.within_own(_with_unique_names(need), self._connection_kw)
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
        """Reason why a need is refused beside the present ones; "" when it is
        accepted."""
        if need.name in self._ours:
            return ""
        others = {
            name: each for name, each in self._heard.items() if name not in (*self._ours, need.name)
        }
        if len(others) >= NAMES_MOST:
            return phrase("The limit of {count} connected programs is reached.", count=NAMES_MOST)
        if line is not None and sum(each.line is line for each in others.values()) >= NAMES_A_LINE:
            return phrase(
                "At most {count} programs can share one connection.",
                count=NAMES_A_LINE,
            )
        every = [need, *(each.need for each in others.values())]
        if sum(len(each.assets) for each in every) > ASSETS_MOST:
            return phrase(
                "The limit of {count} cars, batteries and other loads is reached.",
                count=ASSETS_MOST,
            )
        return ""

    def present(self, now_s: float) -> Mapping[str, messages.Need]:
        """The last need of each neighbour that sent one recently."""
        for name, heard in list(self._heard.items()):
            if now_s - heard.at_s >= STALE_S:
                del self._heard[name]
                log.info(
                    phrase(
                        "{peer} is silent: its power now counts as house load",
                        peer=spoken(name),
                    )
                )
        return self.needs()

    def line_of(self, name: str) -> object | None:
        """The connection of a connected neighbour; None when it is not connected."""
        heard = self._heard.get(name)
        return heard.line if heard is not None and self.connected(heard.line) else None

    def ages(self, now_s: float) -> dict[str, float]:
        """Age of each neighbour's last message, s."""
        return {name: now_s - heard.at_s for name, heard in self._heard.items()}

    def strangers(self) -> Iterable[str]:
        """The names of neighbours from outside this house."""
        return [name for name in self._heard if name not in self._ours]

    def cannot_be(self, name: str) -> str:
        """The impossible part of a neighbour's last need, in a sentence; "" for nothing."""
        return self._heard[name].cannot_be

    def needs(self) -> dict[str, messages.Need]:
        """The last need of each."""
        return {name: heard.need for name, heard in self._heard.items()}

    def leave_out(self, names: Iterable[str], now_s: float) -> None:
        """Ignore these neighbours for a minute."""
        self._barred = {name: at_s for name, at_s in self._barred.items() if at_s > now_s}
        for name in names:
            del self._heard[name]
            self._barred[name] = now_s + BARRED_S


def _before(need: messages.Need, last: messages.Need) -> bool:
    """True if it was sent before the last one: a line may deliver out of order."""
    return need.heard is not None and last.heard is not None and need.heard < last.heard


def _with_unique_names(need: messages.Need) -> messages.Need:
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
