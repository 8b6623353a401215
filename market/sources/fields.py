"""Values out of a vendor's row: numbers and times that can be believed, or a FieldError."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from market.sessions import VIETNAM

# Far beyond any index or market, and within what the database's columns hold.
SMALLEST_PRICE = Decimal("0.0001")
LARGEST_PRICE = 10**9
LARGEST_AMOUNT = 10**18
MOST_DIGITS = 40
LARGEST_STOCKS = 10**6
OLDEST_STAMP = 946_684_800  # the year 2000; a stamp in seconds, as is the next
LARGEST_STAMP = 10**11  # one in milliseconds is larger

# The average price of a share in VND. Beyond them value or volume is in another unit.
CHEAPEST_SHARE = 500
DEAREST_SHARE = 2_000_000


EXCERPT_CHARACTERS = 300
EXCERPT_ITEMS = 30  # of one object or list; more would not fit anyway
EXCERPT_DEPTH = 3


class FieldError(ValueError):
    """A field of an answer is absent or of the wrong kind; the message says which and why.

    `excerpt` is how the row around it begins, where that is known.
    """

    excerpt = ""


class NotPositive(FieldError):
    """A price or level of zero or less."""


class Absent(FieldError):
    """There is nothing to read, which is no fault of what is there."""


def excerpt(raw: Any) -> str:
    """How an answer or a part of it begins, in one line: JSON, cut short."""
    text = _excerpt(raw, EXCERPT_DEPTH)[:EXCERPT_CHARACTERS]
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _excerpt(raw: Any, depth: int) -> str:
    if isinstance(raw, dict | list) and not depth:
        return "…"
    if isinstance(raw, dict):
        items = islice(raw.items(), EXCERPT_ITEMS)
        told = (f"{_excerpt(name, 0)}: {_excerpt(value, depth - 1)}" for name, value in items)
        return f"{{{', '.join(told)}}}"
    if isinstance(raw, list):
        return f"[{', '.join(_excerpt(item, depth - 1) for item in raw[:EXCERPT_ITEMS])}]"
    if isinstance(raw, Decimal):
        return str(raw)
    text = raw[:EXCERPT_CHARACTERS] if isinstance(raw, str) else raw
    return json.dumps(text, ensure_ascii=False, default=str)


def field(row: Mapping[str, Any], name: str) -> Any:
    if row.get(name) is None:
        raise FieldError(f"{name} is missing")
    return row[name]


def positive(row: Mapping[str, Any], name: str) -> Decimal:
    """A price or level: a number above zero."""
    value = decimal(field(row, name), name, LARGEST_PRICE)
    if value < SMALLEST_PRICE:
        raise NotPositive(f"{name} is not positive")
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


def previous_close(price: Decimal, change: Decimal) -> Decimal:
    """The close before, where a source tells the change alone; raises FieldError."""
    previous = price - change
    if not SMALLEST_PRICE <= previous <= LARGEST_PRICE:
        raise FieldError("change does not fit the price")
    return previous


def decimal(value: Any, name: str, largest: int = LARGEST_AMOUNT) -> Decimal:
    """A finite decimal from a JSON number, or from the text that some vendors send."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise FieldError(f"{name} is not a number")
    if isinstance(value, Decimal) and len(value.as_tuple().digits) > MOST_DIGITS:
        raise FieldError(f"{name} has too many digits")
    if isinstance(value, str) and len(value) > MOST_DIGITS:
        raise FieldError(f"{name} has too many digits")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise FieldError(f"{name} is not a number") from None
    if not number.is_finite() or number.copy_abs() > largest:
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


def vietnam_moment(value: Any, name: str) -> datetime:
    """An aware UTC moment from ISO 8601 text without an offset, which is Vietnam's time."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            raise FieldError(f"{name} has an offset")
        return moment.replace(tzinfo=VIETNAM).astimezone(UTC)
    except FieldError:
        raise
    except (TypeError, ValueError, OverflowError):
        raise FieldError(f"{name} is not a time") from None


def utc_stamp(value: Any, name: str) -> datetime:
    """An aware UTC moment from unix seconds, as a number or as text."""
    stamp = decimal(value, name)
    if not OLDEST_STAMP <= stamp < LARGEST_STAMP:
        raise FieldError(f"{name} is out of range")
    return datetime.fromtimestamp(int(stamp), UTC) + timedelta(microseconds=int(stamp % 1 * 10**6))
