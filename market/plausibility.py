"""Whether a quote can be believed. Plain values in and out, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from market.indicators import change_percent
from market.sessions import (
    VIETNAM,
    Calendar,
    Session,
    closing_time,
    is_open,
    is_stale,
    last_session_day,
    session_at,
)
from market.sources.base import SourcePrice, SourceQuote

LARGEST_MOVE_PERCENT = Decimal(15)
CLOCK_SKEW = timedelta(seconds=30)
# No index moves so far from its last known price, and its own previous close with it, so soon.
LARGEST_SHIFT = Decimal("0.5")
SHIFT_MEMORY = timedelta(days=30)
STOPS_BEFORE = timedelta(minutes=30)  # the closing auction's quarter of an hour, and some
QUIET = {Session.PRE_OPEN, Session.ATO, Session.ATC}  # the session is open, no index value is made


class Fault(StrEnum):
    """The kinds of what is wrong with an answer; the admin's list is searched by them."""

    UNREADABLE = "unreadable"
    NOT_POSITIVE = "not positive"
    FUTURE = "future"
    MOVE = "move"
    SCALE = "scale"
    OLDER = "older"
    REPLAY = "replay"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong, and one line on why."""

    fault: Fault
    reason: str


def refusal(
    quote: SourceQuote, known: SourceQuote | None, exchange: str, calendar: Calendar, now: datetime
) -> Refusal | None:
    """Why a parsed quote is not believable, or None when it may be stored.

    `known` is the newest real one. A close that a source stamps earlier than another stamped the
    same is believed, and so is a source that stopped shortly before a close known from another;
    else no source may turn the clock back.
    """
    as_of = _text(quote.as_of)
    if quote.as_of > now + CLOCK_SKEW:
        return Refusal(Fault.FUTURE, f"as-of time {as_of} lies in the future")
    if wrong := size_refusal(quote, known, now):
        return wrong
    if known and quote.as_of < known.as_of and not _precedes(quote, known, exchange):
        return Refusal(Fault.OLDER, f"as-of time {as_of} is older than the last known one")
    return _replay(quote, known, calendar, now)


def size_refusal(
    price: SourceQuote | SourcePrice, known: SourceQuote | None, now: datetime
) -> Refusal | None:
    """What is wrong with the numbers, whatever their time."""
    if price.price <= 0 or price.previous_close <= 0:
        return Refusal(Fault.NOT_POSITIVE, "price is not positive")
    move = change_percent(price.price, price.previous_close)
    if abs(move) > LARGEST_MOVE_PERCENT:
        limit = f"is beyond {LARGEST_MOVE_PERCENT} percent"
        return Refusal(Fault.MOVE, f"a move of {move:.1f} percent {limit}")
    if known and now - known.as_of <= SHIFT_MEMORY:
        base = known.price
        if all(_is_far(number, base) for number in (price.price, price.previous_close)):
            return Refusal(Fault.SCALE, f"price {price.price} is of another scale than {base}")
    return None


def frozen(
    quote: SourceQuote, exchange: str, calendar: Calendar, now: datetime, tolerance: timedelta
) -> Refusal | None:
    """That the quote's clock stands still while the exchange trades, which makes it stale."""
    if not is_open(now, exchange, calendar):
        return None
    if session_at(now - tolerance, exchange, calendar) in QUIET:
        return None
    if not is_stale(quote.as_of, now, exchange, calendar, tolerance):
        return None
    reason = f"as-of time {_text(quote.as_of)} stands still while the session is open"
    return Refusal(Fault.FROZEN, reason)


def lacks_close(
    quote: SourceQuote, exchange: str, calendar: Calendar, now: datetime, tolerance: timedelta
) -> bool:
    """Whether the session is over and the quote is older than its close."""
    moment = now - tolerance
    if any(is_open(item, exchange, calendar) for item in (moment, now)):
        return False
    return quote.as_of < closing_time(last_session_day(moment, calendar), exchange)


def excerpt(quote: SourceQuote | SourcePrice) -> str:
    """What the answer said, in one line."""
    as_of = _text(quote.as_of) if quote.as_of else "-"
    return f"price={quote.price} previous_close={quote.previous_close} as_of={as_of}"


def _is_far(number: Decimal, base: Decimal) -> bool:
    return abs(number - base) > base * LARGEST_SHIFT


def _precedes(quote: SourceQuote, known: SourceQuote, exchange: str) -> bool:
    """Whether an earlier stamp is no fault: `known` is a close, and the quote tells or nears it."""
    close = closing_time(known.as_of.astimezone(VIETNAM).date(), exchange)
    if quote.as_of >= close:
        return (quote.price, quote.previous_close) == (known.price, known.previous_close)
    return known.as_of >= close and quote.as_of >= close - STOPS_BEFORE


def _replay(
    quote: SourceQuote, known: SourceQuote | None, calendar: Calendar, now: datetime
) -> Refusal | None:
    """That a quote is dated on a day without trading, unless it shows that the day does trade."""
    day = quote.as_of.astimezone(VIETNAM).date()
    if calendar.is_trading_day(day):
        return None
    if day < now.astimezone(VIETNAM).date():
        return Refusal(Fault.REPLAY, f"as-of day {day} is a day without trading")
    if known is None or _tells_nothing_new(quote, known):
        return Refusal(Fault.REPLAY, f"repeats the last session on {day}, a day without trading")
    return None


def _tells_nothing_new(quote: SourceQuote, known: SourceQuote) -> bool:
    if quote.volume == 0:
        return True
    same = (quote.price, quote.previous_close) == (known.price, known.previous_close)
    return same and (None in (quote.volume, known.volume) or quote.volume == known.volume)


def _text(moment: datetime) -> str:
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
