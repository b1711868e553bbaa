"""Set-points of all chargers for this second, with their reasons, as one pure step.

    below the minimum charge, or the owner's command   at once, under the main fuse
    everything else                                  within the grant of the meter, which plans
    no meter, or no grant                            the safe state

A grant is for all cars together: the most urgent is served first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from base import messages
from base.limits import LEAST_A
from base.time import HOUR_S
from ev import charger_state, diary, obedience, sentences
from ev.central_plan import Plan, agreed
from ev.charge_demand import Demand, Urgency, demand
from ev.charger_state import Control
from ev.electrical import Ability, ability, power_kw
from ev.facts import SetPoint
from ev.grid_budget import GridBudget, fuse_a
from ev.inputs import OURS, Away, Cable, Rules, Safe, Scene
from ev.need_message import need
from ev.ramp import Limit, moved, on_phases

CANNOT_WAIT = 0.8
LACKING_KWH, LACKS_LITTLE_KWH = 1.0, 0.5
LACKING = timedelta(seconds=60)
"""Time for which plans must predict missing energy: the next plan may know better."""
PATIENCE = timedelta(seconds=10)
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Memory:
    """State from one decision to the next.

    `lost`: the chargers are in their safe state. `asking_since`: time since which a car needs
    energy and no grant is in force.
    """

    controls: Mapping[str, Control] = field(default_factory=dict)
    lost: bool = False
    grant: messages.Grant | None = None
    asking_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One cable during a decision."""

    cable: Cable
    able: Ability
    demand: Demand
    control: Control
    plan: Plan | None = None

    @property
    def rank(self) -> tuple[object, ...]:
        """The most urgent first, then by deadline; a car that charges before one that does not."""
        deadline = self.demand.deadline or FAR
        return (self.demand.urgency, deadline, not self.control.running, self.name)

    @property
    def name(self) -> str:
        return self.cable.charger.charger


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Set-point of each charger by name, the state to remember, and new lines for the log.

    `jobs` are the cables with their abilities and the demand of their cars, the most urgent first.
    """

    set_points: Mapping[str, SetPoint]
    memory: Memory
    diary: tuple[str, ...]
    jobs: tuple[Job, ...]
    away: tuple[Away, ...] = ()
    accepts: bool = True
    least_idle_s: float = messages.LEAST_IDLE_S
    calm_s: float = 0.0
    peer: str = OURS

    def need(self, now: datetime) -> messages.Need:
        """The need to send to the meter."""
        told = need(
            [(job.cable, job.able, job.demand, job.control) for job in self.jobs],
            self.away,
            self.set_points,
            now,
            peer=self.peer,
            lost=self.memory.lost,
            least_idle_s=self.least_idle_s,
            calm_s=self.calm_s,
        )
        return told.model_copy(update={"choice": "accept" if self.accepts else "refuse"})


def decide(scene: Scene, rules: Rules, memory: Memory) -> Decision:
    """The set-point of every charger at `scene.now`."""
    jobs = sorted((_job(cable, memory, scene) for cable in scene.cables), key=lambda j: j.rank)
    house = scene.fresh
    grant = _in_force(house, scene.peer, memory.grant, scene.now) if house else None
    asking_since = _asking_since(jobs, grant, memory, scene.now) if house else None
    if house is None or _gave_up_asking(asking_since, memory, scene.now):
        heard = house is not None
        jobs = [replace(job, control=_safe(job, rules, scene.now, heard=heard)) for job in jobs]
        after = Memory(lost=True, asking_since=asking_since)
    else:
        jobs = _served(scene, house, grant, rules, jobs)
        after = Memory(grant=grant, asking_since=asking_since)
    return _decided(scene, jobs, rules, memory, after)


def _asking_since(
    jobs: list[Job], grant: messages.Grant | None, memory: Memory, now: datetime
) -> datetime | None:
    """Time since which a car needs energy without a grant; None when none does."""
    if grant is not None or not any(job.demand.energy_kwh for job in jobs):
        return None
    return min(memory.asking_since or now, now)


def _gave_up_asking(since: datetime | None, memory: Memory, now: datetime) -> bool:
    """True if no grant comes: after a while, or at once when the chargers are in their safe state.

    A car that has just arrived gets no grant before the meter knows it.
    """
    return since is not None and (memory.lost or now - since >= PATIENCE)


def _in_force(
    house: messages.House, peer: str, before: messages.Grant | None, now: datetime
) -> messages.Grant | None:
    """The valid grant: that of this house message, else the one before until it expires."""
    grant = house.grants.get(peer, before)
    at = house.time or now  # a grant ends by the clock of who gave it
    return grant if grant is not None and at < grant.until else None


def _job(cable: Cable, memory: Memory, scene: Scene) -> Job:
    now = scene.now
    control = charger_state.looked(
        memory.controls.get(cable.charger.charger, Control()), cable.charger, now
    )
    control = charger_state.heard(control, cable.wish)
    wanted = demand(cable, now, reached_pct=control.reached_pct)
    reached_pct = 0.0 if wanted.energy_kwh else wanted.target_pct or 0.0
    if reached_pct != control.reached_pct:
        control = replace(control, reached_pct=reached_pct)
    plan = agreed(scene, cable.name, wanted) if wanted.energy_kwh else None
    control = _alarmed(control, plan, wanted, now)
    above_since = obedience.above_since(control, cable.charger, now)
    if above_since != control.above_since:
        control = replace(control, above_since=above_since)
    if wrong := obedience.disobeys(control, cable.charger, now):
        cable = replace(cable, charger=replace(cable.charger, notice=wrong))
    return Job(
        cable=cable,
        able=ability(cable.charger, cable.car, cable.draw),
        demand=wanted,
        control=control,
        plan=plan,
    )


def _alarmed(control: Control, plan: Plan | None, wanted: Demand, now: datetime) -> Control:
    """Update the alarm: the departure for which energy is missing in the plan, and since when.

    Raised only after plans have predicted it for a while, and withdrawn when they no longer do.
    """
    leaves = wanted.deadline
    least_kwh = LACKS_LITTLE_KWH if control.alarm == leaves else LACKING_KWH
    lacks = plan is not None and wanted.urgency is Urgency.TRIP and plan.lacks_kwh >= least_kwh
    if not lacks:
        leaves = None
    if control.lacking_for != leaves:
        since = now if lacks else None
        return replace(control, lacking_for=leaves, lacking_since=since, alarm=None)
    since = control.lacking_since
    if lacks and control.alarm is None and since is not None and now - since >= LACKING:
        return replace(control, alarm=leaves)
    return control


def _served(
    scene: Scene,
    house: messages.House,
    grant: messages.Grant | None,
    rules: Rules,
    jobs: list[Job],
) -> list[Job]:
    """The jobs with their set-points: each takes from the budget that the jobs before it leave."""
    cars_a = sum(charger_state.drawn_a(job.control, job.cable.charger, scene.now) for job in jobs)
    granted = (grant.kw, grant.why) if grant else (0.0, sentences.UNGRANTED)
    left = GridBudget(*granted, fuse_a(house, rules, cars_a))
    done: list[Job] = []
    for job in jobs:
        control = _steered(job, _own(left, job, grant), scene.now, rules)
        done.append(replace(job, control=control))
        left = left.less(power_kw(control.set), control.set.current_a)
    return done


def _own(left: GridBudget, job: Job, grant: messages.Grant | None) -> GridBudget:
    """The budget of one car: its part of the grant. An older meter program grants one power for
    all cars."""
    if grant is None or not grant.assets:
        return left
    own = grant.assets.get(job.cable.name)
    part = (own.kw, own.why) if own else (0.0, sentences.UNGRANTED)
    return replace(left, kw=part[0], why=part[1])


def _steered(job: Job, left: GridBudget, now: datetime, rules: Rules) -> Control:
    """Compute the next set-point of one charger."""
    able, control = job.able, job.control
    if (control.nap_until and now < control.nap_until) or _gave_up(control, now):
        why = sentences.asleep(job.cable, control)
        return charger_state.told(control, SetPoint(0.0, able.phases[0], why), now)
    power, limit = 0.0, Limit.NOTHING
    if job.demand.energy_kwh > 0:
        if job.demand.urgency is Urgency.NOW:
            power = able.most_kw
        else:
            rarely = job.demand.urgency is Urgency.CHEAP
            control, power, limit = moved(control, left, able, now, rules, rarely=rarely)
    current_a, phases, fuse = on_phases(control, power, left, able, now, rules)
    turn = sentences.Turn(
        demand=job.demand, control=control, left=left, limit=fuse or limit, plan=job.plan, now=now
    )
    why = sentences.why(turn, charging=current_a > 0)
    return charger_state.told(control, SetPoint(current_a, phases, why), now)


def _gave_up(control: Control, now: datetime) -> bool:
    return control.refused is not None and now - control.refused < charger_state.REFUSED


def _safe(job: Job, rules: Rules, now: datetime, *, heard: bool) -> Control:
    """Put a charger in its safe state, without meter or grant; remember its set-point.

    A car that cannot wait keeps its phases: switching them needs a stop and a pause.
    """
    asked, least_kw = job.demand, job.able.least_kw
    cannot_wait = asked.urgency is Urgency.NOW
    if asked.deadline is not None and asked.urgency is Urgency.TRIP:
        left_h = (asked.deadline - now).total_seconds() / HOUR_S
        cannot_wait = asked.energy_kwh >= CANNOT_WAIT * left_h * least_kw
    charges = cannot_wait or (rules.safe is Safe.LEAST and asked.energy_kwh > 0)
    current_a = LEAST_A if charges and job.cable.charger.plugged else 0.0
    why = sentences.safe(job.cable, current_a, heard=heard)
    before = job.control.before or job.control.set
    last = job.control.set
    keeps = cannot_wait and last.current_a > 0 and last.phases in job.able.phases
    phases = last.phases if keeps else job.able.phases[0]
    safe = charger_state.told(job.control, SetPoint(current_a, phases, why), now)
    return replace(safe, stopped=job.control.stopped, before=before)


def _decided(
    scene: Scene, jobs: list[Job], rules: Rules, before: Memory, memory: Memory
) -> Decision:
    """The decision that follows from these jobs, with new lines for the log."""
    lines = diary.of_meter(memory.lost, before.lost, heard=scene.fresh is not None)
    controls: dict[str, Control] = {}
    for job in jobs:
        more, written = diary.of_cable(job.cable, job.demand, job.control, job.plan, scene.now)
        lines += more
        same = written == job.control.written
        controls[job.name] = job.control if same else replace(job.control, written=written)
    return Decision(
        set_points={name: control.set for name, control in controls.items()},
        memory=replace(memory, controls=controls),
        diary=tuple(lines),
        jobs=tuple(jobs),
        away=scene.away,
        accepts=scene.accepts,
        least_idle_s=rules.idle_s,
        calm_s=rules.calm_s,
        peer=scene.peer,
    )
