"""The unit trap: value comes in VND, in millions or in billions, and leaves in VND alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from market.sources import PRICE_SOURCES, QUOTE_SOURCES
from market.sources.base import SourcePrice, price_of, turnover_fault
from tests.market.vendors import CLOSED, Vendors, fixture
from tests.upstreams import Reply

VND = 23_412_880_517_310  # the VNINDEX of the samples
SHARES = 783_548_119


@dataclass(frozen=True)
class Trap:
    """Where a vendor's answer holds value and volume, and how many VND its unit is."""

    endpoint: str
    sample: str
    row: Callable[[Any], dict[str, Any]]
    value: str
    volume: str
    unit: int


TRAPS = {
    "vietcap": Trap(
        "vietcap.quotes",
        "vietcap/marketindex_getlist_ok_eod.json",
        lambda answer: answer[0],
        "totalValue",
        "totalShares",
        10**6,
    ),
    "vndirect": Trap(
        "vndirect.quotes",
        "vndirect/vnmarket_prices_ok.json",
        lambda answer: answer["data"][4],
        "accumulatedVal",
        "accumulatedVol",
        1,
    ),
    "kbs": Trap(
        "kbs.days",
        "kbs/index_data_day_ok.json",
        lambda answer: answer["data_day"][0],
        "va",
        "v",
        1,
    ),
    "cafef": Trap(
        "cafef.prices",
        "cafef/stockhandler_index_true_ok.json",
        lambda answer: answer[0],
        "value",
        "volume",
        10**9,
    ),
}
UNITLESS = {"dnse"}  # it sends no value at all


def ask(vendors: Vendors, name: str) -> tuple[SourcePrice, dict[str, str]]:
    if name in PRICE_SOURCES:
        prices = vendors.prices(name).fetch_prices(["VNINDEX"], CLOSED)
        return prices.prices[0], prices.notes
    quotes = vendors.quotes(name).fetch_quotes(["VNINDEX"], CLOSED)
    return price_of(quotes.quotes[0]), quotes.notes


def scripted(vendors: Vendors, name: str, field: str, factor: Decimal) -> None:
    """The sample with one number of VNINDEX times `factor`."""
    trap = TRAPS[name]
    answer = fixture(trap.sample)
    row = trap.row(answer)
    number = Decimal(str(row[field]).replace(",", "")) * factor
    row[field] = f"{number:f}" if isinstance(row[field], str) else float(number)
    vendors.upstreams.script(trap.endpoint, Reply(body=answer))


def test_each_source_of_value_is_tested_for_its_unit() -> None:
    assert {*QUOTE_SOURCES, *PRICE_SOURCES} == {*TRAPS, *UNITLESS}


@pytest.mark.parametrize("name", TRAPS)
def test_value_is_in_vnd_and_volume_in_shares(vendors: Vendors, name: str) -> None:
    price, notes = ask(vendors, name)
    assert price.volume == SHARES
    assert price.value == pytest.approx(VND, rel=1e-6)
    assert notes == {}


@pytest.mark.parametrize("name", TRAPS)
def test_the_recorded_number_times_the_unit_is_vnd(name: str) -> None:
    trap = TRAPS[name]
    recorded = str(trap.row(fixture(trap.sample))[trap.value]).replace(",", "")
    assert Decimal(recorded) * trap.unit == pytest.approx(Decimal(VND), rel=Decimal("1e-6"))


@pytest.mark.parametrize("name", TRAPS)
@pytest.mark.parametrize("factor", ["1000", "0.001", "1e-6", "1e-9", "0"])
def test_a_value_in_another_unit_makes_turnover_unknown_and_is_noted(
    vendors: Vendors, name: str, factor: str
) -> None:
    scripted(vendors, name, TRAPS[name].value, Decimal(factor))
    price, notes = ask(vendors, name)
    assert (price.volume, price.value) == (None, None)
    assert str(price.price) == "1768.12"
    assert list(notes) == ["VNINDEX"]
    assert "make no price of a share" in notes["VNINDEX"]


@pytest.mark.parametrize("name", TRAPS)
@pytest.mark.parametrize("factor", ["100", "0.01", "0.001", "0"])
def test_a_volume_in_lots_makes_turnover_unknown_too(
    vendors: Vendors, name: str, factor: str
) -> None:
    scripted(vendors, name, TRAPS[name].volume, Decimal(factor))
    price, notes = ask(vendors, name)
    assert (price.volume, price.value) == (None, None)
    assert list(notes) == ["VNINDEX"]


@pytest.mark.parametrize(
    ("volume", "value", "known"),
    [
        (None, None, True),
        (10, None, True),
        (None, 10, True),
        (0, 0, True),  # nothing traded yet
        (0, 1, False),
        (1, 0, False),
        (1, 499, False),
        (1, 500, True),
        (1, 2_000_000, True),
        (1, 2_000_001, False),
        (3, 6_000_001, False),
    ],
)
def test_a_share_costs_between_500_and_two_million_vnd(
    volume: int | None, value: int | None, known: bool
) -> None:
    assert (turnover_fault(volume, value) is None) is known
