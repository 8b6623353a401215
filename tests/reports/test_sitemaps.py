"""What search engines are told of: every public page in both languages, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from reports.models import Report
from reports.models.report import LARGE_FIELDS
from reports.publishing import sitemaps
from reports.publishing.publish import withdraw
from tests.pages import addresses, read
from tests.reports.admin import CREATED, make_report

SITE = "http://localhost:8000"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"


@pytest.fixture
def report(db: None) -> Report:
    return make_report("newest", "published")


def older(number: int, **fields: Any) -> Report:
    """An older public report, by an hour for each."""
    when = CREATED - timedelta(hours=number)
    return make_report(f"older-{number}", "published", published_at=when, **fields)


def tree(client: Client, path: str) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    return ET.fromstring(response.content)  # noqa: S314 (our own text)


def parts(client: Client) -> list[str]:
    root = tree(client, "/sitemap.xml")
    assert root.tag == f"{MAP}sitemapindex"
    return [local(item) for item in root.iter(f"{MAP}loc")]


def local(element: ET.Element) -> str:
    assert element.text
    assert element.text.startswith(SITE)
    return element.text.removeprefix(SITE)


def entries(client: Client, path: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Address, links to the languages, and time of change of each entry of one file."""
    root = tree(client, path)
    assert root.tag == f"{MAP}urlset"
    for url in root:
        links = {
            item.attrib["hreflang"]: item.attrib["href"].removeprefix(SITE)
            for item in url.findall(LINK)
        }
        (place,) = url.findall(f"{MAP}loc")
        yield local(place), links, url.findtext(f"{MAP}lastmod", "")


def listed(client: Client) -> dict[str, dict[str, str]]:
    return {place: links for part in parts(client) for place, links, _ in entries(client, part)}


def test_each_address_answers_and_its_languages_name_each_other(
    client: Client, report: Report
) -> None:
    found = listed(client)
    for pair in addresses(report).values():
        assert {*pair} <= {*found}
    for place, links in found.items():
        assert client.get(place).status_code == 200, place
        assert {*links} == {"vi", "en", "x-default"}
        assert place in (links["vi"], links["en"])
        assert links["x-default"] == links["vi"]
        assert found[links["vi"]] == found[links["en"]] == links
        page = read(client, place)
        named = {item.get("hreflang"): item.get("href") for item in page.all("link")}
        assert named["en"] == f"{SITE}{links['en']}"


def test_a_change_of_a_report_is_told(client: Client, report: Report) -> None:
    (part,) = [name for name in parts(client) if "reports" in name]
    for _, _, changed in entries(client, part):
        assert datetime.fromisoformat(changed) == report.updated_at.replace(microsecond=0)
    told = {item.text for item in tree(client, "/sitemap.xml").iter(f"{MAP}lastmod")}
    assert told == {report.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ")}


def test_notes_and_what_is_not_public_stay_out(client: Client, report: Report) -> None:
    older(1, is_note=True)
    withdraw(older(2))
    older(3, html_content_en="")
    make_report("waiting", "review")
    found = listed(client)
    reports = [place for place in found if "/reports/" in place and not place.endswith("/reports/")]
    assert {*reports} == {
        f"/reports/{report.slug}/",
        f"/en/reports/{report.slug}/",
        "/reports/older-3/",
    }
    assert found["/reports/older-3/"] == {}


def test_a_year_is_cut_into_parts_of_a_bounded_size(
    client: Client, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        older(number)
    make_report("older-4", "published", published_at=datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC))
    monkeypatch.setattr(sitemaps, "PART", 3)
    assert parts(client)[1:] == [
        "/sitemap-reports-2024-1.xml",
        "/sitemap-reports-2026-1.xml",
        "/sitemap-reports-2026-2.xml",
    ]
    found = [
        [place for place, _, _ in entries(client, part) if "/en/" not in place]
        for part in parts(client)[1:]
    ]
    assert found == [
        ["/reports/older-4/"],
        ["/reports/older-3/", "/reports/older-2/", "/reports/older-1/"],
        [f"/reports/{report.slug}/"],
    ]


@pytest.mark.parametrize(
    "name",
    [
        "reports-2025-1",
        "reports-2026-2",
        "reports-2026-0",
        "reports-2026-9999",
        "reports-2026",
        "reports-9999-1",
        "nothing",
    ],
)
def test_a_part_that_is_not_in_the_index_is_not_found(
    client: Client, report: Report, name: str
) -> None:
    assert client.get(f"/sitemap-{name}.xml").status_code == 404


def test_a_sitemap_costs_the_same_for_one_report_and_for_many(
    client: Client, report: Report
) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            for part in ("/sitemap.xml", *parts(client)):
                client.get(part)
        return [query["sql"] for query in captured.captured_queries]

    one = queries()
    for number in range(1, 31):
        older(number)
    many = queries()
    assert len(one) == len(many) == 7
    for sql in many:
        assert not [name for name in LARGE_FIELDS if f'"{name}",' in sql]


@pytest.mark.django_db
def test_a_site_without_reports_has_its_pages(client: Client) -> None:
    assert parts(client) == ["/sitemap-pages.xml"]


def test_robots_are_told_where_to_look_and_where_not(client: Client) -> None:
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    assert {"Disallow: /admin/", "Disallow: /en/admin/", "Disallow: /api/"} <= {*lines}
    assert "Disallow: /" not in lines


def test_a_site_that_is_being_debugged_is_closed_to_them(
    client: Client, settings: Settings
) -> None:
    settings.DEBUG = True
    assert client.get("/robots.txt").content.decode().split("\n") == [
        "User-agent: *",
        "Disallow: /",
        "",
        "",
    ]
