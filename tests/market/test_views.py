"""The page of the indices and the strip: what is known, how old it is, and what is not known."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from market.models import Quote
from market.refresh import refresh_indices
from market.snapshot import CURRENT_KEY
from tests.html import Element, Page
from tests.pages import read
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db

NBSP = "\u00a0"


def cells(page: Page, name: str) -> dict[str, str]:
    """The labelled cells of an index's row, no-break spaces as spaces."""
    start = next(
        at for at, item in enumerate(page.elements) if item.tag == "th" and item.text == name
    )
    found: dict[str, str] = {}
    for item in page.elements[start + 1 :]:
        if item.tag == "tr":
            break
        if item.tag == "td":
            found[item.get("data-label") or ""] = item.text.replace(NBSP, " ")
    return found


def judge(redis_client: redis.Redis, key: str, agreement: str, price: float) -> None:
    """Let VNDirect have said `price`, as the last confirmation found."""
    snapshot = json.loads(str(redis_client.get(CURRENT_KEY)))
    second = {"source": "vndirect", "close": price}
    snapshot["indices"][key]["value"] |= {"agreement": agreement, "second": second}
    redis_client.set(CURRENT_KEY, json.dumps(snapshot))


def tick(page: Page, key: str) -> Element:
    return page.one("li", data_index=key)


def seen(source: str) -> str:
    return Page(source).text


@pytest.mark.usefixtures("numbers")
def test_each_index_has_its_figures_source_and_time_in_vietnamese(client: Client) -> None:
    assert cells(read(client, "/indices/"), "VN-Index") == {
        "Điểm": "1.768,12",
        "Thay đổi": "▲ +33,88",
        "%": "+1,95%",
        "Diễn biến": "30 phiên",
        "Tham chiếu": "1.734,24",
        "Khối lượng": "783,5 triệu cổ phiếu",
        "Giá trị": "23.413 tỷ đồng",
        "Tăng / đứng giá / giảm": "241 / 47 / 82",
        "Thời điểm": "14:45 21/8/2026",
        "Nguồn": "Vietcap",
    }


@pytest.mark.usefixtures("numbers")
def test_each_index_has_its_figures_source_and_time_in_english(client: Client) -> None:
    assert cells(read(client, "/en/indices/"), "UPCoM-Index") == {
        "Points": "128.18",
        "Change": "▲ +0.63",
        "%": "+0.49%",
        "Course": "30 sessions",
        "Previous close": "127.55",
        "Volume": "36.8 million shares",
        "Value": "VND 612.1 billion",
        "Up / unchanged / down": "179 / 74 / 109",
        "As of": "15:06 21 August 2026",
        "Source": "VNDirect",
    }


@pytest.mark.usefixtures("numbers")
def test_a_fall_and_a_standstill_are_told_by_sign_shape_and_colour(client: Client) -> None:
    for price, change, percent, shape in (
        ("1734.24", "0,00", "0,00%", "●"),
        ("1700.00", "-34,24", "-1,97%", "▼"),
    ):
        Quote.objects.filter(index__code="VNINDEX").update(price=price)
        redis_gone = read_from_database(client, "/indices/")
        row = cells(redis_gone, "VN-Index")
        assert (row["Thay đổi"], row["%"]) == (f"{shape} {change}", percent)


def read_from_database(client: Client, path: str) -> Page:
    from marketsite.redis import cache

    cache().delete_many([CURRENT_KEY, f"{CURRENT_KEY}:last"])
    return read(client, path)


def test_before_the_first_refresh_the_page_says_so_and_invents_nothing(client: Client) -> None:
    for path, sentence in (
        ("/indices/", "Chưa lấy được số liệu chỉ số nào"),
        ("/en/indices/", "No index has been fetched yet"),
    ):
        page = read(client, path)
        assert sentence in page.text.replace(NBSP, " ")
        assert not page.all("table")
        assert "0,00" not in page.text
        assert "0.00" not in page.text
        assert "hidden" in page.one("ul", class_="ticks").attributes


def test_an_unknown_index_has_no_figure_and_its_reason_stands_below(
    client: Client, upstreams: Upstreams, settings: Settings
) -> None:
    upstreams.scenario = "partial"
    settings.MARKET_SOURCES = ["vietcap"]
    refresh_indices()
    page = read(client, "/en/indices/")
    assert cells(page, "HNX30") == {"": "No figure"}
    assert "HNX30: Vietcap: does not have this figure" in page.text
    mark = tick(page, "hnx30")
    assert "unknown" in mark.attributes["class"].split()
    assert (mark.get("data-as-of"), "–" in mark.text) == ("", True)
    assert "no figure" in page.text
    assert cells(page, "VN-Index")["Points"] == "1,768.12"


def test_what_could_not_be_renewed_keeps_its_time_and_tells_so_and_the_reason_once(
    client: Client, upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    refresh_indices()
    at("2026-08-24T04:20:00Z")
    upstreams.scenario = "down"
    refresh_indices()
    page = read(client, "/en/indices/")
    assert cells(page, "VN30")["As of"] == "14:45 21 August 2026not renewed"
    assert page.text.count("Vietcap, VNDirect: does not answer") == 1
    assert "VN-Index, VN30, HNX-Index, HNX30, UPCoM-Index: Vietcap" in page.text
    strip = page.one("div", class_="strip")
    assert "Morning session" in strip.text
    assert "latest data 15:06, Friday 21 August 2026" in strip.text.replace(NBSP, " ")
    marks = [item for item in page.all("span") if "data-stale" in item.attributes]
    times = ["14:45, 21 August 2026"] * 4 + ["15:06, 21 August 2026"]
    assert [item.text.replace(NBSP, " ") for item in marks] == times
    assert not [item for item in marks if "hidden" in item.attributes]


@pytest.mark.usefixtures("numbers")
def test_two_sources_that_differ_are_shown_with_both_numbers(
    client: Client, redis_client: redis.Redis
) -> None:
    judge(redis_client, "vn30", "disputed", 1950.12)
    judge(redis_client, "hnx30", "confirmed", 612.35)
    page = read(client, "/en/indices/")
    told = cells(page, "VN30")["Source"]
    assert told == "Vietcapsources differVietcap 1,927.79VNDirect 1,950.12"
    assert cells(page, "HNX30")["Source"] == "Vietcapsources agree"
    assert cells(page, "VN-Index")["Source"] == "Vietcap"
    marks = [item for item in page.all("span") if "data-disputed" in item.attributes]
    assert [item.text for item in marks if "hidden" not in item.attributes] == [
        f"sources differ: Vietcap{NBSP}1,927.79, VNDirect{NBSP}1,950.12"
    ]


@pytest.mark.usefixtures("numbers")
def test_indices_stand_under_their_exchange_and_lead_to_their_pages(client: Client) -> None:
    page = read(client, "/en/indices/")
    heads = [item for item in page.all("th") if item.get("scope") in {"rowgroup", "row"}]
    assert [item.text for item in heads][:8] == [
        "HoSE", "VN-Index", "VN30", "HNX", "HNX-Index", "HNX30", "UPCoM", "UPCoM-Index",
    ]  # fmt: skip
    links = {item.text: item.get("href") for item in page.all("a")}
    assert links["HNX-Index"] == "/en/indices/hnxindex/"
    strip = [item.get("href") for item in page.all("a", class_="name")]
    assert strip[:2] == ["/en/indices/vnindex/", "/en/indices/vn30/"]


@pytest.mark.usefixtures("numbers")
def test_a_line_is_the_days_where_there_are_readings_enough(client: Client) -> None:
    quote = Quote.objects.get(index__code="VNINDEX")
    end = quote.as_of
    for back in range(1, 8):
        quote.pk, quote.as_of = None, end - timedelta(minutes=3 * back)
        quote.save(force_insert=True)
    page = read(client, "/en/indices/")
    assert cells(page, "VN-Index")["Course"] == "the day"
    assert cells(page, "VN30")["Course"] == "30 sessions"


@pytest.mark.usefixtures("numbers")
def test_breadth_of_another_moment_does_not_stand_beside_a_value(client: Client) -> None:
    quote = Quote.objects.get(index__code="VNINDEX")
    Quote.objects.filter(pk=quote.pk).update(as_of=quote.as_of - timedelta(minutes=5))
    assert cells(read(client, "/en/indices/"), "VN-Index")["Up / unchanged / down"] == "–"


def test_the_days_range_has_a_column_where_a_source_gives_it(
    client: Client, upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_SOURCES = ["vietcap"]
    refresh_indices()
    assert "Day’s range" not in read(client, "/en/indices/").text
    settings.MARKET_SOURCES = ["vndirect"]
    refresh_indices()
    row = cells(read(client, "/en/indices/"), "HNX30")
    assert row["Day’s range"] == "597.77–613.02"


def test_simulated_numbers_are_called_so_on_every_page(
    client: Client, settings: Settings, at: Callable[[str], None]
) -> None:
    at("2026-08-21T03:21:30Z")
    settings.MARKET_DEMO = "auto"
    assert refresh_indices().snapshot["simulated"]
    for path in ("/", "/reports/", "/indices/", "/api/v1/docs", "/nope"):
        page = Page(client.get(path).content)
        assert "Dữ liệu mô phỏng: không kết nối được nguồn nào" in page.text, path
        assert page.one("div", class_="strip").get("data-simulated") == "true"
        page = Page(client.get(f"/en{path}").content)
        assert "Simulated data: no market source could be reached" in page.text, path
    assert cells(read(client, "/en/indices/"), "VN30")["Source"] == "simulated data"


@pytest.mark.usefixtures("numbers")
def test_real_numbers_are_not_called_simulated(client: Client) -> None:
    page = read(client, "/en/")
    assert "imulated" not in page.text
    assert page.one("div", class_="strip").get("data-simulated") == "false"


def test_the_strip_marks_what_is_old_and_only_that(
    client: Client, upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_SOURCES = ["vietcap"]
    refresh_indices()
    page = read(client, "/")
    old = [
        item.get("data-index")
        for item in page.all("li", class_="tick")
        if "14:45, 21/8/2026" in seen_part(page, item)
    ]
    assert old == ["upcomindex"]  # UPCoM trades to 15:00, its value is of 14:45


def seen_part(page: Page, item: Element) -> str:
    """The age mark of a tick, "" while it is hidden."""
    start = page.elements.index(item)
    mark = next(part for part in page.elements[start:] if "data-stale" in part.attributes)
    return "" if "hidden" in mark.attributes else mark.text.replace(NBSP, " ")


@pytest.mark.usefixtures("numbers")
def test_hostile_words_of_another_program_stay_text(
    client: Client, redis_client: redis.Redis
) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    snapshot = json.loads(str(redis_client.get(CURRENT_KEY)))
    snapshot["session"] = hostile
    snapshot["indices"]["vn30"]["error"] = hostile
    snapshot["indices"]["vn30"]["value"]["source"] = hostile
    redis_client.set(CURRENT_KEY, json.dumps(snapshot))
    page = read(client, "/indices/")
    assert not page.all("img")
    assert page.all("span", class_="chip")[0].text == hostile
    assert cells(page, "VN30")["Nguồn"] == hostile
    assert "VN30: câu trả lời không đọc được" in page.text  # its own words are for staff


@pytest.mark.usefixtures("numbers")
def test_the_number_of_queries_does_not_grow_with_the_quotes(client: Client) -> None:
    def count() -> int:
        client.get("/indices/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/indices/")
        return len(captured)

    few = count()
    quotes = list(Quote.objects.all())
    for quote in quotes:
        quote.pk = None
        quote.as_of -= timedelta(minutes=3)
    Quote.objects.bulk_create(quotes)
    assert count() == few <= 4
