"""What the tests of the crypto overview share: its names, and the samples' prices."""

from __future__ import annotations

from market.sources.crypto import COINS

PRICES = {
    "btc": 98450.12,
    "eth": 3621.77,
    "sol": 201.34,
    "xrp": 2.4415,
    "ada": 0.8123,
    "link": 19.42,
    "bnb": 884.6,
}
PRICE_NAMES = [f"{coin}_price_usd" for coin in COINS]
CHANGE_NAMES = [f"{coin}_change_24h" for coin in COINS]
RSI_NAMES = [f"{coin}_rsi_14" for coin in COINS]
MARKET_NAMES = [
    "market_cap_usd",
    "volume_24h_usd",
    "market_cap_change_percentage_24h_usd",
    "btc_market_cap_percentage",
    "eth_market_cap_percentage",
]
FIGURES = [*PRICE_NAMES, *CHANGE_NAMES, *RSI_NAMES, *MARKET_NAMES, "fng_value"]
ABOUT = ["data_sources", "partial_failure", "simulated", "fetch_duration_ms", "timestamp"]
EVERY_SOURCE = ["binance", "coingecko", "alternative_me"]
