"""HomeWizard Plug-In Batteries through the P1 meter: the local API v2, over HTTPS.

They accept no power in W. They accept a mode and permissions, so a set-point becomes the
nearest of these that never does more than was asked:

  auto       zero, both permissions          hold       standby
  discharge  zero, discharging only: what the house takes, up to their most
  charge     zero, charging only: what the roof has left; `to_full` when all they can take is asked

Power and mode are in the P1 meter; the state of charge only in each battery, with a token of its
own. They have no watchdog: a mode stays until it is changed. A mode of their own that
the owner had chosen (predictive, to_full) is given back. Firmware before 2.2.0 of the API has no
permissions: a direction then becomes the nearest mode as a whole, which is logged.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Literal

from base import address
from base.checked import HostPort
from base.device_errors import DeviceError, NonsenseError
from base.language import clause, phrase
from bs.devices.driver import Driver, possible_pct
from bs.devices.family import BatterySettings, Family, Tokens
from bs.devices.homewizard_api import HTTPS_PORT, Address, Api, url_of
from bs.facts import Battery, BatteryState, Mode, SetPoint

CHARGE, DISCHARGE = "charge_allowed", "discharge_allowed"
BATTERIES, MEASUREMENT, DEVICE = "/api/batteries", "/api/measurement", "/api"
Told = tuple[str, frozenset[str]]
AUTO: Told = ("zero", frozenset({CHARGE, DISCHARGE}))
HOLD: Told = ("standby", frozenset())
FULL: Told = ("to_full", frozenset({CHARGE, DISCHARGE}))
OWN_MODES = ("predictive", "to_full")
NO_PERMISSIONS = phrase(
    "its P1 meter's firmware has no permissions yet: update it in the HomeWizard app; until"
    " then the battery uses its own self-consumption mode instead of a partial charge or"
    " discharge"
)


class HomeWizard:
    """The batteries of one P1 meter; `meter` is the P1 meter, `packs` each battery."""

    watchdog_s: float | None = None
    refresh_s = 3600.0
    poll_s = 5.0
    settle_s = 0.1
    step_kw = 0.001

    def __init__(self, battery: Battery, meter: Address, packs: Sequence[Address]) -> None:
        self._battery, self._meter, self._packs = battery, meter, packs
        self._api = Api()
        self._most_w = (0.0, 0.0)
        self._asked = SetPoint(Mode.AUTO, 0.0, "as its owner set it")
        self._own: Told | None = None
        self._permits = True
        self._about: dict[str, str] | None = None

    @property
    def about(self) -> dict[str, str]:
        """Types and firmware of the P1 meter and of each battery that has a token."""
        return self._about or {}

    def nearest(self, set_point: SetPoint) -> SetPoint:
        """Self-use where its firmware has no permission for one direction alone."""
        part = self._nearest(set_point) is AUTO and set_point.mode is not Mode.AUTO
        return SetPoint(Mode.AUTO, 0.0, set_point.why) if part else set_point

    async def read(self) -> BatteryState:
        """Read their measurements together. NonsenseError for an impossible state of charge."""
        group = await self._api.get(self._meter, BATTERIES)
        self._most_w = _number(group, "max_consumption_w"), _number(group, "max_production_w")
        self._permits = "permissions" in group
        if self._own is None:
            self._own = _own(group.get("mode"))
        if self._about is None:
            self._about = await self._described()
        if not any(self._most_w):
            raise NonsenseError(clause("reports 0 W for its batteries: are they switched on?"))
        return BatteryState(
            battery=self._battery.name,
            at=datetime.now(UTC),
            soc_pct=await self._soc_pct(),
            power_kw=_number(group, "power_w") / 1000,
            charge_kw=self._most_w[0] / 1000,
            discharge_kw=self._most_w[1] / 1000,
            notice="" if self._permits else NO_PERMISSIONS,
        )

    async def told(self) -> SetPoint:
        """The last set-point while the mode is unchanged; else the one that the mode means."""
        group = await self._api.get(self._meter, BATTERIES)
        mode, permissions = group.get("mode"), _permissions(group)
        if self._matches(mode, permissions):
            return self._asked
        if mode == "standby" or (mode == "zero" and not permissions):
            return SetPoint(Mode.HOLD, 0.0, "standby")
        if mode == "to_full":
            return SetPoint(Mode.CHARGE, self._most_w[0] / 1000, "to full")
        return SetPoint(Mode.AUTO, 0.0, f"mode {mode}")

    async def write(self, set_point: SetPoint) -> None:
        """The mode and the permissions nearest to it."""
        mode, permissions = self._nearest(set_point)
        wanted: dict[str, Any] = {"mode": mode}
        if mode == "zero" and self._permits:
            wanted["permissions"] = sorted(permissions)
        self._asked = set_point
        await self._api.put(self._meter, BATTERIES, wanted)

    async def keep(self) -> None:
        """Nothing to do: the batteries keep their mode."""

    async def release(self) -> None:
        """Return the batteries to their own mode."""
        await self.write(SetPoint(Mode.AUTO, 0.0, "released"))

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    def _nearest(self, set_point: SetPoint) -> Told:
        match set_point.mode:
            case Mode.AUTO:
                return self._own or AUTO
            case Mode.HOLD:
                return HOLD
            case Mode.DISCHARGE:
                return ("zero", frozenset({DISCHARGE})) if self._permits else AUTO
        all_w, asked_w = self._most_w[0], 1000 * set_point.power_kw
        if 0 < all_w <= asked_w + 1:
            return FULL
        return ("zero", frozenset({CHARGE})) if self._permits else AUTO

    def _matches(self, mode: object, permissions: frozenset[str]) -> bool:
        wanted, allowed = self._nearest(self._asked)
        if mode == "zero" and not permissions:
            mode = "standby"
        return mode == wanted and (mode != "zero" or permissions == allowed)

    async def _described(self) -> dict[str, str]:
        """For a report only: missing values are left out."""
        found = []
        for each in (self._meter, *self._packs):
            try:
                found.append(await self._api.get(each, DEVICE))
            except DeviceError:
                continue
        parts = {"model": "product_type", "firmware": "firmware_version"}
        about = {
            key: ", ".join(said for one in found if isinstance(said := one.get(name), str))
            for key, name in parts.items()
        }
        return {key: value for key, value in about.items() if value}

    async def _soc_pct(self) -> float | None:
        """The mean of the batteries, which are all of one size; None when none has a token."""
        found = [
            possible_pct(_number(await self._api.get(pack, MEASUREMENT), "state_of_charge_pct"))
            for pack in self._packs
        ]
        return sum(found) / len(found) if found else None


def _own(mode: object) -> Told:
    """Mode to restore at the end; self-use for a mode that an earlier killed run may have left."""
    return (str(mode), AUTO[1]) if mode in OWN_MODES else AUTO


def _permissions(answer: dict[str, Any]) -> frozenset[str]:
    """Permissions of the batteries; both, for a firmware that does not report them."""
    found = answer.get("permissions", [CHARGE, DISCHARGE])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise NonsenseError(clause("reports {found} for permissions", found=repr(found)))
    return frozenset(found)


def _number(answer: dict[str, Any], key: str) -> float:
    """A finite number of an answer. NonsenseError without one."""
    found = answer.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found):
        raise NonsenseError(clause("reports {found} for {key}", found=repr(found), key=key))
    return float(found)


class HomeWizardSettings(BatterySettings):
    """The Plug-In Batteries of config.py; `host` is the P1 meter, `packs` are the batteries.

    `fingerprint` is the SHA-256 of the P1 meter's certificate.
    """

    family: Literal["homewizard"]
    host: HostPort
    packs: tuple[HostPort, ...] = ()
    fingerprint: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """The host and port of the P1 meter."""
        return address.split(self.host, HTTPS_PORT)


def _driver(battery: Battery, settings: HomeWizardSettings, tokens: Tokens) -> Driver:
    known = {address.host_port(host): token for host, token in tokens.items()}
    meter = Address(url_of(settings.host), known.get(settings.host, ""), settings.fingerprint)
    packs = [Address(url_of(host), known.get(host, "")) for host in settings.packs]
    return HomeWizard(battery, meter, packs)


FAMILY = Family(
    kind="homewizard",
    settings=HomeWizardSettings,
    asks=("host", "capacity_kwh"),
    driver=_driver,
    help=phrase("HomeWizard Plug-In Batteries; the address is that of the P1 meter"),
    silence=phrase("stays in its last mode"),
)
