"""Checks of the devices that config.py names: chargers, cars, batteries."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from apps.ev import silence
from apps.shared import doors
from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base import http_client, messages
from base.language import phrase
from bs.devices import registry as batteries
from ev.cars import registry as cars
from ev.chargers import registry as chargers
from ev.chargers.charger import ChargerError
from ev.chargers.driver import ALONE, KEEPS
from setup import health
from setup.findings import Finding, ok, soon, without, wrong
from store.kept import KeptFile

ASK_S = 4.0
LIMIT_S = 20.0
Vitals = Mapping[str, messages.Vitals]


async def devices(
    settings: Settings, secrets: Secrets, *, chargers: bool, cars: bool, batteries: bool
) -> list[Finding]:
    """The answers of the chargers, cars and batteries that config.py names."""
    found: list[Finding] = []
    if chargers and settings.cable_info:
        found += await limited("charger", lambda: ask_chargers(settings, secrets, {}))
    if cars and settings.cars:
        found += await limited("car", lambda: ask_cars(settings, secrets))
    if batteries and settings.battery_info:
        found += await limited("battery", lambda: ask_batteries(settings, {}))
    return found


async def limited(name: str, check: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    """Findings of the check, or that it took too long."""
    try:
        async with asyncio.timeout(LIMIT_S):
            return await check()
    except TimeoutError:
        return [wrong(name, phrase("no answer within {s:.0f} s", s=LIMIT_S))]


async def ask_chargers(settings: Settings, secrets: Secrets, heard: Vitals) -> list[Finding]:
    """The charging program is asked when it runs: some chargers connect to it."""
    if not settings.cable_info:
        return [without("charger", phrase("{setting} has none", setting="cable_info"))]
    found = []
    ages_s = heard["ev"].heard_s if "ev" in heard else {}
    said = await health.devices("ev", settings, secrets) if ages_s else []
    alone = {each.name: each.about.get(ALONE, "") for each in said if each.kind == "charger"}
    guard = doors.guard(settings, secrets, "config.py")
    for name, its in settings.cable_info.items():
        family = chargers.family_of(its)
        if family.together is not None and name in ages_s:
            keeps = alone.get(name[:40]) == KEEPS
            found.append(_dialled(name, ages_s[name], "" if keeps else family.silence))
            continue
        try:
            answer = await chargers.probe(name, its, secrets.cables.get(name, {}), guard)
        except ChargerError as error:
            found.append(wrong("charger", f"{name}: {error.why}"))
        else:
            found.append(ok("charger", f"{name}: {answer}"))
    return found


def _dialled(name: str, age_s: float | None, silence: str) -> Finding:
    """A charger that connects to the charging program, by its report; without `silence` it accepts
    no profile that ends."""
    if age_s is None:
        said = phrase("{name} has not connected yet; see docs/chargers.md", name=name)
        return wrong("charger", said)
    if not silence:
        return wrong("charger", _goes_on(name))
    return ok("charger", _was_read(name, age_s, silence))


def _goes_on(name: str) -> str:
    return phrase(
        "{name} accepts no charging profile that expires: without this program it keeps its"
        " last set-point",
        name=name,
    )


def _was_read(name: str, age_s: float, silence: str) -> str:
    return phrase(
        "{name} was read {s:.0f} s ago; without this program it {reason}",
        name=name,
        s=age_s,
        reason=silence,
    )


def silences(settings: Settings, root: Path) -> list[Finding]:
    """Result of each charger's silence test; for those with a watchdog."""
    kept = KeptFile(root / silence.FILE, silence.Results).load()
    found = []
    for name, its in settings.cable_info.items():
        result = kept.chargers.get(name) if kept else None
        if result is not None:
            judge = wrong if result.after_s is None else ok
            firmware = f" ({result.firmware})" if result.firmware else ""
            found.append(judge("charger", f"{name}{firmware}: {result.sentence}"))
        elif chargers.family_of(its).together is not None:
            said = phrase(
                "{name} has had no silence test: ./do_py.sh ev_app.py --charger {name}"
                " --silence-test",
                name=name,
            )
            found.append(soon("charger", said))
    return found


async def ask_cars(settings: Settings, secrets: Secrets, *, running: bool = False) -> list[Finding]:
    """The sources of the cars' state; not read while the charging program reads them."""
    found = []
    now = datetime.now(UTC)
    for name, car in settings.cars.items():
        login = secrets.cars.get(name, {})
        try:
            if running:
                source = cars.source_of(name, car.source, login)
                said = (
                    phrase("is read from {source} by the charging program", source=source.name)
                    if source
                    else cars.ASKED_NOTHING
                )
            else:
                said = await cars.probe(name, car.source, login, now)
        except (ValueError, http_client.WebError) as error:
            found.append(wrong("car", f"{name}: {error}"))
        else:
            found.append(ok("car", f"{name}: {said}"))
    return found


async def ask_batteries(settings: Settings, heard: Vitals) -> list[Finding]:
    """bs is asked when it runs: some batteries accept one connection only."""
    if not settings.battery_info:
        return [without("battery", phrase("{setting} has none", setting="battery_info"))]
    found = []
    for name, battery in settings.battery_info.items():
        age_s = heard["bs"].heard_s.get(name) if "bs" in heard else None
        if age_s is not None:
            silence = batteries.FAMILIES[battery.family].silence
            found.append(ok("battery", _was_read(name, age_s, silence)))
        elif battery.place is None:
            found.append(without("battery", phrase("{name} is simulated", name=name)))
        else:
            found.append(await _reached("battery", name, *battery.place))
    return found


async def _reached(what: str, name: str, host: str, port: int) -> Finding:
    """Check that a program listens at that address."""
    try:
        async with asyncio.timeout(ASK_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        said = phrase(
            "{name} does not answer at {host} port {port}: is it switched on?",
            name=name,
            host=host,
            port=port,
        )
        return wrong(what, said)
    writer.close()
    return ok(what, phrase("{name} listens at {host} port {port}", name=name, host=host, port=port))
