"""A charger that draws more than its set-point is reported, and unhealthy."""

from dataclasses import dataclass

from ev.facts import ChargerPhase
from tests.ev.factories import Bench


@dataclass(kw_only=True)
class Deaf(Bench):
    """A charger that draws 3 x 32 A at any set-point."""

    def _phase(self) -> ChargerPhase:
        self.power_kw = 22.0
        return ChargerPhase.CHARGING


def test_a_charger_that_draws_power_in_a_pause_is_reported() -> None:
    """It is reported on the charger's line, and to the meter, which plans with the measured
    power."""
    deaf = Deaf(granted_kw=0.0)
    assert deaf.second().need(deaf.now).healthy
    deaf.run(60)
    decision = deaf.second()
    (job,) = decision.jobs
    assert job.cable.charger.notice.startswith("main draws 22.0 kW although it must pause")
    need = decision.need(deaf.now)
    assert not need.healthy
    assert need.cars[0].power_kw == 22.0


def test_one_that_follows_is_not() -> None:
    bench = Bench(granted_kw=5.0)
    bench.run(200)
    bench.granted_kw = 0.0
    for _ in bench.seconds(60):
        assert not bench.second().jobs[0].cable.charger.notice
