"""Messages to and from one line of JSON."""

from typing import get_args

from pydantic import BaseModel, ValidationError

from base.messages.charging import Charging, Stays
from base.messages.devices import Batteries, Devices
from base.messages.health import Events, Vitals
from base.messages.house import House, PeakState
from base.messages.money import Bill, History, Rates, Usage
from base.messages.need import Need
from base.messages.notification import Notification
from base.messages.outlook import Outlook
from base.messages.records import Demand, Quarters, Registers, TelegramText
from base.messages.requests import Act, Acted, Command, Error, Hello, Invite, Reply

Message = (
    Hello
    | Need
    | House
    | Outlook
    | Bill
    | PeakState
    | Rates
    | Usage
    | TelegramText
    | Registers
    | Quarters
    | Demand
    | Charging
    | Batteries
    | Devices
    | Stays
    | Events
    | History
    | Vitals
    | Command
    | Reply
    | Act
    | Acted
    | Invite
    | Notification
    | Error
)
MODELS: dict[str, type[Message]] = {
    model.model_fields["type"].default: model for model in get_args(Message)
}


class _Kind(BaseModel):
    """Any message: its type names the model for all of it."""

    type: str


def encode(message: Message) -> str:
    """The message as one line of JSON."""
    return message.model_dump_json()


def decode(text: str | bytes) -> Message:
    """The message in one line of JSON. ValueError with a sentence for anything else."""
    kind = ""
    try:
        kind = _Kind.model_validate_json(text).type
        if kind not in MODELS:
            raise ValueError("unknown type of message")
        return MODELS[kind].model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in (kind, *first["loc"])).strip(".")
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from None


def typed(text: str) -> Message:
    """A line typed by hand: a word with arguments, or JSON. ValueError when it is neither."""
    line = text.strip()
    if line.startswith("{"):
        return decode(line)
    word, *args = line.split() or [""]
    return Command(word=word.lower(), args=tuple(args))
