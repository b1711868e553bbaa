"""The meter's planning and sharing without its process, for houses simulated faster than real."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from apps.dm.planning import with_plan
from base import messages
from base.time import BRUSSELS
from plan.allocation import CALM, Shared, share
from plan.answer import answer
from plan.asking import Answer, Question
from plan.assets import assets
from plan.month import MonthPeak

LOAD_BACK = 56 * 96


class Planner:
    """Plans each quarter, grants each step. A kW of month peak costs `eur_kw`, EUR."""

    def __init__(self, eur_kw: float, floor_kw: float = 2.5) -> None:
        self._eur_kw, self._floor_kw = eur_kw, floor_kw
        self._past_kw: list[float | None] = []
        self._shared = Shared()
        self.answer: Answer | None = None

    def closed(self, load_kw: float) -> None:
        """A quarter closed, in which the house without its assets took `load_kw`."""
        self._past_kw = [*self._past_kw[1 - LOAD_BACK :], load_kw]

    def plan(
        self, base: messages.Outlook, needs: Mapping[str, messages.Need], peak_kw: float
    ) -> messages.Outlook:
        """The outlook with the plan made at its start; `peak_kw` is the month's so far."""
        month = MonthPeak(
            end=month_end(base.start),
            peak_kw=peak_kw,
            floor_kw=self._floor_kw,
            eur_kw=self._eur_kw,
        )
        self.answer = answer(
            Question(outlook=base, needs=needs, month=month, past_kw=tuple(self._past_kw))
        )
        return with_plan(base, self.answer)

    def granted(self, house: messages.House, needs: Mapping[str, messages.Need]) -> messages.House:
        """The house with the grants of this telegram."""
        assert house.time is not None
        plan = self.answer.plan if self.answer else None
        held = assets(needs, house.time)
        self._shared = share(self._shared, house, held, plan, house.time, CALM)
        return house.model_copy(update={"grants": dict(self._shared.grants)})


def month_end(at: datetime) -> datetime:
    """Midnight in Brussels on the first of the next month."""
    first = at.astimezone(BRUSSELS).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
