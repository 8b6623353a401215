"""Ask the configured writers in turn for a document that names facts and nothing else."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings

from reports import document, facts
from reports.models import Run
from reports.writing.schedule import edition_of
from reports.writing.writers import writer
from reports.writing.writers.base import Brief, Draft, WriterError

logger = logging.getLogger(__name__)


def run(run: Run, outputs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Both documents as JSON, and the writer's name; raises WriterError when none delivers."""
    sheet = facts.from_json(outputs["prepare_data"])
    brief = Brief(sheet, edition_of(run.slot))
    reasons = []
    for name in settings.REPORT_WRITERS:
        try:
            draft = writer(name).write(brief)
            _check(draft, sheet)
        except WriterError as error:
            logger.warning("writer failed writer=%s reason=%s", name, error)
            reasons.append(f"{name}: {error}")
            continue
        return {
            "writer": draft.writer,
            "vi": document.to_json(draft.vi),
            "en": document.to_json(draft.en),
        }
    raise WriterError("; ".join(reasons) or "no writer is configured")


def _check(draft: Draft, sheet: facts.FactSheet) -> None:
    names = [state.display_name for state in sheet.indices]
    for language, text in (("vi", draft.vi), ("en", draft.en)):
        found = document.faults(text, sheet.facts, names)
        if found:
            raise WriterError(f"{language} document: {found[0]}")
