"""A second source's word on the quotes: now and then, to spare the vendors.

Whether it is wanted is known when the quotes are there. To wait for both sources at once it is
asked before, on a guess; a guess that misses costs the wait, one that was wrong a call.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings

from market.agreement import SINGLE, Agreement, Verdict, comparable, is_final, judge
from market.asking import Asker
from market.pace import Pace
from market.plausibility import excerpt, size_refusal
from market.rejections import Rejection
from market.sessions import VIETNAM, Calendar, closing_time, is_open, last_session_day
from market.sources.base import (
    QuoteReply,
    SourceError,
    SourcePrice,
    SourceQuote,
    price_of,
    turnover_fault,
)

logger = logging.getLogger(__name__)

RANGE = ("open", "high", "low")
GAPS = (
    "volume", "value", "advances", "declines", "unchanged", "ceilings", "floors",
)  # fmt: skip
Second = SourceQuote | SourcePrice


@dataclass(frozen=True, slots=True)
class Setting:
    """The hour and place of a confirmation: each index's exchange, the calendar and the time."""

    exchanges: Mapping[str, str]
    calendar: Calendar
    now: datetime


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The quotes, their gaps filled, with the verdict on each.

    `judged` when a second source's word was heard for it.
    """

    quotes: dict[str, SourceQuote]
    verdicts: dict[str, Verdict]
    rejections: tuple[Rejection, ...] = ()
    judged: bool = False


def begin(asker: Asker, pace: Pace, known: Confirmation, setting: Setting) -> None:
    """Ask a source beside the first one when its word on what that tells will be wanted."""
    first = next(filter(asker.is_ready, settings.MARKET_SOURCES), None)
    if first is None or not is_expected(pace, known, setting):
        return
    origin = asker.origin(first)
    for name in settings.MARKET_CONFIRM_SOURCES:
        if asker.is_ready(name) and asker.origin(name) != origin:
            asker.begin(name)
            return


def is_expected(pace: Pace, known: Confirmation, setting: Setting) -> bool:
    """Whether the next quotes will probably be due, going by the known ones.

    Since a second source was last asked, in vain or not, some time must have passed, or an
    exchange's close: a source that is late to tell it costs one call and not one a poll. A dispute
    waits for neither.
    """
    if _has_dispute(known, setting):
        return True
    usual = not known.quotes or is_due(pace, known, setting)
    return (usual and not pace.asked_lately(setting.now)) or _has_closed(pace, setting)


def kept(quotes: Mapping[str, SourceQuote], known: Confirmation) -> Confirmation:
    """What is known already: an unchanged quote keeps its verdict and what filled its gaps.

    Of a verdict on another quote a dispute alone stays, for that trading day.
    """
    filled, verdicts = dict(quotes), dict.fromkeys(quotes, SINGLE)
    for code, quote in quotes.items():
        before = known.quotes.get(code)
        if before and _is_unchanged(quote, before):
            filled[code], verdicts[code] = _fill(quote, before), known.verdicts[code]
        elif before:
            verdicts[code] = _standing(quote, before, known.verdicts[code])
    return Confirmation(filled, verdicts)


def is_due(pace: Pace, held: Confirmation, setting: Setting) -> bool:
    """Whether to ask now: some time after the last one, and at once when a session has ended.

    While sources differ on an index every refresh asks. Quotes of a finished session that are
    confirmed can change no more, nor can one be compared that its source stopped before the close.
    """
    waiting = [code for code in held.quotes if _may_gain(code, held, setting)]
    if not waiting:
        return False
    if not pace.confirmed_lately(setting.now) or _has_dispute(held, setting):
        return True
    return any(_has_ended(held.quotes[code], code, pace, held, setting) for code in waiting)


def confirm(
    asker: Asker, held: Confirmation, known: Mapping[str, SourceQuote], setting: Setting
) -> Confirmation:
    """Ask the first healthy source of another origin, and judge each quote by what it says.

    What a source does not have the next is asked for. Silence, and what cannot be compared, leave
    a verdict as it is.
    """
    quotes, verdicts = dict(held.quotes), dict(held.verdicts)
    rejections: list[Rejection] = []
    for second in _ask(asker, quotes):
        code, quote = second.code, quotes[second.code]
        if wrong := size_refusal(second, known.get(code), setting.now):
            told = (second.source, code, wrong.reason)
            logger.warning("second price refused source=%s index=%s reason=%s", *told)
            rejections.append(
                Rejection(second.source, code, wrong.fault, wrong.reason, excerpt(second))
            )
            continue
        quotes[code], verdicts[code] = _judged(quote, second, verdicts[code], setting)
    return Confirmation(quotes, verdicts, tuple(rejections), judged=True)


def _ask(asker: Asker, quotes: Mapping[str, SourceQuote]) -> Iterator[Second]:
    waiting = {code: asker.origin(quote.source) for code, quote in quotes.items()}
    for name in settings.MARKET_CONFIRM_SOURCES:
        origin = asker.origin(name)
        codes = [code for code, other in waiting.items() if other != origin]
        for second in _answers(asker, name, codes) if codes else ():
            if waiting.pop(second.code, None):
                yield second


def _answers(asker: Asker, name: str, codes: Sequence[str]) -> Sequence[Second]:
    try:
        reply = asker.ask(name, codes)
    except SourceError as error:
        logger.warning("second source failed source=%s reason=%s", name, error.reason)
        return ()
    return reply.quotes if isinstance(reply, QuoteReply) else reply.prices


def _judged(
    quote: SourceQuote, second: Second, before: Verdict, setting: Setting
) -> tuple[SourceQuote, Verdict]:
    price = price_of(second) if isinstance(second, SourceQuote) else second
    place = (setting.exchanges[quote.code], setting.calendar, setting.now)
    if not comparable(quote, price, *place):
        return quote, before
    verdict = judge(quote, [price], *place)
    if verdict.agreement == Agreement.DISPUTED:
        logger.warning(
            "quote disputed index=%s source=%s price=%s second_source=%s second_price=%s",
            quote.code, quote.source, quote.price, price.source, price.price,
        )  # fmt: skip
        return quote, verdict
    return _fill(quote, second), verdict


def _fill(quote: SourceQuote, second: Second) -> SourceQuote:
    """The quote with what it lacks from the other; of a range that does not hold it, nothing."""
    names: tuple[str, ...] = GAPS
    if isinstance(second, SourceQuote) and _holds(second, quote):
        names += RANGE
    found: dict[str, Any] = {
        name: getattr(second, name, None) for name in names if getattr(quote, name) is None
    }
    filled = replace(quote, **found)
    if turnover_fault(filled.volume, filled.value):
        return replace(filled, volume=quote.volume, value=quote.value)
    return filled


def _holds(second: SourceQuote, quote: SourceQuote) -> bool:
    if second.high is None or second.low is None:
        return False
    return second.low <= quote.price <= second.high


def _is_unchanged(quote: SourceQuote, before: SourceQuote) -> bool:
    return all(
        getattr(quote, name) == getattr(before, name)
        for name in ("as_of", "price", "previous_close", "source")
    )


def _standing(quote: SourceQuote, before: SourceQuote, verdict: Verdict) -> Verdict:
    """What an earlier quote's verdict says of a later one.

    A price that moved on settles no dispute. When the other side now gives the quote, the dispute
    is with the one that gave it before.
    """
    days = {item.as_of.astimezone(VIETNAM).date() for item in (quote, before)}
    if verdict.agreement != Agreement.DISPUTED or len(days) > 1:
        return SINGLE
    if quote.source == verdict.source:
        return Verdict(Agreement.DISPUTED, before.price, before.source)
    return verdict


def _has_dispute(held: Confirmation, setting: Setting) -> bool:
    """Whether sources differ on an index of which a second one can still say more."""
    return any(
        verdict.agreement == Agreement.DISPUTED and _may_gain(code, held, setting)
        for code, verdict in held.verdicts.items()
    )


def _may_gain(code: str, held: Confirmation, setting: Setting) -> bool:
    """Whether a second source can still say something new about the quote."""
    exchange = setting.exchanges[code]
    if is_final(held.quotes[code], exchange, setting.calendar, setting.now):
        return held.verdicts[code].agreement != Agreement.CONFIRMED
    return is_open(setting.now, exchange, setting.calendar)


def _has_closed(pace: Pace, setting: Setting) -> bool:
    """Whether an exchange has closed since a second source was asked."""
    day = last_session_day(setting.now, setting.calendar)
    closes = [closing_time(day, exchange) for exchange in set(setting.exchanges.values())]
    asked_at = pace.asked_at
    return asked_at is not None and any(asked_at < close <= setting.now for close in closes)


def _has_ended(
    quote: SourceQuote, code: str, pace: Pace, held: Confirmation, setting: Setting
) -> bool:
    """Whether the quote is a close that nobody was asked about yet."""
    exchange = setting.exchanges[code]
    if held.verdicts[code] != SINGLE or pace.confirmed_at is None:
        return False
    close = closing_time(quote.as_of.astimezone(VIETNAM).date(), exchange)
    final = is_final(quote, exchange, setting.calendar, setting.now)
    return final and pace.confirmed_at < close
