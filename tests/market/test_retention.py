"""Old quotes go in batches; the last known value of each index stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from market.models import Bar, Quote
from market.retention import prune_quotes
from tests.market.conftest import MakeBar, MakeQuote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ten_days(settings: Settings, at: Callable[[str], None]) -> None:
    settings.QUOTE_RETENTION_DAYS = 10
    at("2026-08-21T08:10:00Z")


def test_quotes_past_their_retention_go_and_younger_ones_stay(make_quote: MakeQuote) -> None:
    make_quote(as_of="2026-08-11T08:09:59Z")
    kept = [make_quote(as_of="2026-08-11T08:10:00Z"), make_quote(as_of="2026-08-21T07:45:59Z")]
    assert prune_quotes() == 1
    assert set(Quote.objects.all()) == set(kept)


def test_the_newest_of_each_index_stays_whatever_its_age(make_quote: MakeQuote) -> None:
    make_quote(as_of="2020-01-02T07:45:59Z")
    kept = [
        make_quote(as_of="2020-01-03T07:45:59Z"),
        make_quote(as_of="2019-01-03T07:45:59Z", code="VN30"),
    ]
    assert prune_quotes() == 1
    assert set(Quote.objects.all()) == set(kept)


def test_a_newer_simulated_quote_does_not_cost_the_last_real_one(make_quote: MakeQuote) -> None:
    real = make_quote(as_of="2026-01-02T07:45:59Z")
    simulated = make_quote(as_of="2026-01-05T07:45:59Z", simulated=True, source="demo")
    assert prune_quotes() == 0
    assert set(Quote.objects.all()) == {real, simulated}


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_batches_of_any_size_delete_all(
    make_quote: MakeQuote, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("market.retention.BATCH", batch)
    for day in range(1, 8):
        make_quote(as_of=f"2026-01-0{day}T07:45:59Z")
    assert prune_quotes() == 6
    assert prune_quotes() == 0


def test_bars_have_no_retention(make_bar: MakeBar) -> None:
    make_bar("2015-01-05")
    prune_quotes()
    assert Bar.objects.count() == 1
