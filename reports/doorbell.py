"""Rings a worker from any process, web and commands too: they load Celery with the first ring, and
no task's code.
"""

from __future__ import annotations

import logging

from django.conf import settings

logger = logging.getLogger(__name__)

# A bell that nobody heard in this time need not be kept: the sweeper has rung again.
RING_SECONDS = settings.RUN_WAITING_SECONDS + settings.RUN_SWEEP_SECONDS


def ring(run_id: int) -> bool:
    """Call a worker; False when the broker does not answer, and then the sweeper calls later."""
    if fault := _send("reports.tasks.advance_run", run_id):
        logger.warning("bell not rung run=%d reason=%s", run_id, fault)
    return not fault


def ring_for_cards(report_id: int | None = None) -> None:
    """Have pictures drawn now; beat's own ring, within a minute, finds what this one did not."""
    if fault := _send("reports.tasks.draw_cards", report_id):
        logger.warning("bell not rung for cards reason=%s", fault)


def _send(task: str, number: int | None) -> str:
    """Why the broker did not take the call, or nothing."""
    from kombu.exceptions import OperationalError  # here, so that who never rings has no Celery

    from marketsite.celery import app

    try:
        app.send_task(task, (number,), expires=RING_SECONDS, ignore_result=True)
    except OperationalError as error:
        return str(error) or type(error).__name__
    return ""
