"""When reports are due. The admin's row, once saved, wins over the environment."""

from __future__ import annotations

import re
from datetime import time

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def validate_times(text: str) -> None:
    """Refuse anything but times of day such as `08:30, 15:10`."""
    try:
        parse_times(text)
    except ValueError:
        raise ValidationError(_("Write times of day such as 08:30, 15:10.")) from None


def parse_times(text: str) -> list[time]:
    """Times of day in order; raises ValueError."""
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if not all(re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", part) for part in parts):
        raise ValueError(text)
    return sorted({time.fromisoformat(part.zfill(5)) for part in parts})


class Schedule(models.Model):
    """The one schedule of the site; times are Vietnam's."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    enabled = models.BooleanField(_("write reports on schedule"), default=True)
    interval_hours = models.PositiveSmallIntegerField(
        _("every … hours"),
        default=3,
        help_text=_("Counted from midnight in Vietnam. Used when no times are given."),
    )
    times = models.CharField(
        _("at these times"),
        max_length=200,
        blank=True,
        validators=[validate_times],
        help_text=_("Vietnam time, such as 08:30, 11:45, 15:10. Wins over the interval."),
    )

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedule")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="schedule_only_one"),
            models.CheckConstraint(
                condition=models.Q(interval_hours__gte=1, interval_hours__lte=24),
                name="schedule_interval_in_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.times or f"{self.interval_hours} h"
