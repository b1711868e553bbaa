"""State of the home batteries, and the identity of each device."""

from typing import Literal

from base.messages.fields import Line, Name, Part, Percent, Time


class BatteryState(Part):
    """One home battery: state of charge, power (positive is charging), set-point.

    `notice` tells its owner what to do.
    """

    name: Name
    soc_pct: Percent | None = None
    power_kw: float | None = None
    told_kw: float | None = None
    notice: Line = ""


class Batteries(Part):
    """The state of the home batteries; `mode` is their owner's command, in force `until` then.

    `name` is the program of the batteries, when the meter passes it on.
    """

    type: Literal["batteries"] = "batteries"
    name: Line = ""
    time: Time
    mode: Literal["auto", "hold", "charge", "discharge"] = "auto"
    until: Time | None = None
    why: Line = ""
    batteries: tuple[BatteryState, ...] = ()


class DeviceAbout(Part):
    """Identity of a device, and the writes it took; no name, address or serial number."""

    kind: Literal["charger", "car", "battery"]
    name: Name
    about: dict[Line, Line] = {}


class Devices(Part):
    """The devices of a program, for `./do_py.sh doctor --report`."""

    type: Literal["devices"] = "devices"
    devices: tuple[DeviceAbout, ...] = ()
