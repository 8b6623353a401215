"""What the tests of the refresh read from its result, and rows to answer with."""

from __future__ import annotations

from typing import Any

from market import snapshot
from market.refresh import RefreshResult
from tests.upstreams import Reply
from tests.upstreams.replies import load

KEYS = ["vnindex", "vn30", "hnxindex", "hnx30", "upcomindex"]
CLOSES = {
    "vnindex": 1768.12,
    "vn30": 1927.79,
    "hnxindex": 284.07,
    "hnx30": 612.35,
    "upcomindex": 128.18,
}

# Who tells the five closes of the samples: Vietcap stamps UPCoM's a quarter of an hour before it.
TOLD_BY = dict.fromkeys(KEYS, "vietcap") | {"upcomindex": "vndirect"}


def values(result: RefreshResult) -> dict[str, snapshot.Value | None]:
    return {key: entry["value"] for key, entry in result.snapshot["indices"].items()}


def closes(result: RefreshResult) -> dict[str, float | None]:
    return {key: value and value["close"] for key, value in values(result).items()}


def sources(result: RefreshResult) -> dict[str, str | None]:
    return {key: value and value["source"] for key, value in values(result).items()}


def errors(result: RefreshResult) -> dict[str, str | None]:
    return {key: entry["error"] for key, entry in result.snapshot["indices"].items()}


def vietcap_rows(**fields: Any) -> Reply:
    """Vietcap's five rows of the close, with fields of VN-Index replaced."""
    rows = load("vietcap/marketindex_getlist_ok_eod.json")
    rows[0] |= fields
    return Reply(body=rows)


def vndirect_rows(**fields: Any) -> Reply:
    """VNDirect's five rows of the close, with fields of VN-Index replaced."""
    answer = load("vndirect/vnmarket_prices_ok.json")
    for row in answer["data"]:
        if row["code"] == "VNINDEX":
            row |= fields
    return Reply(body=answer)
