"""The stored history of an index in pages: day bars, or the last quote of each minute."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, TypedDict

from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Value
from django.db.models.functions import TruncMinute

from market.models import Bar, Index, Quote
from market.sessions import VIETNAM
from market.snapshot import iso
from marketsite import clock

Interval = Literal["1d", "1m"]

USUAL_ROWS, MOST_ROWS = 500, 5000


class BarRow(TypedDict):
    """A trading day: points and shares; `date` is Vietnam's."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: int | None
    source: str
    simulated: bool


class QuoteRow(TypedDict):
    """The last reading of a minute: points, shares and VND of the day so far; `as_of` is UTC."""

    as_of: str
    price: float
    previous_close: float
    volume: int | None
    value: int | None
    agreement: str
    source: str
    simulated: bool


Row = BarRow | QuoteRow


class BadRange(ValueError):
    """A parameter that cannot be understood; its text is for the caller of the API."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows oldest first, and where the next page begins; None after the last."""

    rows: Sequence[Row]
    cursor: str | None


def bars_page(
    index: Index,
    simulated: bool,
    first: str | None,
    last: str | None,
    after: str | None,
    limit: int,
) -> Page:
    """Day bars from `first` to `last`, both included, of those after the cursor.

    Raises BadRange for what is no date.
    """
    since, until, cursor = _day("from", first), _day("to", last), _day("cursor", after)
    _check_order(since, until)
    rows = Bar.objects.filter(index=index, simulated=simulated).order_by("day")
    rows = rows.filter(**_given({"day__gte": since, "day__lte": until, "day__gt": cursor}))
    found = [_bar_row(bar) for bar in rows[: limit + 1]]
    more = len(found) > limit
    return Page(found[:limit], found[limit - 1]["date"] if more else None)


def quotes_page(
    index: Index,
    simulated: bool,
    first: str | None,
    last: str | None,
    after: str | None,
    limit: int,
) -> Page:
    """The last quote of each minute from `first` to `last`, both included, after the cursor.

    A bare date means the day in Vietnam, the whole of it. Raises BadRange for what is no time.
    """
    since, until = _moment("from", first, time.min), _moment("to", last, time.max)
    cursor = _moment("cursor", after, time.max)
    _check_order(since, until)
    quotes = minutes(
        index, simulated, **_given({"as_of__gte": since, "as_of__lte": until, "as_of__gt": cursor})
    )
    found = [_quote_row(quote) for quote in quotes[: limit + 1]]
    more = len(found) > limit
    return Page(found[:limit], found[limit - 1]["as_of"] if more else None)


def minutes(index: Index, simulated: bool, **bounds: datetime) -> models.QuerySet[Quote]:
    """The last quote of each minute, oldest first.

    One walk along `quote_once`, with one look at the same index for each row: it stops at the
    limit, however many minutes are stored.
    """
    end = ExpressionWrapper(
        OuterRef("minute") + Value(timedelta(minutes=1)), models.DateTimeField()
    )
    until = {name: bound for name, bound in bounds.items() if name == "as_of__lte"}
    quotes = Quote.objects.filter(index=index, simulated=simulated)
    later = quotes.filter(as_of__gt=OuterRef("as_of"), as_of__lt=end, **until)
    marked = quotes.annotate(minute=TruncMinute("as_of", tzinfo=UTC))
    return marked.filter(~Exists(later), **bounds).order_by("as_of")


def to_csv(rows: Sequence[Row], interval: Interval) -> str:
    """The rows under their names, as RFC 4180 has it."""
    names = list((BarRow if interval == "1d" else QuoteRow).__annotations__)
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "simulated": str(row["simulated"]).lower()})
    return text.getvalue()


def _bar_row(bar: Bar) -> BarRow:
    return {
        "date": bar.day.isoformat(),
        "open": float(bar.open),
        "high": float(bar.high),
        "low": float(bar.low),
        "close": float(bar.close),
        "volume": bar.volume,
        "source": bar.source,
        "simulated": bar.simulated,
    }


def _quote_row(quote: Quote) -> QuoteRow:
    return {
        "as_of": _exact(quote.as_of),
        "price": float(quote.price),
        "previous_close": float(quote.previous_close),
        "volume": quote.volume,
        "value": quote.value,
        "agreement": quote.agreement,
        "source": quote.source,
        "simulated": quote.simulated,
    }


def _exact(moment: datetime) -> str:
    """Like the snapshot's times, but whole microseconds: the next page begins after exactly it."""
    if moment.microsecond % 1000 == 0:
        return iso(moment)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _given(bounds: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in bounds.items() if value is not None}


def _day(name: str, text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRange(f"{name}: must be a date such as 2026-08-21") from None


def _moment(name: str, text: str | None, hour: time) -> datetime | None:
    """A moment, or the given hour of a day in Vietnam."""
    if not text:
        return None
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), hour, VIETNAM).astimezone(UTC)
        return clock.parse(text.replace(" ", "+"))  # a plus sign that the address did not escape
    except (ValueError, OverflowError):
        raise BadRange(
            f"{name}: must be a date or a moment with its offset, such as 2026-08-21T08:00:00Z"
        ) from None


def _check_order(first: date | None, last: date | None) -> None:
    if first and last and first > last:
        raise BadRange("from: must not lie after to")
