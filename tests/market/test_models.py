"""What the database itself promises, and the calendar with the editors' corrections."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError

from market.models import Bar, Closure, Index, Quote, load_calendar
from tests.market.conftest import MakeBar, MakeQuote

pytestmark = pytest.mark.django_db


def test_a_new_site_follows_the_five_indices_in_order() -> None:
    rows = Index.objects.values_list("code", "key", "name", "exchange", "active")
    assert list(rows) == [
        ("VNINDEX", "vnindex", "VN-Index", "HOSE", True),
        ("VN30", "vn30", "VN30", "HOSE", True),
        ("HNXINDEX", "hnxindex", "HNX-Index", "HNX", True),
        ("HNX30", "hnx30", "HNX30", "HNX", True),
        ("UPCOMINDEX", "upcomindex", "UPCoM-Index", "UPCOM", True),
    ]


def test_one_moment_of_an_index_has_one_quote(make_quote: MakeQuote) -> None:
    make_quote()
    make_quote(code="VN30")
    with pytest.raises(IntegrityError, match="quote_once"):
        make_quote(source="vndirect")


@pytest.mark.parametrize("price", ["0", "-1", "0.00004"])
def test_no_quote_has_a_price_of_zero(make_quote: MakeQuote, price: str) -> None:
    with pytest.raises(IntegrityError, match="quote_price_positive"):
        make_quote(price=Decimal(price))


def test_a_day_of_an_index_has_one_bar(make_bar: MakeBar) -> None:
    make_bar("2026-08-20")
    make_bar("2026-08-20", code="VN30")
    with pytest.raises(IntegrityError, match="bar_once"):
        make_bar("2026-08-20", simulated=True)


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"low": 0}, "bar_low_positive"), ({"high": 1, "low": 2}, "bar_high_above_low")],
)
def test_no_bar_has_an_impossible_range(
    make_bar: MakeBar, fields: dict[str, Any], name: str
) -> None:
    with pytest.raises(IntegrityError, match=name):
        make_bar("2026-08-20", **fields)


def test_an_index_with_numbers_cannot_be_deleted(make_quote: MakeQuote, make_bar: MakeBar) -> None:
    make_quote(code="VN30")
    make_bar("2026-08-20", code="HNX30")
    for code in ("VN30", "HNX30"):
        with pytest.raises(ProtectedError):
            Index.objects.get(code=code).delete()


def test_the_newest_of_each_index_is_the_newest_of_the_given_quotes(make_quote: MakeQuote) -> None:
    make_quote(as_of="2026-08-20T07:45:59Z")
    real = make_quote(as_of="2026-08-21T03:00:00Z")
    simulated = make_quote(as_of="2026-08-21T07:45:59Z", simulated=True)
    other = make_quote(as_of="2020-01-02T07:45:59Z", code="VN30")
    assert set(Quote.objects.latest_per_index()) == {simulated, other}
    assert set(Quote.objects.real().latest_per_index()) == {real, other}


def test_the_newest_come_in_one_query_with_their_indices(
    make_quote: MakeQuote, django_assert_num_queries: Any
) -> None:
    make_quote()
    make_quote(code="VN30")
    with django_assert_num_queries(1):
        codes = {quote.index.code for quote in Quote.objects.latest_per_index()}
    assert codes == {"VNINDEX", "VN30"}


def test_an_editors_corrections_win_over_the_built_in_closures() -> None:
    built_in, added, wrong = date(2026, 9, 2), date(2026, 8, 24), date(2026, 9, 1)
    assert not load_calendar().is_trading_day(wrong)
    Closure.objects.create(day=added, note="storm")
    Closure.objects.create(day=wrong, closed=False)
    calendar = load_calendar()
    assert not calendar.is_trading_day(built_in)
    assert not calendar.is_trading_day(added)
    assert calendar.is_trading_day(wrong)


def test_a_saturday_that_an_editor_opens_trades() -> None:
    Closure.objects.create(day=date(2026, 8, 22), closed=False)
    assert load_calendar().is_trading_day(date(2026, 8, 22))


def test_rows_name_themselves(make_quote: MakeQuote, make_bar: MakeBar) -> None:
    quote, bar = make_quote(), make_bar("2026-08-20")
    assert str(quote.index) == "VN-Index"
    assert str(quote) == f"{quote.index_id} 1768.12 @ 2026-08-21 07:45Z"
    assert str(Bar.objects.get(pk=bar.pk)) == f"{bar.index_id} 2026-08-20 1700.0000"
    assert str(Closure(day=date(2026, 9, 2), closed=False)) == "2026-09-02 open"
