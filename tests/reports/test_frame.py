"""What the prompts of a run are made from: frozen with its skeleton, and not made in each part."""

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
from reports import document
from reports.models import PromptVersion, Report, Run, Step
from reports.writing import pipeline
from reports.writing.prompts.templates import file_version
from reports.writing.runs import request_run
from reports.writing.sections import prose_of
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbers(models: Upstreams, settings: Settings) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    refresh_indices()
    backfill()


@pytest.fixture
def run(numbers: None) -> Run:
    """A run of a model that has its skeleton."""
    publish("Báo cáo trước", minutes=-60)
    return begun()


def begun() -> Run:
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


def test_a_place_is_asked_for_with_the_sentences_that_the_rules_wrote_for_it(
    run: Run, models: Upstreams
) -> None:
    skeleton = document.from_json(Step.objects.get(run=run, name="write").output["vi"])
    (trend,) = [section for section in skeleton.sections if section.id == "trend"]
    pipeline.run_to_end(run.pk)
    asked = [call.json() for call in models.calls_to("gemini.generate")]
    prompts = [body["contents"][0]["parts"][0]["text"] for body in asked]
    proven = [text.partition("<proven>\n")[2].partition("\n</proven>")[0] for text in prompts]
    assert "\n".join(prose_of(trend)) in proven
    assert f"{skeleton.title}\n{skeleton.standfirst}" in proven
    (scenarios,) = [text for text in prompts if '"Kịch bản năm phiên tới"' in text]
    assert "<proven>" not in scenarios  # what stands beside the model's words is not offered


def test_a_section_is_asked_for_without_reading_the_fact_sheet_again(run: Run) -> None:
    with CaptureQueriesContext(connection) as queries:
        pipeline.advance(run.pk)
    assert Step.objects.filter(run=run, name="write", part=1).exists()
    loaded = [query["sql"] for query in queries if '"output" - ' in query["sql"]]
    assert loaded
    assert all("'write'" in sql for sql in loaded)


def test_a_run_ends_with_the_prompts_that_it_began_with(numbers: None, models: Upstreams) -> None:
    first = edited("headline", "Bản đầu: $facts $written")
    run = begun()
    PromptVersion.objects.update(active=False)
    edited("headline", "Bản sau: $facts $written")
    edited("translate", "Bản sau: $texts")
    pipeline.run_to_end(run.pk)
    asked = [str(json.loads(call.body)) for call in models.calls_to("gemini.generate")]
    assert sum("Bản đầu: " in body for body in asked) == 1
    assert not any("Bản sau: " in body for body in asked)
    used = Report.objects.get(run=run).prompts
    assert (used["headline"], used["translate"]) == (first.label, file_version("translate"))


def edited(name: str, text: str) -> PromptVersion:
    return PromptVersion.objects.create(name=name, text=text, active=True, created_at=clock.now())
