"""Celery's doorbells for the market's jobs."""

from __future__ import annotations

from market import history, refresh
from marketsite.celery import app


@app.task
def refresh_indices() -> None:
    refresh.refresh_indices()


@app.task
def backfill_bars() -> None:
    history.backfill(count=10)
