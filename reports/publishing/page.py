"""A report as its page shows it, in the language of the request."""

from __future__ import annotations

import math
import re
from functools import cached_property
from html import unescape
from typing import Any

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from marketsite.language import page_language
from reports import document, facts
from reports.models import Report
from reports.publishing.checks import WRITTEN_IN, edited_rows, proven
from reports.publishing.render import lead_chart

WORDS_PER_MINUTE = 220
BY_RULES = "analyst"
CRYPTO = "crypto"  # the type of the old system's reports
WORD = re.compile(r"[^\W\d_]")
SECTION_HEADING = re.compile(r'<h2 id="h-([a-z0-9-]+)">(.*?)</h2>', re.DOTALL)


class ReportPage:
    """What templates read of one report beside its own fields."""

    def __init__(self, report: Report) -> None:
        self.report = report
        english = page_language() == "en"
        self.untranslated = english and not report.html_content_en
        self._language = "en" if english and not self.untranslated else "vi"
        self._around = "en" if english else "vi"

    @property
    def subject(self) -> str:
        """What the line above the headline names."""
        if self.report.symbol:
            return self.report.symbol
        crypto = self.report.report_type == CRYPTO
        return gettext("Crypto") if crypto else gettext("Vietnamese market")

    @property
    def body(self) -> SafeString:
        """The article that our renderer made when the report was written."""
        return mark_safe(self.report.localised_html())  # noqa: S308

    @cached_property
    def contents(self) -> list[dict[str, str]]:
        """The sections' anchors and headings, as they stand in the article."""
        found = SECTION_HEADING.findall(self.report.localised_html())
        return [{"id": anchor, "title": unescape(strip_tags(title))} for anchor, title in found]

    @cached_property
    def lead_chart(self) -> SafeString:
        """The first chart, drawn anew for the home page; "" when there is none."""
        text, sheet = self.report.localised_document(), self.report.facts
        if text is None or not isinstance(sheet, dict):
            return SafeString("")
        return lead_chart(document.from_json(text), facts.from_json(sheet), self._language)

    @cached_property
    def reading_minutes(self) -> int:
        prose = re.sub(r"<(svg|details)\b.*?</\1>", " ", self.report.localised_html(), flags=re.S)
        return max(1, math.ceil(len(strip_tags(prose).split()) / WORDS_PER_MINUTE))

    @cached_property
    def _proven(self) -> tuple[int, int]:
        return proven(self.report.verification, self._language)

    @property
    def figures(self) -> int:
        """How many figures, directions and claims of the text were checked."""
        return self._proven[1]

    @property
    def matched(self) -> int:
        return self._proven[0]

    @property
    def all_matched(self) -> bool:
        return self.figures > 0 and self.matched == self.figures

    @cached_property
    def checks(self) -> list[dict[str, Any]]:
        """How each figure was checked, in the page's language, with what is not proven first; none
        for an older report.
        """
        found = self.report.verification
        rows = [self._check(row, "open") for row in edited_rows(found, self._language)]
        rows += [self._check(row, "cut") for row in found.get("checks", [])]
        return sorted(rows, key=lambda row: str(row["outcome"]) == "proven")

    def _check(self, row: dict[str, Any], failed: str) -> dict[str, Any]:
        figure = row[f"figure_{self._language}"]
        foreign = row.get("language", WRITTEN_IN) != self._around and WORD.search(figure)
        evidence = row[f"evidence_{self._language}"]
        outcome = "proven" if row["passed"] else "editor" if row.get("confirmed") else failed
        return {
            "figure": figure,
            "figure_lang": row.get("language", WRITTEN_IN) if foreign else "",
            "kind": _kind(row["kind"], evidence),
            "evidence": evidence,
            "outcome": outcome,
            "reason": row["reason"],
            "times": row["times"],
        }

    @property
    def reviewer(self) -> str:
        """The reviewer's full name; a login name is nobody's business."""
        user = self.report.reviewed_by
        return (user.get_full_name() or gettext("an editor")) if user else ""

    @property
    def by_rules(self) -> bool:
        return self.report.writer == BY_RULES

    @property
    def writers(self) -> str:
        """Who wrote it: the models by their names, and the rules where they stepped in."""
        names = self.report.writer.split(", ")
        known = {"gemini": "Gemini", "openai": "OpenAI", BY_RULES: gettext("rules")}
        return ", ".join(known.get(name, name) for name in names)


def _kind(kind: str, evidence: str) -> str:
    names = {
        "observed": gettext("published by a source") if evidence else gettext("figure"),
        "derived": gettext("computed"),
        "cited": gettext("cited"),
        "count": gettext("counted"),
        "direction": gettext("direction"),
        "claim": gettext("claim"),
        "date": gettext("date"),
    }
    return names.get(kind, kind)
