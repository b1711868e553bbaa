"""Each control of the page is pressed once in a browser, and its effect arrives.

What the chargers and the battery of the simulated house do comes back through dm in their own
messages. A second program of chargers, made here, has what that house is missing: an unknown car
and a usual trip; it receives the commands themselves.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from base import messages
from tests.prove.browser import PATIENCE_MS, Check, until

TOPICS = "watch charging batteries outlook"
CAR, CHARGER, OTHER, GATE = "q4", "main", "zoe", "gate"
"""Of the simulated house; of the program made here."""
SAID_S = 2.0
NAMED = """
window.named = (each) => {
  const tab = document.querySelector('nav a[aria-current]').hash;
  const [kind] = (each.closest('.card')?.wanted.props.key ?? 'page').split(' ');
  const own = each.className === 'ask' ? 'ask' : each.tagName === 'BUTTON' ? each.textContent
    : each.id.split('-').at(-1) || each.getAttribute('href') || each.tagName;
  return `${each.matches('nav a, .link') ? '' : tab} ${kind}: ${own}`;
};
window.pressed = new Set();
const noted = (event) => {
  const each = event.target.closest('button, a[href], input, svg.chart');
  if (each) window.pressed.add(window.named(each));
};
for (const kind of ['click', 'input']) document.addEventListener(kind, noted, true);
"""
"""Names each control by its tab and kind of card, and notes those that are pressed."""
UNPRESSED = """[...document.querySelectorAll('button, a[href], input, svg.chart')]
  .filter((each) => each.getClientRects().length).map(window.named)
  .filter((name) => !window.pressed.has(name))"""
WORD = "async ([key, values]) => (await import('/words.js')).t(key, values)"
ANSWERED = """(card) => {
  const said = card.querySelector('.outcome:not([hidden])');
  return said && !said.classList.contains('bad') ? said.querySelector('span').innerText : '';
}"""
IN_SIGHT = """(() => {
  const box = document.getElementById('choice').getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
})()"""


class Seen:
    """The last message of each kind that dm sent, and a wait for one that fits."""

    def __init__(self, line: ClientConnection) -> None:
        self._line, self._last = line, dict[tuple[str, str], messages.Message]()
        self._news = asyncio.Condition()

    async def listen(self) -> None:
        """Receive messages until the end of the connection."""
        async for text in self._line:
            message = messages.decode(text)
            async with self._news:
                self._last[message.type, getattr(message, "name", "")] = message
                self._news.notify_all()

    async def shows(self, kind: str, name: str, holds: Callable[[Any], bool]) -> bool:
        """True as soon as dm sends a message for which this holds; False if it does not."""
        try:
            async with asyncio.timeout(PATIENCE_MS / 1000), self._news:
                await self._news.wait_for(
                    lambda: (last := self._last.get((kind, name))) is not None and holds(last)
                )
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def seen(url: str) -> AsyncIterator[Seen]:
    """Inside the context, dm's messages are followed."""
    async with connect(url, proxy=None, max_size=None) as line:
        await line.send(TOPICS)
        told = Seen(line)
        listening = asyncio.create_task(told.listen())
        try:
            yield told
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


@asynccontextmanager
async def stand_in(url: str) -> AsyncIterator[asyncio.Queue[messages.Act]]:
    """Inside the context, a program of chargers with an unknown car; yields the commands to it."""
    leaves = datetime.now(UTC) + timedelta(days=1)
    usual = messages.UsualTrip(leaves=leaves, returns=leaves, km=30.0, chance=0.9)
    car = messages.CarNeed(name=OTHER, plugged=True, power_kw=0.0, soc_pct=50.0, most_kw=3.0)
    need = messages.Need(name="ev2", power_kw=0.0, cars=(car,))
    state = messages.CarState(name=OTHER, soc_pct=50.0, usual=(usual,))
    charger = messages.ChargerState(
        name=GATE, plugged=True, car=f"guest on {GATE}", asks=("kona", OTHER)
    )
    said = messages.Charging(time=datetime.now(UTC), cars=(state,), chargers=(charger,))
    acts: asyncio.Queue[messages.Act] = asyncio.Queue()
    async with connect(url, proxy=None, max_size=None) as line:
        await line.send(messages.encode(messages.Hello(name="ev2", version="1")))

        async def speak() -> None:
            while True:
                for each in (need, said):
                    await line.send(messages.encode(each))
                await asyncio.sleep(SAID_S)

        async def answer() -> None:
            async for text in line:
                if isinstance(act := messages.decode(text), messages.Act):
                    acts.put_nowait(act)
                    done = messages.Acted(number=act.number, done=True, text="zoe is on gate")
                    await line.send(messages.encode(done))

        going = [asyncio.create_task(speak()), asyncio.create_task(answer())]
        try:
            yield acts
        finally:
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)


class Presses:
    """A page of one language, its controls, and what is seen of them in dm."""

    def __init__(
        self, page: Any, told: Seen, acts: asyncio.Queue[messages.Act], where: str, check: Check
    ) -> None:
        self.page, self.told, self.acts = page, told, acts
        self._where, self._check = where, check
        self.left: set[str] = set()

    async def word(self, key: str, **values: str) -> str:
        """A sentence of the page in its language."""
        return str(await self.page.evaluate(WORD, [key, values]))

    async def card(self, key: str, **values: str) -> Any:
        """The card that is labelled so."""
        return self.page.get_by_label(await self.word(key, **values), exact=True).first

    async def press(self, card: Any, text: str, *, at: Any = None) -> None:
        """Press the button with this text in the card, and note which are still unpressed."""
        named = re.compile(f"^(✓ )?{re.escape(text)}$")  # one that is in force has a mark
        await (at or card.get_by_role("button", name=named)).first.click()
        await self.look()

    async def look(self) -> None:
        """Note the controls in sight that were never pressed."""
        self.left |= set(await self.page.evaluate(UNPRESSED))

    async def open(self, tab: str) -> None:
        """Press the link of a tab."""
        await self.page.locator(f"nav a[href='#{tab}']").click()
        here = "document.querySelector('nav a[aria-current]').hash"
        await until(self.page.evaluate, f"{here} === '#{tab}'")
        await self.look()

    async def confirmed(self, card: Any, control: str) -> str:
        """What the card says of the result; "" when it says nothing or that it failed."""
        sent = await self.word("sent")
        try:
            async with asyncio.timeout(PATIENCE_MS / 1000):
                while True:
                    if (said := str(await card.evaluate(ANSWERED))) and not said.startswith(sent):
                        return said
                    await asyncio.sleep(0.05)
        except TimeoutError:
            self.check(False, f"{control} is not confirmed")
        return ""

    async def acted(self, card: Any, control: str, *expected: str) -> None:
        """The stand-in received this command, and the card shows its answer."""
        async with asyncio.timeout(PATIENCE_MS / 1000):
            act = await self.acts.get()
        self.check((act.word, *act.args) == expected, f"{control} asks {act.word} {act.args}")
        await self.confirmed(card, control)

    async def came(self, card: Any, control: str, kind: str, name: str, holds: Any) -> None:
        """dm passes on the effect, and the card says so."""
        self.check(await self.told.shows(kind, name, holds), f"{control} has no effect")
        await self.confirmed(card, control)

    def check(self, holds: bool, sentence: str) -> None:
        self._check(holds, f"controls, {self._where}: {sentence}")


def mode_of(name: str, mode: str) -> Callable[[messages.Charging], bool]:
    """True of a message in which the car is in this mode."""
    return lambda told: any(each.name == name and each.mode == mode for each in told.cars)


async def choice(of: Presses) -> None:
    """The question beside the number, both answers, and the undo."""
    page = of.page
    card = page.locator("#choice")
    await card.wait_for(timeout=PATIENCE_MS)
    await of.press(None, "", at=page.locator("button.ask"))
    await until(page.evaluate, IN_SIGHT)
    for word, accepted in (("refuse", False), ("accept", True), ("undo", False), ("accept", True)):

        def holds(told: messages.Outlook, wanted: bool = accepted) -> bool:
            return any(each.accepted is wanted for each in told.choices)

        await of.press(card, await of.word(word))
        await of.came(card, word, "outlook", "", holds)


async def modes(of: Presses) -> None:
    """Boost, pause, automatic of the car, where the tab has them, and the undo."""
    card = await of.card("car", name=CAR)
    for mode in ("boost", "pause", "auto", "boost"):
        await of.press(card, await of.word(mode))
        await of.came(card, mode, "charging", "ev", mode_of(CAR, mode))
    await of.press(card, await of.word("undo"))
    await of.came(card, "undo", "charging", "ev", mode_of(CAR, "auto"))


async def battery(of: Presses) -> None:
    """Hold, charge, automatic of the battery, and the undo."""
    card = await of.card("the_battery")
    for word, mode in (
        ("hold", "hold"),
        ("charge", "charge"),
        ("auto", "auto"),
        ("hold", "hold"),
        ("undo", "auto"),
    ):
        await of.press(card, await of.word(word))
        await of.came(card, word, "batteries", "bs", lambda told, mode=mode: told.mode == mode)
        if word == "hold":
            said, wanted = await of.confirmed(card, word), await of.word("does_hold")
            of.check(said == wanted, f"hold says {said!r}")


async def targets(of: Presses, soc_pct: int) -> None:
    """Target and time of the car, its state of charge, and who is on its charger."""
    card, page = await of.card("car", name=CAR), of.page
    await page.locator(f"#ev-{CAR}-to").fill("75")
    await page.locator(f"#ev-{CAR}-by").fill("23:30")
    await of.press(card, await of.word("set"))

    def set_so(told: messages.Charging) -> bool:
        by = [each.ready_by for each in told.cars if each.name == CAR and each.target_pct == 75.0]
        return any(each is not None and f"{each:%H:%M}" == "22:30" for each in by)

    await of.came(card, "set", "charging", "ev", set_so)
    await of.press(card, await of.word("undo"))
    await of.came(card, "undo", "charging", "ev", mode_of(CAR, "auto"))
    await page.locator(f"#ev-{CAR}-soc").fill(str(soc_pct))
    await of.press(card, await of.word("tell"))

    def full_so(told: messages.Charging) -> bool:
        return any(each.name == CAR and round(each.soc_pct or 0) == soc_pct for each in told.cars)

    await of.came(card, "tell", "charging", "ev", full_so)
    card = page.get_by_label(CHARGER, exact=True).first
    for text, car in ((await of.word("guest"), f"guest on {CHARGER}"), (CAR, CAR)):

        def on_it(told: messages.Charging, car: str = car) -> bool:
            return any(each.name == CHARGER and each.car == car for each in told.chargers)

        await of.press(card, text)
        await of.came(card, text, "charging", "ev", on_it)


async def first_of_stand_in(of: Presses) -> None:
    """On the first tab: which car it is, and the modes of the other car."""
    card = await of.card("which_car", charger=GATE)
    guest = await of.word("guest")
    for text, car in (("kona", "kona"), (OTHER, OTHER), (guest, "guest")):
        await of.press(card, text)
        await of.acted(card, text, "car", car, "on", GATE)
    await modes_of_stand_in(of)


async def modes_of_stand_in(of: Presses) -> None:
    card = await of.card("car", name=OTHER)
    for word in ("boost", "pause", "auto"):
        await of.press(card, await of.word(word))
        await of.acted(card, word, word, OTHER)
    if await card.locator("button.link").count():
        await of.press(card, await of.word("undo"))
        await of.acted(card, "undo", "auto", OTHER)


async def rest_of_stand_in(of: Presses) -> None:
    """On the tab of the cars: target, state of charge, habit, and who is on its charger."""
    await modes_of_stand_in(of)
    card, page = await of.card("car", name=OTHER), of.page
    await page.locator(f"#ev2-{OTHER}-to").fill("90")
    await page.locator(f"#ev2-{OTHER}-by").fill("07:15")
    await of.press(card, await of.word("set"))
    await of.acted(card, "set", "charge", OTHER, "90", "by", "07:15")
    await of.press(card, await of.word("undo"))
    await of.acted(card, "undo", "auto", OTHER)
    await page.locator(f"#ev2-{OTHER}-soc").fill("44")
    await of.press(card, await of.word("tell"))
    await of.acted(card, "tell", "soc", OTHER, "44")
    await of.press(card, await of.word("forget"))
    await of.acted(card, "forget", "forget", OTHER)
    card, guest = page.get_by_label(GATE, exact=True).first, await of.word("guest")
    for text, car in ((OTHER, OTHER), (guest, "guest")):
        await of.press(card, text)
        await of.acted(card, text, "car", car, "on", GATE)


async def charts(of: Presses) -> None:
    """Another place of each chart of the tab: by its slider, and by a finger."""
    for figure in await of.page.locator("figure").all():
        said = figure.locator("figcaption")
        for press in ("ArrowLeft", "ArrowRight"):
            await figure.locator("input").press(press)
        before = await said.inner_text()
        box = await figure.locator("svg").bounding_box()
        await figure.locator("svg").click(position={"x": box["width"] / 3, "y": 20})
        await of.look()
        await asyncio.sleep(0.1)
        of.check(await said.inner_text() != before, "a finger on a chart changes nothing")
        touched = await said.inner_text()
        await figure.locator("input").press("ArrowLeft")
        await asyncio.sleep(0.1)
        of.check(await said.inner_text() != touched, "the slider of a chart changes nothing")


async def views(of: Presses) -> None:
    """Week, month and year of the history: the one that is pressed is drawn."""
    card = of.page.locator("section", has=of.page.locator("#days"))
    bars = set()
    for view in ("week", "year", "month"):
        text = await of.word(f"view_{view}")
        await of.press(card, text)
        pressed = card.locator("button[aria-pressed=true]")
        await asyncio.sleep(0.3)
        of.check(await pressed.inner_text() == text, f"{view} is not marked")
        bars.add(await card.locator("path.bar").first.get_attribute("d"))
    of.check(len(bars) == 3, "two of the three views are the same")


async def controls(
    browser: Any, url: str, port: int, language: str, number: int, check: Check
) -> None:
    """Press each control of the page in this language; `number` varies what is typed."""
    line = f"ws://127.0.0.1:{port}/ws"
    page = await browser.new_page(viewport={"width": 390, "height": 844}, locale=language)
    await page.add_init_script(NAMED)
    async with seen(line) as told, stand_in(line) as acts:
        of = Presses(page, told, acts, language, check)
        await page.goto(url)
        await page.wait_for_selector("#which", timeout=PATIENCE_MS)
        await page.wait_for_selector("section[aria-label] button[aria-pressed=true]")
        for tab in ("plan", "now"):
            await of.open(tab)
        await choice(of)
        await modes(of)
        await battery(of)
        await first_of_stand_in(of)
        await of.open("cars")
        await modes(of)
        await targets(of, 60 + number)
        await rest_of_stand_in(of)
        for tab in ("plan", "history"):
            await of.open(tab)
            await charts(of)
        await views(of)
        pressed = set(await page.evaluate("[...window.pressed]"))
        missed = sorted(of.left - pressed)
        of.check(not missed, f"never pressed: {missed}")
        print(f"{len(pressed)} controls pressed in {language}")
    await page.close()
