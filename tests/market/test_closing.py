"""The day's bar after the close: from a source, else from the day's quotes; and what was missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from pytest_django import Settings

from market.closing import close_day, settled_day
from market.history import backfill
from market.models import Bar, Closure, Index, Quote, load_calendar
from market.tasks import close_day as ring
from marketsite import clock
from tests.market.conftest import MakeBar, MakeQuote
from tests.market.vendors import CODES
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 8, 21)
EVENING = "2026-08-21T08:20:00Z"  # twenty minutes after UPCoM's close
RANGE = {"open": Decimal(1735), "high": Decimal(1780), "low": Decimal(1730)}
WAF = Reply(fixture="vietcap/error_403_waf_html.json")


@pytest.fixture
def evening(upstreams: Upstreams, at: Callable[[str], None]) -> Upstreams:
    """The close of 21 August, with the sessions up to the day before in the database."""
    at("2026-08-20T09:00:00Z")
    backfill(count=40)
    at(EVENING)
    upstreams.reset()
    return upstreams


def test_after_the_close_the_days_bar_comes_from_the_source(evening: Upstreams) -> None:
    closed = close_day()
    assert (closed.day, closed.open, closed.from_quotes) == (FRIDAY, (), {})
    assert closed.loaded.bars == dict.fromkeys(CODES, 1)
    bar = Bar.objects.get(index__code="VNINDEX", day=FRIDAY)
    assert (bar.close, bar.source) == (Decimal("1768.12"), "vietcap")


def test_a_second_run_asks_nobody_and_changes_nothing(evening: Upstreams) -> None:
    ring()
    bars = list(Bar.objects.order_by("pk").values())
    evening.reset()
    close_day()
    assert evening.calls == []
    assert list(Bar.objects.order_by("pk").values()) == bars


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-08-21T07:50:00Z", date(2026, 8, 20)),  # UPCoM still trades
        ("2026-08-21T08:19:59Z", date(2026, 8, 20)),
        (EVENING, FRIDAY),
        ("2026-08-21T17:30:00Z", FRIDAY),  # past midnight in Vietnam
        ("2026-08-23T08:20:00Z", FRIDAY),  # a Sunday
        ("2026-08-24T01:20:00Z", FRIDAY),  # Monday before the opening
        ("2026-09-02T08:20:00Z", date(2026, 8, 28)),  # a holiday
    ],
)
def test_the_settled_day_is_the_last_one_whose_figures_stand(now: str, day: date) -> None:
    assert settled_day(clock.parse(now), load_calendar()) == day


def test_before_the_figures_settle_the_day_is_left_open(
    evening: Upstreams, at: Callable[[str], None]
) -> None:
    at("2026-08-21T08:10:00Z")
    assert close_day().day == date(2026, 8, 20)
    assert evening.calls == []
    assert not Bar.objects.filter(day=FRIDAY).exists()


def test_on_a_day_that_an_editor_closed_nothing_is_awaited(
    evening: Upstreams, at: Callable[[str], None]
) -> None:
    close_day()
    Closure.objects.create(day=date(2026, 8, 24))
    evening.reset()
    at("2026-08-24T08:20:00Z")
    assert close_day().open == ()
    assert evening.calls == []


def test_what_a_stopped_machine_missed_is_made_up_by_the_next_run(
    evening: Upstreams, at: Callable[[str], None]
) -> None:
    Bar.objects.filter(day__gte="2026-08-17").delete()  # off from Monday on
    at("2026-08-24T01:20:00Z")  # and back on the Monday after
    assert close_day().loaded.bars == dict.fromkeys(CODES, 5)
    assert Bar.objects.filter(day__range=("2026-08-17", "2026-08-21")).count() == 25


def test_holes_of_thirty_sessions_are_filled_and_older_ones_left(evening: Upstreams) -> None:
    oldest = date(2026, 7, 13)  # thirty sessions back, the 21st included
    assert load_calendar().sessions_between(oldest, FRIDAY) == 29
    Bar.objects.filter(day__in=[oldest, "2026-07-10", "2026-08-05"]).delete()
    assert close_day().loaded.bars == dict.fromkeys(CODES, 3)
    assert Bar.objects.filter(day=oldest).count() == 5
    assert not Bar.objects.filter(day="2026-07-10").exists()


def test_after_a_longer_outage_all_of_it_is_filled(
    upstreams: Upstreams, make_bar: MakeBar, at: Callable[[str], None]
) -> None:
    at(EVENING)
    for code in CODES:
        make_bar("2026-05-04", code=code)
    ring()
    after = Bar.objects.filter(index__code="VNINDEX", day__gt="2026-05-04")
    assert after.count() == load_calendar().sessions_between(date(2026, 5, 4), FRIDAY)


# From quotes


@pytest.fixture
def silent(evening: Upstreams) -> Upstreams:
    """No source has bars."""
    evening.always("vietcap.bars", WAF)
    return evening


def read_all_day(make_quote: MakeQuote, *left_out: str) -> None:
    """A reading of VN-Index at each quarter of an hour of the session but some."""
    for hour, minute in ((hour, minute) for hour in range(2, 8) for minute in (0, 15, 30, 45)):
        at = f"{hour:02}:{minute:02}"
        if ("02:15" <= at <= "04:30" or "06:00" <= at <= "07:30") and at not in left_out:
            make_quote(as_of=f"2026-08-21T{at}:30Z", price=Decimal(1750))


def test_with_no_source_the_days_quotes_make_a_marked_bar(
    silent: Upstreams, make_quote: MakeQuote
) -> None:
    read_all_day(make_quote, "02:15", "04:00", "06:00")
    make_quote(as_of="2026-08-20T07:59:00Z", price=Decimal(9999))  # another day's
    make_quote(as_of="2026-08-21T02:15:30Z", price=Decimal("1740.5"), volume=10)
    make_quote(as_of="2026-08-21T04:00:00Z", price=Decimal("1772.9"), volume=300)
    make_quote(as_of="2026-08-21T06:00:00Z", price=Decimal("1731.1"), volume=500)
    make_quote(as_of="2026-08-21T07:45:59Z", volume=780_000_000)
    closed = close_day()
    assert closed.from_quotes == {"VNINDEX": (FRIDAY,)}
    assert closed.open == ("VN30", "HNXINDEX", "HNX30", "UPCOMINDEX")
    bar = Bar.objects.get(day=FRIDAY)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.source) == (
        Decimal("1740.5"),
        Decimal("1772.9"),
        Decimal("1731.1"),
        Decimal("1768.12"),
        780_000_000,
        "quotes",
    )


def test_of_quotes_that_leave_a_stretch_out_open_and_range_are_unknown_so_there_is_no_bar(
    silent: Upstreams, make_quote: MakeQuote, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "market.closing")
    read_all_day(make_quote, "03:15")
    make_quote(as_of="2026-08-21T07:45:59Z")
    assert "VNINDEX" in close_day().open
    assert not Bar.objects.filter(day=FRIDAY).exists()
    told = "no bar of quotes index=VNINDEX day=2026-08-21 reason="
    assert f"{told}open or range unknown: 30 minutes without a quote" in caplog.text


def test_a_single_quote_of_the_close_makes_no_bar_without_the_days_range(
    silent: Upstreams, make_quote: MakeQuote
) -> None:
    make_quote(open=Decimal(1735))  # and neither high nor low
    assert close_day().from_quotes == {}
    assert not Bar.objects.filter(day=FRIDAY).exists()


def test_a_sources_own_open_and_range_count_where_it_sends_them(
    silent: Upstreams, make_quote: MakeQuote
) -> None:
    make_quote(as_of="2026-08-21T02:15:30Z", price=Decimal(1740))
    make_quote(as_of="2026-08-21T07:45:59Z", **RANGE)
    close_day()
    bar = Bar.objects.get(day=FRIDAY)
    assert (bar.open, bar.high, bar.low) == (Decimal(1735), Decimal(1780), Decimal(1730))


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("VNINDEX", {"as_of": "2026-08-21T07:44:59Z"}),  # before the closing auction's price
        ("UPCOMINDEX", {"as_of": "2026-08-21T07:59:59Z"}),  # UPCoM has none and trades on
        ("VNINDEX", {"agreement": Quote.Agreement.DISPUTED}),
        ("VNINDEX", {"simulated": True}),
        ("VNINDEX", {"as_of": "2026-08-20T07:45:59Z"}),  # the day before, replayed
    ],
)
def test_quotes_that_are_no_close_make_no_bar(
    silent: Upstreams, make_quote: MakeQuote, code: str, fields: dict[str, object]
) -> None:
    make_quote(code, **RANGE | fields)
    assert code in close_day().open
    assert not Bar.objects.filter(day=FRIDAY).exists()


def test_a_bar_of_quotes_gives_way_to_the_sources(
    silent: Upstreams, make_quote: MakeQuote, at: Callable[[str], None]
) -> None:
    make_quote(price=Decimal("1700"), **RANGE)
    close_day()
    silent.reset()
    at("2026-08-21T11:20:00Z")  # the vendor is back, its breaker's rest over
    closed = close_day()
    assert closed.loaded.disagreements == ()
    bar = Bar.objects.get(index__code="VNINDEX", day=FRIDAY)
    assert (bar.close, bar.source) == (Decimal("1768.12"), "vietcap")


def test_quotes_never_replace_a_sources_bar(
    silent: Upstreams, make_bar: MakeBar, make_quote: MakeQuote
) -> None:
    make_bar("2026-08-21", "1768")
    make_quote(price=Decimal("1700"), **RANGE)
    assert close_day().from_quotes == {}
    assert Bar.objects.get(day=FRIDAY).close == Decimal(1768)


def test_simulated_bars_leave_no_index_open(
    upstreams: Upstreams, settings: Settings, at: Callable[[str], None]
) -> None:
    at(EVENING)
    settings.MARKET_DEMO = "auto"
    upstreams.scenario = "down"
    closed = close_day()
    assert (closed.loaded.simulated, closed.open) == (True, ())
    assert Index.objects.get(code="VN30").bars.filter(simulated=True).exists()
