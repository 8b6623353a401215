"""Celery's doorbells for the market's jobs. Two beats ring twice; the job is done once."""

from __future__ import annotations

from django.conf import settings

from market import closing, overview, refresh
from marketsite.celery import app
from marketsite.claims import claimed

# Of the interval: more than half, so that the bells of two beats, however they lie, lead to one
# refresh an interval; less than all, so that a bell which was heard late does not cost the next.
APART = 0.75
CLOSING_SECONDS = 600


@app.task
def refresh_indices() -> None:
    if claimed("refresh_indices", APART * settings.MARKET_REFRESH_SECONDS):
        refresh.refresh_indices()


@app.task
def refresh_overview() -> None:
    if claimed("refresh_overview", APART * settings.MARKET_REFRESH_SECONDS):
        overview.refresh_overview()


@app.task
def close_day() -> None:
    if claimed("close_day", CLOSING_SECONDS):
        closing.close_day()
