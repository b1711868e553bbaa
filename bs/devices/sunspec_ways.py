"""The two ways to control a SunSpec battery: the window of model 124, or the power of model 704.

  124  in percent of WChaMax it charges between -OutWRte and InWRte, while both bits of StorCtl_Mod
       are set. A window of no width is one power: to charge with s % of WChaMax (negative: to
       discharge) InWRte = s and OutWRte = -s.
  704  WSet in W, while WSetEna is set; giving power is positive there. It is the power of the
       inverter as a whole: for a battery with an inverter of its own.

Both revert by themselves after RvrtTms, which is always set; the set-point is repeated in time.
"""

from base.device_errors import NonsenseError
from base.language import clause
from base.modbus import Controls, Line
from bs.devices.sunspec_map import Model
from bs.facts import Mode, SetPoint

REVERT_S = 60
ALL_PCT = 100.0
BOTH = 3
AUTO = SetPoint(Mode.AUTO, 0.0, "as its owner set it")


class Window:
    """Model 124 as first read, `model`, which has its owner's settings."""

    CONTROL, OUT, IN, REVERT, FROM_GRID, SCALE = 5, 12, 13, 15, 17, 25
    MOST_W, MOST_W_SCALE = 2, 18

    def __init__(self, line: Line, model: Model, called: str = "") -> None:
        most_w = model.scaled(self.MOST_W, self.MOST_W_SCALE)
        if not most_w:
            raise NonsenseError(clause("reports a maximum power of 0 W"))
        self.most_kw = most_w / 1000
        self._line, self._controls, self._own = line, Controls(line, called), model
        self._at = model.address
        self._pct = model.scale(self.SCALE)
        self._rates: tuple[int, int] | None = None
        self.reverts = True
        for at in (self.REVERT, self.FROM_GRID):
            self._controls.learn(self._at + at, model.natural(at))
        self.step_kw = 0.6 * self._pct / 100 * self.most_kw + 0.001

    async def told(self) -> SetPoint:
        """The power of a window of no width; an open window is its own self-use."""
        control = await self._controls.read(self._at + self.CONTROL)
        rates = await self._line.read(self._at + self.OUT, 2)
        out, into = Model(0, tuple(rates)).number(0) or 0, Model(0, tuple(rates)).number(1) or 0
        self._rates = out, into
        if control & BOTH != BOTH or out + into > 0:
            return AUTO  # no window, or one that leaves it a choice
        kw = into * self._pct / 100 * self.most_kw
        return _told(kw)

    async def write(self, set_point: SetPoint) -> None:
        """First the reversion time, then the window, then its activation."""
        if set_point.mode is Mode.AUTO:
            return await self.release()
        self.reverts = await self._tell(self.REVERT, REVERT_S)
        if set_point.mode is Mode.CHARGE:
            await self._tell(self.FROM_GRID, 1)
        into = round(100 * set_point.signed_kw / self.most_kw / self._pct)
        await self._open(-into, into)
        await self._controls.tell(self._at + self.CONTROL, BOTH)
        self._controls.concluded()
        return None

    async def keep(self) -> None:
        """Write the window again, which restarts its reversion time."""
        if self._rates is not None:
            await self._line.write(self._at + self.OUT, *self._rates)

    async def release(self) -> None:
        """Open the window and restore its owner's settings."""
        await self._controls.tell(self._at + self.CONTROL, 0)
        whole = round(ALL_PCT / self._pct)
        await self._open(whole, whole)
        for at in (self.REVERT, self.FROM_GRID):
            if (own := self._own.natural(at)) is not None:
                await self._tell(at, own)

    async def _tell(self, at: int, value: int) -> bool:
        """True if the register has the value: the device may lack it or refuse it."""
        has = self._own.natural(at) is not None
        return has and await self._controls.offer(self._at + at, value)

    async def _open(self, out: int, into: int) -> None:
        """The window in the device's unit, in one request."""
        if self._rates != (out, into):
            self._rates = None
            await self._line.write(self._at + self.OUT, out, into)
            self._rates = out, into


class Power:
    """Model 704 as first read, `model`."""

    ENABLED, IN_WATTS, WATTS, AFTER, REVERT, SCALE = 22, 23, 24, 30, 31, 55

    def __init__(self, line: Line, model: Model, called: str = "") -> None:
        self._controls = Controls(line, called)
        self._at = model.address
        self._w = model.scale(self.SCALE)
        self.reverts = True
        self.step_kw = 0.6 * self._w / 1000 + 0.001

    async def told(self) -> SetPoint:
        """The power that is set, while enabled."""
        if await self._controls.read(self._at + self.ENABLED) != 1:
            return AUTO
        given = await self._controls.read(self._at + self.WATTS, 2)
        return _told(-given * self._w / 1000)

    async def write(self, set_point: SetPoint) -> None:
        """First the reversion time, then the power, then its activation."""
        if set_point.mode is Mode.AUTO:
            return await self.release()
        await self._controls.offer(self._at + self.IN_WATTS, 1)
        self.reverts = await self._controls.offer(self._at + self.AFTER, 0)
        self.reverts &= await self._controls.offer(self._at + self.REVERT, REVERT_S, 2)
        watts = round(-1000 * set_point.signed_kw / self._w)
        await self._controls.tell(self._at + self.WATTS, watts, 2)
        await self._controls.tell(self._at + self.ENABLED, 1)
        self._controls.concluded()
        return None

    async def keep(self) -> None:
        """Write power and enable again, which restarts its reversion time."""
        await self._controls.repeat(self._at + self.WATTS, 2)
        await self._controls.repeat(self._at + self.ENABLED)

    async def release(self) -> None:
        """Disable the power."""
        await self._controls.tell(self._at + self.ENABLED, 0)


Way = Window | Power
"""`step_kw` is its resolution; `reverts` is False for a device without a reversion time."""


def _told(kw: float) -> SetPoint:
    """A charging power as a set-point; 0 is a hold."""
    if not kw:
        return SetPoint(Mode.HOLD, 0.0, "0 W")
    return SetPoint(Mode.CHARGE if kw > 0 else Mode.DISCHARGE, abs(kw), "as read back")
