"""The last step: a finished run's outputs become a report row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from market.agreement import Agreement
from market.sessions import VIETNAM
from marketsite import clock
from reports import facts
from reports.indexing import index
from reports.models import Report, Run
from reports.publishing.checks import check_rows
from reports.publishing.portable import chart_data, style
from reports.writing.notify import report_waits
from reports.writing.schedule import edition_of
from reports.writing.steps.job import Output

Outputs = Mapping[str, Sequence[Output]]
NOTE_SLUG = "note"
# The large fields of each step's outputs that a report is made from.
SAVED = {"verify": ("vi", "checked"), "translate": ("en",), "render": ("vi", "en")}


def create_report(run: Run, outputs: Outputs) -> Report | None:
    """Store the report of `run`, or None when there was nothing to tell.

    It is public unless the run asks for a review, a figure failed its proof, or two sources differ
    on an index. Then it waits, and a short note that names the open point is public in its place.
    Call it inside the transaction that ends the run: a reader sees the whole report or none.
    """
    verified, rendered = outputs["verify"][-1], outputs["render"][-1]
    if verified.get("nothing"):
        return None
    if run.report_id:  # a run that was opened again, for the translation that was missing
        return _translated(run, outputs)
    if _had_report(run):  # somebody has deleted it meanwhile: it does not come back
        return None
    sheet = facts.from_json(outputs["prepare_data"][-1])
    held = run.draft or bool(verified["failed"]) or _is_disputed(sheet)
    note = _note(run, sheet, outputs) if rendered.get("note") else None
    report = _create(
        run,
        sheet,
        rendered,
        slug=_slug(run),
        status=Report.Status.REVIEW if held else Report.Status.PUBLISHED,
        document=verified["vi"],
        facts=outputs["prepare_data"][-1],
        verification=_verification(outputs, sheet),
        sources=_sources(sheet),
        research=outputs["research"][-1]["items"],
        prompts=_prompts(outputs),
        notices=[*run.notes],
        writer=_writers(outputs["write"][0], verified),
        is_note=bool(outputs["write"][0].get("note")),
        supersedes=note,
        **_english(outputs),
    )
    if held and not run.draft:
        transaction.on_commit(partial(report_waits, report.pk), robust=True)
    return report


def _create(run: Run, sheet: facts.FactSheet, rendered: Output, **fields: Any) -> Report:
    now = clock.now()
    public = fields["status"] == Report.Status.PUBLISHED
    charts = chart_data(sheet)
    return Report.objects.create(
        title=rendered["vi"]["title"],
        summary=rendered["vi"]["summary"],
        html_content=rendered["vi"]["html"],
        css_content=style(foreign=False),
        js_content=charts,
        js_content_en=charts,
        edition=edition_of(run.slot),
        origin=Report.Origin.WRITER,
        simulated=sheet.simulated,
        data_as_of=sheet.data_as_of,
        created_at=now,
        published_at=now if public else None,
        **fields,
    )


def _english(outputs: Outputs) -> dict[str, Any]:
    """The English fields; none of them, and a mark, while the translation is still to come."""
    translated, rendered = outputs["translate"][-1], outputs["render"][-1]
    if "en" not in translated:
        return {"translation_pending": True}
    return {
        "title_en": rendered["en"]["title"],
        "summary_en": rendered["en"]["summary"],
        "html_content_en": rendered["en"]["html"],
        "document_en": translated["en"],
        "translation_pending": False,
    }


def _translated(run: Run, outputs: Outputs) -> Report | None:
    """The run's report with its English, unless an editor wrote that meanwhile; None when somebody
    has deleted it.
    """
    rows = Report.objects.filter(run=run)
    locked = rows.select_for_update(of=("self",))
    report = locked.only("status", "title", "summary", "title_en").first()
    if report is None or "en" not in outputs["translate"][-1]:
        return report
    if not _had_report(run):  # its checkpoints were pruned: these are of other numbers
        return report
    if report.title_en or rows.exclude(html_content_en="").exists():
        rows.update(translation_pending=False)
    else:
        fields = _english(outputs) | _reworded(report, outputs)
        rows.update(**fields, updated_at=clock.now())
        index(report.pk)
    return report


def _reworded(report: Report, outputs: Outputs) -> dict[str, str]:
    """No English for a title or summary that an editor has reworded since: it would go on telling
    what he put right.
    """
    written = outputs["render"][-1]["vi"]
    changed = [name for name in ("title", "summary") if getattr(report, name) != written[name]]
    return {f"{name}_en": "" for name in changed}


def _had_report(run: Run) -> bool:
    """Whether a report of the run was saved before, as far as its checkpoints tell."""
    saved = run.steps.filter(name="save").values_list("output", flat=True)
    return any(output.get("report") for output in saved)


def _note(run: Run, sheet: facts.FactSheet, outputs: Outputs) -> Report:
    """What the public reads while the report waits for its review."""
    note, texts = outputs["verify"][-1]["note"], outputs["render"][-1]["note"]
    figures = texts["vi"]["figures"]
    return _create(
        run,
        sheet,
        texts,
        slug=f"{_slug(run)}-{NOTE_SLUG}",
        status=Report.Status.PUBLISHED,
        title_en=texts["en"]["title"],
        summary_en=texts["en"]["summary"],
        html_content_en=texts["en"]["html"],
        document=note["vi"],
        document_en=note["en"],
        facts=outputs["prepare_data"][-1],
        verification={"figures": figures, "matched": figures},
        sources=_sources(sheet),
        writer="analyst",
    )


def _verification(outputs: Outputs, sheet: facts.FactSheet) -> dict[str, Any]:
    """How much the text says that can be checked, how much of it is proven, and how."""
    checks = outputs["verify"][-1]["checked"]
    return {
        "figures": len(checks),
        "matched": sum(item["passed"] for item in checks),
        "checks": check_rows(checks, sheet, outputs["research"][-1]["items"]),
    }


def _writers(plan: Output, verified: Output) -> str:
    """Who wrote the text, in the order of the places; who wrote by rules where nobody else did."""
    by = verified["by"]
    names = dict.fromkeys(by[place] for place in plan["places"] if place in by)
    return ", ".join(names) or str(plan["by"])


def _prompts(outputs: Outputs) -> dict[str, str]:
    found: dict[str, str] = {}
    for step in ("research", "write", "verify", "translate"):
        for part in outputs[step]:
            found |= part.get("prompts", {})
    return found


def _sources(sheet: facts.FactSheet) -> list[str]:
    return sorted(sheet.sources)


def _is_disputed(sheet: facts.FactSheet) -> bool:
    return any(state.agreement == Agreement.DISPUTED for state in sheet.indices)


def _slug(run: Run) -> str:
    """One address for both languages: what it is, and the slot in Vietnam's time."""
    local = run.slot.astimezone(VIETNAM)
    return slugify(f"vn-index-{local:%Y-%m-%d-%H%M}")
