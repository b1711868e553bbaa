"""Quarters for a fleet operator are sent once, without loss, and only with consent."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.mqtt import fleet
from apps.mqtt.broker import Arrived
from apps.mqtt.fleet import Allowances, Fleet, Sent, allowed, asked_since
from apps.shared.commands import Args
from apps.shared.settings import FleetSettings
from base import daemon, messages
from base.time import DAY, QUARTER
from tests.apps.dm.running import dm, run
from tests.apps.mqtt import factories as say
from tests.apps.mqtt.on_broker import Ear, Mosquitto, Program, mosquitto

DEPLOY = Path(__file__).parents[3] / "deploy"
HOME = "0123456789abcdef"
TOPIC = f"dm/v1/{HOME}"
FIRST = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def quarter(number: int, **more: Any) -> messages.ClosedQuarter:
    start = FIRST + number * QUARTER
    values = {"start": start, "changed": start + QUARTER, "offtake_day_kwh": 0.5, "mean_kw": 2.0}
    return messages.ClosedQuarter.model_validate({**values, **more})


class Meter(Program):
    """The meter program with quarters booked by a test, and its command `quarters`."""

    def __init__(self, *quarters: messages.ClosedQuarter) -> None:
        super().__init__("dm", {"house": say.house(), "bill": say.bill()})
        self.quarters, self.page = [*quarters], 3
        self.words.add("quarters", self._answer, "", "[...]")

    def book(self, *quarters: messages.ClosedQuarter) -> None:
        """Add closed or settled quarters and announce them with a new bill."""
        news = {each.start for each in quarters}
        self.quarters = [each for each in self.quarters if each.start not in news] + [*quarters]
        self.say("bill", say.bill())

    def _answer(self, args: Args) -> messages.Message:
        last = max(each.changed for each in self.quarters)
        place = tuple(map(datetime.fromisoformat, args)) or (last - DAY, fleet.NEVER)
        ordered = sorted(self.quarters, key=lambda each: (each.changed, each.start))
        found = [each for each in ordered if (each.changed, each.start) > place]
        return messages.Quarters(quarters=tuple(found[: self.page]))


@asynccontextmanager
async def sending(
    broker: Mosquitto, meter: Program, kept: list[Sent], **more: Any
) -> AsyncIterator[Fleet]:
    """Inside the context, the quarters are sent to the broker; `kept` survives a restart."""
    place = {"host": "127.0.0.1", "port": broker.port, "tls": False, "consent": True, **more}
    settings = FleetSettings.model_validate(place)
    out = Fleet(settings, "", meter.url, "", kept[-1], kept.append)
    stop = asyncio.Event()
    task = asyncio.create_task(daemon.live(out.parts, stop))
    try:
        yield out
    finally:
        stop.set()
        await asyncio.wait_for(task, 10.0)


def starts(ear: Ear) -> list[str]:
    """Start times of the received quarters, in order."""
    return [json.loads(text)["start"][11:16] for name, text, _ in ear.heard if "quarter" in name]


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path) as listening:
        yield listening


async def test_each_quarter_is_sent_once_and_again_when_it_is_settled(broker: Mosquitto) -> None:
    """Several pages are sent first, then each quarter as it closes, without the meter number."""
    meter, kept = Meter(*map(quarter, range(5))), [Sent(HOME)]
    async with (
        meter.server,
        broker.ear(f"{TOPIC}/#") as ear,
        sending(broker, meter, kept),
    ):
        await ear.until(lambda ear: len(starts(ear)) == 5)
        meter.book(quarter(5))
        await ear.until(lambda ear: len(starts(ear)) == 6)
        settled = quarter(2, changed=FIRST + 7 * QUARTER, offtake_eur=0.2)
        meter.book(settled)
        await ear.until(lambda ear: len(starts(ear)) == 7)
        assert starts(ear) == ["12:00", "12:15", "12:30", "12:45", "13:00", "13:15", "12:30"]
        told = json.loads(ear.last(f"{TOPIC}/quarter") or "")
        assert (told["home"], told["offtake_eur"], told["mean_kw"]) == (HOME, 0.2, 2.0)
        assert "gas_m3" not in told
        assert ear.last(f"{TOPIC}/status") == "online"
        assert not any(say.METER in text for _, text, _ in ear.heard)
        await _until(lambda: kept[-1].changed == settled.changed)


FAR_S = 0.05


@asynccontextmanager
async def far(port: int) -> AsyncIterator[int]:
    """Inside the context, a proxy to `port` delays each message by FAR_S."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        later = asyncio.get_running_loop().call_later
        while data := await reader.read(65536):
            later(FAR_S, writer.write, data)
        writer.close()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        its_reader, its_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, its_writer), carry(its_reader, writer))

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_a_far_broker_gets_many_quarters_in_their_order(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay does not wait for each acknowledgement before it sends the next quarter."""
    monkeypatch.setattr("apps.mqtt.fleet.PAGE_PAUSE_S", 0.0)
    meter, kept = Meter(*map(quarter, range(96))), [Sent(HOME)]
    meter.page = 96
    async with (
        meter.server,
        broker.ear(f"{TOPIC}/quarter") as ear,
        far(broker.port) as port,
        sending(broker, meter, kept, port=port),
    ):
        await ear.until(starts)
        began_s = time.monotonic()
        await ear.until(lambda ear: len(starts(ear)) == 96)
        took_s = time.monotonic() - began_s
    assert starts(ear) == [f"{quarter(n).start:%H:%M}" for n in range(96)]
    assert took_s < 96 * FAR_S


async def test_a_gas_meter_that_is_read_late_changes_the_quarter(broker: Mosquitto) -> None:
    meter, kept = Meter(*map(quarter, range(3))), [Sent(HOME)]
    async with meter.server, broker.ear(f"{TOPIC}/#") as ear, sending(broker, meter, kept):
        await ear.until(lambda ear: len(starts(ear)) == 3)
        meter.book(quarter(1, gas_m3=0.5))
        await ear.until(lambda ear: len(starts(ear)) == 4)
        assert starts(ear)[-1] == "12:15"


async def test_after_an_outage_nothing_is_lost(broker: Mosquitto) -> None:
    """Quarters that close while the broker is down are sent after a restart."""
    meter, kept = Meter(*map(quarter, range(3))), [Sent(HOME)]
    async with meter.server:
        async with broker.ear(f"{TOPIC}/#") as ear, sending(broker, meter, kept):
            await ear.until(lambda ear: len(starts(ear)) == 3)
            await broker.stop()
            meter.book(*map(quarter, range(3, 20)))
        await broker.start()
        meter.book(*map(quarter, range(20, 30)))
        async with broker.ear(f"{TOPIC}/#") as ear, sending(broker, meter, kept):
            wanted = {f"{quarter(n).start:%H:%M}" for n in range(3, 30)}
            await ear.until(lambda ear: wanted <= set(starts(ear)))


async def test_what_a_killed_broker_had_not_saved_comes_again(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a reconnection the last hours are sent again, not the whole day."""
    monkeypatch.setattr("apps.mqtt.broker.pause", lambda failures, chance: 0.1)
    meter, kept = Meter(*map(quarter, range(40))), [Sent(HOME)]
    async with meter.server, sending(broker, meter, kept):
        async with broker.ear(f"{TOPIC}/quarter") as ear:
            await ear.until(lambda ear: len(starts(ear)) == 40)
        await broker.stop()
        await broker.start()
        async with broker.ear(f"{TOPIC}/#") as ear:
            await ear.until(lambda ear: ear.last(f"{TOPIC}/status") == "online")
            meter.book(quarter(40))
            await ear.until(lambda ear: starts(ear)[-1:] == ["22:00"])
            assert set(starts(ear)) <= {f"{quarter(n).start:%H:%M}" for n in range(30, 41)}


async def test_what_is_asked_for_is_replayed_and_nonsense_is_not(broker: Mosquitto) -> None:
    meter, kept = Meter(*map(quarter, range(60))), [Sent(HOME)]
    ask = f"{TOPIC}/ask"
    async with meter.server, broker.ear(f"{TOPIC}/quarter") as ear:
        await broker.publish(ask, json.dumps({"since": FIRST.isoformat()}), retain=True)
        async with sending(broker, meter, kept):
            await ear.until(lambda ear: len(starts(ear)) == 60)
            for wrong in (b"", b"\xff", b"[]", b"{}", b'{"since": NaN}', b"x" * 1_000_000):
                await broker.publish(ask, wrong)
            since = FIRST + 40 * QUARTER
            await broker.publish(ask, json.dumps({"since": since.isoformat()}))
            await ear.until(lambda ear: len(starts(ear)) == 60 + 21)
            assert starts(ear)[60] == f"{since - QUARTER:%H:%M}"  # this quarter closed at `since`
            meter.book(quarter(60))
            await ear.until(lambda ear: len(starts(ear)) == 60 + 21 + 1)


@pytest.mark.parametrize("text", ["", "[]", '{"since": 5}', '{"since": "now"}', "1" * 300])
def test_an_invalid_request_is_reported(text: str) -> None:
    with pytest.raises(ValueError, match="request"):
        asked_since(Arrived("ask", text.encode(), retained=False))


def test_the_mean_allowance_of_a_quarter_is_that_of_its_seconds() -> None:
    """Each grant holds until the next message; without a grant it is 0."""
    grant = messages.Grant(kw=3.0, until=say.AT, why="")
    start = FIRST

    def house(second: int, **grants: messages.Grant) -> messages.House:
        at = start + timedelta(seconds=second)
        running = messages.Quarter(
            start=start, end=start + QUARTER, so_far_kw=0, own_kw=0, forecast_kw=0, error_kw=0
        )
        return say.house(time=at, quarter=running, grants=grants)

    now = Allowances()
    for second in range(0, 900, 10):
        now = allowed(now, house(second, **({"ev": grant} if second < 300 else {})))
    assert now.heard_s == 890
    assert now.kws == {"ev": pytest.approx(3.0 * 290)}


def certificates(folder: Path, *names: str) -> None:
    """Create a test CA, and a key and certificate for each name."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    days = ("-days", "2")
    openssl(*new, "-x509", *days, "-subj", "/CN=fleet", "-keyout", "ca.key", "-out", "ca.crt")
    (folder / "alt.txt").write_text("subjectAltName=IP:127.0.0.1\n")
    signed = ("x509", "-req", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", *days)
    for name in names:
        openssl(*new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(*signed, "-extfile", "alt.txt", "-in", f"{name}.csr", "-out", f"{name}.crt")


def as_deployed(folder: Path) -> list[str]:
    """Access settings of deploy/mosquitto.conf, with the files of `folder`."""
    text = (DEPLOY / "mosquitto.conf").read_text(encoding="utf-8")
    who = [line for line in text.splitlines() if line.startswith(("require", "use_identity"))]
    (folder / "acl").write_text((DEPLOY / "fleet.acl").read_text(encoding="utf-8"))
    (folder / "acl").chmod(0o600)
    files = {"cafile": "ca.crt", "certfile": "server.crt", "keyfile": "server.key"}
    found = [f"{key} {folder}/{name}" for key, name in {**files, "acl_file": "acl"}.items()]
    return [*found, *who]


async def test_a_home_shows_its_certificate_and_writes_below_its_own_id_only(
    tmp_path: Path,
) -> None:
    """With deploy/mosquitto.conf, a wrong id or a missing certificate is refused."""
    certificates(tmp_path, "server", HOME)
    folder = str(tmp_path)
    meter = Meter(*map(quarter, range(3)))
    tls = {"tls": True, "ca_file": f"{folder}/ca.crt"}
    mine = {"cert_file": f"{folder}/{HOME}.crt", "key_file": f"{folder}/{HOME}.key"}
    async with meter.server, mosquitto(tmp_path, *as_deployed(tmp_path)) as strict:
        kept = [Sent(HOME)]
        async with sending(strict, meter, kept, **tls, **mine):
            await _until(lambda: kept[-1].changed == quarter(2).changed)
        async with sending(strict, meter, [Sent(HOME)], **tls) as nameless:
            await _until(lambda: "No broker" in nameless.trouble)
        other = [Sent("fedcba9876543210")]
        async with sending(strict, meter, other, **tls, **mine) as foreign:
            await _until(lambda: "no permission to write" in foreign.trouble)
        assert other[-1].changed is None


async def test_from_the_meter_to_the_broker_with_consent_only(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """A simulated house and a real process send only with consent; the id is stored."""
    config = tmp_path / "config.py"
    place = {"host": "127.0.0.1", "port": broker.port, "tls": False}
    source = "sim://?speed=60&start=2026-01-15T17:43Z"
    async with dm(source, tmp_path / "dm") as meter, broker.ear() as ear:
        told = ("--dm", meter.url, "--config", str(config), "--data", str(tmp_path / "mqtt"))
        config.write_text(f"fleet = {place}\n")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "mqtt_app.py", *told), stderr=asyncio.subprocess.PIPE
        )
        assert b"there is no broker" in (await process.communicate())[1]
        assert process.returncode == 2
        assert not ear.heard
        config.write_text(f"fleet = {place | {'consent': True}}\n")
        async with run("mqtt_app.py", *told) as app:
            await ear.until(lambda ear: starts(ear))
            assert json.loads((await app.get("/health"))[1])["healthy"]
        home = json.loads((tmp_path / "mqtt" / "fleet.json").read_text())["home"]
        assert json.loads(ear.last(f"dm/v1/{home}/quarter") or "")["home"] == home


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20.0):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
