"""What has been published and how it held: months in numbers, and scenarios against what came.

Everything is counted back from the newest report, not from now, so that the page stays the same
until something is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Count, F, IntegerField, Q, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, TruncMonth

from market.models import Bar
from reports.models import Report

MONTHS = 6
SETTLED = 30  # closing reports whose scenarios are looked at
SESSIONS = 5  # after so many sessions a report's scenarios are settled
OUTCOMES = ("above", "between", "below")


@dataclass(frozen=True, slots=True)
class Month:
    """One month of reports; `figures` are the figures and claims that were checked."""

    month: date
    reports: int
    notes: int
    checked: int
    all_proven: int
    figures: int
    matched: int
    reviewed: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The scenarios of one report and what came. Levels in points, chances in percent."""

    report: Report
    index_name: str
    support: Decimal
    resistance: Decimal
    chances: dict[str, int]
    day: date
    close: Decimal
    outcome: str

    @property
    def chance(self) -> int:
        """What the report gave to what came."""
        return self.chances[self.outcome]

    @property
    def most_likely(self) -> bool:
        return self.chance == max(self.chances.values())


def months() -> list[Month]:
    """The months of public reports, newest first, back from the newest report's."""
    newest = Report.objects.published().values_list("published_at", flat=True).first()
    if newest is None:
        return []
    since = newest - timedelta(days=31 * MONTHS)
    public = Q(status=Report.Status.PUBLISHED)
    figures, matched = (
        Cast(KT(f"verification__{name}"), IntegerField()) for name in ("figures", "matched")
    )
    rows = (
        Report.objects.filter(published_at__gte=since, simulated=False)
        .filter(public | Q(status=Report.Status.ARCHIVED))
        .annotate(month=TruncMonth("published_at"), checked=figures, proven=matched)
        .order_by()
        .values("month")
        .annotate(
            reports=Count("pk", filter=public),
            notes=Count("pk", filter=public & Q(is_note=True)),
            with_checks=Count("pk", filter=public & Q(checked__gt=0)),
            all_proven=Count("pk", filter=public & Q(checked__gt=0, proven=F("checked"))),
            figures=Sum("checked", filter=public, default=0),
            matched=Sum("proven", filter=public, default=0),
            reviewed=Count("pk", filter=public & Q(reviewed_by__isnull=False)),
            withdrawn=Count("pk", filter=~public),
        )
        .order_by("-month")[:MONTHS]
    )
    return [_month(row) for row in rows]


def _month(row: Mapping[str, Any]) -> Month:
    names = ("reports", "notes", "all_proven", "figures", "matched", "reviewed", "withdrawn")
    counts = {name: row[name] for name in names}
    return Month(month=row["month"].date(), checked=row["with_checks"], **counts)


def settled() -> list[Settled]:
    """The newest closing reports whose scenarios have run out, newest first."""
    reports = list(
        Report.objects.published()
        .filter(edition=Report.Edition.AFTERNOON, simulated=False, is_note=False)
        .summaries()
        .annotate(sheet=F("facts__facts"), indices=F("facts__indices"))[:SETTLED]
    )
    made = [found for report in reports if (found := _scenarios(report))]
    bars = _bars([(key, day) for _, key, _, day, _ in made])
    results, seen = [], set()
    for report, key, name, day, values in made:
        if (key, day) in seen:
            continue  # a second report of one close says the same
        seen.add((key, day))
        after = [bar for bar in bars.get(key, ()) if bar[0] > day]
        if len(after) >= SESSIONS:
            results.append(_settle(report, name, values, after[SESSIONS - 1]))
    return results


Made = tuple[Report, str, str, date, dict[str, Decimal]]


def _scenarios(report: Any) -> Made | None:
    """The index, day, levels and chances that a report froze; None when it has no scenarios."""
    try:
        first = report.indices[0]
        facts = {
            name: Decimal(report.sheet[f"{first['key']}.{name}"]["value"])
            for name in ("support", "resistance", *(f"p_{outcome}" for outcome in OUTCOMES))
        }
        day = date.fromisoformat(first["session_day"])
    except (KeyError, IndexError, TypeError, ValueError, InvalidOperation):
        return None  # an imported report, an older one, or a day without levels
    return report, first["code"], first["name"], day, facts


def _bars(days: Sequence[tuple[str, date]]) -> dict[str, list[tuple[date, Decimal]]]:
    """The closes of these indices since the earliest of these days, oldest first, by code."""
    if not days:
        return {}
    codes, since = {code for code, _ in days}, min(day for _, day in days)
    rows = Bar.objects.filter(index__code__in=codes, simulated=False, day__gt=since)
    found: dict[str, list[tuple[date, Decimal]]] = {}
    for code, day, close in rows.order_by("day").values_list("index__code", "day", "close"):
        found.setdefault(code, []).append((day, close))
    return found


def _settle(
    report: Report, name: str, values: dict[str, Decimal], after: tuple[date, Decimal]
) -> Settled:
    day, close = after
    support, resistance = values["support"], values["resistance"]
    outcome = "above" if close > resistance else "below" if close < support else "between"
    chances = {outcome: int(values[f"p_{outcome}"]) for outcome in OUTCOMES}
    return Settled(report, name, support, resistance, chances, day, close, outcome)
