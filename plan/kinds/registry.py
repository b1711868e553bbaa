"""The kinds of assets that are planned ahead; any other is only allocated, each second."""

from collections.abc import Mapping

from plan.asset import Asset
from plan.batteries import Battery
from plan.cars import Car
from plan.kinds.batteries import BATTERY
from plan.kinds.cars import CAR
from plan.kinds.loads import LOAD
from plan.kinds.part import Kind
from plan.loads import Deferrable

KINDS: Mapping[type, Kind] = {Battery: BATTERY, Car: CAR, Deferrable: LOAD}


def kind_of(asset: Asset) -> Kind | None:
    """The kind of an asset; None when it is not planned."""
    return KINDS.get(type(asset)) if asset.planned else None
