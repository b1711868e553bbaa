"""The senders on real sockets: ntfy follows its published API, Apprise uses its package."""

from typing import Any

import pytest
from aiohttp import web

from apps.shared.secrets import Secrets
from apps.shared.senders import senders
from apps.shared.settings import Settings
from base import http_client
from base.checked import ConfigError, checked
from notify.senders import registry
from notify.senders.family import Letter, Press, Sender
from tests.notify.ntfy_sink import Sink, ntfy

APPRISE = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # raised by the Apprise package
PRESSES = tuple(Press(name, "http://10.0.0.2:8080/answer", f"t-{name}") for name in "abcde")


def sender(sink: Sink, **more: Any) -> Sender:
    given = {"kind": "ntfy", "topic": "meter-1234", "server": sink.url}
    settings = checked(Settings, {"notify": {"phone": given}}, "config.py")
    return registry.sender_of(settings.notify["phone"], more)


async def test_a_letter_is_one_post_that_ntfy_takes() -> None:
    async with ntfy() as sink:
        letter = Letter(title="T €", text="A sentence.", page="http://10.0.0.2:8080")
        assert await sender(sink).send(letter) == "accepted as m1"
        assert sink.published == [
            {
                "topic": "meter-1234",
                "title": "T €",
                "message": "A sentence.",
                "priority": 3,
                "click": "http://10.0.0.2:8080",
            }
        ]


async def test_buttons_are_actions_with_their_token_in_a_header() -> None:
    async with ntfy() as sink:
        await sender(sink).send(Letter(title="T", text="x", urgent=True, presses=PRESSES[:1]))
        (published,) = sink.published
    assert published["priority"] == 4
    assert published["actions"] == [
        {
            "action": "http",
            "label": "a",
            "url": "http://10.0.0.2:8080/answer",
            "method": "GET",
            "headers": {"Authorization": "Bearer t-a"},
            "clear": True,
        }
    ]


async def test_more_than_three_buttons_are_several_notifications() -> None:
    async with ntfy() as sink:
        assert await sender(sink).send(Letter(title="T", text="x", presses=PRESSES)) == (
            "accepted as m1, m2"
        )
        labels = [[each["label"] for each in one["actions"]] for one in sink.published]
    assert labels == [["a", "b", "c"], ["d", "e"]]


async def test_the_token_of_secrets_json_is_shown() -> None:
    async with ntfy() as sink:
        sink.token = "tk_1"
        with pytest.raises(http_client.RefusedError, match="refuses our key"):
            await sender(sink).send(Letter(title="T", text="x"))
        assert await sender(sink, token="tk_1").send(Letter(title="T", text="x"))


@pytest.mark.parametrize(
    ("status", "why"),
    [(429, "asks us to wait 77 s"), (500, "is out of order .HTTP 500"), (404, "HTTP 404")],
)
async def test_a_refusal_of_the_server_is_reported(status: int, why: str) -> None:
    async with ntfy() as sink:
        sink.status, sink.retry_after = status, "77"
        with pytest.raises(http_client.WebError, match=why):
            await sender(sink).send(Letter(title="T", text="x"))


async def test_an_absent_server_is_reported() -> None:
    async with ntfy() as sink:
        gone = sender(sink)
        assert "answers" in await gone.probe()
    with pytest.raises(http_client.UnreachableError, match="cannot be reached"):
        await gone.send(Letter(title="T", text="x"))


@APPRISE
async def test_apprise_delivers_the_text_and_the_page() -> None:
    """The Apprise package posts the message to a service on loopback."""
    heard: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"json://127.0.0.1:{runner.addresses[0][1]}/"
    settings = checked(Settings, {"notify": {"mail": {"kind": "apprise"}}}, "config.py")
    made = senders(settings, Secrets(notify={"mail": {"url": url}}))["mail"]
    letter = Letter(title="T", text="x", presses=PRESSES[:1], page="http://10.0.0.2:8080")
    try:
        assert await made.send(letter) == "accepted"
    finally:
        await runner.cleanup()
    assert heard[0]["title"] == "T"
    assert heard[0]["message"] == "x\nhttp://10.0.0.2:8080"
    with pytest.raises(http_client.UnreachableError, match="did not accept it"):
        await made.send(letter)


@APPRISE
async def test_an_address_that_apprise_does_not_know_is_reported() -> None:
    family = registry.FAMILIES["apprise"]
    made = registry.sender_of(family.settings(kind="apprise"), {"url": "nonsense://x"})
    with pytest.raises(http_client.RefusedError, match="does not understand the url"):
        await made.probe()


@APPRISE
async def test_the_sink_takes_what_another_client_of_ntfy_sends() -> None:
    """The sink accepts messages of Apprise's independent ntfy client."""
    family = registry.FAMILIES["apprise"]
    async with ntfy() as sink:
        url = f"{sink.url.replace('http', 'ntfy')}/meter-1234"
        other = registry.sender_of(family.settings(kind="apprise"), {"url": url})
        await other.send(Letter(title="T", text="x"))
        await sender(sink).send(Letter(title="T", text="x"))
    theirs, ours = sink.published
    assert {key: theirs[key] for key in ("topic", "title", "message")} == {
        key: ours[key] for key in ("topic", "title", "message")
    }


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"topic": "x"}, "6 to 64 letters"),
        ({"topic": "has space"}, "6 to 64 letters"),
        ({"kind": "pigeon"}, 'allowed: "ntfy" or "apprise"'),
        ({"topic": "meter-1234", "server": "ntfy.sh"}, "an address with http:// or https://"),
        ({"topic": "meter-1234", "secret": "x"}, "is not a setting"),
    ],
)
def test_a_wrong_sender_is_named(given: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match="notify") as caught:
        checked(Settings, {"notify": {"phone": given}}, "config.py")
    assert why in str(caught.value)


def test_a_secret_that_is_missing_is_named() -> None:
    settings = checked(Settings, {"notify": {"mail": {"kind": "apprise"}}}, "config.py")
    with pytest.raises(ConfigError, match=r'notify\["mail"\]: secrets.json has no url'):
        senders(settings, Secrets())
