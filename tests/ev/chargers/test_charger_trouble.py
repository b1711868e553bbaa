"""A charger that answers late, wrongly or never: a clear sentence, and the car stays safe."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from ev.chargers.charger import ChargerError, LineError, RefusedError, follow, leave
from ev.chargers.command_steps import Told
from ev.chargers.device import Device
from ev.chargers.nrgkick import answers, words
from ev.chargers.nrgkick.driver import NrgKick
from ev.facts import ChargerPhase, ChargerState
from sim.charger import Trouble
from tests.ev.chargers.factories import plugged_car, point, rig


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (Trouble.HTML, "NRGkick Main answers with a page, not with values"),
        (Trouble.SERVER_ERROR, r"NRGkick Main is out of order \(HTTP 503\)\."),
        (Trouble.HANG, "NRGkick Main does not answer within 0 s"),
    ],
)
async def test_a_temporary_fault_needs_no_action(trouble: Trouble, sentence: str) -> None:
    """A fault is reported while it lasts, without a task for the owner."""
    async with rig(timeout_s=0.5) as it:
        it.device.trouble.add(trouble)
        with pytest.raises(LineError, match=sentence):
            await it.kick.read()
        it.device.trouble.clear()
        assert (await it.kick.read()).plugged


async def test_nobody_at_the_address() -> None:
    async with rig() as it:
        pass
    kick = Device("NRGkick Main", NrgKick("NRGkick Main", it.host))
    with pytest.raises(LineError, match=r"at 127\.0\.0\.1:\d+: nothing listens there\.$"):
        await kick.read()
    await kick.aclose()


async def test_an_unknown_name_is_explained() -> None:
    kick = Device("NRGkick Main", NrgKick("NRGkick Main", "charger.invalid"))
    with pytest.raises(LineError, match="its name is not known here, or there is no network"):
        await kick.read()
    await kick.aclose()


async def test_null_powers_and_currents_are_not_known() -> None:
    async with rig() as it:
        it.device.trouble.add(Trouble.NULLS)
        state = await it.kick.read()
        assert (state.power_kw, state.currents_a) == (None, ())
        assert state.plugged


async def test_a_restart_in_the_middle_of_a_write_ends_at_the_set_point() -> None:
    """A charger restarts at 32 A, not paused; the driver detects this and writes again."""
    async with rig() as it:
        await it.kick.read()
        it.device.trouble.add(Trouble.RESTARTS)
        with pytest.raises(LineError, match="cannot be reached"):
            await it.kick.write(point(6.0))
        assert it.device.settings.current_a == 32.0
        state = await it.until(lambda state: not state.notice, point(6.0))
        assert it.device.settings.current_a == state.set_a == 6.0


async def test_a_pause_that_was_lost_is_sent_again() -> None:
    async with rig(timeout_s=0.5) as it:
        await it.kick.read()
        it.device.trouble.add(Trouble.HANG)
        with pytest.raises(LineError, match="does not answer"):
            await it.kick.write(point(0.0))
        it.device.trouble.clear()
        await it.until(lambda state: state.paused is True)
        assert it.device.settings.paused


async def test_a_set_point_changed_by_the_app_is_sent_again() -> None:
    """With two controllers, ours takes precedence because it measures the house."""
    async with rig() as it:
        await it.until(lambda state: state.set_a == 8.0, point(8.0))
        it.device.tell({"current_set": "32"})
        await it.until(lambda state: len(it.writes) == 2)
        assert it.device.settings.current_a == 8.0


async def test_in_trouble_the_last_state_stands_with_its_age_and_why() -> None:
    """A charger that does not answer has not lost its car."""
    told = list[ChargerState]()
    both = asyncio.Event()
    async with rig(timeout_s=0.5) as it:

        def tell(state: ChargerState) -> None:
            told.append(state)
            it.device.trouble.add(Trouble.HANG)
            if len(told) == 2:
                both.set()

        task = asyncio.create_task(follow(it.kick, tell))
        await both.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert told[1].plugged
    assert told[1].at == told[0].at
    assert "does not answer" in told[1].notice


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("error", "NRGkick Main detects a residual current: unplug the car"),
        ("rcd", "NRGkick Main switched off because of a residual current"),
        ("warning", "NRGkick Main warns: it is getting hot"),
    ],
)
async def test_its_codes_are_sentences(code: str, sentence: str) -> None:
    async with rig() as it:
        setattr(it.device, code, 16)
        state = await it.kick.read()
        assert state.notice.startswith(sentence)
        assert (state.phase is ChargerPhase.ERROR) == (code == "error")


async def test_the_energy_limit_of_the_app_is_reported() -> None:
    async with rig() as it:
        it.device.tell({"energy_limit": "100"})
        state = await it.until(lambda state: bool(state.notice) and state.power_kw == 0.0)
        assert "its energy limit is reached" in state.notice


@pytest.mark.parametrize("code", [-1, 8, 55, 999, 10**9])
def test_a_code_missing_from_the_manual_is_explained_too(code: int) -> None:
    for notice in (words.notice(code, 0, 0), words.notice(0, code, 0), words.notice(0, 0, code)):
        assert str(code) in notice


async def test_its_words_are_fit_for_a_log() -> None:
    """Any device text becomes one printable line."""
    async with _answering(b'{"Response":"no\\n2026 ERROR \\u001b[2J"}', 200) as kick:
        with pytest.raises(ChargerError) as caught:
            await kick.read()
        assert str(caught.value).isprintable()


BODIES = [
    b"", b"[]", b"null", b"3", b'"on"', b"[" * 50_000, b"\xff\xfe", b"x" * 1_000_000,
    b'{"current_set":', b'{"Response":null}', b'{"Response":{"a":1}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:12].decode("ascii", "replace"))
@pytest.mark.parametrize("status", [200, 302, 404])
async def test_any_answer_is_a_charger_error(body: bytes, status: int) -> None:
    async with _answering(body, status) as kick:
        with pytest.raises(ChargerError):
            await kick.read()


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"general":null}', b'{"general":{"status":"CHARGING"},"current_set":true}',
     b'{"general":{"status":NaN},"powerflow":{"total_active_power":1e400},"phase_count":9}'],
)  # fmt: skip
async def test_an_object_of_nothing_known_is_unknown(body: bytes) -> None:
    async with _answering(body, 200) as kick:
        state = await kick.read()
        assert (state.phase, state.set_a, state.power_kw) == (ChargerPhase.UNKNOWN, None, None)


@asynccontextmanager
async def _answering(body: bytes, status: int) -> AsyncIterator[Device]:
    """A driver of a device that answers every request with `body`."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    app = web.Application()
    app.router.add_get("/{path}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    kick = Device("x", NrgKick("x", f"127.0.0.1:{runner.addresses[0][1]}"))
    try:
        yield kick
    finally:
        await kick.aclose()
        await runner.cleanup()


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_KEYS = st.sampled_from(
    ["general", "powerflow", "energy", "connector", "l1", "l2", "status", "current", "current_set",
     "relay_state", "rated_current", "phase_count", "charge_pause", "error_code", "charged_energy"]
)  # fmt: skip
_JSON = st.recursive(_LEAVES, lambda inner: st.dictionaries(_KEYS, inner), max_leaves=12)


@settings(max_examples=40)
@given(st.dictionaries(_KEYS, _JSON))
def test_no_object_is_too_odd(answer: dict[str, object]) -> None:
    answers.info(answer)
    answers.values(answer)
    told = answers.control(answer)
    assert told.phases in (None, 1, 2, 3)


def test_one_question_tells_everything() -> None:
    assert answers.question(Told(6.0, False)) == "/control?current_set=6.0&charge_pause=0"
    assert answers.question(Told(phases=1)) == "/control?phase_count=1"


async def test_it_is_left_paused_or_at_a_safe_current() -> None:
    async with rig() as it:
        await it.kick.read()
        await it.kick.write(point(12.0))
        await it.kick.leave_safe(6.0)
        assert (it.device.settings.current_a, it.device.settings.paused) == (6.0, False)
        await it.kick.leave_safe(0.0)
        assert it.device.settings.paused
        writes = len(it.writes)
        await it.kick.read()
        assert len(it.writes) == writes


async def test_it_is_left_even_when_it_was_never_read() -> None:
    async with rig() as it:
        await leave(it.kick, 0.0, within_s=2.0)
        assert it.device.settings.paused


async def test_a_charger_that_cannot_be_left_safe_is_reported() -> None:
    async with rig() as it:
        it.device.trouble.add(Trouble.HANG)
        with pytest.raises(LineError, match=r"did not accept 6 A within 0 s"):
            await leave(it.kick, 6.0, within_s=0.1)


async def test_a_refused_write_is_not_repeated_each_second() -> None:
    async with rig(speed=1.0) as it:
        await it.kick.read()
        it.device.trouble.add(Trouble.DISABLED)
        with pytest.raises(RefusedError):
            await it.kick.write(point(8.0))
        for _ in range(5):
            await it.kick.write(point(8.0))
        assert len(it.writes) == 1


async def test_forbidden_phase_switching_is_logged_once_and_dropped() -> None:
    """The set-point is then sent for the present phases, and the car charges on those."""
    async with rig(plugged_car()) as it:
        it.device.trouble.add(Trouble.FIXED_PHASES)
        state = await it.until(lambda state: not state.can_switch_phases, point(8.0, 1))
        assert "does not switch phases: allow it in the NRGkick app" in state.notice
        assert state.paused
        await it.until(lambda state: state.phase is ChargerPhase.CHARGING, point(8.0, 3))
        assert [path for path in it.writes if "phase" in path] == ["/control?phase_count=1"]
