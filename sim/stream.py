"""The simulated meter's telegrams, one for each second: the house, its registers, its faults."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count as counting

from sim import faults, options
from sim.day import ExtraKw, seconds
from sim.faults import Fault
from sim.options import Options
from sim.past import in_service
from sim.registers import MeterState
from sim.telegram import write


def telegrams(
    which: Options | str,
    count: int | None = None,
    *,
    now: datetime | None = None,
    extra_kw: ExtraKw | None = None,
) -> Iterator[bytes]:
    """One item of bytes for each second of simulation; empty when the meter is silent.

    `which` is a sim:// URL or Options; `now` (aware) is the start when it names none. `count`
    ends the stream, else it has no end. `extra_kw` adds the power of cars and batteries.
    """
    simulation = options.parse(which) if isinstance(which, str) else which
    for second, state in enumerate(states(simulation, count, now=now, extra_kw=extra_kw)):
        active = [planned for planned in simulation.faults if planned.holds(second)]
        for planned in active:
            state = faults.shown(planned, state, second)
        telegram = write(state)
        for planned in active:
            telegram = faults.on_wire(planned, telegram, second)
        yield telegram


def states(
    simulation: Options,
    count: int | None = None,
    *,
    now: datetime | None = None,
    extra_kw: ExtraKw | None = None,
) -> Iterator[MeterState]:
    """State of the meter each second, replaced on request; before other faults."""
    start = simulation.start or now
    if start is None:
        raise ValueError("the simulation needs a start")
    start = start.replace(microsecond=0)
    swaps = {each.start_s for each in simulation.faults if each.fault is Fault.SWAP}
    registers = in_service(simulation.house, start, simulation.grid, simulation.months)
    powers = seconds(simulation.house, start)
    for second in counting() if count is None else range(count):
        if second in swaps:
            registers = registers.replaced()
        yield registers.state()
        power = next(powers)
        registers.count(power.plus(extra_kw(power.at)) if extra_kw else power)
