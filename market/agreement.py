"""Whether a second source says the same. Plain values in and out, no Django."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from market.sessions import VIETNAM, Calendar, closing_time, is_open, last_session_day
from market.sources.base import SourcePrice, SourceQuote

AGREES_PERCENT = Decimal("0.1")
DIFFERS_PERCENT = Decimal("0.5")
SAME_MOMENT = timedelta(seconds=60)


class Agreement(StrEnum):
    SINGLE = "single"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The agreement, and the price that decided it with its source; none when single."""

    agreement: Agreement
    price: Decimal | None = None
    source: str = ""


SINGLE = Verdict(Agreement.SINGLE)


def judge(
    quote: SourceQuote,
    others: Iterable[SourcePrice],
    exchange: str,
    calendar: Calendar,
    now: datetime,
) -> Verdict:
    """How the quote stands against prices of other origins.

    One comparable price within 0.1 percent confirms it; one beyond 0.5 percent disputes it, and
    that weighs more. In between, or when the times cannot be compared, the quote stands alone.
    """
    verdict = SINGLE
    for other in others:
        if not comparable(quote, other, exchange, calendar, now):
            continue
        gap = abs(other.price - quote.price) / quote.price * 100
        if gap > DIFFERS_PERCENT:
            return Verdict(Agreement.DISPUTED, other.price, other.source)
        if gap <= AGREES_PERCENT:
            verdict = Verdict(Agreement.CONFIRMED, other.price, other.source)
    return verdict


def comparable(
    quote: SourceQuote, other: SourcePrice, exchange: str, calendar: Calendar, now: datetime
) -> bool:
    """Whether two prices may be held against each other.

    While the exchange trades, the two as-of times must lie within 60 seconds. After the close the
    same date is enough, and a price without a time counts as today's.
    """
    day = quote.as_of.astimezone(VIETNAM).date()
    if is_final(quote, exchange, calendar, now):
        if other.as_of is None:
            return day == last_session_day(now, calendar)
        return _closes(other.as_of, quote.as_of, exchange)
    return other.as_of is not None and abs(other.as_of - quote.as_of) <= SAME_MOMENT


def is_final(quote: SourceQuote, exchange: str, calendar: Calendar, now: datetime) -> bool:
    """Whether the quote is the close of a session that is over."""
    day = quote.as_of.astimezone(VIETNAM).date()
    return not is_open(now, exchange, calendar) and quote.as_of >= closing_time(day, exchange)


def _closes(first: datetime, second: datetime, exchange: str) -> bool:
    days = {moment.astimezone(VIETNAM).date() for moment in (first, second)}
    return len(days) == 1 and first >= closing_time(days.pop(), exchange)
