"""Sources → accepted quotes → database → snapshot: the one way that numbers come in."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
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
from market.sessions import VIETNAM, Calendar, closing_time
from market.sources import quote_source
from market.sources.base import SourceError, SourceQuote
from market.sources.codes import names_of
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
    When none answers, `MARKET_DEMO` allows it and no real quote exists, simulated ones are shown.
    """
    now, calendar = clock.now(), load_calendar()
    indices = list(Index.objects.filter(active=True))
    codes = [index.code for index in indices]
    known = snapshot.newest_quotes(simulated=False)
    fetched, failures = _fetch(codes, known, now)
    simulated = not fetched and snapshot.demo_allowed()
    shown = _simulate(codes, now, calendar) if simulated else fetched
    store(indices, shown, now, simulated)
    errors = {code: _reason(code, failures) for code in codes}
    document = snapshot.compose(indices, shown, known, errors, calendar, now, simulated)
    unwritten = _publish(document)
    result = RefreshResult(now, fetched, (*failures, *unwritten), document, not unwritten)
    logger.info(
        "refreshed indices fetched=%d of=%d failures=%d simulated=%s",
        len(fetched),
        len(indices),
        len(result.failures),
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


def refusal(quote: SourceQuote, known: Quote | None, now: datetime) -> str | None:
    """Why a parsed quote is not believable, or None when it may be stored.

    `known` is the newest real one: a source must not turn the clock back. A close that it stamps
    earlier than another vendor stamped the same is believed.
    """
    if quote.price <= 0 or quote.previous_close <= 0:
        return "price is not positive"
    if quote.as_of > now + CLOCK_SKEW:
        return f"as-of time {snapshot.iso(quote.as_of)} lies in the future"
    move = change_percent(quote.price, quote.previous_close)
    if abs(move) > LARGEST_MOVE_PERCENT:
        return f"a move of {move:.1f} percent is beyond {LARGEST_MOVE_PERCENT} percent"
    if known and quote.as_of < known.as_of and not _repeats(quote, known):
        return f"as-of time {snapshot.iso(quote.as_of)} is older than the last known one"
    return None


def _repeats(quote: SourceQuote, known: Quote) -> bool:
    """Whether both tell the close of the same day."""
    day = known.as_of.astimezone(VIETNAM).date()
    closed = closing_time(day, known.index.exchange) <= quote.as_of
    return closed and (quote.price, quote.previous_close) == (known.price, known.previous_close)


def _newer(quote: SourceQuote, known: Quote | None) -> SourceQuote:
    """The believed quote, or the known one when that has the later time."""
    return snapshot.source_quote(known) if known and known.as_of > quote.as_of else quote


def _fetch(
    codes: Sequence[str], known: Mapping[str, Quote], now: datetime
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
    client: HttpClient, name: str, codes: Sequence[str], known: Mapping[str, Quote], now: datetime
) -> tuple[dict[str, SourceQuote], list[Failure]]:
    """One source's acceptable quotes by code, and why the others are not there."""
    source = quote_source(
        name, client, settings.MARKET_BASE_URLS, settings.MARKET_HEADERS, names_of(name)
    )
    try:
        reply = source.fetch_quotes(codes, now)
    except SourceError as error:
        logger.warning("source failed source=%s reason=%s", name, error.reason)
        return {}, [Failure(name, error.reason)]
    problems = dict(reply.problems)
    found: dict[str, SourceQuote] = {}
    for quote in reply.quotes:
        last = known.get(quote.code)
        reason = refusal(quote, last, now)
        if reason:
            problems[quote.code] = reason
        else:
            found[quote.code] = _newer(quote, last)
    for code, note in reply.notes.items():
        logger.warning("turnover unknown source=%s index=%s reason=%s", name, code, note)
    for code, reason in problems.items():
        logger.warning("quote refused source=%s index=%s reason=%s", name, code, reason)
    return found, [Failure(name, reason, code) for code, reason in problems.items()]


def _simulate(codes: Sequence[str], now: datetime, calendar: Calendar) -> dict[str, SourceQuote]:
    return {quote.code: quote for quote in demo_quotes(codes, now, calendar)}


def store(
    indices: Sequence[Index], quotes: Mapping[str, SourceQuote], now: datetime, simulated: bool
) -> None:
    """Insert the quotes, or correct those of the same moment.

    A real quote replaces a simulated one, never the other way round.
    """
    names = [field.name for field in fields(SourceQuote) if field.name != "code"]
    rows = [
        Quote(
            index=index,
            fetched_at=now,
            simulated=simulated,
            **{name: getattr(quotes[index.code], name) for name in names},
        )
        for index in indices
        if index.code in quotes
    ]
    if simulated:
        Quote.objects.bulk_create(rows, ignore_conflicts=True)
        return
    Quote.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["index", "as_of"],
        update_fields=[*(name for name in names if name != "as_of"), "simulated", "fetched_at"],
    )


def _publish(document: snapshot.Snapshot) -> list[Failure]:
    try:
        snapshot.write(document)
    except RedisError as error:
        logger.exception("snapshot not written")
        return [Failure("redis", f"snapshot not written ({type(error).__name__})")]
    return []


def _reason(code: str, failures: Sequence[Failure]) -> str:
    """One line on why no source gave this index."""
    parts = [f"{item.source}: {item.reason}" for item in failures if item.code in ("", code)]
    return "; ".join(parts) or snapshot.NEVER_FETCHED
