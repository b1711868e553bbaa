"""One charger and one car, second by second, for the tests of single rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from base import messages
from base.time import quarter_of
from ev.electrical import power_kw
from ev.facts import Car, ChargerPhase, ChargerState, SetPoint, Trip
from ev.inputs import AUTO, Cable, Rules, Scene, Wish
from ev.session import Draw
from ev.strategy import Decision, Memory, decide

NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
EVENING = datetime(2026, 1, 15, 17, 0, tzinfo=UTC)
NIGHT = datetime(2026, 1, 15, 22, 0, tzinfo=UTC)
Q4 = Car(name="q4", capacity_kwh=77.0)
HEALTH = messages.Health(state="fresh", age_s=0.0, good=1, rejected=0)


@dataclass(kw_only=True)
class Bench:
    """A house of `house_kw`, a car that draws all the current it is offered, and a grant each
    second.
    """

    now: datetime = EVENING
    house_kw: float = 0.4
    soc_pct: float | None = 50.0
    car: Car | None = Q4
    wish: Wish = AUTO
    trips: tuple[Trip, ...] = ()
    rules: Rules = field(default_factory=Rules)
    granted_kw: float | None = 11.1
    parts: dict[str, messages.GrantedAsset] = field(default_factory=dict)
    outlook: messages.Outlook | None = None
    plugged: bool = True
    heard: bool = True
    takes: bool = True
    switches: bool = True
    fuse_drawn_a: float | None = None
    power_kw: float = 0.0
    memory: Memory = field(default_factory=Memory)
    set: SetPoint = field(default_factory=lambda: SetPoint(0.0, 1, ""))
    diary: list[str] = field(default_factory=list)

    def second(self) -> Decision:
        """Advance one second and decide."""
        self.now += timedelta(seconds=1)
        decision = decide(self._scene(), self.rules, self.memory)
        self.memory = decision.memory
        self.diary += decision.diary
        self.set = decision.set_points["main"]
        self.power_kw = power_kw(self.set) if self.takes and self.plugged else 0.0
        if self.soc_pct is not None:
            kwh = self.power_kw / 3600.0
            self.soc_pct = min(100.0, self.soc_pct + 100 * kwh * 0.9 / 77.0)
        return decision

    def seconds(self, count: int) -> Iterator[SetPoint]:
        """The set-point of each of the next seconds."""
        for _ in range(count):
            self.second()
            yield self.set

    def run(self, count: int) -> SetPoint:
        """The set-point after this number of seconds."""
        for _ in self.seconds(count):
            pass
        return self.set

    def _scene(self) -> Scene:
        state = ChargerState(
            charger="main",
            at=self.now,
            phase=self._phase(),
            set_a=self.set.current_a,
            paused=self.set.current_a == 0,
            phases=self.set.phases if self.switches else 3,
            power_kw=self.power_kw,
            currents_a=(self.power_kw / self.set.phases / 0.23,),
            rated_phases=3,
            can_switch_phases=self.switches,
        )
        known = self.car if self.plugged else None
        soc = self.soc_pct if self.plugged else None
        cable = Cable(
            charger=state,
            car=known,
            soc_pct=soc,
            soc_at=EVENING,
            draw=Draw(),
            wish=self.wish,
            trips=self.trips,
        )
        return Scene(
            now=self.now,
            house=self.house() if self.heard else None,
            cables=(cable,),
            outlook=self.outlook,
        )

    def _phase(self) -> ChargerPhase:
        if not self.plugged:
            return ChargerPhase.STANDBY
        return ChargerPhase.CHARGING if self.power_kw > 0.1 else ChargerPhase.CONNECTED

    def house(self) -> messages.House:
        net_kw = self.house_kw + self.power_kw
        start = quarter_of(self.now - timedelta(seconds=1))
        drawn_a = self.fuse_drawn_a
        phase = messages.Phase(
            offtake_kw=None if drawn_a is None else drawn_a * 0.23 + self.power_kw / 3,
            injection_kw=0.0,
            voltage_v=230.0,
            current_a=drawn_a,
        )
        return messages.House(
            time=self.now,
            meter_id=None,
            tariff=None,
            offtake_kw=max(0.0, net_kw),
            injection_kw=max(0.0, -net_kw),
            phases=(phase,) * 3,
            quarter=messages.Quarter(
                start=start,
                end=start + timedelta(minutes=15),
                so_far_kw=0.0,
                own_kw=None,
                forecast_kw=0.0,
                error_kw=0.0,
            ),
            target_kw=4.0,
            health=HEALTH,
            grants={} if self.granted_kw is None else {"ev": self._grant(self.granted_kw)},
        )

    def _grant(self, kw: float) -> messages.Grant:
        until = self.now + timedelta(seconds=10)
        return messages.Grant(kw=kw, until=until, why="by the plan", assets=self.parts)


def planned(
    kws: tuple[float, ...], start: datetime = EVENING, *, lacks_kwh: float = 0.0,
    choices: tuple[messages.Choice, ...] = (),
) -> messages.Outlook:  # fmt: skip
    """The meter's plan for q4, per quarter from `start`."""
    kws = (kws + (0.0,) * 192)[:192]
    return messages.Outlook(
        start=start,
        buy_eur_kwh=(0.25,) * 192,
        sell_eur_kwh=(0.05,) * 192,
        plan_kw={"q4": kws},
        assets={"q4": messages.PlannedAsset(worth_eur_kwh=0.25, lacks_kwh=lacks_kwh)},
        choices=choices,
    )


def trip(hours: float, target_pct: float, now: datetime = EVENING) -> Trip:
    """A trip in this number of hours."""
    leaves = now + timedelta(hours=hours)
    return Trip(
        car="q4",
        departure=leaves,
        back=leaves + timedelta(hours=8),
        target_pct=target_pct,
        title="Antwerp",
        why="",
    )
