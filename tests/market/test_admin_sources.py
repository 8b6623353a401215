"""Staff see how the sources do and end a rest; rejected quotes and overviews can be read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from pytest_django import Settings

from market import breaker
from market.breaker import Breakers, State
from market.models import Overview, RejectedQuote
from market.sources.base import SourceError, SourceRefused, SourceUnavailable
from marketsite import clock
from tests.html import Element, Page
from tests.market.conftest import MakeQuote
from tests.market.test_admin import columns, signed_in, url
from tests.people import editor, staff, superuser

pytestmark = pytest.mark.django_db

FEAR = "Chỉ số Sợ hãi và Tham lam"
NOW = "2026-08-21T08:00:00Z"
At = Callable[[str], None]


def page_of(client: Client, language: str = "vi") -> Page:
    with override(language):
        return Page(client.get(reverse("admin:market_sources")).content)


def ask_again(source: str) -> str:
    with override("vi"):
        return reverse("admin:market_source_ask", args=[source])


def row(page: Page, name: str) -> Element:
    (found,) = [item for item in page.all("tr") if f" {name} " in f" {item.text} "]
    return found


@pytest.fixture(autouse=True)
def every_source(settings: Settings) -> None:
    """All are in use, as by default."""
    settings.MARKET_SOURCES = ["vietcap", "vndirect", "kbs", "dnse"]
    settings.MARKET_CONFIRM_SOURCES = ["vndirect", "cafef", "kbs"]
    settings.MARKET_BAR_SOURCES = ["vietcap", "vndirect_chart"]


@pytest.fixture
def refused(at: At) -> None:
    """KBS answered once, then refused; DNSE did not answer once."""
    at("2026-08-21T07:30:00Z")
    breakers = Breakers(["kbs"], clock.now())
    breakers.call("kbs", lambda: None)
    breakers.save()
    at(NOW)
    fail(SourceRefused("kbs", "answered 403", retry_after=1800))
    fail(SourceUnavailable("dnse", "timed out"))


def fail(error: SourceError) -> None:
    def call() -> None:
        raise error

    breakers = Breakers([error.source], clock.now())
    with pytest.raises(SourceError):
        breakers.call(error.source, call)
    breakers.save()


# How the sources do


def test_each_configured_source_stands_there_with_its_state(refused: None) -> None:
    page = page_of(signed_in(editor()))
    kbs = row(page, "kbs").text
    assert "nghỉ đến 21/8/2026, 15:30" in kbs
    assert "answered 403 21/8/2026, 15:00" in kbs
    assert "21/8/2026, 14:30" in kbs
    assert "số liệu trong phiên, số liệu ngày" in kbs
    assert "đang dùng" in row(page, "dnse").text
    assert "chưa có thông tin" in row(page, "vietcap").text
    assert "giá để đối chiếu" in row(page, "cafef").text
    for name in ("binance", "coingecko", "coinpaprika", "alternative_me", "vndirect_chart"):
        assert "chưa có thông tin" in row(page, name).text


def test_a_source_that_may_be_probed_says_so_in_both_languages(refused: None, at: At) -> None:
    at("2026-08-21T08:30:01Z")
    client = signed_in(editor())
    assert "lần gọi tới sẽ thử lại" in row(page_of(client), "kbs").text
    assert "the next call tries it" in row(page_of(client, "en"), "kbs").text


def test_asking_again_ends_the_rest_and_is_logged(
    refused: None, caplog: pytest.LogCaptureFixture
) -> None:
    user = superuser()
    client = signed_in(user)
    buttons = [item.get("action") for item in page_of(client).all("form", class_="tools")]
    assert buttons == [ask_again("kbs")]
    with caplog.at_level(logging.INFO, logger="market.admin.sources"):
        response = client.post(ask_again("kbs"), follow=True)
    assert "KBS không còn nghỉ: nguồn sẽ được hỏi khi đến lượt." in Page(response.content).text
    assert caplog.messages == [f"rest ended source=kbs user={user.pk}"]
    known = breaker.read(["kbs"])["kbs"]
    assert known.state(clock.now()) == State.CLOSED
    assert (known.failures, known.reason) == (1, "answered 403")
    assert known.succeeded_at == clock.parse("2026-08-21T07:30:00Z")
    assert Breakers(["kbs"], clock.now()).call("kbs", lambda: "answer") == "answer"


def test_a_probe_that_is_under_way_does_not_outlast_the_button(refused: None, at: At) -> None:
    at("2026-08-21T08:31:00Z")
    taken = Breakers(["kbs"], clock.now())
    with pytest.raises(SourceUnavailable):
        taken.call("kbs", unavailable)
    signed_in(superuser()).post(ask_again("kbs"))
    at("2026-08-21T08:31:01Z")
    assert Breakers(["kbs"], clock.now()).call("kbs", lambda: 1) == 1


def unavailable() -> None:
    raise SourceUnavailable("kbs", "timed out")


def test_only_who_may_change_indices_ends_a_rest(refused: None) -> None:
    client = signed_in(editor())
    assert page_of(client).all("form", class_="tools") == []
    assert client.post(ask_again("kbs")).status_code == 403
    assert breaker.read(["kbs"])["kbs"].until is not None
    may = signed_in(staff("market.view_index", "market.change_index"))
    assert may.get(ask_again("kbs")).status_code == 405
    assert may.post(ask_again("nobody")).status_code == 404
    assert may.post(ask_again("kbs")).status_code == 302


def test_the_page_is_for_staff_who_may_see_indices() -> None:
    address = url("sources")
    assert Client().get(address)["Location"].startswith("/admin/login/")
    assert signed_in(staff()).get(address).status_code == 403


def test_without_redis_the_page_stands_and_the_button_says_why(dead_redis: None) -> None:
    client = signed_in(superuser())
    assert "chưa có thông tin" in row(page_of(client), "kbs").text
    response = client.post(ask_again("kbs"), follow=True)
    assert "Redis không trả lời" in Page(response.content).text


def test_the_first_page_names_what_rests(refused: None) -> None:
    with override("vi"):
        page = Page(signed_in(editor()).get(reverse("admin:index")).content)
    assert "Nguồn đang nghỉ: KBS" in page.text
    assert page.one("a", href=url("sources")).text == "Nguồn"


# Rejected quotes


def test_rejected_quotes_are_listed_filtered_and_found(at: At) -> None:
    at(NOW)
    reasons = {"vietcap": "price is not positive", "kbs": "a move of 25.0 percent"}
    for source, reason in reasons.items():
        RejectedQuote.objects.create(
            source=source, code="VN30", reason=reason, excerpt="price=0", rejected_at=clock.now()
        )
    client = signed_in(editor())
    assert columns(client, "rejectedquote")[:5] == [
        "21/8/2026, 15:00",
        "KBS",
        "VN30",
        "a move of 25.0 percent",
        "price=0",
    ]
    address = url("rejectedquote_changelist")
    for query in ("?source=vietcap", "?q=positive", "?code=VN30&source=vietcap"):
        text = Page(client.get(address + query).content).text
        assert "price is not positive" in text, query
        assert "a move of 25.0 percent" not in text, query
    assert client.get(url("rejectedquote_add")).status_code == 403


# Quotes and overviews


def test_the_list_shows_what_the_second_source_said(make_quote: MakeQuote) -> None:
    make_quote(agreement="disputed", second_price=Decimal("1700.5"), second_source="kbs")
    cells = columns(signed_in(editor()), "quote")
    assert cells[4:6] == ["các nguồn lệch", "1.700,50 (KBS)"]


def make_overview(**data: Any) -> Overview:
    fetched_at = datetime(2026, 8, 21, 7, 58, tzinfo=UTC)
    return Overview.objects.create(fetched_at=fetched_at, data=data)


def test_an_overview_is_read_figure_by_figure() -> None:
    overview = make_overview(
        btc_price_usd=115140.5,
        btc_rsi_14=69.2085,
        ada_price_usd=0.8123,
        fng_value=None,
        data_sources=["binance", "coingecko"],
        partial_failure={"fng_value": "timed out"},
        fetch_duration_ms=412,
        something_new="x",
    )
    page = Page(signed_in(editor()).get(url("overview_change", overview.pk)).content)
    at = page.elements.index(page.one("table", class_="figures"))
    names = [item.text for item in page.elements[at:] if item.tag == "th"]
    values = [item.text for item in page.elements[at:] if item.tag == "td"]
    assert list(zip(names, values, strict=True)) == [
        ("Bitcoin: giá (USD)", "115.140,50"),
        ("Bitcoin: RSI 14 ngày", "69,21"),
        ("Cardano: giá (USD)", "0,8123"),
        (FEAR, "–"),
        ("nguồn", "Binance, CoinGecko"),
        ("phần còn thiếu", f"{FEAR}: timed out"),
        ("thời gian lấy (ms)", "412"),
        ("something_new", "x"),
    ]


def test_a_list_of_overviews_does_not_load_the_documents() -> None:
    make_overview(btc_price_usd=1)
    client = signed_in(editor())
    with CaptureQueriesContext(connection) as queries:
        assert columns(client, "overview") == ["21/8/2026, 14:58", "số thật"]
    assert not [query for query in queries if '"market_overview"."data"' in query["sql"]]
