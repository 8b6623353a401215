"""Celery's doorbells for runs: each task is one step of one run."""

from __future__ import annotations

import logging
import os
import socket

from django.conf import settings
from kombu.exceptions import OperationalError

from marketsite import clock
from marketsite.celery import app
from marketsite.locks import held
from reports import retention
from reports.models import Run
from reports.publishing import cards, publish
from reports.writing import pipeline
from reports.writing.schedule import due_slot
from reports.writing.steps import EXPECTED_FAILURES

logger = logging.getLogger(__name__)

THREADS_FOR_PARTS = max(1, settings.CELERY_WORKER_CONCURRENCY - 1)

# A bell that nobody heard in this time need not be kept: the sweeper has rung again.
RING_SECONDS = settings.RUN_WAITING_SECONDS + settings.RUN_SWEEP_SECONDS


@app.task(expires=RING_SECONDS, throws=EXPECTED_FAILURES)
def advance_run(run_id: int) -> None:
    """Do the next part, then ring for the one after it.

    A part may be a call of minutes. One thread of each worker takes none, so that the numbers are
    refreshed meanwhile; the run waits until the sweeper rings again.
    """
    with held(f"parts {socket.gethostname()}:{os.getpid()}", places=THREADS_FOR_PARTS) as free:
        if not free:
            return
        if pipeline.advance(run_id):
            ring(run_id)
        else:
            ring_for_cards()


@app.task
def start_due_run() -> None:
    slot = due_slot(clock.now())
    if slot is None:
        return
    run, created = pipeline.request_run(slot, Run.Trigger.SCHEDULE)
    if created:
        ring(run.pk)


@app.task
def sweep() -> None:
    for run_id in pipeline.sweep():
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


def ring(run_id: int) -> bool:
    """Call a worker; False when the broker does not answer, and then the sweeper calls later."""
    try:
        advance_run.delay(run_id)
    except OperationalError as error:
        logger.warning("bell not rung run=%d reason=%s", run_id, error)
        return False
    return True


def ring_for_cards(report_id: int | None = None) -> None:
    """Have pictures drawn now; beat's own ring, within a minute, finds what this one did not."""
    try:
        draw_cards.delay(report_id)
    except OperationalError as error:
        logger.warning("bell not rung for cards reason=%s", error)
