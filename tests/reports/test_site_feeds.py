"""The site's own feeds: strict in their formats, whole in their text, and nothing in them acts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from reports.models import Report
from reports.publishing import feeds
from reports.publishing.publish import withdraw
from reports.publishing.sanitize import clean
from tests.html import Page
from tests.pages import address, read
from tests.people import superuser
from tests.reports.admin import CREATED, make_report

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
DC = "{http://purl.org/dc/elements/1.1/}"
PREFIX = {"vi": "", "en": "/en"}
SITE = "http://localhost:8000"
ADDRESS = re.compile(r"https?://[^\s/]+/\S*|mailto:\S+")


@pytest.fixture
def reviewed(db: None) -> Report:
    user = superuser("lan")
    user.first_name, user.last_name = "Lan", "Nguyễn"
    user.save()
    return make_report("newest", "published", reviewed_by=user, symbol="VNINDEX")


def older(number: int, **fields: Any) -> Report:
    """An older public report, by an hour for each."""
    when = CREATED - timedelta(hours=number)
    fields = {"title": f"Bài {number}", "title_en": f"Story {number}", **fields}
    return make_report(f"older-{number}", "published", published_at=when, **fields)


def fetched(client: Client, path: str, kind: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == f"{kind}; charset=utf-8"
    body: bytes = response.content
    return body


def parsed(body: bytes) -> ET.Element:
    return ET.fromstring(body)  # noqa: S314 (our own text)


def titles(client: Client, language: str = "vi") -> list[str]:
    body = client.get(f"{PREFIX[language]}/feed.json").content
    return [item["title"] for item in json.loads(body)["items"]]


def text(element: ET.Element, path: str) -> str:
    (found,) = element.findall(path)
    assert found.text
    return found.text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_atom_has_what_rfc_4287_requires(client: Client, reviewed: Report, language: str) -> None:
    prefix = PREFIX[language]
    root = parsed(fetched(client, f"{prefix}/feed.xml", "application/atom+xml"))
    assert root.tag == f"{ATOM}feed"
    assert root.get(LANG) == language
    assert text(root, f"{ATOM}id") == f"{SITE}{prefix}/feed.xml"
    assert text(root, f"{ATOM}title")
    links = {(link.get("rel"), link.get("hreflang")): link for link in root.findall(f"{ATOM}link")}
    assert links["self", None].get("href") == f"{SITE}{prefix}/feed.xml"
    assert links["alternate", None].get("href") == f"{SITE}{prefix}/"
    other = {"vi": "en", "en": "vi"}[language]
    assert links["alternate", other].get("href") == f"{SITE}{PREFIX[other]}/feed.xml"
    (entry,) = root.findall(f"{ATOM}entry")
    assert text(entry, f"{ATOM}id") == f"tag:localhost,2026-08-21:{prefix}/reports/{reviewed.slug}/"
    published = datetime.fromisoformat(text(entry, f"{ATOM}published"))
    updated = datetime.fromisoformat(text(entry, f"{ATOM}updated"))
    assert published == reviewed.published_at
    assert published <= updated == datetime.fromisoformat(text(root, f"{ATOM}updated"))
    (link,) = entry.findall(f"{ATOM}link")
    assert (link.get("rel"), link.get("href")) == (
        "alternate",
        f"{SITE}{prefix}/reports/{reviewed.slug}/",
    )
    assert text(entry, f"{ATOM}author/{ATOM}name").startswith("Marketsite (")
    assert text(entry, f"{ATOM}contributor/{ATOM}name") == "Lan Nguyễn"
    assert "VNINDEX" in [item.get("term") for item in entry.findall(f"{ATOM}category")]
    (content,) = entry.findall(f"{ATOM}content")
    assert content.get("type") == "html"
    assert content.text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_rss_has_what_rss_2_requires(client: Client, reviewed: Report, language: str) -> None:
    prefix = PREFIX[language]
    root = parsed(fetched(client, f"{prefix}/rss.xml", "application/rss+xml"))
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    assert text(channel, "title")
    assert text(channel, "link") == f"{SITE}{prefix}/"
    assert text(channel, "description")
    assert text(channel, "language") == language
    assert parsedate_to_datetime(text(channel, "lastBuildDate"))
    (itself,) = channel.findall(f"{ATOM}link")
    assert (itself.get("rel"), itself.get("href")) == ("self", f"{SITE}{prefix}/rss.xml")
    (item,) = channel.findall("item")
    assert text(item, "title")
    assert text(item, "description")
    assert text(item, "link") == f"{SITE}{prefix}/reports/{reviewed.slug}/"
    (guid,) = item.findall("guid")
    assert guid.get("isPermaLink") == "false"
    assert parsedate_to_datetime(text(item, "pubDate")) == reviewed.published_at
    assert text(item, f"{DC}creator").startswith("Marketsite (")
    assert text(item, f"{DC}contributor") == "Lan Nguyễn"
    assert text(item, CONTENT)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_json_has_what_json_feed_requires(client: Client, reviewed: Report, language: str) -> None:
    prefix = PREFIX[language]
    feed = json.loads(fetched(client, f"{prefix}/feed.json", "application/feed+json"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert feed["home_page_url"] == f"{SITE}{prefix}/"
    assert feed["feed_url"] == f"{SITE}{prefix}/feed.json"
    assert feed["language"] == language
    (item,) = feed["items"]
    assert item["url"] == f"{SITE}{prefix}/reports/{reviewed.slug}/"
    assert item["image"] == f"{item['url']}card.png"
    assert datetime.fromisoformat(item["date_published"]) == reviewed.published_at
    assert datetime.fromisoformat(item["date_modified"]) >= reviewed.published_at
    assert [author["name"] for author in item["authors"]][1:] == ["Lan Nguyễn"]
    assert "VNINDEX" in item["tags"]
    atom = parsed(client.get(f"{prefix}/feed.xml").content)
    assert item["id"] == text(atom, f"{ATOM}entry/{ATOM}id")
    assert item["content_html"] == text(atom, f"{ATOM}entry/{ATOM}content")
    rss = parsed(client.get(f"{prefix}/rss.xml").content)
    assert (item["id"], item["content_html"]) == (
        text(rss, "channel/item/guid"),
        text(rss, f"channel/item/{CONTENT}"),
    )


def test_the_whole_text_is_in_it_and_nothing_that_acts(client: Client, report: Report) -> None:
    (item,) = json.loads(client.get("/en/feed.json").content)["items"]
    told, page = Page(item["content_html"]), read(client, f"/en/reports/{report.slug}/")
    sections = [item.text for item in page.all("h2") if (item.get("id") or "").startswith("h-")]
    assert [item.text for item in told.all("h2")] == sections
    for paragraph in page.all("p"):
        if "1,768.12" in paragraph.text and paragraph.get("class") is None:
            assert paragraph.text in told.text
    captions = [item.text for item in page.all("figcaption")]
    assert [item.text for item in told.all("figcaption")] == captions
    assert len(told.all("figure")) == len(captions) > 1
    assert "21 August 2026" in told.text.replace("\u00a0", " ")  # a row of the chart's table
    assert {element.tag for element in told.elements} <= feeds.TAGS
    for element in told.elements:
        assert {*element.attributes} <= {"href", "scope", "datetime", "lang"}
    links = [item.attributes["href"] for item in told.all("a")]
    assert f"{SITE}/en/reports/{report.slug}/#numbers" in links
    assert all(ADDRESS.fullmatch(link) for link in links)


def test_foreign_markup_comes_out_plain() -> None:
    hostile = (
        '<h1>Đỉnh</h1><p onclick="x()" style="color:red" class="a">Giá '
        '<a href="/indices/">ở đây</a>'
        '<a href="javascript:x()">x</a></p><script>x()</script><svg><text>9</text></svg>'
        '<iframe src="//evil.example/"></iframe><img src="/static/a.png" onerror="x()" alt="a">'
        "<details open><summary>Bảng</summary>"
        '<table><tr><td colspan="2">1</td></tr></table></details>'
        '<form action="/"><button>Mua</button></form>]]><p lang="en">End'
    )
    assert feeds.reading_text(hostile, "https://site.example/reports/x/") == (
        'Đỉnh<p>Giá <a href="https://site.example/indices/">ở đây</a><a>x</a></p>'
        '<img src="https://site.example/static/a.png" alt="a">'
        '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>'
        ']]&gt;<p lang="en">End</p>'
    )


def test_a_character_that_xml_cannot_say_does_not_take_the_feed_away(
    client: Client, reviewed: Report
) -> None:
    text = clean("<p>Giá&#1;\x0b tăng\ufffe</p>").html
    Report.objects.update(title="Giá\x01 tăng", summary="\x1f", html_content=text)
    for path in ("/feed.xml", "/rss.xml"):
        told = "".join(parsed(client.get(path).content).itertext())
        assert told.count("Giá tăng") == 2


def test_the_newest_twenty_that_the_public_reads_are_in_it(
    client: Client, reviewed: Report
) -> None:
    older(1, is_note=True)
    withdraw(older(2))
    make_report("waiting", "review")
    for number in range(3, 25):
        older(number)
    newest = [reviewed.title, *(f"Bài {number}" for number in range(3, 22))]
    assert titles(client) == newest
    assert len(titles(client, "en")) == 20


def test_there_are_fewer_of_large_reports(
    client: Client, reviewed: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, size in enumerate((300, 300, 900), 1):
        older(number, html_content=f"<p>{'a' * size}</p>")
    monkeypatch.setattr(feeds, "MOST_BYTES", len(reviewed.html_content.encode()) + 700)
    assert titles(client) == [reviewed.title, "Bài 1", "Bài 2"]
    monkeypatch.setattr(feeds, "MOST_BYTES", 1)
    assert titles(client) == [reviewed.title]


def test_a_report_without_english_is_left_out_of_the_english_feed(
    client: Client, reviewed: Report
) -> None:
    older(1, html_content_en="", title_en="", summary_en="")
    assert titles(client) == [reviewed.title, "Bài 1"]
    assert titles(client, "en") == [reviewed.title_en]


def test_an_entry_keeps_its_id_when_its_report_is_changed(client: Client, reviewed: Report) -> None:
    (before,) = json.loads(client.get("/feed.json").content)["items"]
    later = reviewed.updated_at + timedelta(hours=2)
    Report.objects.filter(pk=reviewed.pk).update(title="Tiêu đề mới", updated_at=later)
    (after,) = json.loads(client.get("/feed.json").content)["items"]
    assert (after["id"], after["date_published"]) == (before["id"], before["date_published"])
    assert after["title"] == "Tiêu đề mới"
    assert datetime.fromisoformat(after["date_modified"]) == later


@pytest.mark.django_db
def test_an_empty_feed_says_the_same_at_any_time(client: Client, at: Callable[[str], None]) -> None:
    for name in ("feed.xml", "rss.xml", "feed.json"):
        at("2026-08-21T08:10:00Z")
        first = client.get(f"/{name}").content
        at("2026-08-22T08:10:00Z")
        assert client.get(f"/{name}").content == first
    assert b"1970-01-01T00:00:00" in client.get("/feed.xml").content


def test_a_feed_costs_the_same_for_one_report_and_for_twenty(
    client: Client, reviewed: Report
) -> None:
    client.get("/feed.xml")
    with CaptureQueriesContext(connection) as one:
        client.get("/feed.xml")
    for number in range(1, 26):
        older(number)
    with CaptureQueriesContext(connection) as many:
        client.get("/feed.xml")
    assert len(one) == len(many) == 2
    for name in feeds.UNREAD:
        assert f'"{name}"' not in many.captured_queries[0]["sql"]


def test_each_page_names_the_feeds_of_its_language(client: Client, reviewed: Report) -> None:
    for language, prefix in PREFIX.items():
        page = read(client, address("report-list", language))
        found = {item.get("type"): item.get("href") for item in page.all("link", rel="alternate")}
        assert found["application/atom+xml"] == f"{prefix}/feed.xml"
        assert found["application/rss+xml"] == f"{prefix}/rss.xml"
        assert found["application/feed+json"] == f"{prefix}/feed.json"


def test_addresses_are_of_the_site_whatever_host_was_asked(
    client: Client, reviewed: Report, settings: Settings
) -> None:
    settings.SITE_URL = "https://news.example"
    for name in ("feed.xml", "rss.xml", "feed.json"):
        body = client.get(f"/{name}", headers={"host": "127.0.0.1"}).content.decode()
        assert "https://news.example/reports/" in body
        assert "127.0.0.1" not in body
        assert "localhost" not in body
