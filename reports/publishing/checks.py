"""How what a report says was checked: each figure with its proof and the outcome.

A report keeps this as `verification`: `checks` of the text as it was written, with `figures` and
`matched` as their sums, and `edited`, by field, of what editors typed since. `unproven` is there
only while some of that is neither proven nor confirmed by an editor: such a report is not public.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from market import formats
from reports.document import REFERENCE
from reports.facts import Fact, FactSheet
from reports.publishing import labels
from reports.publishing.render import plain_text

LANGUAGES = ("vi", "en")
WRITTEN_IN = "vi"  # the language whose text is checked; the other one is held against it
UNPROVEN = "unproven"
STYLES = ("", "signed", "abs")
FIELDS = {
    "title": "vi", "summary": "vi", "body": "vi",
    "title_en": "en", "summary_en": "en", "body_en": "en",
}  # fmt: skip
_KEY = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")
_CLOSES = re.compile(r"\b([a-z][a-z0-9_]*) close(?:s| of (\d{4}-\d{2}-\d{2}))(?!\w)")

Row = dict[str, Any]
Items = Sequence[Mapping[str, Any]]


def check_rows(
    checks: Sequence[Mapping[str, Any]],
    sheet: FactSheet,
    items: Items = (),
    language: str = WRITTEN_IN,
) -> list[Row]:
    """The checks as a report keeps them: figures written out, and each proof once.

    A figure that stands in several sentences is one row with their number as `times`. `language`
    is that of the text, `items` are the research that it may cite.
    """
    known = {str(item["id"]): item for item in items}
    rows: dict[tuple[str, ...], Row] = {}
    for check in checks:
        key = (check["figure"], _kind(check, sheet), check["evidence"], check["reason"])
        if key not in rows:
            rows[key] = _row(check, sheet, known, language)
        rows[key]["times"] += 1
    return list(rows.values())


def proven(verification: Mapping[str, Any], language: str) -> tuple[int, int]:
    """How many of the checks of the page in that language were passed, and how many there are."""
    rows = list(edited_rows(verification, language))
    passed = sum(bool(row["passed"]) for row in rows)
    matched, figures = (int(verification.get(name, 0)) for name in ("matched", "figures"))
    return matched + passed, figures + len(rows)


def edited_rows(verification: Mapping[str, Any], language: str = "") -> Iterator[Row]:
    """The checks of what editors typed, in one language or in both."""
    for field, rows in verification.get("edited", {}).items():
        if language in ("", FIELDS.get(field)):
            yield from rows


def open_rows(verification: Mapping[str, Any], field: str = "") -> list[Row]:
    """What editors typed, in one field or in all, that nobody and nothing has proven."""
    edited = verification.get("edited", {})
    rows = edited.get(field, []) if field else edited_rows(verification)
    return [row for row in rows if is_open(row)]


def is_open(row: Row) -> bool:
    return not row["passed"] and not row.get("confirmed")


def _row(
    check: Mapping[str, Any], sheet: FactSheet, items: Mapping[str, Any], written_in: str
) -> Row:
    row: Row = {
        "kind": _kind(check, sheet),
        "passed": check["passed"],
        "reason": check["reason"],
        "language": written_in,
        "times": 0,
    }
    if not check["passed"]:
        row["sentence"] = _plain(check["sentence"], sheet, written_in)
    fact = sheet.facts.get(check["evidence"])
    style = _style(check["figure"], fact, written_in)
    for language in LANGUAGES:
        row[f"figure_{language}"] = (
            _words(check["figure"], sheet, written_in)
            if fact is None or style is None
            else labels.written(fact, language, style)
        )
        row[f"evidence_{language}"] = _evidence(check, sheet, items, language)
    return row


def _kind(check: Mapping[str, Any], sheet: FactSheet) -> str:
    """What a figure is; a fact is what the sheet calls it, however the text refers to it."""
    kind: str = check["kind"]
    fact = sheet.facts.get(check["evidence"])
    return fact.kind if fact and kind in ("observed", "derived") else kind


def _words(text: str, sheet: FactSheet, written_in: str) -> str:
    """What is no fact's value stays in the language of the text."""
    text = _plain(text, sheet, written_in)
    return text + ")" * (text.count("(") - text.count(")"))


def _plain(text: str, sheet: FactSheet, language: str) -> str:
    known = all(match[1] in sheet.facts for match in REFERENCE.finditer(text))
    return plain_text(text, sheet, language) if known else text


def _style(text: str, fact: Fact | None, language: str) -> str | None:
    """In which style a text is this fact's value; None when it is not, or not as we write it."""
    if fact is None:
        return None
    return next((style for style in STYLES if labels.written(fact, language, style) == text), None)


def _evidence(
    check: Mapping[str, Any], sheet: FactSheet, items: Mapping[str, Any], language: str
) -> str:
    """Facts, indices and research items by their names; the rest as it is."""
    evidence: str = check["evidence"]
    if check["kind"] == "cited" and (item := items.get(evidence.strip("[] "))):
        return f"{item['source']}: {item['title']}"
    parts = [part.strip().removesuffix(".change") for part in evidence.split(",")]
    listed = len(parts) > 1 or "." not in evidence
    if listed and all(f"{part}.change_percent" in sheet.facts for part in parts):
        return ", ".join(labels.subject_name(part, sheet, language) for part in parts)
    evidence = _CLOSES.sub(lambda match: _closes(match, sheet, language), evidence)
    return _KEY.sub(lambda match: _name(match[0], sheet, language), evidence)


def _name(key: str, sheet: FactSheet, language: str) -> str:
    if key not in sheet.facts:
        return key
    subject = labels.subject_name(key.partition(".")[0], sheet, language)
    return f"{subject}: {labels.fact_name(key, language)}"


def _closes(match: re.Match[str], sheet: FactSheet, language: str) -> str:
    """An index's stored closes, which are no fact: all that were read, or one day's."""
    if match[1] not in sheet.series:
        return match[0]
    subject = labels.subject_name(match[1], sheet, language)
    if match[2]:
        day = formats.day(date.fromisoformat(match[2]), language)
        return f"{subject}: đóng cửa {day}" if language == "vi" else f"{subject}: close of {day}"
    return f"{subject}: {'các mức đóng cửa' if language == 'vi' else 'stored closes'}"
