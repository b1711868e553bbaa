"""The words on the wire: every message dm, ev and bs exchange, and their one version number.

Numbers carry their unit in their name. Power is positive when it flows into the thing named.
Unknown is null, never 0. Times are ISO 8601 with offset. Unknown fields are ignored, so that a
newer peer can talk to an older one. What a peer says is bounded to what a house can be: whoever
uses it may compute with it. docs/messages.md shows one example of each, and the bounds.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from base.text import clean

PROTOCOL = 1
KW_MOST = 100.0
"""Above any connection of a house: a meter of 80 A on three phases is 55 kW."""
KW_LEAST = 0.001
"""A power asked for that is smaller is none."""
KWH_MOST = 1000.0
"""Above any battery of a car or a house, and what a car charges for a trip."""
EUR_KWH_MOST = 100.0
IDLE_S_MOST = 86400.0
AGE_S_MOST = 3.2e9
"""A century."""
EFFICIENCY_LEAST = 0.2
YEARS = 2000, 2100
CARS_MOST = BATTERIES_MOST = LOADS_MOST = 12
PRIORITY_MOST = 9
TRIPS_MOST = 32
WHY_MOST = 200
"""Characters of a need's `why`."""


class Part(BaseModel):
    """A piece of a message: frozen, tolerant of fields it does not know.

    Each is compiled at its first use: a program uses few of them.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", ser_json_inf_nan="null", defer_build=True
    )


def _named(text: str) -> str:
    if not (name := clean(text)):
        raise ValueError("a name has at least one character that can be printed")
    return name


def _no_crumb(kw: float) -> float:
    return 0.0 if kw < KW_LEAST else kw


Line = Annotated[str, AfterValidator(clean)]
Name = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_named)]
Time = Annotated[
    AwareDatetime,
    Field(ge=datetime(YEARS[0], 1, 1, tzinfo=UTC), lt=datetime(YEARS[1], 1, 1, tzinfo=UTC)),
]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100)]
Power = Annotated[float, Field(ge=0, le=KW_MOST), AfterValidator(_no_crumb)]
Energy = Annotated[float, Field(ge=0, le=KWH_MOST)]
Change = Annotated[float, Field(ge=-KWH_MOST, le=KWH_MOST)]
Age = Annotated[float, Field(ge=0, le=AGE_S_MOST)]
EurKwh = Annotated[float, Field(ge=0, le=EUR_KWH_MOST)]
Efficiency = Annotated[float, Field(ge=EFFICIENCY_LEAST, le=1)]


class Hello(Part):
    """Identity of the speaker. Sent by each side on connect."""

    type: Literal["hello"] = "hello"
    name: Name
    version: Line
    protocol: int = PROTOCOL
    offers: tuple[Line, ...] = ()


class GrantedAsset(Part):
    """The part of a grant that is meant for one asset, kW, and why."""

    kw: Finite
    why: Line


class Grant(Part):
    """Power that one peer may take now, kW, until when, and why. `assets` divides it by name."""

    kw: Finite
    until: Time
    why: Line
    assets: dict[Line, GrantedAsset] = {}


class Trip(Part):
    """A car is away from `leaves` until `returns`. It must leave with `need_kwh` more out of the
    charger than it has now (negative: less will do), and comes back with `use_kwh` to be charged
    again."""

    leaves: Time
    returns: Time
    need_kwh: Change = 0.0
    use_kwh: Energy = 0.0


LEAST_IDLE_S = 600.0
"""How long a charger rests after a stop when its owner said nothing: its contactors wear."""


class CarNeed(Part):
    """One car: what it takes now, what it still needs and by when.

    `energy_kwh` is what must still come out of the charger for `target_pct` at `deadline`.
    It charges between `least_kw` and `most_kw`, or not at all. `value_eur_kwh` is what the last
    kWh is worth to its owner; `urgency` is why it wants power: `now` whatever it costs, `trip`
    by the deadline, `sun` only when there is too much, `none`. `room_kwh` is what the charger
    may give at most, null: `energy_kwh`. `trips` are those known, the one of `deadline` too.
    After a stop it does not start again for `least_idle_s`. While it follows a new set-point
    `toward_kw` is the power it goes to: what it takes lies between that and `power_kw`.
    """

    name: Name
    plugged: bool | None
    power_kw: Positive | None
    toward_kw: Power | None = None
    soc_pct: Percent | None = None
    soc_age_s: Age | None = None
    target_pct: Percent | None = None
    capacity_kwh: Energy | None = None
    energy_kwh: Energy = 0.0
    deadline: Time | None = None
    least_kw: Power = 0.0
    most_kw: Power = 0.0
    phases: Literal[1, 2, 3] = 3
    efficiency: Efficiency = 0.9
    urgency: Literal["now", "trip", "sun", "none"] = "none"
    value_eur_kwh: EurKwh = 0.0
    room_kwh: Energy | None = None
    trips: Annotated[tuple[Trip, ...], Field(max_length=TRIPS_MOST)] = ()
    least_idle_s: Annotated[float, Field(ge=0, le=IDLE_S_MOST)] = LEAST_IDLE_S


class BatteryNeed(Part):
    """One home battery: what it does now (positive is charging) and what it can do.

    `efficiency` is of charging, and again of discharging; `wear_eur_kwh` is paid on each kWh
    charged and discharged. Below `reserve_pct` it does not discharge.
    """

    name: Name
    power_kw: Finite | None
    soc_pct: Percent | None = None
    capacity_kwh: Energy = 0.0
    reserve_pct: Percent = 0.0
    charge_kw: Power = 0.0
    discharge_kw: Power = 0.0
    efficiency: Efficiency = 0.95
    wear_eur_kwh: EurKwh = 0.0


class LoadNeed(Part):
    """One load that can wait: a boiler, a heat pump, a pool pump.

    It takes between `least_kw` and `most_kw` (the same: it is only switched), or nothing. It wants
    `energy_kwh` more by `deadline`, null: within the two days of the plan; a kWh that is missing
    then costs `value_eur_kwh`, 0: what dm takes for a car. Once on it stays on for `least_on_s`,
    once off it stays off for `least_off_s`. Of several the one with the highest `priority` is
    served first and switched off last.
    """

    name: Name
    power_kw: Positive | None
    least_kw: Power = 0.0
    most_kw: Power = 0.0
    phases: Literal[1, 2, 3] = 1
    energy_kwh: Energy = 0.0
    deadline: Time | None = None
    value_eur_kwh: EurKwh = 0.0
    least_on_s: Annotated[float, Field(ge=0, le=IDLE_S_MOST)] = LEAST_IDLE_S
    least_off_s: Annotated[float, Field(ge=0, le=IDLE_S_MOST)] = LEAST_IDLE_S
    priority: Annotated[int, Field(ge=0, le=PRIORITY_MOST)] = 5


AssetNeed = CarNeed | BatteryNeed | LoadNeed


class Need(Part):
    """Power that a peer takes and wants, and why. A third party's heat pump sends the same.

    Without cars, batteries or loads it is one consumer between `least_kw` and `most_kw`. Power is
    positive when it flows into the peer. `choice` is its owner's word on trips that raise the
    month peak or pay expensive hours. `heard` is the `time` of the last house it heard: who is far
    behind is granted nothing. `help_kw`, which older peers send, is ignored.
    """

    type: Literal["need"] = "need"
    name: Name
    power_kw: Finite | None
    healthy: bool = True
    why: Line = Field(default="", max_length=WHY_MOST)
    cars: Annotated[tuple[CarNeed, ...], Field(max_length=CARS_MOST)] = ()
    batteries: Annotated[tuple[BatteryNeed, ...], Field(max_length=BATTERIES_MOST)] = ()
    loads: Annotated[tuple[LoadNeed, ...], Field(max_length=LOADS_MOST)] = ()
    least_kw: Power = 0.0
    most_kw: Power = 0.0
    heard: Time | None = None
    choice: Literal["accept", "refuse"] = "accept"

    @property
    def assets(self) -> tuple[AssetNeed, ...]:
        """Everything it names, in a fixed order."""
        return (*self.cars, *self.batteries, *self.loads)

    def with_assets(self, changed: Iterable[AssetNeed]) -> "Need":
        """The need with these in the place of its `assets`, in the same order."""
        every = tuple(changed)
        last = len(self.cars) + len(self.batteries)
        parts = every[: len(self.cars)], every[len(self.cars) : last], every[last:]
        return self.model_copy(update=dict(zip(("cars", "batteries", "loads"), parts, strict=True)))


class Phase(Part):
    offtake_kw: float | None
    injection_kw: float | None
    voltage_v: float | None
    current_a: float | None


class Health(Part):
    """State of the meter's line. `age_s` counts from the last valid telegram."""

    state: Literal["fresh", "stale", "silent"]
    age_s: float | None
    good: int
    rejected: int
    note: Line = ""


class Quarter(Part):
    """The running clock quarter. kW are averages over the whole quarter (energy x 4).

    `so_far_kw` is what the energy used up to now makes; `forecast_kw` what the quarter will
    close at, give or take `error_kw`; `own_kw` the same as so_far from our own registers.
    """

    start: Time
    end: Time
    so_far_kw: float
    own_kw: float | None
    forecast_kw: float
    error_kw: float


class Peak(Part):
    kw: float
    at: Time | None


class MonthPeak(Part):
    month: date
    kw: float
    at: Time | None
    source: Literal["meter", "own"] = "meter"


class House(Part):
    """The facts of this second, sent with each telegram.

    `headroom_kw` is the constant extra power that would bring the running quarter exactly to
    `target_kw`, as far as the connection carries it; negative when the forecast is above it.
    `steady_kw` of it may run on in the quarter after. `yields_kw` is what cars and batteries take
    now and give up as soon as the house needs it, `discharging_kw` what batteries give. What may
    still be taken from the grid until the quarter ends is `budget_wh`. `grants` are by peer;
    `overtaking` names the peers that take more for ten seconds. The prices are
    `price_provisional` while a part stands in for
    one that is not known yet.
    """

    type: Literal["house"] = "house"
    time: Time | None
    meter_id: Line | None
    tariff: Literal["day", "night"] | None
    offtake_kw: float | None
    injection_kw: float | None
    grid: Literal["1x230", "3x230", "3x400"] | None = None
    phases: tuple[Phase, ...] = ()
    breaker: Literal["off", "on", "ready"] | None = None
    limit_kw: float | None = None
    limit_a: float | None = None
    message: Line | None = None
    price_offtake_eur_kwh: float | None = None
    price_injection_eur_kwh: float | None = None
    price_provisional: bool = False
    quarter: Quarter | None = None
    month_peak: Peak | None = None
    target_kw: float | None = None
    headroom_kw: float | None = None
    steady_kw: float | None = None
    yields_kw: float | None = None
    discharging_kw: float | None = None
    budget_wh: float | None = None
    health: Health
    grants: dict[Line, Grant] = {}
    overtaking: tuple[Line, ...] = ()


class Choice(Part):
    """A trip that costs more than usual: what its owner may `accept` or `refuse`.

    `car` of `peer` can be as full as it asks when it `leaves` for `eur` more: the month peak rises
    by `over_kw`, or expensive hours are used. Without that `lacks_kwh` are missing, and leaves at
    `without_pct`. `accepted` is what the plan goes by now.
    """

    peer: Name
    car: Name
    leaves: Time
    over_kw: float
    eur: float
    lacks_kwh: float
    without_pct: float | None = None
    accepted: bool = True


class PlannedAsset(Part):
    """Statements of the plan about one asset in the running quarter, beside its power.

    One more kWh in it is worth `worth_eur_kwh`. `keep_kwh` stays in a battery, its owner's reserve
    included. `lacks_kwh` is the energy that a car will miss at its next departure.
    """

    worth_eur_kwh: float | None = None
    keep_kwh: float | None = None
    lacks_kwh: float = 0.0


class Outlook(Part):
    """The next two days by quarter, from `start`, oldest first; null where nothing is known.

    `buy_eur_kwh` and `sell_eur_kwh` are what a kWh of offtake costs and a kWh of injection earns,
    all lines and VAT together; where `provisional` is true a part stands in for one that is not
    known yet (empty: nowhere). `load_kw` is the house without cars and batteries, `solar_kw` what
    the roof gives, `plan_kw` what each asset is to take (positive is charging), `assets` what else
    the plan says of it. One more kW of month peak costs `peak_eur_kw` over the coming bills.
    """

    type: Literal["outlook"] = "outlook"
    start: Time
    buy_eur_kwh: tuple[float | None, ...]
    sell_eur_kwh: tuple[float | None, ...]
    provisional: tuple[bool, ...] = ()
    load_kw: tuple[float | None, ...] = ()
    solar_kw: tuple[float | None, ...] = ()
    plan_kw: dict[Line, tuple[float, ...]] = {}
    assets: dict[Line, PlannedAsset] = {}
    peak_eur_kw: float | None = None
    choices: tuple[Choice, ...] = ()
    note: Line = ""


class BillLine(Part):
    name: Line
    energy: Literal["electricity", "gas", "water"]
    amount: float | None
    unit: Line
    eur: float
    provisional: bool = False


class BillPeak(Part):
    """One of the twelve months whose peaks are billed: its kW, and what it counts for."""

    month: date
    kw: float
    billed_kw: float
    drops_out_next: bool = False


class Bill(Part):
    """The month so far, line by line, including VAT, and what it is likely to become.

    Where the maximum tariff binds, each kWh of offtake in the month adds `cap_eur_kwh` to it.
    `notes` say why lines are provisional, and what has no price yet. `settled` is what was settled
    this month; of earlier months it is in `lines` too, as corrections.
    """

    type: Literal["bill"] = "bill"
    time: Time | None
    start: date
    lines: tuple[BillLine, ...]
    total_eur: float | None
    expected_eur: float | None = None
    peaks: tuple[BillPeak, ...] = ()
    peak_eur_kw: float | None = None
    cap_eur_kwh: float = 0.0
    why: Line = ""
    notes: tuple[Line, ...] = ()
    settled: "tuple[Settled, ...]" = ()


class PeakState(Part):
    """The quarter and the months, for the peak panels. `mean_kw` is the billed 12-month mean.

    `target_kw` is what is paid anyway: the month peak, at least the floor, under the owner's
    ceiling. `gap_kw` is target minus forecast: positive is room, negative is overshoot. The meter
    has not sent its month peaks since `lost_since`: the consent for them must be renewed.
    """

    type: Literal["peak"] = "peak"
    time: Time | None
    quarter: Quarter | None
    month_peak: Peak | None
    target_kw: float | None
    gap_kw: float | None
    headroom_kw: float | None
    steady_kw: float | None = None
    budget_wh: float | None
    floor_kw: float
    mean_kw: float | None
    months: tuple[MonthPeak, ...] = ()
    lost_since: Time | None = None


class Rate(Part):
    """One price. `name` is a field of UsagePeriod; `active` is whether it holds now.

    It is `provisional` while a part of it stands in for one that is not known yet.
    """

    name: Line
    label: Line
    price: float
    unit: Line
    active: bool
    provisional: bool = False


class Rates(Part):
    """The current prices, and when the tariff changes next.

    `endings` says which tables, indices and contracts end soon, a sentence each.
    """

    type: Literal["rates"] = "rates"
    time: Time | None
    tariff: Literal["day", "night"] | None
    rates: tuple[Rate, ...]
    next_change: Time | None = None
    note: Line = ""
    endings: tuple[Line, ...] = ()


class Used(Part):
    """An amount and its money: EUR paid, or for injection EUR earned. None: no price is known.

    Of the amount, `provisional` has money that is not final and `missing` has none yet on a line.
    """

    amount: float
    eur: float | None
    provisional: float = 0.0
    missing: float = 0.0


class UsagePeriod(Part):
    """Use and cost of one period. kWh for electricity, m3 for gas and water.

    None where nothing is known. `total_eur` is offtake - injection + gas + water.
    """

    label: Line
    start: date
    days: int
    offtake_day: Used | None
    offtake_night: Used | None
    injection_day: Used | None
    injection_night: Used | None
    electricity_eur: float | None
    gas: Used | None
    gas_kwh: float | None
    water: Used | None
    total_eur: float | None
    peak: Peak | None = None


class Usage(Part):
    """The usage table: day-3, day-2, day-1, today, week, month, year, in that order."""

    type: Literal["usage"] = "usage"
    time: Time | None
    periods: tuple[UsagePeriod, ...]


class TelegramLine(Part):
    obis: Line
    name: Line
    text: Line


class TelegramText(Part):
    """The last telegram, line by line, with what each line is."""

    type: Literal["telegram"] = "telegram"
    time: Time | None
    header: Line
    lines: tuple[TelegramLine, ...]


class Registers(Part):
    """The meter's own registers, as it sent them last: kWh, m3 for gas and water; null: none.

    They are never recomputed: on a meter change they begin where the new meter's do.
    """

    type: Literal["registers"] = "registers"
    time: Time | None
    meter_id: Line | None
    offtake_day_kwh: float | None = None
    offtake_night_kwh: float | None = None
    injection_day_kwh: float | None = None
    injection_night_kwh: float | None = None
    gas_m3: float | None = None
    water_m3: float | None = None


class ClosedQuarter(Part):
    """One quarter that was booked: amounts in kWh and m3, EUR paid (for injection earned) with VAT.

    `mean_kw` is the demand at which it closed, `month_peak_kw` the highest of its month up to it.
    `changed` is when it closed, or was settled last; its money is `final` when none is awaited.
    """

    start: Time
    changed: Time
    offtake_day_kwh: float | None = None
    offtake_night_kwh: float | None = None
    injection_day_kwh: float | None = None
    injection_night_kwh: float | None = None
    gas_m3: float | None = None
    water_m3: float | None = None
    offtake_eur: float | None = None
    injection_eur: float | None = None
    gas_eur: float | None = None
    water_eur: float | None = None
    mean_kw: float | None = None
    month_peak_kw: float | None = None
    final: bool = True


class Quarters(Part):
    """Closed quarters in the order in which they changed, a day of them at most.

    Whoever wants more asks again with the `changed` and `start` of the last.
    """

    type: Literal["quarters"] = "quarters"
    quarters: tuple[ClosedQuarter, ...]


class Demand(Part):
    """Past quarters, oldest first: mean offtake and injection in kW, from `start`, 15 min each."""

    type: Literal["demand"] = "demand"
    start: Time
    offtake_kw: tuple[float | None, ...]
    injection_kw: tuple[float | None, ...]


class CarState(Part):
    """One car: how full it is, where, what its owner said of it, and what it is charged to.

    `charger` is where it is plugged in, null: nowhere here. `ready_by` is when `target_pct` must be
    reached; `leaves` its next trip; `lacks_kwh` what the plan will be short of then.
    """

    name: Name
    charger: Line | None = None
    soc_pct: Percent | None = None
    soc_at: Time | None = None
    mode: Literal["auto", "boost", "pause", "charge"] = "auto"
    target_pct: Percent | None = None
    ready_by: Time | None = None
    leaves: Time | None = None
    ready_at: Time | None = None
    lacks_kwh: float | None = None


class ChargerState(Part):
    """One charger: who is plugged in, its set-point and gives, and why.

    `stay_kwh` and `stay_eur` are what the car got since it was plugged in at `stay_since` (null
    when nobody saw that), and what that cost. `notice` is what its owner must see to. `asks` are
    the cars that may hang there when its owner must say which: `car NAME on CHARGER` answers.
    """

    name: Name
    plugged: bool | None = None
    car: Line | None = None
    asks: tuple[Name, ...] = ()
    told_a: float | None = None
    phases: int | None = None
    power_kw: float | None = None
    why: Line = ""
    stay_since: Time | None = None
    stay_kwh: float | None = None
    stay_eur: float | None = None
    notice: Line = ""


class Charging(Part):
    """The state of every charger and every car of the house.

    `choice` is its owner's word on trips that raise the month peak or pay expensive hours. `name`
    is whose chargers they are, where the meter passes it on.
    """

    type: Literal["charging"] = "charging"
    name: Line = ""
    time: Time
    cars: tuple[CarState, ...] = ()
    chargers: tuple[ChargerState, ...] = ()
    choice: Literal["accept", "refuse"] = "accept"


class Stay(Part):
    """One car on one charger from `since` (`seen` when the plug-in was watched) until `until`.

    `kwh` came out of the charger, of which `battery_kwh` the home battery's and `sun_kwh` the
    roof's (null: written before that was counted); `from_kwh` and `to_kwh` are the charger's own
    register, null where it has none. `eur` is what it cost, null where a price was not known; `car`
    is null where nobody knew which.
    """

    since: Time
    until: Time
    charger: Line
    car: Line | None
    kwh: Finite
    battery_kwh: Finite = 0.0
    sun_kwh: Finite | None = None
    from_kwh: Finite | None = None
    to_kwh: Finite | None = None
    eur: Finite | None = None


class Stays(Part):
    """The last stays of cars on the chargers of the house that have ended, oldest first.

    `name` is whose chargers they are, where the meter passes it on.
    """

    type: Literal["stays"] = "stays"
    name: Line = ""
    stays: tuple[Stay, ...] = ()


class BatteryState(Part):
    """One home battery: how full, what it takes (positive is charging), its set-point.

    `notice` is what its owner must see to.
    """

    name: Name
    soc_pct: Percent | None = None
    power_kw: float | None = None
    told_kw: float | None = None
    notice: Line = ""


class Batteries(Part):
    """The state of the home batteries; `mode` is their owner's word, which holds `until`.

    `name` is whose batteries they are, where the meter passes it on.
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


class Event(Part):
    at: Time
    level: Literal["info", "warning", "error"]
    text: Line


class Events(Part):
    """The last things that happened, oldest first."""

    type: Literal["events"] = "events"
    events: tuple[Event, ...]


class Settled(Part):
    """Money that was provisional, or missing, and was settled at `at`: one line, one month of use.

    `amount` of the days `first` to `last` was booked at `was_eur` and is `eur`; income is negative.
    `unit` is kWh, m3 for gas and water, and that of a fee: day, kW year.
    """

    at: Time
    energy: Literal["electricity", "gas", "water"]
    line: Line
    first: date
    last: date
    amount: float
    unit: Line = "kWh"
    was_eur: float
    eur: float


class History(Part):
    """Closed days, oldest first, each as in Usage, and what was settled since the first of them.

    What was settled is in the days it was used on.
    """

    type: Literal["history"] = "history"
    days: tuple[UsagePeriod, ...]
    settled: tuple[Settled, ...] = ()


class BadTelegram(Part):
    """The last telegram that was no good: why, and its bytes with every id masked."""

    at: Time
    reason: Line
    text: str


class Wire(Part):
    """Quality of the line to the meter. `error_pct` is of all telegrams since the start.

    `clock_ahead_s` is how far the meter's clock is ahead of ours, with the last telegram.
    """

    good: int
    rejected: dict[Line, int] = {}
    error_pct: float | None = None
    garbage_bytes: int = 0
    last_bad: BadTelegram | None = None
    clock_ahead_s: float | None = None


class Vitals(Part):
    """Health of a daemon; also answered to GET /health, with 503 when not healthy.

    `heard_s` is how long ago each it depends on was heard, null when never; `restarts` how often
    each part of it failed and began again; `connections` who is here, was refused or cut off;
    `settings_changed` that config.py differs from the one it started with.
    """

    type: Literal["health"] = "health"
    name: Name
    version: Line
    uptime_s: float
    healthy: bool
    why: Line = ""
    heard_s: dict[Line, float | None] = {}
    restarts: dict[Line, int] = {}
    connections: dict[Line, int] = {}
    disk_free_mb: int | None = None
    wire: Wire | None = None
    settings_changed: bool = False


class Command(Part):
    """A command that was typed or sent by a program: a word and its arguments."""

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
    """Asks for a code that lets one phone in. Answered to this machine only, by a `reply`."""

    type: Literal["invite"] = "invite"


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
"""Why a notification is sent; "test" is one that its owner asked for."""


class Button(Part):
    """An answer to a notification: its label, and a command for `to`, a neighbour of the meter."""

    label: Line
    to: Name
    word: Line
    args: tuple[Line, ...] = ()


class Notification(Part):
    """Something that the household is told once: `key` is its cause.

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


class Error(Part):
    """An error in a sentence, and the words that exist."""

    type: Literal["error"] = "error"
    text: Line
    words: tuple[Line, ...] = ()


Message = Annotated[
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
    | Error,
    Field(discriminator="type"),
]
_ANY: TypeAdapter[Message] = TypeAdapter(Message)
_PLAINLY = {
    "union_tag_not_found": 'a message has a "type"',
    "union_tag_invalid": "there is no such type of message",
}


def brief(text: str, most: int = WHY_MOST) -> str:
    """The text in at most so many characters: a longer one ends at a word, with an ellipsis."""
    if len(text) <= most:
        return text
    words, gap, _ = text[:most].rpartition(" ")
    return f"{(words if gap else text[: most - 1]).rstrip(' ,;:.')}…"


def encode(message: Message) -> str:
    """The message as one line of JSON."""
    return message.model_dump_json()


def decode(text: str | bytes) -> Message:
    """The message in one line of JSON. ValueError with a sentence when it is none."""
    try:
        return _ANY.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = _PLAINLY.get(first["type"], first["msg"])
        raise ValueError(f"{where}: {what}" if where else what) from None


def typed(text: str) -> Message:
    """A line typed by hand: a word with arguments, or JSON. ValueError when it is neither."""
    line = text.strip()
    if line.startswith("{"):
        return decode(line)
    word, *args = line.split() or [""]
    return Command(word=word.lower(), args=tuple(args))
