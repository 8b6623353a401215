"""Tell the editors that a report waits for them, by mail where the site can send any."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.utils.translation import gettext, override

from reports.models import Report
from reports.publishing import reasons

logger = logging.getLogger(__name__)

# Asking Django for it would load all addresses into the worker, with the pages, the API and the
# admin behind them: 20 MB.
CHANGE_PAGE = "/admin/reports/report/{}/change/"


def report_waits(report_id: int) -> int:
    """Mail those who may publish; how many were written to. A mail that fails is only logged."""
    addresses = _addresses() if settings.EMAIL_HOST else []
    if not addresses:
        return 0
    report = Report.objects.summaries().get(pk=report_id)
    with override(settings.LANGUAGE_CODE):
        body = gettext("A report waits for review: {title}").format(title=report.title)
        told = "\n".join(reasons.plain(str(notice)) for notice in report.notices)
        message = EmailMessage(
            subject=gettext("Marketsite: a report waits for review"),
            body=f"{body}\n{told}\n\n{settings.SITE_URL}{CHANGE_PAGE.format(report.pk)}\n",
            bcc=addresses,
        )
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:  # ValueError: of an odd address
        logger.warning("editors not told report=%d reason=%s", report.pk, type(error).__name__)
        return 0
    return len(addresses)


def _addresses() -> list[str]:
    users = get_user_model().objects.with_perm(
        "reports.publish_report", backend="django.contrib.auth.backends.ModelBackend"
    )
    return sorted({user.email for user in users if user.email})
