"""The sources by name. A new one is a file here and a line in the table below.

Classes are named, not imported: a process that fetches nothing loads no HTTP library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from market.http import HttpClient
    from market.sources.base import BarSource, PriceSource, QuoteSource
    from market.sources.crypto import CloseSource, CoinSource, GlobalSource, SentimentSource

Source = TypeVar("Source")


class Kind(Generic[Source]):
    """What a source gives, by the protocol that it keeps."""

    QUOTES: ClassVar[Kind[QuoteSource]]
    PRICES: ClassVar[Kind[PriceSource]]
    BARS: ClassVar[Kind[BarSource]]
    COINS: ClassVar[Kind[CoinSource]]
    CLOSES: ClassVar[Kind[CloseSource]]
    GLOBAL: ClassVar[Kind[GlobalSource]]
    SENTIMENT: ClassVar[Kind[SentimentSource]]


Kind.QUOTES = Kind()
Kind.PRICES = Kind()
Kind.BARS = Kind()
Kind.COINS = Kind()
Kind.CLOSES = Kind()
Kind.GLOBAL = Kind()
Kind.SENTIMENT = Kind()


@dataclass(frozen=True, slots=True)
class Means:
    """What a source is built with: client, base addresses by source, and headers.

    `names` maps our codes to the source's, for the indices that it offers; by default its own
    table. `keys` holds API keys by source, `referers` the header's value for who asks for one.
    """

    client: HttpClient
    base_urls: Mapping[str, str]
    headers: Mapping[str, str]
    names: Mapping[str, str] | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    referers: Mapping[str, str] = field(default_factory=dict)

    def headers_for(self, name: str, key_header: str) -> dict[str, str]:
        """The headers of the source's calls, with its key and its referer where there are any."""
        headers = dict(self.headers)
        if key_header and (key := self.keys.get(name)):
            headers[key_header] = key
        if referer := self.referers.get(name):
            headers["Referer"] = referer
        return headers


@dataclass(frozen=True, slots=True)
class Entry:
    """A source's class in this package, its usual base address, and what it gives.

    `key_header` is the HTTP header that carries its API key, for a source that takes one.
    """

    path: str
    base_url: str
    gives: frozenset[Kind[Any]]
    key_header: str = ""


def _entry(path: str, base_url: str, *gives: Kind[Any], key_header: str = "") -> Entry:
    return Entry(path, base_url, frozenset(gives), key_header)


SOURCES = {
    "vietcap": _entry("vietcap.Vietcap", "https://trading.vietcap.com.vn", Kind.QUOTES, Kind.BARS),
    "vndirect": _entry("vndirect.VNDirect", "https://api-finfo.vndirect.com.vn", Kind.QUOTES),
    "vndirect_chart": _entry(
        "vndirect.VNDirectChart", "https://dchart-api.vndirect.com.vn", Kind.BARS
    ),
    "kbs": _entry("kbs.KBS", "https://kbbuddywts.kbsec.com.vn", Kind.QUOTES, Kind.BARS),
    "dnse": _entry("dnse.DNSE", "https://services.entrade.com.vn", Kind.QUOTES, Kind.BARS),
    "cafef": _entry("cafef.CafeF", "https://banggia.cafef.vn", Kind.PRICES),
    "binance": _entry(
        "binance.Binance", "https://data-api.binance.vision", Kind.COINS, Kind.CLOSES
    ),
    "coingecko": _entry(
        "coingecko.CoinGecko",
        "https://api.coingecko.com/api/v3",
        Kind.COINS,
        Kind.GLOBAL,
        key_header="x-cg-demo-api-key",
    ),
    "coinpaprika": _entry("coinpaprika.CoinPaprika", "https://api.coinpaprika.com/v1", Kind.GLOBAL),
    "alternative_me": _entry(
        "alternative_me.AlternativeMe", "https://api.alternative.me", Kind.SENTIMENT
    ),
}


def sources_of(kind: Kind[Any]) -> tuple[str, ...]:
    """The names of the sources that give this."""
    return tuple(name for name, entry in SOURCES.items() if kind in entry.gives)


QUOTE_SOURCES = sources_of(Kind.QUOTES)
PRICE_SOURCES = sources_of(Kind.PRICES)
BAR_SOURCES = sources_of(Kind.BARS)
COIN_SOURCES = sources_of(Kind.COINS)
CLOSE_SOURCES = sources_of(Kind.CLOSES)
GLOBAL_SOURCES = sources_of(Kind.GLOBAL)
SENTIMENT_SOURCES = sources_of(Kind.SENTIMENT)
DEFAULT_BASE_URLS = {name: entry.base_url for name, entry in SOURCES.items()}
KEYED_SOURCES = tuple(name for name, entry in SOURCES.items() if entry.key_header)


def source(kind: Kind[Source], name: str, means: Means) -> Source:
    """The source `name`, ready to be asked; KeyError for a name that gives nothing of the kind."""
    entry = SOURCES[name]
    if kind not in entry.gives:
        raise KeyError(name)
    headers = means.headers_for(name, entry.key_header)
    module, _, class_name = entry.path.rpartition(".")
    build = getattr(import_module(f"{__name__}.{module}"), class_name)
    found: Source = build(means.client, means.base_urls[name], headers, means.names)
    return found
