"""What whoever asks for a run needs of it: its slot, and a new row."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.models import AbstractBaseUser

from marketsite import clock
from reports.models import Run


class ClaimLost(Exception):
    """Another process took the run over, or it was cancelled: who worked on it must stop without
    writing.
    """


def slot_of(moment: datetime) -> datetime:
    """The slot of a moment: its minute, in UTC."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def request_run(
    slot: datetime,
    trigger: Run.Trigger,
    draft: bool = False,
    requested_by: AbstractBaseUser | None = None,
    token: str = "",
) -> tuple[Run, bool]:
    """The run of the slot, and whether this call created it: a slot is filled once."""
    now = clock.now()
    return Run.objects.get_or_create(
        slot=slot_of(slot),
        defaults={
            "trigger": trigger,
            "draft": draft,
            "requested_by_id": requested_by.pk if requested_by else None,
            "token": token,
            "heartbeat": elapsed_now(),
            "created_at": now,
        },
    )


def elapsed_now() -> datetime:
    """Real time, which the shifted clock must not touch: heartbeats measure what elapses."""
    return datetime.now(UTC)
