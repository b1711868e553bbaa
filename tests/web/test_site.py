"""The page on real sockets: access, permissions, and no resources from other hosts."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from apps.dm.phones import Phones
from apps.shared.commands import Words
from base.catalogue import language
from base.messages import Acted, Health, House, Need, decode, encode
from base.version import VERSION
from base.wire.access import COOKIE, Access
from my_socket import Server
from web.site import EMPTY, STATIC, Site

LIGHT_BYTES, PACKED_BYTES = 120_000, 80_000
AT = datetime(2026, 1, 15, 16, 38, tzinfo=UTC)
LAN = ip_network("127.0.0.0/8")


@asynccontextmanager
async def served(
    folder: Path, *, read_only: bool = False, yields_kw: float = 1.2
) -> AsyncIterator[tuple[Server, Phones]]:
    """A server of the page, to which all callers are remote."""
    phones = Phones(folder)
    access = Access(
        remote_ips=(LAN,),
        token="t0ken",
        trust_loopback=False,
        admits=phones.knows,
        read_only=read_only,
    )
    words = Words("dm", "0")
    words.add("house", lambda _: decode('{"type": "reply", "word": "house", "text": "x"}'), "facts")
    words.hear(Need, lambda peer, need: None)

    async def answer(code: str) -> Acted | None:
        done = {"good": Acted(done=True, text="heard"), "late": Acted(done=False, text="gone")}
        return done.get(code)

    house = House(
        time=AT, meter_id="x", tariff=None, offtake_kw=0.4, injection_kw=0.0, headroom_kw=-1.24,
        yields_kw=yields_kw, health=Health(state="fresh", age_s=0.3, good=9, rejected=0),
    )  # fmt: skip
    site = Site(access, phones.enter, language("nl"), answer, lambda: house)
    async with Server(words.answer, 0, access=access, site=site) as server:
        yield server, phones


@asynccontextmanager
async def got(
    server: Server, path: str, **headers: str
) -> AsyncIterator[tuple[aiohttp.ClientResponse, str]]:
    url = f"http://127.0.0.1:{server.port}{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers, allow_redirects=False) as answer,
    ):
        yield answer, await answer.text()


async def may(server: Server, **headers: str) -> object:
    async with got(server, "/access", **headers) as (_, text):
        return json.loads(text)["may"]


async def enter(server: Server, code: str) -> str:
    """The cookie that the server sets for a code."""
    async with got(server, f"/enter?code={code}") as (answer, _):
        assert answer.status == 303
        assert answer.headers["Location"] == "/"
        told = answer.headers["Set-Cookie"]
    assert "; HttpOnly; SameSite=Strict" in told
    return told.partition(";")[0].partition("=")[2]


def line(server: Server, **headers: str) -> connect:
    return connect(f"ws://127.0.0.1:{server.port}/ws", proxy=None, additional_headers=headers)


async def said(server: Server, text: str, **headers: str) -> str:
    async with line(server, **headers) as peer:
        await peer.send(text)
        return str(await peer.recv())


async def test_the_page_is_there_for_a_browser_without_a_token(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, _), got(server, "/") as (answer, text):
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert text.startswith("<!doctype html>")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_the_page_loads_is_here_and_light(tmp_path: Path) -> None:
    """Every file named by the page or a module is served, and their total size is small."""
    weight = 0
    async with served(tmp_path) as (server, _):
        wanted, seen = {"/"}, set[str]()
        while wanted - seen:
            path = (wanted - seen).pop()
            seen.add(path)
            async with got(server, path) as (answer, text):
                assert answer.status == 200, path
                weight += len(text.encode()) + sum(
                    len(k) + len(v) for k, v in answer.headers.items()
                )
            named = re.findall(r"""(?:href|src)="([^"#]+)"|(?:from |import\()'\./([^']+)'""", text)
            wanted |= {f"/{one or other}" for one, other in named}
    assert seen >= {"/page.js", "/line.js", "/page.css", "/words.js"}
    assert seen == {"/"} | {f"/{file.name}" for file in STATIC.iterdir()} - {"/index.html"}
    assert weight <= LIGHT_BYTES


async def test_the_page_comes_with_the_number_of_now_in_the_language_of_the_browser(
    tmp_path: Path,
) -> None:
    """The number is in the HTML without a script, with its time."""
    async with served(tmp_path) as (server, phones):
        cookie = f"{COOKIE}={await enter(server, phones.invite())}"
        headers = {"Cookie": cookie, "Accept-Language": "de, fr-BE;q=0.9, nl;q=0.8"}
        async with got(server, "/", **headers) as (answer, text):
            assert answer.headers["Cache-Control"] == "no-store"
    assert f'<html data-version="{VERSION}" lang="fr">' in text
    assert "<span>Trop de puissance : éteignez</span>" in text
    assert '<p class="big"><span>\u20071,2</span><small> kW</small></p>' in text
    assert "<time>17:38</time>" in text


async def test_no_alarm_when_a_car_can_reduce_its_power(tmp_path: Path) -> None:
    async with (
        served(tmp_path, read_only=True, yields_kw=1.3) as (server, _),
        got(server, "/") as (_, text),
    ):
        assert "<span>Car or battery reduces power</span>" in text


async def test_an_unknown_phone_gets_the_page_without_a_number(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, _), got(server, "/") as (_, text):
        assert EMPTY in text
        assert "1,2" not in text
    async with served(tmp_path, read_only=True) as (server, _), got(server, "/") as (_, text):
        assert '<p class="big"><span>\u20071.2</span>' in text


@pytest.mark.parametrize("code", ["nl", "fr"])
async def test_the_page_can_read_back_what_travels_in_english(tmp_path: Path, code: str) -> None:
    """It gets the catalogue of the screens, in their order of matching."""
    async with served(tmp_path) as (server, _), got(server, f"/reasons-{code}.json") as (_, text):
        told = json.loads(text)
    reader = language(code)
    assert [message for message, _ in told["reasons"]] == [each.message for each in reader.reasons]
    assert all(text == reader.catalogue.gettext(message) for message, text in told["reasons"])
    assert told["days"]["Fri"] == reader.time(date(2026, 1, 16), "%a")


@pytest.mark.parametrize("code", ["nl", "fr"])
async def test_with_its_sentences_the_page_is_light_when_packed(tmp_path: Path, code: str) -> None:
    """Measured are bytes with headers, for a browser that accepts gzip."""
    names = [f"/{file.name}" for file in STATIC.iterdir() if file.name != "index.html"]
    weight = 0
    async with (
        served(tmp_path) as (server, _),
        aiohttp.ClientSession(auto_decompress=False) as session,
    ):
        for path in ("/", f"/reasons-{code}.json", *names):
            url = f"http://127.0.0.1:{server.port}{path}"
            async with session.get(url, headers={"Accept-Encoding": "gzip, br"}) as answer:
                weight += len(await answer.read())
                weight += sum(len(k) + len(v) + 4 for k, v in answer.raw_headers)
                assert (answer.headers.get("Content-Encoding") == "gzip") is (path != "/")
    assert weight <= PACKED_BYTES


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br, gzip; q=0.0", "xgzip"])
async def test_a_client_that_reads_no_gzip_gets_the_text(tmp_path: Path, accepted: str) -> None:
    plain = (STATIC / "page.js").read_text(encoding="utf-8")
    async with (
        served(tmp_path) as (server, _),
        got(server, "/page.js", **{"Accept-Encoding": accepted}) as (answer, text),
    ):
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert text == plain


@pytest.mark.parametrize("file", sorted(STATIC.iterdir()), ids=lambda file: file.name)
def test_nothing_comes_from_outside_and_no_text_is_parsed_as_html(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|//[a-z]+\.[a-z]", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text)
    assert not re.search(r"""<[^>]*\son\w+=|style="|<script>""", text)


def test_every_sentence_is_there_in_three_languages() -> None:
    """Each key used by a module is in the catalogue in three languages, with the same
    placeholders.
    """
    catalogue = (STATIC / "words.js").read_text(encoding="utf-8")
    rows = re.findall(r"^  (\w+): \[(.*)\],$", catalogue, re.M)
    quoted = r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\""""
    texts = {key: [a or b for a, b in re.findall(quoted, row)] for key, row in rows}
    for key, each in texts.items():
        assert len(each) == 3, key
        places = [sorted(re.findall(r"\{\w+\}", text)) for text in each]
        assert places[0] == places[1] == places[2], key
    modules = "".join(file.read_text(encoding="utf-8") for file in STATIC.glob("*.js"))
    used = set(re.findall(r"\bt\('(\w+)'", modules))
    assert used <= texts.keys()


async def test_a_code_lets_one_phone_in_once(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, phones):
        assert await may(server) == "nothing"
        with pytest.raises(InvalidStatus):
            await said(server, "house")
        code = phones.invite()
        cookie = await enter(server, code)
        shown = f"other=1; {COOKIE}={cookie}"
        assert await may(server, Cookie=shown) == "act"
        assert '"reply"' in await said(server, encode(Need(name="x", power_kw=1)), Cookie=shown)
        async with got(server, f"/enter?code={code}") as (answer, _):
            assert answer.status == 403
        assert await may(server, Cookie=f"{COOKIE}=wrong") == "nothing"
    again = Phones(tmp_path)  # after a restart
    assert again.knows(cookie)
    assert cookie not in (tmp_path / "phones.json").read_text(encoding="utf-8")


def test_a_code_ends_after_ten_minutes(tmp_path: Path) -> None:
    now = [0.0]
    phones = Phones(tmp_path, lambda: now[0])
    code, other = phones.invite(), phones.invite()
    now[0] = 599.0
    assert phones.enter(code)
    now[0] = 601.0
    assert phones.enter(other) is None
    assert phones.enter("") is None


def test_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "phones.json").write_text('["x"', encoding="utf-8")
    assert not Phones(tmp_path).knows("x")


async def test_without_a_token_it_reads_if_the_owner_allows_that(tmp_path: Path) -> None:
    async with served(tmp_path, read_only=True) as (server, _):
        assert await may(server) == "read"
        assert '"reply"' in await said(server, "house")
        assert "You may read here" in await said(server, encode(Need(name="x", power_kw=1)))
        assert await may(server, Authorization="Bearer t0ken") == "act"


async def test_the_page_may_open_its_own_websocket_and_no_other_page(tmp_path: Path) -> None:
    async with served(tmp_path, read_only=True) as (server, _):
        own = f"127.0.0.1:{server.port}"
        assert '"reply"' in await said(server, "house", Origin=f"http://{own}")
        for origin in (
            "http://evil.example",
            "http://127.0.0.1:1",
            "null",
            f"ftp://{own}",
            "http://",
        ):
            with pytest.raises(InvalidStatus) as caught:
                await said(server, "house", Origin=origin)
            assert caught.value.response.status_code == 403


async def test_a_name_that_is_not_ours_gets_nothing(tmp_path: Path) -> None:
    """DNS rebinding puts the foreign name in Host and in Origin."""
    async with served(tmp_path, read_only=True) as (server, _):
        async with got(server, "/", Host="evil.example") as (answer, _):
            assert answer.status == 421
        url = f"ws://127.0.0.1:{server.port}/ws"
        evil = {"Host": "evil.example", "Origin": "http://evil.example"}
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await session.ws_connect(url, headers=evil)
        assert caught.value.status == 403


@pytest.mark.parametrize(
    ("shown", "status", "says"),
    [
        ("good", 200, "heard"),
        ("late", 409, "gone"),
        ("guessed", 403, "is verlopen"),
        ("", 403, ""),
    ],
)
async def test_a_button_is_pressed_with_its_code_in_a_header(
    tmp_path: Path, shown: str, status: int, says: str
) -> None:
    """The code needs no other token: it permits one action only."""
    async with (
        served(tmp_path) as (server, _),
        got(server, "/answer", Authorization=f"Bearer {shown}") as (answer, text),
    ):
        assert answer.status == status
        assert says in text
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_code_in_an_address_presses_nothing(tmp_path: Path) -> None:
    """A link that somebody sends has no effect."""
    async with (
        served(tmp_path) as (server, _),
        got(server, "/answer?token=good&code=good") as (answer, _),
    ):
        assert answer.status == 403


async def test_a_stranger_presses_nothing(tmp_path: Path) -> None:
    headers = {"Authorization": "Bearer good", "Host": "evil.example"}
    async with served(tmp_path) as (server, _), got(server, "/answer", **headers) as (answer, _):
        assert answer.status == 421
