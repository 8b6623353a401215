"""What every source of market numbers takes and gives back. Plain values, no Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from market.http import HttpClient, HttpError, HttpRefused, HttpUnavailable


class SourceError(Exception):
    """A source gave nothing usable. `reason` is one short sentence, free of secrets."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class SourceUnavailable(SourceError):
    """No answer: network, time-out, or a 5xx. Worth asking again later."""


class SourceRefused(SourceError):
    """The source answers others, not us: 401, 403, 429, 451. Ask the next one."""

    def __init__(self, source: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(source, reason)
        self.retry_after = retry_after


class SourceInvalid(SourceError):
    """An answer that is not what the source's shape promises; `field` names the spot."""

    def __init__(self, source: str, reason: str, field: str = "") -> None:
        super().__init__(source, f"{reason} ({field})" if field else reason)
        self.field = field


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
class QuoteReply:
    """The usable quotes of one answer, and why the other asked codes have none."""

    quotes: tuple[SourceQuote, ...]
    problems: dict[str, str]


NOT_OFFERED = "not one of its indices"


class QuoteSource(Protocol):
    """Gives current quotes; raises SourceError when the whole answer is unusable."""

    name: str

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply: ...


class BarSource(Protocol):
    """Gives the last `count` day bars by code, oldest first; raises SourceError."""

    name: str

    def fetch_bars(
        self, codes: Sequence[str], count: int, now: datetime
    ) -> dict[str, tuple[SourceBar, ...]]: ...


class Upstream:
    """A vendor's HTTP address with our client, its errors translated to ours."""

    name = ""
    codes: Mapping[str, str] = {}

    def __init__(self, client: HttpClient, base_url: str, headers: Mapping[str, str]) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers)

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """Parsed JSON of a GET below the base address; raises SourceError."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Any) -> Any:
        """Parsed JSON of a POST of `body` as JSON; raises SourceError."""
        return self._call("POST", path, body=body)

    def _call(
        self, method: str, path: str, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        try:
            return self._client.json(
                method, f"{self._base_url}{path}", params=params, body=body, headers=self._headers
            )
        except HttpRefused as error:
            raise SourceRefused(self.name, str(error), error.retry_after) from error
        except HttpUnavailable as error:
            raise SourceUnavailable(self.name, str(error)) from error
        except HttpError as error:
            raise SourceInvalid(self.name, str(error)) from error


# Far beyond any index or market, and within what the database's columns hold.
SMALLEST_PRICE = Decimal("0.0001")
LARGEST_PRICE = 10**9
LARGEST_AMOUNT = 10**18
LARGEST_STOCKS = 10**6


class FieldError(ValueError):
    """A field of an answer is absent or of the wrong kind; the message says which and why."""


def field(row: Mapping[str, Any], name: str) -> Any:
    if row.get(name) is None:
        raise FieldError(f"{name} is missing")
    return row[name]


def positive(row: Mapping[str, Any], name: str) -> Decimal:
    """A price or level: a number above zero."""
    value = decimal(field(row, name), name, LARGEST_PRICE)
    if value < SMALLEST_PRICE:
        raise FieldError(f"{name} is not positive")
    return value


def optional_positive(row: Mapping[str, Any], name: str) -> Decimal | None:
    """The number, or None when it is absent or not above zero: unknown, never a zero price."""
    if row.get(name) is None:
        return None
    value = decimal(row[name], name, LARGEST_PRICE)
    return value if value >= SMALLEST_PRICE else None


def optional_count(row: Mapping[str, Any], name: str, scale: int = 1) -> int | None:
    """Shares or VND: a whole number ≥ 0 times `scale`, or None when it is absent."""
    return _whole(row, name, scale, LARGEST_AMOUNT)


def optional_stocks(row: Mapping[str, Any], name: str) -> int | None:
    """A number of stocks ≥ 0, or None when it is absent."""
    return _whole(row, name, 1, LARGEST_STOCKS)


def _whole(row: Mapping[str, Any], name: str, scale: int, largest: int) -> int | None:
    if row.get(name) is None:
        return None
    value = decimal(row[name], name, largest) * scale
    if not 0 <= value <= largest:
        raise FieldError(f"{name} is out of range")
    return int(value.to_integral_value())


def decimal(value: Any, name: str, largest: int = LARGEST_AMOUNT) -> Decimal:
    """A finite decimal from a JSON number, or from the text that some vendors send."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise FieldError(f"{name} is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise FieldError(f"{name} is not a number") from None
    if not number.is_finite() or abs(number) > largest:
        raise FieldError(f"{name} is out of range")
    return number


def utc_moment(value: Any, name: str) -> datetime:
    """An aware UTC moment from ISO 8601 text with an offset."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise FieldError(f"{name} lacks its offset")
        return moment.astimezone(UTC)
    except FieldError:
        raise
    except (TypeError, ValueError, OverflowError):
        raise FieldError(f"{name} is not a time") from None
