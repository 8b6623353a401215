"""Sources → accepted quotes → database → snapshot: the one way that numbers come in."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from redis.exceptions import RedisError

from market import snapshot
from market.http import HttpClient
from market.indicators import change_percent
from market.models import Index, Quote, load_calendar
from market.sessions import Calendar
from market.sources import quote_source
from market.sources.base import SourceError, SourceQuote
from market.sources.demo import demo_quotes
from marketsite import clock

logger = logging.getLogger(__name__)

LARGEST_MOVE_PERCENT = Decimal(15)
CLOCK_SKEW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a source gave nothing: for one index, or for all when `code` is empty."""

    source: str
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class RefreshResult:
    """What one refresh fetched, what failed, and the snapshot that it wrote."""

    now: datetime
    fetched: dict[str, SourceQuote]
    failures: tuple[Failure, ...]
    snapshot: snapshot.Snapshot
    cached: bool

    @property
    def success(self) -> bool:
        return bool(self.fetched) and self.cached


def refresh_indices() -> RefreshResult:
    """Fetch, check, store and publish the current quotes of all active indices.

    Asks the sources in `MARKET_SOURCES` in order, each only for what is still missing. One
    source's failure never costs another's index. Raises only for a database that does not answer.
    """
    now, calendar = clock.now(), load_calendar()
    indices = list(Index.objects.filter(active=True))
    codes = [index.code for index in indices]
    known = _known_times()
    fetched, failures = _fetch(codes, known, now)
    simulated = not fetched and _demo_wanted()
    if simulated:
        fetched = {quote.code: quote for quote in demo_quotes(codes, now, calendar)}
    _store(indices, fetched, now, simulated)
    result = _publish(indices, fetched, failures, calendar, now, simulated)
    logger.info(
        "refreshed indices fetched=%d of=%d failures=%d simulated=%s",
        len(fetched),
        len(indices),
        len(failures),
        simulated,
    )
    return result


@contextmanager
def http_client() -> Iterator[HttpClient]:
    """The bounded client for one job, with the limits of the settings."""
    client = HttpClient(
        connect_timeout=settings.MARKET_CONNECT_SECONDS,
        total_timeout=settings.MARKET_TOTAL_SECONDS,
        max_bytes=settings.MARKET_MAX_BYTES,
    )
    try:
        yield client
    finally:
        client.close()


def refusal(quote: SourceQuote, known: datetime | None, now: datetime) -> str | None:
    """Why a parsed quote is not believable, or None when it may be stored."""
    if quote.price <= 0 or quote.previous_close <= 0:
        return "price is not positive"
    if quote.as_of > now + CLOCK_SKEW:
        return f"as-of time {snapshot.iso(quote.as_of)} lies in the future"
    move = change_percent(quote.price, quote.previous_close)
    if abs(move) > LARGEST_MOVE_PERCENT:
        return f"a move of {move:.1f} percent is beyond {LARGEST_MOVE_PERCENT} percent"
    if known and quote.as_of < known:
        return f"as-of time {snapshot.iso(quote.as_of)} is older than the last known one"
    return None


def _fetch(
    codes: Sequence[str], known: dict[str, datetime], now: datetime
) -> tuple[dict[str, SourceQuote], list[Failure]]:
    fetched: dict[str, SourceQuote] = {}
    failures: list[Failure] = []
    with http_client() as client:
        for name in settings.MARKET_SOURCES:
            missing = [code for code in codes if code not in fetched]
            if not missing:
                break
            found, problems = _ask(client, name, missing, known, now)
            fetched.update(found)
            failures.extend(problems)
    return fetched, failures


def _ask(
    client: HttpClient, name: str, codes: Sequence[str], known: dict[str, datetime], now: datetime
) -> tuple[dict[str, SourceQuote], list[Failure]]:
    """One source's acceptable quotes by code, and why the others are not there."""
    source = quote_source(name, client, settings.MARKET_BASE_URLS, settings.MARKET_HEADERS)
    try:
        reply = source.fetch_quotes(codes, now)
    except SourceError as error:
        logger.warning("source failed source=%s reason=%s", name, error.reason)
        return {}, [Failure(name, error.reason)]
    problems = dict(reply.problems)
    found: dict[str, SourceQuote] = {}
    for quote in reply.quotes:
        reason = refusal(quote, known.get(quote.code), now)
        if reason:
            problems[quote.code] = reason
        else:
            found[quote.code] = quote
    for code, reason in problems.items():
        logger.warning("quote refused source=%s index=%s reason=%s", name, code, reason)
    return found, [Failure(name, reason, code) for code, reason in problems.items()]


def _known_times() -> dict[str, datetime]:
    """As-of time of the newest real quote by code."""
    quotes = Quote.objects.real().latest_per_index()
    return {quote.index.code: quote.as_of for quote in quotes}


def _demo_wanted() -> bool:
    return settings.MARKET_DEMO == "auto" and not Quote.objects.real().exists()


def _store(
    indices: Sequence[Index], fetched: dict[str, SourceQuote], now: datetime, simulated: bool
) -> None:
    names = [field.name for field in fields(SourceQuote) if field.name != "code"]
    rows = [
        Quote(
            index=index,
            fetched_at=now,
            simulated=simulated,
            **{name: getattr(fetched[index.code], name) for name in names},
        )
        for index in indices
        if index.code in fetched
    ]
    Quote.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["index", "as_of"],
        update_fields=[*(name for name in names if name != "as_of"), "simulated", "fetched_at"],
    )


def _publish(
    indices: Sequence[Index],
    fetched: dict[str, SourceQuote],
    failures: Sequence[Failure],
    calendar: Calendar,
    now: datetime,
    simulated: bool,
) -> RefreshResult:
    kept = snapshot.last_values(simulated)
    errors = {index.code: _reason(index.code, failures) for index in indices}
    document = snapshot.compose(indices, fetched, kept, errors, calendar, now, simulated)
    try:
        snapshot.write(document)
        cached = True
    except RedisError as error:
        logger.exception("snapshot not written")
        failures = [*failures, Failure("redis", type(error).__name__)]
        cached = False
    return RefreshResult(now, fetched, tuple(failures), document, cached)


def _reason(code: str, failures: Sequence[Failure]) -> str:
    """One line on why no source gave this index."""
    parts = [f"{item.source}: {item.reason}" for item in failures if item.code in ("", code)]
    return "; ".join(parts) or snapshot.NEVER_FETCHED
