"""The last step: a finished run's outputs become a report row."""

from __future__ import annotations

from typing import Any

from django.utils.text import slugify

from market.agreement import Agreement
from market.sessions import VIETNAM
from marketsite import clock
from reports import facts
from reports.models import Report, Run
from reports.publishing.portable import chart_data
from reports.writing.schedule import edition_of


def create_report(run: Run, outputs: dict[str, dict[str, Any]]) -> Report:
    """Store the report of `run`: for review when the run asks for that or its numbers are
    disputed, else published.

    Call it inside the transaction that ends the run: a reader sees the whole report or none.
    """
    sheet = facts.from_json(outputs["prepare_data"])
    written, rendered = outputs["write"], outputs["render"]
    now = clock.now()
    draft = run.draft or _is_disputed(sheet)
    figures = rendered["vi"]["figures"]
    return Report.objects.create(
        slug=_slug(run),
        status=Report.Status.REVIEW if draft else Report.Status.PUBLISHED,
        title=rendered["vi"]["title"],
        title_en=rendered["en"]["title"],
        summary=rendered["vi"]["summary"],
        summary_en=rendered["en"]["summary"],
        html_content=rendered["vi"]["html"],
        html_content_en=rendered["en"]["html"],
        js_content=chart_data(sheet),
        js_content_en=chart_data(sheet),
        document=written["vi"],
        document_en=written["en"],
        facts=outputs["prepare_data"],
        verification={"figures": figures, "matched": figures},
        sources=sorted({state.source for state in sheet.indices if state.known}),
        edition=edition_of(run.slot),
        origin=Report.Origin.WRITER,
        writer=written["writer"],
        simulated=sheet.simulated,
        data_as_of=sheet.data_as_of,
        created_at=now,
        published_at=None if draft else now,
    )


def _is_disputed(sheet: facts.FactSheet) -> bool:
    return any(state.agreement == Agreement.DISPUTED for state in sheet.indices)


def _slug(run: Run) -> str:
    """One address for both languages: what it is, and the slot in Vietnam's time."""
    local = run.slot.astimezone(VIETNAM)
    return slugify(f"vn-index-{local:%Y-%m-%d-%H%M}")
