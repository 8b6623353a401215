"""The crypto section of a page, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import override
from pytest_django import Settings

from market import formats
from market.crypto_view import CryptoView
from market.overview import crypto_view, refresh_overview
from tests.html import Page
from tests.market.overviews import EVERY_SOURCE
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

DASH = "–"


def shown(language: str = "en") -> CryptoView:
    with override(language):
        found = crypto_view()
    assert found
    return found


def section(language: str = "en") -> Page:
    with override(language):
        text = render_to_string("includes/crypto.html", {"crypto": crypto_view()})
    return Page(text)


def plain(text: str) -> str:
    return text.replace(formats.NBSP, " ")


def test_before_the_first_overview_the_section_says_so(db: None) -> None:
    assert crypto_view() is None
    assert "No crypto figure has been fetched yet." in section().text


@pytest.mark.parametrize(
    ("language", "price", "change", "rsi", "cap"),
    [
        ("en", "$98,450", "+1.84%", "69.2", "$3.45 trillion"),
        ("vi", "98.450 USD", "+1,84%", "69,2", "3,45 nghìn tỷ USD"),
    ],
)
def test_figures_are_written_as_the_language_does(
    crypto: Upstreams, language: str, price: str, change: str, rsi: str, cap: str
) -> None:
    refresh_overview()
    view = shown(language)
    (row,) = [row for row in view.rows if row.symbol == "BTC"]
    assert (plain(row.price), row.change, row.rsi, row.direction) == (price, change, rsi, "up")
    assert plain(view.figures[0].text) == cap
    text = plain(section(language).text)
    for told in (price, change, rsi, cap):
        assert told in text


@pytest.mark.parametrize(
    ("value", "english", "vietnamese"),
    [
        (0, "Extreme fear", "Sợ hãi tột độ"),
        (25, "Extreme fear", "Sợ hãi tột độ"),
        (26, "Fear", "Sợ hãi"),
        (46, "Fear", "Sợ hãi"),
        (47, "Neutral", "Trung lập"),
        (54, "Neutral", "Trung lập"),
        (55, "Greed", "Tham lam"),
        (75, "Greed", "Tham lam"),
        (76, "Extreme greed", "Tham lam tột độ"),
        (100, "Extreme greed", "Tham lam tột độ"),
    ],
)
def test_sentiment_has_its_word(
    crypto: Upstreams, value: int, english: str, vietnamese: str
) -> None:
    answer = {"data": [{"value": str(value), "timestamp": "1787270400"}]}
    crypto.always("alternative_me.index", Reply(body=answer))
    refresh_overview()
    assert f"{value} {english}" in section("en").text
    assert f"{value} {vietnamese}" in section("vi").text


@pytest.mark.parametrize("language", ["en", "vi"])
def test_each_source_in_use_is_credited_with_its_link(crypto: Upstreams, language: str) -> None:
    refresh_overview()
    page = section(language)
    links = {item.attributes["href"]: item for item in page.all("a")}
    assert list(links) == [
        "https://www.binance.com/",
        "https://www.coingecko.com/",
        "https://alternative.me/crypto/fear-and-greed-index/",
    ]
    assert {item.attributes["rel"] for item in links.values()} == {"noopener"}
    assert "CoinGecko" in links["https://www.coingecko.com/"].text


def test_a_source_without_a_part_in_it_is_not_credited(crypto: Upstreams) -> None:
    crypto.always("coingecko.global", Reply(status=503))
    result = refresh_overview()
    assert set(result.data["data_sources"]) == {*EVERY_SOURCE, "coinpaprika"} - {"coingecko"}
    assert [item.text for item in shown().attributions][1] == "Data from CoinPaprika"
    assert "CoinGecko" not in section().text


def test_what_is_missing_is_a_dash_with_its_reason_once(crypto: Upstreams) -> None:
    for name in ("binance.tickers", "coingecko.prices", "alternative_me.index"):
        crypto.always(name, Reply(status=503))
    refresh_overview()
    view = shown()
    assert {(row.price, row.change, row.direction) for row in view.rows} == {
        (DASH, DASH, "unknown")
    }
    assert view.sentiment is None
    page = section()
    reasons = [item.text for item in page.all("li")]
    assert len(reasons) == 3  # prices, sentiment, RSI
    coins = "BTC, ETH, SOL, XRP, ADA, LINK, BNB"
    assert reasons[0] == f"{coins}: Binance, CoinGecko: does not answer"


def test_an_overview_without_any_figure_shows_no_table(crypto: Upstreams) -> None:
    crypto.scenario = "down"
    refresh_overview()
    assert not shown().available
    page = section()
    assert page.all("table") == []
    assert page.all("li")


def test_an_old_overview_tells_its_age(crypto: Upstreams, at: Callable[[str], None]) -> None:
    refresh_overview()
    at("2026-08-21T03:26:30Z")
    assert not shown().stale
    at("2026-08-21T05:21:31Z")
    view = shown()
    assert view.stale
    (old,) = (item for item in section().all("span", class_="old") if item.get("data-age-of"))
    assert (old.text, old.get("data-age-of")) == ("not renewed", view.as_of.isoformat())


def test_a_simulated_overview_says_so_and_credits_nobody(
    crypto: Upstreams, settings: Settings
) -> None:
    settings.MARKET_DEMO = "auto"
    crypto.scenario = "down"
    refresh_overview()
    page = section()
    assert "simulated" in page.text
    assert page.all("a") == []


@pytest.mark.parametrize(
    ("path", "title"),
    [("/indices/", "Tiền mã hóa"), ("/en/indices/", "Crypto")],
)
def test_the_page_of_the_indices_has_the_section(
    client: Client, crypto: Upstreams, path: str, title: str
) -> None:
    refresh_overview()
    page = Page(client.get(path).content)
    assert page.one("h2", id="crypto").text == title
    assert "Bitcoin" in page.one("section", class_="crypto").text


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (115_140.4, "115.140 USD", "$115,140"),
        (201.339, "201,34 USD", "$201.34"),
        (0.8123, "0,8123 USD", "$0.8123"),
    ],
)
def test_a_price_is_finer_the_smaller_it_is(value: Any, vietnamese: str, english: str) -> None:
    assert plain(formats.dollar_price(value, "vi")) == vietnamese
    assert formats.dollar_price(value, "en") == english


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (138_061_000_000, "138,1 tỷ USD", "$138.1 billion"),
        (3_970_000_000_000, "3,97 nghìn tỷ USD", "$3.97 trillion"),
        (999_999_999_999, "1,00 nghìn tỷ USD", "$1.00 trillion"),
    ],
)
def test_an_amount_of_dollars_takes_its_largest_word(
    value: Any, vietnamese: str, english: str
) -> None:
    assert plain(formats.dollars(value, "vi")) == vietnamese
    assert plain(formats.dollars(value, "en")) == english
