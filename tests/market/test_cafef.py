"""CafeF's prices: text without a clock, that can only confirm."""

from __future__ import annotations

from typing import Any

import pytest

from market.sources import PRICE_SOURCES
from market.sources.base import SourceInvalid, SourcePrice, price_of
from tests.market.vendors import CLOSED, CLOSES, CODES, Vendors, by_code, fixture
from tests.upstreams import Reply

LIST = "cafef/stockhandler_index_true_ok.json"


def test_cafef_gives_the_five_indices_without_a_time(vendors: Vendors) -> None:
    reply = vendors.prices("cafef").fetch_prices(CODES, CLOSED)
    assert (reply.problems, reply.notes) == ({}, {})
    assert {
        price.code: (str(price.price), str(price.previous_close)) for price in reply.prices
    } == (CLOSES)
    assert {price.as_of for price in reply.prices} == {None}
    (call,) = vendors.upstreams.calls
    assert (call.path, call.query) == ("/stockhandler.ashx", {"index": "true"})


def test_cafef_agrees_with_the_price_board_but_for_the_time(vendors: Vendors) -> None:
    board = by_code(vendors.quotes("vietcap").fetch_quotes(CODES, CLOSED).quotes)
    for price in vendors.prices("cafef").fetch_prices(CODES, CLOSED).prices:
        other = price_of(board[price.code])
        assert (price.price, price.previous_close) == (other.price, other.previous_close)
        assert price.volume == other.volume
        assert other.as_of is not None
        assert (price.source, other.source) == ("cafef", "vietcap")


def test_a_price_of_a_quote_is_what_can_confirm_another(vendors: Vendors) -> None:
    (quote,) = vendors.quotes("vndirect").fetch_quotes(["HNX30"], CLOSED).quotes
    assert price_of(quote) == SourcePrice(
        code="HNX30",
        price=quote.price,
        previous_close=quote.previous_close,
        volume=50_210_400,
        value=1_150_420_117_000,
        as_of=quote.as_of,
        source="vndirect",
    )


def test_an_index_that_cafef_leaves_out_is_a_problem_of_that_index(vendors: Vendors) -> None:
    vendors.upstreams.script("cafef.prices", Reply(body=fixture(LIST)[1:]))
    reply = vendors.prices("cafef").fetch_prices([*CODES, "VN100"], CLOSED)
    assert reply.problems == {"VNINDEX": "not in the answer", "VN100": "not one of its indices"}
    assert len(reply.prices) == 4


ROWS: list[tuple[str, Any, str]] = [
    ("index", "", "index is not a number"),
    ("index", None, "index is missing"),
    ("index", "0", "index is not positive"),
    ("index", "-1,768.12", "index is not positive"),
    ("index", "1.768,12", "index is not a number"),  # Vietnam's own spelling, 1,000 times less
    ("index", "1,76.12", "index is not a number"),
    ("index", "1768,12", "index is not a number"),
    ("index", "1,768.12 điểm", "index is not a number"),
    ("index", "١٢٣", "index is not a number"),
    ("index", [], "index is not a number"),
    ("change", None, "change is missing"),
    ("change", "+33.88", "change is not a number"),
    ("change", "9,999.00", "change does not fit the price"),
    ("volume", "-1", "volume is out of range"),
    ("volume", {}, "volume is not a number"),
    ("value", "1,000,000,000,000.00", "value is out of range"),
]


@pytest.mark.parametrize(("name", "value", "reason"), ROWS)
def test_a_bad_field_of_cafef_is_named_and_costs_one_index(
    vendors: Vendors, name: str, value: Any, reason: str
) -> None:
    rows = fixture(LIST)
    rows[0][name] = value
    vendors.upstreams.script("cafef.prices", Reply(body=rows))
    reply = vendors.prices("cafef").fetch_prices(CODES, CLOSED)
    assert reply.problems == {"VNINDEX": reason}
    assert len(reply.prices) == 4


def test_cafefs_volume_and_value_may_be_absent(vendors: Vendors) -> None:
    row = {"name": "VN30", "index": " 1,927.79", "change": "40.73"}
    vendors.upstreams.script("cafef.prices", Reply(body=[row]))
    (price,) = vendors.prices("cafef").fetch_prices(["VN30"], CLOSED).prices
    assert (str(price.price), price.volume, price.value) == ("1927.79", None, None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([], "empty list"),
        ({}, r"expected a list of indices \(answer\)"),
        ([{"index": "1"}], r"a row has no name \(\[0\]\.name\)"),
    ],
)
def test_cafefs_wrong_shape_is_named(vendors: Vendors, answer: Any, reason: str) -> None:
    vendors.upstreams.script("cafef.prices", Reply(body=answer))
    with pytest.raises(SourceInvalid, match=reason):
        vendors.prices("cafef").fetch_prices(CODES, CLOSED)


def test_only_cafef_has_no_clock() -> None:
    assert PRICE_SOURCES == ("cafef",)
