"""A report that waits for its moment: set, moved and given up in the admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from reports.admin.forms import version_of
from reports.models import Report
from reports.publishing import publish
from tests.html import Page
from tests.people import editor, staff
from tests.reports.admin import make_report, signed_in, told, url

pytestmark = pytest.mark.django_db

WHEN = datetime(2026, 8, 21, 9, 30, tzinfo=UTC)  # 16:30 in Vietnam
At = Callable[[str], None]


@pytest.fixture(autouse=True)
def now(at: At) -> None:
    at("2026-08-21T08:10:00Z")


@pytest.fixture
def report() -> Report:
    return make_report()


def form(report: Report) -> str:
    return url("reports_report_schedule", report.pk)


def sent(report: Report, when: str = "2026-08-21T16:30", **more: str) -> dict[str, str]:
    return {"when": when, "version": version_of(Report.objects.get(pk=report.pk))} | more


def test_a_report_is_scheduled_in_vietnams_time_and_stays_hidden_until_then(
    report: Report, client: Client
) -> None:
    user = editor()
    response = signed_in(user).post(form(report), sent(report))
    assert told(response) == ["Báo cáo sẽ công bố lúc 21/8/2026, 16:30."]
    report.refresh_from_db()
    assert (report.status, report.published_at, report.reviewed_by) == ("scheduled", WHEN, user)
    assert client.get(report.get_absolute_url()).status_code == 404
    assert LogEntry.objects.get().change_message == "Sẽ công bố lúc 21/8/2026, 16:30."


def test_the_moment_can_be_moved_and_given_up(report: Report) -> None:
    client = signed_in(editor())
    client.post(form(report), sent(report))
    page = Page(client.get(form(report)).content)
    assert page.one("input", name="when").get("value") == "2026-08-21T16:30"
    client.post(form(report), sent(report, "2026-08-22T07:00"))
    report.refresh_from_db()
    assert report.published_at == datetime(2026, 8, 22, 0, 0, tzinfo=UTC)
    client.post(form(report), sent(report, unschedule="1"))
    report.refresh_from_db()
    assert (report.status, report.published_at) == ("review", None)
    again = client.post(form(report), sent(report, unschedule="1"))
    assert told(again)[-1] == "Báo cáo không chờ giờ công bố."


@pytest.mark.parametrize("when", ["2026-08-21T15:10", "2020-01-01T00:00", "", "soon"])
def test_a_moment_that_has_passed_or_is_none_is_refused(report: Report, when: str) -> None:
    response = signed_in(editor()).post(form(report), sent(report, when))
    assert (response.status_code, list(response.context["form"].errors)) == (200, ["when"])
    report.refresh_from_db()
    assert report.status == "review"


def test_what_changed_since_it_was_read_is_not_scheduled(report: Report) -> None:
    stale = sent(report)
    report.save()
    response = signed_in(editor()).post(form(report), stale)
    assert "đọc lại" in told(response)[0]
    report.refresh_from_db()
    assert report.status == "review"


def test_a_public_report_is_not_scheduled(report: Report) -> None:
    Report.objects.update(status="published", published_at=WHEN)
    client = signed_in(editor())
    client.post(form(report), sent(report))
    report.refresh_from_db()
    assert report.status == "published"
    page = Page(client.get(url("reports_report_change", report.pk)).content)
    assert page.all("a", href=form(report)) == []


def test_who_may_not_publish_may_not_schedule(report: Report) -> None:
    client = signed_in(staff("reports.change_report", "reports.view_report"))
    assert client.post(form(report), sent(report)).status_code == 403
    page = Page(client.get(url("reports_report_change", report.pk)).content)
    assert page.all("a", href=form(report)) == []


def test_publishing_by_hand_does_not_wait_for_the_moment(report: Report) -> None:
    user = editor()
    publish.schedule(report, WHEN, user)
    assert publish.publish(report, user)
    report.refresh_from_db()
    assert report.published_at == datetime(2026, 8, 21, 8, 10, tzinfo=UTC)


def test_what_is_due_is_published_once_and_the_rest_left(report: Report, at: At) -> None:
    later, user = make_report("later"), editor()
    publish.schedule(report, WHEN, user)
    publish.schedule(later, WHEN.replace(hour=10), user)
    assert publish.publish_due() == 0
    at("2026-08-21T09:40:00Z")
    assert (publish.publish_due(), publish.publish_due()) == (1, 0)
    assert Report.objects.published().get() == report
    assert Report.objects.get(pk=report.pk).published_at == WHEN
