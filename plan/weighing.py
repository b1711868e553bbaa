"""The value of an asset's kWh compared with the batteries': the sun they leave, and the power they
give."""

from plan.asset import SOME_KW
from plan.state import SAME_EUR, State


def sun_kw(worth: float, state: State) -> float:
    """Solar surplus left after the batteries that value it more."""
    taken_kw = 0.0
    for store in state.stores:
        planned = state.planned(store.key)
        if planned and store.takes_eur(planned[1]) > worth + SAME_EUR:
            taken_kw += store.soak_kw(state.left_h)
    return max(0.0, state.sun_kw - taken_kw)


def carried_kw(kw: float, worth: float, state: State) -> float:
    """The planned `kw` that a battery supplies, if a kWh from it costs no more than its value in
    the asset; else nothing."""
    if kw <= SOME_KW:
        return 0.0
    for store in state.stores:
        planned = state.planned(store.key)
        if planned and store.gives_eur(planned[1]) <= worth + SAME_EUR:
            return kw
    return 0.0
