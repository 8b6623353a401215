"""CoinPaprika: the whole market when CoinGecko is out of reach. In US dollars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from market.sources.base import SourceInvalid
from market.sources.crypto import GlobalMarket, amount, part, percent, read_figures, share
from market.sources.fields import FieldError, field, utc_stamp
from market.sources.upstream import Upstream


class CoinPaprika(Upstream):
    name = "coinpaprika"

    def fetch_global(self, now: datetime) -> GlobalMarket:
        """`GET /global`, and `GET /tickers/eth-ethereum` for Ether's share of it.

        Without the second answer that share is unknown; the rest stands.
        """
        answer = self.get("/global", {})
        if not isinstance(answer, dict):
            raise SourceInvalid(self.name, "expected an object", "answer")
        try:
            return self._global(answer)
        except FieldError as error:
            raise SourceInvalid(self.name, str(error), "answer") from error

    def _global(self, answer: Mapping[str, Any]) -> GlobalMarket:
        market_cap = amount(answer, "market_cap_usd")
        as_of = utc_stamp(field(answer, "last_updated"), "last_updated")
        figures, problems = read_figures(
            {
                "volume_24h": lambda: amount(answer, "volume_24h_usd"),
                "market_cap_change_24h": lambda: percent(answer, "market_cap_change_24h"),
                "btc_share": lambda: share(answer, "bitcoin_dominance_percentage"),
                "eth_share": lambda: self._ether_share(market_cap),
            }
        )
        return GlobalMarket(
            market_cap=market_cap, as_of=as_of, source=self.name, problems=problems, **figures
        )

    def _ether_share(self, market_cap: Decimal) -> Decimal:
        answer = self.get("/tickers/eth-ethereum", {})
        if not isinstance(answer, dict):
            raise FieldError("ticker is not an object")
        ether = amount(part(part(answer, "quotes"), "USD"), "market_cap")
        if ether > market_cap:
            raise FieldError("market_cap of ether is larger than the market's")
        return ether / market_cap * 100
