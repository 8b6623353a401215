"""The page of one index: its figures and their standing, its ranges, its table and its drawing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from market.models import Bar, Index, Quote
from market.ranges import MOST_LISTED
from market.refresh import refresh_indices
from tests.html import Page
from tests.market.conftest import MakeBar, MakeQuote
from tests.market.test_views import judge
from tests.pages import read
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db

NBSP = "\u00a0"
PAGE = "/en/indices/vnindex/"


def figures(page: Page) -> dict[str, str]:
    names, values = page.all("dt"), page.all("dd")
    pairs = zip(names, values, strict=True)
    return {name.text: value.text.replace(NBSP, " ") for name, value in pairs}


def rows(page: Page) -> list[list[str]]:
    """The cells of the table of the history."""
    start = page.elements.index(page.one("table", class_="data"))
    found: list[list[str]] = []
    for item in page.elements[start:]:
        if item.tag == "tr":
            found.append([])
        elif item.tag in {"th", "td"}:
            found[-1].append(item.text.replace(NBSP, " "))
    return found


@pytest.mark.usefixtures("numbers")
def test_it_tells_each_figure_and_how_well_it_is_known(client: Client) -> None:
    page = read(client, PAGE)
    assert page.one("h1").text == "VN-Index"
    assert page.one("p", class_="now").text == "1,768.12 ▲ +33.88 (+1.95%)"
    assert figures(page) == {
        "Previous close": "1,734.24",
        "Open": "–",
        "Day’s range": "–",
        "Volume": "783.5 million shares",
        "Value": "VND 23.4 trillion",
        "Up / unchanged / down": "241 / 47 / 82",
        "At the ceiling / at the floor": "9 / 2",
        "Agreement": "one source Vietcap",
        "As of": "14:45, 21 August 2026",
    }
    assert "As of 14:45, 21 August 2026" in page.text.replace(NBSP, " ")
    assert "Source: Vietcap" in page.text


@pytest.mark.usefixtures("numbers")
def test_two_sources_that_agree_or_differ_are_named_with_their_numbers(
    client: Client, redis_client: redis.Redis
) -> None:
    judge(redis_client, "vnindex", "confirmed", 1768.5)
    assert figures(read(client, PAGE))["Agreement"] == "two sources agree VNDirect 1,768.50"
    judge(redis_client, "vnindex", "disputed", 1790.5)
    page = read(client, PAGE)
    expected = "sources differ Vietcap 1,768.12, VNDirect 1,790.50"
    assert figures(page)["Agreement"] == expected
    assert "Sources differ: Vietcap says 1,768.12, VNDirect says 1,790.50." in page.text


def test_an_old_value_is_called_so_with_the_session_of_its_own_exchange(
    client: Client, at: Callable[[str], None], upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_SOURCES = ["vietcap"]  # which stops before UPCoM's close
    refresh_indices()
    page = read(client, "/en/indices/upcomindex/")
    assert "a live feed would show something newer" in figures(page)["As of"]
    at("2026-08-24T07:50:00Z")  # HoSE has closed, UPCoM has not
    upstreams.scenario = "down"
    refresh_indices()
    page = read(client, "/en/indices/upcomindex/")
    chips = [item.text.replace(NBSP, " ") for item in page.all("span", class_="chip")]
    assert "Afternoon session" in chips
    (old,) = (item for item in page.all("span", class_="old") if item.get("data-age-of"))
    assert (old.text, old.get("data-age-of")) == ("not renewed", "2026-08-21T07:45:59.999000+00:00")
    assert "Not renewed: Vietcap: does not answer" in page.text


@pytest.mark.usefixtures("numbers")
def test_the_table_holds_the_numbers_of_the_drawing_newest_first(client: Client) -> None:
    page = read(client, f"{PAGE}?range=1m")
    head, newest, *_ = found = rows(page)
    assert head == ["Day", "Open", "High", "Low", "Close", "Volume"]
    bar = Bar.objects.filter(index__code="VNINDEX").latest("day")
    assert newest[0] == "21 August 2026"
    assert newest[4] == f"{bar.close:,.2f}"
    line = page.one("polyline", class_="line")
    assert len(line.attributes["points"].split()) == len(found) - 1
    assert page.one("figure", class_="history").get("data-interval") == "1d"


@pytest.mark.usefixtures("numbers")
def test_ranges_are_links_of_which_one_is_current(client: Client) -> None:
    for path, current, days in (
        (PAGE, "6 months", 183),
        (f"{PAGE}?range=1y", "1 year", 366),
        (f"{PAGE}?range=nonsense", "6 months", 183),
        (f"{PAGE}?range=max", "All", None),
    ):
        page = read(client, path)
        marks = [item.text for item in page.all("a") if item.get("aria-current") == "true"]
        assert marks == ["Indices", current]
        address = page.one("figure", class_="history").attributes["data-history"]
        first = date(2026, 8, 21) - timedelta(days=days) if days else None
        assert f"from={first}" in address if first else "from=" not in address
    named = [item.text for item in page.all("a") if "range=" in (item.get("href") or "")]
    assert [name for name in named if name != "Tiếng Việt"] == [
        "1 day", "1 month", "6 months", "1 year", "All",
    ]  # fmt: skip


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize("choice", ["1d", "1m", "max"])
def test_the_api_gives_the_script_and_the_file_the_same_rows(
    client: Client, make_quote: MakeQuote, choice: str
) -> None:
    for minute in range(10, 40):
        make_quote(as_of=f"2026-08-21T03:{minute}:20Z", price=Decimal(1700 + minute))
    page = read(client, f"{PAGE}?range={choice}")
    address = page.one("figure", class_="history").attributes["data-history"]
    body = client.get(address).json()
    values = [f"{row.get('price', row.get('close')):,.2f}" for row in reversed(body["rows"])]
    column = 1 if choice == "1d" else 4
    assert [row[column] for row in rows(page)[1:]] == values[:MOST_LISTED]
    (csv,) = [item for item in page.all("a") if item.text == "CSV"]
    response = client.get(csv.attributes["href"])
    assert response["Content-Type"].startswith("text/csv")
    assert response.text.count("\r\n") == len(values) + 1


def test_a_long_history_is_thinned_in_the_drawing_and_cut_in_the_table(
    client: Client, upstreams: Upstreams
) -> None:
    refresh_indices()
    prices = dict.fromkeys(("open", "high", "low", "close"), Decimal(1700))
    index, end = Index.objects.get(code="VNINDEX"), date(2026, 8, 21)
    Bar.objects.bulk_create(
        Bar(index=index, day=end - timedelta(days=back), source="csv", **prices)
        for back in range(1500)
    )
    page = read(client, f"{PAGE}?range=max")
    assert len(page.one("polyline", class_="line").attributes["points"].split()) == 500
    assert len(rows(page)) == MOST_LISTED + 1
    assert "The newest 260 of 1500 rows; the file has all." in page.text


@pytest.mark.parametrize("choice", ["1d", "6m", "max"])
def test_without_history_the_page_says_so(
    client: Client, upstreams: Upstreams, choice: str
) -> None:
    refresh_indices()
    page = read(client, f"{PAGE}?range={choice}")
    assert page.one("h3").text == "No history for this range"
    assert not page.all("figure")
    assert figures(page)["Previous close"] == "1,734.24"


def test_before_the_first_refresh_nothing_is_invented(client: Client) -> None:
    page = read(client, PAGE)
    assert "No figure" in page.text
    assert not page.all("dt")
    assert "0.00" not in page.text


def test_simulated_numbers_are_marked_where_they_stand(client: Client, settings: Settings) -> None:
    settings.MARKET_DEMO = "auto"
    refresh_indices()
    page = read(client, PAGE)
    marks = [item for item in page.all("span", class_="chip") if item.text == "simulated"]
    assert len(marks) == 2  # in the strip and at the figure


@pytest.mark.usefixtures("numbers")
def test_real_and_simulated_bars_are_not_mixed(client: Client, make_bar: MakeBar) -> None:
    make_bar("2025-01-02", "4242.42", simulated=True, source="demo")
    assert "4,242.42" not in read(client, f"{PAGE}?range=max").text


def test_an_address_in_other_letters_leads_to_the_one_of_the_page(client: Client) -> None:
    response = client.get("/en/indices/VNIndex/?range=1y")
    assert (response.status_code, response["Location"]) == (301, "/en/indices/vnindex/?range=1y")
    assert client.get("/indices/VNINDEX/")["Location"] == "/indices/vnindex/"


def test_an_unknown_or_inactive_index_has_no_page(client: Client) -> None:
    Index.objects.filter(code="HNX30").update(active=False)
    for path in ("/indices/nope/", "/indices/a%00/", "/en/indices/hnx30/", "/en/indices/HNX30/"):
        assert client.get(path).status_code == 404


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize("choice", ["1d", "1y"])
def test_the_number_of_queries_does_not_grow_with_the_history(client: Client, choice: str) -> None:
    path = f"{PAGE}?range={choice}"

    def count() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        return len(captured)

    few = count()
    quotes = list(Quote.objects.all())
    for quote in quotes:
        quote.pk = None
        quote.as_of -= timedelta(minutes=3)
    Quote.objects.bulk_create(quotes)
    assert count() == few <= 7
