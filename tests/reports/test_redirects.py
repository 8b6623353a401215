"""The addresses of the replaced system lead to today's, for good."""

from __future__ import annotations

import pytest
from django.test import Client

from reports.models import Report
from reports.publishing.publish import withdraw
from tests.reports.admin import make_report


@pytest.fixture
def imported(db: None) -> Report:
    return make_report("old-412", "published", legacy_id=412)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/crypto_report", "/"),
        ("/crypto_report/", "/"),
        ("/crypto_reports_list", "/reports/"),
        ("/crypto_reports_list/", "/reports/"),
        ("/crypto_reports_list?page=3", "/reports/"),
        ("/rss", "/rss.xml"),
        ("/rss/", "/rss.xml"),
        ("/crypto_report/412", "/reports/old-412/"),
        ("/crypto_report/412/", "/reports/old-412/"),
        ("/crypto_report/000412", "/reports/old-412/"),
    ],
)
@pytest.mark.parametrize("language", ["", "en,vi;q=0.5"])
def test_old_addresses_move_for_good(
    client: Client, imported: Report, old: str, new: str, language: str
) -> None:
    response = client.get(old, headers={"accept-language": language})
    assert (response.status_code, response["Location"]) == (301, new)
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/crypto_report/413",
        "/crypto_report/0",
        f"/crypto_report/{2**63}",
        f"/crypto_report/{'9' * 4000}",
        "/crypto_report/-1",
        "/crypto_report/x",
        "/crypto_report/412/x",
        "/crypto_reports",
    ],
)
def test_a_number_that_was_not_imported_is_not_found(
    client: Client, imported: Report, path: str
) -> None:
    assert client.get(path).status_code == 404


def test_nor_is_a_report_that_is_not_public(client: Client, imported: Report) -> None:
    withdraw(imported)
    assert client.get("/crypto_report/412").status_code == 404


@pytest.mark.parametrize("path", ["/crypto_report", "/crypto_report/412", "/rss"])
@pytest.mark.django_db
def test_nothing_is_posted_there(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
