"""Mail to editors when a report waits: to whoever may publish, and never in a run's way."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from pytest_django import Settings

from market.history import backfill
from market.refresh import refresh_indices
from reports.models import Report, Run
from reports.writing import pipeline
from reports.writing.notify import report_waits
from reports.writing.runs import request_run
from tests.market.refreshed import vndirect_rows
from tests.people import editor, staff, superuser
from tests.reports.admin import change, make_report
from tests.reports.test_disputed import SLOT
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db

Outbox = list[EmailMessage]


@pytest.fixture(autouse=True)
def mail_server(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example"
    settings.SITE_URL = "https://market.example"


def with_mail(user: User, address: str, active: bool = True) -> User:
    user.email, user.is_active = address, active
    user.save()
    return user


def people() -> None:
    """Two who may publish, and those who may not or cannot be written to."""
    with_mail(editor("lan"), "lan@example.org")
    with_mail(superuser("chief"), "chief@example.org")
    with_mail(editor("gone"), "gone@example.org", active=False)
    with_mail(staff("reports.view_report", "reports.change_report"), "minh@example.org")
    editor("without-address")


def test_those_who_may_publish_are_told_and_none_learns_the_others_address(
    mailoutbox: Outbox,
) -> None:
    people()
    report = make_report(notices=["gemini: the daily quota is used up"])
    assert report_waits(report.pk) == 2
    (mail,) = mailoutbox
    assert sorted(mail.bcc) == ["chief@example.org", "lan@example.org"]
    assert (mail.to, mail.cc) == ([], [])
    assert mail.subject == "Marketsite: có báo cáo chờ duyệt"
    assert report.title in mail.body
    assert "the daily quota is used up" in mail.body
    assert f"https://market.example{change(report)}" in mail.body


def test_a_title_cannot_write_headers_of_the_mail(mailoutbox: Outbox) -> None:
    people()
    report = make_report(title="A\nBcc: all@example.org")
    report_waits(report.pk)
    assert "all@example.org" not in str(mailoutbox[0].message().items())


def test_without_a_mail_server_or_anybody_to_write_to_no_mail_is_made(
    mailoutbox: Outbox, settings: Settings
) -> None:
    report = make_report()
    assert report_waits(report.pk) == 0
    people()
    settings.EMAIL_HOST = ""
    assert report_waits(report.pk) == 0
    assert mailoutbox == []


def test_a_mail_server_that_fails_is_only_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    people()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_PASSWORD = "hunter2-hunter2"
    report = make_report()
    assert report_waits(report.pk) == 0
    assert f"editors not told report={report.pk} reason=ConnectionRefusedError" in caplog.text
    assert "hunter2" not in caplog.text
    assert "@example.org" not in caplog.text


def test_an_address_that_is_none_stops_no_run(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with_mail(superuser("chief"), "chief@example.org\nBcc: all@example.org")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.create_server(("127.0.0.1", 0)) as server:
        greeter = threading.Thread(target=_greet, args=(server,))
        greeter.start()
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        report = make_report()
        assert report_waits(report.pk) == 0
        greeter.join()
    assert f"editors not told report={report.pk} reason=ValueError" in caplog.text
    assert "all@example.org" not in caplog.text


def _greet(server: socket.socket) -> None:
    """The least that a mail server says."""
    peer, _ = server.accept()
    with peer, peer.makefile("rwb", 0) as line:
        line.write(b"220 mail\r\n")
        while line.readline():
            line.write(b"250 yes\r\n")


@pytest.mark.parametrize("draft", [False, True])
def test_a_run_tells_them_of_what_it_holds_back_but_not_of_a_draft_that_was_asked_for(
    upstreams: Upstreams,
    settings: Settings,
    mailoutbox: Outbox,
    django_capture_on_commit_callbacks: Any,
    draft: bool,
) -> None:
    people()
    settings.MARKET_CONFIRM_SOURCES = ["vndirect"]
    upstreams.script("vndirect.quotes", vndirect_rows(close=1780.0, change=45.76))
    refresh_indices()
    backfill()
    run, _ = request_run(SLOT, Run.Trigger.SCHEDULE, draft)
    with django_capture_on_commit_callbacks(execute=True):
        report = pipeline.run_to_end(run.pk).report
    assert report
    assert report.status == Report.Status.REVIEW
    assert len(mailoutbox) == (0 if draft else 1)
