"""Celery's doorbells for the market's jobs."""

from __future__ import annotations

from market import history, refresh
from marketsite.celery import app


@app.task
def refresh_indices() -> None:
    refresh.refresh_indices()


@app.task
def backfill_bars() -> None:
    """A whole year each day: one request either way, and no outage leaves a hole."""
    history.backfill()
