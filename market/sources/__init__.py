"""The sources by name. A new one is a file here and a line in the table below.

Classes are named, not imported: a process that fetches nothing loads no HTTP library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from market.http import HttpClient
    from market.sources.base import BarSource, PriceSource, QuoteSource
    from market.sources.crypto import CloseSource, CoinSource, GlobalSource, SentimentSource

NONE: Mapping[str, str] = MappingProxyType({})


class Kind(Enum):
    """What a source gives, by the protocol that it keeps."""

    QUOTES = auto()
    PRICES = auto()
    BARS = auto()
    COINS = auto()
    CLOSES = auto()
    GLOBAL = auto()
    SENTIMENT = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    """A source's class in this package, its usual base address, and what it gives.

    `key_header` is the HTTP header that carries its API key, for a source that takes one.
    """

    path: str
    base_url: str
    gives: frozenset[Kind]
    key_header: str = ""


def _entry(path: str, base_url: str, *gives: Kind, key_header: str = "") -> Entry:
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


def sources_of(kind: Kind) -> tuple[str, ...]:
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


def quote_source(
    name: str,
    client: HttpClient,
    base_urls: Mapping[str, str],
    headers: Mapping[str, str],
    names: Mapping[str, str],
) -> QuoteSource:
    """The quote source `name`, ready to ask; KeyError for a name that is not registered.

    `names` maps our codes to this source's, for the indices that it offers.
    """
    found: QuoteSource = _build(Kind.QUOTES, name, client, base_urls, headers, names)
    return found


def price_source(
    name: str,
    client: HttpClient,
    base_urls: Mapping[str, str],
    headers: Mapping[str, str],
    names: Mapping[str, str],
) -> PriceSource:
    """The source of prices without a clock `name`; else as `quote_source`."""
    found: PriceSource = _build(Kind.PRICES, name, client, base_urls, headers, names)
    return found


def bar_source(
    name: str,
    client: HttpClient,
    base_urls: Mapping[str, str],
    headers: Mapping[str, str],
    names: Mapping[str, str],
) -> BarSource:
    """The source of day bars `name`; else as `quote_source`."""
    found: BarSource = _build(Kind.BARS, name, client, base_urls, headers, names)
    return found


def coin_source(
    name: str,
    client: HttpClient,
    base_urls: Mapping[str, str],
    headers: Mapping[str, str],
    keys: Mapping[str, str] = NONE,
) -> CoinSource:
    """The source of coin prices `name`, with its API key when `keys` holds one under its name.

    KeyError for a name that is not registered.
    """
    found: CoinSource = _build(Kind.COINS, name, client, base_urls, headers, None, keys)
    return found


def close_source(
    name: str,
    client: HttpClient,
    base_urls: Mapping[str, str],
    headers: Mapping[str, str],
    keys: Mapping[str, str] = NONE,
) -> CloseSource:
    """The source of daily closes `name`; else as `coin_source`."""
    found: CloseSource = _build(Kind.CLOSES, name, client, base_urls, headers, None, keys)
    return found


def global_source(
    name: str,
    client: HttpClient,
    base_urls: Mapping[str, str],
    headers: Mapping[str, str],
    keys: Mapping[str, str] = NONE,
) -> GlobalSource:
    """The source of the whole market's figures `name`; else as `coin_source`."""
    found: GlobalSource = _build(Kind.GLOBAL, name, client, base_urls, headers, None, keys)
    return found


def sentiment_source(
    name: str,
    client: HttpClient,
    base_urls: Mapping[str, str],
    headers: Mapping[str, str],
    keys: Mapping[str, str] = NONE,
) -> SentimentSource:
    """The source of the fear and greed index `name`; else as `coin_source`."""
    found: SentimentSource = _build(Kind.SENTIMENT, name, client, base_urls, headers, None, keys)
    return found


def _build(
    kind: Kind,
    name: str,
    client: HttpClient,
    base_urls: Mapping[str, str],
    headers: Mapping[str, str],
    names: Mapping[str, str] | None,
    keys: Mapping[str, str] = NONE,
) -> Any:
    entry = SOURCES[name]
    if kind not in entry.gives:
        raise KeyError(name)
    key = keys.get(name) if entry.key_header else None
    sent = {**headers, entry.key_header: key} if key else headers
    module, _, class_name = entry.path.rpartition(".")
    build = getattr(import_module(f"{__name__}.{module}"), class_name)
    return build(client, base_urls[name], sent, names)
