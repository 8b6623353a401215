"""The documents as HTML, and the texts that stand outside the article."""

from __future__ import annotations

from typing import Any

from reports import document, facts
from reports.facts import FactSheet
from reports.publishing.render import figures_in, plain_text, render_article
from reports.writing.steps.job import Job, Output, Part


def run(job: Job) -> Part:
    """`{vi, en: {title, summary, html, figures}}`; without `en` when the translation waits.

    With a note, what stands in the report's place until its review, as `note: {vi, en}`.
    """
    verified, translated = job.output("verify", "vi"), job.output("translate", "en")
    if verified.get("nothing"):
        return Part({"nothing": True})
    sheet = facts.from_json(job.output("prepare_data"))
    output: Output = {"vi": _rendered(verified["vi"], sheet, "vi")}
    if "en" in translated:
        output["en"] = _rendered(translated["en"], sheet, "en")
    if note := verified.get("note"):
        output["note"] = {
            language: _rendered(note[language], sheet, language) for language in ("vi", "en")
        }
    return Part(output)


def _rendered(data: Any, sheet: FactSheet, language: str) -> Output:
    text = document.from_json(data)
    return {
        "title": plain_text(text.title, sheet, language),
        "summary": plain_text(text.standfirst, sheet, language),
        "html": render_article(text, sheet, language),
        "figures": figures_in(text),
    }
