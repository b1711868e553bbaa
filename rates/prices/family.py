"""One price service: all that the rest of the program asks of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from base.checked import Checked, Url
from base.http_client import Query
from rates.prices.series import PriceSeries


class ServiceSettings(Checked):
    """A service of `price_services` in config.py; `url` is where its API begins."""

    kind: str
    url: Url


@dataclass(frozen=True, slots=True)
class Source:
    """A service: the request for a range of days, and the parser of its answer."""

    name: str
    query: Callable[[date, date], Query]
    parse: Callable[[bytes], PriceSeries]
    one_day: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A price service, as its module describes it.

    `asks` are the settings that install asks for, in that order; `secret` is the key of
    secrets.json without which the service is not asked, "" for none. `source` makes it from its
    settings and that secret; nothing is asked yet. `help` is one line.
    """

    kind: str
    settings: type[ServiceSettings]
    asks: tuple[str, ...] = ()
    secret: str = ""
    source: Callable[[Any, str], Source]
    help: str
