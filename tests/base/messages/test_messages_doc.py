"""docs/messages.md agrees with base/messages/."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.dm.commands import STATES, TOPICS
from apps.shared.commands import Words
from base.messages import Part, decode
from base.messages.codec import MODELS

DOC = (Path(__file__).parents[3] / "docs" / "messages.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## (\w+)\n(.+?)\n\n```json\n(.+?)```", DOC, re.MULTILINE | re.DOTALL)


def inside(value: object) -> Iterator[Part]:
    """Every part of a message, itself included."""
    if isinstance(value, Part):
        yield value
        yield from inside([getattr(value, name) for name in type(value).model_fields])
    elif isinstance(value, dict):
        yield from inside(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from inside(part)


def test_every_type_of_message_has_its_example_and_no_other() -> None:
    assert [name for name, _, _ in SECTIONS] == list(dict.fromkeys(name for name, _, _ in SECTIONS))
    assert {name for name, _, _ in SECTIONS} == MODELS.keys()


@pytest.mark.parametrize(("name", "example"), [(name, example) for name, _, example in SECTIONS])
def test_an_example_decodes_and_shows_every_field(name: str, example: str) -> None:
    """Each example contains every field, and none of them is ignored."""
    message = decode(example)
    assert message.type == name
    assert message.model_dump(mode="json") == json.loads(example)


def kinds_of(kind: type[Part]) -> Iterator[type[Part]]:
    """Every subclass of this model, in any module."""
    for made in kind.__subclasses__():
        yield made
        yield from kinds_of(made)


def test_every_piece_of_a_message_is_shown_somewhere() -> None:
    shown = {type(part) for _, _, example in SECTIONS for part in inside(decode(example))}
    there_are = {kind for kind in kinds_of(Part) if kind.__module__.startswith("base.messages.")}
    assert shown == there_are


async def test_every_word_that_all_daemons_know_is_in_the_table() -> None:
    for word in Words("dm", "0.1.0").hello().offers:
        assert f"`{word}" in DOC


@pytest.mark.parametrize("word", [*TOPICS, *STATES, "need", "notification"])
def test_every_topic_of_the_meter_is_in_the_table(word: str) -> None:
    assert f"\n| `{word}` | `{word}`: " in DOC
