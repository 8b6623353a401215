"""CoinGecko: the whole market, and coin prices when the exchange is out of reach. In US dollars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from market.sources.base import SourceInvalid
from market.sources.crypto import (
    Coin,
    CoinReply,
    GlobalMarket,
    amount,
    optional_percent,
    part,
    percent,
    read_figures,
    share,
)
from market.sources.fields import FieldError, field, positive, utc_stamp
from market.sources.upstream import Upstream

CHANGE = "market_cap_change_percentage_24h_usd"


class CoinGecko(Upstream):
    name = "coingecko"
    codes = {
        "btc": "bitcoin",
        "eth": "ethereum",
        "sol": "solana",
        "xrp": "ripple",
        "ada": "cardano",
        "link": "chainlink",
        "bnb": "binancecoin",
    }
    not_offered = "not one of its coins"

    def fetch_global(self, now: datetime) -> GlobalMarket:
        """`GET /global`."""
        answer = self.get("/global", {})
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise SourceInvalid(self.name, "expected an object", "data")
        try:
            return self._global(data)
        except FieldError as error:
            raise SourceInvalid(self.name, str(error), "data") from error

    def fetch_coins(self, coins: Sequence[str], now: datetime) -> CoinReply:
        """`GET /simple/price`, one call for all."""
        answers = self.at_once(coins, self._prices, self._coin)
        return CoinReply(tuple(answers.found.values()), answers.problems)

    def _prices(self, ids: list[str]) -> dict[str, Any]:
        query = {
            "ids": ",".join(ids),
            "vs_currencies": "usd",
            "include_24hr_change": "true",
            "include_last_updated_at": "true",
        }
        answer = self.get("/simple/price", query)
        if not isinstance(answer, dict):
            raise SourceInvalid(self.name, "expected an object", "answer")
        return answer

    def _coin(self, coin: str, row: Any) -> Coin:
        if not isinstance(row, dict):
            raise FieldError("not an object")
        return Coin(
            coin=coin,
            price=positive(row, "usd"),
            change_24h=optional_percent(row, "usd_24h_change"),
            as_of=utc_stamp(field(row, "last_updated_at"), "last_updated_at"),
            source=self.name,
        )

    def _global(self, data: Mapping[str, Any]) -> GlobalMarket:
        figures, problems = read_figures(
            {
                "volume_24h": lambda: amount(part(data, "total_volume"), "usd"),
                "market_cap_change_24h": lambda: percent(data, CHANGE),
                "btc_share": lambda: share(part(data, "market_cap_percentage"), "btc"),
                "eth_share": lambda: share(part(data, "market_cap_percentage"), "eth"),
            }
        )
        return GlobalMarket(
            market_cap=amount(part(data, "total_market_cap"), "usd"),
            as_of=utc_stamp(field(data, "updated_at"), "updated_at"),
            source=self.name,
            problems=problems,
            **figures,
        )
