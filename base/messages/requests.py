"""Requests and their answers: greeting, commands, acts, invitations, errors."""

from typing import Annotated, Literal

from pydantic import Field

from base.messages.fields import PROTOCOL, Line, Name, Part


class Hello(Part):
    """Identity of the speaker. Sent by each side on connect."""

    type: Literal["hello"] = "hello"
    name: Name
    version: Line
    protocol: int = PROTOCOL
    offers: tuple[Line, ...] = ()


class Command(Part):
    """A typed or sent command: a word and its arguments."""

    type: Literal["command"] = "command"
    word: Line
    args: tuple[Line, ...] = ()


class Reply(Part):
    """The answer to a command that has no message of its own."""

    type: Literal["reply"] = "reply"
    word: Line
    text: Line


class Act(Part):
    """A command for `to`, a neighbour of the meter, which passes it on. `number` comes back."""

    type: Literal["act"] = "act"
    number: Annotated[int, Field(ge=0, le=2**53)] = 0
    to: Name
    word: Annotated[Line, Field(min_length=1, max_length=40)]
    args: Annotated[tuple[Line, ...], Field(max_length=12)] = ()


class Acted(Part):
    """Result of an act, in a sentence; if not `done`, the reason."""

    type: Literal["acted"] = "acted"
    number: int = 0
    done: bool
    text: Line


class Invite(Part):
    """Requests a code that adds one phone. Answered to this machine only, by a `reply`."""

    type: Literal["invite"] = "invite"


class Error(Part):
    """An error in a sentence, and the existing commands."""

    type: Literal["error"] = "error"
    text: Line
    words: tuple[Line, ...] = ()
