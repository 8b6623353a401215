"""What an editor types, held against the facts of its report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser

from reports import facts
from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.models import Report
from reports.publishing.checks import FIELDS, UNPROVEN, Row, check_rows, is_open, open_rows
from reports.writing import research
from reports.writing.research import Item

if TYPE_CHECKING:
    from reports.writing.verification import Checked

HEADLINE, CRYPTO = "headline", "crypto"
WORD = re.compile(r"[^\W\d_]{2,}")


def checked(report: Report, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    """The report's `verification` once the fields of `after` replace those of `before`.

    Only what is new is checked: what the checker doubts in the text as it stood is not the
    editor's. A report without facts, as an imported one, has nothing to be checked against.
    """
    found: dict[str, Any] = {**report.verification}
    sheet = _sheet(report)
    if sheet is None or not after:
        return found
    edited = dict(found.get("edited", {}))
    for field, text in after.items():
        edited[field] = _rows(report, sheet, field, before[field], text)
    return _counted(found | {"edited": edited})


def checked_body(
    report: Report, field: str, before: Sequence[str], after: Sequence[str]
) -> dict[str, Any]:
    """The report's `verification` once its prose (`body`, `body_en`) reads as in `after`.

    What was recorded of a text that stays is kept.
    """
    found: dict[str, Any] = {**report.verification}
    sheet = _sheet(report)
    if sheet is None:
        return found
    stay, new = set(before) & set(after), [text for text in after if text not in before]
    old = [text for text in before if text not in stay]
    recorded = found.get("edited", {}).get(field, [])
    rows = [row for row in recorded if any(row["sentence"] in text for text in stay)]
    known = {_key(row) for row in rows}
    typed = _rows(report, sheet, field, "\n".join(old), "\n".join(new))
    rows += [row for row in typed if _key(row) not in known]
    return _counted(found | {"edited": {**found.get("edited", {}), field: rows}})


def confirmed(
    verification: Mapping[str, Any], user: AbstractBaseUser, when: datetime
) -> dict[str, Any]:
    """The same with everything unproven in it vouched for by the user."""
    if not open_rows(verification):
        return {**verification}
    word = {"user": user.pk, "name": user.get_username(), "at": when.isoformat()}
    edited = {
        field: [row | {"confirmed": word} if is_open(row) else row for row in rows]
        for field, rows in verification.get("edited", {}).items()
    }
    return _counted({**verification, "edited": edited})


def _counted(verification: dict[str, Any]) -> dict[str, Any]:
    left = len(open_rows(verification))
    rest = {name: value for name, value in verification.items() if name != UNPROVEN}
    return rest | ({UNPROVEN: left} if left else {})


def _rows(report: Report, sheet: FactSheet, field: str, before: str, after: str) -> list[Row]:
    recorded = report.verification.get("edited", {}).get(field, [])
    words = {_key(row): row.get("confirmed") for row in recorded}
    items = [research.from_json(item) for item in report.research]
    language = FIELDS[field]
    doubted = {_key(item.to_json()) for item in _checks(before, sheet, items, language)}
    rows = []
    for item in _checks(after, sheet, items, language):
        key = _key(item.to_json())
        if not item.passed and key in doubted and key not in words:
            continue
        (row,) = check_rows([item.to_json()], sheet, report.research, language)
        word = {"confirmed": words[key]} if words.get(key) else {}
        rows.append(row | {"sentence": item.sentence, "figure": item.figure} | word)
    return rows


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["sentence"], row["figure"], row["reason"]


def _checks(text: str, sheet: FactSheet, items: Sequence[Item], language: str) -> Iterator[Checked]:
    """The checks of a text; what no fact of its index proves may be cited, or of the crypto market.

    A sentence without a name is about the first index, unless these words make it another matter.
    """
    from reports.writing.verification import Declared, verify_text  # hundreds of patterns

    found = verify_text(text, sheet, (), items, language, HEADLINE, editor=True)
    cited = [
        Declared(item.figure, "cited", source.id)
        for item in found
        if not item.passed and not item.evidence
        for source in items
        if _quotes(item.sentence, source, sheet)
    ]
    others = (
        verify_text(text, sheet, cited, items, language, HEADLINE, editor=True) if cited else []
    )
    others += verify_text(text, sheet, (), items, language, CRYPTO, editor=True)
    proven = {
        (item.sentence, item.figure): item
        for item in others
        if item.passed and (item.kind == "cited" or item.evidence.startswith(f"{CRYPTO}."))
    }
    for item in found:
        yield item if item.passed else proven.get((item.sentence, item.figure), item)


def _quotes(sentence: str, item: Item, sheet: FactSheet) -> bool:
    """Whether a sentence is about somebody of whom the item tells, and of whom our facts do not.

    A number alone is no quotation, and of an index or a coin the facts have the last word.
    """
    subjects = [state.display_name for state in sheet.indices]
    subjects += [name for name in CRYPTO_SUBJECTS.values() if name]
    if any(name in sentence for name in subjects):
        return False
    told = set(WORD.findall(f"{item.title} {item.summary}"))
    first, *rest = WORD.findall(sentence) or [""]
    names = {word for word in rest if word[0].isupper()} | ({first} if first.isupper() else set())
    return bool(names & told)


def _sheet(report: Report) -> FactSheet | None:
    """The report's facts; None when it has none that this version can read."""
    try:
        return facts.from_json(report.facts) if report.facts else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
