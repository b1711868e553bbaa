"""A log entry is one line, whatever its sentence contains."""

import logging

from store.logs import LocalTime


def test_nobody_forges_a_line_or_drives_the_terminal() -> None:
    """ESC, line breaks and direction marks are removed; a traceback is kept complete."""
    odd = "q4\n2026-01-15 00:00:00 ERROR forged \x1b[2J\u202e"
    record = logging.makeLogRecord({"msg": "%s is here", "args": (odd,), "levelname": "INFO"})
    said = LocalTime().format(record)
    assert said.isprintable()
    assert said.endswith("q4 2026-01-15 00:00:00 ERROR forged [2J is here")
    try:
        raise ValueError("so")
    except ValueError as error:
        told = {"msg": "it failed", "exc_info": (ValueError, error, error.__traceback__)}
    assert "\nTraceback" in LocalTime().format(logging.makeLogRecord(told))
