#!/usr/bin/env python3
"""Battery program: receives the meter's messages, decides each second, writes set-points."""

import argparse
import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from apps.bs.batteries import Batteries, Kept
from apps.bs.devices import devices, lag_s, title_of
from apps.changed import NOTICE
from apps.shared import metrics
from apps.shared.commands import Words
from apps.shared.house_clock import HouseClock
from apps.shared.program import draw, start
from apps.shared.satellite import Neighbour, logged, own_name, parser
from apps.shared.secrets import Secrets, load_secrets
from apps.shared.settings import Settings, load_settings
from base import daemon, messages
from base.checked import ConfigError
from base.language import phrase, setting
from base.version import VERSION
from bs.devices.device import Device
from bs.facts import BatteryState, Mode, SetPoint
from bs.inputs import Rules, Scene, Unit
from bs.pack import departure
from screen.battery.layout import render
from screen.battery.view import BatteryView, summary
from store.kept import KeptFile
from store.logs import dated

ROOT = Path(__file__).resolve().parent
KIND = "bs"
VITAL = ("clock", "dm")
TICK_S = 1.0
HEARD_S = 1.5
RENEW_S = 10.0
log = logging.getLogger("bs")


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of bs_app.py."""
    return parser("bs_app.py", __doc__, ROOT).parse_args(argv)


class Bs:
    """The daemon put together: parts that run side by side around the Batteries."""

    def __init__(
        self,
        options: argparse.Namespace,
        settings: Settings,
        secrets: Secrets,
        batteries: Batteries,
        stop: asyncio.Event,
    ) -> None:
        self._options, self._settings, self._stop = options, settings, stop
        self._secrets, self._batteries = secrets, batteries
        self._name = name = own_name(KIND, options, settings)
        self._file = KeptFile(options.data / f"{name}.json", Kept)
        self._news = asyncio.Event()
        self._telling: set[asyncio.Task[SetPoint | None]] = set()
        self._told: dict[str, tuple[SetPoint, float]] = {}
        self._decided_s = 0.0
        self._devices: Mapping[str, Device] = {}
        self._clock = HouseClock(options.speed)
        self._heard: datetime | None = None
        words = self._vocabulary()
        self._neighbour = Neighbour(
            name, VERSION, words, options, settings, secrets, self._hear, self._health
        )
        self._neighbour.more_metrics = self._metrics

    async def run(self) -> None:
        """Run every part until the stop; then leave the batteries at their own self-use."""
        speed = self._clock.speed
        async with devices(
            self._settings, self._secrets, lambda: self._batteries.base_kw, speed, self._clock
        ) as self._devices:
            parts: dict[str, daemon.Part] = {**self._neighbour.parts, "clock": self._tick}
            for name, device in self._devices.items():
                parts[f"battery {name}"] = device.run
            if not self._options.headless:
                parts["screen"] = partial(
                    draw, render, summary, self._settings, self._view, self._news
                )
            if self._options.speed is not None:
                dated(self._clock)
            log.info(
                phrase(
                    "Home battery {version} started: {devices}",
                    version=VERSION,
                    devices=", ".join(self._devices),
                )
            )
            try:
                restarts = self._neighbour.checkup.restarts
                await daemon.live(parts, self._stop, restarts, VITAL, save=self._save)
            finally:
                log.info(
                    phrase(
                        "Home battery stopped; the batteries run their own self-consumption mode"
                    )
                )

    def _save(self) -> None:
        """Write the state of the batteries to disk."""
        self._file.save(self._batteries.kept)

    def _hear(self) -> None:
        """Answer each house message at once."""
        house = self._neighbour.heard.house
        assert house is not None
        self._clock.hear(house)
        self._heard = self._clock()
        self._decide()

    def _health(self) -> dict[str, tuple[float | None, str]]:
        """Age of each battery's last reading, and its fault."""
        now, speed = self._clock(), self._clock.speed
        wrong = self._batteries.wrong
        found = {name: _health(device.state, now, speed) for name, device in self._devices.items()}
        return {name: (age_s, wrong.get(name, why)) for name, (age_s, why) in found.items()}

    def _decide(self) -> None:
        """Send each battery its set-point, and the need to the meter program."""
        if not self._devices or not self._clock.known.is_set():
            return
        self._decided_s = asyncio.get_running_loop().time()
        quarter = self._batteries.quarter
        decision, news = self._batteries.decide(self._scene())
        for name, point in decision.set_points.items():
            self._tell(name, point)
        if self._neighbour.tell(decision.need, changed=news):
            self._batteries.reported(decision.need, self._clock())
        if self._neighbour.sinks.wants("batteries"):
            self._neighbour.publish("batteries", self._batteries.state(self._clock()))
        if decision.diary:
            self._neighbour.publish("decisions", self._batteries.events)
        if quarter is not None and self._batteries.quarter != quarter:
            self._save()
        self._news.set()

    def _scene(self) -> Scene:
        """Inputs of the decision, all by the house's clock."""
        now, heard = self._clock(), self._neighbour.heard
        units = []
        for device in self._devices.values():
            state = device.state
            leaves = state.departure or departure(device.battery, now)
            units.append(Unit(device.battery, replace(state, departure=leaves)))
        needs = heard.fresh_needs(datetime.now(UTC))
        return Scene(
            now=now,
            house=heard.house,
            heard=self._heard,
            units=tuple(units),
            outlook=heard.outlook,
            needs=needs,
            peer=self._name,
        )

    def _tell(self, name: str, point: SetPoint) -> None:
        """Start writing the set-point, unless the same was just written."""
        now_s = asyncio.get_running_loop().time()
        last, told_s = self._told.get(name, (None, 0.0))
        same = last and (last.mode, last.power_kw) == (point.mode, point.power_kw)
        if same and now_s - told_s < RENEW_S:
            return
        self._told[name] = point, now_s
        task = asyncio.create_task(self._devices[name].set(point))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tick(self) -> None:
        """Decide each second, also without a message from the meter program."""
        while True:
            await asyncio.sleep(TICK_S)
            if asyncio.get_running_loop().time() - self._decided_s > HEARD_S:
                self._decide()

    def _metrics(self) -> Iterable[metrics.Metric]:
        return metrics.of_batteries(self._batteries.state(self._clock()))

    def _vocabulary(self) -> Words:
        words = Words(self._name, VERSION)
        words.add(
            "battery", lambda _: self._batteries.sentence(self._clock()), "what it does, and why"
        )
        words.add(
            "batteries",
            lambda _: self._batteries.state(self._clock()),
            "each battery, and your command",
            topic=True,
        )
        words.add("devices", self._about, "what the batteries are, for doctor --report")
        words.add("decisions", self._events, "the last decisions", topic=True)
        power, until = "KW [until HH:MM]", "[until HH:MM]"
        for mode, does, more in (
            (Mode.AUTO, "it follows the plan again", ""),
            (Mode.HOLD, "nothing flows, for a day or until then", until),
            (Mode.CHARGE, "it charges, for a day or until then, under the month peak", power),
            (Mode.DISCHARGE, "it discharges, for a day or until then", power),
        ):
            words.add(mode, partial(self._wish, mode), does, more)
        return words

    def _about(self, _: tuple[str, ...]) -> messages.Message:
        return messages.Devices(
            devices=tuple(
                messages.DeviceAbout(kind="battery", name=name, about=device.about)
                for name, device in self._devices.items()
            )
        )

    def _wish(self, mode: Mode, args: tuple[str, ...]) -> messages.Message:
        reply = self._batteries.wish(mode, args, self._clock())
        self._decide()
        return reply

    def _events(self, args: tuple[str, ...]) -> messages.Message:
        return self._batteries.events

    def _view(self) -> BatteryView:
        view = self._batteries.view(self._clock())
        return replace(view, title=NOTICE) if self._neighbour.checkup.config.now else view


def _health(state: BatteryState, now: datetime, speed: float) -> tuple[float | None, str]:
    """Age of the reading, s of ours, and the fault; `now` is the house's time."""
    unread = state.soc_pct is None and state.power_kw is None
    return None if unread else (now - state.at).total_seconds() / speed, state.notice


async def main(options: argparse.Namespace, stop: asyncio.Event) -> int:
    """The exit code of a run that ended on request."""
    settings, secrets = load_settings(options.config), load_secrets()
    if not settings.battery_info:
        raise ConfigError(
            setting(
                "{name}: battery_info is empty: add at least one battery", name=options.config.name
            )
        )
    name = own_name(KIND, options, settings)
    with ExitStack() as stack:
        stack.enter_context(logged(name, options.data))
        kept = KeptFile(options.data / f"{name}.json", Kept).load() or Kept()
        late_s = lag_s(options.speed or 1.0)
        batteries = Batteries(kept, Rules(), title_of(settings), late_s)
        await Bs(options, settings, secrets, batteries, stop).run()
    return 0


if __name__ == "__main__":
    start(arguments, main)
