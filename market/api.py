"""The market's part of the public API."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from market import snapshot

router = Router(tags=["market"])


class Value(Schema):
    """One index: points; `volume` in shares, `value` in VND, `as_of` UTC, `date` Vietnam's."""

    code: str
    date: str
    open: float | None
    high: float | None
    low: float | None
    close: float
    volume: int | None
    previous_close: float
    change: float
    change_percent: float
    value: int | None
    source: str
    as_of: str
    stale: bool


class Entry(Schema):
    """The value, or null with the reason; both when an old value could not be renewed."""

    value: Value | None
    error: str | None


class Snapshot(Schema):
    success: bool
    indices: dict[str, Entry]
    generated_at: str
    next_refresh_at: str
    session: str
    simulated: bool


@router.get("/indices", response=Snapshot, summary="The current index snapshot")
def indices(request: HttpRequest) -> snapshot.Snapshot:
    """The snapshot that the last refresh made. Reading it never calls an upstream."""
    return snapshot.read()
