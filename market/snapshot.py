"""The current numbers as Redis holds them: one JSON document, and the last good one.

`market_indices` and `market_indices:last` are a contract with other programs: plain JSON under
exactly these keys, numbers as JSON numbers, times UTC with `Z`, `date` the trading day in Vietnam.
Reading never calls an upstream; when Redis is empty or silent, the database answers.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

from django.conf import settings
from redis.exceptions import RedisError

from market.agreement import SINGLE, Agreement, Verdict
from market.indicators import change, change_percent
from market.models import Index, Quote, load_calendar
from market.sessions import VIETNAM, Calendar, is_stale, session_at
from market.sources.base import SourceQuote
from marketsite import clock
from marketsite.redis import read_json

logger = logging.getLogger(__name__)

CURRENT_KEY = "market_indices"
LAST_KEY = "market_indices:last"
LAST_SECONDS = 7 * 24 * 3600
GRACE_SECONDS = 120
NEVER_FETCHED = "not fetched yet"
NOT_CURRENT = "no current snapshot"


class Second(TypedDict):
    """What the second source said, in points."""

    source: str
    close: float


class Value(TypedDict):
    """One index in the snapshot. Points; `volume` in shares, `value` in VND.

    `agreement` is single, confirmed or disputed; `second` the price that decided it.
    """

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
    agreement: str
    second: Second | None


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
    quotes: Mapping[str, SourceQuote],
    verdicts: Mapping[str, Verdict],
    errors: Mapping[str, str | None],
    calendar: Calendar,
    now: datetime,
    *,
    success: bool,
    simulated: bool,
) -> Snapshot:
    """The snapshot of one refresh: what is known of each index, with what is wrong beside it.

    `errors` holds None for an index that nothing is wrong with.
    """
    entries: dict[str, Entry] = {}
    for index in indices:
        value: Value | None = None
        if quote := quotes.get(index.code):
            value = to_value(quote, verdicts.get(index.code, SINGLE))
            value = mark_stale(value, index.exchange, calendar, now)
        entries[index.key] = {"value": value, "error": errors.get(index.code, NEVER_FETCHED)}
    return {
        "success": success,
        "indices": entries,
        "generated_at": iso(now),
        "next_refresh_at": iso(_next_refresh(now)),
        "session": str(session_at(now, Index.Exchange.HOSE, calendar)),
        "simulated": simulated,
    }


def to_value(quote: SourceQuote, verdict: Verdict = SINGLE) -> Value:
    second: Second | None = None
    if verdict.price is not None:
        second = {"source": verdict.source, "close": float(verdict.price)}
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
        "agreement": str(verdict.agreement),
        "second": second,
    }


def mark_stale(value: Value, exchange: str, calendar: Calendar, now: datetime) -> Value:
    """The value with `stale` as of `now`: older than a live feed would show."""
    tolerance = timedelta(seconds=settings.MARKET_SNAPSHOT_SECONDS)
    stale = is_stale(clock.parse(value["as_of"]), now, exchange, calendar, tolerance)
    return {**value, "stale": stale}


def documents(snapshot: Snapshot) -> dict[str, tuple[Any, int]]:
    """The snapshot as `write_json` takes it: the current one, and what is good as the last good."""
    current_seconds = max(
        settings.MARKET_REFRESH_SECONDS + GRACE_SECONDS, settings.MARKET_SNAPSHOT_SECONDS
    )
    found: dict[str, tuple[Any, int]] = {CURRENT_KEY: (snapshot, current_seconds)}
    if _has_values(snapshot):
        found[LAST_KEY] = (snapshot, LAST_SECONDS)
    return found


def read() -> Snapshot:
    """What the site shows now: the current snapshot, else the last good one with its age told.

    Never calls an upstream and does not fail for Redis: without it the stored quotes answer.
    """
    current, kept = _documents()
    if current and _has_values(current) and not (current["simulated"] and not demo_allowed()):
        return _renewed(current)
    stored, last = from_database(), _checked(LAST_KEY, kept)
    if last and not last["simulated"] and not _is_newer(stored, last):
        return _outdated(last)
    if current and not _has_values(current) and not _has_values(stored):
        return current  # nothing is known, and it tells why
    return stored


def from_database() -> Snapshot:
    """The snapshot that the newest stored quotes make; real ones unless there are none."""
    quotes, simulated = newest_quotes(simulated=False), False
    if not quotes and settings.MARKET_DEMO == "auto":
        quotes = newest_quotes(simulated=True)
        simulated = bool(quotes)
    now = clock.now()
    document = compose(
        list(Index.objects.filter(active=True)),
        {code: source_quote(quote) for code, quote in quotes.items()},
        {code: stored_verdict(quote) for code, quote in quotes.items()},
        dict.fromkeys(quotes, NOT_CURRENT),
        load_calendar().opened_by(quote.as_of for quote in quotes.values()),
        now,
        success=False,
        simulated=simulated,
    )
    made = max((quote.fetched_at for quote in quotes.values()), default=now)
    document["generated_at"] = iso(made)
    document["next_refresh_at"] = iso(_next_refresh(made))
    return document


def newest_quotes(simulated: bool) -> dict[str, Quote]:
    """The newest stored quote of each index by code; real and simulated are never mixed."""
    quotes = Quote.objects.filter(simulated=simulated).latest_per_index()
    return {quote.index.code: quote for quote in quotes}


def demo_allowed() -> bool:
    """Whether simulated numbers may be shown: not after the first real quote."""
    return settings.MARKET_DEMO == "auto" and not Quote.objects.real().exists()


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


def stored_verdict(quote: Quote) -> Verdict:
    """How a stored quote stood against its second source."""
    return Verdict(Agreement(quote.agreement), quote.second_price, quote.second_source)


def iso(moment: datetime) -> str:
    """UTC with `Z`, to the millisecond where there are any."""
    utc = moment.astimezone(UTC)
    precision = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=precision).replace("+00:00", "Z")


def _next_refresh(made: datetime) -> datetime:
    return made + timedelta(seconds=settings.MARKET_REFRESH_SECONDS)


def _has_values(snapshot: Snapshot) -> bool:
    return any(entry["value"] for entry in snapshot["indices"].values())


def _is_newer(stored: Snapshot, last: Snapshot) -> bool:
    """Whether quotes came in after the last good snapshot, as when Redis was away."""
    return _has_values(stored) and _made(stored) > _made(last)


def _made(snapshot: Snapshot) -> datetime:
    return clock.parse(snapshot["generated_at"])


def _renewed(current: Snapshot) -> Snapshot:
    """The snapshot as written, or aged when its refresh is late or its flags may have changed."""
    holds = min(settings.MARKET_REFRESH_SECONDS, settings.MARKET_SNAPSHOT_SECONDS)
    late = clock.now() - _made(current) > timedelta(seconds=holds)
    return _aged(current) if late else current


def _outdated(last: Snapshot) -> Snapshot:
    """The last good snapshot when there is no current one."""
    aged = _aged(last)
    entries = aged["indices"].items()
    indices: dict[str, Entry] = {
        key: {**entry, "error": entry["error"] or NOT_CURRENT} for key, entry in entries
    }
    return {**aged, "success": False, "indices": indices}


def _aged(snapshot: Snapshot) -> Snapshot:
    """The snapshot with `stale` and `session` as of now."""
    values = [entry["value"] for entry in snapshot["indices"].values()]
    moments = [clock.parse(value["as_of"]) for value in values if value]
    calendar, now = load_calendar().opened_by(moments), clock.now()
    exchanges = dict(Index.objects.values_list("key", "exchange"))
    entries: dict[str, Entry] = {}
    for key, entry in snapshot["indices"].items():
        value = entry["value"]
        if value is not None:
            value = mark_stale(value, exchanges.get(key, "HOSE"), calendar, now)
        entries[key] = {"value": value, "error": entry["error"]}
    session = str(session_at(now, Index.Exchange.HOSE, calendar))
    return {**snapshot, "indices": entries, "session": session}


def _documents() -> tuple[Snapshot | None, Any]:
    """The current snapshot, None if it is absent or not of our shape; the last good one unchecked,
    as it is seldom asked for.
    """
    try:
        current, last = read_json(CURRENT_KEY, LAST_KEY)
    except RedisError as error:
        logger.warning("snapshot not read reason=%s", type(error).__name__)
        return None, None
    return _checked(CURRENT_KEY, current), last


def _checked(key: str, found: Any) -> Snapshot | None:
    if found is None:
        return None
    _add_agreement(found)
    try:
        if _fits(found, Snapshot):
            _parse_times(found)
            return found  # type: ignore[no-any-return]
    except ValueError:
        pass
    logger.warning("snapshot not of our shape key=%s", key)
    return None


def _add_agreement(found: Any) -> None:
    """Give the values of an older release's document what it did not know yet."""
    entries = found.get("indices") if isinstance(found, dict) else None
    for entry in entries.values() if isinstance(entries, dict) else ():
        value = entry.get("value") if isinstance(entry, dict) else None
        if isinstance(value, dict):
            value.setdefault("agreement", str(Agreement.SINGLE))
            value.setdefault("second", None)


def _parse_times(snapshot: Snapshot) -> None:
    """Raises ValueError for a time that is none."""
    values = [entry["value"] for entry in snapshot["indices"].values()]
    moments = [value["as_of"] for value in values if value]
    for text in (snapshot["generated_at"], snapshot["next_refresh_at"], *moments):
        clock.parse(text)


def _fits(found: Any, kind: Any) -> bool:
    """Whether parsed JSON has the shape of `kind`: our typed dictionaries and what they hold."""
    if is_typeddict(kind):
        return isinstance(found, dict) and all(
            name in found and _fits(found[name], hint) for name, hint in _hints(kind).items()
        )
    if get_origin(kind) is dict:
        return isinstance(found, dict) and all(
            _fits(item, get_args(kind)[1]) for item in found.values()
        )
    if get_args(kind):
        return any(_fits(found, part) for part in get_args(kind))
    if kind is float:
        return type(found) in {int, float} and math.isfinite(found)
    return type(found) is kind  # a true is no whole number here


@lru_cache(maxsize=8)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
