"""What a page shows of a crypto overview: texts in its language, ready for a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from market import formats, reasons
from market.sources.crypto import COINS
from marketsite import clock
from marketsite.language import page_language

UNKNOWN = "–"
NAMES = {
    "btc": "Bitcoin",
    "eth": "Ethereum",
    "sol": "Solana",
    "xrp": "XRP",
    "ada": "Cardano",
    "link": "Chainlink",
    "bnb": "BNB",
}
MARKET_LABELS: dict[str, Promise] = {
    "market_cap_usd": _("Market capitalisation"),
    "volume_24h_usd": _("Volume in 24 hours"),
    "market_cap_change_percentage_24h_usd": _("Capitalisation, 24 hours"),
    "btc_market_cap_percentage": _("Bitcoin’s share"),
    "eth_market_cap_percentage": _("Ethereum’s share"),
}
SENTIMENT_LABEL = _("Fear and Greed index")
# Alternative.me's own bounds, each the first value of its word
MOODS: tuple[tuple[int, Promise], ...] = (
    (76, _("Extreme greed")),
    (55, _("Greed")),
    (47, _("Neutral")),
    (26, _("Fear")),
    (0, _("Extreme fear")),
)
# The words and links that each vendor asks for, or its name where it asks for none
ATTRIBUTIONS: dict[str, tuple[Promise, str]] = {
    "binance": (_("Prices from Binance"), "https://www.binance.com/"),
    "coingecko": (_("Data from CoinGecko"), "https://www.coingecko.com/"),
    "coinpaprika": (_("Data from CoinPaprika"), "https://coinpaprika.com/"),
    "alternative_me": (
        _("Fear and Greed index from Alternative.me"),
        "https://alternative.me/crypto/fear-and-greed-index/",
    ),
}


@dataclass(frozen=True, slots=True)
class CoinRow:
    """One coin; a figure that is not known is a dash."""

    symbol: str
    name: str
    price: str
    change: str
    direction: str
    rsi: str


@dataclass(frozen=True, slots=True)
class MarketFigure:
    """One figure of the whole market; `direction` only of a change."""

    label: str
    text: str
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason, and what it keeps from being shown."""

    reason: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribution:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class CryptoView:
    rows: tuple[CoinRow, ...]
    figures: tuple[MarketFigure, ...]
    sentiment: int | None
    mood: str
    as_of: datetime
    age: timedelta
    stale: bool
    simulated: bool
    problems: tuple[Problem, ...]
    attributions: tuple[Attribution, ...]

    @property
    def available(self) -> bool:
        """Whether any figure is known."""
        texts = [row.price + row.rsi for row in self.rows] + [item.text for item in self.figures]
        return self.sentiment is not None or any(text.strip(UNKNOWN) for text in texts)


def view_of(data: Mapping[str, Any], now: datetime) -> CryptoView:
    """The overview for display; `data` is one that `read_overview` gave."""
    language = page_language()
    as_of = clock.parse(data["timestamp"])
    age = max(now - as_of, timedelta(0))
    value = data["fng_value"]
    return CryptoView(
        rows=tuple(_row(coin, data, language) for coin in COINS),
        figures=_figures(data, language),
        sentiment=None if value is None else int(value),
        mood=UNKNOWN if value is None else _mood(int(value)),
        as_of=as_of,
        age=age,
        stale=age > timedelta(seconds=_holds_seconds()),
        simulated=data["simulated"],
        problems=_problems(data["partial_failure"], language),
        attributions=_attributions(data["data_sources"]),
    )


def _holds_seconds() -> int:
    """How old an overview is when its successor is overdue."""
    return max(settings.MARKET_SNAPSHOT_SECONDS, settings.MARKET_REFRESH_SECONDS + 60)


def _row(coin: str, data: Mapping[str, Any], language: str) -> CoinRow:
    change = data[f"{coin}_change_24h"]
    return CoinRow(
        symbol=coin.upper(),
        name=NAMES[coin],
        price=_text(data[f"{coin}_price_usd"], formats.dollar_price, language),
        change=_text(change, _signed_percent, language),
        direction=_direction(change),
        rsi=_text(data[f"{coin}_rsi_14"], _tenths, language),
    )


def _figures(data: Mapping[str, Any], language: str) -> tuple[MarketFigure, ...]:
    change = "market_cap_change_percentage_24h_usd"
    writers = {
        "market_cap_usd": formats.dollars,
        "volume_24h_usd": formats.dollars,
        change: _signed_percent,
        "btc_market_cap_percentage": _share,
        "eth_market_cap_percentage": _share,
    }
    return tuple(
        MarketFigure(
            str(MARKET_LABELS[name]),
            _text(data[name], write, language),
            _direction(data[name]) if name == change else "",
        )
        for name, write in writers.items()
    )


def _problems(missing: Mapping[str, str], language: str) -> tuple[Problem, ...]:
    """Each reason once, with the coins or figures that it met."""
    met: dict[str, list[str]] = {}
    for name, reason in missing.items():
        shown = met.setdefault(reasons.told(str(reason), language), [])
        if (label := _label(name)) not in shown:
            shown.append(label)
    return tuple(Problem(reason, tuple(names)) for reason, names in met.items())


def _label(name: str) -> str:
    """A flat name for a reader: "BTC", "BTC RSI", "Market capitalisation"."""
    if name == "fng_value":
        return str(SENTIMENT_LABEL)
    if name in MARKET_LABELS:
        return str(MARKET_LABELS[name])
    coin, __, what = name.partition("_")
    return f"{coin.upper()} RSI" if what == "rsi_14" else coin.upper()


def _attributions(sources: Sequence[str]) -> tuple[Attribution, ...]:
    known = (ATTRIBUTIONS[name] for name in sources if name in ATTRIBUTIONS)
    return tuple(Attribution(str(text), url) for text, url in known)


def _mood(value: int) -> str:
    return next(str(word) for start, word in MOODS if value >= start or start == 0)


def _direction(change: float | None) -> str:
    if change is None:
        return "unknown"
    return "up" if change > 0 else "down" if change < 0 else "flat"


def _text(value: float | None, write: Callable[[float, str], str], language: str) -> str:
    return UNKNOWN if value is None else write(value, language)


def _signed_percent(value: float, language: str) -> str:
    return formats.percent(value, language, "always")


def _share(value: float, language: str) -> str:
    return formats.percent(value, language, places=1)


def _tenths(value: float, language: str) -> str:
    return formats.number(value, 1, language)
