"""The charging profiles that a simulated station holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from base.limits import VOLT
from sim.charger_ocpp_quirks import Quirk

MOST_A = 16.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A profile that was accepted."""

    profile: Mapping[str, Any]
    at: datetime


class Profiles:
    """Profiles by purpose and stack level: those of a session first, then the highest level."""

    def __init__(self, quirks: frozenset[Quirk]) -> None:
        self._quirks = quirks
        self._held: dict[tuple[bool, int], _Held] = {}

    def add(self, profile: Mapping[str, Any], at: datetime) -> None:
        """Keep a profile that was accepted at this time."""
        order = profile["chargingProfilePurpose"] == "TxProfile", profile["stackLevel"]
        self._held[order] = _Held(profile, at)

    def end_session(self) -> None:
        """Drop the profiles of the session."""
        self._held = {key: held for key, held in self._held.items() if not key[0]}

    def clear(self) -> None:
        """Drop all profiles."""
        self._held = {}

    def limit(self, at: datetime, started_at: datetime) -> tuple[float, int] | None:
        """A and phases by the first profile that holds at this time; None when none does."""
        for _, held in sorted(self._held.items(), key=lambda item: item[0], reverse=True):
            if (limit := self._limit(held, at, started_at)) is not None:
                return limit
        return None

    def _limit(self, held: _Held, at: datetime, started_at: datetime) -> tuple[float, int] | None:
        """A and phases by this profile; None when it does not hold then."""
        profile, schedule = held.profile, held.profile["chargingSchedule"]
        start = held.at if Quirk.RELATIVE_TOLD in self._quirks else started_at
        if profile["chargingProfileKind"] == "Absolute" and "startSchedule" in schedule:
            start = datetime.fromisoformat(schedule["startSchedule"])
        passed_s = (at - start).total_seconds()
        if passed_s < 0 or passed_s >= schedule.get("duration", 1e9):
            return None
        period = [
            one for one in schedule["chargingSchedulePeriod"] if one["startPeriod"] <= passed_s
        ][-1]
        phases = int(period.get("numberPhases", 3)) if Quirk.SWITCHES in self._quirks else 3
        limit_a = float(period["limit"])
        if schedule["chargingRateUnit"] == "W":
            limit_a /= VOLT * phases
        return min(limit_a, MOST_A), phases
