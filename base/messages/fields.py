"""Bounds and types of the fields: every value of a peer has bounds that fit a house."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from base.text import clean

PROTOCOL = 1
KW_MOST = 100.0
"""Above any connection of a house: a meter of 80 A on three phases is 55 kW."""
KW_LEAST = 0.001
"""A smaller requested power counts as none."""
KWH_MOST = 1000.0
"""Above any battery of a car or a house, and any charge for a trip."""
EUR_KWH_MOST = 100.0
IDLE_S_MOST = 86400.0
AGE_S_MOST = 3.2e9
"""A century."""
EFFICIENCY_LEAST = 0.2
YEARS = 1969, 2100
"""A Pi without a battery clock starts in 1970, its local day in 1969."""
CARS_MOST = BATTERIES_MOST = LOADS_MOST = 12
PRIORITY_MOST = 9
TRIPS_MOST = 32
WHY_MOST = 200
"""Characters of a need's `why`."""


class Part(BaseModel):
    """Base model of a message: frozen, tolerant of unknown fields; built at its first use."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", ser_json_inf_nan="null", defer_build=True
    )


def _named(text: str) -> str:
    if not (name := clean(text)):
        raise ValueError("a name must have at least one printable character")
    return name


def _no_crumb(kw: float) -> float:
    return 0.0 if kw < KW_LEAST else kw


Line = Annotated[str, AfterValidator(clean)]
Name = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_named)]
Time = Annotated[
    AwareDatetime,
    Field(ge=datetime(YEARS[0], 1, 1, tzinfo=UTC), lt=datetime(YEARS[1], 1, 1, tzinfo=UTC)),
]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100)]
Power = Annotated[float, Field(ge=0, le=KW_MOST), AfterValidator(_no_crumb)]
Energy = Annotated[float, Field(ge=0, le=KWH_MOST)]
Change = Annotated[float, Field(ge=-KWH_MOST, le=KWH_MOST)]
Age = Annotated[float, Field(ge=0, le=AGE_S_MOST)]
EurKwh = Annotated[float, Field(ge=0, le=EUR_KWH_MOST)]
Efficiency = Annotated[float, Field(ge=EFFICIENCY_LEAST, le=1)]
