"""The reports by program: pages, search, one whole, and all of it true to its own description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck
from hypothesis import settings as given
from pytest_django import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from marketsite.api import api
from reports import tokens
from reports.models import Report
from reports.writing.editing import confirmed
from tests.pages import Archive, Write
from tests.people import superuser

REPORTS = "/api/v1/reports"
MOMENT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
DESCRIBED = json.loads(json.dumps(api.get_openapi_schema(), default=str))
CHECKED = ("/reports", "/articles")
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)

schema = schemathesis.openapi.from_dict(
    DESCRIBED | {"paths": {
        path: methods for path, methods in DESCRIBED["paths"].items()
        if path.removeprefix("/api/v1").startswith(CHECKED)
    }}
)  # fmt: skip
schema.app = WSGIHandler()  # without the edge, whose threads have connections of their own
schema.config.phases.update(phases=["examples", "fuzzing"])


def get(client: Client, path: str, **headers: str) -> Any:
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.content
    return response.json()


def test_a_report_is_told_whole_in_both_languages(client: Client, report: Report) -> None:
    found = get(client, f"{REPORTS}/{report.slug}")
    assert get(client, f"{REPORTS}/latest") == found
    for name in ("title", "title_en", "summary", "summary_en", "slug", "symbol", "report_type"):
        assert found[name] == getattr(report, name)
    assert (found["html"], found["html_en"]) == (report.html_content, report.html_content_en)
    assert found["url"] == f"http://localhost:8000/reports/{report.slug}/"
    assert found["url_en"] == f"http://localhost:8000/en/reports/{report.slug}/"
    assert found["published_at"] == "2026-08-21T08:10:00Z"
    facts = {fact["key"]: fact for fact in found["facts"]}
    assert facts["vnindex.close"] == {
        "key": "vnindex.close", "value": "1768.12", "unit": "points", "agreement": "single",
        "as_of": "2026-08-21T07:45:59.999000Z", "source": "vietcap", "kind": "observed",
        "method": "",
    }  # fmt: skip
    assert found["proven"] == found["figures"] == sum(row["times"] for row in found["checks"])
    assert {row["outcome"] for row in found["checks"]} == {"proven"}
    assert found["sources"] == ["vietcap", "vndirect"]


def test_who_vouched_for_a_figure_is_nobodys_business(client: Client, report: Report) -> None:
    row = {
        "figure": "9", "kind": "observed", "passed": False, "reason": "r", "language": "vi",
        "times": 1, "sentence": "s", "figure_vi": "9", "figure_en": "9", "evidence_vi": "",
        "evidence_en": "",
    }  # fmt: skip
    open_row = report.verification | {"edited": {"title": [row]}, "unproven": 1}
    user = superuser("night-desk")
    Report.objects.update(verification=confirmed(open_row, user, report.created_at))
    response = client.get(f"{REPORTS}/{report.slug}")
    assert response.json()["checks"][0]["outcome"] == "editor"
    assert b"night-desk" not in response.content


def test_what_has_not_changed_is_not_sent_again(client: Client, report: Report) -> None:
    for path in (REPORTS, f"{REPORTS}/latest", f"{REPORTS}/{report.slug}"):
        etag = client.get(path)["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    Report.objects.update(title="Khác")
    for path in (REPORTS, f"{REPORTS}/latest", f"{REPORTS}/{report.slug}"):
        again = client.get(path, headers={"If-None-Match": etag})
        assert (again.status_code, "Khác" in again.content.decode()) == (200, True)


def test_pages_follow_each_other_by_their_links(client: Client, archive: Archive) -> None:
    rows = archive(11)
    listed, path = [], f"{REPORTS}?limit=5&year=2026"
    while path:
        response = client.get(path)
        body = response.json()
        listed += [item["id"] for item in body["reports"]]
        assert response.get("Link", "") == (f'<{body["next"]}>; rel="next"' if body["next"] else "")
        path = body["next"]
    newest = Report.objects.published().first()
    assert newest
    assert listed == [newest.pk, *(row.pk for row in rows)]


def test_a_search_and_filters_find_what_the_archive_finds(client: Client, report: Report) -> None:
    def found(query: str) -> list[str]:
        return [item["slug"] for item in get(client, f"{REPORTS}?{query}")["reports"]]

    assert found("q=diem+so") == found("q=điểm+số") == [report.slug]
    assert found("q=index+points&language=en&year=2026&month=8&report_type=market") == [report.slug]
    for query in ("q=index+points", "q=!!", "year=2025", "symbol=FPT", "q=diem&symbol=FPT"):
        assert found(query) == [], query


@pytest.mark.parametrize(
    "query",
    [
        "page=2", "limit=0", "limit=101", "limit=x", "before=x", "month=8", "year=1", "symbol=%00",
        "language=de", "year=2026&month=13", f"q={'x' * 201}",
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_what_is_not_understood_is_refused(client: Client, query: str) -> None:
    response = client.get(f"{REPORTS}?{query}")
    assert response.status_code == 422
    assert response.json()["detail"]


def test_only_what_is_public_is_told(client: Client, write: Write) -> None:
    report = write(draft=True)
    assert client.get(f"{REPORTS}/{report.slug}").json() == {"detail": "No such report"}
    assert client.get(f"{REPORTS}/latest").status_code == 404
    assert get(client, f"{REPORTS}?q=diem") == get(client, REPORTS) == {"reports": [], "next": None}
    Report.objects.update(status="published", published_at=report.created_at, is_note=True)
    assert client.get(f"{REPORTS}/latest").status_code == 404
    assert len(get(client, REPORTS)["reports"]) == 1


def test_lists_cost_the_same_however_long_and_read_no_text(
    client: Client, archive: Archive
) -> None:
    counts = []
    for count in (3, 20):
        Report.objects.filter(slug__startswith="older").delete()
        archive(count)
        with CaptureQueriesContext(connection) as captured:
            get(client, f"{REPORTS}?limit=100")
        counts.append(len(captured))
        assert not [q for q in captured.captured_queries if "html_content" in q["sql"]]
    assert counts == [1, 1]


@pytest.fixture
def program(db: None, settings: Settings) -> Iterator[dict[str, str]]:
    """A token that may do everything; and a report and an article, should they be asked for.

    The handler closes what looks like a lost connection; here it is the test's transaction.
    """
    settings.API_WRITES_PER_MINUTE = 10_000
    for slug, origin in (("0", "writer"), ("1", "editor")):
        Report.objects.create(
            slug=slug, title="Bài", status="published", origin=origin, facts={"odd": 1},
            html_content="<p>0 1</p>", created_at=MOMENT, published_at=MOMENT,
        )  # fmt: skip
    _, token = tokens.issue(superuser(), "test", ["articles", "publish"])
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield {"Authorization": f"Bearer {token}", "Host": "localhost"}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@given(
    max_examples=8, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_answer_is_one_that_the_description_names(
    case: schemathesis.Case, program: dict[str, str]
) -> None:
    case.call_and_validate(checks=CHECKS, headers=program)
