"""What all prompts of a run share: frozen with its skeleton, and not made again in each part."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from market.history import backfill
from market.refresh import refresh_indices
from marketsite import clock
from reports.models import Report, Run, Step
from reports.writing import pipeline
from reports.writing.runs import request_run
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(models: Upstreams, settings: Settings) -> Run:
    """A run of a model that has its skeleton."""
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    refresh_indices()
    backfill()
    publish("Báo cáo trước", minutes=-60)
    run, _ = request_run(clock.now(), Run.Trigger.COMMAND)
    while not Step.objects.filter(run=run, name="write"):
        pipeline.advance(run.pk)
    return run


def publish(title: str, minutes: int) -> None:
    moment = clock.now() + timedelta(minutes=minutes)
    Report.objects.create(
        slug=f"r{minutes + 100}",
        title=title,
        status=Report.Status.PUBLISHED,
        created_at=moment,
        published_at=moment,
    )


def test_the_last_report_stays_the_same_in_all_prompts_of_a_run(
    run: Run, models: Upstreams
) -> None:
    pipeline.advance(run.pk)
    publish("Báo cáo chen ngang", minutes=0)
    pipeline.run_to_end(run.pk)
    asked = [str(json.loads(call.body)) for call in models.calls_to("gemini.generate")]
    with_facts = [body for body in asked if "vnindex.close |" in body]
    assert len(with_facts) >= 5
    assert all("Báo cáo trước" in body for body in with_facts)
    assert not any("Báo cáo chen ngang" in body for body in asked)


def test_a_section_is_asked_for_without_reading_the_fact_sheet_again(run: Run) -> None:
    with CaptureQueriesContext(connection) as queries:
        pipeline.advance(run.pk)
    assert Step.objects.filter(run=run, name="write", part=1).exists()
    loaded = [query["sql"] for query in queries if '"output" - ' in query["sql"]]
    assert loaded
    assert all("'write'" in sql for sql in loaded)
