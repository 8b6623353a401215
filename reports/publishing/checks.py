"""How the numbers of a report were checked: each figure with its proof and the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.document import REFERENCE
from reports.facts import FactSheet
from reports.publishing import labels
from reports.publishing.render import plain_text

LANGUAGES = ("vi", "en")


def check_rows(checks: list[Mapping[str, Any]], sheet: FactSheet) -> list[dict[str, Any]]:
    """The checks as a report keeps them: figures written out, and each proof once.

    A figure that stands in several sentences is one row with their number as `times`.
    """
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for check in checks:
        key = (check["figure"], check["kind"], check["evidence"], check["reason"])
        row = rows.setdefault(key, _row(check, sheet))
        row["times"] += 1
    return list(rows.values())


def _row(check: Mapping[str, Any], sheet: FactSheet) -> dict[str, Any]:
    row: dict[str, Any] = {
        "kind": check["kind"],
        "passed": check["passed"],
        "reason": check["reason"],
        "times": 0,
    }
    for language in LANGUAGES:
        row[f"figure_{language}"] = _written(check["figure"], sheet, language)
        row[f"evidence_{language}"] = _evidence(check["evidence"], sheet, language)
    return row


def _written(figure: str, sheet: FactSheet, language: str) -> str:
    known = all(match[1] in sheet.facts for match in REFERENCE.finditer(figure))
    return plain_text(figure, sheet, language) if known else figure


def _evidence(evidence: str, sheet: FactSheet, language: str) -> str:
    """A fact by its name; arithmetic, lists and ids as they are."""
    if evidence not in sheet.facts:
        return evidence
    subject = labels.subject_name(evidence.partition(".")[0], sheet, language)
    return f"{subject}: {labels.fact_name(evidence, language)}"
