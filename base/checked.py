"""Models of the files that people edit, and one sentence for each mistake in them.

The allowed values are read from the field itself: its type, its bounds and its description.
"""

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from base import address
from base.language import setting
from base.registry import ByKey

LONGEST_VALUE = 60
_KEY = "[key]"  # how pydantic says that the key of a dict is wrong, and not its value
_M = TypeVar("_M", bound=BaseModel)


class ConfigError(Exception):
    """A setting or file is wrong. The text names the key, the value and what is allowed."""


class Checked(BaseModel):
    """Base model of such a file: frozen, without unknown keys or type conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Marker of a field whose type does not describe the allowed values."""

    text: str


def _clock(value: object) -> object:
    clock = time.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(clock, time) and clock.tzinfo is not None:
        raise ValueError(setting("must be a time of day without a time zone"))
    return clock


Clock = Annotated[time, BeforeValidator(_clock), Allowed(setting('a time of day such as "07:00"'))]
"""A time of day as it is typed in config.py; the zone is always ours."""
Text = Annotated[str, Field(min_length=1), Allowed(setting("a text that is not empty"))]
Name = Annotated[
    str, Field(min_length=1, max_length=40), Allowed(setting("a name of 1 to 40 characters"))
]
Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[
    str,
    AfterValidator(address.host),
    Allowed(setting('a name or address such as "192.168.1.50", without a port')),
]
HostPort = Annotated[
    str,
    AfterValidator(address.host_port),
    Allowed(
        setting('a name or address such as "192.168.1.50", or with a port "192.168.1.50:8080"')
    ),
]
Url = Annotated[
    str, AfterValidator(address.url), Allowed(setting("an address with http:// or https://"))
]


def checked(model: type[_M], values: object, file: str, *, secret: bool = False) -> _M:
    """`values` as a `model`. ConfigError names the first mistake; `secret`: never a value."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{file}: {sentence(error, model, values, secret=secret)}") from None


def sentence(
    error: ValidationError, model: type[BaseModel], values: object, *, secret: bool = False
) -> str:
    """The first mistake: its key, its value and what is allowed."""
    found = mistakes(error)
    # A misspelt key is missing too: what was typed comes first.
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    place = _found(model, first["loc"], values)
    where = place.where or setting("the file")
    kind = first["type"]
    if kind == "extra_forbidden":
        return _unknown(where, place)
    if kind == "missing":
        return setting("{where} is missing: must be {text}", where=where, text=place.allowed)
    if first["loc"][-1:] == (_KEY,):
        return setting("{where}: this key must be {text}", where=where, text=place.allowed)
    own = str(first["ctx"]["error"]) if kind == "value_error" and not place.marked else ""
    if own:
        return f"{where}: {own}" if secret else f"{where} = {_shown(first['input'])}: {own}"
    if secret:
        return setting("{where}: the value must be {text}", where=where, text=place.allowed)
    told = setting(
        "{where} = {value}; allowed: {text}",
        where=where,
        value=_shown(first["input"]),
        text=place.allowed,
    )
    meant = _close(first["input"], place.choices)
    return f"{told}. " + setting('Did you mean "{name}"?', name=meant) if meant else told


def where_json(error: json.JSONDecodeError) -> str:
    """Position at which a text stops being JSON: "line 3: a comma is missing ..."."""
    rest = error.doc[error.pos :].lstrip()
    before = error.doc[: error.pos].rstrip()
    if error.msg.startswith("Expecting ',' delimiter") and rest:
        what = setting("a comma is missing before this")
    elif error.msg.startswith("Expecting ',' delimiter") or not rest:
        what = setting("the file ends too early: a bracket or brace is not closed")
    elif before.endswith(",") and rest[0] in "}]":
        what = setting("there is a comma after the last entry")
    elif rest[0].isdigit() and before.endswith(",") and before[-2:-1].isdigit():
        what = setting("a number is written with a point, such as 0.4")
    elif error.msg.startswith("Expecting property name"):
        what = setting('a key in double quotes is missing here, such as "name"')
    elif error.msg.startswith("Expecting value"):
        what = setting(
            "a value is missing here: a number, a text in double quotes, true, false or null"
        )
    elif error.msg.startswith("Extra data"):
        what = setting("there is text after the end of the file's data")
    elif error.msg.startswith(("Unterminated string", "Invalid control character")):
        what = setting("the double quote that ends this text is missing")
    elif error.msg.startswith("Invalid \\"):
        what = setting("a backslash is written twice")
    else:
        what = error.msg[:1].lower() + error.msg[1:]
    return setting(
        "line {line}, column {column}: {text}", line=error.lineno, column=error.colno, text=what
    )


def mistakes(error: ValidationError) -> list[ErrorDetails]:
    """Each mistake once: a list with wrong parts is not reported as too short as well."""
    found = error.errors(include_url=False)
    return [one for one in found if not (one["type"] == "too_short" and _inside(one, found))]


def _inside(outer: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    size = len(outer["loc"])
    return any(len(one["loc"]) > size and one["loc"][:size] == outer["loc"] for one in found)


def allowed(annotation: Any, marks: Sequence[object] = (), about: str = "") -> str:
    """Allowed values of a field, in words: "a number from 6 to 32 (A on each phase)"."""
    annotation, marks = _plain(annotation, marks)
    text = next((mark.text for mark in marks if isinstance(mark, Allowed)), None)
    text = _typed(annotation, marks) if text is None else text
    return setting("{what} ({reason})", what=text, reason=about) if about else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Place of a mistake: its path, what is allowed there, and its neighbours."""

    where: str
    annotation: Any
    marks: tuple[object, ...]
    about: str
    beside: tuple[str, ...]
    wrong: str

    @property
    def allowed(self) -> str:
        return allowed(self.annotation, self.marks, self.about)

    @property
    def marked(self) -> bool:
        plain, marks = _plain(self.annotation, self.marks)
        return any(isinstance(mark, Allowed) for mark in _plain(_given(plain), marks)[1])

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed words, for a closed set."""
        plain, _ = _plain(self.annotation, self.marks)
        words = get_args(plain) if get_origin(plain) is Literal else ()
        return tuple(word for word in words if isinstance(word, str))


def _found(model: type[BaseModel], loc: Sequence[int | str], values: object) -> _Place:
    """The field at `loc` of a model that was given `values`."""
    annotation: Any = model
    marks: tuple[object, ...] = ()
    where = about = wrong = ""
    beside: tuple[str, ...] = ()
    for part, after in zip(loc, (*loc[1:], ""), strict=True):
        annotation, marks = _plain(_given(annotation), marks)
        by_key = next((mark for mark in marks if isinstance(mark, ByKey)), None)
        if by_key is not None:
            annotation = by_key.model_of(values)
        if part == _KEY:
            continue
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = annotation.model_fields
            beside, wrong = tuple(fields), str(part)
            field = fields.get(str(part))
            annotation, marks, about = _of(field) if field else (Any, (), "")
        elif get_origin(annotation) is dict:
            annotation, marks, about = get_args(annotation)[after != _KEY], (), ""
        elif get_origin(annotation) is tuple:
            inner = get_args(annotation)
            here = 0 if inner[-1] is Ellipsis else int(part)
            annotation, marks = inner[min(here, len(inner) - 1)], ()
        else:
            break  # the member of a union: its name is not a key of the file
        where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else str(part)
        values = _inner(values, part)
    return _Place(
        where=where, annotation=annotation, marks=marks, about=about, beside=beside, wrong=wrong
    )


def _given(annotation: Any) -> Any:
    """A type without its None."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    others = [one for one in get_args(annotation) if one is not types.NoneType]
    return others[0] if len(others) == 1 else annotation


def _of(field: FieldInfo) -> tuple[Any, tuple[object, ...], str]:
    return field.annotation, tuple(field.metadata), field.description or ""


def _inner(values: object, part: int | str) -> object:
    if isinstance(values, Mapping):
        return values.get(part)
    if isinstance(values, list | tuple) and isinstance(part, int) and part < len(values):
        return values[part]
    return None


def _plain(annotation: Any, marks: Sequence[object]) -> tuple[Any, tuple[object, ...]]:
    """A type without Annotated, and its metadata."""
    found = list(marks)
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        for mark in more:
            found += mark.metadata if isinstance(mark, FieldInfo) else [mark]
    return annotation, tuple(found)


def _typed(annotation: Any, marks: Sequence[object]) -> str:
    """A type and its bounds in words."""
    if by_key := next((mark for mark in marks if isinstance(mark, ByKey)), None):
        return setting('a dict with "{key}": {text}', key=by_key.key, text=_either(by_key.rows))
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        others = [allowed(one, marks) for one in inner if one is not types.NoneType]
        return _or([*(["None"] if types.NoneType in inner else []), *others])
    if origin is Literal:
        return _either(inner)
    if annotation in (int, float, Decimal):
        what = setting("a whole number") if annotation is int else setting("a number")
        return _within(what, marks)
    if annotation is bool:
        return setting("True or False")
    if annotation is str:
        return setting("a text")
    if origin is tuple and inner[-1] is Ellipsis:
        return setting("a list with items that are each {text}", text=allowed(inner[0]))
    if origin is tuple and len(set(inner)) > 1:
        return setting("a list of: {text}", text="; ".join(allowed(one) for one in inner))
    if origin is tuple:
        return setting("{count} of these: {text}", count=len(inner), text=allowed(inner[0]))
    if origin is dict:
        return setting("a dict with values that are each {text}", text=allowed(inner[1]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        needed = [name for name, one in annotation.model_fields.items() if one.is_required()]
        names = ", ".join(needed)
        return setting("a dict with {names}", names=names) if names else setting("a dict")
    return setting("something else")


def _or(several: Sequence[str]) -> str:
    """One of these."""
    first, *more = several
    return setting("{what}, or {order}", what=first, order=_or(more)) if more else first


def _within(what: str, marks: Sequence[object]) -> str:
    """The kind of number between its bounds."""
    low = next((mark for mark in marks if isinstance(mark, Ge | Gt)), None)
    high = next((mark for mark in marks if isinstance(mark, Le | Lt)), None)
    match low, high:
        case Ge(ge=least), Le(le=most):
            return setting("{what} from {least} to {most}", what=what, least=least, most=most)
        case Ge(ge=least), Lt(lt=most):
            return setting("{what} from {least} below {most}", what=what, least=least, most=most)
        case Gt(gt=least), Le(le=most):
            return setting("{what} above {least}, up to {most}", what=what, least=least, most=most)
        case Gt(gt=least), Lt(lt=most):
            return setting("{what} above {least} below {most}", what=what, least=least, most=most)
        case Ge(ge=least), None:
            return setting("{what} from {least}", what=what, least=least)
        case Gt(gt=least), None:
            return setting("{what} above {least}", what=what, least=least)
        case None, Le(le=most):
            return setting("{what} up to {most}", what=what, most=most)
        case None, Lt(lt=most):
            return setting("{what} below {most}", what=what, most=most)
    return what


def _either(choices: Any) -> str:
    *more, last = [f'"{one}"' if isinstance(one, str) else str(one) for one in choices]
    return setting("{names} or {last}", names=", ".join(more), last=last) if more else last


def _unknown(where: str, place: _Place) -> str:
    """A key that is no setting: the intended one, and the list of all."""
    there, meant = ", ".join(place.beside), _close(place.wrong, place.beside)
    if meant:
        return setting(
            "{where} is not a setting: did you mean {name}? The settings are {names}",
            where=where,
            name=meant,
            names=there,
        )
    return setting("{where} is not a setting; the settings are {names}", where=where, names=there)


def _close(value: object, choices: Sequence[str]) -> str:
    found = get_close_matches(value, choices, 1) if isinstance(value, str) else []
    return found[0] if found else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
