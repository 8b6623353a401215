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
from reports.models import ModelCall, Report, Run, RunBudget, Step
from reports.retention import Pruned, prune
from reports.writing import pipeline
from reports.writing.runs import request_run
from tests.conftest import Manage
from tests.upstreams import Upstreams

FIVE_MONTHS_ON = "2027-01-21T08:10:00Z"


@pytest.fixture
def written(db: None, upstreams: Upstreams) -> Run:
    """A run that published its report on 21 August 2026."""
    refresh_indices()
    backfill()
    run, _ = request_run(clock.now(), Run.Trigger.COMMAND)
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
    steps = Step.objects.exclude(output={}).count()
    assert prune() == Pruned(quotes=5, steps=steps)
    assert set(Quote.objects.values_list("pk", flat=True)) == newest  # the last known values
    assert Bar.objects.count() == bars
    assert Report.objects.values("facts", "document", "html_content", "sources").get() == proof
    assert {str(output) for output in Step.objects.values_list("output", flat=True)} == {"{}"}
    assert Step.objects.filter(seconds__gte=0, attempt=1).exclude(input_hash="").count() >= steps
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


@pytest.mark.parametrize("state", [Run.State.DONE, Run.State.FAILED, Run.State.CANCELLED])
def test_of_every_part_the_texts_go_and_the_numbers_stay(
    db: None, at: Callable[[str], None], state: Run.State
) -> None:
    then = clock.parse("2026-08-21T08:10:00Z")
    run = Run.objects.create(
        slot=then, state=state, trigger="schedule", heartbeat=then, created_at=then,
        finished_at=then, notes=["gemini: no answer"], error="no writer",
    )  # fmt: skip
    usage = {"prompt": 4000, "output": 900, "thinking": 200}
    for part in range(3):
        Step.objects.create(
            run=run, name="write", part=part, final=part == 2, input_hash="h", seconds=12.5,
            output={"blocks": ["x" * 100_000]}, usage=usage, attempt=1, finished_at=then,
        )  # fmt: skip
    RunBudget.objects.create(run=run, calls=3, tokens=15_300, cost="0.0420")
    ModelCall.objects.create(
        run=run, day=then.date(), writer="gemini", model="m", tokens=1, cost="0.01", asked_at=then
    )
    at(FIVE_MONTHS_ON)
    found = prune()
    assert (found.steps, found.calls) == (3, 1)
    rows = Step.objects.order_by("part").values_list("output", "usage", "seconds", "final")
    assert list(rows) == [({}, usage, 12.5, final) for final in (False, False, True)]
    run.refresh_from_db()
    assert (run.notes, run.error, run.state) == (["gemini: no answer"], "no writer", state)
    assert (run.budget.calls, run.budget.tokens) == (3, 15_300)


def test_the_command_says_what_went(manage: Manage) -> None:
    done = manage("prune")
    assert done.returncode == 0
    assert done.stdout == (
        "0 quotes deleted, 0 step texts emptied\n0 crypto overviews and 0 rejected quotes deleted\n"
        "0 single calls to models deleted; their sums stay\n"
    )
    assert done.stderr.count("Memory cleanup completed job=prune outcome=ok") == 1
