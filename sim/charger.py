"""A simulated NRGkick Gen2 with a car behind it: its status, lag, clamp, refusals and odd days.

Pure: time is passed in. sim.charger_http puts it on a wire.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from base.limits import VOLT
from sim import charger_json
from sim.car import SimCar, Stay
from sim.charger_json import Json, RefusedError, Settings, Shown, Status, Unit

SECOND = timedelta(seconds=1)
LAG = timedelta(seconds=2)
SWITCHING = timedelta(seconds=4)
BOOT = timedelta(seconds=20)
LIMIT_REACHED = 3
_OPEN, _NEUTRAL = 0, 1


class Trouble(StrEnum):
    """Faults of a charger."""

    DISABLED = "the API is switched off in the app"
    SOLAR = "the app's own solar charging holds pause and phases"
    FIXED_PHASES = "phase switching is not allowed in the app"
    HTML = "it answers with a page"
    HANG = "it takes every question and never answers"
    SLOW = "it never answers with measurements, all else at once"
    SERVER_ERROR = "it answers 503"
    NULLS = "its powers and currents are null"
    GLITCH = "its meter reads 9e11 W"
    DEAF = "it draws 3 x 32 A whatever it is told"
    RESTARTS = "it restarts at the next write, and does not answer"


class SimNrgKick:
    """One device. `trouble` and the three codes may be set and cleared at any time.

    `forgets`: a restart loses current and pause (not documented by the vendor). `closings` counts
    how often its contactors closed.
    """

    def __init__(self, car: SimCar, unit: Unit | None = None, *, forgets: bool = True) -> None:
        self.car = car
        self.unit = unit or Unit()
        self.settings = Settings(phases=self.unit.phases)
        self.trouble: set[Trouble] = set()
        self.warning = self.error = self.rcd = 0
        self.closings = 0
        self._forgets = forgets
        self._now: datetime | None = None
        self._older: list[tuple[datetime, Settings]] = []
        self._switches_until: datetime | None = None
        self._boots_until: datetime | None = None
        self._stay: Stay | None = None
        self._currents_a = (0.0, 0.0, 0.0)
        self._relays = _OPEN
        self._total_wh, self._session_wh = 3_382_897.0, 0.0
        self._connected_s = self._charging_s = self._plug_ins = 0

    def step(self, now: datetime) -> None:
        """Advance to `now`, second by second. An earlier time is ignored."""
        if self._now is None:
            self._now = now - SECOND
        while self._now + SECOND <= now:
            self._now += SECOND
            self._second(self._now)

    def kw_at(self, at: datetime) -> tuple[float, float, float]:
        """kW on L1, L2, L3 in the second from `at`, for the simulated house (sim.day.ExtraKw)."""
        self.step(at)
        l1, l2, l3 = (amps * VOLT / 1000 for amps in self._currents_a)
        return l1, l2, l3

    # --- what its API does

    @property
    def booting(self) -> bool:
        """True if it restarts, and does not answer."""
        return self._before(self._boots_until)

    def info(self, raw: bool) -> Json:
        """The answer to /info."""
        return charger_json.info(self.unit, raw)

    def values(self, raw: bool) -> Json:
        """The answer to /values."""
        answer = charger_json.values(self._shown(), raw)
        if Trouble.GLITCH in self.trouble:
            return charger_json.glitched(answer)
        return charger_json.nulled(answer) if Trouble.NULLS in self.trouble else answer

    def control(self) -> Json:
        """The answer to /control: the state of two seconds ago; 0 phases while it switches."""
        shown = next((old for at, old in self._older if self._before(at + LAG)), self.settings)
        answer = charger_json.control(shown)
        return answer | {"phase_count": 0} if self._before(self._switches_until) else answer

    def tell(self, asked: Mapping[str, str]) -> Json:
        """The echo of a write: the applied part. RefusedError, and then nothing is."""
        after = charger_json.told(self.settings, asked, self.unit)
        self._allow(asked)
        self._apply(after)
        if Trouble.RESTARTS in self.trouble:
            self.trouble.discard(Trouble.RESTARTS)
            self.reboot()
        answer = charger_json.control(after)
        return {key: answer[key] for key in answer if key in asked}

    def reboot(self) -> None:
        """Restart: 20 s silent, the relays open, and perhaps the settings lost."""
        self._boots_until = self._clock() + BOOT
        if self._forgets:
            self._apply(Settings(current_a=float(self.unit.most_a), phases=self.unit.phases))

    def _allow(self, asked: Mapping[str, str]) -> None:
        if Trouble.SOLAR in self.trouble:
            for key, what in (
                ("charge_pause", "Charging pause"),
                ("phase_count", "Phase count change"),
            ):
                if key in asked:
                    raise RefusedError(f"{what} is blocked by solar-charging", 405)
        if Trouble.FIXED_PHASES in self.trouble and "phase_count" in asked:
            raise RefusedError("Phase switching is not enabled")

    def _apply(self, after: Settings) -> None:
        """The settings hold from now; /control shows them two seconds later."""
        now = self._clock()
        self._older = [(at, old) for at, old in self._older if self._before(at + LAG)]
        self._older.append((now, self.settings))
        if after.phases != self.settings.phases:
            self._switches_until = now + SWITCHING
        self.settings = after

    # --- what its car and contactors do

    def _second(self, now: datetime) -> None:
        stay = self.car.plugged(now)
        if stay is not None and stay is not self._stay:
            self._session_wh, self._connected_s, self._charging_s = 0.0, 0, 0
            self._plug_ins += 1
        self._stay = stay
        self._currents_a = (0.0, 0.0, 0.0)
        if stay is not None:
            self._currents_a = self.car.draw(self._offered_a(), self.settings.phases)
            if Trouble.DEAF in self.trouble:
                self._currents_a = (32.0, 32.0, 32.0)
            self._count()
        self._contact(closed=any(self._currents_a))

    def _count(self) -> None:
        wh = sum(self._currents_a) * VOLT / 3600
        self._session_wh += wh
        self._total_wh += wh
        self._connected_s += 1
        self._charging_s += bool(wh)

    def _contact(self, closed: bool) -> None:
        self.closings += closed and self._relays == _OPEN
        lines = (1 << self.settings.phases) - 1
        self._relays = _NEUTRAL | lines << 1 if closed else _OPEN

    def _offered_a(self) -> float:
        """Current that the pilot signals to the car; 0 A for nothing."""
        return self.settings.current_a if self._permitted else 0.0

    @property
    def _permitted(self) -> bool:
        held = self.settings.paused or self._full or self.error or self.rcd or self.booting
        return not held and not self._before(self._switches_until)

    @property
    def _full(self) -> bool:
        return 0 < self.settings.limit_wh <= self._session_wh

    def _status(self) -> Status:
        if self.error:
            return Status.ERROR
        if self._stay is None:
            return Status.STANDBY
        if self._relays != _OPEN:
            return Status.CHARGING
        return Status.WAKEUP if self._permitted and self.car.asleep else Status.CONNECTED

    def _shown(self) -> Shown:
        return Shown(
            status=self._status(),
            currents_a=self._currents_a,
            offered_a=self._offered_a(),
            relays=self._relays,
            total_wh=self._total_wh,
            session_wh=self._session_wh,
            connected_s=self._connected_s,
            charging_s=self._charging_s,
            plug_ins=self._plug_ins,
            permitted=self._permitted,
            rcd=self.rcd,
            warning=LIMIT_REACHED if self._full else self.warning,
            error=self.error,
        )

    def _clock(self) -> datetime:
        if self._now is None:
            raise ValueError("the simulated charger has not been stepped yet")
        return self._now

    def _before(self, at: datetime | None) -> bool:
        return at is not None and self._clock() < at
