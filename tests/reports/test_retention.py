"""What goes after its time, and what must never go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django import Settings

from market.history import backfill
from market.models import Bar, Quote
from market.refresh import refresh_indices
from marketsite import clock
from reports.models import Report, Run, Step
from reports.retention import Pruned, prune
from reports.writing import pipeline
from tests.conftest import Manage
from tests.upstreams import Upstreams

FIVE_MONTHS_ON = "2027-01-21T08:10:00Z"


@pytest.fixture
def written(db: None, upstreams: Upstreams) -> Run:
    """A run that published its report on 21 August 2026."""
    refresh_indices()
    backfill()
    run, _ = pipeline.request_run(clock.now(), Run.Trigger.COMMAND)
    return pipeline.run_to_end(run.pk)


def test_old_quotes_and_step_texts_go_and_what_proves_a_report_stays(
    written: Run, at: Callable[[str], None]
) -> None:
    proof = Report.objects.values("facts", "document", "html_content", "sources").get()
    newest = set(Quote.objects.values_list("pk", flat=True))
    for quote in Quote.objects.all():
        quote.pk, quote.as_of = None, quote.as_of - timedelta(hours=1)
        quote.save()
    bars = Bar.objects.count()
    at(FIVE_MONTHS_ON)
    assert prune() == Pruned(quotes=5, steps=4)
    assert set(Quote.objects.values_list("pk", flat=True)) == newest  # the last known values
    assert Bar.objects.count() == bars
    assert Report.objects.values("facts", "document", "html_content", "sources").get() == proof
    assert list(Step.objects.values_list("output", flat=True)) == [{}] * 4
    assert Step.objects.filter(seconds__gte=0, attempt=1).exclude(input_hash="").count() == 4
    assert prune() == Pruned(quotes=0, steps=0)


def test_what_is_not_old_yet_stays(
    written: Run, at: Callable[[str], None], settings: Settings
) -> None:
    settings.RUN_RETENTION_DAYS = settings.QUOTE_RETENTION_DAYS = 1
    at("2026-08-22T08:10:00Z")  # a day to the second
    assert prune() == Pruned(quotes=0, steps=0)


def test_the_texts_of_a_run_that_still_works_stay(written: Run, at: Callable[[str], None]) -> None:
    Run.objects.update(state=Run.State.WAITING)
    at(FIVE_MONTHS_ON)
    assert prune().steps == 0


def test_the_command_says_what_went(manage: Manage) -> None:
    done = manage("prune")
    assert done.returncode == 0
    assert done.stdout == (
        "0 quotes deleted, 0 step texts emptied\n0 crypto overviews and 0 rejected quotes deleted\n"
    )
    assert done.stderr.count("Memory cleanup completed job=prune outcome=ok") == 1
