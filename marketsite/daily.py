"""Times of day for the schedule in the settings, which every process reads: Celery's own crontab
would load Celery into all of them, 9 MB for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Daily:
    """Each day at these hours and this minute, by the clocks of `TIME_ZONE`."""

    hours: tuple[int, ...]
    minute: int

    def newest(self, local: datetime) -> datetime:
        """The last of these moments up to `local`, a time in that zone."""
        start = local.replace(minute=self.minute, second=0, microsecond=0)
        days = (start, start - timedelta(days=1))
        moments = (day.replace(hour=hour) for day in days for hour in self.hours)
        return max(moment for moment in moments if moment <= local)
