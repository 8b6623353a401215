"""CafeF: the price board's indices as text, value in billion VND, without a time."""

from __future__ import annotations

from market.sources.base import SourceQuote
from tests.upstreams.replayed import quotes
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream

NAMES = {
    "VNINDEX": "VNINDEX",
    "VN30": "VN30",
    "HNXINDEX": "HNXINDEX",
    "HNX30": "HNX30",
    "UPCOMINDEX": "HNXUPCOMINDEX",
}


def prices(call: Call, stage: Stage) -> Reply:
    """`GET /stockhandler.ashx?index=true`."""
    if call.query.get("index") != "true":
        return Reply(body=[])
    return Reply(body=[_row(quote) for quote in quotes(stage).values()])


def _row(quote: SourceQuote) -> dict[str, str]:
    change = quote.price - quote.previous_close
    return {
        "change": f"{change:,.2f}",
        "index": f"{quote.price:,.2f}",
        "name": NAMES[quote.code],
        "percent": f"{change / quote.previous_close * 100:.2f}",
        "volume": f"{quote.volume or 0:,}",
        "value": f"{(quote.value or 0) / 10**9:,.2f}",
    }


UPSTREAM = Upstream(
    setting="CAFEF_BASE_URL",
    endpoints=(Endpoint("cafef.prices", "GET", "/stockhandler.ashx", prices),),
    failures={
        "blocked": Reply(status=403, body="<html><body>403 Forbidden</body></html>"),
        "down": Reply(status=503, body="<html><body>503</body></html>"),
    },
)
