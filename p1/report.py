"""Output of `python -m p1`: a telegram as a table, a Reading as a line of JSON, the count."""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from p1.framing import Counts
from p1.obis import describe
from p1.telegram import Telegram
from p1.values import printable


def as_table(telegram: Telegram) -> str:
    """The telegram in columns: OBIS code, meaning, value."""
    rows = [(row.obis, row.name, row.text) for row in describe(telegram)]
    wide = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines = [f"{obis:{wide[0]}}  {name:{wide[1]}}  {text}" for obis, name, text in rows]
    return "\n".join([printable(telegram.header), *lines])


def as_json(value: object) -> str:
    """A Reading, or any part of one, as JSON on one line.

    A Decimal is a number with every digit sent, a time is ISO 8601 in UTC, a month "YYYY-MM".
    """
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime():
            return json.dumps(value.astimezone(UTC).isoformat().replace("+00:00", "Z"))
        case date():
            return json.dumps(value.strftime("%Y-%m"))
        case list() | tuple():
            return f"[{', '.join(map(as_json, value))}]"
        case dict():
            pairs = (f"{json.dumps(key)}: {as_json(part)}" for key, part in value.items())
            return f"{{{', '.join(pairs)}}}"
    if is_dataclass(value):
        return as_json({field.name: getattr(value, field.name) for field in fields(value)})
    return json.dumps(value)


def counts_as_json(counts: Counts) -> str:
    """Numbers of good telegrams and of rejected ones by reason."""
    rejected = counts.rejected
    return as_json({"good": counts.good, "rejected": rejected.total(), "reasons": dict(rejected)})


def counts_as_text(counts: Counts) -> str:
    """The same as a sentence."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.rejected.items())
    telegrams = "telegram" if counts.good == 1 else "telegrams"
    return f"{counts.good} good {telegrams}, {reasons or 'none'} rejected"
