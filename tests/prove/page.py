"""The page in Debian's chromium on the simulated house: sizes, light and dark, languages.

It installs what it needs beside the tests' own packages: playwright into .venv, axe-core from npm
by its hash, and chromium from apt where this user may. Pictures go to --pictures.
"""

import argparse
import asyncio
import hashlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from apps.demo.past import prepared
from apps.demo.screens import CONFIG, RATES
from base import messages
from bench.process import ROOT, free_port
from tests.apps.dm.running import Dm, run

HELP = "the telephone's page in a real browser; try --help"
PLAYWRIGHT = "playwright==1.65.2"
AXE, AXE_SHA256 = (
    "axe-core@4.14.1",
    "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
)
START = datetime(2026, 12, 1, 16, 20, tzinfo=UTC)
SPEED = 10
SIZES = ((360, 640), (768, 1024), (1280, 800))
LANGUAGES = ("en-GB", "nl-BE", "fr-BE")
TABS = ("now", "plan", "history", "cars")
SLOWER, FIRST_S, LIGHT_BYTES, BACK_S, BAND_S = 4, 1.0, 120_000, 6.0, 6.0
"""A telephone's processor, and what the page promises on it; dm itself takes some of BACK_S."""
PATIENCE_MS = 20_000
EVIL = "<img src=x onerror=alert(1)>\u202eabc"
NONSENSE = ("NaN", "undefined", "null", "[object", "Infinity")
FITS = """() => {
  const nav = document.getElementById('tabs').getBoundingClientRect().top;
  const cards = [...document.querySelectorAll('.card')].slice(0, 4);
  return {wide: document.documentElement.scrollWidth <= innerWidth,
          whole: cards.filter((card, at) => (at < 3 ? card : card.querySelector('p'))
            .getBoundingClientRect().bottom <= nav).length,
          small: [...document.querySelectorAll('button, nav a, input')].filter((each) => {
            const box = each.getBoundingClientRect();
            return each.type !== 'range' && box.width && (box.height < 43.5 || box.width < 43.5);
          }).length};
}"""
Check = Callable[[bool, str], None]


def needed(folder: Path) -> tuple[str, str, Any]:
    """The browser's path, the text of axe-core, and playwright. SystemExit with what to type."""
    browser = shutil.which("chromium")
    if browser is None and os.getuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=True)
        browser = shutil.which("chromium")
    if browser is None or shutil.which("npm") is None:
        sys.exit("This needs chromium and npm. Type:  sudo apt-get install -y chromium npm")
    try:
        playwright = importlib.import_module("playwright.async_api")
    except ModuleNotFoundError:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", PLAYWRIGHT], check=True)
        playwright = importlib.import_module("playwright.async_api")
    subprocess.run(["npm", "pack", "--silent", AXE], cwd=folder, check=True, stdout=sys.stderr)
    (pack,) = folder.glob("axe-core-*.tgz")
    if hashlib.sha256(pack.read_bytes()).hexdigest() != AXE_SHA256:
        sys.exit(f"{AXE} is not the one that is expected")
    with tarfile.open(pack) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return browser, member.read().decode(), playwright


class House:
    """dm, ev and bs of the simulated house, with a past."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def dm(self) -> Any:
        """dm runs inside."""
        source = f"sim://?speed={SPEED}&start={START:%Y-%m-%dT%H:%M}Z"
        where = ("--rates", str(RATES), "--port", str(self.port))
        return self._app("dm.py", "--source", source, *where)

    @asynccontextmanager
    async def neighbours(self) -> AsyncIterator[None]:
        """ev and bs run inside."""
        there = ("--dm", f"ws://127.0.0.1:{self.port}/ws", "--speed", str(SPEED), "--port", "0")
        async with self._app("ev_app.py", *there, "--simulated"), self._app("bs_app.py", *there):
            yield

    def _app(self, name: str, *options: str) -> Any:
        return run(name, "--config", str(CONFIG), "--data", str(self.folder), *options)


async def look(browser: Any, house: House, axe: str, pictures: Path, check: Check) -> None:
    """Every tab at every size, in light and dark, in a language each."""
    for number, (width, height) in enumerate(SIZES):
        for scheme in ("light", "dark"):
            language = LANGUAGES[(number + (scheme == "dark")) % 3]
            context = await browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, locale=language
            )
            page = await context.new_page()
            said: list[str] = []
            page.on("console", lambda each, said=said: said.append(each.text))
            page.on("pageerror", lambda each, said=said: said.append(str(each)))
            page.on("request", lambda each, said=said: inside(each.url, house, said))
            await page.goto(house.url)
            await page.wait_for_selector("[aria-pressed=true]", timeout=PATIENCE_MS)
            for tab in TABS:
                where = f"{tab} at {width}x{height}, {scheme}, {language}"
                await page.goto(f"{house.url}/#{tab}")
                await page.wait_for_timeout(1200)
                await page.screenshot(path=pictures / f"{tab}-{width}-{scheme}.png")
                fits = await page.evaluate(FITS)
                check(fits["wide"], f"{where}: scrolls sideways")
                check(fits["small"] == 0, f"{where}: {fits['small']} touch targets below 44 px")
                if tab == "now" and width == 360:
                    check(fits["whole"] == 4, f"{where}: {fits['whole']} of 4 cards are whole")
                text = await page.inner_text("body")
                check(not any(each in text for each in NONSENSE), f"{where}: says nonsense")
                await page.evaluate(axe)
                wrong = (await page.evaluate("axe.run()"))["violations"]
                check(not wrong, f"{where}: {json.dumps([each['id'] for each in wrong])}")
                for each in wrong:
                    print(each["id"], [node["html"][:160] for node in each["nodes"]][:3])
            check(not said, f"{width}x{height} {scheme}: {said[:3]}")
            await context.close()


def inside(url: str, house: House, said: list[str]) -> None:
    """Notes a request that leaves the house."""
    if not url.startswith(house.url):
        said.append(f"asks {url}")


async def until(page: Any, true: str) -> None:
    """The expression is true on the page. TimeoutError when it does not become so.

    Playwright's own wait evaluates a string in the page, which our headers forbid.
    """
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await page.evaluate(true):  # noqa: ASYNC110 - the event is in the browser
            await asyncio.sleep(0.02)


async def first_number(browser: Any, house: House, check: Check) -> None:
    """The first visit of a slow telephone: its bytes, and when the number stands there."""
    context = await browser.new_context(viewport={"width": 360, "height": 640})
    page = await context.new_page()
    weight = 0
    probe = await context.new_cdp_session(page)
    await probe.send("Network.enable")
    await probe.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def weighed(event: dict[str, Any]) -> None:
        nonlocal weight
        weight += int(event["encodedDataLength"])

    probe.on("Network.loadingFinished", weighed)
    began = time.monotonic()
    await page.goto(house.url)
    await until(page, r"/\d/.test(document.querySelector('.big')?.innerText)")
    took_s = time.monotonic() - began
    check(took_s <= FIRST_S, f"first number after {took_s:.2f} s, {SLOWER} times slower")
    check(0 < weight <= LIGHT_BYTES, f"{weight:,} bytes on the first load")
    print(f"first number {took_s:.2f} s, {weight:,} bytes")
    await context.close()


async def acts(page: Any, house: House, check: Check) -> None:
    """Boost is heard, in force, and taken back."""
    await page.goto(house.url)
    pressed = "section[aria-label^='Car'] button[aria-pressed=true]"
    await page.wait_for_selector(pressed, timeout=PATIENCE_MS)
    began = time.monotonic()
    await page.get_by_role("button", name="Boost").first.click()
    await page.wait_for_selector("button.link", timeout=PATIENCE_MS)
    print(f"a button was answered in {time.monotonic() - began:.2f} s")
    in_force = f"document.querySelector(\"{pressed}\")?.innerText.includes('%s')"
    await until(page, in_force % "Boost")
    await page.locator("button.link").first.click()
    await until(page, in_force % "Auto")
    check(True, "")


async def evil(page: Any, house: House, check: Check) -> None:
    """A name with HTML and a direction mark is a text."""
    car = messages.CarNeed(name=EVIL, plugged=True, power_kw=0.0, soc_pct=50.0, most_kw=3.0)
    need = messages.Need(name="evil", power_kw=0.0, why=EVIL, cars=(car,))
    async with connect(f"ws://127.0.0.1:{house.port}/ws", proxy=None) as line:
        await line.send(messages.encode(need))
        await page.goto(house.url)
        await until(page, "document.body.innerText.includes('<img src=x')")
    check(await page.locator("main img").count() == 0, "a name became an element")
    check("\u202e" not in await page.inner_text("body"), "a direction mark is on the page")


async def which(page: Any, house: House, check: Check) -> None:
    """A charger whose car is unknown is on the first page: one tap answers."""
    charger = messages.ChargerState(
        name="gate", plugged=True, car="guest on gate", asks=("kona", "zoe")
    )
    said = messages.Charging(time=START, chargers=(charger,))
    async with connect(f"ws://127.0.0.1:{house.port}/ws", proxy=None) as line:
        need = messages.Need(name="ev2", power_kw=0.0)
        for message in (messages.Hello(name="ev2", version="1"), need, said):
            await line.send(messages.encode(message))
        await page.goto(house.url)
        await until(page, "document.body.innerText.includes('Which car is on gate?')")
        await page.get_by_role("button", name="zoe").first.click()
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while not isinstance(act := messages.decode(await line.recv()), messages.Act):
                pass
        check((act.word, act.args) == ("car", ("zoe", "on", "gate")), f"a tap asks {act}")
        done = messages.Acted(number=act.number, done=True, text="zoe is on gate")
        await line.send(messages.encode(done))
        await until(page, "document.body.innerText.includes('zoe is on gate')")


async def killed(page: Any, house: House, dm: Dm, check: Check) -> Callable[[], Awaitable[None]]:
    """dm is killed: the band says so in time. What it gives waits for dm's return."""
    await page.goto(house.url)
    await page.wait_for_selector(".big", timeout=PATIENCE_MS)
    began = time.monotonic()
    dm.process.send_signal(signal.SIGKILL)
    await page.wait_for_selector("#band p", timeout=PATIENCE_MS)
    took_s = time.monotonic() - began
    check(took_s <= BAND_S, f"the band after {took_s:.1f} s")
    print(f"lost line said after {took_s:.1f} s")

    async def back() -> None:
        began = time.monotonic()
        await page.wait_for_selector("#band p", state="detached", timeout=PATIENCE_MS)
        took_s = time.monotonic() - began
        check(took_s <= BACK_S, f"right again {took_s:.1f} s after dm's return")
        print(f"right again after {took_s:.1f} s")

    return back


async def prove(pictures: Path) -> int:
    """The exit code: 0 when nothing was found."""
    found: list[str] = []

    def check(holds: bool, sentence: str) -> None:
        if not holds:
            found.append(sentence)
            print(f"FOUND {sentence}", flush=True)

    with tempfile.TemporaryDirectory(prefix="dm-page-") as name:
        folder = Path(name)
        path, axe, playwright = needed(folder)
        prepared(folder / "house", ROOT / ".demo", START, RATES, lambda _: None)
        house = House(folder / "house")
        async with playwright.async_playwright() as player:
            browser = await player.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = await browser.new_page(viewport={"width": 360, "height": 640})
            async with house.dm() as dm, house.neighbours():
                await look(browser, house, axe, pictures, check)
                await first_number(browser, house, check)
                await acts(page, house, check)
                await evil(page, house, check)
                await which(page, house, check)
                back = await killed(page, house, dm, check)
                async with house.dm():
                    await back()
            await browser.close()
    print(f"page: {len(found)} found; pictures in {pictures}")
    return 1 if found else 0


def main(argv: Sequence[str]) -> int:
    """The exit code of `./do_py.sh prove page`."""
    parser = argparse.ArgumentParser(prog="./do_py.sh prove page", description=__doc__)
    where = Path(tempfile.gettempdir()) / "dm-page"
    parser.add_argument("--pictures", type=Path, default=where, help=f"a folder, else {where}")
    options = parser.parse_args(argv)
    options.pictures.mkdir(parents=True, exist_ok=True)
    return asyncio.run(prove(options.pictures))
