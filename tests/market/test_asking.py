"""A second source asked beside the first: when, what its answer is used for, what a guess costs."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from market import breaker, snapshot
from market.breaker import Breakers
from market.models import Index
from market.refresh import RefreshResult, refresh_indices
from market.sources.base import SourceError, SourceRefused
from marketsite import clock
from tests.market.refreshed import CLOSES, KEYS, TOLD_BY, closes, sources, values, vndirect_rows
from tests.upstreams import Reply, Upstreams, vietcap
from tests.upstreams.replies import Call, Stage

pytestmark = pytest.mark.django_db

REFUSED = Reply(status=403, body="no")
SYMBOLS = ["VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex"]
QUESTION = Call("vietcap.quotes", "POST", "/", {}, {}, json.dumps({"symbols": SYMBOLS}).encode())


@pytest.fixture(autouse=True)
def confirmed_by_others(settings: Settings) -> None:
    settings.MARKET_SOURCES = ["vietcap", "vndirect"]
    settings.MARKET_CONFIRM_SOURCES = ["vndirect", "cafef"]
    settings.MARKET_CONFIRM_SECONDS = settings.MARKET_IDLE_SECONDS = 900


@pytest.fixture
def meet(upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let each of some calls be answered only when all of them have arrived."""

    def prepare(*names: str) -> None:
        everybody = threading.Barrier(len(names), timeout=5)
        usual = upstreams.reply

        def reply(call: Any, *args: Any) -> Reply:
            try:
                if call.name in names:
                    everybody.wait()
            except threading.BrokenBarrierError:
                return Reply(cut=True)
            return usual(call, *args)

        monkeypatch.setattr(upstreams, "reply", reply)

    return prepare


def asked(upstreams: Upstreams) -> Counter[str]:
    """The calls since the last look, by source."""
    found = Counter(call.name.partition(".")[0] for call in upstreams.calls)
    upstreams.reset()
    return found


def agreements(result: RefreshResult) -> list[str]:
    return [value["agreement"] for value in values(result).values() if value]


def fail(error: SourceError) -> None:
    """Let the error's source have failed with it just now."""

    def ask() -> None:
        raise error

    breakers = Breakers([error.source], clock.now())
    with pytest.raises(SourceError):
        breakers.call(error.source, ask)
    breakers.save()


# Beside


def test_both_sources_are_asked_before_either_answers(
    upstreams: Upstreams, meet: Callable[..., None]
) -> None:
    meet("vietcap.quotes", "vndirect.quotes")
    result = refresh_indices()
    assert sources(result) == TOLD_BY
    assert agreements(result) == ["confirmed"] * 5
    assert asked(upstreams) == {"vietcap": 1, "vndirect": 1, "cafef": 1}


def test_while_sources_differ_the_second_is_asked_beside_at_the_next_refresh(
    upstreams: Upstreams, at: Callable[[str], None], meet: Callable[..., None]
) -> None:
    upstreams.script("vndirect.quotes", vndirect_rows(close=1780.0, change=45.76))
    assert "disputed" in agreements(refresh_indices())
    at("2026-08-21T08:13:00Z")
    upstreams.reset()
    meet("vietcap.quotes", "vndirect.quotes")
    assert agreements(refresh_indices()) == ["confirmed"] * 5
    assert asked(upstreams) == {"vietcap": 1, "vndirect": 1, "cafef": 1}


def test_a_source_of_prices_is_asked_beside_the_one_that_stands_in_for_the_first(
    upstreams: Upstreams, meet: Callable[..., None]
) -> None:
    fail(SourceRefused("vietcap", "refused with status 403"))
    meet("vndirect.quotes", "cafef.prices")
    result = refresh_indices()
    assert sources(result) == dict.fromkeys(KEYS, "vndirect")
    assert agreements(result) == ["confirmed"] * 5
    assert asked(upstreams) == {"vndirect": 1, "cafef": 1}


@pytest.mark.parametrize(
    "reply",
    [REFUSED, Reply(cut=True), Reply(body="<html>"), Reply(delay=30), Reply(body={"data": 5})],
    ids=["refused", "cut", "page", "slow", "invalid"],
)
def test_a_failure_beside_costs_the_quotes_nothing_and_is_remembered_once(
    upstreams: Upstreams, settings: Settings, reply: Reply
) -> None:
    settings.MARKET_SOURCES, settings.MARKET_TOTAL_SECONDS = ["vietcap"], 0.5
    upstreams.always("vndirect.quotes", reply)
    result = refresh_indices()
    assert (result.failures, closes(result)) == ((), CLOSES)
    value = values(result)["vnindex"]
    assert value
    assert value["second"] == {"source": "cafef", "close": 1768.12}
    known = breaker.read(["vndirect"])["vndirect"]
    assert (known.failures, known.failed_at) == (1, clock.now())


def test_a_probe_that_another_process_makes_is_left_to_it(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    fail(SourceRefused("vndirect", "refused with status 429", retry_after=60))
    at("2026-08-21T08:11:00Z")
    Breakers(["vndirect"], clock.now()).admit("vndirect")
    result = refresh_indices()
    value = values(result)["vnindex"]
    assert value
    assert value["second"] == {"source": "cafef", "close": 1768.12}
    assert asked(upstreams) == {"vietcap": 1, "cafef": 1}


# One answer for all that is wanted of a source


def test_the_answer_stands_in_for_a_first_source_that_fails(upstreams: Upstreams) -> None:
    upstreams.always("vietcap.quotes", REFUSED)
    result = refresh_indices()
    assert sources(result) == dict.fromkeys(KEYS, "vndirect")
    assert agreements(result) == ["confirmed"] * 5  # by CafeF
    assert asked(upstreams) == {"vietcap": 1, "vndirect": 1, "cafef": 1}


def test_the_answer_fills_one_index_and_confirms_the_others(upstreams: Upstreams) -> None:
    upstreams.scenario = "partial"
    result = refresh_indices()
    assert sources(result) == TOLD_BY | {"hnx30": "vndirect"}
    second = {key: value and value["second"] for key, value in values(result).items()}
    assert second["vnindex"] == {"source": "vndirect", "close": 1768.12}
    assert second["hnx30"] == {"source": "cafef", "close": 612.35}
    assert asked(upstreams) == {"vietcap": 1, "vndirect": 1, "cafef": 1}


def test_a_failed_answer_is_told_for_the_index_that_it_should_have_filled(
    upstreams: Upstreams,
) -> None:
    upstreams.scenario = "partial"
    upstreams.always("vndirect.quotes", REFUSED)
    result = refresh_indices()
    told = [(item.source, item.code) for item in result.failures]
    assert told == [("vietcap", "HNX30"), ("vndirect", "")]
    assert asked(upstreams) == {"vietcap": 1, "vndirect": 1, "cafef": 1}


def test_an_index_that_the_source_does_not_offer_is_no_business_of_its_answer(
    upstreams: Upstreams,
) -> None:
    index = Index.objects.get(code="VN30")
    index.vendor_codes.pop("vndirect")
    index.save()
    value = values(refresh_indices())["vn30"]
    assert value
    assert value["second"] == {"source": "cafef", "close": 1927.79}
    (call,) = upstreams.calls_to("vndirect.quotes")
    assert "VN30" not in call.query["q"].replace("HNX30", "")


# What a guess costs


def test_a_source_late_to_its_close_costs_one_call_in_vain_for_each_close(
    upstreams: Upstreams, at: Callable[[str], None], settings: Settings
) -> None:
    """Vietcap stands at 14:44:50 until 15:07; VNDirect has each close at once."""
    settings.MARKET_SOURCES, settings.MARKET_CONFIRM_SOURCES = ["vietcap"], ["vndirect"]
    upstreams.scenario = "demo"
    before_close = Stage("demo", lambda: clock.parse("2026-08-21T07:44:50Z"))
    late = vietcap.quotes(QUESTION, before_close)
    seen = {}
    for moment in ("07:40", "07:47", "07:50", "07:53", "08:01", "08:04", "08:07", "08:10"):
        at(f"2026-08-21T{moment}:00Z")
        if "07:44" < moment < "08:07":
            upstreams.always("vietcap.quotes", late)
        result = refresh_indices()
        seen[moment] = (asked(upstreams)["vndirect"], agreements(result).count("confirmed"))
    assert seen == {
        "07:40": (1, 5),
        "07:47": (1, 0),  # in vain: what it says of a close can be held against no quote
        "07:50": (0, 0),
        "07:53": (0, 0),
        "08:01": (1, 0),  # in vain
        "08:04": (0, 0),
        "08:07": (1, 5),  # not guessed, and asked at once
        "08:10": (0, 5),
    }


def test_a_guess_is_not_repeated_while_nothing_comes_in(
    upstreams: Upstreams, at: Callable[[str], None], settings: Settings
) -> None:
    settings.MARKET_SOURCES = ["vietcap"]
    settings.MARKET_CONFIRM_SOURCES = ["cafef"]
    upstreams.scenario = "demo"
    found = []
    for minute in range(0, 18, 3):
        at(f"2026-08-21T03:{minute:02}:00Z")
        upstreams.always("vietcap.quotes", Reply(body={}))
        breaker.end_rest("vietcap")
        refresh_indices()
        found.append(asked(upstreams)["cafef"])
    assert found == [1, 0, 0, 0, 0, 1]


def test_a_failure_that_nobody_waited_for_counts_against_its_source(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_SOURCES, settings.MARKET_CONFIRM_SOURCES = ["vietcap"], ["cafef"]
    upstreams.always("vietcap.quotes", Reply(body={}))
    upstreams.always("cafef.prices", REFUSED)
    assert [failure.source for failure in refresh_indices().failures] == ["vietcap"]
    known = breaker.read(["cafef"])["cafef"]
    assert (known.failures, known.reason) == (1, "refused with status 403")


def test_a_weekend_costs_the_second_source_nothing_after_the_close(
    upstreams: Upstreams, at: Callable[[str], None], settings: Settings
) -> None:
    """Nobody tells UPCoM's own close here, so that one stays unconfirmed."""
    settings.MARKET_SOURCES = ["vietcap"]
    friday, monday = clock.parse("2026-08-21T08:15:00Z"), clock.parse("2026-08-24T02:00:00Z")
    refresh_indices()
    assert asked(upstreams) == {"vietcap": 1, "vndirect": 1}
    moment = friday
    while moment < monday:
        at(snapshot.iso(moment))
        refresh_indices()
        moment += timedelta(minutes=15)
    assert set(asked(upstreams)) == {"vietcap"}
