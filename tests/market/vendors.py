"""The sources, built as the site builds them and pointed at the test upstreams."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from market.http import HttpClient
from market.sources import SOURCES, Kind, Means, source
from market.sources.base import BarSource, PriceSource, QuoteSource, SourceQuote
from market.sources.codes import names_of
from market.sources.crypto import CloseSource, CoinSource, GlobalSource, SentimentSource
from tests.upstreams import Upstreams

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CODES = ("VNINDEX", "VN30", "HNXINDEX", "HNX30", "UPCOMINDEX")
CLOSED = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)  # the scenarios' moments
MORNING = datetime(2026, 8, 21, 3, 21, 30, tzinfo=UTC)
CLOSES = {
    "VNINDEX": ("1768.12", "1734.24"),
    "VN30": ("1927.79", "1887.06"),
    "HNXINDEX": ("284.07", "278.55"),
    "HNX30": ("612.35", "598.80"),
    "UPCOMINDEX": ("128.18", "127.55"),
}
HEADERS = {"User-Agent": "Marketsite/test"}


@dataclass(frozen=True)
class Vendors:
    """Each source by its name, with the names of `market.sources.codes`."""

    upstreams: Upstreams
    client: HttpClient
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def base_urls(self) -> dict[str, str]:
        environment = self.upstreams.environment
        return {name: environment[f"{name.upper()}_BASE_URL"] for name in SOURCES}

    def means(self, names: Mapping[str, str] | None = None) -> Means:
        return Means(self.client, self.base_urls, HEADERS, names, self.keys)

    def quotes(self, name: str) -> QuoteSource:
        return source(Kind.QUOTES, name, self.means(names_of(name)))

    def prices(self, name: str) -> PriceSource:
        return source(Kind.PRICES, name, self.means(names_of(name)))

    def bars(self, name: str) -> BarSource:
        return source(Kind.BARS, name, self.means(names_of(name)))

    def coins(self, name: str) -> CoinSource:
        return source(Kind.COINS, name, self.means())

    def closes(self, name: str) -> CloseSource:
        return source(Kind.CLOSES, name, self.means())

    def market(self, name: str) -> GlobalSource:
        return source(Kind.GLOBAL, name, self.means())

    def sentiment(self, name: str) -> SentimentSource:
        return source(Kind.SENTIMENT, name, self.means())


def fixture(path: str) -> Any:
    """The parsed content of a file below tests/fixtures."""
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


def by_code(quotes: tuple[SourceQuote, ...]) -> dict[str, SourceQuote]:
    return {quote.code: quote for quote in quotes}
