"""Why a report waits for its review, and what publishing it will do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market.agreement import Agreement
from marketsite.language import page_language
from reports import facts
from reports.models import Report
from reports.publishing.page import ReportPage

CUT = "cut: "


@dataclass(frozen=True, slots=True)
class Review:
    """What an editor should know of a report before he publishes it."""

    waits: bool
    has_document: bool
    asked_for: bool
    failed: list[dict[str, Any]]
    disputed: list[str]
    notices: list[str]
    english_pending: bool
    writers: str
    note: Report | None
    stands_for: Report | None

    @property
    def has_text(self) -> bool:
        """Whether it has prose of a document that may be put right."""
        return self.waits and self.has_document

    @property
    def no_reason(self) -> bool:
        """It waits although nothing speaks against it: an editor took it back."""
        return self.waits and not (self.asked_for or self.failed or self.disputed)


def review_of(report: Report) -> Review:
    run = getattr(report, "run", None)
    suffix = page_language()
    checks = report.verification.get("checks", [])
    failed = [row for row in checks if not row["passed"]]
    return Review(
        waits=report.status == Report.Status.REVIEW,
        has_document=_has_document(report),
        asked_for=bool(run and run.draft),
        failed=[row | {"figure": row[f"figure_{suffix}"]} for row in failed],
        disputed=_disputed(report),
        # what was cut stands above already, with its sentence
        notices=[
            str(item) for item in report.notices if not (failed and str(item).startswith(CUT))
        ],
        english_pending=report.translation_pending,
        writers=ReportPage(report).writers,
        note=report.supersedes,
        stands_for=getattr(report, "superseded_by", None),
    )


def _has_document(report: Report) -> bool:
    """Asked of the database: the document itself is large, and not needed here."""
    rows = Report.objects.filter(pk=report.pk, facts__isnull=False, document__isnull=False)
    return rows.exists()


def _disputed(report: Report) -> list[str]:
    """The indices on which two sources differed when the facts were frozen."""
    try:
        sheet = facts.from_json(report.facts) if report.facts else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return []
    states = sheet.indices if sheet else ()
    return [state.display_name for state in states if state.agreement == Agreement.DISPUTED]
