"""The messages on the wire: every message dm, ev and bs exchange, and their one version number.

Numbers carry their unit in their name. Power is positive when it flows into the thing named.
Unknown is null, never 0. Times are ISO 8601 with offset. Unknown fields are ignored, so that a
newer peer can talk to an older one. Every value of a peer has bounds that fit a house, so that it
is safe to compute with. docs/messages.md shows one example of each, and the bounds.

Each module has one theme; other rooms import from the package.
"""

from base.messages.charging import CarState, ChargerState, Charging, Stay, Stays, UsualTrip
from base.messages.codec import Message, decode, encode, typed
from base.messages.devices import Batteries, BatteryState, DeviceAbout, Devices
from base.messages.fields import (
    BATTERIES_MOST,
    CARS_MOST,
    KW_MOST,
    KWH_MOST,
    PROTOCOL,
    TRIPS_MOST,
    WHY_MOST,
    YEARS,
    Part,
)
from base.messages.health import BadTelegram, Event, Events, Vitals, Wire
from base.messages.house import (
    Grant,
    GrantedAsset,
    Health,
    House,
    MonthPeak,
    Peak,
    PeakState,
    Phase,
    Quarter,
)
from base.messages.money import (
    Bill,
    BillLine,
    BillPeak,
    History,
    Rate,
    Rates,
    Settled,
    Usage,
    UsagePeriod,
    Used,
)
from base.messages.need import LEAST_IDLE_S, BatteryNeed, CarNeed, LoadNeed, Need, Trip, brief
from base.messages.notification import REASONS, Button, Notification
from base.messages.outlook import Choice, Outlook, PlannedAsset
from base.messages.records import (
    ClosedQuarter,
    Demand,
    Quarters,
    Registers,
    TelegramLine,
    TelegramText,
)
from base.messages.requests import Act, Acted, Command, Error, Hello, Invite, Reply
