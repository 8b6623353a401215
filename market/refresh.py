"""Sources → accepted quotes → database → snapshot: the one way that numbers come in."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from market import breaker, confirmation, pace, plausibility, rejections, snapshot
from market.agreement import SINGLE, Verdict
from market.asking import Asker, asking
from market.breaker import Breakers
from market.confirmation import Confirmation
from market.models import Index, Quote, load_calendar
from market.pace import Pace
from market.plausibility import Fault, Refusal
from market.rejections import Rejection
from market.sessions import Calendar
from market.sources.base import NOT_OFFERED, QuoteReply, SourceError, SourceInvalid, SourceQuote
from market.sources.demo import demo_quotes
from marketsite import clock
from marketsite.redis import read_json, write_json

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a source gave nothing: for one index, or for all when `code` is empty."""

    source: str
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class RefreshResult:
    """What one refresh fetched, what failed, and the snapshot that it wrote.

    Not `polled` when it asked nobody; `success` is then that of the last poll.
    """

    now: datetime
    fetched: dict[str, SourceQuote]
    failures: tuple[Failure, ...]
    snapshot: snapshot.Snapshot
    cached: bool
    polled: bool = True

    @property
    def success(self) -> bool:
        return self.snapshot["success"] and self.cached


@dataclass(frozen=True, slots=True)
class Known:
    """What stands before a refresh asks anybody."""

    now: datetime
    indices: tuple[Index, ...]
    quotes: dict[str, SourceQuote]
    verdicts: dict[str, Verdict]
    calendar: Calendar

    @property
    def codes(self) -> list[str]:
        return [index.code for index in self.indices]

    @property
    def held(self) -> Confirmation:
        """The known quotes of the followed indices with their verdicts."""
        codes = [code for code in self.codes if code in self.quotes]
        quotes = {code: self.quotes[code] for code in codes}
        return Confirmation(quotes, {code: self.verdicts[code] for code in codes})

    @property
    def exchanges(self) -> dict[str, str]:
        return {index.code: index.exchange for index in self.indices}

    def setting(self, fetched: Iterable[SourceQuote] = ()) -> confirmation.Setting:
        """What a confirmation goes by; the days of fetched quotes count as open."""
        calendar = self.calendar.opened_by(quote.as_of for quote in fetched)
        return confirmation.Setting(self.exchanges, calendar, self.now)


@dataclass(slots=True)
class Poll:
    """What the sources gave: quotes, spare ones that serve when nobody has better, and the rest.

    A poll that `seeks` asks on for a close that a source does not tell; `sought` when it did.
    """

    seeks: bool = True
    sought: bool = False
    fetched: dict[str, SourceQuote] = field(default_factory=dict)
    spare: dict[str, SourceQuote] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def refresh_indices() -> RefreshResult:
    """Fetch, check, store and publish the current quotes of all active indices.

    Asks the sources in `MARKET_SOURCES` in order, each only for what is still missing. One
    source's failure never costs another's index. Raises only for a database that does not answer.
    When none answers, `MARKET_DEMO` allows it and no real quote exists, simulated ones are shown.
    Where no market trades the sources are left alone for a while, and the snapshot is renewed.
    """
    known = _known()
    last, breakers = _remembered(known.now)
    if pace.rests(last, known.quotes, known.codes, known.calendar, known.now):
        return _renew(known, last)
    with asking(known.indices, breakers, known.now) as asker:
        confirmation.begin(asker, last, known.held, known.setting())
        poll = _poll(asker, known, seeks=last.may_seek(known.calendar, known.now))
        held = _confirmed(asker, poll, known, last)
    heard = last.heard(known.now, asked=asker.has_begun or held.judged, judged=held.judged)
    if poll.sought:
        heard = replace(heard, sought_at=known.now)
    return _finish(known, heard, breakers, poll, held)


def _known() -> Known:
    stored = snapshot.newest_quotes(simulated=False)
    return Known(
        now=clock.now(),
        indices=tuple(Index.objects.filter(active=True)),
        quotes={code: snapshot.source_quote(quote) for code, quote in stored.items()},
        verdicts={code: snapshot.stored_verdict(quote) for code, quote in stored.items()},
        calendar=load_calendar().opened_by(quote.as_of for quote in stored.values()),
    )


def _remembered(now: datetime) -> tuple[Pace, Breakers]:
    """The last poll and the sources' breakers, in one round trip; neither without Redis."""
    names = list(dict.fromkeys([*settings.MARKET_SOURCES, *settings.MARKET_CONFIRM_SOURCES]))
    try:
        last, *found = read_json(pace.KEY, *breaker.keys(names))
    except RedisError as error:
        logger.warning("last refresh not read reason=%s", type(error).__name__)
        last, found = None, [None] * len(names)
    return pace.from_json(last), Breakers(names, now, breaker.parse(names, found))


def _renew(known: Known, last: Pace) -> RefreshResult:
    """The snapshot with the known values: nobody was asked, so that nothing new failed."""
    document = _compose(known, {}, {}, last.errors, last.success, simulated=False)
    unwritten = _publish(document)
    logger.info("renewed the snapshot, polled_at=%s", last.polled_at)
    return RefreshResult(
        known.now, {}, tuple(unwritten), document, cached=not unwritten, polled=False
    )


def _poll(asker: Asker, known: Known, seeks: bool) -> Poll:
    """Ask each source for what is missing; spare quotes serve at the last."""
    poll = Poll(seeks)
    for name in settings.MARKET_SOURCES:
        missing = [code for code in known.codes if code not in poll.fetched]
        if not missing:
            break
        offered = asker.offered(name, missing)
        unknown = (code for code in missing if code not in offered)
        poll.failures += [Failure(name, NOT_OFFERED, code) for code in unknown]
        if offered:
            _ask(asker, name, offered, known, poll)
    poll.fetched = {**poll.spare, **poll.fetched}
    return poll


def _ask(asker: Asker, name: str, codes: Sequence[str], known: Known, poll: Poll) -> None:
    """Add one source's acceptable quotes to the poll, and why the others are not there."""
    try:
        reply = asker.quotes(name, codes)
    except SourceError as error:
        logger.warning("source failed source=%s reason=%s", name, error.reason)
        poll.failures.append(Failure(name, error.reason))
        if isinstance(error, SourceInvalid):
            told = (Fault.UNREADABLE, error.reason, error.excerpt)
            poll.rejected.append(Rejection(name, "", *told))
        return
    refused = dict(reply.problems)
    poll.rejected += _unreadable(name, reply)
    for quote in reply.quotes:
        if wrong := _judge(quote, known, poll):
            refused[quote.code] = wrong.reason
            told = (wrong.fault, wrong.reason, plausibility.excerpt(quote))
            poll.rejected.append(Rejection(name, quote.code, *told))
    poll.failures += [Failure(name, reason, code) for code, reason in refused.items()]
    _warn("turnover unknown", name, reply.notes)
    _warn("quotes refused", name, refused)


def _unreadable(name: str, reply: QuoteReply) -> list[Rejection]:
    """The rows that were there and could not be read."""
    found = []
    for code, row in reply.spoilt.items():
        fault = Fault.NOT_POSITIVE if row.not_positive else Fault.UNREADABLE
        found.append(Rejection(name, code, fault, reply.problems[code], row.excerpt))
    return found


def _judge(quote: SourceQuote, known: Known, poll: Poll) -> Refusal | None:
    """Add the quote to the poll where it belongs; what is wrong with it, if anything."""
    code, last = quote.code, known.quotes.get(quote.code)
    exchange = known.exchanges[code]
    refused = plausibility.refusal(quote, last, exchange, known.calendar, known.now)
    if refused:
        return refused
    hours = (exchange, known.calendar, known.now)
    tolerance = timedelta(seconds=settings.MARKET_SNAPSHOT_SECONDS)
    believed = _newer(quote, last)
    frozen = plausibility.frozen(quote, *hours, tolerance)
    seeking = poll.seeks and plausibility.lacks_close(believed, *hours, tolerance)
    poll.sought |= seeking
    if not (frozen or seeking):
        poll.fetched[code] = believed
    elif code not in poll.spare or poll.spare[code].as_of < believed.as_of:
        poll.spare[code] = believed
    return frozen


def _warn(what: str, source: str, reasons: Mapping[str, str]) -> None:
    """One line for a source, each reason once with the indices that it met."""
    met: dict[str, list[str]] = {}
    for code, reason in reasons.items():
        met.setdefault(reason, []).append(code)
    if met:
        told = "; ".join(f"{','.join(codes)}: {reason}" for reason, codes in met.items())
        logger.warning("%s source=%s reasons=%s", what, source, told)


def _newer(quote: SourceQuote, known: SourceQuote | None) -> SourceQuote:
    """The believed quote, or the known one when that has the later time."""
    return known if known and known.as_of > quote.as_of else quote


def _confirmed(asker: Asker, poll: Poll, known: Known, last: Pace) -> Confirmation:
    """The fetched quotes with the verdict on each, a second source asked when it is time."""
    held = confirmation.kept(poll.fetched, known.held)
    setting = known.setting(poll.fetched.values())
    if settings.MARKET_CONFIRM_SOURCES and confirmation.is_due(last, held, setting):
        return confirmation.confirm(asker, held, known.quotes, setting)
    return held


def _finish(
    known: Known, heard: Pace, breakers: Breakers, poll: Poll, held: Confirmation
) -> RefreshResult:
    """Store what came in, in one transaction, and publish it, in one round trip to Redis."""
    simulated = not poll.fetched and snapshot.demo_allowed()
    shown = _simulate(known) if simulated else held.quotes
    with transaction.atomic():
        store(known.indices, shown, known.now, simulated, held.verdicts)
        rejections.store([*poll.rejected, *held.rejections], known.now)
    errors = {code: _reason(code, poll.failures) for code in known.codes if code not in shown}
    document = _compose(known, shown, held.verdicts, errors, bool(poll.fetched), simulated)
    after = replace(heard, polled_at=known.now, success=document["success"], errors=errors)
    unwritten = _publish(document, after, breakers)
    failures = (*poll.failures, *unwritten)
    result = RefreshResult(known.now, held.quotes, failures, document, not unwritten)
    logger.info(
        "refreshed indices fetched=%d of=%d failures=%d confirmed=%s simulated=%s",
        len(poll.fetched), len(known.indices), len(failures), held.judged, simulated,
    )  # fmt: skip
    return result


def _compose(
    known: Known,
    shown: Mapping[str, SourceQuote],
    verdicts: Mapping[str, Verdict],
    errors: Mapping[str, str],
    success: bool,
    simulated: bool,
) -> snapshot.Snapshot:
    """The snapshot of what is shown, and of what was known of the rest."""
    quotes = {**known.quotes, **shown}
    return snapshot.compose(
        known.indices,
        quotes,
        {**known.verdicts, **dict.fromkeys(shown, SINGLE), **verdicts},
        {code: errors.get(code) for code in known.codes},
        known.calendar.opened_by(quote.as_of for quote in quotes.values()),
        known.now,
        success=success,
        simulated=simulated,
    )


def _simulate(known: Known) -> dict[str, SourceQuote]:
    quotes = demo_quotes(known.codes, known.now, known.calendar)
    return {quote.code: quote for quote in quotes}


def store(
    indices: Sequence[Index],
    quotes: Mapping[str, SourceQuote],
    now: datetime,
    simulated: bool,
    verdicts: Mapping[str, Verdict] | None = None,
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
            **_agreement(verdicts.get(index.code, SINGLE) if verdicts else SINGLE),
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
        update_fields=[
            *(name for name in names if name != "as_of"),
            *_agreement(SINGLE),
            "simulated",
            "fetched_at",
        ],
    )


def _agreement(verdict: Verdict) -> dict[str, Any]:
    return {
        "agreement": str(verdict.agreement),
        "second_price": verdict.price,
        "second_source": verdict.source,
    }


def _publish(
    document: snapshot.Snapshot, last: Pace | None = None, breakers: Breakers | None = None
) -> list[Failure]:
    """Write the snapshot, and what the next refresh must know, in one round trip."""
    values = snapshot.documents(document) | (breakers.changes() if breakers else {})
    if last:
        values[pace.KEY] = (pace.to_json(last), pace.REMEMBERED_SECONDS)
    try:
        write_json(values)
    except RedisError as error:
        logger.exception("snapshot not written")
        return [Failure("redis", f"snapshot not written ({type(error).__name__})")]
    return []


def _reason(code: str, failures: Sequence[Failure]) -> str:
    """One line on why no source gave this index."""
    parts = [f"{item.source}: {item.reason}" for item in failures if item.code in ("", code)]
    return "; ".join(parts) or snapshot.NEVER_FETCHED
