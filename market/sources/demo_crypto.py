"""The demo feed of the crypto overview: simulated figures, a pure function of the time.

Every process and every run sees the same numbers, and they agree with each other: a coin's change
is the way from its own price a day before, and the market moves as its coins do.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from market.sources.crypto import COINS
from market.sources.demo import seeded_noise

NAME = "demo"
LEVELS = {
    "btc": 98_000.0,
    "eth": 3_600.0,
    "sol": 200.0,
    "xrp": 2.4,
    "ada": 0.8,
    "link": 19.0,
    "bnb": 880.0,
}
SUPPLIES = {"btc": 19.9e6, "eth": 120.6e6}
BTC_SHARE = 57.0
DAY = timedelta(days=1)


def demo_overview(now: datetime) -> dict[str, float]:
    """The simulated figures of `now` by flat name: US dollars and percent."""
    figures: dict[str, float] = {}
    for coin in COINS:
        figures[f"{coin}_price_usd"] = _price(coin, now)
        figures[f"{coin}_change_24h"] = _change(_price(coin, now), _price(coin, now - DAY))
        figures[f"{coin}_rsi_14"] = _strength(coin, now)
    market, before = _market_cap(now), _market_cap(now - DAY)
    return figures | {
        "market_cap_usd": market,
        "volume_24h_usd": round(market * (0.04 + 0.01 * _wave("volume", now)), -6),
        "market_cap_change_percentage_24h_usd": _change(market, before),
        "btc_market_cap_percentage": round(_cap("btc", now) / market * 100, 2),
        "eth_market_cap_percentage": round(_cap("eth", now) / market * 100, 2),
        "fng_value": round(50 + 30 * _wave("market", now)),
    }


def _price(coin: str, now: datetime) -> float:
    """Waves shared by all coins and waves of its own around the coin's level."""
    level = LEVELS[coin]
    factor = 1 + 0.06 * _wave("market", now) + 0.02 * _wave(coin, now)
    return round(level * factor, 2 if level >= 100 else 4)


def _market_cap(now: datetime) -> float:
    """Bitcoin's share of the whole drifts slowly around its usual one."""
    share = BTC_SHARE + 1.5 * _wave("share", now)
    return round(_cap("btc", now) / share * 100, -6)


def _cap(coin: str, now: datetime) -> float:
    return _price(coin, now) * SUPPLIES[coin]


def _strength(coin: str, now: datetime) -> float:
    """A relative strength index that leans the way the last fourteen days went."""
    move = _price(coin, now) / _price(coin, now - 14 * DAY) - 1
    return round(50 + 30 * math.tanh(move * 10), 4)


def _wave(name: str, now: datetime) -> float:
    """A smooth curve in [-1, 1]: a slow, a daily and a quick swing from a place of its own."""
    days = now.astimezone(UTC).timestamp() / 86_400
    start = seeded_noise("crypto", name)
    slow, daily, quick = (
        math.sin(2 * math.pi * (days / length + start)) for length in (23.0, 3.7, 0.41)
    )
    return 0.7 * slow + 0.25 * daily + 0.05 * quick


def _change(now: float, before: float) -> float:
    return round((now / before - 1) * 100, 3)
