"""The current numbers as Redis holds them: one JSON document, and the last good one.

`market_indices` and `market_indices:last` are a contract with other programs: plain JSON under
exactly these keys, numbers as JSON numbers, times UTC with `Z`, `date` the trading day in Vietnam.
Reading never calls an upstream; when Redis is empty or silent, the database answers.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypedDict

from django.conf import settings
from redis.exceptions import RedisError

from market.indicators import change, change_percent
from market.models import Index, Quote, load_calendar
from market.sessions import VIETNAM, Calendar, is_stale, session_at
from market.sources.base import SourceQuote
from marketsite import clock
from marketsite.redis import cache

logger = logging.getLogger(__name__)

CURRENT_KEY = "market_indices"
LAST_KEY = "market_indices:last"
LAST_SECONDS = 7 * 24 * 3600
GRACE_SECONDS = 120
NEVER_FETCHED = "not fetched yet"


class Value(TypedDict):
    """One index in the snapshot. Points; `volume` in shares, `value` in VND."""

    code: str
    date: str
    open: float | None
    high: float | None
    low: float | None
    close: float
    volume: int | None
    previous_close: float
    change: float
    change_percent: float
    value: int | None
    source: str
    as_of: str
    stale: bool


class Entry(TypedDict):
    value: Value | None
    error: str | None


class Snapshot(TypedDict):
    success: bool
    indices: dict[str, Entry]
    generated_at: str
    next_refresh_at: str
    session: str
    simulated: bool


def compose(
    indices: Sequence[Index],
    fresh: Mapping[str, SourceQuote],
    kept: Mapping[str, Value],
    errors: Mapping[str, str],
    calendar: Calendar,
    now: datetime,
    simulated: bool,
) -> Snapshot:
    """The snapshot of one refresh: fetched quotes, else kept values with the reason beside them."""
    entries: dict[str, Entry] = {}
    for index in indices:
        quote, old = fresh.get(index.code), kept.get(index.key)
        value = to_value(quote) if quote else old
        if value:
            value = mark_stale(value, index.exchange, calendar, now)
        reason = None if quote else errors.get(index.code, NEVER_FETCHED)
        entries[index.key] = {"value": value, "error": reason}
    return {
        "success": bool(fresh),
        "indices": entries,
        "generated_at": iso(now),
        "next_refresh_at": iso(now + timedelta(seconds=settings.MARKET_REFRESH_SECONDS)),
        "session": str(session_at(now, Index.Exchange.HOSE, calendar)),
        "simulated": simulated,
    }


def to_value(quote: SourceQuote) -> Value:
    return {
        "code": quote.code,
        "date": quote.as_of.astimezone(VIETNAM).date().isoformat(),
        "open": _number(quote.open),
        "high": _number(quote.high),
        "low": _number(quote.low),
        "close": float(quote.price),
        "volume": quote.volume,
        "previous_close": float(quote.previous_close),
        "change": float(change(quote.price, quote.previous_close)),
        "change_percent": round(float(change_percent(quote.price, quote.previous_close)), 4),
        "value": quote.value,
        "source": quote.source,
        "as_of": iso(quote.as_of),
        "stale": False,
    }


def mark_stale(value: Value, exchange: str, calendar: Calendar, now: datetime) -> Value:
    """The value with `stale` as of `now`: older than a live feed would show."""
    tolerance = timedelta(seconds=settings.MARKET_SNAPSHOT_SECONDS)
    stale = is_stale(clock.parse(value["as_of"]), now, exchange, calendar, tolerance)
    return {**value, "stale": stale}


def write(snapshot: Snapshot) -> None:
    """Store the current snapshot, and what is good in it as the last good one.

    Raises redis.RedisError when the server cannot be reached.
    """
    current_seconds = max(
        settings.MARKET_REFRESH_SECONDS + GRACE_SECONDS, settings.MARKET_SNAPSHOT_SECONDS
    )
    if any(entry["value"] for entry in snapshot["indices"].values()):
        cache().set(LAST_KEY, snapshot, LAST_SECONDS)
    cache().set(CURRENT_KEY, snapshot, current_seconds)


def read() -> Snapshot:
    """What the site shows now: the current snapshot, else the last good one with its age told.

    Never calls an upstream and never fails: without Redis the newest stored quotes answer.
    """
    current = _get(CURRENT_KEY)
    if current is not None and any(entry["value"] for entry in current["indices"].values()):
        return current
    last = _get(LAST_KEY)
    if last is None:
        return from_database()
    return _aged(last)


def last_values(simulated: bool) -> dict[str, Value]:
    """The last good values of the wanted kind by key; real and simulated are never mixed."""
    last = _get(LAST_KEY) or from_database()
    if last["simulated"] != simulated:
        last = from_database(simulated)
    entries = last["indices"].items()
    return {key: entry["value"] for key, entry in entries if entry["value"] is not None}


def from_database(simulated: bool | None = None) -> Snapshot:
    """The snapshot that the newest stored quotes make; real ones unless there are none."""
    quotes = list(Quote.objects.filter(simulated=bool(simulated)).latest_per_index())
    if not quotes and simulated is None and settings.MARKET_DEMO == "auto":
        return from_database(simulated=True)
    kept = {quote.index.key: to_value(source_quote(quote)) for quote in quotes}
    reasons = {quote.index.code: "no current snapshot" for quote in quotes}
    indices = list(Index.objects.filter(active=True))
    marked = bool(simulated) and bool(quotes)
    return compose(indices, {}, kept, reasons, load_calendar(), clock.now(), marked)


def source_quote(quote: Quote) -> SourceQuote:
    """A stored quote as the plain value that it was made from."""
    return SourceQuote(
        code=quote.index.code,
        as_of=quote.as_of,
        price=quote.price,
        previous_close=quote.previous_close,
        open=quote.open,
        high=quote.high,
        low=quote.low,
        volume=quote.volume,
        value=quote.value,
        advances=quote.advances,
        declines=quote.declines,
        unchanged=quote.unchanged,
        ceilings=quote.ceilings,
        floors=quote.floors,
        source=quote.source,
    )


def iso(moment: datetime) -> str:
    """UTC with `Z`, to the millisecond where there are any."""
    utc = moment.astimezone(UTC)
    precision = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=precision).replace("+00:00", "Z")


def _aged(last: Snapshot) -> Snapshot:
    calendar, now = load_calendar(), clock.now()
    exchanges = dict(Index.objects.values_list("key", "exchange"))
    entries: dict[str, Entry] = {}
    for key, entry in last["indices"].items():
        value = entry["value"]
        if value is not None:
            value = mark_stale(value, exchanges.get(key, "HOSE"), calendar, now)
        entries[key] = {"value": value, "error": entry["error"] or "no current snapshot"}
    session = str(session_at(now, Index.Exchange.HOSE, calendar))
    return {**last, "success": False, "indices": entries, "session": session}


def _get(key: str) -> Snapshot | None:
    """The document under `key`, or None when it is absent, unreadable, or not of our shape."""
    try:
        found: Any = cache().get(key)
    except (RedisError, json.JSONDecodeError, UnicodeDecodeError) as error:
        logger.warning("snapshot unreadable key=%s reason=%s", key, type(error).__name__)
        return None
    if not isinstance(found, dict) or not Snapshot.__required_keys__ <= found.keys():
        return None
    return found  # type: ignore[return-value]


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
