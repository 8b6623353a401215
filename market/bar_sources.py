"""Asking the sources of day bars: in order, each for what is still missing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal

from django.conf import settings

from market.asking import http_client
from market.bar_checks import out_of_line
from market.breaker import Breakers
from market.http import HttpClient
from market.models import Index
from market.refresh import Failure
from market.sessions import VIETNAM
from market.sources import Kind, Means, source
from market.sources.base import BarReply, SourceBar, SourceError, SourceInvalid
from market.sources.codes import names_of

logger = logging.getLogger(__name__)


@contextmanager
def bar_sources(names: Sequence[str], now: datetime) -> Iterator[BarSources]:
    """The named sources for one job; what it learned of their health is kept at its end."""
    breakers = Breakers(names, now)
    try:
        with http_client() as client:
            yield BarSources(names, client, breakers, now)
    finally:
        breakers.save()


class BarSources:
    """The sources of one job; one that is down or refuses is asked once in it."""

    def __init__(
        self, names: Sequence[str], client: HttpClient, breakers: Breakers, now: datetime
    ) -> None:
        self._names = list(names)
        self._client = client
        self._breakers = breakers
        self._now = now
        self._lost: dict[str, Failure] = {}

    def fetch(
        self, index: Index, days: Sequence[date], known: Mapping[date, Decimal]
    ) -> tuple[dict[date, SourceBar], list[Failure]]:
        """Bars from the first to the last of `days` by day, and the failures on the way.

        The first source's bar of a day counts; a next one is asked while any of `days` lacks one.
        A bar in another scale than those around it, the `known` closes among them, is refused.
        """
        found: dict[date, SourceBar] = {}
        failures: list[Failure] = []
        offering = [name for name in self._names if name in index.vendor_codes]
        if days and not offering:
            failures = [Failure("MARKET_BAR_SOURCES", "names none that offers it", index.code)]
        for name in offering:
            missing = [day for day in days if day not in found]
            if not missing:
                break
            try:
                bars = self._ask(name, index, missing[0], missing[-1])
            except SourceError as error:
                failures.append(self._failure(name, index, error))
                continue
            wrong = out_of_line({bar.day: bar.close for bar in bars}, known)
            failures += [_refused(index, bar) for bar in bars if bar.day in wrong]
            found = {bar.day: bar for bar in bars if bar.day not in wrong} | found
        return found, failures

    def _ask(self, name: str, index: Index, first: date, last: date) -> list[SourceBar]:
        if name in self._lost:
            raise SourceError(name, self._lost[name].reason)
        names = names_of(name, {index.code: index.vendor_codes})
        urls, headers = settings.MARKET_BASE_URLS, settings.MARKET_HEADERS
        means = Means(self._client, urls, headers, names, referers=settings.MARKET_REFERERS)
        asked = source(Kind.BARS, name, means)
        until = min(datetime.combine(last, time.max, VIETNAM), self._now)
        count = (last - first).days * 5 // 7 + 3  # a little more than the weekdays

        def ask() -> BarReply | SourceInvalid:
            try:
                return asked.fetch_bars([index.code], count, until)
            except SourceInvalid as error:
                return error  # it answered: no reason to leave it, and its quotes, alone

        reply = self._breakers.call(name, ask)
        if isinstance(reply, SourceInvalid):
            raise reply
        if index.code in reply.problems:
            raise SourceInvalid(name, reply.problems[index.code])
        return [bar for bar in reply.bars[index.code] if first <= bar.day <= last]

    def _failure(self, name: str, index: Index, error: SourceError) -> Failure:
        """The failure as it is told: once for all indices when the source itself is lost."""
        if name in self._lost:
            return self._lost[name]
        logger.warning("source failed source=%s index=%s reason=%s", name, index.code, error.reason)
        if isinstance(error, SourceInvalid):
            return Failure(name, error.reason, index.code)
        self._lost[name] = Failure(name, error.reason)
        return self._lost[name]


def _refused(index: Index, bar: SourceBar) -> Failure:
    reason = f"{bar.day} closes at {bar.close}, in another scale than the days around it"
    logger.warning("bar refused source=%s index=%s reason=%s", bar.source, index.code, reason)
    return Failure(bar.source, reason, index.code)
