"""`./do_py.sh phone` on real sockets: its code admits one phone; its texts are translated."""

from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest

from apps.dm.phones import Phones
from apps.shared.commands import Words
from base import messages
from base.catalogue import language
from base.wire.access import COOKIE, Access
from my_socket import Server
from setup.phone import phone
from web.site import Site

LAN = ip_network("127.0.0.0/8")


async def test_the_printed_address_lets_one_phone_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints a QR code and the address; the first to open it gets a cookie."""
    phones = Phones(tmp_path)
    access = Access(remote_ips=(LAN,), token="t0ken", admits=phones.knows)
    words = Words("dm", "0")
    words.hear(messages.Invite, lambda peer, _: messages.Reply(word="invite", text=phones.invite()))
    dutch = language("nl", setup=True)
    site = Site(access, phones.enter)
    async with Server(words.answer, 0, access=access, site=site) as server:
        file = tmp_path / "config.py"
        address = f'{{"dm": {{"host": "127.0.0.1", "port": {server.port}}}}}'
        file.write_text(f'socket_info = {address}\nremote_ips = ["192.168.1.0/24"]')
        assert await phone(file, "127.0.0.1", dutch) == 0
        drawn, url = capsys.readouterr().out.rstrip().rsplit("\n", 1)
        assert drawn.count("█") > 20
        assert drawn.endswith(
            "Scan deze code binnen tien minuten met de telefoon die opdrachten mag sturen."
            " Ze werkt één keer."
        )
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for status in (303, 403):
                async with session.get(url, allow_redirects=False) as answer:
                    assert answer.status == status
                    assert (COOKIE in answer.headers.get("Set-Cookie", "")) is (status == 303)
