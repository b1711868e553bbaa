"""Two programs use one name or one folder: the second reports it, follows no grant, or ends."""

import asyncio
import json
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.shared.commands import Words
from apps.shared.satellite import Neighbour
from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base import messages
from bench.process import PATIENCE_S, ROOT, ended
from tests.apps.dm.running import Dm, run
from tests.attacks.attacker import car, house, need

CONFIG = ("--config", str(ROOT / "apps" / "demo" / "config.py"))


async def vitals(daemon: Dm, why: str) -> messages.Vitals:
    """Return the daemon's health once its reason contains this text."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            (told,) = await daemon.ask("health")
            assert isinstance(told, messages.Vitals)
            if why in told.why:
                return told
            await asyncio.sleep(0.2)


async def test_a_name_that_is_taken_is_refused_loudly_and_its_grant_not_followed(
    tmp_path: Path,
) -> None:
    """A stranger sends needs as "bs" before bs starts: bs reports that it is unhealthy."""
    async with house(tmp_path / "dm") as home:
        data = ("--data", str(tmp_path / "bs"), "--dm", home.dm.url)
        async with home.attacker() as attacker:

            async def goes_on() -> None:
                while True:
                    await attacker.says({**car(power_kw=0.0), "name": "bs"})
                    await home.hears(1)
                    await asyncio.sleep(0.5)

            going = asyncio.create_task(goes_on())
            async with run("bs_app.py", *CONFIG, *data) as bs:
                told = await vitals(bs, "bs is in use here")
                assert not told.healthy
                assert any(b"The meter refuses the messages of bs" in line for line in bs.said)
                going.cancel()


async def test_a_grant_counts_once_the_need_was_noted_over_this_connection(tmp_path: Path) -> None:
    """A refused need or a new connection ends the grants until a need is noted again."""
    where = Namespace(data=tmp_path, config=tmp_path, port=0, dm="ws://127.0.0.1:1/ws")
    words = Words("ev", "0")
    app = Neighbour("ev", "0", words, where, Settings(), Secrets(), lambda: None, dict)
    now = datetime.now(UTC)
    grant = messages.Grant(kw=3.0, until=now + timedelta(seconds=10), why="for ev")
    line = messages.Health(state="fresh", age_s=0.0, good=1, rejected=0)
    facts = messages.House(
        time=now, meter_id=None, tariff=None, offtake_kw=1.0, injection_kw=0.0, health=line,
        grants={"ev": grant, "bs": grant},
    )  # fmt: skip
    noted = messages.Reply(word="need", text="noted")
    for said, theirs in (
        (messages.Reply(word="hello", text="welcome"), {"bs"}),
        (noted, {"ev", "bs"}),
        (messages.Error(text="The name ev is in use here: choose another."), {"bs"}),
        (noted, {"ev", "bs"}),
        (messages.Reply(word="hello", text="welcome"), {"bs"}),
    ):
        app._hear(messages.encode(said))
        app._hear(messages.encode(facts))
        assert app.heard.house is not None
        assert app.heard.house.grants.keys() == theirs


async def test_a_second_bs_on_one_folder_does_not_start(tmp_path: Path) -> None:
    told = (*CONFIG, "--data", str(tmp_path), "--dm", "ws://127.0.0.1:1/ws")
    async with run("bs_app.py", *told):
        code, said = await ended("bs_app.py", *told, "--headless", "--port", "0")
    assert code == 1
    assert "its state and log" in said


async def test_a_token_is_bound_to_its_name(tmp_path: Path) -> None:
    """A client with the pump's token may use only the name pump."""
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps({"websocket_tokens": {"pump": "the pump's own"}}), "utf-8")
    secrets.chmod(0o600)
    async with house(tmp_path / "dm", env={"HOME": str(tmp_path)}) as home:
        async with home.attacker("the pump's own") as pump:
            told = await pump.says(need("ev"))
            assert isinstance(told, messages.Error)
            assert told.text == "Your token is for the name pump, not for ev."
            noted = await pump.says(need("pump"))
            assert isinstance(noted, messages.Reply), noted
        async with home.attacker() as trusted:  # this machine needs no token
            assert isinstance(await trusted.says(need("ev")), messages.Reply)
