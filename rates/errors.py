"""Errors of a rates file, a tariff table or the prices a bill needs."""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from base.checked import allowed, mistakes, where_json
from base.language import setting

TAGGED = ("contracts", "entries")
"""Lists of several kinds: their index is followed by the kind, which is not a key."""
OF_A_TYPE = frozenset(
    (
        "greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number",
        "literal_error", "decimal_parsing", "decimal_type", "int_type", "int_parsing", "tuple_type",
        "is_instance_of", "string_type", "bool_type", "float_type",
    )
)  # fmt: skip
"""Mistakes for which the type of the field names all allowed values."""
UNTAGGED = ("union_tag_invalid", "union_tag_not_found")
FORMS = {
    "tuple_type": setting("must be a list"),
    "list_type": setting("must be a list"),
    "dict_type": setting("must be an object in braces"),
    "model_type": setting("must be an object in braces"),
    "model_attributes_type": setting("must be an object in braces"),
}
"""Mistakes of a value's form; the least telling where a value may have several forms."""
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """A piece of a file that people edit: frozen, no unknown key, no guessed type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class RatesError(ValueError):
    """A sentence for the householder with the key, the value and what is allowed."""


class MissingTableError(RatesError):
    """A tariff is not known for the day asked. Another year's number is never used instead."""


class MissingPriceError(RatesError):
    """A dynamic or indexed price is not known and the contract has no fallback."""


def decode(model: type[Model], text: str, source: str) -> Model:
    """The text of a JSON file as `model`. RatesError naming every wrong key and its value."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise RatesError(f"{source}: {_not_json(text)}") from None
        raise RatesError(f"{source}: " + "; ".join(_sentences(error, model))) from None


def _not_json(text: str) -> str:
    """Position at which the text stops being JSON, with the mistake."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return where_json(error)
    except RecursionError:
        pass
    return setting("this is not JSON")


def _sentences(error: ValidationError, model: type[BaseModel]) -> list[str]:
    found = mistakes(error)
    told = [each for each in found if _told(each, found)]
    said: dict[str, str] = {}
    for each in sorted(told, key=lambda one: one["type"] in FORMS):
        said.setdefault(_where(each["loc"]), _what(each, model))
    return [f"{where}: {what}" for where, what in said.items()]


def _told(each: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    """True unless it is an error of a form that was not meant."""
    loc = each["loc"]
    if not loc or not _is_form(loc[-1]):
        return True
    return not any(o["loc"][: len(loc) - 1] == loc[:-1] and len(o["loc"]) > len(loc) for o in found)


def _is_form(part: int | str) -> bool:
    """True if a part of a place names one of several forms, and is not a key of the file."""
    return isinstance(part, str) and "[" in part


def _allowed(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """The values allowed at a place, in words; "" where its type does not name them."""
    here: Any = model
    marks: Sequence[object] = ()
    for part in loc:
        kinds = tuple(_models(here))
        if isinstance(part, int):
            here, marks = _item(here, part), ()
            continue
        if _is_form(part):
            continue
        if kind := next((kind for kind in kinds if _tag(kind) == part), None):
            here, marks = kind, ()
            continue
        fields = (each for kind in kinds for each in kind.model_fields.items())
        field = next((field for name, field in fields if part in (name, field.alias)), None)
        if field is None:
            here, marks = next(_values(here), Any), ()
        else:
            here, marks = field.annotation, field.metadata
    text = allowed(here, marks).removeprefix("None, or ")
    return "" if "something else" in text or "a dict" in text else text


def _item(annotation: Any, number: int) -> Any:
    """The type of an item of the tuple that an annotation names; the annotation without one."""
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)
        return inner[0] if inner[-1] is Ellipsis else inner[min(number, len(inner) - 1)]
    found = next((one for one in get_args(annotation) if get_origin(one) is tuple), None)
    return annotation if found is None else _item(found, number)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _values(annotation: Any) -> Iterator[Any]:
    """The types of the values of the dicts that an annotation names."""
    if get_origin(annotation) is dict:
        yield get_args(annotation)[1]
    for inner in get_args(annotation):
        yield from _values(inner)


def _tag(model: type[BaseModel]) -> object:
    """The keyword of a model among several kinds; None for a single kind."""
    for name in ("energy", "kind"):
        if name in model.model_fields:
            return get_args(model.model_fields[name].annotation)[0]
    return None


def _where(loc: tuple[int | str, ...]) -> str:
    """`contracts[0].offtake.price`, as in the file."""
    path = ""
    for place, part in enumerate(loc):
        if _is_form(part):
            continue
        if isinstance(part, int):
            path += f"[{part}]"
        elif place < 2 or loc[place - 2] not in TAGGED or not isinstance(loc[place - 1], int):
            path += f".{part}" if path else part
    return path or "the file"


def _what(mistake: ErrorDetails, model: type[BaseModel]) -> str:
    kind, value = mistake["type"], mistake["input"]
    if kind == "extra_forbidden":
        return setting("is not a known key")
    may = _allowed(model, mistake["loc"])
    if kind == "missing":
        return setting("is missing; allowed: {text}", text=may) if may else setting("is missing")
    if kind == "too_short":
        return setting("is empty")
    if kind in UNTAGGED:
        return _untagged(mistake)
    if kind in FORMS and not may:
        return FORMS[kind]
    if kind.startswith("date"):
        said = setting("must be a day such as 2026-01-31")
    else:
        said = mistake["msg"].removeprefix("Value error, ")
    if kind in OF_A_TYPE and may:
        said = setting("must be {text}", text=may)
    shown = str(value) if isinstance(value, Decimal) else repr(value)
    return (
        said
        if isinstance(value, dict | list)
        else setting("{reason} (it says {shown})", reason=said, shown=shown)
    )


def _untagged(mistake: ErrorDetails) -> str:
    """A piece of an unknown kind, or of none."""
    tag = str(mistake["ctx"]["discriminator"]).strip("'")
    if mistake["type"] == "union_tag_not_found":
        return f"{tag}: {setting('is missing')}"
    tags = str(mistake["ctx"]["expected_tags"]).replace("'", '"')
    said, shown = setting("must be {text}", text=tags), repr(mistake["ctx"]["tag"])
    return f"{tag}: {setting('{reason} (it says {shown})', reason=said, shown=shown)}"
