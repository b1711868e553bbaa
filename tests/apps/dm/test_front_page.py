"""The first response of a real dm to a browser already contains the current value."""

import re
from pathlib import Path

import aiohttp

from tests.apps.dm.running import dm


async def test_the_page_comes_with_the_headroom_once_the_meter_was_heard(tmp_path: Path) -> None:
    async with dm("sim://?speed=60&seed=7", tmp_path) as meter:
        await meter.heard(20)
        url = f"http://127.0.0.1:{meter.port}/"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            text = await answer.text()
    assert answer.status == 200
    assert re.search(r'<p class="big"><span>\s*\d+\.\d</span><small> kW</small></p>', text)
