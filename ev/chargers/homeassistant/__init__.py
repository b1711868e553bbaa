"""A charger of last resort: two entities of Home Assistant, a number of A and a switch."""

from typing import Annotated, Literal

from pydantic import Field

from base.checked import Allowed, HostPort
from base.language import phrase, setting
from ev.chargers.driver import Driver
from ev.chargers.family import ChargerSettings, Family, Login

Number = Annotated[
    str,
    Field(pattern=r"^(number|input_number)\.[a-z0-9_]{1,120}$"),
    Allowed(setting('an entity such as "number.charger_max_current"')),
]
Switch = Annotated[
    str,
    Field(pattern=r"^(switch|input_boolean)\.[a-z0-9_]{1,120}$"),
    Allowed(setting('an entity such as "switch.charger_enable"')),
]
Sensor = Annotated[
    str,
    Field(pattern=r"^((binary_)?sensor\.[a-z0-9_]{1,120})?$"),
    Allowed(setting('an entity such as "sensor.charger_power"')),
]


class HomeAssistantSettings(ChargerSettings):
    """A charger of config.py; the long-lived token is in secrets.json.

    `current` and `switch` control it, `status` is True when a car is connected; `power` (W or kW)
    and `energy` (Wh or kWh, only counting up) measure it, where they exist. `phases` is the number
    of phases on which it charges.
    """

    kind: Literal["homeassistant"]
    host: HostPort
    current: Number
    switch: Switch
    status: Sensor
    power: Sensor = ""
    energy: Sensor = ""
    phases: Literal[1, 3] = 3


def _driver(name: str, settings: HomeAssistantSettings, login: Login) -> Driver:
    from ev.chargers.homeassistant.driver import HomeAssistant

    return HomeAssistant(name, settings, login.get("token", ""))


FAMILY = Family(
    kind="homeassistant",
    settings=HomeAssistantSettings,
    asks=("host", "current", "switch", "status"),
    driver=_driver,
    help=phrase(
        "any charger that Home Assistant can control, by a number and a switch; the last resort"
    ),
    silence=phrase("keeps its last set-point"),
)
