"""`GET /api/v1/market/indices/<code>/history`: pages of bars and minutes, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from market import series
from market.models import Bar, Index, Quote
from market.refresh import refresh_indices
from marketsite import clock
from tests.market.conftest import MakeBar, MakeQuote

pytestmark = pytest.mark.django_db

NOW = "2026-08-21T08:10:00Z"
BARS = "/api/v1/market/indices/vnindex/history"
MINUTES = f"{BARS}?interval=1m"


@pytest.fixture(autouse=True)
def _now(at: Callable[[str], None]) -> None:
    at(NOW)


@pytest.fixture
def week(make_bar: MakeBar) -> None:
    """Five days of VN-Index, and one of another index and one simulated, which are not in them."""
    for day in range(17, 22):
        make_bar(f"2026-08-{day}", str(1700 + day), volume=day * 1000)
    make_bar("2026-08-21", "600", code="HNX30")
    make_bar("2026-08-14", "5", simulated=True, source="demo")


def days(response: HttpResponse) -> list[int]:
    assert response.status_code == 200
    return [date.fromisoformat(row["date"]).day for row in response.json()["rows"]]  # type: ignore[attr-defined]


@pytest.mark.usefixtures("week")
def test_bars_come_oldest_first_each_with_its_source(client: Client) -> None:
    body = client.get(BARS).json()
    assert (body["code"], body["name"], body["interval"]) == ("VNINDEX", "VN-Index", "1d")
    assert body["next"] is None
    assert [row["close"] for row in body["rows"]] == [1717, 1718, 1719, 1720, 1721]
    assert body["rows"][-1] == {
        "date": "2026-08-21",
        "open": 1721.0,
        "high": 1721.0,
        "low": 1721.0,
        "close": 1721.0,
        "volume": 21000,
        "source": "vietcap",
        "simulated": False,
    }


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=2026-08-19", [19, 20, 21]),
        ("to=2026-08-18", [17, 18]),
        ("from=2026-08-18&to=2026-08-20", [18, 19, 20]),
        ("from=2026-08-22", []),
        ("limit=2", [17, 18]),
        ("cursor=2026-08-18&limit=2", [19, 20]),
    ],
)
def test_a_range_includes_both_its_ends(client: Client, query: str, expected: list[int]) -> None:
    assert days(client.get(f"{BARS}?{query}")) == expected


@pytest.mark.usefixtures("week")
def test_pages_follow_each_other_without_gap_or_repetition(client: Client) -> None:
    address, seen = f"{BARS}?limit=2&from=2026-08-17", []
    while address:
        response = client.get(address)
        seen.append(days(response))
        link = response.get("Link", "")
        address = response.json()["next"]
        assert link == (f'<{address}>; rel="next"' if address else "")
    assert seen == [[17, 18], [19, 20], [21]]


def test_a_minute_is_its_last_quote_with_its_time(client: Client, make_quote: MakeQuote) -> None:
    for second, price in (("02:15:05", 1701), ("02:15:40", 1702), ("02:16:00", 1703)):
        make_quote(as_of=f"2026-08-21T{second}Z", price=Decimal(price), agreement="confirmed")
    make_quote(as_of="2026-08-21T02:15:50Z", code="HNX30", price=Decimal(600))
    make_quote(as_of="2026-08-21T02:15:55Z", simulated=True, source="demo")
    rows = client.get(MINUTES).json()["rows"]
    assert [(row["as_of"], row["price"]) for row in rows] == [
        ("2026-08-21T02:15:40Z", 1702.0),
        ("2026-08-21T02:16:00Z", 1703.0),
    ]
    assert rows[0]["agreement"] == "confirmed"
    assert (rows[0]["source"], rows[0]["simulated"]) == ("vietcap", False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=2026-08-21", ["17:00", "02:15", "16:59", "17:00"]),
        ("to=2026-08-20", ["16:58"]),
        ("from=2026-08-21&to=2026-08-21", ["17:00", "02:15", "16:59"]),
        ("from=2026-08-21T09:15:00%2B07:00", ["02:15", "16:59", "17:00"]),
        ("from=2026-08-21T09:15:00+07:00&to=2026-08-21T02:15:00Z", ["02:15"]),
    ],
)
def test_a_date_means_that_day_in_vietnam(
    client: Client, make_quote: MakeQuote, query: str, expected: list[str]
) -> None:
    for moment in (
        "2026-08-20T16:58:00Z",
        "2026-08-20T17:00:00Z",
        "2026-08-21T02:15:00Z",
        "2026-08-21T16:59:00Z",
        "2026-08-21T17:00:00Z",
    ):
        make_quote(as_of=moment)
    rows = client.get(f"{MINUTES}&{query}").json()["rows"]
    assert [row["as_of"][11:16] for row in rows] == expected


def test_pages_of_minutes_follow_each_other(client: Client, make_quote: MakeQuote) -> None:
    moments = [f"2026-08-21T02:{15 + at // 2}:{10 + at % 2 * 30}.123456Z" for at in range(10)]
    for moment in moments:
        make_quote(as_of=moment)
    address, seen = f"{MINUTES}&limit=2", []
    while address:
        body = client.get(address).json()
        seen += [row["as_of"] for row in body["rows"]]
        address = body["next"]
    assert seen == moments[1::2]


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("format=csv", "*/*"),
        ("", "text/csv"),
        ("", "text/csv, application/json;q=0.5"),
    ],
)
def test_the_same_rows_come_as_csv(client: Client, query: str, accept: str) -> None:
    response = client.get(f"{BARS}?limit=2&{query}", headers={"accept": accept})
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Content-Disposition"] == 'attachment; filename="vnindex-1d.csv"'
    assert response["Vary"] == "Accept"
    assert "cursor=2026-08-18" in response["Link"]
    rows = list(csv.reader(io.StringIO(response.text)))
    assert rows == [
        ["date", "open", "high", "low", "close", "volume", "source", "simulated"],
        ["2026-08-17", "1717.0", "1717.0", "1717.0", "1717.0", "17000", "vietcap", "false"],
        ["2026-08-18", "1718.0", "1718.0", "1718.0", "1718.0", "18000", "vietcap", "false"],
    ]


@pytest.mark.parametrize(
    ("query", "accept"),
    [("", "*/*"), ("", "text/html,*/*;q=0.8"), ("format=json", "text/csv")],
)
def test_otherwise_they_come_as_json(client: Client, query: str, accept: str) -> None:
    response = client.get(f"{BARS}?{query}", headers={"accept": accept})
    assert response["Content-Type"] == "application/json; charset=utf-8"


def test_csv_of_no_minutes_has_its_header(client: Client) -> None:
    text = client.get(f"{MINUTES}&format=csv").text
    assert text == "as_of,price,previous_close,volume,value,agreement,source,simulated\r\n"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("from=yesterday", "from"),
        ("to=2026-02-30", "to"),
        ("from=2026-08-21T08:00:00Z", "from"),
        ("from=2026-08-21&to=2026-08-20", "from"),
        ("cursor=7", "cursor"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=5001", "limit"),
        ("limit=%D9%A3", "limit"),
        ("interval=1h", "interval"),
        ("format=xml", "format"),
        ("interval=1m&from=2026-08-21T08:00:00", "from"),
        ("interval=1m&from=0001-01-01", "from"),
        ("interval=1m&cursor=x", "cursor"),
    ],
)
def test_what_cannot_be_understood_is_named(client: Client, query: str, parameter: str) -> None:
    response = client.get(f"{BARS}?{query}")
    assert response.status_code == 422
    assert re.match(rf"{parameter}: must", response.json()["detail"])


@pytest.mark.parametrize("query", ["page=2", "page_size=5", "limit=5&offset=5"])
def test_a_parameter_that_there_is_not_is_refused_rather_than_ignored(
    client: Client, query: str
) -> None:
    response = client.get(f"{BARS}?{query}")
    name = query.rpartition("&")[2].partition("=")[0]
    known = "from, to, interval, limit, cursor, format"
    assert (response.status_code, response.json()) == (
        422,
        {"detail": f"{name}: no such parameter (known: {known})"},
    )


def test_an_unknown_or_inactive_index_has_no_history(client: Client) -> None:
    Index.objects.filter(code="HNX30").update(active=False)
    for code in ("nope", "hnx30", "a%00"):
        response = client.get(f"/api/v1/market/indices/{code}/history")
        assert (response.status_code, response.json()) == (404, {"detail": "No such index"})
    assert client.get("/api/v1/market/indices/UPCOMINDEX/history").status_code == 200


@pytest.mark.usefixtures("week")
def test_who_has_a_page_already_is_told_so(client: Client, make_bar: MakeBar) -> None:
    first = client.get(BARS)
    assert first["Cache-Control"].startswith("public, max-age=")
    known = {"if-none-match": first["ETag"]}
    assert client.get(BARS, headers=known).status_code == 304
    assert client.get(f"{BARS}?format=csv", headers=known).status_code == 200
    make_bar("2026-08-24")
    assert client.get(BARS, headers=known).status_code == 200


def test_simulated_rows_are_shown_where_the_snapshot_is_simulated_and_say_so(
    client: Client, settings: Settings
) -> None:
    settings.MARKET_DEMO = "auto"
    refresh_indices()
    (row,) = client.get(MINUTES).json()["rows"]
    assert (row["simulated"], row["source"]) == (True, "demo")


# Cost


@pytest.fixture
def years(db: None) -> None:
    """Some years of bars and days of minutes of every index, as the planner has seen them.

    In empty tables: room that other tests left would scatter the rows, and the plan with them.
    """
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE market_bar, market_quote")
    indices = list(Index.objects.all())
    prices = dict.fromkeys(("open", "high", "low", "close"), Decimal(1700))
    Bar.objects.bulk_create(
        Bar(index=index, day=date(2026, 8, 21) - timedelta(days=back), source="csv", **prices)
        for index in indices
        for back in range(1500)
    )
    price = {"price": Decimal(1700), "previous_close": Decimal(1700), "source": "vietcap"}
    end = clock.parse(NOW)
    Quote.objects.bulk_create(
        Quote(index=index, as_of=end - timedelta(seconds=150 * at), fetched_at=end, **price)
        for at in reversed(range(6000))
        for index in indices
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE market_index, market_bar, market_quote")


@pytest.mark.usefixtures("years")
@pytest.mark.parametrize("query", ["from=2025-08-21", "cursor=2024-01-01", "limit=50"])
@pytest.mark.parametrize("interval", ["1d", "1m"])
def test_the_history_is_read_along_its_unique_index(interval: str, query: str) -> None:
    name, _, text = query.partition("=")
    limit = int(text) if name == "limit" else 250
    first, after = (text if name == wanted else None for wanted in ("from", "cursor"))
    read = series.bars_page if interval == "1d" else series.quotes_page
    with CaptureQueriesContext(connection) as captured:
        page = read(Index.objects.get(code="VN30"), False, first, None, after, limit)
    assert len(page.rows) == limit
    (statement,) = [item["sql"] for item in captured if "LIMIT" in item["sql"]][-1:]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert ("bar_once" if interval == "1d" else "quote_once") in plan, plan
    assert "Seq Scan" not in plan, plan
    assert "Sort" not in plan, plan


@pytest.mark.usefixtures("years")
def test_the_number_of_queries_is_constant(client: Client) -> None:
    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = [
        f"{base}limit={limit}" for base in (f"{BARS}?", f"{MINUTES}&") for limit in (1, 99)
    ]
    assert len({count(address) for address in addresses}) == 1


@pytest.mark.usefixtures("years")
@pytest.mark.parametrize(
    "path", ["/indices/", "/indices/vn30/?range=1d", "/indices/vn30/?range=1y"]
)
def test_no_page_reads_the_whole_of_a_table(client: Client, path: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    reads = [item["sql"] for item in captured if re.search(r"market_(quote|bar)\b", item["sql"])]
    assert len(reads) > 2
    with connection.cursor() as cursor:
        for statement in reads:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert not re.search(r"Seq Scan on market_(quote|bar)", plan), f"{statement}\n{plan}"
