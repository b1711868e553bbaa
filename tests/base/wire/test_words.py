"""Every command gets an answer; a wrong one does not close the connection."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.shared.commands import Words
from base.messages import PROTOCOL, Error, Hello, Message, Need, Rates, Reply, Used, decode, encode
from my_socket import Peer


def rates(args: tuple[str, ...]) -> Message:
    return Rates(time=None, tariff="day", rates=())


def history(args: tuple[str, ...]) -> Message:
    """A command with an optional number of days, as dm has."""
    return Reply(word="history", text=f"{int(args[0]) if args else 7} days")


async def slow(args: tuple[str, ...]) -> Message:
    return Reply(word="slow", text="read from disk")


def wrong(args: tuple[str, ...]) -> Message:
    Used.model_validate({})
    raise AssertionError


def table() -> Words:
    """Commands of a daemon: one topic, one with arguments, one that waits, one that is broken."""
    words = Words("dm", "0.1.0")
    words.add("rates", rates, "the current prices", topic=True)
    words.add("history", history, "closed days", "[DAYS]")
    words.add("slow", slow, "what takes its time")
    words.add("wrong", wrong, "fails")
    return words


async def said(text: str, peer: Peer | None = None, words: Words | None = None) -> list[Message]:
    """The decoded answers to this text."""
    answers = await (words or table()).answer(peer or Peer(address="127.0.0.1"), text)
    return [decode(answer) for answer in answers]


async def test_a_word_and_the_same_as_json_are_answered_alike() -> None:
    assert await said("rates") == await said('{"type":"command","word":"rates"}')
    assert await said("  HISTORY 3 ") == [Reply(word="history", text="3 days")]
    json = '{"type":"command","word":"history","args":["3"]}'
    assert await said(json) == [Reply(word="history", text="3 days")]


async def test_an_answer_may_take_its_time() -> None:
    assert await said("slow") == [Reply(word="slow", text="read from disk")]


async def test_help_names_each_word_on_one_line_with_its_arguments() -> None:
    (reply,) = await said("help")
    assert isinstance(reply, Reply)
    assert "; history [DAYS]: closed days; " in reply.text
    assert "\n" not in reply.text
    assert await said("help history") == [Reply(word="help", text="history [DAYS]: closed days")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense", "nonsense is not a command."),
        ("raets", "raets is not a command. Did you mean rates?"),
        ("help raets", "raets is not a command. Did you mean rates?"),
        ("", "Type a command."),
        ("x" * 50_000, "x" * 40 + "… is not a command."),
        ("rates now", "rates takes nothing after it."),
        ("watch", "watch needs a topic. Usage: watch TOPIC..."),
        (
            "watch weather",
            "weather is not a topic; the topics are: rates. Usage: watch TOPIC...",
        ),
        ('{"type":"command"}', "That is not a message: command.word: Field required"),
        ('{"type":"x"}', "That is not a message: unknown type of message"),
        ('{"type":"error","text":"no"}', "dm takes no message of type error."),
    ],
)
async def test_errors_are_reported_with_the_known_commands(text: str, sentence: str) -> None:
    (error,) = await said(text)
    assert isinstance(error, Error)
    assert error.text == sentence
    assert set(error.words) >= {"help", "watch", "rates", "history"}


async def test_wrong_arguments_are_answered_with_the_usage() -> None:
    (error,) = await said("history seven")
    assert isinstance(error, Error)
    assert error.text.endswith("Usage: history [DAYS]")


async def test_an_answer_that_is_no_message_is_our_fault_not_the_peers() -> None:
    """The ValueError is raised in the server, not sent to the peer as its mistake."""
    with pytest.raises(ValueError, match="Used"):
        await said("wrong")


async def test_watching_sends_the_topic_now_and_stop_ends_it() -> None:
    peer = Peer(address="127.0.0.1")
    reply, now = await said("watch rates rates", peer)
    assert reply == Reply(word="watch", text="watching rates")
    assert isinstance(now, Rates)
    assert peer.topics == {"rates"}
    assert await said("unwatch rates", peer) == [Reply(word="watch", text="watching nothing")]
    await said("watch rates", peer)
    await said("stop", peer)
    assert peer.topics == set()


async def test_a_hello_is_welcomed_and_remembered() -> None:
    peer, words = Peer(address="127.0.0.1"), table()
    assert await said("hello", peer, words) == [words.hello()]
    await said(encode(Hello(name="ev", version="2")), peer, words)
    assert peer.name == "ev"


async def test_another_protocol_is_named_in_the_answer() -> None:
    (error,) = await said(encode(Hello(name="ev", version="2", protocol=PROTOCOL + 1)))
    assert isinstance(error, Error)
    assert error.text == f"You speak protocol {PROTOCOL + 1}, dm {PROTOCOL}."


async def test_a_need_goes_to_its_handler_and_is_acknowledged() -> None:
    words, heard = table(), []
    need = Need(name="heat pump", power_kw=1.2, why="the tank is cold")
    assert isinstance((await said(encode(need), words=words))[0], Error)
    words.hear(Need, lambda peer, need: heard.append((peer.address, need)))
    assert await said(encode(need), words=words) == [Reply(word="need", text="noted")]
    assert heard == [("127.0.0.1", need)]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", '"a"'])
async def test_a_need_that_is_no_number_is_not_taken(number: str) -> None:
    (error,) = await said(f'{{"type":"need","name":"ev","power_kw":{number}}}')
    assert isinstance(error, Error)
    assert error.text.startswith("That is not a message: need.power_kw:")


@settings(max_examples=50, deadline=None)
@given(text=st.text() | st.text().map("{{{}}}".format) | st.text().map('{{"type":"{}"}}'.format))
async def test_whatever_is_typed_is_answered(text: str) -> None:
    assert await said(text)
