"""The reads that must stay quick at ten years of minutes walk the index that serves them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from market.history import bars_before
from market.models import Index, Quote

pytestmark = pytest.mark.django_db

LAST_DAY = date(2026, 8, 21)
QUOTES = """
    INSERT INTO market_quote (index_id, as_of, price, previous_close, agreement, second_source,
        simulated, source, fetched_at)
    SELECT id, moment, 1000, 1000, 'single', '', false, 'vietcap', moment
    FROM generate_series(timestamptz '2026-08-21 08:00Z' - interval '4999 minutes',
        '2026-08-21 08:00Z', '1 minute') AS moment CROSS JOIN market_index
    ORDER BY moment
"""
BARS = """
    INSERT INTO market_bar (index_id, day, open, high, low, close, simulated, source)
    SELECT id, day, 1, 1, 1, 1, false, 'vietcap'
    FROM generate_series(date '2026-08-21' - 1999, date '2026-08-21', '1 day') AS day
    CROSS JOIN market_index
    ORDER BY day
"""


@pytest.fixture
def vnindex(db: None) -> Index:
    """VN-Index among five indices with 25,000 quotes and 10,000 bars, and a new one with none."""
    with connection.cursor() as cursor:
        cursor.execute(QUOTES)
        cursor.execute(BARS)
        cursor.execute("ANALYZE market_index, market_quote, market_bar")
    Index.objects.create(code="VN100", key="vn100", name="VN100", exchange="HOSE")
    return Index.objects.get(code="VNINDEX")


def plan_of(read: Callable[[], Any]) -> str:
    with CaptureQueriesContext(connection) as captured:
        read()
    (query,) = captured.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + query["sql"])
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_newest_quotes_are_one_look_each_also_for_an_index_without_any(
    vnindex: Index,
) -> None:
    plan = plan_of(lambda: list(Quote.objects.real().latest_per_index()))
    assert "Index Scan using quote_once on market_quote" in plan
    assert "Seq Scan on market_quote" not in plan
    assert "quote_age" not in plan  # it would be walked to its end for the new index


def test_a_year_of_bars_is_one_walk_along_its_index(vnindex: Index) -> None:
    plan = plan_of(lambda: bars_before(vnindex, LAST_DAY, 260, simulated=False))
    assert "Index Scan using bar_once on market_bar" in plan
    assert "Sort" not in plan


def test_the_days_quotes_of_an_index_come_from_its_index(vnindex: Index) -> None:
    start = datetime(2026, 8, 20, 17, tzinfo=UTC)
    quotes = Quote.objects.real().filter(index=vnindex, as_of__gte=start).order_by("as_of")
    plan = plan_of(lambda: list(quotes))
    assert "quote_once" in plan
    assert "quote_age" not in plan
    assert "Seq Scan" not in plan
