"""What each charger does this second, and why: the whole of the tactics, as one pure step.

    below the least charge, or the owner's word   at once, whatever it costs
    a trip                                        by its departure; over the peak if it must
    sun                                           what the house leaves of it
    otherwise                                     the cheapest hours, under the month peak

With a fresh grant from dm, dm has weighed all that: it is followed, but for what must be at once.
Without a word from the meter every charger goes to its safe state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from base import messages
from base.time import HOUR_S
from ev import diary, sentences
from ev import drive as driving
from ev.current import Ability, ability, power_kw
from ev.drive import Drive
from ev.errand import Errand, Urgency, errand
from ev.facts import SetPoint
from ev.inputs import Away, Cable, Rules, Safe, Scene
from ev.jobs import Job, with_plans
from ev.load import Load, followed
from ev.room import Room, room
from ev.session import LEAST_A
from ev.steer import Limit, moved, on_phases, sunny_kw
from ev.tell import need

CANNOT_WAIT = 0.8
HURRIED = (Urgency.NOW, Urgency.SOON, Urgency.TRIP)


@dataclass(frozen=True, slots=True)
class Memory:
    """What must be remembered from one decision to the next."""

    load: Load = field(default_factory=Load)
    drives: Mapping[str, Drive] = field(default_factory=dict)
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What each charger (by name) is to do, what to remember, and the lines for the diary.

    `served` is each cable with what can flow there and what its car wants, the most urgent first.
    `help_kw` is what cars that cannot wait take beyond what the quarter leaves: asked of a battery.
    """

    set_points: Mapping[str, SetPoint]
    memory: Memory
    diary: tuple[str, ...]
    served: tuple[tuple[Cable, Ability, Errand], ...]
    away: tuple[Away, ...] = ()
    help_kw: float = 0.0
    accepts: bool = True
    least_idle_s: float = messages.LEAST_IDLE_S

    def need(self, now: datetime) -> messages.Need:
        """What dm is told."""
        told = need(
            self.served,
            self.away,
            self.set_points,
            now,
            lost=self.memory.lost,
            least_idle_s=self.least_idle_s,
        )
        choice = "accept" if self.accepts else "refuse"
        return told.model_copy(update={"help_kw": self.help_kw, "choice": choice})


def decide(scene: Scene, rules: Rules, memory: Memory) -> Decision:
    """The set-point of every charger at `scene.now`."""
    jobs = sorted((_job(cable, memory, scene.now) for cable in scene.cables), key=lambda j: j.rank)
    house = scene.house
    if house is None or house.health.state != "fresh" or house.offtake_kw is None:
        jobs = [replace(job, drive=_safe(job, rules, scene.now)) for job in jobs]
        return _decided(scene, jobs, rules, replace(memory, lost=True), lost_before=memory.lost)
    load = _followed(memory.load, house, house.offtake_kw, jobs, scene.now)
    jobs = with_plans(scene, rules, load, jobs)
    jobs, help_kw = _served(scene, house, rules, load, jobs)
    done = _decided(scene, jobs, rules, Memory(load, {}, lost=False), lost_before=memory.lost)
    return replace(done, help_kw=help_kw)


def _job(cable: Cable, memory: Memory, now: datetime) -> Job:
    drive = driving.looked(memory.drives.get(cable.charger.charger, Drive()), cable.charger, now)
    drive = driving.heard(drive, cable.wish)
    wanted = errand(cable, now, reached_pct=drive.reached_pct)
    reached_pct = 0.0 if wanted.energy_kwh else wanted.target_pct or 0.0
    if reached_pct != drive.reached_pct:
        drive = replace(drive, reached_pct=reached_pct)
    return Job(cable, ability(cable.charger, cable.car, cable.draw), wanted, drive)


def _followed(
    load: Load, house: messages.House, offtake_kw: float, jobs: list[Job], now: datetime
) -> Load:
    """The house without its cars, after this telegram."""
    bounds = [driving.bounds_kw(job.drive, job.cable.charger, now) for job in jobs]
    net_kw = offtake_kw - (house.injection_kw or 0.0)
    least_kw, most_kw = sum(low for low, _ in bounds), sum(high for _, high in bounds)
    return followed(load, house.time or now, net_kw, least_kw, most_kw)


def _served(
    scene: Scene, house: messages.House, rules: Rules, load: Load, jobs: list[Job]
) -> tuple[list[Job], float]:
    """The jobs with their set-points: each takes of the room what those before it leave.

    And the kW that those who cannot wait take beyond what the quarter leaves.
    """
    plans = (job.drive.plan for job in jobs)
    over_kw = sum(plan.over_kw for plan in plans if plan and plan.now_kw)
    cars_a = sum(driving.drawn_a(job.drive, job.cable.charger, scene.now) for job in jobs)
    left = room(house, load, rules, scene.now, over_kw=over_kw, cars_a=cars_a)
    spare_kw = left.hold_kw if left.granted else left.hold_kw - over_kw
    done: list[Job] = []
    for job in jobs:
        drive = _steered(job, left, scene, rules)
        done.append(replace(job, drive=drive))
        left = left.less(power_kw(drive.set), drive.set.current_a)
    hurried = [job for job in done if job.errand.urgency in HURRIED]
    taken_kw = sum(power_kw(job.drive.set) for job in done)
    beyond_kw = min(taken_kw, taken_kw - spare_kw) if hurried else 0.0
    return done, round(max(0.0, beyond_kw), 2)


def _steered(job: Job, left: Room, scene: Scene, rules: Rules) -> Drive:
    """The drive of one charger with its next set-point."""
    now, able, drive = scene.now, job.able, job.drive
    if (drive.nap_until and now < drive.nap_until) or _gave_up(drive, now):
        why = sentences.asleep(job.cable, drive)
        return driving.told(drive, SetPoint(0.0, able.phases[0], why), now, forced=True)
    drive, sun_kw, want_kw = _wanted(job, left, now, rules)
    if job.errand.urgency is Urgency.NOW:
        power, limit = able.most_kw, Limit.NOTHING
    else:
        seldom = sun_kw > 0 or job.errand.urgency is Urgency.CHEAP
        drive, power, limit = moved(drive, want_kw, left, able, now, rules, seldom=seldom)
    current_a, phases, fuse = on_phases(drive, power, left, able, now, rules)
    limit = fuse or limit
    turn = sentences.Turn(
        scene, rules, job.cable, job.errand, drive, left, limit, sun_kw, able.least_kw
    )
    why = sentences.why(turn, charging=current_a > 0)
    forced = left.granted or fuse is Limit.FUSE
    return driving.told(drive, SetPoint(current_a, phases, why), now, forced=forced)


def _wanted(job: Job, left: Room, now: datetime, rules: Rules) -> tuple[Drive, float, float]:
    """What the sun gives, and what the car wants: the more of sun and plan."""
    drive, able = job.drive, job.able
    if job.errand.energy_kwh <= 0:
        return drive, 0.0, 0.0
    if left.granted or job.errand.urgency is Urgency.SOON:
        return drive, 0.0, able.most_kw
    drive, sun_kw = sunny_kw(drive, left, able, now, rules)
    plan_kw = drive.plan.now_kw if drive.plan else 0.0
    return drive, sun_kw if sun_kw > plan_kw else 0.0, min(able.most_kw, max(sun_kw, plan_kw))


def _gave_up(drive: Drive, now: datetime) -> bool:
    return drive.refused is not None and now - drive.refused < driving.REFUSED


def _safe(job: Job, rules: Rules, now: datetime) -> Drive:
    """The drive of a charger while nobody hears the meter; what it did is remembered.

    A car that cannot wait keeps its phases: to switch them takes a stop, and a rest before it can
    be undone.
    """
    asked, least_kw = job.errand, job.able.least_kw
    cannot_wait = asked.urgency is Urgency.NOW
    if asked.deadline is not None and asked.urgency is Urgency.TRIP:
        left_h = (asked.deadline - now).total_seconds() / HOUR_S
        cannot_wait = asked.energy_kwh >= CANNOT_WAIT * left_h * least_kw
    charges = cannot_wait or (rules.safe is Safe.LEAST and asked.energy_kwh > 0)
    current_a = LEAST_A if charges and job.cable.charger.plugged else 0.0
    why = sentences.safe(job.cable, current_a)
    before = job.drive.before or job.drive.set
    last = job.drive.set
    keeps = cannot_wait and last.current_a > 0 and last.phases in job.able.phases
    phases = last.phases if keeps else job.able.phases[0]
    wanted = SetPoint(current_a, phases, why)
    safe = driving.told(job.drive, wanted, now, forced=True)
    return replace(safe, stopped=job.drive.stopped, before=before)


def _decided(
    scene: Scene, jobs: list[Job], rules: Rules, memory: Memory, *, lost_before: bool
) -> Decision:
    """The decision that these jobs make, with the news for the diary."""
    lines = diary.of_meter(memory.lost, lost_before)
    drives: dict[str, Drive] = {}
    for job in jobs:
        more, written = diary.of_cable(job.cable, job.errand, job.drive, scene.now)
        lines += more
        same = written == job.drive.written
        drives[job.name] = job.drive if same else replace(job.drive, written=written)
    return Decision(
        {name: drive.set for name, drive in drives.items()},
        replace(memory, drives=drives),
        tuple(lines),
        tuple((job.cable, job.able, job.errand) for job in jobs),
        scene.away,
        accepts=scene.accepts,
        least_idle_s=rules.idle_s,
    )
