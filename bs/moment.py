"""One second as the tactics weigh it, and what they may choose."""

from dataclasses import dataclass

from base import messages
from bs.bank import Bank
from bs.inputs import Rules, Scene
from bs.room import Room
from bs.sentences import Act
from bs.worth import Worth

CAR_KW = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """What is wanted, kW (charging positive), as what, and why. None: the battery's own way."""

    kw: float | None
    act: Act
    why: str
    forced: bool = False


STARTING = Choice(0.0, Act.STARTING, "starting")
NOTHING = Choice(0.0, Act.BALANCED, "")


@dataclass(frozen=True, slots=True)
class Moment:
    """What there is to weigh. `base_kw` is the meter without the battery, cars included."""

    scene: Scene
    house: messages.House
    bank: Bank
    room: Room
    worth: Worth
    rules: Rules
    base_kw: float

    @property
    def car_kw(self) -> float:
        """What the cars take; what is too little to be one is the house's."""
        car_kw = self.scene.car_kw
        return car_kw if car_kw >= CAR_KW else 0.0

    @property
    def own_kw(self) -> float:
        """What the house takes besides its cars."""
        return self.base_kw - self.car_kw

    @property
    def battery_kw(self) -> float:
        """What the battery takes, by what the meter shows."""
        return (self.house.offtake_kw or 0.0) - (self.house.injection_kw or 0.0) - self.base_kw

    @property
    def within_kw(self) -> float | None:
        """What may be charged so that the import stays under the target; None: none is known."""
        if self.room.charge_kw is None:
            return None
        return max(0.0, min(self.bank.charge_kw, self.room.charge_kw - self.base_kw))

    def able_kw(self, kw: float) -> float:
        """As much of that power as the batteries can do now."""
        return min(max(kw, -self.bank.discharge_kw), self.bank.charge_kw)

    @property
    def buy_eur(self) -> float:
        told = self.house.price_offtake_eur_kwh
        return self.rules.buy_eur_kwh if told is None else told

    @property
    def sell_eur(self) -> float:
        told = self.house.price_injection_eur_kwh
        return self.rules.sell_eur_kwh if told is None else told

    @property
    def stored_eur(self) -> float:
        """What a kWh on the battery's AC side is worth when it is stored, wear paid."""
        bank = self.bank
        return self.worth.more_eur(bank.energy_kwh) * bank.efficiency - bank.wear_eur_kwh

    @property
    def spent_eur(self) -> float:
        """What a kWh on the AC side costs when it is taken out, wear included."""
        bank = self.bank
        return self.worth.last_eur(bank.energy_kwh) / bank.efficiency + bank.wear_eur_kwh

    @property
    def spare_kwh(self) -> float:
        """What is stored beyond the reserve for the peaks to come."""
        return self.bank.energy_kwh - self.worth.keep_kwh
