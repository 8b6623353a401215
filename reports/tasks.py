"""Celery's doorbells for reports: the next part of a run, and the jobs that beat rings for."""

from __future__ import annotations

import os
import socket

from django.conf import settings

from marketsite import clock
from marketsite.celery import app
from marketsite.locks import held
from reports import retention
from reports.doorbell import RING_SECONDS, ring, ring_for_cards
from reports.models import Run
from reports.publishing import cards, publish
from reports.writing import pipeline, sweeping
from reports.writing.runs import request_run
from reports.writing.schedule import due_slot
from reports.writing.steps import EXPECTED_FAILURES

THREADS_FOR_PARTS = max(1, settings.CELERY_WORKER_CONCURRENCY - 1)


@app.task(expires=RING_SECONDS, throws=EXPECTED_FAILURES)
def advance_run(run_id: int) -> None:
    """Do the next part, then ring for the one after it.

    A part may be a call of minutes. One thread of each worker takes none, so that the numbers are
    refreshed meanwhile; the run waits until the sweeper rings again. So we ring only when our own
    place is free: the other thread is quick, and would find it taken.
    """
    with held(f"parts {socket.gethostname()}:{os.getpid()}", places=THREADS_FOR_PARTS) as free:
        if not free:
            return
        more = pipeline.advance(run_id)
    if more:
        ring(run_id)
    else:
        ring_for_cards()


@app.task
def start_due_run() -> None:
    slot = due_slot(clock.now())
    if slot is None:
        return
    run, created = request_run(slot, Run.Trigger.SCHEDULE)
    if created:
        ring(run.pk)


@app.task
def sweep() -> None:
    for run_id in sweeping.sweep():
        ring(run_id)


@app.task
def publish_due() -> None:
    publish.publish_due()


@app.task(expires=RING_SECONDS)
def draw_cards(report_id: int | None = None) -> None:
    """The pictures that the newest public reports lack, or those of one whose title has changed."""
    if report_id is None:
        cards.draw_missing()
    else:
        cards.draw(report_id)


@app.task
def prune() -> None:
    retention.prune()
