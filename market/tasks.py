"""Celery's doorbells for the market's jobs."""

from __future__ import annotations

from market import closing, overview, refresh
from marketsite.celery import app


@app.task
def refresh_indices() -> None:
    refresh.refresh_indices()


@app.task
def refresh_overview() -> None:
    overview.refresh_overview()


@app.task
def close_day() -> None:
    closing.close_day()
