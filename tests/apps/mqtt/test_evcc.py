"""evcc's retained topics become needs; missing values are unknown, never 0."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.mqtt import evcc
from apps.mqtt.twins import Twins
from base import messages
from tests.apps.mqtt import factories as say
from tests.apps.mqtt.on_broker import BASE, Home, Program, mosquitto

NOW = datetime(2026, 1, 15, 16, 38, tzinfo=UTC)
PLAN = NOW + timedelta(hours=14)
# Topics as published by evcc (server/mqtt.go, core/keys/loadpoint.go): texts, numbered from 1.
SAID = {
    "status": "online",
    "updated": "1768495080",
    "loadpoints": "1",
    "loadpoints/1/title": "Carport",
    "loadpoints/1/mode": "pv",
    "loadpoints/1/connected": "true",
    "loadpoints/1/charging": "true",
    "loadpoints/1/chargePower": "2970",
    "loadpoints/1/phasesActive": "1",
    "loadpoints/1/phasesConfigured": "0",
    "loadpoints/1/effectiveMinCurrent": "6",
    "loadpoints/1/effectiveMaxCurrent": "16",
    "loadpoints/1/vehicleTitle": "Zoë",
    "loadpoints/1/vehicleSoc": "55",
    "loadpoints/1/effectiveLimitSoc": "80",
    "loadpoints/1/effectivePlanTime": "0",
    "loadpoints/1/chargeRemainingEnergy": "14500",
}


def told(texts: Mapping[str, str], now_s: float = 0.0) -> evcc.Topics:
    """The state after all these topics were received."""
    known = evcc.Topics()
    for topic, text in texts.items():
        known = evcc.heard(known, topic, text.encode(), now_s)
    return known


def need(**changed: str) -> messages.Need | None:
    """The need for SAID with these fields of the loadpoint, or topics, replaced."""
    fields = {k if k in evcc._KEPT else f"loadpoints/1/{k}": v for k, v in changed.items()}
    return evcc.need(told({**SAID, **fields}), 1.0, NOW)


def car(**changed: str) -> messages.CarNeed:
    wants = need(**changed)
    assert wants is not None
    return wants.cars[0]


def test_a_loadpoint_is_a_car_with_what_it_takes_and_wants() -> None:
    wants = need()
    assert wants is not None
    assert (wants.name, wants.power_kw) == ("evcc", 2.97)
    one = car()
    assert (one.name, one.plugged, one.soc_pct, one.target_pct) == ("Zoë", True, 55.0, 80.0)
    assert (one.energy_kwh, one.urgency, one.deadline) == (14.5, "sun", None)
    assert (one.least_kw, one.most_kw) == (pytest.approx(1.38), pytest.approx(3.68))


def test_a_plan_is_a_deadline_and_a_mode_is_an_urgency() -> None:
    planned = car(effectivePlanTime=f"{PLAN.timestamp():.0f}", effectivePlanSoc="90")
    assert (planned.deadline, planned.target_pct, planned.urgency) == (PLAN, 90.0, "trip")
    assert car(mode="now").urgency == "now"
    assert car(phasesConfigured="3", phasesActive="3").least_kw == pytest.approx(4.14)
    for nothing in (car(mode="off"), car(connected="false"), car(vehicleSoc="80")):
        assert (nothing.urgency, nothing.most_kw, nothing.energy_kwh) == ("none", 0.0, 0.0)


@pytest.mark.parametrize("gone", ["status", "updated", "loadpoints", "chargePower"])
def test_what_evcc_cleans_up_is_unknown(gone: str) -> None:
    """evcc empties its topics when it starts and stops: there is no need then, not one of 0 kW."""
    assert need(**{gone: ""}) is None


def test_without_a_sign_of_life_there_is_no_need() -> None:
    assert need(status="offline") is None
    assert evcc.need(told(SAID), evcc.ALIVE_S + 1, NOW) is None
    again = evcc.heard(told(SAID), "updated", SAID["updated"].encode(), evcc.ALIVE_S)
    assert evcc.need(again, evcc.ALIVE_S + 1, NOW) is None  # the time did not change


def test_one_charger_with_two_programs_is_refused() -> None:
    """A conflict is detected by the title of the loadpoint or by its car."""
    topics = told(SAID)
    assert not evcc.conflict(say.charging().chargers, topics, Twins())
    ours = messages.ChargerState(name="carport", plugged=False)
    one = "one charger with two"
    assert one in evcc.conflict([ours], topics, Twins())
    same = messages.ChargerState(name="main", plugged=True, car="zoë")
    assert "charger main" in evcc.conflict([same], topics, Twins())


TOPIC = st.sampled_from([*SAID, "loadpoints/2/mode", "loadpoints/x/y", "site/grid/power"])
WORDS = st.sampled_from(["NaN", "-1e999", "true", "9" * 150, "\x1b[2J", "0", "1768495080"])
TEXT = st.one_of(st.binary(max_size=30), WORDS.map(str.encode))


@given(st.lists(st.tuples(TOPIC, TEXT), max_size=20))
def test_whatever_it_says_is_a_need_or_none(said: list[tuple[str, bytes]]) -> None:
    topics = told(SAID)
    for topic, payload in said:
        topics = evcc.heard(topics, topic, payload, 0.5)
    wants = evcc.need(topics, 1.0, NOW)
    assert wants is None or messages.decode(messages.encode(wants)) == wants


async def test_over_a_broker_its_loadpoint_is_granted_in_watts(tmp_path: Path) -> None:
    """Retained topics are read at once; evcc's last will ends its need and grant."""
    dm = meter()
    home = Home(dm=Program("dm", dm), ev=Program("ev", {}), bs=Program("bs", {}))
    async with mosquitto(tmp_path) as broker, home.dm.server:
        for topic, text in SAID.items():
            await broker.publish(f"evcc/{topic}", text, retain=True)
        async with home.bridge(broker, evcc="evcc"), broker.ear(f"{BASE}/grant/#") as ear:
            await home.dm.heard(1)
            assert home.dm.needs[0].cars[0].name == "Zoë"
            home.dm.say("house", dm["house"])
            await ear.value(f"{BASE}/grant/evcc", "kw", 2.2)
            await ear.says(f"{BASE}/grant/evcc/max_power", "1")
            await broker.publish("evcc/status", "offline", retain=True)
            await home.dm.left(1)


def meter() -> dict[str, messages.Message]:
    """The message of a meter program that grants 2.2 kW to evcc."""
    grant = messages.Grant(kw=2.2, until=say.AT, why="there is room", assets={})
    quiet = ("peak", "rates", "bill", "events")
    said: dict[str, messages.Message] = {t: messages.Reply(word=t, text="") for t in quiet}
    return said | {"house": say.house(grants={"evcc": grant}), "registers": say.registers()}


async def test_over_a_broker_evcc_is_refused_a_charger_that_moves_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The need is granted until the conflict is detected, then refused with the reason."""
    monkeypatch.setattr("apps.mqtt.bridge.RENEW_S", 0.05)

    def charging(kw: float) -> messages.Charging:
        main = messages.ChargerState(name="main", plugged=True, car="q4", power_kw=kw)
        return say.charging(chargers=(main,))

    dm = meter()
    home = Home(
        dm=Program("dm", dm), ev=Program("ev", {"charging": charging(0)}), bs=Program("bs", {})
    )
    async with mosquitto(tmp_path) as broker, home.dm.server, home.ev.server:
        for topic, text in SAID.items():
            await broker.publish(f"evcc/{topic}", text, retain=True)
        async with home.bridge(broker, evcc="evcc"), broker.ear(f"{BASE}/grant/evcc") as ear:
            await home.dm.heard(1)
            home.dm.say("house", dm["house"])
            await ear.value(f"{BASE}/grant/evcc", "kw", 2.2)
            for kw in (1.4, 2.3, 3.7):
                await broker.publish("evcc/loadpoints/1/chargePower", f"{1000 * kw:.0f}")
                for _ in range(4):
                    home.ev.say("charging", charging(kw))
                    await asyncio.sleep(0.1)
            await ear.says(f"{BASE}/grant/evcc", "Carport and charger main here are one charger")
            await home.dm.left(1)
