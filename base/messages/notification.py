"""Notifications to the household, with their buttons."""

from typing import Literal

from base.messages.fields import Line, Name, Part, Time

REASONS = (
    "month_peak",
    "trip",
    "unplugged",
    "unknown_car",
    "silence",
    "consent",
    "prices",
    "bill",
)
"""Why a notification is sent; "test" is one that its owner requested."""


class Button(Part):
    """An answer to a notification: its label, and a command for `to`, a neighbour of the meter."""

    label: Line
    to: Name
    word: Line
    args: tuple[Line, ...] = ()


class Notification(Part):
    """A notification to the household, sent once: `key` is its cause.

    Its buttons can be pressed `until` then; without buttons it needs no answer.
    """

    type: Literal["notification"] = "notification"
    reason: Line
    key: Line
    at: Time
    title: Line
    text: Line
    buttons: tuple[Button, ...] = ()
    until: Time | None = None
