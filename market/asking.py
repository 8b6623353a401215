"""The sources of one refresh: built from settings and rows, asked through their breakers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings

from market.breaker import Breakers
from market.http import HttpClient
from market.models import Index
from market.sources import PRICE_SOURCES, QUOTE_SOURCES, price_source, quote_source
from market.sources.base import PriceReply, PriceSource, QuoteReply, QuoteSource
from market.sources.codes import names_of


class Asker:
    """Asks sources by their names in the settings."""

    def __init__(
        self, client: HttpClient, indices: Iterable[Index], breakers: Breakers, now: datetime
    ) -> None:
        self._client = client
        self._codes: Mapping[str, Mapping[str, str]] = {
            index.code: index.vendor_codes for index in indices
        }
        self._breakers = breakers
        self._now = now

    def quotes(self, name: str, codes: Sequence[str]) -> QuoteReply:
        """The source's quotes; raises SourceError, also while the source rests."""
        source = self._quote_source(name)
        if not self._offers(name, codes):
            return source.fetch_quotes(codes, self._now)  # which tells so without a call
        return self._breakers.call(name, lambda: source.fetch_quotes(codes, self._now))

    def seconds(self, name: str, codes: Sequence[str]) -> QuoteReply | PriceReply:
        """What the source has to confirm others' quotes with; raises as `quotes`."""
        if name in QUOTE_SOURCES:
            return self.quotes(name, codes)
        if not self._offers(name, codes):
            return PriceReply((), {})
        source = self._price_source(name)
        return self._breakers.call(name, lambda: source.fetch_prices(codes, self._now))

    def origin(self, name: str) -> str:
        """Whose numbers the source gives: its own unless it relays another's."""
        if name in QUOTE_SOURCES:
            return self._quote_source(name).origin
        return self._price_source(name).origin if name in PRICE_SOURCES else name

    def _offers(self, name: str, codes: Sequence[str]) -> bool:
        return any(name in self._codes.get(code, {}) for code in codes)

    def _quote_source(self, name: str) -> QuoteSource:
        return quote_source(name, *self._means(name))

    def _price_source(self, name: str) -> PriceSource:
        return price_source(name, *self._means(name))

    def _means(
        self, name: str
    ) -> tuple[HttpClient, Mapping[str, str], Mapping[str, str], Mapping[str, str]]:
        """What a source is built with: client, base addresses, headers, its names of indices."""
        names = names_of(name, self._codes)
        return self._client, settings.MARKET_BASE_URLS, settings.MARKET_HEADERS, names
