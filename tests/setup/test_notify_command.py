"""./do_py.sh notify --test sends one message to each sender and prints the answer."""

import json
from pathlib import Path

import pytest

from apps.mqtt.discovery import Kept
from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base.checked import checked
from setup import notify
from setup.findings import State
from store.kept import KeptFile
from tests.apps.mqtt.factories import METER
from tests.apps.mqtt.on_broker import BASE, mosquitto
from tests.notify.ntfy_sink import ntfy


def settings(**more: object) -> Settings:
    return checked(Settings, more, "config.py")


def phone(url: str) -> dict[str, object]:
    return {"phone": {"topic": "meter-1234", "server": url}}


async def test_each_sender_gets_one_and_its_answer_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with ntfy() as sink:
        told = settings(
            notify=phone(sink.url)
            | {"gone": {"topic": "meter-1234", "server": "http://127.0.0.1:1"}}
        )
        assert await notify.tested(told, Secrets(), tmp_path) == 1
    assert sink.published[0]["title"] == "Notifications work"
    out, err = capsys.readouterr()
    assert out == "phone: accepted as m1\n"
    assert err == "gone: it cannot be reached: nothing listens there\n"


async def test_the_broker_gets_one_on_the_topic_of_this_house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with mosquitto(tmp_path) as broker, broker.ear() as ear:
        told = settings(mqtt={"host": "127.0.0.1", "port": broker.port})
        assert await notify.tested(told, Secrets(), tmp_path) == 1
        assert "has not heard the meter yet" in capsys.readouterr().err
        KeptFile(tmp_path / "mqtt.json", Kept).save(Kept(home=METER))
        assert await notify.tested(told, Secrets(), tmp_path) == 0
        await ear.until(lambda ear: ear.last(f"{BASE}/notification"))
    assert json.loads(ear.last(f"{BASE}/notification") or "")["event_type"] == "test"
    assert f"accepted it on {BASE}/notification" in capsys.readouterr().out


async def test_a_missing_telephone_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await notify.tested(settings(), Secrets(), tmp_path) == 2
    assert "docs/notifications.md" in capsys.readouterr().err


async def test_doctor_says_whether_each_can_be_used() -> None:
    async with ntfy() as sink:
        (good,) = await notify.probed(settings(notify=phone(sink.url)), Secrets())
    (bad,) = await notify.probed(settings(notify=phone(sink.url)), Secrets())
    (secret,) = await notify.probed(settings(notify={"mail": {"kind": "apprise"}}), Secrets())
    assert (good.state, good.text) == (State.OK, f"phone: {sink.url} answers")
    assert bad.state is State.WRONG
    assert "secrets.json has no url" in secret.text
    assert sink.published == []
    assert await notify.probed(settings(), Secrets()) == []
