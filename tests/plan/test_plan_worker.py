"""The solver process: asynchronous requests, a time limit, a restart, and its end with the
program.
"""

import asyncio
import os
import sys

import pytest

from plan.answer import answer
from plan.asking import Answer, Question, answer_of, answer_text, question_of, question_text
from plan.worker import Planner
from tests.plan.factories import MONTH, battery, car, needs, outlook

QUESTION = Question(
    outlook=outlook(), needs=needs(car(), batteries=(battery(),)), month=MONTH, past_kw=(0.4,) * 960
)
SLEEPS = (sys.executable, "-c", "import sys, time; sys.stdin.readline(); time.sleep(60)")
DIES = (sys.executable, "-c", "import sys; sys.stdin.readline()")


def test_question_and_answer_survive_the_pipe() -> None:
    again = question_of(question_text(QUESTION))
    assert again.month == QUESTION.month
    assert again.needs == QUESTION.needs
    given = answer(again)
    heard = answer_of(answer_text(given))
    assert heard.plan.start == given.plan.start
    assert heard.plan.grid_kw == pytest.approx(given.plan.grid_kw, abs=1e-3)
    assert heard.plan.schedules.keys() == given.plan.schedules.keys()


async def heard(planner: Planner, answers: "asyncio.Queue[Answer]") -> Answer:
    planner.ask(QUESTION)
    async with asyncio.timeout(50):
        return await answers.get()


async def test_asked_through_its_process_the_plan_comes() -> None:
    answers: asyncio.Queue[Answer] = asyncio.Queue()
    planner = Planner(answers.put_nowait)
    running = asyncio.create_task(planner.run())
    try:
        first = await heard(planner, answers)
        assert sum(first.plan.schedules["ev", "q4"].kw) / 4 == pytest.approx(18.0, abs=0.01)
        assert len(first.load_kw) == 192
        process = planner._process
        assert process is not None
        process.kill()
        await process.wait()
        planner.ask(QUESTION)  # fails, and is reported
        second = await heard_again(planner, answers)
        assert second.plan.grid_kw == pytest.approx(first.plan.grid_kw)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert planner._process is None


async def test_unasked_for_a_while_its_process_is_gone_and_comes_back_when_asked() -> None:
    answers: asyncio.Queue[Answer] = asyncio.Queue()
    planner = Planner(answers.put_nowait, idle_s=0.1)
    running = asyncio.create_task(planner.run())
    try:
        await heard(planner, answers)
        process = planner._process
        assert process is not None
        async with asyncio.timeout(50):
            await process.wait()
        await heard(planner, answers)
        assert planner.trouble == ""
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def heard_again(planner: Planner, answers: "asyncio.Queue[Answer]") -> Answer:
    """The next answer; a request to a dead process is sent again, as every quarter."""
    for _ in range(20):
        planner.ask(QUESTION)
        try:
            async with asyncio.timeout(5):
                return await answers.get()
        except TimeoutError:
            continue
    raise AssertionError("no answer")


async def test_too_slow_a_solver_is_ended_and_the_last_plan_stays() -> None:
    answers: list[Answer] = []
    planner = Planner(answers.append, command=SLEEPS, limit_s=0.1)
    await planner._answer_within(QUESTION, 0.2)
    assert "took more than" in planner.trouble
    assert not answers
    assert planner._process is None


async def test_a_solver_that_dies_is_reported() -> None:
    planner = Planner(command=DIES)
    await planner._answer_within(QUESTION, 20.0)
    assert "ended or sent an invalid answer" in planner.trouble


async def test_the_process_ends_with_its_pipe() -> None:
    """The parent process may be killed, and the solver must not stay behind."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "plan.worker", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(30):
        assert await process.wait() == 0
