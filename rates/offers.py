"""Contracts made comparable: the same energies, one home, days on which all hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from base.language import setting
from base.time import DAY
from rates.bill import ENERGIES
from rates.calendar import Hours, TariffClock
from rates.contract import ENERGY_OF, AnyTerms, Contract, Energy
from rates.errors import RatesError
from rates.past.quarters import Past
from rates.seed_form import SeedRates
from rates.stretch import stretches
from rates.terms import Electricity, Home, InjectionOnly

YEARS_BACK = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """A contract, or the prices of a four-line file, under a unique name."""

    name: str
    prices: Contract | SeedRates

    @property
    def energies(self) -> set[Energy]:
        if isinstance(self.prices, SeedRates):
            return {ENERGY_OF[register] for register in self.prices.prices}
        return {e for e in ENERGIES if any(t.energy == e for t in self.prices.contracts)}

    @property
    def clock(self) -> TariffClock:
        """The day and night hours, for a meter that does not send its tariff."""
        return Hours() if isinstance(self.prices, SeedRates) else self.prices

    @property
    def is_dynamic(self) -> bool:
        """True if day-ahead prices are needed."""
        return isinstance(self.prices, Contract) and self.prices.follows_market

    def limited(self, energies: Sequence[Energy]) -> "Offer":
        """The same for these energies only."""
        prices = self.prices
        if isinstance(prices, SeedRates):
            kept = {r: eur for r, eur in prices.prices.items() if ENERGY_OF[r] in energies}
            return replace(self, prices=replace(prices, prices=kept))
        kinds = (*energies, *(("injection",) if "electricity" in energies else ()))
        return self._with(prices, tuple(t for t in prices.contracts if t.energy in kinds))

    def pinned(self, day: date) -> "Offer":
        """The same with the contract, tables and levies of one day. RatesError when it has none."""
        if isinstance(self.prices, SeedRates):
            return self
        pinned = replace(self, prices=self.prices.pinned(day))
        trouble = pinned.trouble(day, day + DAY)
        if trouble:
            raise RatesError(trouble)
        return pinned

    def in_home(self, home: Home) -> "Offer":
        """The same in another home."""
        if isinstance(self.prices, SeedRates):
            return self
        return replace(self, prices=replace(self.prices, home=home, _months={}))

    def with_fallback(self, eur_mwh: Decimal) -> "Offer":
        """The same, with this price for quarters whose day-ahead price is not known."""
        if isinstance(self.prices, SeedRates):
            return self
        contracts = tuple(_with_fallback(terms, eur_mwh) for terms in self.prices.contracts)
        return self._with(self.prices, contracts)

    def trouble(self, start: date, end: date) -> str | None:
        """Reason why a day from `start` until before `end` has no price; None when all do."""
        contract = self.prices
        if isinstance(contract, SeedRates):
            return None
        for energy in sorted(self.energies):
            try:
                pieces = stretches(contract, energy, start, end)
                for piece in pieces:
                    if piece.prices is not None:
                        piece.prices.check()
            except RatesError as error:
                return f"{self.name!r}: {error}"
            for piece in pieces:
                if piece.prices is None:
                    return f"{self.name!r} has no {energy} contract on {piece.start}"
        return None

    def _with(self, contract: Contract, contracts: tuple[AnyTerms, ...]) -> "Offer":
        return replace(self, prices=replace(contract, contracts=contracts, _months={}))


def shared_energies(offers: Sequence[Offer], past: Past) -> tuple[Energy, ...]:
    """Energies that are used and in every offer: with more, totals could not be compared."""
    used = {ENERGY_OF[register] for _, register, _ in past.uses}
    return tuple(
        energy
        for energy in ENERGIES
        if energy in used and all(energy in offer.energies for offer in offers)
    )


def common_day(offers: Sequence[Offer], start: date, end: date, today: date) -> date | None:
    """None when every offer has a price on each day; else one day on which all of them have.

    That is today, or else the last day of the newest year before. RatesError without one.
    """
    if not any(offer.trouble(start, end) for offer in offers):
        return None
    for day in (today, *(date(today.year - back, 12, 31) for back in range(1, YEARS_BACK + 1))):
        troubles = _troubles(offers, day)
        if not troubles:
            return day
    raise RatesError(
        setting("{text}; choose another day, or fewer contracts", text=_troubles(offers, today)[0])
    )


def home_in(home: Home, area: str, areas: Sequence[str]) -> Home:
    """The home in another grid area. RatesError naming those that are known."""
    if area not in areas:
        raise RatesError(
            setting(
                "the grid area {area} is unknown; allowed: {names}",
                area=repr(area),
                names=", ".join(areas),
            )
        )
    return home.model_copy(update={"grid_area": area, "gas_area": None})


def _troubles(offers: Sequence[Offer], day: date) -> list[str]:
    troubles = []
    for offer in offers:
        try:
            offer.pinned(day)
        except RatesError as error:
            troubles.append(str(error))
    return troubles


def _with_fallback(terms: AnyTerms, eur_mwh: Decimal) -> AnyTerms:
    new: Mapping[str, Decimal] = {"fallback_eur_mwh": eur_mwh}
    if isinstance(terms, InjectionOnly):
        return terms.model_copy(update={"injection": terms.injection.model_copy(update=new)})
    if not isinstance(terms, Electricity):
        return terms
    injection = terms.injection and terms.injection.model_copy(update=new)
    offtake = terms.offtake.model_copy(update=new)
    return terms.model_copy(update={"offtake": offtake, "injection": injection})
