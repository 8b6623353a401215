"""Answers that were not believed, as rows for whoever looks into a source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from market.models import RejectedQuote
from market.plausibility import Fault

ONCE_IN = timedelta(hours=1)
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
        """The reason with its kind in front, by which the rows are told apart."""
        return f"{self.fault}: {self.reason}".replace("\0", "")[:LONGEST]


def store(rejections: Iterable[Rejection], now: datetime) -> None:
    """One row for each source, index and kind of fault an hour; the log has all of them."""
    new = {(item.source, item.code, str(item.fault)): item for item in rejections}
    if not new:
        return
    lately = RejectedQuote.objects.filter(rejected_at__gt=now - ONCE_IN, rejected_at__lte=now)
    for source, code, reason in lately.values_list("source", "code", "reason"):
        new.pop((source, code, reason.partition(":")[0]), None)
    RejectedQuote.objects.bulk_create(
        RejectedQuote(
            source=item.source,
            code=item.code,
            reason=item.row_reason,
            excerpt=item.excerpt[:LONGEST],
            rejected_at=now,
        )
        for item in new.values()
    )
