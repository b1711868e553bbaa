"""A simulated charging station of one connector: its profiles, transactions, meter and quirks.

Pure: time is passed in. Its own messages wait in `said`; sim.charger_ocpp_wire puts it on a
websocket.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from base.limits import LEAST_A, VOLT
from sim.car import SimCar, Stay
from sim.charger_ocpp_profiles import MOST_A, Profiles
from sim.charger_ocpp_quirks import Quirk

SECOND = timedelta(seconds=1)
BOOT = timedelta(seconds=20)
Said = tuple[str, dict[str, Any]]


class SimOcpp:
    """One station with a car on its cable. `ahead` is how wrong its clock is.

    `flash_writes` counts how often its flash memory was written, `accepted` its profiles, `asked`
    each request.
    """

    def __init__(
        self, car: SimCar, quirks: Iterable[Quirk] = (), *, ahead: timedelta = timedelta(0)
    ) -> None:
        self.car = car
        self.quirks = frozenset(quirks)
        self.ahead = ahead
        self.said: list[Said] = []
        self.status = "Available"
        self.transaction: int | None = None
        self.starting = self.locked = False
        self.authorised = Quirk.CARD not in self.quirks
        self.profiles = Profiles(self.quirks)
        self.asked: Counter[str] = Counter()
        self._heedless = False
        self.configuration: dict[str, str] = {
            "ChargeProfileMaxStackLevel": "0" if Quirk.STACK_ZERO in self.quirks else "8",
            "ChargingScheduleAllowedChargingRateUnit": (
                "Power" if Quirk.WATTS in self.quirks else "Current"
            ),
            "MeterValueSampleInterval": "60",
            "MeterValuesSampledData": "Energy.Active.Import.Register",
            "NumberOfConnectors": "1",
        }
        if Quirk.SWITCHES in self.quirks:
            self.configuration["ConnectorSwitch3to1PhaseSupported"] = "true"
        self.flash_writes = self.accepted = 0
        self.phases = 3
        self.currents_a = (0.0, 0.0, 0.0)
        self.boots_until: datetime | None = None
        self.register_wh = 1_000_000.0
        self._booted = True
        self._stay: Stay | None = None
        self._now: datetime | None = None
        self._started_at: datetime | None = None
        self._sampled_s = 0

    def step(self, now: datetime) -> None:
        """Advance to `now`, second by second."""
        if self._now is None:
            self._now = now - SECOND
        while self._now + SECOND <= now:
            self._now += SECOND
            self._second(self._now)

    @property
    def now(self) -> datetime:
        """Time of its own clock."""
        assert self._now is not None
        return self._now + self.ahead

    @property
    def booting(self) -> bool:
        """True if it restarts, and is not on the line."""
        return (
            self._now is not None
            and self.boots_until is not None
            and (self._now < self.boots_until)
        )

    def reboot(self) -> None:
        """Restart: 20 s without a line, the relays open, the profile of the session lost."""
        assert self._now is not None
        self.boots_until, self._booted = self._now + BOOT, True
        self.profiles.end_session()
        self.transaction, self.starting = None, False
        self.locked = Quirk.LOCKED in self.quirks

    def dropped(self) -> None:
        """The connection is lost."""
        if Quirk.FORGETS in self.quirks:
            self.profiles.clear()

    # --- what it is asked

    def take(self, profile: Mapping[str, Any]) -> str:
        """The answer to SetChargingProfile; keys as on the wire."""
        session = profile["chargingProfilePurpose"] == "TxProfile"
        schedule = profile["chargingSchedule"]
        periods = schedule["chargingSchedulePeriod"]
        wrong = {
            Quirk.REFUSES: True,
            Quirk.STACK_ZERO: profile["stackLevel"] > 0,
            Quirk.RELATIVE: profile["chargingProfileKind"] != "Relative",
            Quirk.RELATIVE_TOLD: profile["chargingProfileKind"] != "Relative",
            Quirk.NO_SESSION: session,
            Quirk.ONE_PERIOD: len(periods) > 1 or "duration" in schedule,
            Quirk.WATTS: schedule["chargingRateUnit"] != "W",
        }
        if any(wrong.get(quirk) for quirk in self.quirks):
            return "Rejected"
        if session and profile.get("transactionId") != self.transaction:
            return "Rejected"
        self.accepted += 1
        paused = session and self.offered_a() == 0.0
        if Quirk.DEAF not in self.quirks:
            self.profiles.add(profile, self.now)
            self.flash_writes += not session
        resumes = Quirk.FULL_AFTER_PAUSE in self.quirks and paused
        self._heedless = resumes and float(periods[0]["limit"]) > 0.0
        return "Accepted"

    def change(self, key: str, value: str) -> str:
        """The answer to ChangeConfiguration."""
        slow = key == "MeterValueSampleInterval" and Quirk.SLOW_METER in self.quirks
        short = key == "MeterValuesSampledData" and Quirk.SHORT_WISH in self.quirks
        if (slow and int(value) < 30) or (short and "Offered" in value):
            return "Rejected"
        if key not in self.configuration:
            return "NotSupported"
        self.flash_writes += 1
        if key == "MeterValuesSampledData" and Quirk.WISH_REBOOTS in self.quirks:
            self.reboot()
        else:
            self.configuration[key] = value
        return "Accepted"

    def started(self, transaction: int) -> None:
        """StartTransaction was answered."""
        self.starting, self.transaction = False, transaction
        self._started_at = self.now

    def start_from_outside(self) -> str:
        """The answer to RemoteStartTransaction."""
        if self._stay is None or self.transaction is not None:
            return "Rejected"
        self.authorised = True
        return "Accepted"

    def meter(self) -> dict[str, Any]:
        """The payload of MeterValues."""
        total_w = sum(self.currents_a) * VOLT
        values: list[dict[str, Any]] = [{"value": f"{self.register_wh:.0f}", "unit": "Wh"}]
        if total_w or Quirk.NO_IDLE_POWER not in self.quirks:
            power = {"value": f"{total_w:.1f}", "measurand": "Power.Active.Import", "unit": "W"}
            values.append(power)
        if Quirk.ONE_TOTAL not in self.quirks:
            values += [
                {"value": f"{amps:.2f}", "measurand": "Current.Import", "phase": f"L{line}-N"}
                for line, amps in enumerate(self.currents_a, 1)
            ]
        if Quirk.ODD in self.quirks:
            values += [
                {"value": "50.01", "measurand": "Frequency", "unit": "Hz"},
                {"value": "NaN", "measurand": "Power.Active.Import", "unit": "W"},
                {"value": 12, "measurand": "Something.New"},
                {"value": None},
            ]
        payload: dict[str, Any] = {
            "connectorId": 1,
            "meterValue": [{"timestamp": self.stamp(), "sampledValue": values}],
        }
        if self.transaction is not None:
            payload["transactionId"] = self.transaction
        return payload

    def stamp(self, earlier: timedelta = timedelta(0)) -> str:
        """Its time in its own format."""
        return f"{self.now - earlier:%Y-%m-%dT%H:%M:%S}Z"

    def greet(self) -> None:
        """Messages on a new connection: its start, its state, perhaps its history."""
        self.said.clear()
        self.starting = False
        odd = Quirk.ODD in self.quirks
        if self._booted or Quirk.BOOTS_EACH_LINE in self.quirks:
            self.say_boot()
        if Quirk.HISTORY in self.quirks:
            self._history()
        if odd:
            self.say("DataTransfer", {"vendorId": "x", "data": {"an": "object"}})
            self.say("SomethingNew", {})
        self.say_status()

    def say_boot(self) -> None:
        """Send its BootNotification."""
        self._booted = False
        odd = Quirk.ODD in self.quirks
        boot = {
            "chargePointVendor": "Simulated",
            "chargePointModel": "OCPP",
            "chargePointSerialNumber": "S" * (40 if odd else 10),
            "firmwareVersion": "1.0",
        }
        self.say("BootNotification", boot)

    def say(self, action: str, payload: dict[str, Any]) -> None:
        """Queue a message to send."""
        self.said.append((action, payload))

    def say_status(self) -> None:
        """Its status."""
        self.say(
            "StatusNotification",
            {
                "connectorId": 1,
                "errorCode": "NoError",
                "status": self.status,
                "timestamp": self.stamp(),
            },
        )

    def _history(self) -> None:
        """Days of meter values with a context that the standard does not know."""
        for days in (3, 2, 1):
            old = self.stamp(timedelta(days=days))
            values = [
                {"value": "900000", "unit": "Wh", "context": "Sample.Kept"},
                {"value": "11000", "measurand": "Power.Active.Import", "unit": "W"},
            ]
            entry = {"timestamp": old, "sampledValue": values}
            self.say("MeterValues", {"connectorId": 1, "transactionId": 7, "meterValue": [entry]})

    # --- what its car and contactors do

    def offered_a(self) -> float:
        """Current that the pilot signals: the session's profile first, high stacks first."""
        limit_a, self.phases = self._limits(self.now)
        return limit_a if limit_a >= LEAST_A else 0.0

    def composite(self, duration_s: int) -> list[dict[str, float]]:
        """The periods from now on, A."""
        periods: list[dict[str, float]] = []
        for second in range(duration_s):
            limit_a = round(self._limits(self.now + second * SECOND)[0], 1)
            if not periods or periods[-1]["limit"] != limit_a:
                periods.append({"startPeriod": second, "limit": limit_a})
        return periods

    def _limits(self, at: datetime) -> tuple[float, int]:
        """A and phases at a time of its own clock, by the first profile that holds then."""
        limit = None if self._heedless else self.profiles.limit(at, self._started_at or self.now)
        return (MOST_A, self.phases) if limit is None else limit

    def _second(self, now: datetime) -> None:
        stay = self.car.plugged(now)
        if stay is not self._stay:
            self._plug(stay)
        charges = stay is not None and self.transaction is not None and not self.booting
        offered_a = self.offered_a() if charges else 0.0
        self.currents_a = (
            self.car.draw(offered_a, self.phases) if stay is not None else (0.0, 0.0, 0.0)
        )
        self.register_wh += sum(self.currents_a) * VOLT / 3600
        self._tell(offered_a)
        self._sampled_s += 1
        if self._sampled_s >= int(self.configuration["MeterValueSampleInterval"]):
            self._sampled_s = 0
            self.say("MeterValues", self.meter())

    def _plug(self, stay: Stay | None) -> None:
        self._stay = stay
        if self.transaction is not None:
            stop = {
                "transactionId": self.transaction,
                "meterStop": int(self.register_wh),
                "timestamp": self.stamp(),
                "reason": "EVDisconnected",
            }
            self.say("StopTransaction", stop)
        self.transaction, self.starting, self.locked = None, False, False
        self.authorised = Quirk.CARD not in self.quirks
        self.profiles.end_session()

    def _tell(self, offered_a: float) -> None:
        """Its status, and a transaction as soon as there may be one."""
        status = self._status_now(offered_a)
        if status != self.status and not self.booting:
            self.status = status
            self.say_status()
        ready = self._stay is not None and self.authorised and not self.locked
        if ready and self.transaction is None and not self.starting and not self.booting:
            self.starting = True
            start = {
                "connectorId": 1,
                "idTag": "card",
                "meterStart": int(self.register_wh),
                "timestamp": self.stamp(),
            }
            self.say("StartTransaction", start)

    def _status_now(self, offered_a: float) -> str:
        if self._stay is None:
            return "Available"
        if self.locked:
            return "Finishing"
        if self.transaction is None:
            return "Preparing"
        if any(self.currents_a) or Quirk.CALLS_ALL_CHARGING in self.quirks:
            return "Charging"
        return "SuspendedEV" if offered_a else "SuspendedEVSE"
