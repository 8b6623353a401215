"""Which reports a list shows: filtered, page by page from a place that stays where it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, cast

from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import ExtractMonth

from market.sessions import VIETNAM
from reports.models import Report
from reports.models.report import ReportQuerySet

MOST_VALUES = 200
_CURSOR = re.compile(r"(\d{8}T\d{12})-(\d{1,18})")
_MOMENT = "%Y%m%dT%H%M%S%f"
_LATIN = re.compile(r"[\w .&/-]{0,50}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list by time: that of a report, whether or not it is there any more."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).strftime(_MOMENT)}-{self.pk}"

    @classmethod
    def of(cls, report: Report) -> Cursor:
        return cls(cast(datetime, report.published_at), report.pk)

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """The place that a link names; None when it names none."""
        match = _CURSOR.fullmatch(text)
        if match is None or not match[1].isascii() or not match[2].isascii():
            return None
        try:
            at = datetime.strptime(match[1], _MOMENT).replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(at, int(match[2]))

    def older(self, time: str = "published_at", pk: str = "pk") -> Q:
        """Written so that the index on the time bounds what is read."""
        return Q(**{f"{time}__lte": self.at}) & ~Q(**{time: self.at, f"{pk}__gte": self.pk})

    def newer(self) -> Q:
        return Q(published_at__gte=self.at) & ~Q(published_at=self.at, pk__lte=self.pk)


@dataclass(frozen=True, slots=True)
class Filters:
    """Year and month of the publication in Vietnam, symbol and type; each may be absent."""

    year: int = 0
    month: int = 0
    symbol: str = ""
    report_type: str = ""

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        if not self.year:
            return None
        first = datetime(self.year, self.month or 1, 1, tzinfo=VIETNAM)
        end = divmod(self.year * 12 + (self.month or 12), 12)
        return first, datetime(end[0], end[1] + 1, 1, tzinfo=VIETNAM)

    def reports(self) -> ReportQuerySet:
        """The public reports that pass, newest first."""
        found = Report.objects.published().listed()
        if self.bounds:
            first, end = self.bounds
            found = found.filter(published_at__gte=first, published_at__lt=end)
        if self.symbol:
            found = found.filter(symbol=self.symbol)
        if self.report_type:
            found = found.filter(report_type=self.report_type)
        return found

    def tags(self, language: str) -> list[str]:
        """What the texts in that language that pass are tagged with (see `ReportText`)."""
        period = f"{language}:{self.year:04}" + (f"-{self.month:02}" if self.month else "")
        named = {"s": self.symbol, "t": self.report_type}
        others = [f"{kind}:{name}" for kind, name in named.items() if name]
        return [period, *others] if self.year else others


@dataclass(frozen=True, slots=True)
class Page:
    """Reports newest first; whether there are newer ones and older ones."""

    reports: list[Report]
    newer: bool
    older: bool


def read_page(
    filters: Filters, size: int, before: Cursor | None = None, after: Cursor | None = None
) -> Page:
    """The page that begins after one place, or ends before the other; else the first."""
    reports = filters.reports()
    if before is not None:
        rows = list(reports.filter(before.older())[: size + 1])
        return Page(rows[:size], True, len(rows) > size)
    if after is not None:
        nearest = reports.filter(after.newer()).order_by("published_at", "pk")
        rows = list(nearest[: size + 1])
        if len(rows) > size:
            return Page(rows[size - 1 :: -1], True, True)
    rows = list(reports[: size + 1])
    return Page(rows[:size], False, len(rows) > size)


def first_and_last(filters: Filters) -> tuple[date, date] | None:
    """The days in Vietnam of the oldest and the newest report, whatever the period."""
    everything = Filters(symbol=filters.symbol, report_type=filters.report_type).reports()
    ends = everything.aggregate(oldest=Min("published_at"), newest=Max("published_at"))
    if ends["oldest"] is None:
        return None
    oldest, newest = (ends[name].astimezone(VIETNAM).date() for name in ("oldest", "newest"))
    return oldest, newest


def months_of(year: int, filters: Filters) -> dict[int, int]:
    """How many reports each month of a year has; none for a month without any."""
    wanted = Filters(year=year, symbol=filters.symbol, report_type=filters.report_type)
    month = ExtractMonth("published_at", tzinfo=VIETNAM)
    rows = wanted.reports().order_by().annotate(month=month).values_list("month")
    return dict(rows.annotate(count=Count("pk")).order_by("month"))


def values_in_use(column: Literal["symbol", "report_type"]) -> list[str]:
    """The symbols or types that public reports have, in order.

    A look-up for each value, as PostgreSQL does not skip through an index for DISTINCT: what it
    costs depends on how many values there are, not on how many reports.
    """
    first = f"SELECT min({column}) FROM reports_report WHERE status = 'published'"  # noqa: S608
    statement = f"""
        WITH RECURSIVE used (value) AS (
            ({first} AND {column} > '')
            UNION ALL
            SELECT ({first} AND {column} > used.value) FROM used WHERE used.value IS NOT NULL
        )
        SELECT value FROM used WHERE value IS NOT NULL LIMIT {MOST_VALUES}
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def is_name(text: str) -> bool:
    """Whether a symbol or a type may be called so."""
    return _LATIN.fullmatch(text) is not None


def cursors(reports: Sequence[Report]) -> tuple[Cursor, Cursor] | None:
    """The places of the newest and of the oldest of them."""
    return (Cursor.of(reports[0]), Cursor.of(reports[-1])) if reports else None
