"""The moves of a report between its states, each one atomic statement."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, Least

from marketsite import clock
from reports.models import Report
from reports.publishing.checks import UNPROVEN

logger = logging.getLogger(__name__)

PUBLISHABLE = (
    Report.Status.DRAFT,
    Report.Status.REVIEW,
    Report.Status.SCHEDULED,
    Report.Status.ARCHIVED,
)


def publish(
    report: Report, reviewer: AbstractBaseUser | None = None, seen: datetime | None = None
) -> bool:
    """Make the report public now; False when it already was, or somebody else was faster.

    What stood in its place until now is withdrawn with the same stroke. What an editor typed and
    nobody vouched for keeps a report from the public. A report that comes back keeps the time at
    which it was first published, and its reviewer unless there is a new one.
    `seen` is the time of the change that the reviewer has read: anything newer is not published.
    """
    now = clock.now()
    review: dict[str, Any] = {"reviewed_by_id": reviewer.pk} if reviewer else {}
    rows = _publishable(report, seen)
    with transaction.atomic():
        changed = rows.update(
            status=Report.Status.PUBLISHED,
            # not later than now, as where it was scheduled
            published_at=Least(Coalesce("published_at", Value(now)), Value(now)),
            updated_at=now,
            **review,
        )
        if changed and report.supersedes_id:
            withdraw(Report(pk=report.supersedes_id), reviewer)
    if changed:
        logger.info("published report=%d user=%s", report.pk, _id(reviewer))
    return bool(changed)


def schedule(
    report: Report, when: datetime, reviewer: AbstractBaseUser, seen: datetime | None = None
) -> bool:
    """Let the report become public at `when`, with the reviewer's word; False when it was public
    already, or is not as it was `seen`.
    """
    changed = _publishable(report, seen).update(
        status=Report.Status.SCHEDULED,
        published_at=when,
        updated_at=clock.now(),
        reviewed_by_id=reviewer.pk,
    )
    if changed:
        logger.info("scheduled report=%d user=%d when=%s", report.pk, reviewer.pk, when)
    return bool(changed)


def _publishable(report: Report, seen: datetime | None) -> QuerySet[Report]:
    """The report's row for as long as it may become public, and is as it was `seen`."""
    rows = Report.objects.filter(pk=report.pk, status__in=PUBLISHABLE)
    rows = rows.exclude(verification__has_key=UNPROVEN)
    return rows if seen is None else rows.filter(updated_at=seen)


def unschedule(report: Report, user: AbstractBaseUser) -> bool:
    """Back into review, to be published by hand or not at all; False when it was not scheduled."""
    rows = Report.objects.filter(pk=report.pk, status=Report.Status.SCHEDULED)
    changed = rows.update(status=Report.Status.REVIEW, published_at=None, updated_at=clock.now())
    if changed:
        logger.info("unscheduled report=%d user=%d", report.pk, user.pk)
    return bool(changed)


def due() -> QuerySet[Report]:
    """What was scheduled for a moment that has come, in that order."""
    rows = Report.objects.filter(status=Report.Status.SCHEDULED, published_at__lte=clock.now())
    return rows.order_by("published_at")


def publish_due() -> int:
    """Publish what is due; returns how many reports became public."""
    reports = due().only("pk", "supersedes", "updated_at")
    return sum(publish(report, seen=report.updated_at) for report in reports)


def withdraw(report: Report, user: AbstractBaseUser | None = None) -> bool:
    """Take the report off the public pages; False when it was not public."""
    rows = Report.objects.filter(pk=report.pk, status=Report.Status.PUBLISHED)
    changed = rows.update(status=Report.Status.ARCHIVED, updated_at=clock.now())
    if changed:
        logger.info("withdrew report=%d user=%s", report.pk, _id(user))
    return bool(changed)


def _id(user: AbstractBaseUser | None) -> str:
    return str(user.pk) if user else "-"
