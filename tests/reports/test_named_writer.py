"""A run that names its writer, while that one cannot be asked."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from reports.models import Run
from reports.writing import pipeline, requests
from reports.writing.runs import request_run
from reports.writing.writer_states import end_rest
from tests.people import editor
from tests.reports.model_runs import SLOT, gemini, report_of
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

GEMINI = "gemini.generate"


def named(hour: int = 8) -> Run:
    run, _ = request_run(SLOT.replace(hour=hour), Run.Trigger.COMMAND)
    Run.objects.filter(pk=run.pk).update(writer="gemini")
    return pipeline.run_to_end(run.pk)


@pytest.mark.parametrize("fault", ["429_per_day", "400_api_key_invalid"])
def test_its_run_ends_at_once_with_the_reason_and_goes_on_when_asked_to(
    numbers: Upstreams, fault: str
) -> None:
    numbers.script(GEMINI, Reply())
    numbers.always(GEMINI, Reply(fixture=f"llm/gemini/{fault}.json"))
    run = named()
    assert (run.state, run.attempt) == (Run.State.FAILED, 1)
    assert run.error.startswith("NoWriter: gemini: ")
    asked = len(numbers.calls_to(GEMINI))

    resting = named(hour=9)
    assert (resting.state, resting.attempt) == (Run.State.FAILED, 1)
    assert "rests until" in resting.error
    assert len(numbers.calls_to(GEMINI)) == asked == 2

    numbers.always(GEMINI, Reply())
    end_rest("gemini")
    assert requests.retry(run, editor())
    assert report_of(pipeline.run_to_end(run.pk)).writer == "gemini"


def test_without_its_key_it_ends_at_once_too(numbers: Upstreams, settings: Settings) -> None:
    settings.GEMINI_API_KEY = ""
    run = named()
    assert (run.state, run.attempt) == (Run.State.FAILED, 1)
    assert run.error == "NoWriter: no writer is configured"


def test_trouble_that_may_pass_still_takes_the_usual_attempts(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.RUN_RETRY_SECONDS = 0
    numbers.script(GEMINI, *[gemini({"title": "T"})] * 3)  # one question, asked anew
    run = named()
    assert (run.state, run.attempt) == (Run.State.DONE, 2)
