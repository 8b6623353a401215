"""Sources to accepted quotes, rows and snapshot; each bad answer, and what takes its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import redis
from pytest_django import Settings

from market import tasks
from market.models import Index, Quote, RejectedQuote
from market.refresh import Failure, refresh_indices
from tests.market.conftest import MakeQuote
from tests.market.refreshed import (
    CLOSES,
    KEYS,
    TOLD_BY,
    closes,
    errors,
    sources,
    values,
    vietcap_rows,
    vndirect_rows,
)
from tests.upstreams import Reply, Upstreams
from tests.upstreams.replies import load

pytestmark = pytest.mark.django_db

NOWHERE = "http://127.0.0.1:9"
HTML = "<!DOCTYPE html><html><title>Just a moment...</title></html>"
BAD_REPLIES = {
    "403 page": (Reply(fixture="vietcap/error_403_waf_html.json"), "refused with status 403"),
    "429": (Reply(fixture="vndirect/error_429.json"), "refused with status 429"),
    "503": (Reply(fixture="vietcap/error_503.json"), "answered with status 503"),
    "empty object": (Reply(fixture="vietcap/error_200_empty_object.json"), "expected a list"),
    "nothing": (Reply(body=" "), "answered with nothing"),
    "page at 200": (Reply(body=HTML), "answered with a web page in place of data"),
    "cut at once": (Reply(cut=True), "cut the connection"),
    "cut halfway": (Reply(body=b"[" + b"1," * 5000, cut=True), "cut the connection"),
    "slow": (Reply(delay=30), "timed out"),
    "dripping": (Reply(body=b"[" * 500, drip=0.1), "timed out"),
    "huge": (Reply(body=b"[" + b"1," * 5000 + b"1]"), "answer is larger than 9000 bytes"),
    "redirect": (Reply(status=302, headers={"Location": "/"}, body="x"), "redirects elsewhere"),
}


@pytest.fixture(autouse=True)
def short_limits(settings: Settings) -> None:
    settings.MARKET_TOTAL_SECONDS = 0.5
    settings.MARKET_MAX_BYTES = 9000


# The good case


def test_the_close_becomes_five_rows_with_all_that_the_source_told(upstreams: Upstreams) -> None:
    result = refresh_indices()
    assert (result.success, result.failures, closes(result)) == (True, (), CLOSES)
    assert errors(result) == dict.fromkeys(KEYS)
    quote = Quote.objects.get(index__code="VNINDEX")
    assert quote.as_of == datetime(2026, 8, 21, 7, 45, 59, 999_000, tzinfo=UTC)
    assert quote.fetched_at == datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
    assert (quote.price, quote.previous_close) == (Decimal("1768.12"), Decimal("1734.24"))
    assert (quote.open, quote.high, quote.low) == (None, None, None)
    assert (quote.volume, quote.value) == (783_548_119, 23_412_880_517_310)
    assert (quote.advances, quote.declines, quote.unchanged) == (241, 82, 47)
    assert (quote.ceilings, quote.floors) == (9, 2)
    assert (quote.source, quote.simulated, quote.agreement) == ("vietcap", False, "single")
    assert Quote.objects.count() == 5


def test_the_task_does_what_the_command_does(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    tasks.refresh_indices()
    assert json.loads(redis_client.get("market_indices") or "")["success"] is True
    assert Quote.objects.count() == 5


def test_one_request_asks_the_first_source_for_all_and_no_other_is_called(
    upstreams: Upstreams,
) -> None:
    upstreams.scenario = "demo"
    refresh_indices()
    assert [call.name for call in upstreams.calls] == ["vietcap.quotes"]


def test_a_referer_is_sent_to_the_source_that_is_to_get_it_alone(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_REFERERS = {"vndirect": "https://example.org/"}
    refresh_indices()
    sent = {call.name: call.headers.get("Referer") for call in upstreams.calls}
    assert sent == {"vietcap.quotes": None, "vndirect.quotes": "https://example.org/"}


def test_the_order_of_the_sources_is_a_setting(upstreams: Upstreams, settings: Settings) -> None:
    settings.MARKET_SOURCES = ["vndirect", "vietcap"]
    result = refresh_indices()
    assert sources(result) == dict.fromkeys(KEYS, "vndirect")
    value = values(result)["hnxindex"]
    assert value
    assert (value["open"], value["high"], value["low"]) == (279.02, 284.6, 278.11)
    assert [call.name for call in upstreams.calls] == ["vndirect.quotes"]


def test_an_unchanged_quote_adds_no_row(upstreams: Upstreams, at: Callable[[str], None]) -> None:
    refresh_indices()
    at("2026-08-21T08:13:00Z")
    result = refresh_indices()
    assert result.success
    assert Quote.objects.count() == 5
    renewed = datetime(2026, 8, 21, 8, 13, tzinfo=UTC)
    assert set(Quote.objects.values_list("fetched_at", flat=True)) == {renewed}


def test_each_later_reading_adds_a_row(upstreams: Upstreams, at: Callable[[str], None]) -> None:
    for scenario, moment in (
        ("intraday", "2026-08-21T03:21:30Z"),
        ("lunch", "2026-08-21T05:12:30Z"),
        ("eod", "2026-08-21T08:10:00Z"),
    ):
        upstreams.scenario = scenario
        at(moment)
        assert refresh_indices().success
    prices = Quote.objects.filter(index__code="VNINDEX").order_by("as_of")
    assert prices.count() == 3
    assert prices[2].price == Decimal("1768.12")


def test_a_source_may_correct_the_reading_of_the_same_moment(upstreams: Upstreams) -> None:
    refresh_indices()
    upstreams.script("vietcap.quotes", vietcap_rows(price=1768.15))
    assert closes(refresh_indices())["vnindex"] == 1768.15
    assert Quote.objects.get(index__code="VNINDEX").price == Decimal("1768.15")


# Gaps of one index


@pytest.mark.parametrize(
    ("scenario", "key", "reason"),
    [
        ("partial", "hnx30", Failure("vietcap", "not in the answer", "HNX30")),
        ("null_price", "hnxindex", Failure("vietcap", "price is missing", "HNXINDEX")),
    ],
)
def test_what_one_source_lacks_the_next_fills_for_that_index_alone(
    upstreams: Upstreams, scenario: str, key: str, reason: Failure
) -> None:
    upstreams.scenario = scenario
    result = refresh_indices()
    assert (result.success, result.failures, closes(result)) == (True, (reason,), CLOSES)
    assert sources(result) == TOLD_BY | {key: "vndirect"}
    assert errors(result)[key] is None
    (asked,) = upstreams.calls_to("vndirect.quotes")
    vendor_code = "HNX" if key == "hnxindex" else "HNX30"
    assert asked.query["q"] == f"code:{vendor_code},UPCOM~date:2026-08-21"


def test_an_index_that_no_source_has_is_null_with_every_reason(upstreams: Upstreams) -> None:
    upstreams.scenario = "partial"
    upstreams.script("vndirect.quotes", Reply(fixture="vndirect/vnmarket_prices_empty.json"))
    result = refresh_indices()
    assert result.success
    assert closes(result) == CLOSES | {"hnx30": None}
    assert errors(result) == dict.fromkeys(KEYS) | {
        "hnx30": "vietcap: not in the answer; vndirect: no row for 2026-08-21"
    }
    assert not Quote.objects.filter(index__code="HNX30").exists()


ROWS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"price": 0}, {"close": 0}, "is not positive"),
    ({"price": 0.00001}, {"close": 0.00001}, "is not positive"),
    ({"price": None}, {"close": None}, "is missing"),
    ({"refPrice": 0}, {"change": 1768.12}, "is not positive|does not fit the price"),
    ({"price": 2000.0}, {"change": 265.76}, "percent is beyond 15 percent"),
    ({"price": 1470.0}, {"close": 1470.0, "change": -264.24}, "percent is beyond 15 percent"),
    ({"time": "2026-08-21T08:10:31Z"}, {"time": "15:10:31"}, "lies in the future"),
    ({"time": "2027-08-21T07:45:59Z"}, {"date": "2027-08-21"}, "lies in the future"),
]


@pytest.mark.parametrize(("vietcap", "_vndirect", "reason"), ROWS)
def test_an_unbelievable_quote_hands_that_index_over(
    upstreams: Upstreams, vietcap: dict[str, Any], _vndirect: dict[str, Any], reason: str
) -> None:
    upstreams.script("vietcap.quotes", vietcap_rows(**vietcap))
    result = refresh_indices()
    assert closes(result) == CLOSES
    assert sources(result) == TOLD_BY | {"vnindex": "vndirect"}
    (failure,) = result.failures
    assert (failure.source, failure.code) == ("vietcap", "VNINDEX")
    assert re.search(reason, failure.reason)


@pytest.mark.parametrize(("vietcap", "vndirect", "reason"), ROWS)
def test_two_unbelievable_quotes_leave_the_index_unknown_and_never_zero(
    upstreams: Upstreams, vietcap: dict[str, Any], vndirect: dict[str, Any], reason: str
) -> None:
    upstreams.script("vietcap.quotes", vietcap_rows(**vietcap))
    upstreams.script("vndirect.quotes", vndirect_rows(**vndirect))
    result = refresh_indices()
    assert closes(result) == CLOSES | {"vnindex": None}
    assert {failure.source for failure in result.failures} == {"vietcap", "vndirect"}
    assert all(re.search(reason, failure.reason) for failure in result.failures)
    assert Quote.objects.count() == 4


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 1994.376},  # fifteen percent to the point
        {"price": 1474.104},
        {"time": "2026-08-21T08:10:30Z"},  # clocks may differ by thirty seconds
    ],
)
def test_what_lies_on_the_limit_is_believed(upstreams: Upstreams, fields: dict[str, Any]) -> None:
    upstreams.script("vietcap.quotes", vietcap_rows(**fields))
    result = refresh_indices()
    assert (result.failures, sources(result)["vnindex"]) == ((), "vietcap")


def test_change_comes_from_the_prices_and_is_not_copied(upstreams: Upstreams) -> None:
    upstreams.script("vietcap.quotes", vietcap_rows(change=-9.99, changePercent=99.9))
    value = values(refresh_indices())["vnindex"]
    assert value
    assert (value["change"], value["change_percent"]) == (33.88, 1.9536)


# Answers that are no answer


@pytest.mark.parametrize(("reply", "reason"), BAD_REPLIES.values(), ids=BAD_REPLIES)
def test_a_useless_answer_hands_over_to_the_next_source(
    upstreams: Upstreams, reply: Reply, reason: str
) -> None:
    upstreams.always("vietcap.quotes", reply)
    result = refresh_indices()
    assert (result.success, closes(result)) == (True, CLOSES)
    assert sources(result) == dict.fromkeys(KEYS, "vndirect")
    (failure,) = result.failures
    assert (failure.source, failure.code) == ("vietcap", "")
    assert reason in failure.reason


@pytest.mark.parametrize(("reply", "reason"), BAD_REPLIES.values(), ids=BAD_REPLIES)
def test_useless_answers_from_all_are_told_per_source_and_store_nothing(
    upstreams: Upstreams, reply: Reply, reason: str
) -> None:
    upstreams.always("vietcap.quotes", reply)
    upstreams.always("vndirect.quotes", reply)
    result = refresh_indices()
    assert not result.success
    assert closes(result) == dict.fromkeys(KEYS)
    assert [failure.source for failure in result.failures] == ["vietcap", "vndirect"]
    for error in errors(result).values():
        assert error
        assert [part.partition(": ")[0] for part in error.split("; ")] == ["vietcap", "vndirect"]
        assert error.count(reason) == 2
    assert not Quote.objects.exists()


def test_empty_lists_from_all_are_told_and_store_nothing(upstreams: Upstreams) -> None:
    upstreams.scenario = "empty"
    result = refresh_indices()
    assert not result.success
    expected = "vietcap: answered with an empty list; vndirect: no row for 2026-08-21"
    assert errors(result) == dict.fromkeys(KEYS, expected)


@pytest.mark.parametrize("status", [403, 429])
def test_a_refusal_is_asked_once_and_never_again_in_a_loop(
    upstreams: Upstreams, status: int
) -> None:
    upstreams.always("vietcap.quotes", Reply(status=status, body="no"))
    refresh_indices()
    assert len(upstreams.calls_to("vietcap.quotes")) == 1


# What is known already


def test_values_that_could_not_be_renewed_keep_their_time_beside_the_reason(
    upstreams: Upstreams, at: Callable[[str], None], redis_client: redis.Redis
) -> None:
    before = values(refresh_indices())
    upstreams.scenario = "down"
    at("2026-08-24T03:00:00Z")  # Monday, in session
    result = refresh_indices()
    reason = "answered with status 503"
    assert not result.success
    assert errors(result) == dict.fromkeys(KEYS, f"vietcap: {reason}; vndirect: {reason}")
    kept = values(result)
    assert kept == {key: value and {**value, "stale": True} for key, value in before.items()}
    assert json.loads(redis_client.get("market_indices") or "") == result.snapshot
    assert Quote.objects.count() == 5


def test_one_index_that_could_not_be_renewed_costs_no_other(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.scenario = "intraday"
    at("2026-08-21T03:21:30Z")
    before = values(refresh_indices())
    upstreams.scenario = "partial"
    at("2026-08-21T08:10:00Z")
    upstreams.script("vndirect.quotes", Reply(body={"data": []}))
    result = refresh_indices()
    assert result.success
    old = before["hnx30"]
    assert old
    assert closes(result) == CLOSES | {"hnx30": old["close"]}
    assert values(result)["hnx30"] == {**old, "stale": True}
    assert [key for key, error in errors(result).items() if error] == ["hnx30"]


def test_kept_values_survive_an_empty_redis(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    refresh_indices()
    redis_client.flushdb()
    upstreams.scenario = "down"
    assert closes(refresh_indices()) == CLOSES


def test_an_older_snapshot_in_redis_never_hides_a_newer_row(
    upstreams: Upstreams, make_quote: MakeQuote, redis_client: redis.Redis
) -> None:
    refresh_indices()
    redis_client.delete("market_indices")  # Redis was away while the next quote came in
    make_quote(as_of="2026-08-21T08:01:00Z", price=Decimal("1768.20"))
    upstreams.scenario = "down"
    assert closes(refresh_indices())["vnindex"] == 1768.2


def test_a_source_must_not_turn_the_clock_back(upstreams: Upstreams) -> None:
    refresh_indices()
    upstreams.script(
        "vietcap.quotes", Reply(fixture="vietcap/marketindex_getlist_ok_intraday.json")
    )
    result = refresh_indices()
    assert closes(result) == CLOSES
    assert sources(result) == dict.fromkeys(KEYS, "vndirect")
    assert {failure.code for failure in result.failures} == {key.upper() for key in KEYS}
    assert "is older than the last known one" in result.failures[0].reason


def test_clocks_turned_back_by_all_sources_leave_what_is_known(upstreams: Upstreams) -> None:
    refresh_indices()
    upstreams.scenario = "intraday"
    result = refresh_indices()
    assert (result.success, closes(result)) == (False, CLOSES)
    assert all(error and "older" in error for error in errors(result).values())


def test_two_vendors_stamps_of_one_close_are_no_disagreement(upstreams: Upstreams) -> None:
    upstreams.script("vietcap.quotes", Reply(status=503, body="x"), Reply(status=503, body="x"))
    refresh_indices()  # VNDirect stamps the close 15:06:06
    upstreams.reset()
    result = refresh_indices()  # Vietcap is back and stamps it 14:45:59
    assert closes(result) == CLOSES
    assert {value and value["as_of"] for value in values(result).values()} == {
        "2026-08-21T08:06:06Z"
    }
    assert result.failures == ()
    assert [call.name for call in upstreams.calls] == ["vietcap.quotes"]
    assert Quote.objects.count() == 5


def test_another_close_with_an_earlier_stamp_is_refused(upstreams: Upstreams) -> None:
    upstreams.script("vietcap.quotes", Reply(status=503, body="x"), Reply(status=503, body="x"))
    refresh_indices()
    upstreams.script("vietcap.quotes", vietcap_rows(price=1768.11))
    result = refresh_indices()
    assert closes(result) == CLOSES
    assert {failure.code for failure in result.failures} == {"VNINDEX"}


def test_at_lunch_the_last_trade_before_the_bell_is_fresh_and_nobody_else_is_asked(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    rows = load("vietcap/marketindex_getlist_lunch.json")
    last = [row | {"time": "2026-08-21T04:29:59Z"} for row in rows]
    for moment in ("04:35", "05:50", "06:04"):
        at(f"2026-08-21T{moment}:00Z")
        upstreams.always("vietcap.quotes", Reply(body=last))
        result = refresh_indices()
        assert {value and value["stale"] for value in values(result).values()} == {False}
    assert {call.name for call in upstreams.calls} == {"vietcap.quotes"}
    assert not RejectedQuote.objects.exists()


# What the log says


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [record for record in caplog.records if record.name == "market.refresh"]
    caplog.clear()
    return [record.getMessage() for record in found if record.levelname == "WARNING"]


def test_answers_without_any_quote_are_one_line_for_each_source(
    upstreams: Upstreams, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MARKET_SOURCES = ["vietcap", "vndirect", "kbs", "dnse"]
    upstreams.scenario = "empty"
    refresh_indices()
    codes = "VNINDEX,VN30,HNXINDEX,HNX30,UPCOMINDEX"
    assert warnings(caplog) == [
        "source failed source=vietcap reason=answered with an empty list",
        f"quotes refused source=vndirect reasons={codes}: no row for 2026-08-21",
        f"quotes refused source=kbs reasons={codes}: no minute bar",
        f"quotes refused source=dnse reasons={codes}: no minute bar",
    ]


def test_an_index_that_a_source_has_no_name_for_is_not_asked_for_and_no_warning(
    upstreams: Upstreams, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MARKET_SOURCES = ["vndirect", "vietcap", "kbs"]
    vendors = {"vietcap": "VN100"}
    Index.objects.create(
        code="VN100", key="vn100", name="VN100", exchange="HOSE", position=9, vendor_codes=vendors
    )
    result = refresh_indices()
    assert closes(result) == CLOSES | {"vn100": 1850.37}
    assert [call.name for call in upstreams.calls] == ["vndirect.quotes", "vietcap.quotes"]
    assert warnings(caplog) == []


# Which indices are followed


def test_an_inactive_index_is_neither_asked_for_nor_shown(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    refresh_indices()
    upstreams.reset()
    Index.objects.filter(code="HNX30").update(active=False)
    result = refresh_indices()
    assert closes(result) == {key: close for key, close in CLOSES.items() if key != "hnx30"}
    assert "HNX30" not in upstreams.calls[0].json()["symbols"]
    assert list(json.loads(redis_client.get("market_indices:last") or "")["indices"]) == list(
        result.snapshot["indices"]
    )


def test_an_index_that_comes_back_shows_its_last_value_until_it_is_fetched(
    upstreams: Upstreams,
) -> None:
    refresh_indices()
    Index.objects.filter(code="HNX30").update(active=False)
    refresh_indices()
    Index.objects.filter(code="HNX30").update(active=True)
    upstreams.scenario = "down"
    assert closes(refresh_indices()) == CLOSES


def test_an_index_that_no_source_offers_is_null_and_disturbs_no_other(
    upstreams: Upstreams,
) -> None:
    Index.objects.create(code="VNMID", key="vnmid", name="VNMidcap", exchange="HOSE", position=9)
    result = refresh_indices()
    assert (result.success, closes(result)) == (True, CLOSES | {"vnmid": None})
    assert errors(result)["vnmid"] == (
        "vietcap: not one of its indices; vndirect: not one of its indices"
    )
    (asked,) = upstreams.calls_to("vndirect.quotes")
    assert asked.query["q"].startswith("code:UPCOM~")


def test_with_no_active_index_nothing_is_asked_and_nothing_breaks(upstreams: Upstreams) -> None:
    Index.objects.update(active=False)
    result = refresh_indices()
    assert (result.success, result.snapshot["indices"], upstreams.calls) == (False, {}, [])
