"""Runs that people ask for: what they leave to the schedule, and how they are named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from reports import tokens
from reports.models import Run
from reports.writing.requests import request_now
from reports.writing.runs import request_run
from reports.writing.schedule import due_slot
from tests.html import Page
from tests.people import editor, staff
from tests.reports.admin import signed_in, url

pytestmark = pytest.mark.django_db

At = Callable[[str], None]

SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def schedule(settings: Settings) -> None:
    settings.ENABLE_AUTO_REPORT_SCHEDULER = True
    settings.AUTO_REPORT_SCHEDULE_TIMES = [time(15)]  # in Vietnam
    request_run(SLOT - timedelta(days=1), Run.Trigger.SCHEDULE)


def test_a_draft_asked_for_in_the_minute_of_a_slot_leaves_it_to_the_schedule(
    at: At, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    at("2026-08-21T08:00:20Z")
    with django_capture_on_commit_callbacks() as rung:
        run, created = request_now(staff("reports.add_run"), draft=True)
    assert (run.slot, run.trigger, run.draft, created) == (SLOT, "schedule", False, False)
    assert len(rung) == 1
    assert due_slot(SLOT + timedelta(minutes=2)) is None


def test_a_draft_asked_for_while_a_slot_is_late_does_not_fill_it(at: At) -> None:
    at("2026-08-21T08:01:20Z")
    draft, _ = request_now(staff("reports.add_run"), draft=True)
    assert (draft.slot, draft.draft) == (SLOT + timedelta(minutes=1), True)
    assert due_slot(SLOT + timedelta(minutes=2)) == SLOT
    request_now(editor(), draft=False)
    Run.objects.filter(pk=draft.pk).update(draft=False)
    assert due_slot(SLOT + timedelta(minutes=2)) is None


@pytest.mark.parametrize("scheduled", [True, False])
def test_without_a_due_slot_a_draft_is_a_draft(at: At, settings: Settings, scheduled: bool) -> None:
    settings.ENABLE_AUTO_REPORT_SCHEDULER = scheduled
    at("2026-08-21T07:59:59Z" if scheduled else "2026-08-21T08:00:20Z")
    run, created = request_now(staff("reports.add_run"), draft=True)
    assert (run.trigger, run.draft, created) == ("editor", True, True)


def test_a_run_of_the_api_shows_the_token_that_asked(at: At) -> None:
    at("2026-08-21T08:30:00Z")
    _, text = tokens.issue(editor(), "Trading desk", ["generate"])
    headers = {"Authorization": f"Bearer {text}"}
    Client().post("/api/v1/generate-auto-report", headers=headers)
    run = Run.objects.get(token="Trading desk")
    assert run.trigger == "api"
    client = signed_in(run.requested_by)
    for address in (url("reports_run_changelist"), url("reports_run_change", run.pk)):
        assert "API: Trading desk" in Page(client.get(address).content).text
