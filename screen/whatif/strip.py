"""The months of a bill as a strip of bars, all contracts on one scale."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil

from rates.bill import Bill
from rates.compare import Comparison
from screen.primitives import Glyphs

CELLS = (5, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Strip:
    """The months shown, the EUR of a full bar, and the cells of a month."""

    months: tuple[date, ...]
    full_eur: Decimal
    cell: int

    @property
    def width(self) -> int:
        return self.cell * len(self.months)

    def head(self) -> str:
        """The months' initials, or their short names where there is room."""
        return "".join(
            f"{month:%b}"[: max(1, self.cell - 1)].ljust(self.cell) for month in self.months
        )

    def bars(self, bill: Bill, glyphs: Glyphs) -> str:
        """A bar for each month; `-` for one that earned."""
        eur = bill.months()
        thick = max(1, self.cell - 1)
        return "".join(
            (self._bar(eur.get(month), glyphs) * thick).ljust(self.cell) for month in self.months
        )

    def _bar(self, eur: Decimal | None, glyphs: Glyphs) -> str:
        if eur is None:
            return " "
        if eur < 0:
            return "-"
        steps = len(glyphs.rising) - 1
        return glyphs.rising[max(1, ceil(eur / self.full_eur * steps)) if eur else 0]


def strip(told: Comparison, room: int) -> Strip:
    """The strip that holds every contract's months, as wide as `room` allows."""
    bills = [column.bill.months() for column in told.columns]
    months = sorted({month for bill in bills for month in bill})
    full = max((eur for bill in bills for eur in bill.values()), default=Decimal(0))
    cell = next((cell for cell in CELLS if cell * len(months) <= room), 1)
    return Strip(tuple(months), full, cell)
