"""The archive as readers get it: pages that stay where they are, months, and what narrows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from reports.listing import Cursor, Filters, first_and_last, months_of, read_page, values_in_use
from reports.models import Report
from tests.html import Page
from tests.pages import read

NEWEST = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(db: None, at: Callable[[str], None]) -> None:
    at("2026-08-21T08:10:00Z")


def make(count: int, apart: timedelta = timedelta(hours=3), **fields: Any) -> list[Report]:
    """So many reports, the newest first; without their words, which the archive does not read."""
    rows = [
        Report(
            slug=f"{fields.get('symbol', 'r')}-{number}",
            title=f"Bài {number}",
            created_at=NEWEST,
            **{"published_at": NEWEST - number * apart, "status": "published"} | fields,
        )
        for number in range(count)
    ]
    return Report.objects.bulk_create(rows)


def titles(page: Page) -> list[str]:
    return [item.text for item in page.all("h3")]


def link(page: Page, relation: str) -> str:
    (found,) = page.all("a", rel=relation)
    head = page.one("link", rel=relation)
    assert head.get("href") == found.get("href")
    return str(found.get("href"))


def test_pages_lead_through_every_report_and_back(client: Client) -> None:
    make(45)
    there, path = [], "/reports/"
    visited = []
    while path:
        page = read(client, path)
        visited.append((path, titles(page)))
        there += titles(page)
        path = link(page, "next") if page.all("a", rel="next") else ""
    assert there == [f"Bài {number}" for number in range(45)]
    assert [len(shown) for _, shown in visited] == [20, 20, 5]
    path = visited[-1][0]
    for _, shown in reversed(visited[:-1]):
        path = link(read(client, path), "prev")
        assert titles(read(client, path)) == shown
    assert read(client, path).all("a", rel="prev") == []


def test_a_page_stays_what_it_is_when_reports_come_and_go(client: Client) -> None:
    rows = make(30)
    second = link(read(client, "/reports/"), "next")
    before = titles(read(client, second))
    make(25, symbol="NEW", published_at=NEWEST + timedelta(minutes=1))
    Report.objects.filter(pk=rows[19].pk).update(status="archived")  # the one the link names
    assert titles(read(client, second)) == before


def test_reports_of_one_moment_are_told_apart(client: Client) -> None:
    make(41, apart=timedelta())
    seen, path = [], "/reports/"
    while path:
        page = read(client, path)
        seen += titles(page)
        path = link(page, "next") if page.all("a", rel="next") else ""
    assert sorted(seen) == sorted(f"Bài {number}" for number in range(41))


@pytest.mark.parametrize(
    "query",
    [
        "before=x", "before=20260821T080000000000-1x", "before=99999999T999999999999-1", "page=2",
        "before=٢0260821T080000000000-1", "after=%00", "symbol=%00", "symbol='", "type=%ff",
        "before=20260821T080000000000-999999999999999999999", "page=0&q=", "q=%20", "q=%00",
        "month=13", "before=00010101T000000000000-1&after=", "x=1&x=2",
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_as_if_it_were_not_there(client: Client, query: str) -> None:
    make(3)
    response = client.get(f"/reports/?{query}")
    assert response.status_code == 200
    shown = titles(Page(response.content))
    assert shown == ([] if "0001" in query else ["Bài 0", "Bài 1", "Bài 2"])


@pytest.mark.parametrize("path", ["/reports/2026/13/", "/reports/2026/8/", "/reports/0999/"])
def test_a_period_that_is_none_has_no_page(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_years_and_months_count_what_is_public_by_vietnams_days(client: Client) -> None:
    at_midnight = datetime(2026, 7, 31, 17, 0, tzinfo=UTC)  # 1 August in Vietnam
    make(2, apart=timedelta(seconds=1), published_at=at_midnight, symbol="A")
    make(1, published_at=at_midnight - timedelta(seconds=1), symbol="B")
    make(1, published_at=datetime(2024, 5, 5, tzinfo=UTC), symbol="C")
    make(1, status="archived", symbol="D")
    page = read(client, "/reports/")
    months = {item.text: item.get("href") for item in page.all("a") if "thg" in item.text}
    assert {text.split(":")[0].split()[-1]: href for text, href in months.items()} == {
        "1": "/reports/2026/07/", "2": "/reports/2026/08/",
    }  # fmt: skip
    assert "thg\u00a08 2: 2 báo cáo" in months
    years = [item.text for item in page.all("a") if item.text in ("2024", "2025", "2026", "2023")]
    assert years == ["2026", "2025", "2024"]
    august = read(client, "/reports/2026/08/")
    assert august.one("h1").text == "Báo cáo tháng\u00a08/2026"
    assert len(titles(august)) == 2
    assert read(client, "/en/reports/2026/07/").one("h1").text == "Reports of July\u00a02026"
    assert len(titles(read(client, "/reports/2024/"))) == 1
    assert "Không có báo cáo như vậy" in read(client, "/reports/2025/").text
    assert august.one("a", aria_current="page").get("href") == "/reports/2026/08/"


def test_filters_are_links_that_can_be_taken_back(client: Client) -> None:
    make(2, symbol="FPT", report_type="daily")
    make(1, symbol="VNM", report_type="weekly")
    page = read(client, "/reports/2026/08/?symbol=FPT")
    assert titles(page) == ["Bài 0", "Bài 1"]
    links = {item.text: item.get("href") for item in page.all("a", class_="chip")}
    assert links["FPT ×: hiện lại tất cả"] == "/reports/2026/08/"
    assert links["tháng\u00a08/2026 ×: hiện lại tất cả"] == "/reports/?symbol=FPT"
    assert links["Báo cáo tuần"] == "/reports/2026/08/?symbol=FPT&type=weekly"
    assert links["VNM"] == "/reports/2026/08/?symbol=VNM"
    chosen = [item.text for item in page.all("a", aria_current="true") if item.text == "FPT"]
    assert chosen == ["FPT"]
    none = read(client, "/reports/?symbol=FPT&type=weekly")
    assert "Không có báo cáo như vậy" in none.text


def test_each_page_names_itself_in_both_languages(client: Client) -> None:
    make(25, symbol="FPT")
    path = link(read(client, "/reports/2026/?symbol=FPT"), "next")
    page = read(client, path)
    assert page.one("link", rel="canonical").get("href") == f"http://localhost:8000{path}"
    english = page.one("link", hreflang="en").get("href")
    assert english == f"http://localhost:8000/en{path}"
    assert f"/en{path}" in [item.get("href") for item in page.all("a", hreflang="en")]
    assert titles(read(client, f"/en{path}")) == titles(page)


def test_an_empty_archive_says_when_the_first_report_is_due(
    client: Client, settings: Settings
) -> None:
    assert "21/8/2026" in read(client, "/reports/").text
    settings.ENABLE_AUTO_REPORT_SCHEDULER = False
    page = read(client, "/reports/")
    assert "Lịch viết báo cáo đang tắt." in page.text
    assert page.all("nav", class_="calendar") == []


def test_a_list_costs_the_same_however_long_it_is_and_reads_no_large_column(
    client: Client,
) -> None:
    counts = []
    for count in (25, 60):
        make(count, symbol=f"S{count}")
        with CaptureQueriesContext(connection) as captured:
            read(client, "/reports/")
        statements = [q["sql"] for q in captured.captured_queries if "reports_report" in q["sql"]]
        counts.append(len(statements))
        large = ('"html_content"', '"document"', '"verification"', '"sources"', '"facts"')
        assert not [sql for sql in statements if any(name in sql for name in large)]
    assert counts == [5, 5]  # the page, its ends, its months, symbols and types


def test_every_read_of_the_archive_goes_through_an_index() -> None:
    """A list of one page must not sort, nor read what it does not show."""
    make(2000, apart=timedelta(hours=1))
    make(50, symbol="FPT", report_type="weekly")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reports_report")
    place = Cursor(NEWEST - timedelta(hours=900), 1)
    reads: list[tuple[Callable[[], Any], str]] = [
        (lambda: read_page(Filters(), 20), "report_archive"),
        (lambda: read_page(Filters(), 20, before=place), "report_archive"),
        (lambda: read_page(Filters(), 20, after=place), "report_archive"),
        (lambda: read_page(Filters(2026, 7), 20), "report_archive"),
        (lambda: read_page(Filters(symbol="FPT"), 20), "report_by_symbol"),
        (lambda: read_page(Filters(report_type="weekly"), 20), "report_by_type"),
        (lambda: first_and_last(Filters()), "report_"),
        (lambda: values_in_use("symbol"), "report_by_symbol"),
        (lambda: values_in_use("report_type"), "report_by_type"),
    ]
    for run, index in reads:
        plan = plan_of(run)
        assert f" {index}" in plan, plan
        assert "Seq Scan" not in plan, plan
    assert sum(months_of(2026, Filters()).values()) == 2050


def plan_of(run: Callable[[], Any]) -> str:
    with CaptureQueriesContext(connection) as captured:
        run()
    (statement,) = captured.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement["sql"])
        return "\n".join(row[0] for row in cursor.fetchall())
