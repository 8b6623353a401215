"""Prove every figure of the Vietnamese text, have what fails corrected once, and cut the rest.

The first part checks the whole; when a model's place has faults, each later part is one place's
correction; the last part checks again, cuts what still fails, and says so.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from market.agreement import Agreement
from reports import document
from reports.document import Document
from reports.facts import FactSheet
from reports.writing import sections, verification
from reports.writing.questions import Material
from reports.writing.sections import HEADLINE, Filling
from reports.writing.steps.job import Job, Output, Part
from reports.writing.steps.write import ask_for, fillings, models_left, usage_of
from reports.writing.verification import Checked
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import BadAnswer, WriterError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Text:
    """The Vietnamese text as it stands in this step, with who wrote which place."""

    skeleton: Document
    fillings: dict[str, Filling]
    by: dict[str, str]
    material: Material

    @property
    def whole(self) -> Document:
        return sections.assemble(self.skeleton, self.fillings, self.material.items, "vi")

    def checked(self) -> list[Checked]:
        """The proof of every figure. What fails in a text by rules is an error of ours, not of it.

        Its figures are references by construction, and a doubt of the check must not keep a report
        without any model from its readers: the log and the suite tell us.
        """
        declared = {place: item.figures for place, item in self.fillings.items()}
        sheet, items = self.material.sheet, self.material.items
        found = verification.verify(self.whole, sheet, declared, items, "vi")
        return [item for item in found if item.passed or not self._is_by_rules(item)]

    def _is_by_rules(self, item: Checked) -> bool:
        ours = (text for text in document.texts(self.skeleton) if item.sentence in text)
        if item.section in self.fillings and next(ours, None) is None:
            return False
        logger.error("sentence by rules failed: %s (%s)", item.sentence, item.reason)
        return True


def run(job: Job) -> Part:
    plan, *written = job.load("write", "vi", "filling", *(["frame"] if job.parts else []))
    if plan.get("nothing"):
        return Part({"nothing": True})
    text = _text(job, plan, [*written, *job.parts])
    if not job.parts:
        checked = text.checked()
        faulty = _faulty(text, checked)
        if faulty and models_left(job, "write"):
            return Part({"faulty": faulty}, final=False)
        return _conclude(job, text, checked)
    asked = {part["place"] for part in job.parts[1:]}
    named = [place for place in plan["places"] if place in job.parts[0]["faulty"]]
    waiting = [place for place in named if place not in asked]
    if waiting:
        return _correct(job, plan, text, waiting[0])
    return _conclude(job, text, text.checked())


def _text(job: Job, plan: Output, parts: Sequence[Output]) -> Text:
    by = {part["place"]: part["by"] for part in parts if part.get("filling")}
    skeleton = document.from_json(plan["vi"])
    return Text(skeleton, fillings(parts), by, Material(job, plan))


def _faulty(text: Text, checked: Sequence[Checked]) -> dict[str, list[str]]:
    """What is wrong with the places that models filled."""
    found: dict[str, list[str]] = {}
    for item in checked:
        if not item.passed and item.section in text.fillings:
            found.setdefault(item.section, []).append(f"{item.sentence}: {item.reason}")
    return found


def _correct(job: Job, plan: Output, text: Text, place: str) -> Part:
    """Let the place's own writer correct it, or the next one; a failure leaves it as it is."""
    names = models_left(job, "write")
    names.sort(key=lambda name: name != text.by[place])
    left: list[str] = []
    notes: list[str] = []
    answer_text = json.dumps(sections.to_json(text.fillings[place]), ensure_ascii=False)
    question = text.material.correct(place, answer_text, job.parts[0]["faulty"][place])
    for name in names[:1]:
        try:
            answer, filling = ask_for(job, name, place, question, plan)
        except WriterError as error:
            notes.append(f"{name}, correction of {place}: {error}")
            if not isinstance(error, BadAnswer):
                left.append(name)
            continue
        output = {
            "place": place,
            "by": name,
            "filling": sections.to_json(filling),
            "prompts": dict(question.versions),
        }
        return Part(output, False, usage_of(name, answer))
    return Part({"place": place, "by": "", "left": left}, False, notes=notes)


def _conclude(job: Job, text: Text, checked: list[Checked]) -> Part:
    """The text without what failed, what of it is to be translated, the record of every check."""
    failed = [item for item in checked if not item.passed]
    final, kept = _without(text, failed)
    output = {
        "vi": document.to_json(final),
        "texts": {place: sections.texts_at(place, final, text.skeleton) for place in kept},
        "checked": [item.to_json() for item in checked],
        "failed": len(failed),
        "by": {place: name for place, name in text.by.items() if place in kept},
    }
    reason = "unverified" if failed else "disputed" if _is_disputed(text.material.sheet) else ""
    if reason and not job.run.draft:
        output["note"] = _note(text.material, reason, failed)
    notes = dict.fromkeys(f"cut: {item.sentence} ({item.reason})" for item in failed)
    return Part(output, notes=list(notes))


def _without(text: Text, failed: Sequence[Checked]) -> tuple[Document, set[str]]:
    """The text with the failed sentences cut, and the places that are still the models'.

    A headline that failed, and a place that nothing is left of, are ours again.
    """
    bad = {item.section for item in failed}
    kept = {place: item for place, item in text.fillings.items() if place not in bad & {HEADLINE}}
    while True:
        whole = sections.assemble(text.skeleton, kept, text.material.items, "vi")
        final = verification.cut(whole, [item for item in failed if item.section in kept])
        told = {part.id for part in final.sections if _says(part)} | {HEADLINE}
        emptied = kept.keys() - told
        if not emptied:
            return final, set(kept)
        kept = {place: item for place, item in kept.items() if place not in emptied}


def _says(section: document.Section) -> bool:
    return any(text.strip(" […]") for text in sections.prose_of(section))


def _is_disputed(sheet: FactSheet) -> bool:
    return any(state.agreement == Agreement.DISPUTED for state in sheet.indices)


def _note(material: Material, reason: str, failed: Sequence[Checked]) -> Output:
    """What the public reads while the report waits for its review."""
    detail = failed[0].figure if failed else ""
    draft = Analyst().note(material.brief(), reason, detail)
    return {
        "reason": reason,
        "vi": document.to_json(draft.vi),
        "en": document.to_json(draft.en),
    }
