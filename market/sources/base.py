"""What every source of market numbers takes and gives back. Plain values, no Django, no network."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from market.sources.fields import CHEAPEST_SHARE, DEAREST_SHARE


class SourceError(Exception):
    """A source gave nothing usable. `reason` is one short sentence, free of secrets."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class SourceUnavailable(SourceError):
    """No answer: network, time-out, or a 5xx. Worth asking again later."""


class SourceRefused(SourceError):
    """The source answers others, not us: 401, 402, 403, 418, 429, 451. Ask the next one."""

    def __init__(self, source: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(source, reason)
        self.retry_after = retry_after


class SourceInvalid(SourceError):
    """An answer that is not what the source's shape promises; `field` names the spot.

    `excerpt` is what stands there.
    """

    def __init__(self, source: str, reason: str, field: str = "", excerpt: str = "") -> None:
        super().__init__(source, f"{reason} ({field})" if field else reason)
        self.field = field
        self.excerpt = excerpt


@dataclass(frozen=True, slots=True)
class SourceQuote:
    """One index at one moment. Points; `volume` in shares, `value` in VND, `as_of` in UTC."""

    code: str
    as_of: datetime
    price: Decimal
    previous_close: Decimal
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    volume: int | None
    value: int | None
    advances: int | None
    declines: int | None
    unchanged: int | None
    ceilings: int | None
    floors: int | None
    source: str


@dataclass(frozen=True, slots=True)
class SourceBar:
    """One trading day of an index; `day` is the date in Vietnam."""

    code: str
    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int | None
    source: str


@dataclass(frozen=True, slots=True)
class SourcePrice:
    """What it takes to confirm a quote. Points; `volume` in shares, `value` in VND.

    `as_of` is in UTC, None from a source without a clock.
    """

    code: str
    price: Decimal
    previous_close: Decimal
    volume: int | None
    value: int | None
    as_of: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A row that is there and cannot be read: how it begins, and whether a price is no price."""

    excerpt: str
    not_positive: bool = False


@dataclass(frozen=True, slots=True)
class QuoteReply:
    """The usable quotes of one answer, and why the other asked codes have none.

    `notes` tells by code what of a usable quote is taken as unknown, and why. `stopped` is the
    failure that ended the asking early, of a source that is asked for one index a call. `spoilt`
    holds by code what of the problems is a bad row, and not the lack of one.
    """

    quotes: tuple[SourceQuote, ...]
    problems: dict[str, str]
    notes: dict[str, str] = dataclasses.field(default_factory=dict)
    stopped: SourceError | None = None
    spoilt: dict[str, Spoilt] = dataclasses.field(default_factory=dict)

    def only(self, codes: Collection[str]) -> QuoteReply:
        """What the reply says of these codes."""
        quotes = tuple(quote for quote in self.quotes if quote.code in codes)
        problems, notes = _only(codes, self.problems), _only(codes, self.notes)
        return QuoteReply(quotes, problems, notes, self.stopped, _only(codes, self.spoilt))


@dataclass(frozen=True, slots=True)
class PriceReply:
    """The usable prices of one answer; problems and notes as in a `QuoteReply`."""

    prices: tuple[SourcePrice, ...]
    problems: dict[str, str]
    notes: dict[str, str] = dataclasses.field(default_factory=dict)

    def only(self, codes: Collection[str]) -> PriceReply:
        """What the reply says of these codes."""
        prices = tuple(price for price in self.prices if price.code in codes)
        return PriceReply(prices, _only(codes, self.problems), _only(codes, self.notes))


Told = TypeVar("Told")


def _only(codes: Collection[str], told: Mapping[str, Told]) -> dict[str, Told]:
    return {code: item for code, item in told.items() if code in codes}


@dataclass(frozen=True, slots=True)
class BarReply:
    """The usable day bars by code, oldest first and once a day; the rest as in a `QuoteReply`."""

    bars: dict[str, tuple[SourceBar, ...]]
    problems: dict[str, str]
    stopped: SourceError | None = None


NOT_OFFERED = "not one of its indices"


class QuoteSource(Protocol):
    """Gives current quotes; raises SourceError when the whole answer is unusable.

    `origin` names whose numbers they are: vendors that relay one origin confirm once.
    """

    name: str
    origin: str

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply: ...


class PriceSource(Protocol):
    """Gives prices that can confirm a quote and no more; raises SourceError."""

    name: str
    origin: str

    def fetch_prices(self, codes: Sequence[str], now: datetime) -> PriceReply: ...


class BarSource(Protocol):
    """Gives the last `count` day bars; raises SourceError when the whole answer is unusable."""

    name: str
    origin: str

    def fetch_bars(self, codes: Sequence[str], count: int, now: datetime) -> BarReply: ...


def price_of(quote: SourceQuote) -> SourcePrice:
    """What of a quote can confirm another."""
    return SourcePrice(
        code=quote.code,
        price=quote.price,
        previous_close=quote.previous_close,
        volume=quote.volume,
        value=quote.value,
        as_of=quote.as_of,
        source=quote.source,
    )


def turnover_fault(volume: int | None, value: int | None) -> str | None:
    """Why these cannot be shares and VND, or None when they can."""
    if volume is None or value is None:
        return None
    if volume * CHEAPEST_SHARE <= value <= volume * DEAREST_SHARE:
        return None
    return f"volume {volume} and value {value} make no price of a share"
