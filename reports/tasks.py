"""Celery's doorbells for runs: each task is one step of one run."""

from __future__ import annotations

from marketsite import clock
from marketsite.celery import app
from reports import retention
from reports.models import Run
from reports.writing import pipeline
from reports.writing.schedule import due_slot


@app.task
def advance_run(run_id: int) -> None:
    """Do the next step, then ring for the one after it."""
    if pipeline.advance(run_id):
        advance_run.delay(run_id)


@app.task
def start_due_run() -> None:
    slot = due_slot(clock.now())
    if slot is None:
        return
    run, created = pipeline.request_run(slot, Run.Trigger.SCHEDULE)
    if created:
        advance_run.delay(run.pk)


@app.task
def sweep() -> None:
    for run_id in pipeline.sweep():
        advance_run.delay(run_id)


@app.task
def prune() -> None:
    retention.prune()
