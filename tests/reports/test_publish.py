"""The moves of a report: atomic, and none of them forgets when it was first public."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from reports.models import Report
from reports.publishing.publish import PUBLISHABLE, publish, withdraw

pytestmark = pytest.mark.django_db

NOW, LATER = "2026-08-21T08:10:00Z", "2026-08-22T01:00:00Z"
FIRST = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)


@pytest.fixture
def report(at: Callable[[str], None]) -> Report:
    at(NOW)
    return Report.objects.create(
        slug="vn-index", title="VN-Index", status=Report.Status.REVIEW, created_at=timezone.now()
    )


def user(name: str) -> AbstractBaseUser:
    return get_user_model().objects.create(username=name)


def test_publishing_makes_the_report_public_now(report: Report) -> None:
    reviewer = user("hoa")
    assert publish(report, reviewer)
    published = Report.objects.published().get()
    assert (published.published_at, published.updated_at) == (FIRST, FIRST)
    assert published.reviewed_by == reviewer


def test_of_two_who_publish_one_is_told_that_it_was_done(report: Report) -> None:
    same = Report.objects.get()  # as the other editor's page has it
    assert publish(report, user("hoa"))
    assert not publish(same, user("minh"))
    assert str(Report.objects.get().reviewed_by) == "hoa"


def test_a_report_that_comes_back_keeps_its_first_time_and_reviewer(
    report: Report, at: Callable[[str], None]
) -> None:
    before = Report.objects.get()  # never saw that it was published
    publish(report, user("hoa"))
    assert withdraw(report)
    assert not Report.objects.published().exists()
    at(LATER)
    assert publish(before)
    back = Report.objects.published().get()
    assert back.published_at == FIRST
    assert str(back.reviewed_by) == "hoa"
    assert back.updated_at > FIRST


def test_what_changed_since_the_reviewer_read_it_is_not_published(report: Report) -> None:
    report.refresh_from_db()
    read = report.updated_at
    Report.objects.update(title="Another", updated_at=read + timedelta(seconds=1))
    assert not publish(report, seen=read)
    assert publish(report, seen=read + timedelta(seconds=1))


@pytest.mark.parametrize("status", Report.Status)
def test_only_what_is_ready_can_be_published_and_only_what_is_public_withdrawn(
    report: Report, status: Report.Status
) -> None:
    Report.objects.update(status=status, published_at=FIRST)
    report.refresh_from_db()
    assert publish(report) == (status in PUBLISHABLE)
    Report.objects.update(status=status)
    assert withdraw(report) == (status == Report.Status.PUBLISHED)
