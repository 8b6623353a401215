"""The documents as HTML, and the texts that stand outside the article."""

from __future__ import annotations

from typing import Any

from reports import document, facts
from reports.models import Run
from reports.publishing.render import figures_in, plain_text, render_article


def run(_run: Run, outputs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """`{vi, en: {title, summary, html}}` and how many figures the texts name."""
    sheet = facts.from_json(outputs["prepare_data"])
    rendered: dict[str, Any] = {}
    for language in ("vi", "en"):
        text = document.from_json(outputs["write"][language])
        rendered[language] = {
            "title": plain_text(text.title, sheet, language),
            "summary": plain_text(text.standfirst, sheet, language),
            "html": render_article(text, sheet, language),
            "figures": figures_in(text),
        }
    return rendered
