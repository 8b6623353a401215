"""What the admin's tests share: reports in any state, addresses, and what a page told its user."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from reports.models import Report

CREATED = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
TEXTS = {
    "title": "VN-Index tăng 33,88 điểm",
    "title_en": "VN-Index rose 33.88 points",
    "summary": "Cả năm chỉ số cùng tăng.",
    "summary_en": "All five indices rose.",
}


def make_report(slug: str = "vn-index", status: str = "review", **fields: Any) -> Report:
    usual: dict[str, Any] = {
        **TEXTS,
        "html_content": "<p>Bài viết</p>",
        "html_content_en": "<p>The article</p>",
        "created_at": CREATED,
        "published_at": CREATED if status == "published" else None,
        "data_as_of": CREATED,
        "verification": {"figures": 56, "matched": 56},
        "writer": "analyst",
    }
    return Report.objects.create(slug=slug, status=status, **usual | fields)


def url(name: str, *arguments: Any, language: str = "vi") -> str:
    """An address of the admin; without `override` it would follow the test's last request."""
    with override(language):
        return reverse(f"admin:{name}", args=arguments)


def change(report: Report) -> str:
    return url("reports_report_change", report.pk)


def typed(report: Report, **texts: str) -> dict[str, str]:
    """What the report's form sends, as it was opened on this state of the report."""
    report = Report.objects.get(pk=report.pk)
    opened = {name: getattr(report, name) for name in TEXTS}
    return opened | {"version": report.updated_at.isoformat()} | texts


def told(response: HttpResponse) -> list[str]:
    """The messages that wait for the user's next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client
