"""Numbers on which two sources differ: no report goes public on them without an editor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from market.history import backfill
from market.refresh import refresh_indices
from reports import facts
from reports.models import Report, Run, Step
from reports.writing import pipeline
from reports.writing.runs import request_run
from tests.market.refreshed import vietcap_rows, vndirect_rows
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)


def written() -> Report:
    """The report of a run that nobody asked to be reviewed."""
    backfill()
    run, _ = request_run(SLOT, Run.Trigger.SCHEDULE)
    done = pipeline.run_to_end(run.pk)
    assert done.report
    assert not done.draft
    return done.report


@pytest.fixture(autouse=True)
def confirmed_by_vndirect(settings: Settings) -> None:
    settings.MARKET_CONFIRM_SOURCES = ["vndirect"]


def test_a_disputed_index_sends_the_report_to_review(upstreams: Upstreams) -> None:
    upstreams.script("vndirect.quotes", vndirect_rows(close=1780.0, change=45.76))
    refresh_indices()
    report = written()
    assert (report.status, report.published_at) == (Report.Status.REVIEW, None)
    note = Report.objects.published().get()
    assert report.supersedes == note
    assert "hai nguồn lệch nhau về VN-Index" in note.summary
    assert "two sources differ on VN-Index" in note.summary_en
    sheet = facts.from_json(report.facts)
    agreements = {state.code: state.agreement for state in sheet.indices}
    assert (agreements["VNINDEX"], agreements["VN30"]) == ("disputed", "confirmed")
    assert Step.objects.get(name="save").output["status"] == "review"


def test_a_dispute_that_the_next_price_left_unsettled_still_holds_the_report(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.script("vndirect.quotes", vndirect_rows(close=1780.0, change=45.76))
    refresh_indices()
    at("2026-08-21T08:13:00Z")
    upstreams.always("vietcap.quotes", vietcap_rows(time="2026-08-21T08:12:00Z", price=1768.5))
    upstreams.always("vndirect.quotes", Reply(status=503, body="x"))
    refresh_indices()
    report = written()
    assert report.status == Report.Status.REVIEW
    fact = facts.from_json(report.facts).facts["vnindex.close"]
    assert (str(fact.value), fact.agreement) == ("1768.5", "disputed")


def test_a_confirmed_one_is_published(upstreams: Upstreams) -> None:
    refresh_indices()
    report = written()
    assert report.status == Report.Status.PUBLISHED
    assert facts.from_json(report.facts).facts["vnindex.close"].agreement == "confirmed"


def test_a_dispute_that_ended_before_the_run_keeps_nothing_back(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.script("vndirect.quotes", vndirect_rows(close=1780.0, change=45.76))
    refresh_indices()
    at("2026-08-21T08:26:00Z")
    refresh_indices()
    assert written().status == Report.Status.PUBLISHED
