"""The house of this second: power, quarter, month peak, line of the meter, grants."""

from datetime import date
from typing import Literal

from base.messages.fields import Finite, Line, Part, Time


class GrantedAsset(Part):
    """The part of a grant for one asset, kW, with its reason."""

    kw: Finite
    why: Line


class Grant(Part):
    """Power that one peer may take now, kW, with its expiry and reason. `assets` divides it by
    name."""

    kw: Finite
    until: Time
    why: Line
    assets: dict[Line, GrantedAsset] = {}


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

    `so_far_kw` is that of the energy used up to now; `forecast_kw` the expected closing value, give
    or take `error_kw`; `own_kw` the same as so_far from our own registers.
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
    `steady_kw` of it may run on in the quarter after. `yields_kw` is the power of cars and
    batteries that they give up as soon as the house needs it, `discharging_kw` the power of
    discharging batteries. `budget_wh` is the energy that may still be taken from the grid until the
    quarter ends. `grants` are by peer; `overtaking` names the peers that have taken more for ten
    seconds. The prices are `price_provisional` while a part of them is a substitute for an unknown
    one.
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


class PeakState(Part):
    """The quarter and the months, for the peak panels. `mean_kw` is the billed 12-month mean.

    `target_kw` is the demand that is paid anyway: the month peak, at least the floor, under the
    owner's ceiling. `gap_kw` is target minus forecast: positive is headroom, negative is overshoot.
    The meter has not sent its month peaks since `lost_since`: the consent for them must be renewed.
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
