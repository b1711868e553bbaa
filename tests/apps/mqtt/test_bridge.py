"""The MQTT bridge between a real Mosquitto and programs on real websockets."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

import mqtt_app
from apps.mqtt import broker as broker_module
from apps.mqtt import states
from apps.mqtt.topics import slug
from apps.shared.settings import load_settings
from base import messages
from tests.apps.dm.running import dm, run
from tests.apps.mqtt import factories as say
from tests.apps.mqtt.on_broker import BASE, CONFIG, Home, Mosquitto, Program, mosquitto

MODE = f"{BASE}/car/q4/mode/set"


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    """A house with a car, a charger and a battery."""
    topics: dict[str, messages.Message] = {
        "house": say.house(),
        "peak": messages.Reply(word="peak", text=""),
        "rates": messages.Reply(word="rates", text=""),
        "bill": say.bill(),
        "registers": say.registers(),
        "events": messages.Events(events=()),
        "notification": messages.Reply(word="notification", text="none has been sent"),
    }
    words = ("boost", "pause", "auto", "charge", "car", "accept", "refuse")
    async with AsyncExitStack() as stack:
        three = Home(
            dm=Program("dm", topics),
            ev=Program("ev", {"charging": say.charging()}, *words),
            bs=Program("bs", {"batteries": say.batteries()}, "auto", "hold"),
        )
        for each in (three.dm, three.ev, three.bs):
            await stack.enter_async_context(each.server)
        yield three


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path) as listening:
        yield listening


async def test_registers_and_discovery_are_retained_and_live_values_are_not(
    home: Home, broker: Mosquitto
) -> None:
    """A later subscriber gets the registers, but no outdated power."""
    async with home.bridge(broker), broker.ear() as first:
        await first.until(lambda ear: ear.last(f"{BASE}/now") and ear.last(f"{BASE}/car/q4"))
        async with broker.ear() as later:
            await later.until(lambda ear: ear.last(CONFIG))
            await later.until(lambda ear: ear.last(f"{BASE}/registers"))
            kept = {topic for topic, _, retained in later.heard if retained}
            statuses = {f"{BASE}/{part}" for part in ("charging/status", "storage/status")}
            assert kept == {CONFIG, f"{BASE}/registers", f"{BASE}/status", *statuses}
        sent = json.loads(first.last(f"{BASE}/registers") or "")
        assert sent["offtake_day_kwh"] == 12345.678
        assert "water_m3" not in sent
        components = json.loads(first.last(CONFIG) or "")["cmps"]
        assert components["gas_m3"]["stat_cla"] == "total_increasing"
        assert components["car_q4_mode"]["cmd_t"] == MODE


async def test_a_wish_reaches_its_program_and_a_wrong_value_none(
    home: Home, broker: Mosquitto
) -> None:
    """Values become commands; an invalid one becomes an event, and the state is published again."""
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/car/q4"))
        wishes = {
            "car/q4/mode": ("boost", ("boost", ("q4",))),
            "car/q4/target": ("90", ("charge", ("q4", "90"))),
            "car/q4/ready_by": ("07:30", ("charge", ("q4", "80", "by", "07:30"))),
            "charger/main/car": ("guest", ("car", ("guest", "on", "main"))),
            "choice/choice": ("refuse", ("refuse", ())),
        }
        for topic, (value, _) in wishes.items():
            await broker.publish(f"{BASE}/{topic}/set", value)
        await broker.publish(f"{BASE}/battery_mode/mode/set", "hold")
        await _until(lambda: len(home.ev.typed) == len(wishes) and home.bs.typed)
        assert home.ev.typed == [command for _, command in wishes.values()]
        assert home.bs.typed == [("hold", ())]
        before = [topic for topic, _, _ in ear.heard].count(f"{BASE}/car/q4")
        wrong = [b"full", b"", b"\xff\xfe", b"NaN", b"x" * 1_000_000, b"16"]
        for payload in wrong:
            await broker.publish(MODE, payload)
        for topic, value in (("target", "NaN"), ("target", "500"), ("ready_by", "99:99")):
            await broker.publish(f"{BASE}/car/q4/{topic}/set", value)
        await broker.publish(f"{BASE}/car/nobody/mode/set", "boost")
        await broker.publish(f"{BASE}/charger/main/told_a/set", "32")
        await broker.publish(f"{BASE}/battery_mode/mode/set", "discharge")
        await ear.until(lambda ear: "discharge is not one of" in (ear.last(f"{BASE}/event") or ""))
        await ear.until(
            lambda ear: [topic for topic, _, _ in ear.heard].count(f"{BASE}/car/q4") > before
        )
        assert (len(home.ev.typed), len(home.bs.typed)) == (len(wishes), 1)


def test_a_charger_asks_which_car_it_is_until_it_is_known() -> None:
    """Until it is answered, the car entity is unknown; a guest is an option."""
    asks = messages.ChargerState(name="main", plugged=True, car="guest on main", asks=("q4", "zoe"))
    assert (states.charger(asks)["car"], states.charger(asks)["asks"]) == (None, "q4 or zoe")
    guest = asks.model_copy(update={"asks": ()})
    assert (states.charger(guest)["car"], states.charger(guest)["asks"]) == ("guest", "")


async def test_a_second_program_of_a_kind_is_obeyed_by_its_own_names(
    home: Home, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command reaches its own program; only devices of a silent program are unavailable."""
    monkeypatch.setattr("apps.mqtt.seen.GONE_S", 1.0)
    garage = say.charging(say.car("q4", target_pct=50.0), choice="refuse")
    home.more["ev2"] = Program("ev2", {"charging": garage}, "boost", "car", "accept")
    home.more["bs2"] = Program("bs2", {"batteries": say.batteries(mode="hold")}, "auto")
    async with AsyncExitStack() as stack:
        for each in home.more.values():
            await stack.enter_async_context(each.server)
        await stack.enter_async_context(home.bridge(broker))
        ear = await stack.enter_async_context(broker.ear())
        await ear.until(lambda ear: ear.last(f"{BASE}/battery/home_bs2"))
        await ear.value(f"{BASE}/car/q4", "target_pct", 80.0)
        await ear.value(f"{BASE}/car/q4_ev2", "target_pct", 50.0)
        await ear.value(f"{BASE}/choice2", "choice", "refuse")
        await ear.until(lambda ear: "home_bs2" in (ear.last(CONFIG) or ""))
        components = json.loads(ear.last(CONFIG) or "")["cmps"]
        assert components["car_q4_mode"]["cmd_t"] == MODE
        for name, value in {
            "car_q4_ev2_mode": "boost",
            "charger_main_ev2_car": "q4",
            "choice2": "accept",
            "battery_mode2": "auto",
        }.items():
            await broker.publish(components[name]["cmd_t"], value)
        wanted = [("boost", ("q4",)), ("car", ("q4", "on", "main")), ("accept", ())]
        await _until(lambda: len(home.more["ev2"].typed) == 3 and home.more["bs2"].typed)
        assert home.more["ev2"].typed == wanted
        assert home.more["bs2"].typed == [("auto", ())]
        assert (home.ev.typed, home.bs.typed) == ([], [])
        status = components["car_q4_ev2_mode"]["avty"][1]["t"]
        assert status != components["car_q4_mode"]["avty"][1]["t"]
        for _ in range(12):
            home.ev.say("charging", home.ev.said["charging"])
            await asyncio.sleep(0.2)
        await ear.says(status, "offline")
        assert ear.last(f"{BASE}/charging/status") == "online"


def test_every_program_that_socket_info_names_is_heard(tmp_path: Path) -> None:
    here = {"dm": 1, "ev": 2, "ev2": 3, "bs3": 4, "mqtt": 5}
    places = {name: {"host": "127.0.0.1", "port": port} for name, port in here.items()}
    config = tmp_path / "config.py"
    config.write_text(f"socket_info = {places}\n", encoding="utf-8")
    found = mqtt_app._addresses(mqtt_app.arguments([]), load_settings(config))
    wanted = {name: f"ws://127.0.0.1:{port}/ws" for name, port in here.items() if name != "mqtt"}
    assert found == wanted


async def test_a_notification_is_an_event_with_what_answers_it(
    home: Home, broker: Mosquitto
) -> None:
    """The payloads of its buttons are commands of the bridge; old notifications are skipped."""
    asked = messages.Notification(
        reason="unknown_car",
        key="unknown ev main",
        at=say.AT,
        title="Which car is on charger main?",
        text="Nothing tells.",
        buttons=(
            messages.Button(label="q4", to="ev", word="car", args=("q4", "on", "main")),
            messages.Button(label="Accept", to="ev", word="accept"),
            messages.Button(label="Charge now", to="ev", word="boost", args=("q4",)),
        ),
    )
    old = asked.model_copy(update={"at": say.AT - timedelta(minutes=5), "title": "old"})
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/car/q4"))
        for each in (old, asked, asked):
            home.dm.say("notification", each)
        await ear.value(f"{BASE}/notification", "event_type", "unknown_car")
        told = json.loads(ear.last(f"{BASE}/notification") or "")
        for button in told["buttons"]:
            await broker.publish(button["topic"], button["payload"])
        wanted = [("car", ("q4", "on", "main")), ("accept", ()), ("boost", ("q4",))]
        await _until(lambda: all(each in home.ev.typed for each in wanted))
    heard = [text for topic, text, _ in ear.heard if topic == f"{BASE}/notification"]
    assert len(heard) == 1
    assert json.loads(ear.last(CONFIG) or "")["cmps"]["notification"]["event_types"] == [
        *messages.REASONS,
        "test",
    ]


async def test_a_retained_command_is_deleted_and_not_executed(
    home: Home, broker: Mosquitto
) -> None:
    """A retained boost is not executed at a restart."""
    await broker.publish(MODE, "boost", retain=True)
    await broker.publish(f"{BASE}/need/pump", '{"power_kw": 0, "most_kw": 2}', retain=True)
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: ear.last(MODE) == "" and ear.last(f"{BASE}/need/pump") == "")
        await broker.publish(MODE, "pause")
        await _until(lambda: home.ev.typed)
        assert home.ev.typed == [("pause", ("q4",))]
        assert not home.dm.needs
    async with broker.ear(MODE, f"{BASE}/need/#", f"{BASE}/status") as later:
        await later.until(lambda ear: ear.last(f"{BASE}/status") == "offline")
        assert later.topics() == {f"{BASE}/status"}


async def test_all_is_published_again_after_a_restart_elsewhere(
    home: Home, broker: Mosquitto
) -> None:
    """The bridge publishes everything again after a reconnection or a birth message."""
    async with home.bridge(broker):
        async with broker.ear() as ear:
            await ear.until(lambda ear: ear.last(f"{BASE}/now"))
        await broker.stop()
        await broker.start()
        async with broker.ear() as ear:
            await ear.until(lambda ear: {CONFIG, f"{BASE}/registers"} <= ear.topics())
            await ear.until(lambda ear: ear.last(f"{BASE}/status") == "online")
            ear.heard.clear()
            await broker.publish("homeassistant/status", "online")
            await ear.until(lambda ear: {CONFIG, f"{BASE}/registers"} <= ear.topics())


async def test_an_entity_that_is_gone_is_removed_and_one_not_heard_yet_is_not(
    home: Home, broker: Mosquitto
) -> None:
    """A sold car is removed after a restart, but not while the charging program is silent."""
    zoe = say.car("zoë/#+", charger=None)
    home.ev.said["charging"] = say.charging(say.car(), zoe)
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: "zoë" in (ear.last(CONFIG) or ""))
    home.ev.said["charging"] = say.charging()
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: "car_q4_mode" in (ear.last(CONFIG) or ""))
        await ear.until(lambda ear: "zoë" not in (ear.last(CONFIG) or "zoë"))
        components = json.loads(ear.last(CONFIG) or "")["cmps"]
        gone = {key: each for key, each in components.items() if set(each) == {"p"}}
        assert {key.rpartition("_")[2] for key in gone} >= {"mode", "target"}
        assert all(key.startswith("car_zoe_") for key in gone)
    home.ev = Program("ev", {})  # not running
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/charging/status") == "offline")
        await ear.until(lambda ear: ear.last(CONFIG))
        components = json.loads(ear.last(CONFIG) or "")["cmps"]
        assert components["car_q4_mode"]["cmd_t"] == MODE


async def test_headroom_ends_with_the_meter_and_is_never_zero(
    home: Home, broker: Mosquitto
) -> None:
    """Headroom in W is published only while the meter sends."""
    room = f"{BASE}/headroom/import_w"
    async with home.bridge(broker), broker.ear(f"{BASE}/headroom/#", f"{BASE}/now") as ear:
        await ear.until(lambda ear: ear.last(room))
        assert ear.last(f"{BASE}/headroom/limit_w") == "2400"
        assert ear.last(f"{BASE}/headroom/steady_w") == "1"  # it rises after a calm minute
        assert ear.last(room) == "1000"
        home.dm.say("house", say.house(offtake_kw=0.0, injection_kw=2.0, headroom_kw=-1.0))
        await ear.until(lambda ear: ear.last(room) == "1")
        assert ear.last(f"{BASE}/headroom/limit_w") == "1"
        silent = messages.Health(state="stale", age_s=11.0, good=9, rejected=0)
        home.dm.say("house", say.house(health=silent))
        await asyncio.sleep(0.3)
        ear.heard.clear()
        await asyncio.sleep(5.5)
        assert not ear.heard


async def test_a_need_over_the_broker_is_granted_under_its_name(
    home: Home, broker: Mosquitto
) -> None:
    """The grant is published as JSON and in W; an invalid need is refused with the reason."""
    grant = messages.Grant(kw=1.5, until=say.AT, why="there is room")
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/now"))
        await broker.publish(f"{BASE}/need/pump", '{"power_kw": 0.2, "least_kw": 1, "most_kw": 2}')
        await _until(lambda: home.dm.needs)
        assert (home.dm.needs[0].name, home.dm.needs[0].most_kw) == ("pump", 2.0)
        home.dm.say("house", say.house(grants={"pump": grant}))
        await ear.value(f"{BASE}/grant/pump", "kw", 1.5)
        # The value in W rises after a calm minute.
        await ear.until(lambda ear: ear.last(f"{BASE}/grant/pump/max_power") == "1")
        for payload, why in {
            b"[]": "object",
            b'{"most_kw": 1e999}': "most_kw",
            b'{"power_kw": NaN, "most_kw": -1}': "kw",
            b"\xff": "UTF-8",
            b"[" * 100_000: "at most",
        }.items():
            await broker.publish(f"{BASE}/need/pump", payload)
            await ear.says(f"{BASE}/grant/pump", why)
        await broker.publish(f"{BASE}/need/ev", '{"power_kw": 0, "most_kw": 2}')
        await ear.until(lambda ear: "not free" in (ear.last(f"{BASE}/grant/ev") or ""))
        assert {need.name for need in home.dm.needs} == {"pump"}


async def test_a_wrong_password_is_logged_once(
    home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal is logged once, and retries are rare because a broker may lock us out."""
    assert broker_module.REFUSED_PAUSE_S >= 300
    nobody = tmp_path / "passwords"
    nobody.write_text("", encoding="utf-8")
    nobody.chmod(0o700)
    told = tmp_path / "mosquitto.log"
    lines = ("allow_anonymous false", f"password_file {nobody}", f"log_dest file {told}")
    caplog.set_level(logging.WARNING)

    def tries() -> int:
        return told.read_text(encoding="utf-8").count("New connection") - 1  # the first is ours

    async with mosquitto(tmp_path, *lines) as strict:
        async with home.bridge(strict, user="dm", password="wrong") as bridge:
            await _until(lambda: "password" in bridge.trouble)
            await asyncio.sleep(2.0)
            assert tries() == 1
        monkeypatch.setattr(broker_module, "REFUSED_PAUSE_S", 0.1)
        caplog.clear()
        async with home.bridge(strict, user="dm", password="wrong"):
            await _until(lambda: tries() >= 4)
    said = [record.getMessage() for record in caplog.records if "broker" in record.getMessage()]
    assert len(said) == 1
    assert "the user or the password is wrong" in said[0]


async def test_a_price_of_nothing_is_null_and_one_of_zero_is_zero(
    home: Home, broker: Mosquitto
) -> None:
    """An unknown price is null in Home Assistant; 0 and negative prices are kept."""
    home.dm.said["bill"] = messages.Bill(time=say.AT, start=say.AT.date(), lines=(), total_eur=None)
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/now") and ear.last(f"{BASE}/bill"))
        now = json.loads(ear.last(f"{BASE}/now") or "")
        assert (now["price_offtake"], now["price_injection"]) == (None, None)
        assert json.loads(ear.last(f"{BASE}/bill") or "")["bill_eur"] is None
        home.dm.say("house", say.house(price_offtake_eur_kwh=0.0, price_injection_eur_kwh=-0.1))
        await ear.value(f"{BASE}/now", "price_offtake", 0.0)
        await ear.value(f"{BASE}/now", "price_injection", -0.1)


STRANGE = "zoë/#+ é"


async def test_what_has_a_strange_name_can_be_set(home: Home, broker: Mosquitto) -> None:
    """The topic has a readable part and a checksum; the program receives the original name."""
    charger = messages.ChargerState(name="oprit/+#", plugged=True, asks=("q4", STRANGE))
    home.ev.said["charging"] = say.charging(say.car(STRANGE), chargers=(charger,))
    car, place = slug(STRANGE), slug("oprit/+#")
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/car/{car}"))
        components = json.loads(ear.last(CONFIG) or "")["cmps"]
        for topic, value in {
            components[f"car_{car}_mode"]["cmd_t"]: "boost",
            components[f"car_{car}_target"]["cmd_t"]: "90",
            components[f"charger_{place}_car"]["cmd_t"]: STRANGE,
        }.items():
            assert not set(topic) & set("#+ë ")
            await broker.publish(topic, value)
        await _until(lambda: len(home.ev.typed) == 3)
        assert home.ev.typed == [
            ("boost", (STRANGE,)),
            ("charge", (STRANGE, "90")),
            ("car", (STRANGE, "on", "oprit/+#")),
        ]
        await broker.publish(f"{BASE}/car/zoë/mode/set", "pause")  # a topic of another device
        await ear.says(f"{BASE}/event", "unknown topic")
        assert len(home.ev.typed) == 3


BAD = (b"\xff\xfe\x00", b"NaN", b"-1e999", b"x" * 1_000_000, b"\x1b[2J", b"[" * 50_000, b"null")


async def test_nonsense_on_any_topic_breaks_nothing(home: Home, broker: Mosquitto) -> None:
    """After invalid payloads the connection is open and the next command is executed."""
    topics = [
        *(f"{BASE}/{each}/set" for each in ("car/q4/mode", "car/q4/target", "charger/main/car")),
        *(f"{BASE}/{each}" for each in ("choice/choice/set", "need/pump", "need/ë x")),
        *("homeassistant/status", "evcc/updated", "evcc/loadpoints", "evcc/loadpoints/1/title"),
    ]
    async with home.bridge(broker, evcc="evcc") as bridge, broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/car/q4"))
        async with broker.client() as client:
            for topic in topics:
                for payload in BAD:
                    await client.publish(topic, payload, qos=1)
            await client.publish(MODE, "boost", qos=1)
        await _until(lambda: home.ev.typed)
        assert home.ev.typed == [("boost", ("q4",))]
        assert not bridge.trouble
        assert not home.dm.needs
        assert [text for topic, text, _ in ear.heard if topic == f"{BASE}/status"] == ["online"]


async def test_a_killed_bridge_is_offline_by_its_last_will(tmp_path: Path) -> None:
    """The bridge is offline after SIGKILL and after a regular stop, beside a real dm."""
    config = tmp_path / "config.py"
    async with mosquitto(tmp_path) as broker, dm("sim://?seed=7", tmp_path / "dm") as meter:
        config.write_text(f'mqtt = {{"host": "127.0.0.1", "port": {broker.port}}}\n')
        told = ("--dm", meter.url, "--config", str(config), "--data", str(tmp_path / "mqtt"))
        for how in (signal.SIGKILL, signal.SIGTERM):
            async with run("mqtt_app.py", *told) as bridge, broker.ear() as ear:
                await ear.until(lambda ear: any(topic.endswith("/now") for topic in ear.topics()))
                (status,) = (t for t in ear.topics() if t.endswith("/status") and t.count("/") == 2)
                assert ear.last(status) == "online"
                _, vitals = await bridge.get("/health")
                assert json.loads(vitals)["healthy"]
                await bridge.end(how)
                await ear.says(status, "offline")


async def test_without_a_broker_there_is_nothing_to_start(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "mqtt_app.py", "--data", str(tmp_path)), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"mqtt is empty" in said


async def _until(true: object) -> None:
    assert callable(true)
    async with asyncio.timeout(20.0):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_second_copy_of_one_meter_is_logged_and_backs_off(
    home: Home, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the two disconnects for some minutes with the reason; the other stays connected."""
    monkeypatch.setattr("apps.mqtt.broker.pause", lambda failures, chance: 0.1 + 0.1 * chance)
    async with home.bridge(broker) as first, broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/now"))
        async with home.bridge(broker) as second:
            await _until(lambda: "a second program" in first.trouble + second.trouble)
            await _until(lambda: "" in (first.trouble, second.trouble))
            assert first.trouble != second.trouble
            await ear.says(f"{BASE}/status", "online")


async def test_a_meter_that_is_replaced_is_another_device(home: Home, broker: Mosquitto) -> None:
    """The new registers start elsewhere and must not continue the old statistics."""
    async with home.bridge(broker), broker.ear() as ear:
        await ear.until(lambda ear: ear.last(f"{BASE}/registers"))
        home.dm.say("registers", say.registers(meter_id="1SAG0000009999", offtake_day_kwh=0.25))
        await ear.says("digital_meter/1SAG0000009999/status", "online")
        await ear.says("digital_meter/1SAG0000009999/registers", "0.25")
        await ear.says(f"{BASE}/status", "offline")
