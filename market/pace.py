"""When the upstreams are asked: what Redis remembers of the last poll and confirmation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from market.sessions import Calendar, is_idle
from market.snapshot import iso
from marketsite import clock

KEY = "market_refresh"
REMEMBERED_SECONDS = 7 * 24 * 3600
SEEK_SECONDS = 3600  # between two searches for a close, when every vendor should have had it


@dataclass(frozen=True, slots=True)
class Pace:
    """The last poll, with what it could not get by code, and the last confirmation.

    `asked_at` is when a second source was last asked, if only in case its word would be wanted;
    `sought_at` when the later sources were, for a close that the first one does not tell.
    """

    polled_at: datetime | None = None
    success: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    confirmed_at: datetime | None = None
    asked_at: datetime | None = None
    sought_at: datetime | None = None

    def may_rest(self, known: Collection[str], codes: Collection[str], now: datetime) -> bool:
        """Whether a poll may wait where no market trades: the last one is recent.

        Sources that failed are not asked more often than those that answered: nothing new can
        come. An index that has neither a value nor a reason is not kept waiting, nor is a site
        that has no value at all.
        """
        seen = all(code in known or code in self.errors for code in codes)
        useful = self.success or any(code in known for code in codes)
        return useful and seen and _within(self.polled_at, settings.MARKET_IDLE_SECONDS, now)

    def may_seek(self, calendar: Calendar, now: datetime) -> bool:
        """Whether other sources may be asked now for a close that the first one does not tell."""
        wait = SEEK_SECONDS if is_idle(now, calendar) else settings.MARKET_CONFIRM_SECONDS
        return not _within(self.sought_at, wait, now)

    def confirmed_lately(self, now: datetime) -> bool:
        return _within(self.confirmed_at, settings.MARKET_CONFIRM_SECONDS, now)

    def heard(self, now: datetime, asked: bool, judged: bool) -> Pace:
        """The pace after a second source was asked, and its word heard, now or not."""
        asked_at = now if asked else self.asked_at
        return replace(self, asked_at=asked_at, confirmed_at=now if judged else self.confirmed_at)

    def asked_lately(self, now: datetime) -> bool:
        return _within(self.asked_at, settings.MARKET_CONFIRM_SECONDS, now)


def rests(
    pace: Pace, known: Collection[str], codes: Collection[str], calendar: Calendar, now: datetime
) -> bool:
    """Whether this refresh asks nobody and only renews the snapshot."""
    return is_idle(now, calendar) and pace.may_rest(known, codes, now)


def to_json(pace: Pace) -> dict[str, Any]:
    return {
        "polled_at": iso(pace.polled_at) if pace.polled_at else None,
        "success": pace.success,
        "errors": pace.errors,
        "confirmed_at": iso(pace.confirmed_at) if pace.confirmed_at else None,
        "asked_at": iso(pace.asked_at) if pace.asked_at else None,
        "sought_at": iso(pace.sought_at) if pace.sought_at else None,
    }


def from_json(data: Any) -> Pace:
    """What was remembered; nothing for what is not ours."""
    try:
        return Pace(
            _moment(data["polled_at"]),
            data["success"] is True,
            {str(code): str(reason) for code, reason in data["errors"].items()},
            _moment(data["confirmed_at"]),
            _moment(data.get("asked_at")),  # which an older release did not write, as the next
            _moment(data.get("sought_at")),
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        return Pace()


def _within(last: datetime | None, seconds: int, now: datetime) -> bool:
    """Whether `last` is less than so long ago; a clock that was set back knows nothing."""
    return last is not None and timedelta(0) <= now - last < timedelta(seconds=seconds)


def _moment(text: str | None) -> datetime | None:
    return clock.parse(text) if text else None
