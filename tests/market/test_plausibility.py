"""What is not believed, why, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from market import rejections
from market.models import Closure, Quote, RejectedQuote
from market.plausibility import Fault, frozen, refusal
from market.refresh import refresh_indices
from market.rejections import Rejection
from market.sessions import Calendar
from market.sources.base import SourceQuote
from tests.market.refreshed import CLOSES, KEYS, closes, sources, values, vietcap_rows
from tests.upstreams import Reply, Upstreams

FRIDAY_CLOSE = datetime(2026, 8, 21, 7, 45, 59, tzinfo=UTC)
FRIDAY = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
MONDAY = datetime(2026, 8, 24, 3, 0, tzinfo=UTC)
TOLERANCE = timedelta(minutes=5)
KNOWN = SourceQuote(
    "VNINDEX", FRIDAY_CLOSE, Decimal("1768.12"), Decimal("1734.24"),
    None, None, None, 783_548_119, None, None, None, None, None, None, "vietcap",
)  # fmt: skip
CLOSED_MONDAY = Calendar(closures=frozenset({date(2026, 8, 24)}))


def fault(
    now: datetime = FRIDAY,
    known: SourceQuote | None = KNOWN,
    calendar: Calendar | None = None,
    **fields: Any,
) -> Fault | None:
    quote = replace(KNOWN, **fields)
    found = refusal(quote, known, "HOSE", calendar or Calendar(), now)
    return found.fault if found else None


def times(factor: str) -> dict[str, Decimal]:
    scale = Decimal(factor)
    return {"price": KNOWN.price * scale, "previous_close": KNOWN.previous_close * scale}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"price": Decimal(0)}, Fault.NOT_POSITIVE),
        ({"price": Decimal(-5)}, Fault.NOT_POSITIVE),
        ({"previous_close": Decimal(0)}, Fault.NOT_POSITIVE),
        ({"as_of": FRIDAY + timedelta(seconds=30)}, None),
        ({"as_of": FRIDAY + timedelta(seconds=31)}, Fault.FUTURE),
        ({"as_of": FRIDAY + timedelta(days=365)}, Fault.FUTURE),
        ({"price": Decimal("1994.376")}, None),  # fifteen percent to the point
        ({"price": Decimal("1994.38")}, Fault.MOVE),
        ({"price": Decimal("1474.10")}, Fault.MOVE),
        (times("10"), Fault.SCALE),
        (times("1000"), Fault.SCALE),
        (times("0.1"), Fault.SCALE),
        (times("1.4"), None),
        ({"price": Decimal(17681)}, Fault.MOVE),  # its previous close did not move along
        ({"as_of": FRIDAY_CLOSE - timedelta(hours=4)}, Fault.OLDER),
        ({"as_of": FRIDAY_CLOSE - timedelta(seconds=30)}, None),  # another stamp of that close
    ],
)
def test_each_unbelievable_quote_has_its_kind(
    fields: dict[str, Any], expected: Fault | None
) -> None:
    assert fault(**fields) == expected


@pytest.mark.parametrize("factor", ["10", "0.1"])
def test_another_scale_needs_a_recent_price_to_be_told(factor: str) -> None:
    assert fault(known=None, **times(factor)) is None
    old = replace(KNOWN, as_of=FRIDAY_CLOSE - timedelta(days=31))
    assert fault(known=old, **times(factor)) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"as_of": MONDAY}, Fault.REPLAY),
        ({"as_of": MONDAY, "volume": None}, Fault.REPLAY),
        ({"as_of": MONDAY, "volume": 0, "previous_close": KNOWN.price}, Fault.REPLAY),
        ({"as_of": MONDAY, "volume": 1_000_000}, None),  # trading, whatever the table says
        ({"as_of": MONDAY, "price": Decimal("1770.01")}, None),
        ({"as_of": FRIDAY_CLOSE}, None),
        ({"as_of": datetime(2026, 8, 23, 3, tzinfo=UTC), "volume": 5}, Fault.REPLAY),  # Sunday
    ],
)
def test_on_a_holiday_only_a_quote_of_a_real_session_is_believed(
    fields: dict[str, Any], expected: Fault | None
) -> None:
    assert fault(MONDAY, calendar=CLOSED_MONDAY, **fields) == expected


def test_a_holiday_without_anything_known_believes_nothing_dated_on_it() -> None:
    assert fault(MONDAY, None, CLOSED_MONDAY, as_of=MONDAY) == Fault.REPLAY
    assert fault(MONDAY, None, CLOSED_MONDAY) is None


@pytest.mark.parametrize(
    ("now", "as_of", "expected"),
    [
        ("2026-08-24T03:00:00Z", "2026-08-24T02:56:00Z", False),
        ("2026-08-24T03:00:00Z", "2026-08-24T02:54:00Z", True),
        ("2026-08-24T02:03:00Z", "2026-08-21T07:45:59Z", False),  # just opened
        ("2026-08-24T02:18:00Z", "2026-08-21T07:45:59Z", False),  # the opening auction
        ("2026-08-24T02:21:00Z", "2026-08-21T07:45:59Z", True),
        ("2026-08-24T05:00:00Z", "2026-08-24T04:30:00Z", False),  # midday, stands at 11:30
        ("2026-08-24T05:50:00Z", "2026-08-24T04:29:59Z", False),  # or just before
        ("2026-08-24T05:00:00Z", "2026-08-24T04:05:00Z", True),  # midday, stands before
        ("2026-08-24T06:10:00Z", "2026-08-24T04:30:00Z", True),  # still there after midday
        ("2026-08-24T07:40:00Z", "2026-08-24T07:30:00Z", False),  # the closing auction
        ("2026-08-24T09:00:00Z", "2026-08-24T04:30:00Z", False),  # closed: stale, not frozen
        ("2026-08-23T03:00:00Z", "2026-08-21T04:30:00Z", False),  # Sunday
    ],
)
def test_a_clock_that_stands_still_in_session_is_told(now: str, as_of: str, expected: bool) -> None:
    quote = replace(KNOWN, as_of=datetime.fromisoformat(as_of))
    found = frozen(quote, "HOSE", Calendar(), datetime.fromisoformat(now), TOLERANCE)
    assert (found is not None) is expected


# In the refresh


@pytest.fixture
def monday(db: None, upstreams: Upstreams, at: Callable[[str], None]) -> None:
    """Friday's close is known, and the vendors still tell it on Monday morning."""
    refresh_indices()
    upstreams.reset()
    at("2026-08-24T03:00:00Z")


def restamped(time: str, **fields: Any) -> Reply:
    """Friday's five rows under another time, fields of all replaced."""
    rows = vietcap_rows().body
    return Reply(body=[{**row, "time": time, **fields} for row in rows])


def test_a_refused_quote_leaves_a_row_with_its_kind_and_a_short_excerpt(
    upstreams: Upstreams, db: None
) -> None:
    upstreams.script("vietcap.quotes", vietcap_rows(price=2000.0))
    refresh_indices()
    row = RejectedQuote.objects.get()
    assert (row.source, row.code) == ("vietcap", "VNINDEX")
    assert row.reason == "move: a move of 15.3 percent is beyond 15 percent"
    assert row.excerpt == ("price=2000.0 previous_close=1734.24 as_of=2026-08-21T07:45:59.999Z")
    assert row.rejected_at == FRIDAY


@pytest.mark.parametrize(
    ("reply", "code", "reason"),
    [
        (vietcap_rows(price=None), "VNINDEX", "unreadable: price is missing"),
        (vietcap_rows(price="abc"), "VNINDEX", "unreadable: price is not a number"),
        (vietcap_rows(price=[1]), "VNINDEX", "unreadable: price is not a number"),
        (vietcap_rows(price=0), "VNINDEX", "not positive: price is not positive"),
        (vietcap_rows(price=-1768.12), "VNINDEX", "not positive: price is not positive"),
        (vietcap_rows(refPrice=0), "VNINDEX", "not positive: refPrice is not positive"),
    ],
)
def test_what_cannot_be_read_leaves_a_row_with_how_it_began(
    upstreams: Upstreams, db: None, reply: Reply, code: str, reason: str
) -> None:
    upstreams.script("vietcap.quotes", reply)
    refresh_indices()
    row = RejectedQuote.objects.get()
    assert (row.code, row.reason) == (code, reason)
    name = "refPrice" if "refPrice" in reason else "price"
    assert f'"{name}": {json.dumps(reply.body[0][name])}' in row.excerpt
    assert '"symbol": "VNINDEX"' in row.excerpt


@pytest.mark.parametrize(
    ("body", "reason", "excerpt"),
    [
        ({}, "expected a list of indices (answer)", "{}"),
        ([{"price": 5}], "a row has no symbol ([0].symbol)", '{"price": 5}'),
        (
            "<html>\n<title>Just a moment...</title>",
            "answered with a web page in place of data",
            '"<html>\\n<title>Just a moment...</title>"',
        ),
        (b'[{"price": NaN}]', "answered with text that is not JSON", '"[{\\"price\\": NaN}]"'),
        ([["\ud800\0x"]], "a row has no symbol ([0].symbol)", '[" \\u0000x"]'),
    ],
)
def test_an_answer_of_no_use_leaves_one_row_with_how_it_began(
    upstreams: Upstreams, db: None, body: Any, reason: str, excerpt: str
) -> None:
    upstreams.script("vietcap.quotes", Reply(body=body))
    refresh_indices()
    row = RejectedQuote.objects.get()
    assert (row.code, row.reason) == ("", f"unreadable: {reason}")
    assert row.excerpt == excerpt


@pytest.mark.parametrize(
    ("body", "length"),
    [
        ({"long": "x" * 5000}, 300),
        ({"wide": [{"price": 1}] * 500}, 300),
        (b'{"deep": ' + b"[" * 800 + b"]" * 800 + b"}", len('{"deep": [[…]]}')),
    ],
)
def test_an_excerpt_is_short_whatever_came(
    upstreams: Upstreams, db: None, body: Any, length: int
) -> None:
    upstreams.script("vietcap.quotes", Reply(body=body))
    refresh_indices()
    assert len(RejectedQuote.objects.get().excerpt) == length


@pytest.mark.parametrize("scenario", ["partial", "down", "blocked", "eod"])
def test_a_source_without_a_quote_leaves_no_row(
    upstreams: Upstreams, db: None, scenario: str
) -> None:
    upstreams.scenario = scenario
    refresh_indices()
    assert not RejectedQuote.objects.exists()


def test_one_fault_hides_no_other_of_the_same_kind(upstreams: Upstreams, db: None) -> None:
    for fields in ({"price": 0}, {"price": None}, {"price": "abc"}, {"refPrice": 0}, {"price": 0}):
        upstreams.script("vietcap.quotes", vietcap_rows(**fields))
        refresh_indices()
    assert list(RejectedQuote.objects.order_by("pk").values_list("reason", flat=True)) == [
        "not positive: price is not positive",
        "unreadable: price is missing",
        "unreadable: price is not a number",
        "not positive: refPrice is not positive",
    ]


def test_reasons_that_differ_in_their_figures_are_one(upstreams: Upstreams, db: None) -> None:
    for price in (2000.0, 2001.0, 1400.0):
        upstreams.script("vietcap.quotes", vietcap_rows(price=price))
        refresh_indices()
    assert RejectedQuote.objects.count() == 1


def test_rows_of_one_source_and_index_are_bounded_in_an_hour(db: None) -> None:
    def fault(letter: str, code: str = "VNINDEX") -> Rejection:
        return Rejection("vietcap", code, Fault.UNREADABLE, f"{letter} is missing")

    letters = "abcdefghijklmnop"
    rejections.store([fault(letter) for letter in letters[:8]], FRIDAY)
    rejections.store([fault(letter) for letter in letters], FRIDAY + timedelta(minutes=3))
    rejections.store([fault("a", "VN30")], FRIDAY + timedelta(minutes=3))
    assert RejectedQuote.objects.filter(code="VNINDEX").count() == 10
    assert RejectedQuote.objects.filter(code="VN30").count() == 1
    rejections.store([fault("q")], FRIDAY + timedelta(minutes=63))
    assert RejectedQuote.objects.filter(code="VNINDEX").count() == 11


def test_one_kind_of_fault_leaves_one_row_an_hour(
    upstreams: Upstreams, db: None, at: Callable[[str], None]
) -> None:
    upstreams.always("vietcap.quotes", vietcap_rows(price=2000.0))
    for minute in (10, 13, 16):
        at(f"2026-08-21T08:{minute}:00Z")
        refresh_indices()
    assert RejectedQuote.objects.count() == 1
    upstreams.always("vietcap.quotes", vietcap_rows(price=-1))
    at("2026-08-21T08:19:00Z")
    refresh_indices()
    assert RejectedQuote.objects.count() == 2
    upstreams.always("vietcap.quotes", vietcap_rows(price=2000.0))
    at("2026-08-21T09:10:00Z")
    refresh_indices()
    assert RejectedQuote.objects.count() == 3


@pytest.mark.parametrize("factor", [10, 1000, 0.1])
def test_a_vendor_that_changes_its_scale_is_not_followed(
    upstreams: Upstreams, monday: None, factor: float
) -> None:
    rows = [
        row | {"price": row["price"] * factor, "refPrice": row["refPrice"] * factor}
        for row in restamped("2026-08-24T02:59:30Z").body
    ]
    upstreams.script("vietcap.quotes", Reply(body=rows))
    result = refresh_indices()
    assert closes(result) == CLOSES
    assert set(sources(result).values()) != {"vndirect"}
    assert {value and value["stale"] for value in values(result).values()} == {True}
    assert RejectedQuote.objects.filter(reason__startswith="scale:", source="vietcap").count() == 5


def test_a_holiday_replay_is_refused_and_the_session_stays_a_holiday(
    upstreams: Upstreams, monday: None
) -> None:
    Closure.objects.create(day=date(2026, 8, 24))
    upstreams.always("vietcap.quotes", restamped("2026-08-24T02:59:30Z"))
    result = refresh_indices()
    assert result.snapshot["session"] == "holiday"
    assert {value and value["date"] for value in values(result).values()} == {"2026-08-21"}
    assert Quote.objects.filter(as_of__gte=MONDAY - timedelta(hours=3)).count() == 0
    assert RejectedQuote.objects.filter(reason__startswith="replay:").count() == 5


def test_a_genuine_quote_of_today_beats_the_table_of_holidays(
    upstreams: Upstreams, monday: None, at: Callable[[str], None]
) -> None:
    Closure.objects.create(day=date(2026, 8, 24))
    traded = restamped("2026-08-24T02:59:30Z", totalShares=1_000_000, totalValue=30_000)
    upstreams.always("vietcap.quotes", traded)
    result = refresh_indices()
    assert result.snapshot["session"] == "morning"
    assert [value and value["stale"] for value in values(result).values()] == [False] * 5
    at("2026-08-24T03:03:00Z")  # and from now on the day is polled as any other
    assert refresh_indices().polled


def test_a_frozen_clock_hands_over_to_a_source_that_moves(
    upstreams: Upstreams, monday: None
) -> None:
    moving = vietcap_rows().body
    answer = {
        "data": [
            {
                "code": name, "date": "2026-08-24", "time": "09:59:30", "close": row["price"],
                "change": 1.0, "accumulatedVol": 1000.0, "accumulatedVal": 3e7,
            }
            for row, name in zip(
                moving, ["VNINDEX", "VN30", "HNX", "HNX30", "UPCOM"], strict=True
            )
        ]
    }  # fmt: skip
    upstreams.script("vndirect.quotes", Reply(body=answer))
    result = refresh_indices()
    assert sources(result) == dict.fromkeys(KEYS, "vndirect")
    assert [value and value["stale"] for value in values(result).values()] == [False] * 5
    assert RejectedQuote.objects.filter(reason__startswith="frozen:").count() == 5


def test_a_frozen_clock_everywhere_shows_the_values_as_stale(
    upstreams: Upstreams, monday: None
) -> None:
    result = refresh_indices()
    assert (result.success, closes(result)) == (True, CLOSES)
    assert [value and value["stale"] for value in values(result).values()] == [True] * 5
    assert Quote.objects.count() == 5


def test_a_well_refresh_reads_in_three_queries_and_writes_in_one_transaction(
    upstreams: Upstreams, db: None
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        refresh_indices()
    said = [query["sql"].split()[0] for query in queries.captured_queries]
    assert said == ["SELECT", "SELECT", "SELECT", "SAVEPOINT", "INSERT", "RELEASE"]
