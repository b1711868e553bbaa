"""One kind of source of a car's state: all that the rest of the program asks of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from base.checked import Checked
from base.language import setting
from ev.cars.source import CarSource

Login = Mapping[str, str]
"""What secrets.json holds for a car, such as user and password."""
Poll = Annotated[float, Field(ge=30, le=86400, description=setting("seconds between two requests"))]


class SourceSettings(Checked):
    """The `source` of a car in config.py; each kind adds its own."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of source, as its module describes it.

    `secrets` are the keys that secrets.json must hold for such a car; `source` makes it, without a
    request, from the car's name, its settings and these secrets; None: it is never polled.
    """

    kind: str
    settings: type[SourceSettings]
    asks: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    source: Callable[[str, Any, Login], CarSource] | None
    help: str
