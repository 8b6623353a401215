"""The sources of one refresh: built from settings and rows, asked through their breakers.

A source whose word will be wanted later can be asked beside the others, in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from typing import cast

from django.conf import settings

from market.breaker import Breakers
from market.http import HttpClient
from market.models import Index
from market.sources import PRICE_SOURCES, QUOTE_SOURCES, Kind, Means, source
from market.sources.base import PriceReply, QuoteReply, SourceUnavailable
from market.sources.codes import names_of

Reply = QuoteReply | PriceReply


@contextmanager
def http_client() -> Iterator[HttpClient]:
    """The bounded client for one job, with the limits of the settings."""
    client = HttpClient(
        connect_timeout=settings.MARKET_CONNECT_SECONDS,
        total_timeout=settings.MARKET_TOTAL_SECONDS,
        max_bytes=settings.MARKET_MAX_BYTES,
    )
    with client:
        yield client


@contextmanager
def asking(indices: Iterable[Index], breakers: Breakers, now: datetime) -> Iterator[Asker]:
    """An asker for one refresh. At its end whatever it began is over, and the breakers know."""
    with http_client() as client, ThreadPoolExecutor(1, "beside") as beside:
        yield Asker(client, beside, indices, breakers, now)


class Asker:
    """Asks sources by their names in the settings."""

    def __init__(
        self,
        client: HttpClient,
        beside: ThreadPoolExecutor,
        indices: Iterable[Index],
        breakers: Breakers,
        now: datetime,
    ) -> None:
        self._client = client
        self._beside = beside
        self._codes: Mapping[str, Mapping[str, str]] = {
            index.code: index.vendor_codes for index in indices
        }
        self._breakers = breakers
        self._now = now
        self._begun: dict[str, Future[Reply]] = {}

    @property
    def has_begun(self) -> bool:
        """Whether a source was asked before its answer was needed."""
        return bool(self._begun)

    def is_ready(self, name: str) -> bool:
        """Whether the source offers any of the indices and does not rest."""
        return self._offers(name, self._codes) and not self._breakers.rests(name)

    def offered(self, name: str, codes: Iterable[str]) -> list[str]:
        """The codes for which the source has a name; it is not asked for the others."""
        return [code for code in codes if self._offers(name, [code])]

    def begin(self, name: str) -> None:
        """Ask the source for all indices now; who asks for some later waits for this answer.

        The thread touches neither database nor Redis, and has a client of its own: sessions of
        requests are not for sharing.
        """
        with suppress(SourceUnavailable):  # its probe is another process's
            self._breakers.admit(name)
            fetch = partial(self._fetch_beside, name)
            self._begun[name] = self._beside.submit(self._breakers.settle, name, fetch)

    def quotes(self, name: str, codes: Sequence[str]) -> QuoteReply:
        """What a source of quotes says of the indices; raises as `ask`."""
        return cast("QuoteReply", self.ask(name, codes))

    def ask(self, name: str, codes: Sequence[str]) -> Reply:
        """What the source says of the indices; raises SourceError, also while it rests."""
        if not self._offers(name, codes):
            return self._fetch(self._client, name, codes)  # which tells so without a call
        if begun := self._begun.get(name):
            return begun.result().only(codes)
        return self._breakers.call(name, partial(self._fetch, self._client, name, codes))

    def origin(self, name: str) -> str:
        """Whose numbers the source gives: its own unless it relays another's."""
        means = self._means(self._client, name)
        if name in QUOTE_SOURCES:
            return source(Kind.QUOTES, name, means).origin
        return source(Kind.PRICES, name, means).origin if name in PRICE_SOURCES else name

    def _offers(self, name: str, codes: Iterable[str]) -> bool:
        return any(name in self._codes.get(code, {}) for code in codes)

    def _fetch(self, client: HttpClient, name: str, codes: Sequence[str]) -> Reply:
        means = self._means(client, name)
        if name in PRICE_SOURCES:
            return source(Kind.PRICES, name, means).fetch_prices(codes, self._now)
        return source(Kind.QUOTES, name, means).fetch_quotes(codes, self._now)

    def _fetch_beside(self, name: str) -> Reply:
        with http_client() as client:
            return self._fetch(client, name, list(self._codes))

    def _means(self, client: HttpClient, name: str) -> Means:
        names = names_of(name, self._codes)
        addresses, referers = settings.MARKET_BASE_URLS, settings.MARKET_REFERERS
        return Means(client, addresses, settings.MARKET_HEADERS, names, referers=referers)
