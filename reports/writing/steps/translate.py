"""English from the Vietnamese: rules write both, what models wrote is translated.

One place is one part and one call. The translator is given texts alone and must return the same
references, citations, figures and directions, claim by claim. When no model can, the report goes
out in Vietnamese, and the English waits.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports import document
from reports.document import Document, Section
from reports.writing import sections
from reports.writing.asking import ask
from reports.writing.questions import Material
from reports.writing.sections import HEADLINE, LONGEST_TITLE, NEWS, SOURCES
from reports.writing.steps.job import Job, Output, Part
from reports.writing.steps.write import models_left, usage_of
from reports.writing.verification import translation_fault
from reports.writing.writers.base import Answer, BadAnswer, WriterError


def run(job: Job) -> Part:
    verified, plan = job.output("verify"), job.load("write")[0]
    if verified.get("nothing"):
        return Part({"nothing": True})
    done = {part["place"] for part in job.parts}
    for place in plan["places"]:
        if place in verified["by"] and place not in done:
            return _translate(job, plan, place)
    return Part({"en": document.to_json(_english(job))})


def _texts(job: Job, place: str) -> list[str]:
    kept = job.output("verify", "texts").get("texts")
    if kept is not None:
        return list(kept[place])
    # a run that an earlier version of this code has begun
    text = document.from_json(job.output("verify", "vi")["vi"])
    return sections.texts_at(place, text, document.from_json(job.load("write", "vi")[0]["vi"]))


def _translate(job: Job, plan: Output, place: str) -> Part:
    texts = _texts(job, place)
    material = Material(job, plan)
    question = material.translate(place, texts)

    def problem(answer: Answer) -> str | None:
        return _problem(answer.parsed, texts, place, material)

    left: list[str] = []
    notes: list[str] = []
    for name in models_left(job, "write", "verify"):
        try:
            answer = ask(
                name,
                question.prompt,
                check=problem,
                spender=job.spender,
                while_waiting=job.still_ours,
            )
        except WriterError as error:
            notes.append(f"{name}, translation of {place}: {error}")
            if not isinstance(error, BadAnswer):
                left.append(name)
            continue
        output = {
            "place": place,
            "texts": answer.parsed["texts"],
            "left": left,
            "prompts": dict(question.versions),
        }
        return Part(output, False, usage_of(name, answer), notes)
    return Part({"failed": "; ".join(notes) or "no model is left"}, notes=notes)


def _problem(parsed: object, texts: Sequence[str], place: str, material: Material) -> str | None:
    """What is wrong with a translation, in one sentence."""
    found = parsed.get("texts") if isinstance(parsed, dict) else None
    if not isinstance(found, list) or len(found) != len(texts):
        return f"texts: exactly {len(texts)} are wanted, in the given order"
    try:
        checked = [document.checked_text(item, f"texts[{at}]") for at, item in enumerate(found)]
    except document.DocumentError as error:
        return str(error)
    if place == HEADLINE and not 0 < len(checked[0].strip()) <= LONGEST_TITLE:
        return f"texts[0]: a headline of at most {LONGEST_TITLE} characters is wanted"
    sheet = material.sheet_of([*texts, *checked])
    for at, (vietnamese, english) in enumerate(zip(texts, checked, strict=True)):
        if refusal := sections.prose_fault(english, 2 * sections.LONGEST_PROSE):
            return f"texts[{at}]: {refusal}"
        if vietnamese.strip() and not english.strip():
            return f"texts[{at}]: empty"
        if fault := translation_fault(vietnamese, english, sheet):
            return f"texts[{at}]: {fault}"
    return None


def _english(job: Job) -> Document:
    """The English document: translated places in the structure of the Vietnamese, the rest ours."""
    plan = job.load("write", "vi", "en")[0]
    text = document.from_json(job.output("verify", "vi")["vi"])
    skeleton, own = document.from_json(plan["vi"]), document.from_json(plan["en"])
    done = {part["place"]: part["texts"] for part in job.load("translate", "texts")}
    title, standfirst = done.get(HEADLINE, (own.title, own.standfirst))
    pairs = {
        ours.id: (ours, theirs)
        for ours, theirs in zip(skeleton.sections, own.sections, strict=True)
    }
    found = []
    for section in text.sections:
        vietnamese, english = pairs.get(section.id, (None, None))
        found.append(_section(section, vietnamese, english, done))
    return Document(title, standfirst, tuple(found))


def _section(
    section: Section, skeleton: Section | None, own: Section | None, done: dict[str, list[str]]
) -> Section:
    names = {"news": NEWS["en"], "sources": SOURCES["en"]}
    title = own.title if own else names[section.id]
    if section.id in done:
        return sections.translated(section, skeleton, own, title, done[section.id])
    return own or Section(section.id, title, section.blocks)
