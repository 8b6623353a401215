"""What holds for every public page: structure, languages, links, and pages for what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from market.overview import refresh_overview
from reports.models import Report
from tests.html import Page
from tests.pages import LANGUAGES, Archive, addresses, read

SITE = "http://localhost:8000"
LANDMARKS = ("header", "main", "footer")


def every_page(report: Report) -> Iterator[tuple[str, str]]:
    """The language and the address of each public page."""
    for pair in addresses(report).values():
        yield from zip(LANGUAGES, pair, strict=True)


def hrefs(page: Page, tag: str, **wanted: str) -> list[str]:
    return [item.attributes["href"] for item in page.all(tag, **wanted)]


def test_every_page_has_one_heading_its_landmarks_and_a_way_past_them(
    client: Client, report: Report
) -> None:
    for language, path in every_page(report):
        page = read(client, path)
        assert page.one("html").get("lang") == language, path
        assert page.one("h1").text, path
        for tag in LANDMARKS:
            assert [item for item in page.all(tag) if tag == "main" or item.get("class") == "site"]
        first = page.all("a")[0]
        assert (first.get("class"), first.get("href")) == ("skip", "#main"), path
        assert page.one("main").get("id") == "main"
        assert all(nav.get("aria-label") for nav in page.all("nav")), path
        assert len(page.ids()) == len(set(page.ids())), path


def test_no_page_changes_with_the_clock_alone(
    client: Client, archive: Archive, at: Callable[[str], None]
) -> None:
    (report, *_) = archive(2)
    pages = {path: client.get(path).content for _, path in every_page(report)}
    at("2026-08-21T08:12:00Z")  # the snapshot is still the one of 08:10
    assert [path for path, page in pages.items() if client.get(path).content != page] == []


def test_headings_step_down_one_level_at_a_time(client: Client, archive: Archive) -> None:
    (report, *_) = archive(2)
    for _, path in every_page(report):
        levels = [int(item.tag[1]) for item in read(client, path).elements if _is_heading(item.tag)]
        assert levels[0] == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels))


def _is_heading(tag: str) -> bool:
    return re.fullmatch(r"h[1-6]", tag) is not None


def test_titles_and_descriptions_tell_the_pages_apart(client: Client, report: Report) -> None:
    pages = [read(client, path) for _, path in every_page(report)]
    titles = [page.one("title").text for page in pages]
    assert all("Marketsite" in title for title in titles)
    assert len(set(titles)) == len(titles) - 1  # "API" is the same word in both languages
    described = [page.one("meta", name="description").get("content") for page in pages]
    assert len(set(described)) == len(described)


def test_each_page_names_its_own_address_and_its_twin_in_the_other_language(
    client: Client, report: Report
) -> None:
    for vietnamese, english in addresses(report).values():
        for path in (vietnamese, english):
            page = read(client, path)
            assert hrefs(page, "link", rel="canonical") == [SITE + path]
            twins = {
                item.attributes["hreflang"]: item.attributes["href"]
                for item in page.all("link", rel="alternate")
                if "hreflang" in item.attributes  # the others are feeds
            }
            assert twins == {
                "vi": SITE + vietnamese,
                "en": SITE + english,
                "x-default": SITE + vietnamese,
            }


def test_the_language_switch_keeps_the_page(client: Client, report: Report) -> None:
    for vietnamese, english in addresses(report).values():
        assert _switch(read(client, vietnamese)) == english
        assert _switch(read(client, english)) == vietnamese


def test_the_language_switch_keeps_the_page_of_the_archive(
    client: Client, archive: Archive
) -> None:
    archive(25)
    (older,) = hrefs(read(client, "/reports/?utm_source=x"), "link", rel="next")
    page = read(client, older)
    assert older.startswith("/reports/?before=")
    assert _switch(page) == f"/en{older}"
    assert hrefs(page, "link", rel="canonical") == [f"{SITE}{older}"]
    assert _switch(read(client, "/reports/?utm_source=x")) == "/en/reports/"


def _switch(page: Page) -> str:
    (link,) = [item for item in page.all("a") if item.get("hreflang")]
    assert link.get("lang") == link.get("hreflang") != page.one("html").get("lang")
    return link.attributes["href"]


def test_no_link_leads_nowhere(client: Client, archive: Archive) -> None:
    archive(45)
    refresh_overview()  # whose address the API's page names
    known: dict[str, set[str] | None] = {}
    waiting = ["/", "/en/"]
    wanted: set[tuple[str, str]] = set()
    while waiting:
        path = waiting.pop()
        if path in known:
            continue
        response = client.get(path)
        assert response.status_code == 200, path
        found, known[path] = _references(path, response)
        for reference in found:
            target, anchor = urldefrag(reference)
            waiting.append(target)
            wanted.add((target, unquote(anchor)))
    assert len([path for path in known if path.startswith("/static/")]) > 12
    older = [path for path in known if "/older-" in path]
    assert len(older) == 2 * 2 * 45  # the page and its export, in two languages
    assert "/api/v1/openapi.json" in known
    assert [path for path in known if path.startswith("/en/reports/?before=")]
    for path, anchor in wanted:
        ids = known[path]
        assert not anchor or ids is None or anchor in ids, f"{path}#{anchor}"


def _references(path: str, response: HttpResponse) -> tuple[list[str], set[str] | None]:
    """The same-origin addresses that a reply names, and its anchors when it is a page."""
    content, kind = response.getvalue(), response["Content-Type"]
    if kind.startswith("text/html"):
        page = Page(content)
        named = [item.get(name) for item in page.elements for name in ("href", "src")]
        found = [urljoin(path, name) for name in named if name is not None]
        links = [link.removeprefix(SITE) for link in found]
        return [link for link in links if not urlsplit(link).netloc], set(page.ids())
    if kind.startswith("text/css"):
        return [
            urljoin(path, url) for url in re.findall(r'url\("?([^")]+)"?\)', content.decode())
        ], None
    return [], None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "language", "heading"),
    [
        ("/nope", "vi", "Trang này không tồn tại"),
        ("/reports/nope/", "vi", "Trang này không tồn tại"),
        ("/en/reports/nope/", "en", "This page does not exist"),
        ("/en/nope/", "en", "This page does not exist"),
    ],
)
def test_a_missing_page_says_so_and_leads_on(
    client: Client, path: str, language: str, heading: str
) -> None:
    page = read(client, path, 404)
    assert page.one("html").get("lang") == language
    assert page.one("h1").text == heading
    assert page.one("meta", name="robots").get("content") == "noindex"
    assert not page.all("link", rel="canonical")
    prefix = "/en" if language == "en" else ""
    assert {f"{prefix}/reports/", f"{prefix}/indices/"} <= set(hrefs(page, "a"))
    other = _switch(page)
    assert other in {"/", "/en/"} or client.get(other).status_code == 404


@pytest.mark.parametrize("path", ["/", "/en/reports/", "/indices/"])
def test_without_a_database_the_page_for_failures_answers_in_both_languages(
    dead_database: None, path: str
) -> None:
    client = Client(raise_request_exception=False)
    response = client.get(path)
    assert response.status_code == 500
    page = Page(response.content)
    assert page.one("html").get("lang") == "vi"
    assert page.one("h1").text == "Trang đang gặp sự cố"
    assert "Something went wrong" in page.one("p", lang="en").text
    for word in ("Traceback", "nowhere", "psycopg", "OperationalError"):
        assert word not in response.content.decode()


@pytest.mark.parametrize("path", ["/", "/en/"])
def test_a_request_for_another_host_gets_the_page_for_bad_requests(path: str) -> None:
    response = Client(headers={"host": "elsewhere.example"}).get(path)
    assert response.status_code == 400
    page = Page(response.content)
    expected = {
        "/": "Không xử lý được yêu cầu này",
        "/en/": "This request cannot be answered",
    }
    assert page.one("h1").text == expected[path]
    assert "elsewhere" not in page.text


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_the_sites_own_words() -> None:
    client = Client(enforce_csrf_checks=True)
    page = Page(client.post("/en/admin/login/", {"username": "a", "password": "b"}).content)
    assert page.one("h1").text == "This form is no longer valid"


@pytest.mark.django_db
def test_who_may_not_open_a_page_is_told(client: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.site.forbidding"
    page = read(client, "/forbidden/", 403)
    assert page.one("h1").text == "Bạn không có quyền mở trang này"


@pytest.mark.parametrize("path", ["/", "/reports/", "/indices/", "/api/v1/docs"])
@pytest.mark.django_db
def test_pages_answer_readers_alone(client: Client, path: str) -> None:
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
