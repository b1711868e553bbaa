"""State of one charging station, updated by each message, and the answers to it.

Pure; times are passed in, seconds of one steady clock and UTC. Nothing received is trusted: a
missing or wrong value changes nothing.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from base.language import clause
from base.limits import VOLT
from ev.chargers.driver import Values
from ev.chargers.ocpp import heard
from ev.chargers.ocpp.heard import Abilities, Meter, Payload
from ev.facts import ChargerPhase

HEARTBEAT_S = 60
SILENT_S = 60.0
NEAR_S = 120.0
"""Live messages of one station are this close together on its clock, unlike stored ones."""
WAITS_S = 60.0
BEFORE_OR_AFTER = ("Preparing", "Finishing")
"""A car is there, and no transaction runs."""
IDLE_KW = 0.05
UNPLUG = clause("has ended its session: unplug the car and plug it in again.")
CARD = clause("waits for a card or its app before it charges.")
_MOST_TRANSACTION = 2**31 - 1


@dataclass(slots=True)
class Watch:
    """Offset of a station's clock ahead of ours, s, from the times of its messages.

    Some send days of stored messages at first contact: the times nearest ours are the live ones.
    """

    ahead_s: float | None = None
    _odd: int = 0

    def live(self, at: datetime | None, now: datetime) -> bool:
        """True if a message with this time, or without one, is current."""
        if at is None:
            return True
        ahead_s = (at - now).total_seconds()
        known_s = self.ahead_s
        near = known_s is None or abs(ahead_s - known_s) <= NEAR_S or abs(ahead_s) < abs(known_s)
        self._odd = 0 if near else self._odd + 1
        if near or (ahead_s > 0 and self._odd > 3):  # it was set forward
            self.ahead_s, self._odd = ahead_s, 0
            return True
        return False

    def clock(self, now: datetime) -> datetime:
        """Time of its clock now."""
        return now + timedelta(seconds=self.ahead_s or 0.0)


@dataclass(slots=True, kw_only=True)
class Connector:
    """One connector: a cable, its transaction and its meter; `metered` counts the readings."""

    status: str = ""
    status_s: float = 0.0
    error: str = ""
    transaction: int | None = None
    started: tuple[object, object] | None = None
    started_s: float | None = None
    meter: Meter = field(default_factory=Meter)
    metered: int = 0
    metered_s: float | None = None
    base_kwh: float | None = None

    @property
    def phase(self) -> ChargerPhase:
        """Current phase."""
        return heard.PHASES.get(self.status, ChargerPhase.UNKNOWN)

    def measured(self, meter: Meter, now_s: float) -> None:
        """Take a meter reading; values that this message leaves out stay."""
        old = self.meter
        self.metered, self.metered_s = self.metered + 1, now_s
        self.meter = Meter(
            power_kw=meter.power_kw if meter.power_kw is not None else _from(meter.currents_a),
            currents_a=meter.currents_a,
            register_kwh=old.register_kwh if meter.register_kwh is None else meter.register_kwh,
            soc_pct=old.soc_pct if meter.soc_pct is None else meter.soc_pct,
            offered_a=meter.offered_a,
        )
        register = self.meter.register_kwh
        if register is not None and (self.base_kwh is None or register < self.base_kwh):
            self.base_kwh = register

    def unplugged(self) -> None:
        """End the session: the car has left."""
        self.transaction = self.started = self.base_kwh = None
        self.meter = replace(Meter(), register_kwh=self.meter.register_kwh)


def _from(currents_a: tuple[float, ...]) -> float | None:
    return sum(currents_a) * VOLT / 1000 if currents_a else None


@dataclass(slots=True, kw_only=True)
class State:
    """One station. `boots` counts the restarts that it reported."""

    vendor: str = ""
    model: str = ""
    firmware: str = ""
    boots: int = 0
    can: Abilities = field(default_factory=Abilities)
    watch: Watch = field(default_factory=Watch)
    connectors: dict[int, Connector] = field(default_factory=dict)
    _last_transaction: int = 0

    def connector(self, number: int) -> Connector:
        """The connector with that number, unknown until its first message."""
        return self.connectors.setdefault(number, Connector())

    def hear(self, action: str, said: Payload, now: datetime, now_s: float) -> Payload | None:
        """The answer to a message; None for an unknown action."""
        match action:
            case "BootNotification":
                return self._boot(said, now)
            case "Heartbeat":
                return {"currentTime": stamped(now)}
            case "StatusNotification":
                return self._status(said, now, now_s)
            case "MeterValues":
                return self._meter(said, now, now_s)
            case "Authorize":
                return {"idTagInfo": {"status": "Accepted"}}
            case "StartTransaction":
                return self._start(said, now, now_s)
            case "StopTransaction":
                return self._stop(said)
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
            case "FirmwareStatusNotification" | "DiagnosticsStatusNotification":
                return {}
        return None

    def values(self, number: int, now_s: float, *, paused: bool, wanted: bool) -> Values:
        """Measurements of a connector. `paused`: it is set to pause; `wanted`: it should charge."""
        its = self.connector(number)
        fresh_s = max((self.can.interval_s or 0.0) + 10.0, SILENT_S)
        fresh = its.metered_s is not None and now_s - its.metered_s <= fresh_s
        meter = its.meter if fresh else Meter(register_kwh=its.meter.register_kwh)
        power_kw, phase = meter.power_kw, its.phase
        if phase is ChargerPhase.STANDBY or (power_kw is None and its.transaction is None):
            power_kw = 0.0
        idle = power_kw is not None and abs(power_kw) < IDLE_KW
        if phase is ChargerPhase.CHARGING and idle and paused:
            phase = ChargerPhase.CONNECTED  # some call the whole transaction charging
        charges = phase is ChargerPhase.CHARGING
        if idle and not charges:
            meter, power_kw = replace(meter, currents_a=(0.0,) * len(meter.currents_a)), 0.0
        return Values(
            phase=phase,
            power_kw=power_kw,
            currents_a=meter.currents_a,
            drawn_phases=meter.drawn_phases if charges else None,
            session_kwh=_session(its),
            register_kwh=its.meter.register_kwh,
            notice=_notice(its, now_s, wanted=wanted),
        )

    def _boot(self, said: Payload, now: datetime) -> Payload:
        self.vendor = heard.text(said.get("chargePointVendor"))
        self.model = heard.text(said.get("chargePointModel"))
        self.firmware = heard.text(said.get("firmwareVersion"))
        self.boots += 1
        self.watch = Watch()
        return {
            "status": "Accepted",
            "currentTime": stamped(now),
            "interval": HEARTBEAT_S,
        }

    def _status(self, said: Payload, now: datetime, now_s: float) -> Payload:
        number, status = heard.whole(said.get("connectorId")), heard.text(said.get("status"))
        if not number or status not in heard.PHASES:  # 0 is the station itself, never a car
            return {}
        its = self.connector(number)
        if not self.watch.live(heard.stamp(said.get("timestamp")), now) and its.status:
            return {}
        if status != its.status:
            its.status, its.status_s = status, now_s
        error = heard.text(said.get("errorCode"))
        its.error = "" if error == "NoError" else error
        if status == "Available":
            its.unplugged()
        elif status in BEFORE_OR_AFTER:  # the end of a transaction may have been lost
            its.transaction = its.started = None
        return {}

    def _meter(self, said: Payload, now: datetime, now_s: float) -> Payload:
        its = self.connector(heard.whole(said.get("connectorId")) or 0)
        for at, meter in heard.meters(said):
            if self.watch.live(at, now):
                its.measured(meter, now_s)
                transaction = heard.whole(said.get("transactionId"))
                plugged = its.phase in (ChargerPhase.CONNECTED, ChargerPhase.CHARGING)
                if transaction and plugged and its.transaction is None:
                    # It was running when we started, since when is not known.
                    its.transaction, its.started_s = transaction, None
        return {}

    def _start(self, said: Payload, now: datetime, now_s: float) -> Payload:
        its = self.connector(heard.whole(said.get("connectorId")) or 0)
        started = said.get("timestamp"), said.get("meterStart")
        if its.transaction is None or its.started != started:
            least = int(now.timestamp()) % _MOST_TRANSACTION
            self._last_transaction = max(self._last_transaction + 1, least)
            its.transaction, its.started = self._last_transaction, started
            its.started_s = now_s
        start_wh = heard.number(said.get("meterStart"))
        if its.base_kwh is None and start_wh is not None:
            its.base_kwh = start_wh / 1000
        return {"transactionId": its.transaction, "idTagInfo": {"status": "Accepted"}}

    def _stop(self, said: Payload) -> Payload:
        ended = heard.whole(said.get("transactionId"))
        for its in self.connectors.values():
            if its.transaction is not None and its.transaction == ended:
                its.transaction = its.started = None
        return {"idTagInfo": {"status": "Accepted"}} if "idTag" in said else {}


def stamped(at: datetime) -> str:
    """A time (UTC) as OCPP writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def _session(its: Connector) -> float | None:
    register = its.meter.register_kwh
    return None if register is None or its.base_kwh is None else register - its.base_kwh


def _notice(its: Connector, now_s: float, *, wanted: bool) -> str:
    """A sentence for the owner, to be read after the charger's name."""
    if its.status == "Faulted":
        return (
            clause("reports a fault ({text}).", text=its.error)
            if its.error
            else clause("reports a fault.")
        )
    if its.status == "Finishing" and wanted and its.transaction is None:
        return UNPLUG
    waits = its.status == "Preparing" and its.transaction is None
    return CARD if waits and wanted and now_s - its.status_s > WAITS_S else ""
