"""Is all well? One page: each part `ok`, or the sentence that helps. It never waits long.

While dm runs it has the meter's port: dm is then asked over its websocket.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from websockets.exceptions import WebSocketException

from apps.ev.devices import CLIENT, GOOGLE, SERVICE_ACCOUNT, TOKEN
from apps.shared.reader import reader_of
from apps.shared.secrets import Secrets, load_secrets
from apps.shared.settings import Settings, load_settings
from base import http_client, messages
from base.checked import ConfigError
from base.language import phrase
from base.time import BRUSSELS, local_day
from ev.calendars.ical import in_https
from p1 import diagnosis, source
from p1.errors import LineError, SettingError
from p1.framing import Frame, Framer
from p1.reading import read
from p1.telegram import parse
from rates.ending import ending
from rates.errors import RatesError
from rates.files import load_file
from rates.prices import fetch
from rates.prices import registry as price_services
from rates.prices.family import Source
from rates.seed_form import SeedRates
from setup import health, notify
from setup.device_checks import (
    ASK_S,
    Vitals,
    ask_batteries,
    ask_cars,
    ask_chargers,
    limited,
    silences,
)
from setup.findings import (
    Finding,
    State,
    clock,
    daemon,
    disk,
    ok,
    once,
    packages,
    page,
    soon,
    telegrams,
    without,
    wrong,
)

LISTEN_S = 12.0


async def doctor(root: Path) -> int:
    """Print the page. 0 when all is well, 1 when something needs attention."""
    found = await examine(root)
    print(page(found, reader_of(root / "config.py", os.environ)))
    return 1 if any(one.state is State.WRONG for one in found) else 0


async def examine(root: Path, secrets_file: Path | None = None) -> list[Finding]:
    """All findings; the checks run at the same time, each with a limit."""
    try:
        settings = load_settings(root / "config.py")
        secrets = load_secrets() if secrets_file is None else load_secrets(secrets_file)
    except ConfigError as error:
        return [wrong("settings", str(error)), _disk(root)]
    heard: dict[str, messages.Vitals] = {}
    apps = [await _daemon(app, settings, secrets, heard) for app in settings.apps]
    checks: list[tuple[str, Callable[[], Awaitable[list[Finding]]]]] = [
        ("telegrams", lambda: _meter(settings, heard)),
        ("chargers", lambda: ask_chargers(settings, secrets, heard)),
        ("batteries", lambda: ask_batteries(settings, heard)),
        ("cars", lambda: ask_cars(settings, secrets, running="ev" in heard)),
        ("calendars", lambda: _calendars(settings, secrets)),
        ("prices", lambda: _prices(root, settings, secrets)),
        ("notifications", lambda: notify.probed(settings, secrets)),
    ]
    asked = await asyncio.gather(*(limited(name, check) for name, check in checks))
    first = [ok("settings", phrase("config.py and secrets.json are valid")), *_port(settings)]
    rest = [finding for part in asked[1:] for finding in part]
    bits = 64 if sys.maxsize > 2**32 else 32
    return [
        *[*first, *asked[0], _disk(root), packages(bits)],
        *[*(once(app, rest) for app in apps), *rest, *silences(settings, root)],
    ]


def _port(settings: Settings) -> list[Finding]:
    """Check that the serial port exists and can be read."""
    name = "serial port"
    if not settings.serial_port:
        return [without(name, phrase("the meter is on another machine"))]
    if settings.serial_port == "auto":
        return [ok(name, phrase("auto: the one on which telegrams arrive"))]
    if not settings.serial_port.startswith("/"):
        said = phrase("the telegrams come from {port}", port=settings.serial_port)
        return [without(name, said)]
    path = Path(settings.serial_port)
    if not path.exists():
        seen = ", ".join(map(str, Path("/dev").glob("ttyUSB*")))
        none = phrase("no USB cable is plugged in")
        looks = phrase("./do_py.sh install looks for it")
        said = phrase(
            "{path} does not exist; {reason}. {order}", path=path, reason=seen or none, order=looks
        )
        return [wrong(name, said)]
    if not os.access(path, os.R_OK | os.W_OK):
        said = phrase(
            "no permission to read {path}: sudo adduser $USER dialout, then sudo reboot", path=path
        )
        return [wrong(name, said)]
    return [ok(name, phrase("{path} exists and is readable", path=path))]


async def _meter(settings: Settings, heard: Vitals) -> list[Finding]:
    """Telegrams and clock: from dm when it runs, else by listening."""
    if (dm := heard.get("dm")) is not None:
        ahead_s = dm.wire.clock_ahead_s if dm.wire else None
        sun = [ok("solar panels", dm.sun)] if dm.sun else []
        return [telegrams(dm), clock(ahead_s, await _synchronised()), *sun]
    if not settings.serial_port:
        return [clock(None, await _synchronised())]
    if settings.serial_port.startswith("sim:"):
        return [
            without("telegrams", phrase("a simulated meter")),
            clock(None, await _synchronised()),
        ]
    if any(one.state is State.WRONG for one in _port(settings)):
        none = without("telegrams", phrase("not checked until the serial port works"))
        return [none, clock(None, await _synchronised())]
    try:
        at = await _listened(settings.serial_port)
    except (LineError, SettingError) as error:
        return [wrong("telegrams", str(error)), clock(None, await _synchronised())]
    ahead_s = (at - datetime.now(UTC)).total_seconds() if at else None
    return [
        ok("telegrams", phrase("a complete one was read")),
        clock(ahead_s, await _synchronised()),
    ]


async def _listened(serial_port: str) -> datetime | None:
    """The time in the first whole telegram. LineError describes the received data."""
    framer, sample = Framer(), b""
    told: list[str] = []
    port = source.open(serial_port, tell=lambda event: told.append(event.sentence))
    try:
        async with asyncio.timeout(LISTEN_S), port:
            async for chunk in port:
                sample = (sample + chunk)[-diagnosis.SAMPLE_BYTES :]
                for found in framer.feed(chunk):
                    if isinstance(found, Frame):
                        return read(parse(found.raw)).time
    except TimeoutError:
        pass
    raise LineError(diagnosis.sentence(sample, framer.counts) if sample or not told else told[0])


async def _synchronised() -> bool | None:
    """True if the network keeps this clock right; None when unknown."""
    if shutil.which("timedatectl") is None:
        return None
    ask = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        done = await asyncio.to_thread(
            subprocess.run, ask, capture_output=True, text=True, timeout=ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(done.stdout.strip())


def _disk(root: Path) -> Finding:
    return disk(shutil.disk_usage(root).free // 1_000_000, os.access(root, os.W_OK))


async def _daemon(
    app: str, settings: Settings, secrets: Secrets, heard: dict[str, messages.Vitals]
) -> Finding:
    """One of our programs; `heard` is its report."""
    address = settings.socket_info.get(settings.own_name(app))
    if address is None:
        said = phrase("socket_info has no websocket for it: its state is not available")
        return without(app, said)
    try:
        async with asyncio.timeout(ASK_S):
            vitals = await health.vitals(address.url, secrets.websocket_token)
    except TimeoutError:
        why = phrase("another program uses the port and does not answer")
        return daemon(app, address.port, None, why)
    except (OSError, WebSocketException):
        return daemon(app, address.port, None, phrase("it does not run"))
    if vitals is not None:
        heard[app] = vitals
    return daemon(app, address.port, vitals, phrase("something else answers on its port"))


async def _calendars(settings: Settings, secrets: Secrets) -> list[Finding]:
    """The secret addresses answer; The login at Google works."""
    found = []
    for name, address in secrets.ical_addresses.items():
        try:
            async with http_client.opened(ASK_S) as get:
                body = await get(in_https(address), {})
        except http_client.WebError as error:
            found.append(wrong("calendar", f"{name}: {error}"))
        else:
            good = b"BEGIN:VCALENDAR" in body[:200]
            found.append(
                ok("calendar", phrase("{name} answers", name=name))
                if good
                else wrong("calendar", phrase("{name} is not a calendar", name=name))
            )
    if settings.google_calendars:
        folder = GOOGLE.expanduser()
        let_in = (folder / TOKEN).exists() or (folder / SERVICE_ACCOUNT).exists()
        how = phrase(
            "put {file} in {folder}, then ./do_py.sh ev_app.py --login", file=CLIENT, folder=GOOGLE
        )
        google = ok("calendar", phrase("Google access works")) if let_in else wrong("calendar", how)
        found.append(google)
    none = phrase("not set: the car gets no trips (docs/calendar.md)")
    return found or [without("calendar", none)]


async def _prices(root: Path, settings: Settings, secrets: Secrets) -> list[Finding]:
    """Check rates.json, tables that end soon, and the age of its market prices."""
    try:
        rates = load_file(root / "rates.json")
    except (OSError, RatesError) as error:
        return [wrong("prices", str(error))]
    if isinstance(rates, SeedRates):
        return [ok("prices", phrase("rates.json has four lines; it needs no market prices"))]
    today = local_day(datetime.now(UTC))
    said = ", ".join(
        f"{terms.name} ({terms.energy})" for terms in rates.contracts if terms.holds(today)
    )
    area = phrase("grid area {area}", area=rates.home.grid_area)
    none = phrase("there is no contract for today")
    home = f"{area}; {said or none}"
    found = [ok("contract", home) if said else wrong("contract", home)]
    found += [soon("tariffs", sentence) for sentence in ending(rates, today)]
    if not rates.follows_market:
        none = phrase("rates.json is valid; it needs no market prices")
        return [*found, ok("prices", none)]
    until = _known_until(root / "history" / "prices.db")
    if until is None or until < datetime.now(UTC):
        late = phrase("today's market prices are missing: the program requests them each hour")
        services = price_services.sources(settings.price_services, dict(secrets))
        return [*found, wrong("prices", late), *[await _service(each) for each in services]]
    return [
        *found,
        ok("prices", phrase("market prices are known until {time}", time=_moment(until))),
    ]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BRUSSELS):%a %-d %b %H:%M}"


async def _service(source: Source) -> Finding:
    """Check that a price service has today's prices."""
    try:
        async with http_client.opened(ASK_S) as get:
            return ok("price service", await fetch.probe(get, source, datetime.now(UTC)))
    except http_client.WebError as error:
        return wrong("price service", f"{source.name}: {error}")


def _known_until(path: Path) -> datetime | None:
    """The start of the last quarter whose market price is kept."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as db:
        try:
            (last,) = db.execute("SELECT max(start) FROM prices").fetchone()
        except sqlite3.DatabaseError:
            return None
    return None if last is None else datetime.fromtimestamp(last, UTC)
