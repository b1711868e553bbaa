"""The two ways to control a Victron: the grid point of its ESS, or the power of its Multi.

In ESS modes 1 and 2 the set-point of a Victron is the power of the *grid* (+ is import), and its
battery makes up the difference. So to charge with P is: grid point = house without battery + P. The
house is its own measurement (grid minus battery), and the point follows it at each refresh; between
two refreshes the battery takes up a change of the house itself, which limits a peak.
Registers:

  2716  the point, int32 W, forgotten at a restart (Venus 3.50 and later); it overrides 2700 while
        it is not 0, so that 0 gives the owner's point back and a wanted 0 W is written as 1 W
  2700  the point, int16 W, written to flash: on an older Venus, and moved sparingly
  2704  most discharging, 10 W (-1: no limit)     2705  most charging, A (-1: no limit)

The two limits close the direction that is not asked for, so that it never charges on the way to
discharging; both closed is a hold, which outlives us. They are written when the direction changes
only, for they are kept in flash as well. A charge current of 0 also stops DC solar: an owner of
solar chargers sets "feed in excess DC", or the sun waits while the battery holds.

In mode 3 the Multi itself gets its AC power, each phase its share, and forgets it within 10 s.
"""

import time

from base.device_errors import RefusedError
from base.language import clause
from base.modbus import NO_REGISTER, Controls, Line, signed
from bs.facts import Mode, SetPoint

ESS_MODE, EXTERNAL = 2902, 3
POINT, POINT_IN_FLASH = 2716, 2700
MOST_DISCHARGE, MOST_CHARGE = 2704, 2705
OPEN, CLOSED = -1, 0
MULTI_W = (37, 40, 41)
GIVEN_BACK, NEARLY_NOTHING = 0, 1  # of 2716, W
FLASH_W, FLASH_S = (100, 500), 60.0
AUTO = SetPoint(Mode.AUTO, 0.0, "as its owner set it")


async def way_of(line: Line, vebus_unit: int | None, phases: int) -> "Way":
    """The way for the ESS mode its owner chose, with the settings he had."""
    if (await line.read(ESS_MODE))[0] == EXTERNAL:
        if vebus_unit is None:
            raise RefusedError(
                clause("is in ESS mode 3: give its vebus_unit in battery_info, or choose mode 1")
            )
        return MultiPower(line, vebus_unit, phases)
    own_w = signed(*await line.read(POINT_IN_FLASH))
    # A limit of 0 is what we left behind when we were killed: its owner had none.
    discharge, charge = await line.read(MOST_DISCHARGE, 2)
    limits = signed(discharge) or OPEN, signed(charge) or OPEN
    try:
        await line.read(POINT, 2)
    except RefusedError as error:
        if error.code != NO_REGISTER:
            raise
        return GridPoint(line, own_w, limits, in_flash=True)
    return GridPoint(line, own_w, limits, in_flash=False)


class GridPoint:
    """Set-point of the grid power; `own_w` and `own_limits` are its owner's settings."""

    watchdog_s: float | None = None  # not documented for 2716, and the limits stay

    def __init__(
        self, line: Line, own_w: int, own_limits: tuple[int, int], *, in_flash: bool
    ) -> None:
        self.house_kw = 0.0
        self._controls = Controls(line)
        self._own_w, (self._own_discharge, self._own_charge) = own_w, own_limits
        self.in_flash, self._moved_s = in_flash, -FLASH_S
        self._point, self._words = (POINT_IN_FLASH, 1) if in_flash else (POINT, 2)
        self._asked, self._asked_w = AUTO, own_w

    async def told(self) -> SetPoint:
        """The last set-point while the registers are unchanged; else the one in the registers."""
        no_discharge = await self._controls.read(MOST_DISCHARGE) == CLOSED
        no_charge = await self._controls.read(MOST_CHARGE) == CLOSED
        point_w = await self._controls.read(self._point, self._words)
        if no_discharge and no_charge:
            return SetPoint(Mode.HOLD, 0.0, "closed both ways")
        if not no_discharge and not no_charge:
            return AUTO
        mode = Mode.CHARGE if no_discharge else Mode.DISCHARGE
        if mode is self._asked.mode and point_w == self._asked_w:
            return self._asked
        return SetPoint(mode, abs(point_w / 1000 - self.house_kw), "as read back")

    async def write(self, set_point: SetPoint) -> None:
        """Write limits that close, then the grid set-point, then limits that open."""
        self._asked = set_point
        if set_point.mode is Mode.AUTO:
            return await self.release()
        if set_point.mode is not Mode.CHARGE:
            await self._controls.tell(MOST_CHARGE, CLOSED)
        if set_point.mode is not Mode.DISCHARGE:
            await self._controls.tell(MOST_DISCHARGE, CLOSED)
        await self._follow()
        if set_point.mode is Mode.CHARGE:
            await self._controls.tell(MOST_CHARGE, self._own_charge)
        if set_point.mode is Mode.DISCHARGE:
            await self._controls.tell(MOST_DISCHARGE, self._own_discharge)
        return None

    async def keep(self) -> None:
        """Update the grid point for the house, and refresh it."""
        if not await self._follow() and not self.in_flash:
            await self._controls.repeat(self._point, self._words)

    async def release(self) -> None:
        """Restore its owner's point and limits."""
        own_w = self._own_w if self.in_flash else GIVEN_BACK
        self._asked, self._asked_w = AUTO, own_w
        await self._controls.tell(self._point, own_w, self._words)
        await self._controls.tell(MOST_CHARGE, self._own_charge)
        await self._controls.tell(MOST_DISCHARGE, self._own_discharge)

    async def _follow(self) -> bool:
        """True if the grid point was moved with the house. A hold needs no point."""
        if self._asked.mode not in (Mode.CHARGE, Mode.DISCHARGE):
            return False
        wanted_w = round(1000 * (self.house_kw + self._asked.signed_kw))
        if not self.in_flash and wanted_w == GIVEN_BACK:
            wanted_w = NEARLY_NOTHING
        held_w = self._controls.holds(self._point)
        if held_w == wanted_w:
            return False
        if self.in_flash and held_w == self._asked_w and not self._worth_flash(held_w - wanted_w):
            return False
        await self._controls.tell(self._point, wanted_w, self._words)
        self._asked_w, self._moved_s = wanted_w, time.monotonic()
        return True

    def _worth_flash(self, step_w: int) -> bool:
        """True if the step is large, or a small one is due."""
        small_w, big_w = FLASH_W
        rested = time.monotonic() - self._moved_s > FLASH_S
        return abs(step_w) >= (small_w if rested else big_w)


class MultiPower:
    """The AC power of the Multi at `unit`, the same on each of its phases."""

    watchdog_s: float | None = 10.0  # the manual says 60 s; those who measured say 10 to 14

    def __init__(self, line: Line, unit: int, phases: int) -> None:
        self.house_kw = 0.0
        self._line, self._unit, self._registers = line, unit, MULTI_W[:phases]
        self._asked = AUTO

    async def told(self) -> SetPoint:
        """The power of its phases together."""
        watts = [
            signed(*await self._line.read(register, unit=self._unit))
            for register in self._registers
        ]
        if any(watts):
            mode = Mode.CHARGE if sum(watts) > 0 else Mode.DISCHARGE
            return SetPoint(mode, abs(sum(watts)) / 1000, "as read back")
        return AUTO if self._asked.mode is Mode.AUTO else SetPoint(Mode.HOLD, 0.0, "0 W")

    async def write(self, set_point: SetPoint) -> None:
        """Write its share to each phase; self-use is 0 W, the only one in mode 3."""
        self._asked = set_point
        await self.keep()

    async def keep(self) -> None:
        """Write the same again."""
        watts = round(1000 * self._asked.signed_kw / len(self._registers))
        for register in self._registers:
            await self._line.write(register, watts, unit=self._unit)

    async def release(self) -> None:
        """Write 0 W; it reverts soon."""
        await self.write(AUTO)


Way = GridPoint | MultiPower
"""`house_kw` is the last measured power of the house without it."""
