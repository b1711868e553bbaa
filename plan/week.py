"""The outlook made longer: known values first, then those of usual days.

Unpublished prices are as at the same time of the days before, the sun beyond its forecast is the
mean day of the last week, the load is the forecast from the house's own past.
"""

from collections.abc import Sequence

import numpy as np

from base import messages
from base.time import QUARTER
from plan import prices
from plan.forecast import like_before
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
    past = np.concatenate((past_buy, buy))
    until = outlook.start + len(buy) * QUARTER
    buy = np.concatenate((buy, prices.expected(past, until, count - len(buy))))
    sell = np.concatenate((sell, _sold(buy[: len(sell)], sell, buy[len(sell) :])))
    sun = np.concatenate((sun, like_before(past_solar_kw, sun, count)))
    return outlook.model_copy(
        update={"buy_eur_kwh": buy, "sell_eur_kwh": sell, "load_kw": load_kw, "solar_kw": sun}
    )


def _sold(buy: Floats, sell: Floats, later_buy: Floats) -> Floats:
    """Prices of injection beside later ones of offtake: on the line through the known ones."""
    if not len(sell):
        return later_buy - SPREAD_EUR_KWH
    apart = buy - buy.mean()
    slope = float((apart * sell).sum() / max((apart * apart).sum(), 1e-9))
    return np.asarray(sell.mean() + slope * (later_buy - buy.mean()))


def _known(values: Sequence[float | None] | Floats) -> Floats:
    """The values before the first that is not known."""
    found = np.array([np.nan if each is None else each for each in values], dtype=float)
    holes = np.flatnonzero(~np.isfinite(found))
    return found[: holes[0]] if len(holes) else found
