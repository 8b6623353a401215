"""CoinGecko: the whole market and coin prices; an unknown id is left out."""

from __future__ import annotations

from typing import Any

from tests.upstreams.binance import RECORDED
from tests.upstreams.replayed import moment
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream, load


def market(call: Call, stage: Stage) -> Reply:
    """`GET /global`."""
    data: dict[str, Any] = load("coingecko/global_ok.json")["data"]
    if stage.scenario == "empty":
        return Reply(body={"data": {}})
    return Reply(body={"data": data | {"updated_at": data["updated_at"] + _later(stage)}})


def prices(call: Call, stage: Stage) -> Reply:
    """`GET /simple/price?ids=bitcoin,…&vs_currencies=usd`."""
    known: dict[str, dict[str, Any]] = load("coingecko/simple_price_ok.json")
    ids = call.query.get("ids", "").split(",") if stage.scenario != "empty" else []
    return Reply(
        body={
            name: known[name] | {"last_updated_at": known[name]["last_updated_at"] + _later(stage)}
            for name in ids
            if name in known
        }
    )


def _later(stage: Stage) -> int:
    return int((moment(stage) - RECORDED).total_seconds())


UPSTREAM = Upstream(
    setting="COINGECKO_BASE_URL",
    endpoints=(
        Endpoint("coingecko.global", "GET", "/global", market),
        Endpoint("coingecko.prices", "GET", "/simple/price", prices),
    ),
    failures={
        "blocked": Reply(fixture="coingecko/error_429.json"),
        "down": Reply(status=503, body="<html><body>503</body></html>"),
    },
    prefix="/coingecko",
)
