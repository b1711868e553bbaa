"""All batteries: receive the house, decide, report.

Synchronous: bs_app passes in messages, readings and the time, and sends the set-points.
"""

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from base import messages
from base.language import clause, phrase
from bs.balance import FOLLOW_S, Follow
from bs.devices.command_tracker import said
from bs.facts import Battery, Mode, SetPoint
from bs.history import History, held, holds
from bs.inputs import Rules, Scene, Unit, Wish, clock
from bs.owner_command import wished
from bs.sentences import Act
from bs.strategy import Decision, Memory, decide
from bs.tally import Tally, counted
from screen.battery.view import BatteryView, headline
from screen.primitives import UNICODE

EVENTS_KEPT = 50
SAME_KW = 0.05
REPORT_S = 3.0
"""The meter program may still compute with a need of this age, s."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """State that is kept across a restart."""

    tally: Tally = field(default_factory=Tally)
    wish: Wish = field(default_factory=Wish)


class Batteries:
    """All batteries of one house."""

    def __init__(self, kept: Kept, rules: Rules, title: str, lag_s: float = 0.0) -> None:
        """`lag_s` is the delay with which the meter of an accelerated simulation shows them."""
        self._rules, self._title = rules, title
        self._report_s = REPORT_S + lag_s
        self._memory = Memory(follow=Follow(follow_s=FOLLOW_S + lag_s))
        self._tally, self._wish = kept.tally, kept.wish
        self._scene: Scene | None = None
        self._decision: Decision | None = None
        self._reported: History = ()
        self._events: deque[messages.Event] = deque(maxlen=EVENTS_KEPT)
        self.wrong: dict[str, str] = {}

    @property
    def kept(self) -> Kept:
        """State to keep across a restart, without the running quarter."""
        return Kept(self._tally, self._wish)

    @property
    def quarter(self) -> datetime | None:
        """The running quarter, by our clock."""
        return self._tally.start

    @property
    def base_kw(self) -> float:
        """Power of the house without its batteries, kW, for a simulated battery."""
        return self._memory.follow.base_kw or 0.0

    def decide(self, scene: Scene) -> tuple[Decision, bool]:
        """The decision, and whether it differs from the last one. New lines are logged."""
        now = scene.now
        if self._wish.until is not None and now >= self._wish.until:
            self._say(
                now,
                phrase(
                    "your command has ended: {order}; the plan continues", order=self._wish.mode
                ),
            )
            self._wish = Wish()
        reported_kw = tuple(kw for _, kw in held(self._reported, now, self._report_s))
        self._scene = replace(scene, wish=self._wish, reported_kw=reported_kw)
        before = self._decision
        self._decision = decide(self._scene, self._rules, self._memory)
        self._memory = self._decision.memory
        self._tally = counted(self._tally, now, self._decision.need.power_kw)
        for line in self._decision.diary:
            self._say(now, line)
        for name in {*self.wrong, *self._decision.wrong}:
            self._warn(now, name, self._decision.wrong.get(name, ""))
        return self._decision, before is None or _differ(before, self._decision)

    def reported(self, need: messages.Need, now: datetime) -> None:
        """Note the power that was sent to the meter program: it computes with that from now on."""
        kw = sum(battery.power_kw or 0.0 for battery in need.batteries)
        self._reported = holds(self._reported, kw, now, self._report_s)

    def wish(self, mode: Mode, args: tuple[str, ...], now: datetime) -> messages.Message:
        """Apply the owner's command. ValueError when it cannot be parsed."""
        self._wish = wished(mode, args, now)
        if mode is Mode.AUTO:
            return messages.Reply(word=mode, text=phrase("the battery follows the plan"))
        until = self._wish.until
        order = said(SetPoint(mode, self._wish.power_kw, ""))
        if until is None:
            text = phrase("{order} until you say auto", order=order)
        else:
            text = phrase(
                "{order} until {time}, or until you say auto", order=order, time=clock(until)
            )
        return messages.Reply(word=mode, text=text)

    def sentence(self, now: datetime) -> messages.Message:
        """Their activity and its reason."""
        view = self.view(now)
        powers = f"{view.measured_kw:.2f} kW, " if view.measured_kw is not None else ""
        return messages.Reply(word="battery", text=f"{powers}{headline(view, UNICODE)}")

    def state(self, now: datetime) -> messages.Batteries:
        """The message with each battery's state and the owner's command."""
        points = self._decision.set_points if self._decision else {}
        units = self._scene.units if self._scene else ()
        return messages.Batteries(
            time=now,
            mode=self._wish.mode.value,
            until=self._wish.until,
            why=self._memory.choice.why,
            batteries=tuple(
                messages.BatteryState(
                    name=unit.battery.name,
                    soc_pct=unit.state.soc_pct,
                    power_kw=unit.state.power_kw,
                    told_kw=points[name].signed_kw
                    if (name := unit.battery.name) in points
                    else None,
                    notice=unit.state.notice,
                )
                for unit in units
            ),
        )

    @property
    def events(self) -> messages.Events:
        """The last decisions."""
        return messages.Events(events=tuple(self._events))

    def view(self, now: datetime) -> BatteryView:
        """The view that the screen shows."""
        view = BatteryView(now=now, title=self._title, tally=self._tally, events=self.events)
        if self._scene is None or self._decision is None:
            return view
        memory, scene = self._memory, self._scene
        told = sum(point.signed_kw for point in self._decision.set_points.values())
        return replace(
            view,
            heard=scene.heard,
            house=scene.house,
            outlook=scene.outlook,
            units=self._noticed(scene.units),
            told_kw=None if memory.choice.act is Act.LOST or not _heard(scene) else told,
            act=str(memory.choice.act),
            since=memory.since,
            why=memory.choice.why,
            damping=str(memory.motion.calm),
            car_kw=scene.car_kw,
            keep_kwh=keep_kwh(scene),
            worth_eur=worth_eur_kwh(scene),
        )

    def _noticed(self, units: tuple[Unit, ...]) -> tuple[Unit, ...]:
        """The batteries with their faults."""
        said = ((unit, self.wrong.get(unit.battery.name)) for unit in units)
        return tuple(
            replace(unit, state=replace(unit.state, notice=wrong)) if wrong else unit
            for unit, wrong in said
        )

    def _warn(self, now: datetime, name: str, sentence: str) -> None:
        """Log and show once that a battery does not follow its set-point, and once that it does
        again."""
        before = self.wrong.pop(name, "")
        if sentence:
            self.wrong[name] = before or sentence
        if bool(before) == bool(sentence):
            return
        text = sentence or f"{name} " + clause("follows its set-point again")
        log.log(logging.WARNING if sentence else logging.INFO, "%s", text)
        level: Literal["info", "warning"] = "warning" if sentence else "info"
        self._events.append(messages.Event(at=now, level=level, text=text))

    def _say(self, now: datetime, sentence: str) -> None:
        """Add a line to the log and to the screen's decisions."""
        log.info("%s", sentence[:1].upper() + sentence[1:])
        self._events.append(messages.Event(at=now, level="info", text=sentence))


def _differ(before: Decision, after: Decision) -> bool:
    """True if the meter program must be notified at once."""
    return (
        before.act is not after.act
        or before.need.healthy != after.need.healthy
        or abs((before.need.power_kw or 0.0) - (after.need.power_kw or 0.0)) >= SAME_KW
        or _modes(before.set_points) != _modes(after.set_points)
    )


def _heard(scene: Scene) -> bool:
    """True if any battery reports its power."""
    return any(unit.state.power_kw is not None for unit in scene.units)


def _planned(scene: Scene) -> list[tuple[Battery, messages.PlannedAsset]]:
    """Each battery that the plan of the meter names."""
    assets = scene.outlook.assets if scene.outlook else {}
    found = ((unit.battery, unit.battery.name) for unit in scene.units)
    named = ((each, assets.get(name) or assets.get(f"{scene.peer} {name}")) for each, name in found)
    return [(each, planned) for each, planned in named if planned is not None]


def keep_kwh(scene: Scene) -> float | None:
    """Energy that the plan keeps above the owner's reserve, kWh; None without a plan."""
    kept = [
        max(0.0, planned.keep_kwh - each.reserve_pct / 100 * each.capacity_kwh)
        for each, planned in _planned(scene)
        if planned.keep_kwh is not None
    ]
    return sum(kept) if kept else None


def worth_eur_kwh(scene: Scene) -> float | None:
    """Value of one more stored kWh in the plan, EUR; the mean by size of several batteries."""
    worth = [
        (each.capacity_kwh, planned.worth_eur_kwh)
        for each, planned in _planned(scene)
        if planned.worth_eur_kwh is not None
    ]
    whole = sum(kwh for kwh, _ in worth)
    return sum(kwh * eur for kwh, eur in worth) / whole if whole else None


def _modes(points: Mapping[str, SetPoint]) -> list[Mode]:
    return [point.mode for point in points.values()]
