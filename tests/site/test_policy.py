"""What browsers are told, on every kind of answer: the content security policy, and the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from marketsite.policy import POWERFUL
from reports.models import Report
from reports.publishing.sanitize import clean
from tests.browser import NewPage, Theme
from tests.pages import addresses, read
from tests.people import superuser
from tests.reports import old_database
from tests.reports.admin import make_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in POWERFUL),
}
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "default",
}
POLICY = HEADERS | DIRECTIVES
DATA = "application/ld+json"  # a type that browsers do not run
THEMES: tuple[Theme, ...] = ("light", "dark")
FOR_OTHERS = ("/feed.xml", "/en/rss.xml", "/feed.json")


def policy(response: HttpResponse) -> dict[str, str]:
    """The headers, and each directive of the content security policy by its name."""
    parts = response["Content-Security-Policy"].split(";")
    directives = [part.strip().partition(" ") for part in parts]
    return {name: response[name] for name in HEADERS} | {
        name: values for name, _, values in directives
    }


def test_every_public_page_carries_every_header_in_both_languages(
    client: Client, report: Report
) -> None:
    for pair in addresses(report).values():
        for path in pair:
            assert policy(client.get(path)) == POLICY, path


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nope", 404),
        ("/reports", 301),
        ("/healthz", 200),
        ("/readyz", 503),
        ("/metrics", 401),
        ("/robots.txt", 200),
        ("/api/v1/market/indices", 200),
        ("/api/v1/openapi.json", 200),
        ("/api/v1/nope", 404),
        ("/admin/login/", 200),
        ("/en/admin/", 302),
    ],
)
def test_so_does_every_other_answer(client: Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert policy(response) == POLICY


@pytest.mark.django_db
def test_so_does_a_refused_form_a_wrong_method_and_a_wrong_host() -> None:
    client = Client(enforce_csrf_checks=True)
    refused = client.post("/admin/login/", {"username": "x"})
    assert (refused.status_code, policy(refused)) == (403, POLICY)
    wrong = client.post("/about/")
    assert wrong.status_code in {403, 405}
    assert policy(wrong) == POLICY
    elsewhere = client.get("/", headers={"host": "evil.example"})
    assert (elsewhere.status_code, policy(elsewhere)) == (400, POLICY)


@pytest.mark.parametrize("name", ["css/site.css", "js/strip.js", "img/favicon.svg"])
def test_so_does_a_static_file_and_what_has_not_changed(client: Client, name: str) -> None:
    path = staticfiles_storage.url(name)
    first = client.get(path)
    assert (first.status_code, policy(first)) == (200, POLICY)
    again = client.get(path, headers={"if-modified-since": first["Last-Modified"]})
    assert (again.status_code, policy(again)) == (304, POLICY)


def test_so_does_a_failure(dead_database: None) -> None:
    response = Client(raise_request_exception=False).get("/")
    assert (response.status_code, policy(response)) == (500, POLICY)


@pytest.mark.django_db
def test_so_do_the_pages_of_the_administration() -> None:
    client = Client()
    client.force_login(superuser())
    for path in ("/admin/", "/en/admin/reports/report/", "/admin/market/quote/"):
        response = client.get(path)
        assert (response.status_code, policy(response)) == (200, POLICY), path


def test_pages_hold_no_inline_script_style_or_handler(client: Client, report: Report) -> None:
    for pair in addresses(report).values():
        for path in pair:
            page = read(client, path)
            assert not page.all("style"), path
            run = [item for item in page.all("script") if item.get("type") != DATA]
            assert all(item.get("src") for item in run), path
            for item in page.elements:
                named = [name for name in item.attributes if name.startswith("on")]
                assert not named, path
                assert "style" not in item.attributes, path


@pytest.mark.django_db
def test_pictures_and_feeds_may_be_shown_by_other_sites(client: Client) -> None:
    shared = POLICY | {"Cross-Origin-Resource-Policy": "cross-origin"}
    report = make_report(status="published")
    for path in (*FOR_OTHERS, f"/reports/{report.slug}/card.png"):
        assert policy(client.get(path)) == shared, path


@pytest.mark.django_db
def test_over_https_alone_browsers_are_told_to_stay_there(
    client: Client, settings: Settings
) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    header = "Strict-Transport-Security"
    expected = "max-age=31536000; includeSubDomains; preload"
    assert client.get("/about/", secure=True)[header] == expected
    assert header not in client.get("/about/", secure=False)


# One crawl: every public page that a page links to. Those of the admin, test_admin_browser opens.

SKIPPED = re.compile(
    # files and feeds, and the admin, where a link may end the session
    r"/admin/|/api/v1/(?!docs)|\.(?:xml|png|json|txt)$|/export\.html$|^/(?:static|healthz|readyz)"
)
MANY = re.compile(r"\d+")
AT_MOST = 60  # pages of one language: far more than there are kinds


@pytest.mark.browser
def test_in_a_crawl_of_every_page_no_browser_reports_a_violation(
    report: Report, new_page: NewPage, live_site: str, faults: list[str]
) -> None:
    """Violations, errors and warnings are noted by `faults`, with their address."""
    foreign = clean(old_database.HTML.format(day=1)).html
    make_report("old", "published", origin="imported", html_content=foreign)
    page = new_page()
    for start, english in (("/", False), ("/en/", True)):
        seen = crawl(page, live_site, start, english)
        assert faults == []
        assert {f"{start}reports/{slug}/" for slug in (report.slug, "old")} <= seen
        names = ("reports", "indices", "indices/vnindex", "about", "method", "contact")
        assert {start, *(f"{start}{name}/" for name in names)} <= seen


def crawl(page: Page, site: str, start: str, english: bool) -> set[str]:
    """The paths of the pages that were visited, one of each kind, in either theme."""
    seen: set[str] = set()
    kinds: set[str] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind in kinds or SKIPPED.search(path):
            continue
        kinds.add(kind)
        response = page.goto(f"{site}{path}", wait_until="load")
        assert response
        assert response.status == 200, path
        seen.add(path)
        assert len(seen) < AT_MOST
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.evaluate("document.body.offsetHeight")
        waiting += links(page, site, english)
    return seen


def kind_of(path: str) -> str:
    """Pages that differ by a number are of one kind."""
    return MANY.sub("0", path)


def links(page: Page, site: str, english: bool) -> list[str]:
    """The paths of a language to which the page links."""
    found: list[str] = page.locator("a[href]").evaluate_all("(all) => all.map((a) => a.href)")
    paths = [re.split("[#?]", url.removeprefix(site))[0] for url in found if url.startswith(site)]
    return [path for path in paths if path.startswith("/en/") == english]
