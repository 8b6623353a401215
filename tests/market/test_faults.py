"""A thousand refreshes with a fault in every third reply: each index is right, or marked stale."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from market import snapshot
from market.models import Quote, RejectedQuote
from market.refresh import refresh_indices
from market.sessions import DAY_END, LUNCH, VIETNAM, Calendar, expected_as_of, is_open
from market.sources.demo import demo_quotes
from marketsite import clock
from tests.market.refreshed import values
from tests.upstreams import Reply, Upstreams, vietcap
from tests.upstreams.replies import Call, Stage

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(170)]

FIRST_DAY = datetime(2026, 8, 3, 2, 16, tzinfo=UTC)
REFRESHES = 1000
STEP = timedelta(minutes=3)
TOLERANCE = timedelta(seconds=300)
BELLS = {LUNCH, DAY_END}  # at which trading stops without an auction
EXCHANGES = {
    "VNINDEX": "HOSE", "VN30": "HOSE", "HNXINDEX": "HNX", "HNX30": "HNX", "UPCOMINDEX": "UPCOM",
}  # fmt: skip
SYMBOLS = ["VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex"]
QUESTION = Call("vietcap.quotes", "POST", "/", {}, {}, json.dumps({"symbols": SYMBOLS}).encode())

BODIES: list[Any] = [{}, [], None, "", "<!DOCTYPE html><html>", b'[{"symbol": "VN', b"\xff\xfe", 7]
"""Answers that hold nothing."""
STATUSES = [403, 404, 429, 500, 503]
SECOND_FAULTS = [Reply(status=503, body="x"), Reply(body={"data": 5}), Reply(status=429)]
SPOILED: list[dict[str, Any]] = [
    {"price": 0}, {"price": None}, {"price": -3}, {"price": "many"}, {"price": 10**12},
    {"price": 999.0, "refPrice": 9.0}, {"time": "2030-01-01T00:00:00Z"}, {"time": None},
    {"time": "2026-08-20T07:45:59Z"}, {"symbol": "VN31"}, {"symbol": None},
]  # fmt: skip


def fault(chance: random.Random, rows: list[dict[str, Any]]) -> Reply:
    """One of the ways in which a vendor's answer goes wrong."""
    kind = chance.randrange(5)
    if kind == 0:
        return Reply(status=chance.choice(STATUSES), body="no")
    if kind == 1:
        return Reply(body=chance.choice(BODIES) or " ")
    if kind == 2:
        return Reply(body=b"[" + b"1," * 100, cut=True)
    if kind == 3:  # ten times everything
        factor = chance.choice([10, 1000, 0.1])
        scaled = {name: [row[name] * factor for row in rows] for name in ("price", "refPrice")}
        numbers = zip(scaled["price"], scaled["refPrice"], strict=True)
        return Reply(
            body=[
                {**row, "price": price, "refPrice": reference}
                for row, (price, reference) in zip(rows, numbers, strict=True)
            ]
        )
    spoiled = chance.randrange(len(rows))
    change = chance.choice(SPOILED)
    return Reply(body=[row | change if at == spoiled else row for at, row in enumerate(rows)])


def moments() -> Iterator[datetime]:
    """Every three minutes of as many sessions as it takes, the midday break with them."""
    calendar, now = Calendar(), FIRST_DAY
    while True:
        if is_open(now, "UPCOM", calendar):
            yield now
        now += STEP


def test_faults_in_a_third_of_the_replies_leave_each_index_right_or_stale(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.scenario = "demo"
    chance = random.Random(3)  # noqa: S311 - the same faults each time
    told: dict[tuple[str, str], float] = {}
    shown = Counter[str]()
    for number, now in enumerate(islice(moments(), REFRESHES)):
        at(snapshot.iso(now))
        if number:  # a first reading of another scale could not be told from a right one
            inject(upstreams, chance, now)
        for quote in demo_quotes(list(EXCHANGES), now, Calendar()):
            told[quote.code, snapshot.iso(quote.as_of)] = float(quote.price)
        for value in values(refresh_indices()).values():
            assert value
            assert value["close"] == told[value["code"], value["as_of"]], now
            newest = expected_as_of(now - TOLERANCE, EXCHANGES[value["code"]], Calendar())
            if newest.astimezone(VIETNAM).time() in BELLS:
                newest -= TOLERANCE
            assert value["stale"] or clock.parse(value["as_of"]) >= newest, now
            shown["stale" if value["stale"] else "fresh"] += 1
    assert shown["fresh"] > shown["stale"] > 0  # faults were felt, and did not rule
    assert Quote.objects.count() == len(set(Quote.objects.values_list("index", "as_of")))
    assert RejectedQuote.objects.count() > 20


def inject(upstreams: Upstreams, chance: random.Random, now: datetime) -> None:
    upstreams.reset()
    rows = vietcap.quotes(QUESTION, Stage("demo", lambda: now)).body
    if chance.random() < 0.3:
        upstreams.always("vietcap.quotes", fault(chance, rows))
    if chance.random() < 0.3:
        upstreams.always("vndirect.quotes", chance.choice(SECOND_FAULTS))
