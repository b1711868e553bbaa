"""Notifications are sent independently by each sender, and pressed buttons are executed."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from apps.dm import notifier
from apps.dm.notifier import FILE, Kept, Notifier
from apps.shared.secrets import Secrets
from apps.shared.senders import senders
from apps.shared.settings import Settings
from base import messages
from base.checked import checked
from bench.process import free_port
from ev.facts import Car
from notify.causes import Scene
from store.kept import KeptFile
from tests.apps.dm.running import dm
from tests.ev.ev_running import ev
from tests.notify.factories import charging, choice, guest, lasting, outlook
from tests.notify.ntfy_sink import Sink, ntfy

PAGE = "http://10.0.0.2:8080"
ASKS = {"outlook": outlook(choices=(choice(),))}


class Home:
    """A notifier that sends to these sinks, with a scene set by the test."""

    def __init__(self, folder: Path, *sinks: Sink) -> None:
        self.scenes: list[Scene] = []
        self.acts: list[messages.Act] = []
        self.published: list[messages.Notification] = []
        given = {
            f"phone {n}": {"kind": "ntfy", "topic": "meter-1234", "server": sink.url}
            for n, sink in enumerate(sinks)
        }
        settings = checked(Settings, {"notify": given}, "config.py")
        self.notifier = Notifier(
            KeptFile(folder / FILE, Kept),
            senders(settings, Secrets()),
            None,
            lambda: self.scenes[0],
            lambda: PAGE,
            self.published.append,
            self._act,
        )

    def live(self, scenes: Sequence[Scene]) -> None:
        """Process these scenes one after the other."""
        for each in scenes:
            self.scenes = [each]
            self.notifier.look()

    @property
    def waits(self) -> bool:
        """True if a notification is still queued."""
        return any(self.notifier._kept.waiting.values())

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Inside the context, the queues are sent."""
        parts = {name: part for name, part in self.notifier.parts.items() if " to " in name}
        tasks = [asyncio.ensure_future(part()) for part in parts.values()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _act(self, act: messages.Act) -> messages.Acted:
        self.acts.append(act)
        return messages.Acted(done=True, text="heard")


def token(sink: Sink, label: str) -> str:
    """Token of a published button."""
    (action,) = [each for each in sink.published[-1]["actions"] if each["label"] == label]
    return str(action["headers"]["Authorization"]).removeprefix("Bearer ")


async def test_a_sender_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    async with ntfy() as dead, ntfy() as alive:
        dead.hangs = True
        home = Home(tmp_path, dead, alive)
        home.live(lasting(5, **ASKS))
        async with home.sending():
            await dead.until(lambda sink: sink.asked == 1)
            await alive.until(lambda sink: sink.published)
            home.live(lasting(15, charging=charging(guest())))
            await alive.until(lambda sink: len(sink.published) == 2)
    assert [each.reason for each in home.published] == ["trip", "unknown_car"]


@pytest.mark.parametrize("status", [429, 500, 403])
async def test_a_sender_that_refuses_is_retried_and_logged_once(
    tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr("base.http_client.LEAST_REST_S", 0.02)
    caplog.set_level(logging.INFO)
    async with ntfy() as sink:
        sink.status, sink.retry_after = status, "0"
        home = Home(tmp_path, sink)
        home.live(lasting(5, **ASKS))
        async with home.sending():
            await sink.until(lambda sink: sink.asked >= 3)
            sink.status = 200
            await sink.until(lambda sink: sink.published)
            await _until(lambda: "are sent again" in caplog.text)
    assert caplog.text.count("Notifications to phone 0 wait") == 1
    assert len(sink.published) == 1


async def test_what_waits_and_its_buttons_outlive_a_restart(tmp_path: Path) -> None:
    async with ntfy() as sink:
        Home(tmp_path, sink).live(lasting(5, **ASKS))
        assert sink.published == []
        again = Home(tmp_path, sink)
        again.live(lasting(60, **ASKS))
        async with again.sending():
            await _until(lambda: sink.published and not again.waits)
        assert len(sink.published) == 1
        third = Home(tmp_path, sink)
        third.live(lasting(5, **ASKS))
        answered = await third.notifier.answer(token(sink, "Refuse"))
    assert answered is not None
    assert [(act.to, act.word) for act in third.acts] == [("ev", "refuse")]
    assert third.published == []
    kept = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert token(sink, "Refuse") not in json.dumps(kept)  # only the hash of a sent code is stored


async def test_a_code_does_one_thing_until_its_time(tmp_path: Path) -> None:
    async with ntfy() as sink:
        home = Home(tmp_path, sink)
        home.live(lasting(5, **ASKS))
        async with home.sending():
            await sink.until(lambda sink: sink.published)
    assert await home.notifier.answer("guessed") is None
    assert await home.notifier.answer(token(sink, "Accept")) is not None
    assert await home.notifier.answer(token(sink, "Refuse")) is not None
    home.live(lasting(0, now=choice().leaves))
    assert await home.notifier.answer(token(sink, "Accept")) is None
    assert [act.word for act in home.acts] == ["accept", "refuse"]


async def test_what_could_not_be_sent_for_hours_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ntfy() as sink:
        home = Home(tmp_path, sink)
        home.live(lasting(5, **ASKS))
        now_s = time.time()
        monkeypatch.setattr("time.time", lambda: now_s + 7 * 3600)
        home.live(lasting(15, charging=charging(guest())))
        async with home.sending():
            await sink.until(lambda sink: sink.published)
    assert [each["title"] for each in sink.published] == ["Which car is on charger main?"]


async def test_without_a_way_in_there_are_no_buttons(tmp_path: Path) -> None:
    async with ntfy() as sink:
        home = Home(tmp_path, sink)
        home.notifier._page = lambda: ""
        home.live(lasting(5, **ASKS))
        async with home.sending():
            await sink.until(lambda sink: sink.published)
    assert "actions" not in sink.published[0]
    assert "click" not in sink.published[0]


async def test_nothing_is_sent_that_was_not_asked_for(tmp_path: Path) -> None:
    """Without notify and mqtt in config.py nothing is decided and no file is written."""
    async with dm("sim://?speed=60&seed=7", tmp_path) as meter:
        await meter.heard(20)
    assert not (tmp_path / FILE).exists()


async def test_a_button_pressed_on_the_telephone_reaches_the_charger(tmp_path: Path) -> None:
    """Real dm and ev: the question about the plugged-in car is sent and answered."""
    port = free_port()
    async with ntfy() as sink:
        config = tmp_path / "config.py"
        config.write_text(
            f"page_address = 'http://127.0.0.1:{port}'\nquiet_hours = None\n"
            f"notify = {{'phone': {{'topic': 'meter-1234', 'server': '{sink.url}'}}}}\n",
            encoding="utf-8",
        )
        where = ("--config", str(config), "--port", str(port))
        cars = Car(name="q4", capacity_kwh=77.0), Car(name="ioniq", capacity_kwh=64.0)
        async with (
            dm("sim://?speed=60&seed=7", tmp_path / "dm", *where) as meter,
            ev(meter.url, tmp_path / "ev", cars=cars, speed=60.0) as garage,
        ):
            await sink.until(lambda sink: any("actions" in one for one in sink.published))
            (asked,) = [one for one in sink.published if "actions" in one]
            assert asked["title"] == "Which car is on charger main?"
            assert await sink.press(asked, "ioniq") == (200, "ioniq is on main\n")
            (told,) = await garage.say("charging")
            assert isinstance(told, messages.Charging)
            assert told.chargers[0].car == "ioniq"
            assert not told.chargers[0].asks
            action = {**asked["actions"][0], "headers": {"Authorization": "Bearer guessed"}}
            status, why = await sink.press({"actions": [action]}, action["label"])
            assert status == 403
            assert "has expired" in why


async def _until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20.0):
        while not true():  # noqa: ASYNC110 - no event announces a change of a file or the log
            await asyncio.sleep(0.01)
