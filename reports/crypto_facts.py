"""The crypto overview as facts: coins, their market, sentiment; what is absent is a gap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS, Fact, Gap
from reports.inputs import CryptoInput, MarketData, derived

# An overview older than this tells nothing of the market that a report describes.
OLDEST_OVERVIEW = timedelta(hours=3)
COINS = tuple(name for name in CRYPTO_SUBJECTS if name != "crypto")
_COIN_PARTS = (
    ("price_usd", "price", "usd"),
    ("change_24h", "change_percent", "percent"),
    ("rsi_14", "rsi14", "ratio"),
)
# Flat names of the overview → fact and unit.
NAMES: dict[str, tuple[str, str]] = {
    f"{coin}_{flat}": (f"{coin}.{name}", unit) for coin in COINS for flat, name, unit in _COIN_PARTS
} | {
    "market_cap_usd": ("crypto.market_cap", "usd"),
    "market_cap_change_percentage_24h_usd": ("crypto.change_percent", "percent"),
    "volume_24h_usd": ("crypto.volume_24h", "usd"),
    "btc_market_cap_percentage": ("crypto.dominance_btc", "proportion"),
    "eth_market_cap_percentage": ("crypto.dominance_eth", "proportion"),
    "fng_value": ("crypto.fear_greed", "index"),
}


def crypto_facts(data: MarketData) -> tuple[dict[str, Fact], list[Gap]]:
    """Facts of the overview, and what is missing of it; both empty when none was ever made."""
    crypto = data.crypto
    if crypto is None:
        return {}, []
    if data.now - crypto.as_of > OLDEST_OVERVIEW:
        return {}, [Gap("crypto", "stale", crypto.as_of.isoformat())]
    found = {
        key: Fact(key, crypto.figures[flat], unit, crypto.as_of, crypto.sources.get(flat, ""))
        for flat, (key, unit) in NAMES.items()
        if flat in crypto.figures
    }
    return found | _breadth(found), _gaps(crypto)


def _gaps(crypto: CryptoInput) -> list[Gap]:
    """One gap for each absent figure, as `btc.price`, with the reason that the overview gave."""
    return [
        Gap(key, "unknown", crypto.reasons.get(flat, ""))
        for flat, (key, _) in NAMES.items()
        if flat not in crypto.figures
    ]


def _breadth(found: Mapping[str, Fact]) -> dict[str, Fact]:
    """How many of the coins with a known change rose and fell."""
    changes = [
        found[f"{coin}.change_percent"] for coin in COINS if f"{coin}.change_percent" in found
    ]
    if not changes:
        return {}
    base, basis = changes[0], tuple(fact.key for fact in changes)
    counts = {
        "coins": (len(changes), "coins with a known change"),
        "advances": (sum(fact.value > 0 for fact in changes), "coins that rose in 24 hours"),
        "declines": (sum(fact.value < 0 for fact in changes), "coins that fell in 24 hours"),
    }
    return {
        f"crypto.{name}": derived(base, f"crypto.{name}", Decimal(count), "count", words, basis)
        for name, (count, words) in counts.items()
    }
