"""Fill the skeleton: one place at a time, by the first writer in the list that can.

The first part is the skeleton: a whole report by rules, in both languages, and for models the texts
that all their prompts share, frozen with it. Each later part is one place that a model filled, the
headline last. A writer that fails for good is left for the rest of the run; an answer that stays
bad costs that place alone: the next writer fills it, and the one who writes by rules has filled it
already.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.conf import settings

from reports import document
from reports.document import Document, DocumentError
from reports.models import Report, Run
from reports.writing import prompts, sections
from reports.writing.asking import ask
from reports.writing.last import compared_facts, real_reports
from reports.writing.questions import Material, Question
from reports.writing.sections import HEADLINE, Filling
from reports.writing.steps.job import Job, Output, Part
from reports.writing.writer_states import is_configured
from reports.writing.writers import WRITERS, writer
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import (
    LASTING,
    Answer,
    BadAnswer,
    Draft,
    NoWriter,
    WriterError,
)
from reports.writing.writers.notes import is_material

logger = logging.getLogger(__name__)

RULES = "analyst"
UNCHANGED = "unchanged"


def run(job: Job) -> Part:
    """The next part of the writing; raises WriterError when no writer in the list delivers.

    NoWriter, where none could be asked and none will be in the next minutes.
    """
    if not job.parts:
        return _skeleton(job)
    filled = {part["place"] for part in job.parts[1:]}
    left = [name for name in job.parts[0]["places"] if name not in filled]
    return _fill(job, left[0], final=len(left) == 1)


def candidates(run: Run) -> list[str]:
    """The writers of a run that can be asked, in order: its own, or those of the settings."""
    names = [run.writer] if run.writer else settings.REPORT_WRITERS
    return [name for name in names if is_configured(name)]


def is_model(name: str) -> bool:
    return WRITERS[name].is_model


def models_left(job: Job, *steps: str) -> list[str]:
    """The models that may still be asked in this run, after what failed in these steps and here.

    A run that was opened again asks them all: what failed was hours ago.
    """
    if job.run.report_id:
        return [name for name in candidates(job.run) if is_model(name)]
    parts = [part for step in steps for part in job.load(step)] + list(job.parts)
    gone = left_behind(parts)
    return [name for name in candidates(job.run) if is_model(name) and name not in gone]


def left_behind(parts: Iterable[Output]) -> set[str]:
    """The writers that failed for good in these parts."""
    return {name for part in parts for name in part.get("left", ())}


def fillings(parts: Iterable[Output]) -> dict[str, Filling]:
    """What models wrote in these parts, by place; a later part replaces an earlier one."""
    return {
        part["place"]: sections.from_json(part["filling"]) for part in parts if part.get("filling")
    }


def ask_for(
    job: Job, name: str, place: str, question: Question, plan: Output
) -> tuple[Answer, Filling]:
    """A model's filling of a place; raises WriterError children."""

    def problem(answer: Answer) -> str | None:
        try:
            filling = sections.filling(place, answer.parsed)
        except DocumentError as error:
            return str(error)
        return sections.omission(place, filling, plan["lead"])

    answer = ask(
        name,
        question.prompt,
        check=problem,
        spender=job.spender,
        while_waiting=job.still_ours,
    )
    return answer, sections.filling(place, answer.parsed)


def usage_of(name: str, answer: Answer) -> dict[str, object]:
    used = answer.usage
    return {
        "writer": name,
        "model": answer.model,
        "prompt": used.prompt,
        "output": used.output,
        "thinking": used.thinking,
    }


def _skeleton(job: Job) -> Part:
    """The report by the first writer in the list, when that one works by rules; else the skeleton.

    One that fails hands over to the next.
    """
    material = Material(job)
    if _nothing_new(job.run, material):
        return _note(material)
    notes: list[str] = []
    for name in candidates(job.run):
        try:
            draft = _by_rules(RULES if is_model(name) else name, material)
        except WriterError as error:
            logger.warning("writer failed writer=%s reason=%s", name, error)
            notes.append(f"{name}: {error}")
            continue
        output = {**_draft(draft), "places": []}
        if is_model(name):
            output["places"] = sections.places(draft.vi, material.items)
            headings = "\n".join(section.title for section in draft.vi.sections)
            proven = sections.proven(draft.vi)
            output["frame"] = {**material.frame, "headings": headings, **proven}
            output["edited"] = prompts.load().edited
            output["lead"] = next(item.key for item in material.sheet.indices if item.known)
        return Part(output, final=not output["places"], notes=notes)
    raise WriterError("; ".join(notes)) if notes else NoWriter("no writer is configured")


def _by_rules(name: str, material: Material) -> Draft:
    """A whole report; raises WriterError for one that cannot be published."""
    draft = writer(name).write(material.brief())
    names = [state.display_name for state in material.sheet.indices]
    for language, text in (("vi", draft.vi), ("en", draft.en)):
        found = document.faults(text, material.sheet.facts, names)
        if found:
            raise WriterError(f"{language} document: {found[0]}")
    return draft


def _nothing_new(run: Run, material: Material) -> bool:
    """Whether a slot of the schedule has nothing to tell since the last report."""
    if run.trigger != Run.Trigger.SCHEDULE or material.last is None:
        return False
    previous = compared_facts(real_reports())
    return previous is not None and not is_material(material.sheet, previous)


def _note(material: Material) -> Part:
    """A short note, and no second one before there is a report again."""
    since = material.last.published_at if material.last else None
    if since and Report.objects.filter(is_note=True, created_at__gt=since).exists():
        return Part({"nothing": True}, notes=["Nothing new since the last report."])
    draft = Analyst().note(material.brief(), UNCHANGED)
    return Part({**_draft(draft), "places": [], "note": UNCHANGED})


def _draft(draft: Draft) -> Output:
    return {
        "by": draft.writer,
        "vi": document.to_json(draft.vi),
        "en": document.to_json(draft.en),
    }


def _fill(job: Job, place: str, final: bool) -> Part:
    left: list[str] = []
    notes: list[str] = []
    lasting = True
    gone = left_behind(job.parts)
    material = Material(job, job.parts[0])
    for name in candidates(job.run):
        if name in gone:
            continue
        if not is_model(name):  # the skeleton has it already
            ends = final or set(models_left(job)) <= set(left)
            return Part({"place": place, "by": RULES, "left": left}, ends, notes=notes)
        question = material.fill(place, _so_far(job) if place == HEADLINE else None)
        try:
            answer, filling = ask_for(job, name, place, question, job.parts[0])
        except BadAnswer as error:
            notes.append(f"{name}, {place}: {error}")
            lasting = False
            continue
        except WriterError as error:
            logger.warning("writer left run=%d writer=%s reason=%s", job.run.pk, name, error)
            notes.append(f"{name}: {error}")
            left.append(name)
            lasting = lasting and isinstance(error, LASTING)
            continue
        output = {
            "place": place,
            "by": name,
            "filling": sections.to_json(filling),
            "left": left,
            "prompts": dict(question.versions),
        }
        return Part(output, final, usage_of(name, answer), notes)
    raise (NoWriter if lasting else WriterError)("; ".join(notes) or "no writer is left")


def _so_far(job: Job) -> Document:
    """The text as it stands."""
    plan, *written = job.load("write", "vi", "filling")
    return sections.assemble(document.from_json(plan["vi"]), fillings(written), [], "vi")
