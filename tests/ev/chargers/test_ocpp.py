"""Charging stations over OCPP, with quirks seen in the field, on real websockets."""

import asyncio
import base64
import operator
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from base.wire.access import Access
from base.wire.guard import Guard
from ev.chargers import registry
from ev.chargers.charger import ChargerError, LineError, RefusedError, leave
from ev.chargers.device import Device
from ev.chargers.driver import ALONE, KEEPS, FallsBack
from ev.chargers.ocpp import OcppSettings
from ev.chargers.ocpp import driver as driving
from ev.facts import ChargerPhase, ChargerState, SetPoint
from sim.car import SimCar, Stay
from sim.charger_http import clock
from sim.charger_ocpp import SimOcpp
from sim.charger_ocpp_quirks import Quirk
from sim.charger_ocpp_wire import Dialler, dialling, free_port
from tests.ev.chargers.rigs import Holds, charges, stands

pytestmark = pytest.mark.virtual_time
DAY = timedelta(days=1)
OCPP = [Subprotocol("ocpp1.6")]


class Rig:
    """A simulated station and our device for it."""

    def __init__(
        self,
        sim: SimOcpp,
        device: Device,
        driver: driving.Ocpp,
        dialler: Dialler,
        now: Callable[[], datetime],
        port: int,
    ) -> None:
        self.sim, self.device, self.driver, self.now = sim, device, driver, now
        self.dialler, self.port = dialler, port

    @property
    def flowing_a(self) -> float:
        """The highest current of its phases, A."""
        self.sim.step(self.now())
        return max(self.sim.currents_a)

    @property
    def offered_a(self) -> float:
        """The current offered by its pilot signal, A."""
        self.sim.step(self.now())
        return self.sim.offered_a()

    async def live(self, seconds: float, current_a: float) -> None:
        """Let this number of seconds pass, as in ev."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + seconds
        while loop.time() < until_s:
            with suppress(ChargerError):
                await self.device.write(SetPoint(current_a, 3, "a test"))
                await self.device.read()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until_s):
                    await self.device.rest()

    async def until(self, holds: Holds, current_a: float, phases: int = 3) -> ChargerState:
        """The first state that meets the condition; the set-point is written before each read."""
        async with asyncio.timeout(600.0):
            while True:
                with suppress(ChargerError):
                    await self.device.write(SetPoint(current_a, phases, "a test"))
                    if holds(state := await self.device.read()):
                        return state
                await self.device.rest()


@asynccontextmanager
async def rig(
    quirks: Iterable[Quirk] = (), *, ahead: timedelta = timedelta(0), **settings: object
) -> AsyncIterator[Rig]:
    today = datetime.now(UTC)
    car = SimCar(soc_pct=30.0, sleeps=False, stays=[Stay(today - DAY, today + 9 * DAY)])
    sim, now, port = SimOcpp(car, quirks, ahead=ahead), clock(), free_port()
    its = OcppSettings.model_validate({"kind": "ocpp", "id": "main", "port": port, **settings})
    driver = registry.driver_of("main", its, {})
    assert isinstance(driver, driving.Ocpp)
    device = Device("main", driver)
    async with dialling(sim, f"ws://127.0.0.1:{port}/main", now, 1.0) as dialler:
        try:
            yield Rig(sim, device, driver, dialler, now, port)
        finally:
            await device.aclose()


OBEYS = [
    quirk for quirk in Quirk if quirk not in (Quirk.REFUSES, Quirk.DEAF, Quirk.CARD, Quirk.SWITCHES)
]


@pytest.mark.parametrize("quirk", OBEYS, ids=operator.attrgetter("name"))
async def test_it_charges_falls_and_pauses_whatever_its_quirk(quirk: Quirk) -> None:
    async with rig([quirk]) as it:
        await it.until(charges(10.0), 10.0)
        await it.until(charges(7.0), 7.0)
        state = await it.until(stands, 0.0)
        assert state.paused
        assert it.flowing_a == 0.0


@pytest.mark.parametrize("ahead_s", [0.0, 0.9, -3600.4])
@pytest.mark.parametrize(
    "quirk",
    [None, Quirk.NO_SESSION, Quirk.RELATIVE, Quirk.RELATIVE_TOLD],
    ids=lambda quirk: quirk.name if quirk else "NONE",
)
async def test_without_messages_it_reduces_power_by_its_own_clock(
    quirk: Quirk | None, ahead_s: float
) -> None:
    """It falls within 120 s of the last command, and not before two renewals were possible."""
    async with rig([quirk] if quirk else [], ahead=timedelta(seconds=ahead_s)) as it:
        await it.until(charges(12.0), 12.0)
        await it.device.read()
        await it.device.write(SetPoint(11.0, 3, "a test"))
        await asyncio.sleep(100.0)
        assert it.offered_a == 11.0
        await asyncio.sleep(20.0)
        assert it.offered_a == 0.0


@pytest.mark.parametrize("quirk", [Quirk.RELATIVE, Quirk.RELATIVE_TOLD])
async def test_what_takes_relative_profiles_only_falls_late_in_a_session_too(quirk: Quirk) -> None:
    """Its start of time is read from the composite schedule, not assumed."""
    async with rig([quirk]) as it:
        for current_a in (12.0, 9.0, 14.0, 12.0):
            await it.until(charges(current_a), current_a)
            await asyncio.sleep(40.0)
        await it.until(charges(12.0), 12.0)
        await asyncio.sleep(160.0)
        assert it.flowing_a == 0.0
        await it.until(charges(10.0), 10.0)


async def test_without_a_composite_schedule_no_end_is_believed() -> None:
    async with rig([Quirk.RELATIVE, Quirk.NO_COMPOSITE]) as it:
        await it.until(charges(12.0), 12.0)
        assert it.driver.form is not None
        assert not it.driver.form.ends
        assert it.driver.about[ALONE] == KEEPS


async def test_a_station_that_reconnects_is_set_on_its_new_line() -> None:
    async with rig([Quirk.TWICE]) as it:
        await it.until(charges(10.0), 10.0)
        await it.until(lambda state: it.dialler.lines == 2, 10.0)
        await it.until(charges(7.0), 7.0)
        await it.until(stands, 0.0)
        assert it.dialler.lines == 2


@pytest.mark.parametrize("safe_a", [0.0, 6.0])
async def test_it_falls_to_what_is_safe_for_this_car(safe_a: float) -> None:
    """No flash is written, even if the default from its boot has another value."""
    async with rig() as it:
        await it.until(charges(12.0), 12.0)
        written = it.sim.flash_writes
        assert isinstance(it.driver, FallsBack)
        it.device.fall_back(safe_a)
        await it.device.write(SetPoint(9.0, 3, "a test"))
        await asyncio.sleep(140.0)
        assert it.flowing_a == pytest.approx(safe_a)
        assert it.sim.flash_writes == written


async def test_its_memory_is_not_worn() -> None:
    """It is configured once per boot; later set-points do not write to its flash."""
    async with rig() as it:
        await it.until(charges(10.0), 10.0)
        written = it.sim.flash_writes
        assert written == 3  # measurands, interval, default
        await it.until(charges(14.0), 14.0)
        await it.until(stands, 0.0)
        assert it.sim.flash_writes == written


@pytest.mark.parametrize(
    ("quirks", "most"),
    [
        ((), 0),
        ((Quirk.NO_COMPOSITE,), 0),
        ((Quirk.BOOTS_EACH_LINE,), 0),
        ((Quirk.BOOTS_EACH_LINE, Quirk.WATTS), 0),
        ((Quirk.BOOTS_EACH_LINE, Quirk.NO_COMPOSITE), 4),
        ((Quirk.BOOTS_EACH_LINE, Quirk.NO_SESSION), 8),  # the set-point is sent again
    ],
)
async def test_a_new_line_does_not_write_its_default_again(
    quirks: tuple[Quirk, ...], most: int
) -> None:
    """The default is written again only if it reports a boot and cannot show its profile."""
    async with rig(quirks) as it:
        await it.live(60.0, 10.0)
        written = it.sim.flash_writes
        for lines in range(2, 6):
            await it.dialler.drop()
            await it.live(20.0, 10.0)
            assert it.dialler.lines == lines
        assert it.offered_a == 10.0
        assert it.sim.flash_writes - written <= most


async def test_a_default_that_it_lost_is_written_again() -> None:
    """A station that forgets its profiles at a reconnection is not left at its maximum."""
    async with rig([Quirk.FORGETS]) as it:
        await it.live(60.0, 10.0)
        await it.dialler.drop()
        await it.live(20.0, 10.0)
        await asyncio.sleep(120.0)
        assert it.offered_a == 0.0


@pytest.mark.parametrize("quirks", [(), (Quirk.NO_COMPOSITE,)], ids=["shows", "cannot show"])
async def test_its_own_restart_costs_one_write_at_most(quirks: tuple[Quirk, ...]) -> None:
    async with rig(quirks) as it:
        await it.live(60.0, 10.0)
        written = it.sim.flash_writes
        it.sim.reboot()
        await it.live(60.0, 10.0)
        assert it.offered_a == 10.0
        assert it.sim.flash_writes - written <= len(quirks)


async def test_what_started_before_us_says_what_it_is() -> None:
    """A station that connects without a boot notification is asked for one, and its default
    profile is written once."""
    async with rig() as it:
        await it.live(60.0, 10.0)
        await it.device.aclose()
        written = it.sim.flash_writes
        its = OcppSettings(kind="ocpp", id="main", port=it.port)
        driver = registry.driver_of("main", its, {})
        assert isinstance(driver, driving.Ocpp)
        again = Rig(it.sim, Device("main", driver), driver, it.dialler, it.now, it.port)
        await again.live(30.0, 10.0)
        assert (driver.about["maker"], driver.about["firmware"]) == ("Simulated", "1.0")
        assert it.sim.flash_writes - written <= 1
        await again.device.aclose()


HOUR_S, RENEWALS_S = 3600.0, 900.0


@pytest.mark.parametrize(
    ("quirk", "current_a", "seconds", "most"),
    [
        (Quirk.NO_SESSION, 10.0, HOUR_S, 40),  # its end must be moved, as late as is safe
        (Quirk.NO_SESSION, 0.0, RENEWALS_S, 0),  # nothing ends: the set-point equals its fallback
        (Quirk.ONE_PERIOD, 10.0, RENEWALS_S, 0),
        (None, 10.0, RENEWALS_S, 0),
    ],
)
async def test_one_set_point_for_long_writes_as_little_as_is_safe(
    quirk: Quirk | None, current_a: float, seconds: float, most: int
) -> None:
    """The test covers an hour, or a dozen renewals where nothing needs to be written."""
    async with rig([quirk] if quirk else []) as it:
        await it.live(60.0, 10.0)
        await it.live(60.0, current_a)
        written = it.sim.flash_writes
        await it.live(seconds, current_a)
        assert it.offered_a == current_a
        assert it.sim.flash_writes - written <= most


async def test_where_each_set_point_is_written_a_rise_waits_a_minute() -> None:
    """A decrease is written at once."""
    async with rig([Quirk.NO_SESSION]) as it:
        await it.live(120.0, 8.0)
        written = it.sim.flash_writes
        for current_a in (10.0, 12.0, 14.0, 16.0):
            await it.live(15.0, current_a)
        assert it.sim.flash_writes - written <= 2
        await it.live(2.0, 7.0)
        assert it.offered_a == 7.0


async def test_what_restarts_at_a_wish_is_not_asked_again() -> None:
    """It is not sent into a loop of restarts: its own metering settings are accepted."""
    async with rig([Quirk.WISH_REBOOTS]) as it:
        await it.until(charges(10.0), 10.0)
        await it.live(300.0, 10.0)
        assert it.sim.asked["ChangeConfiguration"] == 2  # measurands, interval
        assert it.dialler.lines == 2


async def test_a_jump_to_full_power_after_a_pause_is_corrected() -> None:
    """Within 15 s the measured current decides, not the confirmed one."""
    async with rig([Quirk.FULL_AFTER_PAUSE]) as it:
        await it.until(charges(8.0), 8.0)
        for paused_s in (20.0, 45.0, 30.0):  # a renewal does not follow soon after each
            await it.until(stands, 0.0)
            await it.live(paused_s, 0.0)
            await it.live(15.0, 8.0)
            assert it.offered_a == 8.0


async def test_one_lost_for_minutes_reduces_power_and_is_set_again() -> None:
    async with rig([Quirk.LATE_REDIAL]) as it:
        await it.until(charges(12.0), 12.0)
        await it.dialler.drop()
        await it.live(130.0, 12.0)
        assert it.offered_a == 0.0
        await it.until(charges(12.0), 12.0)


async def test_some_questions_are_never_asked() -> None:
    """A stopped transaction restarts only after a replug; availability requests upset some
    stations.
    """
    async with rig() as it:
        await it.until(charges(8.0), 8.0)
        await it.until(stands, 0.0)
        it.sim.reboot()
        await it.until(charges(8.0), 8.0)
        it.sim.car.stays = []
        await it.live(30.0, 8.0)
        await leave(it.device, 0.0, 3.0)
        assert set(it.sim.asked) <= {
            "GetConfiguration", "ChangeConfiguration", "TriggerMessage", "SetChargingProfile",
            "GetCompositeSchedule",
        }  # fmt: skip


async def test_what_refuses_every_profile_says_what_helps() -> None:
    async with rig([Quirk.REFUSES]) as it:
        while it.sim.transaction is None:
            await it.device.read()
        with pytest.raises(RefusedError, match="smart charging"):
            await it.device.write(SetPoint(0.0, 3, "a test"))
        state = await it.device.read()
        assert "smart charging" in state.notice


async def test_a_device_that_accepts_but_does_nothing_is_set_again() -> None:
    """A pause without effect on the car is sent again."""
    async with rig([Quirk.DEAF]) as it:
        await it.until(lambda state: (state.power_kw or 0) > 5, 6.0)
        await it.until(lambda state: bool(state.paused), 0.0)
        told = it.sim.accepted
        state = await it.until(lambda state: it.sim.accepted > told + 1, 0.0)
        assert state.phase is ChargerPhase.CHARGING


@pytest.mark.parametrize("hours", [-1.0, 2.0])
async def test_a_wrong_clock_of_the_station_does_not_matter(hours: float) -> None:
    async with rig(ahead=timedelta(hours=hours)) as it:
        await it.until(charges(10.0), 10.0)
        await it.until(stands, 0.0)
        await it.until(charges(8.0), 8.0)
        await asyncio.sleep(140.0)
        assert it.flowing_a == 0.0


async def test_what_waits_for_a_card_is_started_only_where_asked() -> None:
    async with rig([Quirk.CARD], starts=True) as it:
        await it.until(charges(8.0), 8.0)
    async with rig([Quirk.CARD]) as it:
        state = await it.until(lambda state: state.phase is ChargerPhase.CONNECTED, 8.0)
        assert state.power_kw == 0.0
        assert it.sim.transaction is None


async def test_phases_are_switched_where_it_says_that_it_can() -> None:
    async with rig([Quirk.SWITCHES]) as it:
        await it.until(charges(10.0), 10.0)
        state = await it.until(charges(10.0, 1), 10.0, 1)
        assert state.can_switch_phases


async def test_after_its_own_restart_a_locked_one_asks_to_be_unplugged() -> None:
    async with rig([Quirk.LOCKED]) as it:
        await it.until(charges(8.0), 8.0)
        it.sim.reboot()
        state = await it.until(lambda state: "unplug" in state.notice, 8.0)
        assert state.plugged


# --- access to the listener


@asynccontextmanager
async def listening(
    password: str = "", guard: Guard | None = None
) -> AsyncIterator[tuple[str, driving.Ocpp]]:
    """The listener's address, and the driver of the station "main"."""
    port = free_port()
    its = OcppSettings(kind="ocpp", id="main", port=port)
    driver = registry.drivers_of({"main": its}, {"main": {"password": password}}, guard)["main"]
    assert isinstance(driver, driving.Ocpp)
    with suppress(LineError):
        await driver.read()
    try:
        yield f"ws://127.0.0.1:{port}", driver
    finally:
        await driver.aclose()


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/stranger", basic("stranger", "secret"), 404),
        ("/", {}, 404),
        ("/main", {}, 401),
        ("/main", basic("main", "wrong"), 401),
        ("/main", {"Authorization": "Basic ***"}, 401),
        ("/main", {"Authorization": "Bearer secret"}, 401),
        ("/main", basic("main", "secret") | {"Origin": "https://evil.example"}, 403),
    ],
)
async def test_only_named_stations_with_their_password_come_in(
    path: str, headers: dict[str, str], status: int
) -> None:
    async with listening("secret") as (url, _):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url + path, subprotocols=OCPP, additional_headers=headers):
                pass
        assert refused.value.response.status_code == status
        right = basic("main", "secret")
        async with connect(f"{url}/ocpp/main", subprotocols=OCPP, additional_headers=right) as line:
            assert line.subprotocol == "ocpp1.6"


async def test_the_log_has_the_id_of_an_unknown_station(caplog: pytest.LogCaptureFixture) -> None:
    """It is what config.py needs to have, in printable characters."""
    async with listening("secret") as (url, _):
        with pytest.raises(InvalidStatus):
            async with connect(f"{url}/EVB-P%1b123", subprotocols=OCPP):
                pass
    assert 'no charging station with the id "EVB-P 123"' in caplog.text


async def test_from_elsewhere_only_remote_ips_come_in() -> None:
    guard = Guard(Access(trust_loopback=False, token="of the websocket"))
    async with listening("", guard) as (url, _):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"{url}/main", subprotocols=OCPP):
                pass
        assert refused.value.response.status_code == 403
        assert guard.counts["refused"] == 1


async def test_a_second_socket_of_a_station_replaces_the_first() -> None:
    async with (
        listening() as (url, _),
        connect(f"{url}/main", subprotocols=OCPP) as first,
        connect(f"{url}/main", subprotocols=OCPP) as second,
    ):
        await first.wait_closed()
        await second.send('[2,"1","Heartbeat",{}]')
        assert "currentTime" in str(await second.recv())


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "[" * 60_000,
        "[2]",
        "[]",
        "null",
        "[3,{},{}]",
        '[2,"1","Heartbeat",7]',
        "\x00",
    ],
    ids=lambda text: text[:8],
)
async def test_nonsense_costs_its_sender_only(text: str) -> None:
    """Its connection may be closed; the next one of the station is answered."""
    async with listening() as (url, _):
        async with connect(f"{url}/main", subprotocols=OCPP) as line:
            with suppress(ConnectionClosed):
                await line.send(text)
                await line.send('[2,"1","Heartbeat",{}]')
                async with asyncio.timeout(1.0):
                    while "currentTime" not in str(await line.recv()):
                        pass
        async with connect(f"{url}/main", subprotocols=OCPP) as again:
            await again.send('[2,"2","Heartbeat",{}]')
            assert "currentTime" in str(await again.recv())


def test_one_connector_of_two_names_is_refused() -> None:
    one = OcppSettings(kind="ocpp", id="main")
    two = OcppSettings(kind="ocpp", id="main", connector=2)
    assert set(registry.drivers_of({"left": one, "right": two}, {})) == {"left", "right"}
    with pytest.raises(ValueError, match="right and left are the same connector"):
        registry.drivers_of({"left": one, "right": one}, {})


async def test_a_taken_port_is_explained() -> None:
    async with listening() as (url, _):
        port = int(url.rpartition(":")[2])
        other = registry.driver_of("other", OcppSettings(kind="ocpp", id="x", port=port), {})
        with pytest.raises(LineError, match=f"port {port} is taken"):
            await other.read()
        await other.aclose()


async def test_it_is_left_safe_at_our_end() -> None:
    async with rig() as it:
        await it.until(charges(12.0), 12.0)
        await leave(it.device, 0.0, 3.0)
        await asyncio.sleep(10.0)
        assert it.flowing_a == 0.0
