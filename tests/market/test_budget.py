"""What a day costs each vendor at the defaults: lived through against the stub vendors.

docs/sources.md writes the outcome down.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from market.closing import close_day
from market.overview import refresh_overview
from market.refresh import refresh_indices
from market.sessions import VIETNAM
from tests.documents import example, text
from tests.upstreams import Call, Reply, Upstreams

MIDNIGHT = datetime(2026, 8, 26, tzinfo=VIETNAM)
CLOSING_HOURS = (8, 15, 18, 21)
CODES = 5
At = Callable[[str], None]


@pytest.fixture
def defaults(settings: Settings) -> None:
    for name in ("MARKET_SOURCES", "MARKET_CONFIRM_SOURCES", "MARKET_BAR_SOURCES"):
        setattr(settings, name, example()[name].split(","))


def table(column: int) -> dict[str, int]:
    """The whole numbers in a column of the tables of sources, by source."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", text("docs/sources.md"), re.MULTILINE)
    cells = {name: line.split(" | ") for name, line in rows if len(line.split(" | ")) > column}
    return {name: int(line[column]) for name, line in cells.items() if line[column].isdigit()}


def calls(upstreams: Upstreams) -> Counter[str]:
    """Calls by vendor's source."""
    return Counter(call.name.partition(".")[0] for call in upstreams.calls)


def the_day(upstreams: Upstreams, at: At, step: int) -> Iterator[datetime]:
    """Each refresh of the day, the hour before it too: that fills what a running site remembers."""
    upstreams.scenario = "demo"
    moment = MIDNIGHT - timedelta(hours=1)
    while moment < MIDNIGHT + timedelta(days=1):
        if moment == MIDNIGHT:
            upstreams.reset()
        at(moment.astimezone(UTC).isoformat().replace("+00:00", "Z"))
        yield moment
        moment += timedelta(seconds=step)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_trading_day_costs_each_vendor_what_the_docs_say(
    settings: Settings, at: At, upstreams: Upstreams, defaults: None
) -> None:
    for moment in the_day(upstreams, at, settings.MARKET_REFRESH_SECONDS):
        refresh_indices()
        refresh_overview()
        if moment.hour in CLOSING_HOURS and moment.minute == 21:
            close_day()
    documented = {name: count for name, count in table(0).items() if count}
    assert calls(upstreams) == documented
    (asked,) = re.findall(r"(\d+) times that\s+day", text("docs/sources.md"))
    assert len(upstreams.calls_to("vietcap.quotes")) == int(asked)


@pytest.mark.django_db
@pytest.mark.slow
def test_a_day_of_disputes_costs_the_second_source_no_more_than_the_first(
    settings: Settings,
    at: At,
    upstreams: Upstreams,
    defaults: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = upstreams.reply

    def apart(call: Call, *args: Any) -> Reply:
        reply = usual(call, *args)
        if call.name != "vndirect.quotes":
            return reply
        rows = json.loads(reply.body)["data"]
        return Reply(body={"data": [row | {"close": row["close"] * 1.006} for row in rows]})

    monkeypatch.setattr(upstreams, "reply", apart)
    for _ in the_day(upstreams, at, settings.MARKET_REFRESH_SECONDS):
        shown = refresh_indices().snapshot["indices"].values()
        assert {entry["value"] and entry["value"]["agreement"] for entry in shown} == {"disputed"}
    (most,) = re.findall(r"VNDirect or CafeF (\d+) calls at most", text("docs/sources.md"))
    assert calls(upstreams) == {"vietcap": int(most), "vndirect": int(most)}


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["vietcap", "vndirect", "kbs", "dnse"])
def test_a_refresh_costs_a_source_that_stands_alone_what_the_docs_say(
    settings: Settings, upstreams: Upstreams, source: str
) -> None:
    settings.MARKET_SOURCES = [source]
    assert len(refresh_indices().fetched) == CODES
    assert calls(upstreams) == {source: table(1)[source]}
