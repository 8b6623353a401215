"""Whether a second source says the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from market.agreement import SINGLE, Agreement, Verdict, judge
from market.sessions import Calendar
from market.sources.base import SourcePrice, SourceQuote, price_of

MORNING = datetime(2026, 8, 21, 3, 21, tzinfo=UTC)
CLOSE = datetime(2026, 8, 21, 7, 45, 59, tzinfo=UTC)
QUOTE = SourceQuote(
    "VNINDEX", MORNING, Decimal(1000), Decimal(990),
    None, None, None, None, None, None, None, None, None, None, "vietcap",
)  # fmt: skip
SECOND = replace(price_of(QUOTE), source="vndirect")


def verdict(
    *others: SourcePrice, as_of: datetime = MORNING, now: datetime | None = None
) -> Agreement:
    quote = replace(QUOTE, as_of=as_of)
    return judge(quote, others, "HOSE", Calendar(), now or as_of).agreement


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("1000", "confirmed"),
        ("1001", "confirmed"),  # 0.1 percent to the point
        ("999", "confirmed"),
        ("1001.01", "single"),
        ("1005", "single"),  # 0.5 percent to the point
        ("1005.01", "disputed"),
        ("994.99", "disputed"),
    ],
)
def test_within_a_tenth_percent_confirms_and_beyond_a_half_disputes(
    price: str, expected: str
) -> None:
    assert verdict(replace(SECOND, price=Decimal(price))) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(60, "confirmed"), (61, "single")])
@pytest.mark.parametrize("sign", [1, -1])
def test_in_session_the_times_lie_within_a_minute(seconds: int, expected: str, sign: int) -> None:
    moment = MORNING + sign * timedelta(seconds=seconds)
    assert verdict(replace(SECOND, as_of=moment)) == expected
    far = replace(SECOND, as_of=moment, price=Decimal(1100))
    assert verdict(far) == ("disputed" if expected == "confirmed" else "single")


def test_the_same_reply_served_at_once_90_seconds_and_a_day_late() -> None:
    monday = MORNING + timedelta(days=3)
    moments = [MORNING, MORNING + timedelta(seconds=90), monday]
    assert [verdict(SECOND, as_of=moment) for moment in moments] == [
        "confirmed", "single", "single",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-08-21T07:45:00+00:00", "confirmed"),
        ("2026-08-21T08:06:06+00:00", "confirmed"),
        ("2026-08-21T07:44:59+00:00", "single"),  # not the close
        ("2026-08-20T07:45:59+00:00", "single"),
    ],
)
def test_after_the_close_two_closes_of_one_day_compare(as_of: str, expected: str) -> None:
    second = replace(SECOND, as_of=datetime.fromisoformat(as_of))
    assert verdict(second, as_of=CLOSE, now=CLOSE + timedelta(hours=5)) == expected


@pytest.mark.parametrize(
    ("as_of", "now", "expected"),
    [
        (MORNING, MORNING, "single"),
        (CLOSE, CLOSE + timedelta(minutes=5), "confirmed"),
        (CLOSE, CLOSE + timedelta(days=2), "confirmed"),  # Sunday
        (CLOSE, datetime(2026, 8, 24, 3, tzinfo=UTC), "single"),  # Monday's session
        (CLOSE, datetime(2026, 8, 24, 9, tzinfo=UTC), "single"),  # it tells Monday's close by now
    ],
)
def test_a_price_without_a_clock_confirms_only_the_last_close(
    as_of: datetime, now: datetime, expected: str
) -> None:
    assert verdict(replace(SECOND, as_of=None), as_of=as_of, now=now) == expected


def test_one_dispute_weighs_more_than_a_confirmation_and_names_its_source() -> None:
    other = replace(SECOND, price=Decimal(1010), source="kbs")
    for others in ([SECOND, other], [other, SECOND]):
        found = judge(QUOTE, others, "HOSE", Calendar(), MORNING)
        assert found == Verdict(Agreement.DISPUTED, Decimal(1010), "kbs")


def test_without_a_second_price_a_quote_stands_alone() -> None:
    assert judge(QUOTE, [], "HOSE", Calendar(), MORNING) == SINGLE
