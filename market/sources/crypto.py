"""What the crypto sources give back: plain values, prices in US dollars, times in UTC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from market.sources.base import SourceError
from market.sources.fields import FieldError, decimal, field, utc_stamp

COINS = ("btc", "eth", "sol", "xrp", "ada", "link", "bnb")


@dataclass(frozen=True, slots=True)
class Coin:
    """One coin now; `change_24h` in percent."""

    coin: str
    price: Decimal
    change_24h: Decimal | None
    as_of: datetime
    source: str


@dataclass(frozen=True, slots=True)
class CoinReply:
    """The usable coins of one answer, and why the other asked ones have none."""

    coins: tuple[Coin, ...]
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class GlobalMarket:
    """All coins together, in US dollars and percent; a share is of the whole capitalisation.

    `problems` tells by field why a figure is None.
    """

    market_cap: Decimal
    volume_24h: Decimal | None
    market_cap_change_24h: Decimal | None
    btc_share: Decimal | None
    eth_share: Decimal | None
    as_of: datetime
    source: str
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sentiment:
    """The fear and greed index, 0 (fear) to 100 (greed), made once a day."""

    value: int
    as_of: datetime
    source: str


class CoinSource(Protocol):
    """Gives current coin prices; raises SourceError when the whole answer is unusable."""

    name: str

    def fetch_coins(self, coins: Sequence[str], now: datetime) -> CoinReply: ...


class CloseSource(Protocol):
    """Gives a coin's closes of the last `count` finished days, oldest first; raises SourceError."""

    name: str

    def fetch_daily_closes(self, coin: str, count: int, now: datetime) -> tuple[Decimal, ...]: ...


class GlobalSource(Protocol):
    """Gives the whole market's figures; raises SourceError."""

    name: str

    def fetch_global(self, now: datetime) -> GlobalMarket: ...


class SentimentSource(Protocol):
    """Gives the newest fear and greed index; raises SourceError."""

    name: str

    def fetch_sentiment(self, now: datetime) -> Sentiment: ...


def part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = field(data, name)
    if not isinstance(value, dict):
        raise FieldError(f"{name} is not an object")
    return value


def amount(data: Mapping[str, Any], name: str) -> Decimal:
    """An amount of US dollars above zero."""
    value = decimal(field(data, name), name)
    if value <= 0:
        raise FieldError(f"{name} is not positive")
    return value


def percent(data: Mapping[str, Any], name: str) -> Decimal:
    """A change in percent; nothing falls by more than all."""
    value = decimal(field(data, name), name)
    if value < -100:
        raise FieldError(f"{name} is out of range")
    return value


def optional_percent(data: Mapping[str, Any], name: str) -> Decimal | None:
    return None if data.get(name) is None else percent(data, name)


def share(data: Mapping[str, Any], name: str) -> Decimal:
    """A part of a whole, in percent."""
    value = decimal(field(data, name), name)
    if not 0 <= value <= 100:
        raise FieldError(f"{name} is out of range")
    return value


def utc_milliseconds(value: Any, name: str) -> datetime:
    """An aware UTC moment from unix milliseconds."""
    return utc_stamp(decimal(value, name) / 1000, name)


def read_figures(
    readers: Mapping[str, Callable[[], Decimal]],
) -> tuple[dict[str, Decimal | None], dict[str, str]]:
    """Each figure, or None and the reason by its name."""
    figures: dict[str, Decimal | None] = {}
    problems: dict[str, str] = {}
    for name, read in readers.items():
        try:
            figures[name] = read()
        except FieldError as error:
            figures[name], problems[name] = None, str(error)
        except SourceError as error:
            figures[name], problems[name] = None, error.reason
    return figures, problems
