"""One family of chargers: its interface to the rest of the program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from base.checked import Checked
from base.language import setting
from base.wire.guard import Guard
from ev.chargers.driver import Driver

Login = Mapping[str, str]
"""Secrets of a charger in secrets.json, such as user and password."""

Together = Callable[[Mapping[str, tuple[Any, Login]], Guard | None], Mapping[str, Driver]]


class ChargerSettings(Checked):
    """A charger of config.py, whatever its family; each family adds its address."""

    kind: str
    most_a: float = Field(
        default=16.0, ge=6, le=32, description=setting("A per phase, the limit of its circuit")
    )
    switches_phases: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family of chargers, as its folder describes it.

    `settings` is the model of its settings in config.py; `asks` the settings that install asks for,
    in that order. `driver` makes the driver of the charger with a name, its settings and login;
    nothing is opened yet. `together`, for a family whose chargers share a listener, makes the
    drivers of all, by name; ValueError when they cannot. `help` is one line; `silence` describes
    such a charger without this program, to be read after its name.
    """

    kind: str
    settings: type[ChargerSettings]
    asks: tuple[str, ...]
    driver: Callable[[str, Any, Login], Driver]
    help: str
    silence: str
    together: Together | None = None
