"""A connector of a charging station as a charger's Driver.

Its set-point is a charging profile that expires; `keep` renews it. A pause is a profile of 0
A, never the end of a transaction: many stations start the next one only after the car is unplugged.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from base.language import clause
from ev.chargers.charger import LineError, RefusedError
from ev.chargers.command_steps import Told
from ev.chargers.driver import ALONE, FALLS, KEEPS, Info, Values
from ev.chargers.ocpp import profiles
from ev.chargers.ocpp.calls import TIMEOUT_S, Calls
from ev.chargers.ocpp.central import Central, Station
from ev.chargers.ocpp.default_profile import DefaultProfile
from ev.chargers.ocpp.first_contact import REPORTS_S, FirstContact
from ev.chargers.ocpp.line import StationLine
from ev.chargers.ocpp.profiles import Form, Limit, Since
from ev.chargers.ocpp.state import Connector, State

FOLLOWS_S, ABOVE_A = 7.0, 1.0
"""A draw this far above the set-point, this long after it was sent, means that it was not
applied."""
CLOSED = clause(
    "refuses every charging profile: in its own app or page switch on smart charging, and let it"
    " be controlled by the OCPP server."
)
ELSEWHERE = "cannot be listened for: port {port} is taken by another program."
AWAY = (
    "is not connected: its OCPP server must be ws://THIS_MACHINE:{port}/ and its name there {id}, "
    "and remote_ips must name its address."
)


class Ocpp:
    """The connector `number` of a station. `starts`: this program starts a session that waits for a
    card."""

    def __init__(
        self, name: str, central: Central, station: Station, number: int, *, starts: bool
    ) -> None:
        self._name = name
        self._central, self._station, self._number = central, station, number
        self._starts = starts
        self._safe_a = 0.0
        self._calls = Calls(name, number)
        self._default = DefaultProfile(self._calls)
        self._contact = FirstContact(self._calls, station, number)
        self._looked: tuple[StationLine, int] | None = None
        self._step = Told()
        self._confirmed: tuple[object, int | None] | None = None
        self._sent: tuple[Limit, Limit, float] | None = None
        self._form: Form | None = None
        self._refused: set[Form] = set()
        self._formed_for: tuple[int, int | None] | None = None
        self._triggers = True

    @property
    def keep_s(self) -> float | None:
        """Well before the profile ends."""
        return profiles.RENEW_S

    @property
    def rise_s(self) -> float:
        """Time from the last write to a rise: longer where each is written to flash memory."""
        persistent = self._form is not None and self._form.persistent
        return profiles.PERSISTENT_RISE_S if persistent else 0.0

    @property
    def about(self) -> dict[str, str]:
        """Its identity as reported, and the form of profile that it accepted."""
        state, form = self._state, self._form
        can = state.can
        found = {
            "maker": state.vendor,
            "model": state.model,
            "firmware": state.firmware,
            "unit": "W" if can.watts else "A",
            "stack_level": f"{can.stack_level}",
            "measures": ", ".join(sorted(can.wish)),
            "default_profile": "refused" if self._default.current_a is None else "taken",
        }
        if form is not None:
            where = "of the session" if form.session else "as default"
            ends = "ends by itself" if form.ends else "has no end"
            kind = "relative" if form.relative else "absolute"
            found["profile"] = f"{where}, stack level {form.stack}, {kind}, {ends}"
            found[ALONE] = FALLS if form.ends else KEEPS
        return found

    @property
    def form(self) -> Form | None:
        """Form of the last command."""
        return self._form

    def fall_back(self, current_a: float) -> None:
        """Limit that holds when its profile ends."""
        self._safe_a = current_a

    async def info(self) -> Info:
        """True if it switches phases; its hardware is unknown."""
        line = await self._line()
        await self._meet(line, again=True)
        return Info(switches_phases=self._state.can.switches_phases)

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements, triggered now where possible, and the confirmed set-point."""
        line = await self._line()
        await self._meet(line)
        await self._fresh(line)
        now_s = asyncio.get_running_loop().time()
        step = self._step
        wanted = step.paused is False
        values = self._state.values(self._number, now_s, paused=step.paused is True, wanted=wanted)
        return values, self._told()

    async def tell(self, step: Told) -> Told:
        """Send a profile until one is confirmed. Without a transaction that waits for the next
        one."""
        step = self._step.then(step)
        line = await self._line()
        self._step = step
        if self._connector.transaction is None and self._waits:
            if self._starts and step.paused is False:
                await self._calls.start(line)
            self._confirmed = None
            return step
        await self._profile(line, step)
        return step

    async def keep(self) -> None:
        """Renew its profile, when that is due."""
        line = await self._line()
        waits = self._connector.transaction is None and self._waits
        if self._step != Told() and not waits and self._due:
            await self._profile(line, self._step)

    async def aclose(self) -> None:
        """Release the station, unless another connector uses it."""
        await self._central.release(self)

    @property
    def _state(self) -> State:
        return self._station.state

    @property
    def _connector(self) -> Connector:
        return self._state.connector(self._number)

    @property
    def _waits(self) -> bool:
        """True if nothing flows before a transaction, so that the default of the boot holds."""
        return self._connector.status in ("Available", "Preparing", "Finishing", "Reserved", "")

    def _told(self) -> Told:
        """The limit in force: the confirmed profile, or the fallback without one.

        Its draw above that counts too: some confirm a profile that they do not apply.
        """
        transaction = self._connector.transaction
        if transaction is None or self._confirmed == self._place(self._station.line, transaction):
            above_a = self._above_a()
            return self._step if above_a is None else replace(self._step, current_a=above_a)
        safe_a = self._default.current_a
        if safe_a is None:
            return Told()
        return Told(safe_a or None, paused=not safe_a, phases=self._step.phases)

    def _above_a(self) -> float | None:
        """Its draw when above its set-point; None while it follows it or is unknown."""
        its, step_a = self._connector, self._step.current_a
        if self._sent is None or its.metered_s is None or step_a is None or self._step.paused:
            return None
        drawn_a = max(its.meter.currents_a, default=0.0)
        heard = its.metered_s >= self._sent[2] + FOLLOWS_S
        return drawn_a if heard and drawn_a > step_a + ABOVE_A else None

    @property
    def _due(self) -> bool:
        """True if the profile in force must be renewed now."""
        place = self._place(self._station.line, self._connector.transaction)
        if self._form is None or self._sent is None or self._confirmed != place:
            return True
        limit, safe, sent_s = self._sent
        age_s = asyncio.get_running_loop().time() - sent_s
        changed = safe != Limit(self._safe_a)
        return changed or profiles.renewal_due(self._form, limit, safe, age_s)

    def _place(
        self, line: StationLine | None, transaction: int | None
    ) -> tuple[object, int | None]:
        """The scope of a profile: its line and transaction, or one boot to the next."""
        if self._form is not None and self._form.persistent:
            return self._state.boots, None
        return line, transaction

    async def _line(self) -> StationLine:
        """Its line, after a wait if needed. LineError."""
        try:
            await self._central.hold(self)
        except OSError:
            raise LineError(self._name, ELSEWHERE.format(port=self._central.port)) from None
        await self._station.until(lambda: self._station.line is not None, TIMEOUT_S)
        if (line := self._station.line) is None:
            why = AWAY.format(port=self._central.port, id=self._station.identity)
            raise LineError(self._name, why)
        return line

    async def _meet(self, line: StationLine, *, again: bool = False) -> None:
        """After it connected: read its abilities, configure its meter, make its default safe."""
        if self._contact.line is not line or again:
            new = await self._contact.make(line, first=self._default.boot is None)
            self._triggers = self._triggers or new
        if self._looked != (line, boots := self._state.boots):
            form = self._form
            replaced = form is not None and form.persistent and not form.ends
            safe = Limit(self._safe_a)
            if await self._default.renew(line, self._state, safe, replaced=replaced):
                self._confirmed = None
            self._looked = line, boots

    async def _fresh(self, line: StationLine) -> None:
        """Read its meter now, where it can be triggered. LineError without an answer."""
        if not self._triggers:
            return
        before = self._connector.metered
        accepted = await self._calls.trigger(line, "MeterValues")
        self._triggers = accepted and await self._station.until(
            lambda: self._connector.metered != before, REPORTS_S
        )

    async def _profile(self, line: StationLine, step: Told) -> None:
        """Send a profile in the first form that it confirms. RefusedError, LineError."""
        state, transaction = self._state, self._connector.transaction
        if self._formed_for != (state.boots, transaction):
            self._formed_for, self._refused = (state.boots, transaction), set()
        can = state.can
        told = can.switches_phases and step.phases is not None
        limit_a = 0.0 if step.paused or step.current_a is None else step.current_a
        limit = Limit(limit_a, step.phases or 3, told)
        booted = None if self._default.current_a is None else Limit(self._default.current_a)
        safe = Limit(self._safe_a)
        since_s = self._connector.started_s
        for form in profiles.forms(can, session=transaction is not None):
            if form in self._refused or (form.since is Since.START and since_s is None):
                continue
            profile = profiles.profile(
                form,
                limit,
                safe,
                booted=booted,
                watts=can.watts,
                transaction=transaction,
                clock=state.watch.clock(datetime.now(UTC)),
                session_s=0.0 if since_s is None else asyncio.get_running_loop().time() - since_s,
            )
            taken = await self._calls.set_profile(line, profile, urgent=True)
            if taken and await self._ends(line, form, limit, safe):
                self._form = form
                self._confirmed = self._place(line, transaction)
                self._sent = limit, safe, asyncio.get_running_loop().time()
                return
            self._refused.add(form)
        self._refused.clear()
        raise RefusedError(self._name, CLOSED)

    async def _ends(self, line: StationLine, form: Form, limit: Limit, safe: Limit) -> bool:
        """True if its composite schedule confirms a relative profile."""
        if not (form.relative and form.ends) or limit.current_a <= safe.current_a:
            return True
        watts = self._state.can.watts
        said = await self._calls.composite(line, watts=watts)
        return profiles.falls(said, limit, safe, watts=watts)
