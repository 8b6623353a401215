"""The moves of a report between its states, each one atomic statement."""

from __future__ import annotations

import logging

from django.contrib.auth.models import AbstractBaseUser

from marketsite import clock
from reports.models import Report

logger = logging.getLogger(__name__)

PUBLISHABLE = (Report.Status.DRAFT, Report.Status.REVIEW, Report.Status.ARCHIVED)


def publish(report: Report, reviewer: AbstractBaseUser | None = None) -> bool:
    """Make the report public now; False when it already was, or somebody else was faster.

    A report that comes back keeps the time at which it was first published.
    """
    now = clock.now()
    rows = Report.objects.filter(pk=report.pk, status__in=PUBLISHABLE)
    changed = rows.update(
        status=Report.Status.PUBLISHED,
        published_at=report.published_at or now,
        reviewed_by_id=reviewer.pk if reviewer else None,
        updated_at=now,
    )
    if changed:
        logger.info("published report=%d", report.pk)
    return bool(changed)


def withdraw(report: Report) -> bool:
    """Take the report off the public pages; False when it was not public."""
    rows = Report.objects.filter(pk=report.pk, status=Report.Status.PUBLISHED)
    changed = rows.update(status=Report.Status.ARCHIVED, updated_at=clock.now())
    if changed:
        logger.info("withdrew report=%d", report.pk)
    return bool(changed)
