"""A notification as an event on the broker; its answers as payloads for /set topics."""

import json
from datetime import timedelta

from apps.mqtt.seen import Seen
from apps.mqtt.topics import Topics, key, nth
from base import messages
from base.language import ENGLISH, Language

OLD = timedelta(minutes=2)
"""A notification that is older than this on arrival is not published."""
EVENT_TYPES = (*messages.REASONS, "test")


def payload(topics: Topics, told: messages.Notification, language: Language = ENGLISH) -> str:
    """The event in JSON: Home Assistant takes the keys beside `event_type` as attributes."""
    buttons = [_button(topics, each, language) for each in told.buttons]
    values = {
        "event_type": told.reason if told.reason in EVENT_TYPES else "test",
        "title": language.read(told.title),
        "text": language.read(told.text),
        "at": told.at.isoformat(),
        "until": told.until.isoformat() if told.until else None,
        "buttons": [each for each in buttons if each],
    }
    return json.dumps(values, ensure_ascii=False)


def is_news(told: messages.Notification, seen: Seen) -> bool:
    """True if it is new and recent: a new connection receives the last one."""
    last, house = seen.notified, seen.house
    if last is not None and (last.key, last.at) == (told.key, told.at):
        return False
    return house is None or house.time is None or house.time - told.at < OLD


def _button(topics: Topics, button: messages.Button, language: Language) -> dict[str, str] | None:
    """The event that the answer publishes; None for a command without a topic."""
    value: str
    match button.word, button.args:
        case (("accept" | "refuse"), ()):
            topic, value = topics(f"choice{nth(button.to)}", "choice", "set"), button.word
        case "boost", (car,):
            topic, value = topics("car", key(button.to, car), "mode", "set"), "boost"
        case "car", (car, "on", charger):
            topic, value = topics("charger", key(button.to, charger), "car", "set"), car
        case _:
            return None
    return {"label": language.read(button.label), "topic": topic, "payload": value}
