"""One strict policy on every answer of the site, whatever the answer is."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.test import Client

from reports.models import Report
from tests.pages import addresses, read

POLICY = {
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


def policy(response: HttpResponse) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in response[HEADER].split(";")]
    return {name: values for name, _, values in parts}


HEADER = "Content-Security-Policy"
DATA = "application/ld+json"  # a type that browsers do not run


def test_every_public_page_carries_the_policy(client: Client, report: Report) -> None:
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
def test_so_do_the_pages_of_the_administration() -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("hoa"))
    for path in ("/admin/", "/en/admin/reports/report/", "/admin/market/quote/"):
        response = client.get(path)
        assert response.status_code == 200
        assert policy(response) == POLICY


@pytest.mark.parametrize("name", ["css/site.css", "js/strip.js", "img/favicon.svg"])
def test_so_does_a_static_file(client: Client, name: str) -> None:
    response = client.get(staticfiles_storage.url(name))
    assert response.status_code == 200
    assert policy(response) == POLICY


def test_so_does_a_failure(dead_database: None) -> None:
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert policy(response) == POLICY


def test_so_does_a_refusal_of_the_host() -> None:
    response = Client(headers={"host": "elsewhere.example"}).get("/")
    assert response.status_code == 400
    assert policy(response) == POLICY


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
