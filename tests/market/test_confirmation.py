"""A second source's word: when it is asked for, what it says, and what it fills."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from market import snapshot
from market.models import Index, Quote, RejectedQuote
from market.refresh import RefreshResult, refresh_indices
from tests.market.refreshed import values, vietcap_rows, vndirect_rows
from tests.upstreams import Reply, Upstreams
from tests.upstreams.replies import load

pytestmark = pytest.mark.django_db

MORNING = "2026-08-21T03:21:30Z"


@pytest.fixture(autouse=True)
def confirmed_by_vndirect(settings: Settings) -> None:
    settings.MARKET_SOURCES = ["vietcap"]
    settings.MARKET_CONFIRM_SOURCES = ["vndirect"]
    settings.MARKET_CONFIRM_SECONDS = 900


def agreements(result: RefreshResult) -> dict[str, str | None]:
    return {key: value and value["agreement"] for key, value in values(result).items()}


def calls(upstreams: Upstreams) -> list[str]:
    """The calls since the last look, by name: two may be under way at once."""
    found = sorted(call.name for call in upstreams.calls)
    upstreams.reset()
    return found


def seconds_at(time: str, **fields: Any) -> Reply:
    """VNDirect's five rows of the morning, stamped so."""
    answer = load("vndirect/vnmarket_prices_intraday.json")
    answer["data"] = [{**row, "time": time, **fields} for row in answer["data"]]
    return Reply(body=answer)


# The verdict


def test_the_close_is_confirmed_and_stored_with_the_second_price(upstreams: Upstreams) -> None:
    result = refresh_indices()
    # a reading of 14:45:59 is no close of UPCoM, which trades until 15:00
    assert agreements(result) == dict.fromkeys(
        ["vnindex", "vn30", "hnxindex", "hnx30"], "confirmed"
    ) | {"upcomindex": "single"}
    value = values(result)["vnindex"]
    assert value
    assert value["second"] == {"source": "vndirect", "close": 1768.12}
    quote = Quote.objects.get(index__code="VNINDEX")
    assert (quote.agreement, quote.second_price, quote.second_source) == (
        "confirmed", Decimal("1768.12"), "vndirect",
    )  # fmt: skip


def test_two_prices_half_a_percent_apart_are_shown_both(upstreams: Upstreams) -> None:
    upstreams.script("vndirect.quotes", vndirect_rows(close=1780.0, change=45.76))
    value = values(refresh_indices())["vnindex"]
    assert value
    assert (value["close"], value["agreement"]) == (1768.12, "disputed")
    assert value["second"] == {"source": "vndirect", "close": 1780.0}
    assert snapshot.read()["indices"]["vnindex"]["value"] == value
    assert snapshot.from_database()["indices"]["vnindex"]["value"] == value


@pytest.mark.parametrize(
    ("served", "expected"),
    [("10:21:00", "confirmed"), ("10:19:30", "single"), ("10:22:10", "single")],
)
def test_in_session_only_a_reading_of_the_same_minute_confirms(
    upstreams: Upstreams, at: Callable[[str], None], served: str, expected: str
) -> None:
    upstreams.scenario = "intraday"
    at(MORNING)
    rows = load("vietcap/marketindex_getlist_ok_intraday.json")
    same = {"close": rows[0]["price"], "change": rows[0]["change"]}
    upstreams.script("vndirect.quotes", seconds_at(served, **same))
    assert agreements(refresh_indices())["vnindex"] == expected


def test_a_source_without_a_clock_confirms_after_the_close_alone(
    upstreams: Upstreams, settings: Settings, at: Callable[[str], None]
) -> None:
    settings.MARKET_CONFIRM_SOURCES = ["cafef"]
    upstreams.scenario = "intraday"
    at(MORNING)
    assert agreements(refresh_indices())["vnindex"] == "single"
    upstreams.scenario = "eod"
    at("2026-08-21T08:10:00Z")
    assert agreements(refresh_indices())["vnindex"] == "confirmed"


def test_an_implausible_second_price_disputes_nothing(upstreams: Upstreams) -> None:
    upstreams.script("vndirect.quotes", vndirect_rows(close=17681.2, change=15946.96))
    assert agreements(refresh_indices())["vnindex"] == "single"
    row = RejectedQuote.objects.get()
    assert (row.source, row.code, row.reason.partition(":")[0]) == ("vndirect", "VNINDEX", "move")


# Whom to ask


def test_one_origin_counts_once(
    upstreams: Upstreams, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.sources.vndirect.VNDirect.origin", "vietcap")
    assert set(agreements(refresh_indices()).values()) == {"single"}
    assert calls(upstreams) == ["vietcap.quotes"]


def test_a_source_does_not_confirm_itself(upstreams: Upstreams, settings: Settings) -> None:
    settings.MARKET_CONFIRM_SOURCES = ["vietcap"]
    refresh_indices()
    assert calls(upstreams) == ["vietcap.quotes"]


def test_the_next_is_asked_when_the_first_is_down_and_no_more_than_that(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_CONFIRM_SOURCES = ["vndirect", "cafef", "kbs"]
    upstreams.always("vndirect.quotes", Reply(status=403, body="no"))
    value = values(refresh_indices())["vnindex"]
    assert value
    assert value["second"] == {"source": "cafef", "close": 1768.12}
    assert calls(upstreams) == ["cafef.prices", "vietcap.quotes", "vndirect.quotes"]


def test_an_index_filled_by_the_second_source_is_confirmed_by_a_third(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_SOURCES = ["vietcap", "vndirect"]
    settings.MARKET_CONFIRM_SOURCES = ["vndirect", "cafef"]
    upstreams.scenario = "partial"
    result = refresh_indices()
    value = values(result)["hnx30"]
    assert value
    assert (value["source"], value["second"]) == ("vndirect", {"source": "cafef", "close": 612.35})


def test_a_second_source_that_is_down_costs_the_quotes_nothing(upstreams: Upstreams) -> None:
    upstreams.always("vndirect.quotes", Reply(status=503, body="x"))
    result = refresh_indices()
    assert (result.success, result.failures) == (True, ())
    assert set(agreements(result).values()) == {"single"}


# When to ask


def test_in_session_a_confirmation_is_due_every_quarter_of_an_hour(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.scenario = "demo"
    asked = []
    for minute in range(0, 33, 3):
        at(f"2026-08-21T03:{minute:02}:00Z")
        refresh_indices()
        asked.append(calls(upstreams))
    plain = ["vietcap.quotes"]
    assert [minute * 3 for minute, found in enumerate(asked) if found != plain] == [0, 15, 30]
    assert asked[0] == [*plain, "vndirect.quotes"]


def test_the_close_is_confirmed_at_once_and_then_nobody_is_asked_again(
    upstreams: Upstreams, at: Callable[[str], None], settings: Settings
) -> None:
    upstreams.scenario = "demo"
    settings.MARKET_IDLE_SECONDS = 60
    asked = {}
    for moment in ("07:41", "07:44", "07:47", "08:01", "08:04", "08:30", "13:00"):
        at(f"2026-08-21T{moment}:00Z")
        result = refresh_indices()
        asked[moment] = "vndirect.quotes" in calls(upstreams)
    assert asked == {
        "07:41": True,
        "07:44": False,
        "07:47": True,  # HoSE and HNX have closed
        "08:01": True,  # and UPCoM
        "08:04": False,
        "08:30": False,
        "13:00": False,
    }
    assert set(agreements(result).values()) == {"confirmed"}


def test_an_unchanged_quote_keeps_its_verdict_and_a_new_one_stands_alone(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    refresh_indices()
    at("2026-08-21T08:13:00Z")
    calls(upstreams)
    assert agreements(refresh_indices())["vnindex"] == "confirmed"
    assert calls(upstreams) == ["vietcap.quotes"]
    upstreams.script("vietcap.quotes", vietcap_rows(price=1768.15))
    assert agreements(refresh_indices())["vnindex"] == "single"


def test_silence_downgrades_no_verdict(upstreams: Upstreams, at: Callable[[str], None]) -> None:
    refresh_indices()
    upstreams.always("vndirect.quotes", Reply(body={"data": []}))
    at("2026-08-21T08:29:00Z")
    assert agreements(refresh_indices())["vnindex"] == "confirmed"


def test_a_dispute_is_asked_about_again_and_can_end(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.script("vndirect.quotes", vndirect_rows(close=1780.0, change=45.76))
    assert agreements(refresh_indices())["vnindex"] == "disputed"
    at("2026-08-21T08:26:00Z")
    assert agreements(refresh_indices())["vnindex"] == "confirmed"


# A dispute outlives the quote that it began with


@pytest.fixture
def disputed(upstreams: Upstreams, at: Callable[[str], None], settings: Settings) -> None:
    """VN-Index at 10:21:30, Vietcap 1775.0 and VNDirect 1785.65; the two move on together."""
    settings.MARKET_SOURCES = ["vietcap", "vndirect"]
    Index.objects.exclude(code="VNINDEX").update(active=False)
    at("2026-08-24T03:21:30Z")
    upstreams.always("vietcap.quotes", vietcap_rows(time="2026-08-24T03:21:20Z", price=1775.0))
    upstreams.always("vndirect.quotes", monday("10:21:20", 1785.65))
    value = values(refresh_indices())["vnindex"]
    assert value
    assert value["agreement"] == "disputed"
    at("2026-08-24T03:24:30Z")
    upstreams.reset()
    upstreams.always("vietcap.quotes", vietcap_rows(time="2026-08-24T03:24:20Z", price=1775.4))


def monday(time: str, close: float) -> Reply:
    return vndirect_rows(
        date="2026-08-24", time=time, close=close, change=round(close - 1734.24, 2)
    )


def vnindex() -> tuple[str, float, Any]:
    value = values(refresh_indices())["vnindex"]
    assert value
    return value["agreement"], value["close"], value["second"]


@pytest.mark.usefixtures("disputed")
@pytest.mark.parametrize(
    "silence",
    [
        Reply(status=503, body="x"),
        Reply(body={"data": []}),
        monday("10:22:00", 1775.4),  # of another minute: it cannot be compared
        monday("10:24:20", 17754.0),  # of another scale: it is not believed
    ],
    ids=["down", "empty", "other minute", "implausible"],
)
def test_a_price_that_moves_on_settles_no_dispute(upstreams: Upstreams, silence: Reply) -> None:
    upstreams.always("vndirect.quotes", silence)
    second = {"source": "vndirect", "close": 1785.65}
    assert vnindex() == ("disputed", 1775.4, second)
    quote = Quote.objects.filter(index__code="VNINDEX").latest("as_of")
    assert (quote.price, quote.agreement) == (Decimal("1775.4"), "disputed")
    assert quote.second_price == Decimal("1785.65")


@pytest.mark.usefixtures("disputed")
@pytest.mark.parametrize(
    ("price", "expected", "second"),
    [
        (1786.1, "disputed", 1786.1),  # the newest word of the other side
        (1775.5, "confirmed", 1775.5),
        (1780.0, "single", None),  # closer than a dispute takes, too far to confirm
    ],
)
def test_a_comparison_at_the_next_refresh_decides_anew(
    upstreams: Upstreams, price: float, expected: str, second: float | None
) -> None:
    upstreams.always("vndirect.quotes", monday("10:24:20", price))
    told = second and {"source": "vndirect", "close": second}
    assert vnindex() == (expected, 1775.4, told)


@pytest.mark.usefixtures("disputed")
def test_while_sources_differ_the_second_is_asked_at_every_refresh(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    asked = []
    for minute in (24, 27, 30, 33):
        at(f"2026-08-24T03:{minute}:30Z")
        stamp = f"2026-08-24T03:{minute}:20Z"
        upstreams.always("vietcap.quotes", vietcap_rows(time=stamp, price=1775.4))
        price = 1785.65 if minute < 30 else 1775.4
        upstreams.always("vndirect.quotes", monday(f"10:{minute}:20", price))
        asked.append((vnindex()[0], len(upstreams.calls_to("vndirect.quotes"))))
        upstreams.reset()
    assert asked == [("disputed", 1), ("disputed", 1), ("confirmed", 1), ("single", 0)]


@pytest.mark.usefixtures("disputed")
def test_when_the_other_side_gives_the_quote_the_dispute_is_with_the_first(
    upstreams: Upstreams,
) -> None:
    upstreams.always("vietcap.quotes", Reply(status=503, body="x"))
    upstreams.always("vndirect.quotes", monday("10:24:20", 1785.9))
    assert vnindex() == ("disputed", 1785.9, {"source": "vietcap", "close": 1775.0})


@pytest.mark.usefixtures("disputed")
def test_a_dispute_ends_with_its_trading_day(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    at("2026-08-25T03:21:30Z")
    upstreams.always("vietcap.quotes", vietcap_rows(time="2026-08-25T03:21:20Z", price=1775.4))
    upstreams.always("vndirect.quotes", Reply(status=503, body="x"))
    assert vnindex() == ("single", 1775.4, None)


# The close of an exchange


CLOSE_OF_UPCOM = "2026-08-21T08:06:06Z"


def upcom(result: RefreshResult) -> tuple[str, str, bool]:
    value = values(result)["upcomindex"]
    assert value
    return value["source"], value["as_of"], value["stale"]


@pytest.mark.parametrize("moment", ["2026-08-21T08:10:00Z", "2026-08-21T11:10:00Z"])
def test_a_close_that_the_first_source_lacks_comes_from_the_next_and_is_confirmed(
    upstreams: Upstreams, at: Callable[[str], None], settings: Settings, moment: str
) -> None:
    settings.MARKET_SOURCES, settings.MARKET_CONFIRM_SOURCES = ["vietcap", "vndirect"], ["cafef"]
    at(moment)
    result = refresh_indices()
    assert (result.failures, RejectedQuote.objects.count()) == ((), 0)
    assert upcom(result) == ("vndirect", CLOSE_OF_UPCOM, False)
    assert set(agreements(result).values()) == {"confirmed"}
    at("2026-08-21T12:10:00Z")
    calls(upstreams)
    result = refresh_indices()  # Vietcap still stands at 14:45:59
    assert upcom(result) == ("vndirect", CLOSE_OF_UPCOM, False)
    assert (result.failures, calls(upstreams)) == ((), ["vietcap.quotes"])


def test_a_close_that_nobody_tells_is_sought_seldom_and_the_latest_reading_stands(
    upstreams: Upstreams, at: Callable[[str], None], settings: Settings
) -> None:
    settings.MARKET_SOURCES, settings.MARKET_CONFIRM_SOURCES = ["vietcap", "vndirect"], []
    answer = load("vndirect/vnmarket_prices_ok.json")
    rows = [row | {"time": "14:40:00"} for row in answer["data"]]
    sought = []
    for moment in ("08:03", "08:06", "08:09", "08:21", "08:36", "08:51", "09:21", "09:36", "10:21"):
        at(f"2026-08-21T{moment}:00Z")
        upstreams.always("vndirect.quotes", Reply(body=answer | {"data": rows}))
        assert upcom(refresh_indices())[:2] == ("vietcap", "2026-08-21T07:45:59.999Z")
        if "vndirect.quotes" in calls(upstreams):
            sought.append(moment)
    # five minutes after the close, a quarter of an hour later, and each hour of the night
    assert sought == ["08:06", "08:21", "09:21", "10:21"]
    assert upcom(refresh_indices())[2] is True  # and is called old


# What it fills


def test_what_the_first_lacks_comes_from_the_second_and_stays(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    for moment in ("2026-08-21T08:10:00Z", "2026-08-21T08:13:00Z"):
        at(moment)
        value = values(refresh_indices())["hnxindex"]
        assert value
        assert (value["open"], value["high"], value["low"]) == (279.02, 284.6, 278.11)
        assert value["source"] == "vietcap"
    assert Quote.objects.get(index__code="HNXINDEX").high == Decimal("284.6")


@pytest.mark.parametrize("fields", [{"high": 1700.0}, {"close": 1780.0, "change": 45.76}])
def test_a_range_that_does_not_hold_the_price_or_a_disputed_one_fills_nothing(
    upstreams: Upstreams, fields: dict[str, float]
) -> None:
    upstreams.script("vndirect.quotes", vndirect_rows(**fields))
    value = values(refresh_indices())["vnindex"]
    assert value
    assert (value["open"], value["high"], value["low"]) == (None, None, None)


def test_an_index_that_the_second_does_not_offer_stands_alone(upstreams: Upstreams) -> None:
    index = Index.objects.get(code="VN30")
    index.vendor_codes.pop("vndirect")
    index.save()
    found = agreements(refresh_indices())
    assert (found["vn30"], found["vnindex"]) == ("single", "confirmed")
