"""CoinPaprika: the whole market, and Ether."""

from __future__ import annotations

from typing import Any

from tests.upstreams.binance import RECORDED
from tests.upstreams.replayed import moment
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream, load


def market(call: Call, stage: Stage) -> Reply:
    """`GET /global`."""
    if stage.scenario == "empty":
        return Reply(body={})
    known: dict[str, Any] = load("coinpaprika/global_ok.json")
    later = int((moment(stage) - RECORDED).total_seconds())
    return Reply(body=known | {"last_updated": known["last_updated"] + later})


def ether(call: Call, stage: Stage) -> Reply:
    """`GET /tickers/eth-ethereum`."""
    if stage.scenario == "empty":
        return Reply(body={})
    return Reply(body=load("coinpaprika/ticker_eth_ok.json"))


UPSTREAM = Upstream(
    setting="COINPAPRIKA_BASE_URL",
    endpoints=(
        Endpoint("coinpaprika.global", "GET", "/global", market),
        Endpoint("coinpaprika.ether", "GET", "/tickers/eth-ethereum", ether),
    ),
    failures={
        "blocked": Reply(fixture="coinpaprika/error_402.json"),
        "down": Reply(status=503, body="<html><body>503</body></html>"),
    },
    prefix="/coinpaprika",
)
