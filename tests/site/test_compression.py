"""What is compressed for each request, and what keeps its bytes."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

from reports.models import Report
from tests.pages import address
from tests.people import superuser

pytestmark = pytest.mark.django_db

GZIP = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("query", ["?q=thi+truong", "?symbol=VNINDEX", "?q=khong-co-gi"])
def test_pages_that_nobody_keeps_are_compressed(client: Client, report: Report, query: str) -> None:
    path = address("report-list", "vi") + query
    plain, packed = client.get(path), client.get(path, headers=GZIP)
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2
    assert "Accept-Encoding" in packed["Vary"]
    assert "Content-Encoding" not in plain


def test_a_missing_page_and_the_admin_are_compressed_too(client: Client) -> None:
    client.force_login(superuser())
    for path in ("/there-is-no-such-page/", "/admin/"):
        assert client.get(path, headers=GZIP)["Content-Encoding"] == "gzip"


def test_an_answer_of_the_api_keeps_its_bytes_and_its_strong_tag(
    client: Client, report: Report
) -> None:
    response = client.get("/api/v1/reports", headers=GZIP)
    assert "Content-Encoding" not in response
    assert not response["ETag"].startswith("W/")
