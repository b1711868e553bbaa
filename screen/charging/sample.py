"""An example of the charging screen, on a January night: for the README picture and the tests."""

from datetime import UTC, datetime, timedelta

from base import messages as m
from ev.central_plan import Plan
from ev.charge_demand import Demand, Urgency
from ev.charger_state import Control
from ev.facts import Car, ChargerPhase, ChargerState, SetPoint, Trip
from ev.inputs import Cable
from screen.charging.view import CarRow, ChargingView, Plug

NOW = datetime(2026, 1, 15, 22, 12, 7, tzinfo=UTC)
LEAVES = datetime(2026, 1, 16, 6, 30, tzinfo=UTC)
TRIP = Trip(
    car="q4",
    departure=LEAVES,
    back=LEAVES + timedelta(hours=10),
    target_pct=80.0,
    title="@q4@ Antwerp",
    why="80 % asked",
)
TO_WORK = Trip(
    car="zoe",
    departure=LEAVES + timedelta(hours=1),
    back=LEAVES + timedelta(hours=9),
    target_pct=70.0,
    title="@zoe@ work",
    why="",
)


ZOE_WAITS = (
    "zoe must be at 70 % by Fri 08:30 for work: waiting, planned from Fri 04:00: a later hour"
    " is cheaper"
)


def charging_example() -> ChargingView:
    """Thu 15 Jan 2026 23:12:07: the Q4 charges for Antwerp, the Zoe waits for its turn."""
    return ChargingView(
        now=NOW,
        heard=NOW - timedelta(seconds=1),
        house=_house(),
        plugs=(_q4(), _zoe()),
        cars=(
            CarRow(
                name="q4",
                soc_pct=62.0,
                read_at=NOW - timedelta(minutes=14),
                read_by="eudataact",
                charger="main",
            ),
            CarRow(
                name="zoe",
                soc_pct=55.0,
                read_at=NOW - timedelta(hours=3),
                read_by="owner",
                charger="carport",
            ),
        ),
        trips=(TRIP, TO_WORK),
        events=_events(),
        asked_kw=11.04,
        title="car charging",
    )


def _q4() -> Plug:
    state = ChargerState(
        charger="main",
        at=NOW,
        phase=ChargerPhase.CHARGING,
        set_a=13.0,
        paused=False,
        phases=1,
        power_kw=2.97,
        currents_a=(12.9, 0.0, 0.0),
        session_kwh=1.19,
        can_switch_phases=True,
    )
    read_at = NOW - timedelta(minutes=14)
    cable = Cable(
        charger=state,
        car=Car(name="q4", capacity_kwh=77.0),
        soc_pct=62.0,
        soc_at=read_at,
        trips=(TRIP,),
    )
    why = "q4 must be at 80 % by Fri 07:30 for Antwerp"
    kws = (2.99,) * 20 + (0.0,) * 13
    plan = Plan(
        start=NOW,
        kws=kws,
        sunny=(False,) * len(kws),
        deadline=LEAVES,
        energy_kwh=13.9,
        begins=NOW,
        ready_at=datetime(2026, 1, 16, 2, 50, tzinfo=UTC),
        eur=3.09,
    )
    told = SetPoint(13.0, 1, f"{why}: 3.0 kW is planned for now")
    control = Control(set=told, since=NOW - timedelta(minutes=24), charging=True, plugged=True)
    wanted = Demand(
        urgency=Urgency.TRIP, why=why, energy_kwh=13.9, deadline=LEAVES, target_pct=80.0
    )
    whose = "q4: says it is plugged in"
    came = NOW - timedelta(minutes=25)
    return Plug(
        cable=cable,
        demand=wanted,
        control=control,
        plan=plan,
        whose=whose,
        read_by="eudataact",
        came=came,
        eur=0.26,
        battery_eur_kwh=0.31,
    )


def _zoe() -> Plug:
    state = ChargerState(
        charger="carport",
        at=NOW,
        phase=ChargerPhase.CONNECTED,
        set_a=6.0,
        paused=True,
        phases=1,
        power_kw=0.0,
        session_kwh=0.0,
        rated_phases=1,
    )
    why = "zoe must be at 70 % by Fri 08:30 for work"
    car = Car(name="zoe", capacity_kwh=41.0, phases=1)
    cable = Cable(
        charger=state, car=car, soc_pct=55.0, soc_at=NOW - timedelta(hours=3), trips=(TO_WORK,)
    )
    kws = (0.0,) * 20 + (2.07,) * 13
    begins = datetime(2026, 1, 16, 3, 0, tzinfo=UTC)
    plan = Plan(
        start=NOW,
        kws=kws,
        sunny=(False,) * len(kws),
        deadline=TO_WORK.departure,
        energy_kwh=6.8,
        begins=begins,
        ready_at=begins + timedelta(hours=3.3),
        eur=1.52,
    )
    told = SetPoint(0.0, 1, f"{why}: waiting, planned from Fri 04:00: a later hour is cheaper")
    control = Control(set=told, since=NOW - timedelta(hours=2), plugged=True)
    wanted = Demand(
        urgency=Urgency.TRIP, why=why, energy_kwh=6.8, deadline=TO_WORK.departure, target_pct=70.0
    )
    whose = "the owner says it is zoe"
    return Plug(
        cable=cable,
        demand=wanted,
        control=control,
        plan=plan,
        whose=whose,
        read_by="owner",
        came=NOW - timedelta(hours=4),
        eur=0.0,
    )


def _house() -> m.House:
    end = datetime(2026, 1, 15, 22, 15, tzinfo=UTC)
    return m.House(
        time=NOW - timedelta(seconds=1),
        meter_id="1SAG3105241605",
        tariff="night",
        offtake_kw=3.29,
        injection_kw=0.0,
        grid="3x400",
        price_offtake_eur_kwh=0.2225,
        quarter=m.Quarter(
            start=end - timedelta(minutes=15),
            end=end,
            so_far_kw=2.62,
            own_kw=2.62,
            forecast_kw=3.27,
            error_kw=0.05,
        ),
        month_peak=m.Peak(kw=3.41, at=datetime(2026, 1, 6, 16, 15, tzinfo=UTC)),
        target_kw=3.41,
        headroom_kw=0.72,
        budget_wh=197.0,
        health=m.Health(state="fresh", age_s=0.2, good=63504, rejected=2),
        grants={"ev": m.Grant(kw=3.0, until=end, why="3.0 kW is planned for now")},
    )


def _events() -> m.Events:
    rows = (
        (17, 2, "zoe is connected to carport at 55 %"),
        (17, 2, ZOE_WAITS),
        (20, 47, "q4 is connected to main at 59 %"),
        (21, 48, "q4 must be at 80 % by Fri 07:30 for Antwerp: 3.0 kW is planned for now"),
    )
    return m.Events(
        events=tuple(
            m.Event(at=NOW.replace(hour=hour, minute=minute), level="info", text=text)
            for hour, minute, text in rows
        )
    )
