"""Alternative.me: the fear and greed index of the day, newest first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.upstreams.binance import RECORDED
from tests.upstreams.replayed import moment
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream, load


def index(call: Call, stage: Stage) -> Reply:
    """`GET /fng/?limit=`."""
    known: dict[str, Any] = load("alternative_me/fng_ok.json")
    if stage.scenario == "empty":
        return Reply(body=known | {"data": []})
    later = moment(stage).date() - RECORDED.date()
    rows = [
        row | {"timestamp": str(int(row["timestamp"]) + later // timedelta(seconds=1))}
        for row in known["data"]
    ]
    return Reply(body=known | {"data": rows[: int(call.query.get("limit", "1"))]})


UPSTREAM = Upstream(
    setting="ALTERNATIVE_ME_BASE_URL",
    endpoints=(Endpoint("alternative_me.index", "GET", "/fng/", index),),
    failures={
        "blocked": Reply(status=403, body="<html><body>403 Forbidden</body></html>"),
        "down": Reply(fixture="alternative_me/error_502_html.json"),
    },
)
