"""For any house, car and owner the charger gets a feasible set-point with a sentence."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from base import messages
from base.limits import LEAST_A
from ev.electrical import ability
from ev.facts import Car, ChargerPhase, ChargerState, Trip
from ev.inputs import AUTO, Cable, Mode, Rules, Scene, Wish
from ev.session import Draw
from ev.strategy import Memory, decide

START = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)  # the night the clock goes forward
KW = st.one_of(st.none(), st.floats(-50, 50))
PRICES = st.lists(st.one_of(st.none(), st.floats(-0.5, 1.0)), max_size=200).map(tuple)


@st.composite
def houses(draw: st.DrawFn, now: datetime) -> messages.House | None:
    if draw(st.integers(0, 9)) == 0:
        return None
    net_kw = draw(KW)
    start = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    quarter = messages.Quarter(
        start=start,
        end=start + timedelta(minutes=15),
        so_far_kw=draw(st.floats(0, 20)),
        own_kw=None,
        forecast_kw=draw(st.floats(0, 20)),
        error_kw=0.1,
    )
    phase = messages.Phase(
        offtake_kw=draw(KW), injection_kw=draw(KW), voltage_v=draw(KW), current_a=None
    )
    grant = messages.Grant(kw=draw(st.floats(-5, 30)), until=now + timedelta(seconds=5), why="")
    return messages.House(
        time=draw(st.sampled_from([now, None])),
        meter_id=None,
        tariff=None,
        offtake_kw=None if net_kw is None else max(0.0, net_kw),
        injection_kw=None if net_kw is None else max(0.0, -net_kw),
        phases=(phase,) * draw(st.integers(0, 3)),
        limit_kw=draw(KW),
        limit_a=draw(KW),
        quarter=draw(st.sampled_from([quarter, None])),
        target_kw=draw(KW),
        budget_wh=draw(st.one_of(st.none(), st.floats(-5000, 5000))),
        health=messages.Health(
            state=draw(st.sampled_from(["fresh", "fresh", "stale"])),
            age_s=0.0,
            good=1,
            rejected=0,
        ),
        grants={"ev": grant} if draw(st.booleans()) else {},
    )


@st.composite
def cables(draw: st.DrawFn, name: str, now: datetime) -> Cable:
    amps = st.floats(6, 32)
    charger = ChargerState(
        charger=name,
        at=now - timedelta(seconds=draw(st.integers(0, 60))),
        phase=draw(st.sampled_from(ChargerPhase)),
        set_a=draw(st.one_of(st.none(), amps)),
        phases=draw(st.sampled_from([None, 1, 2, 3])),
        power_kw=draw(KW),
        currents_a=tuple(draw(st.lists(st.floats(0, 40), max_size=3))),
        rated_a=draw(amps),
        rated_phases=draw(st.sampled_from([1, 3])),
        can_switch_phases=draw(st.booleans()),
    )
    car = Car(
        name="q4", capacity_kwh=77.0, most_a=draw(amps), phases=draw(st.sampled_from([1, 2, 3]))
    )
    trips = tuple(
        Trip(
            car="q4",
            departure=leaves,
            back=leaves + timedelta(hours=8),
            target_pct=draw(st.floats(0, 100)),
            title="@q4@",
            why="",
        )
        for leaves in (now + timedelta(hours=draw(st.floats(-2, 60))) for _ in range(2))
    )
    wish = draw(
        st.sampled_from(
            [AUTO, AUTO, Wish(Mode.BOOST), Wish(Mode.PAUSE), Wish(Mode.CHARGE, 90.0, now)]
        )
    )
    taken = Draw(draw(st.sampled_from([None, 1, 3])), draw(st.one_of(st.none(), st.floats(1, 32))))
    soc_pct = draw(st.one_of(st.none(), st.floats(0, 100)))
    return Cable(
        charger=charger,
        car=draw(st.sampled_from([car, None])),
        soc_pct=soc_pct,
        soc_at=now,
        draw=taken,
        wish=wish,
        trips=trips,
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_set_point_can_be_done_and_is_explained(data: st.DataObject) -> None:
    """0 A, or 6 A up to the limits of charger and car, on phases it has, with a reason."""
    memory, now = Memory(), START
    rules = Rules(fuse_a=data.draw(st.sampled_from([None, 25.0])))
    for _ in range(6):
        now += timedelta(seconds=data.draw(st.sampled_from([1, 30, 900, 7200])))
        prices = data.draw(PRICES)
        plan = {"q4": data.draw(st.lists(st.floats(0, 20), max_size=200).map(tuple))}
        outlook = messages.Outlook(start=now - timedelta(hours=1), buy_eur_kwh=prices,
                                   sell_eur_kwh=prices[:50], plan_kw=plan)  # fmt: skip
        both = tuple(data.draw(cables(name, now)) for name in ("main", "carport"))
        scene = Scene(
            now=now,
            house=data.draw(houses(now)),
            cables=both,
            outlook=data.draw(st.sampled_from([None, outlook])),
        )
        decision = decide(scene, rules, memory)
        memory = decision.memory
        decision.need(now)
        for cable in both:
            told = decision.set_points[cable.charger.charger]
            able = ability(cable.charger, cable.car, cable.draw)
            assert told.why
            assert told.current_a == 0.0 or LEAST_A <= told.current_a <= able.most_a + 1e-9
            if told.current_a:
                assert told.phases in able.phases
                assert cable.charger.plugged
