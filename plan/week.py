"""The outlook made longer: known values first, then a week like the last one.

Unpublished prices are those of seven days before, the sun beyond its forecast is the mean day of
the last week, the load is the forecast from the house's own past.
"""

from collections.abc import Sequence

import numpy as np

from base import messages
from plan.forecast import last_week, like_before
from plan.program import Floats

WEEK = 672
SPREAD_EUR_KWH = 0.2


def lengthened(
    outlook: messages.Outlook,
    load_kw: Floats,
    past_buy: Floats,
    past_solar_kw: Floats,
) -> messages.Outlook:
    """The outlook, as long as `load_kw`, per quarter. Each past ends where the outlook begins."""
    count = len(load_kw)
    buy = _known(outlook.buy_eur_kwh)[:count]
    sell = _known(outlook.sell_eur_kwh)[: len(buy)]
    sun = _known(outlook.solar_kw)[:count]
    both = min(4, len(sell))
    spread = float(np.mean(buy[:both] - sell[:both])) if both else SPREAD_EUR_KWH
    buy = np.concatenate((buy, last_week(past_buy, len(buy), count)))
    sell = np.concatenate((sell, buy[len(sell) :] - spread))
    sun = np.concatenate((sun, like_before(past_solar_kw, sun, count)))
    return outlook.model_copy(
        update={"buy_eur_kwh": buy, "sell_eur_kwh": sell, "load_kw": load_kw, "solar_kw": sun}
    )


def _known(values: Sequence[float | None] | Floats) -> Floats:
    """The values before the first that is not known."""
    found = np.array([np.nan if each is None else each for each in values], dtype=float)
    holes = np.flatnonzero(~np.isfinite(found))
    return found[: holes[0]] if len(holes) else found
