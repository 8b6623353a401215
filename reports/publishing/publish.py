"""The moves of a report between its states, each one atomic statement."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Value
from django.db.models.functions import Coalesce

from marketsite import clock
from reports.models import Report

logger = logging.getLogger(__name__)

PUBLISHABLE = (Report.Status.DRAFT, Report.Status.REVIEW, Report.Status.ARCHIVED)


def publish(
    report: Report, reviewer: AbstractBaseUser | None = None, seen: datetime | None = None
) -> bool:
    """Make the report public now; False when it already was, or somebody else was faster.

    A report that comes back keeps the time at which it was first published, and its reviewer
    unless there is a new one. `seen` is the time of the change that the reviewer has read:
    anything newer is not published.
    """
    now = clock.now()
    review: dict[str, Any] = {"reviewed_by_id": reviewer.pk} if reviewer else {}
    rows = Report.objects.filter(pk=report.pk, status__in=PUBLISHABLE)
    if seen is not None:
        rows = rows.filter(updated_at=seen)
    changed = rows.update(
        status=Report.Status.PUBLISHED,
        published_at=Coalesce("published_at", Value(now)),
        updated_at=now,
        **review,
    )
    if changed:
        logger.info("published report=%d user=%s", report.pk, _id(reviewer))
    return bool(changed)


def withdraw(report: Report, user: AbstractBaseUser | None = None) -> bool:
    """Take the report off the public pages; False when it was not public."""
    rows = Report.objects.filter(pk=report.pk, status=Report.Status.PUBLISHED)
    changed = rows.update(status=Report.Status.ARCHIVED, updated_at=clock.now())
    if changed:
        logger.info("withdrew report=%d user=%s", report.pk, _id(user))
    return bool(changed)


def _id(user: AbstractBaseUser | None) -> str:
    return str(user.pk) if user else "-"
