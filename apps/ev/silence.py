"""Test of a charger without this program: one set-point, then silence.

The charger gets 8 A, then no message until its own watchdog ends. The answer is kept with its
firmware: doctor reads it.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from apps.shared import doors
from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base.language import clause, phrase
from ev.chargers.charger import ChargerError, LineError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Describes, Driver, FedByReads, Values
from ev.chargers.registry import drivers_of
from ev.facts import ChargerPhase
from store.kept import KeptFile

FILE = "silence.json"
IDENTITY = ("maker", "model", "firmware")
TOLD_A = 8.0
START_S, WAIT_S, LOOK_S = 120.0, 180.0, 5.0
SHARE = 0.85
"""Of the power at 8 A: below it the charger has fallen, to 6 A or to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Result of a silence test of one charger. `after_s` is None when it did not fall."""

    firmware: str
    at: datetime
    after_s: float | None
    left_kw: float

    @property
    def sentence(self) -> str:
        """To be read after the charger's name."""
        if self.after_s is None:
            return phrase("continues at {kw:.1f} kW when this program stops", kw=self.left_kw)
        return phrase(
            "drops to {kw:.1f} kW within {s:.0f} s without this program",
            kw=self.left_kw,
            s=self.after_s,
        )


@dataclass(frozen=True, slots=True)
class Results:
    """The last result of each charger, by its name."""

    chargers: dict[str, Result] = field(default_factory=dict)


async def silence_test(name: str, driver: Driver, show: Callable[[str], None]) -> Result:
    """Set it to 8 A and send no messages: does it reduce its power? ChargerError when it cannot be
    tried.

    A car that can take 8 A must be on the cable. The charger is paused at the end.
    """
    show(f"{name} is told {TOLD_A:.0f} A ...")
    await driver.info()
    await driver.read()
    await driver.tell(Told(TOLD_A, paused=False))
    full_kw = await _charging(name, driver)
    show(f"It charges with {full_kw:.1f} kW. Now nothing is told for {WAIT_S:.0f} s ...")
    await driver.tell(Told(TOLD_A, paused=False))
    try:
        after_s, left_kw = await _fallen(driver, full_kw)
    finally:
        await driver.tell(Told(paused=True))
    about = driver.about if isinstance(driver, Describes) else {}
    firmware = " ".join(filter(None, (about.get(part) for part in IDENTITY)))
    result = Result(firmware=firmware, at=datetime.now(UTC), after_s=after_s, left_kw=left_kw)
    show(f"{name} {result.sentence}.")
    return result


async def _charging(name: str, driver: Driver) -> float:
    """kW once it charges steadily."""
    last_kw, waited_s = 0.0, 0.0
    while waited_s < START_S:
        values = await _read(driver)
        kw = (values.power_kw or 0.0) if values else 0.0
        if values and values.phase is ChargerPhase.CHARGING and kw > 1 and abs(kw - last_kw) < 0.1:
            return kw
        last_kw = kw
        with suppress(ChargerError):
            await driver.keep()  # its set-point before its session began holds from then on
        await asyncio.sleep(LOOK_S)
        waited_s += LOOK_S
    raise LineError(name, clause("does not charge: plug in a car that is not full, and try again."))


async def _fallen(driver: Driver, full_kw: float) -> tuple[float | None, float]:
    """Seconds until it fell (None: it did not), and the kW after that.

    A charger whose watchdog is reset by requests is read once, at the end.
    """
    waited_s, left_kw, after_s = 0.0, full_kw, None
    look_s = WAIT_S if isinstance(driver, FedByReads) else LOOK_S
    while waited_s < WAIT_S:
        await asyncio.sleep(look_s)
        waited_s += look_s
        values = await _read(driver)
        if values is not None and values.power_kw is not None:
            left_kw = values.power_kw
            if left_kw >= SHARE * full_kw:
                after_s = None
            elif after_s is None:
                after_s = waited_s
    return after_s, left_kw


async def _read(driver: Driver) -> Values | None:
    """A measurement; None when the charger does not answer now."""
    try:
        return (await driver.read())[0]
    except ChargerError:
        return None


async def command(options: argparse.Namespace, settings: Settings, secrets: Secrets) -> int:
    """Run the silence test of the charger, and keep its result for doctor."""
    names = [options.charger] if options.charger else list(settings.cable_info)
    if len(names) != 1 or names[0] not in settings.cable_info:
        known = ", ".join(settings.cable_info) or "none"
        print(f"--charger NAME: the chargers of config.py are {known}", file=sys.stderr)
        return 2
    guard = doors.guard(settings, secrets, options.config.name)
    driver = drivers_of(settings.cable_info, secrets.cables, guard)[names[0]]
    file = KeptFile(options.data / FILE, Results)
    try:
        result = await silence_test(names[0], driver, print)
    except ChargerError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        await driver.aclose()
    kept = (file.load() or Results()).chargers
    file.save(Results({**kept, names[0]: result}))
    return 0 if result.after_s is not None else 1
