"""Answers that were not believed, as rows for whoever looks into a source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from market.models import RejectedQuote
from market.plausibility import Fault

ONCE_IN = timedelta(hours=1)
MOST_ROWS = 10  # for one source and index in that time
FIGURES = re.compile(r"[-+]?\d[\d.,:TZ-]*")
LONGEST = 300  # characters, the columns' width; they hold no NUL either


@dataclass(frozen=True, slots=True)
class Rejection:
    """One answer and why it was refused; `code` is empty when it is the answer as a whole."""

    source: str
    code: str
    fault: Fault
    reason: str
    excerpt: str = ""

    @property
    def row_reason(self) -> str:
        """The reason with its fault in front, by which the admin's list is searched."""
        return f"{self.fault}: {self.reason}".replace("\0", "")[:LONGEST]

    @property
    def kind(self) -> tuple[str, str, str]:
        return _kind(self.source, self.code, self.row_reason)


def store(rejections: Iterable[Rejection], now: datetime) -> None:
    """One row an hour for each source, index and reason, up to a number; the log has all of them.

    Reasons that differ in their figures alone are one.
    """
    new = {item.kind: item for item in rejections}
    if not new:
        return
    lately = RejectedQuote.objects.filter(rejected_at__gt=now - ONCE_IN, rejected_at__lte=now)
    rows = list(lately.values_list("source", "code", "reason"))
    for row in rows:
        new.pop(_kind(*row), None)
    taken = Counter((source, code) for source, code, _ in rows)
    RejectedQuote.objects.bulk_create(
        RejectedQuote(
            source=item.source,
            code=item.code,
            reason=item.row_reason,
            excerpt=item.excerpt.replace("\0", "")[:LONGEST],
            rejected_at=now,
        )
        for item in new.values()
        if _has_room(item, taken)
    )


def _has_room(item: Rejection, taken: Counter[tuple[str, str]]) -> bool:
    """Whether one more row may be written, which is then counted."""
    taken[item.source, item.code] += 1
    return taken[item.source, item.code] <= MOST_ROWS


def _kind(source: str, code: str, row_reason: str) -> tuple[str, str, str]:
    return source, code, FIGURES.sub("#", row_reason)
