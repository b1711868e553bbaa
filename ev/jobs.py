"""The cars on the cables in the order of their need, each with a plan in what the others leave."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from base.time import DAY, quarter_of
from ev.agreed import agreed, agreed_kws, choice
from ev.current import Ability
from ev.drive import Drive
from ev.errand import Errand, Urgency
from ev.inputs import Cable, Rules, Scene
from ev.load import Load
from ev.plan import Plan, planned
from ev.slots import slots_until, without

EARLY = timedelta(minutes=30)
"""A car is ready so long before it leaves, when that costs no peak."""
LATE = timedelta(minutes=5)
"""A car that is late is planned as if it left this soon."""
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """One cable on its way through a decision."""

    cable: Cable
    able: Ability
    errand: Errand
    drive: Drive

    @property
    def rank(self) -> tuple[object, ...]:
        """The most urgent first, then by deadline; a car that charges before one that does not."""
        deadline = self.errand.deadline or FAR
        return (self.errand.urgency, deadline, not self.drive.running, self.name)

    @property
    def name(self) -> str:
        return self.cable.charger.charger


def with_plans(scene: Scene, rules: Rules, load: Load, jobs: list[Job]) -> list[Job]:
    """The jobs with their plans: made each quarter and on news, the most urgent car first."""
    keys = [_key(job, scene) for job in jobs]
    if all(job.drive.key == key for job, key in zip(jobs, keys, strict=True)):
        return jobs
    taken: list[Plan] = []
    done: list[Job] = []
    for job, key in zip(jobs, keys, strict=True):
        plan = _plan(scene, rules, load, job, taken) if key else None
        if plan is not None:
            taken.append(plan)
        done.append(replace(job, drive=replace(job.drive, plan=plan, key=key)))
    return done


def _key(job: Job, scene: Scene) -> str:
    """What a plan is made for: when this changes it is made anew. "" when none is needed."""
    if job.errand.urgency not in (Urgency.TRIP, Urgency.CHEAP):
        return ""
    cable, asked = job.cable, job.errand
    agreed = hash(agreed_kws(scene, cable.name)), choice(scene, cable.name), scene.accepts
    parts = (
        *(quarter_of(scene.now), cable.name, asked.deadline, asked.target_pct, cable.soc_at),
        *agreed,
    )
    return " ".join(map(str, (*parts, round(job.able.most_kw, 1), job.able.phases)))


def _plan(scene: Scene, rules: Rules, load: Load, job: Job, taken: list[Plan]) -> Plan:
    """The plan of one car: dm's, or its own in what the others leave."""
    if (plan := agreed(scene, job.cable.name, job.errand)) is not None:
        return plan
    deadline = job.errand.deadline or scene.now + DAY + EARLY
    early = _plan_by(deadline - EARLY, scene, rules, load, job, taken)
    if not early.missing_kwh and not early.over_kw:
        return early
    return _plan_by(deadline, scene, rules, load, job, taken)


def _plan_by(
    end: datetime, scene: Scene, rules: Rules, load: Load, job: Job, taken: list[Plan]
) -> Plan:
    slots = slots_until(scene, rules, load, max(end, scene.now + LATE))
    for plan in taken:
        slots = without(slots, plan.kws, plan.over_kw)
    cost = scene.outlook.peak_eur_kw if scene.outlook else None
    return planned(
        slots,
        job.errand.energy_kwh,
        job.able,
        must=job.errand.urgency is Urgency.TRIP,
        lifts=scene.accepts,
        running=job.drive.running,
        peak_eur_kw=rules.peak_eur_kw if cost is None else cost,
    )
