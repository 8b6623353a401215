"""What the finders of claims hand over, and what they share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from reports.facts import FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.reading import subjects
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Sentence

# A small count: in digits, behind a reference, or in words.
N_VI, N_EN = rf"(?:\d{{1,2}}|\x01+|{VI_WORDS})", rf"(?:\d{{1,2}}|\x01+|{EN_WORDS})"
MOST, NEARLY_ALL = Decimal("0.5"), Decimal("0.75")  # more than this share of the whole


@dataclass(frozen=True, slots=True)
class Claim:
    """A stretch of a sentence that says something provable; proven when `reason` is empty.

    `figures` when the digits inside are part of it and need no proof of their own; `yardstick` when
    a reference inside only says how much, whosever it is: "two rose more than {{hnx30.change}}".
    """

    start: int
    end: int
    evidence: str
    reason: str
    figures: bool = True
    yardstick: bool = False


def subject(sentence: Sentence, position: int, case: Case) -> str:
    return subjects.speaker(sentence, position, case.subject)


def change(sheet: FactSheet, key: str) -> Decimal | None:
    """A day's change in percent as it reads, with two decimals."""
    value = sheet.value(f"{key}.change_percent")
    return None if value is None else value.quantize(Decimal("0.01"))


def changes(sheet: FactSheet) -> dict[str, Decimal]:
    """The day's change of each known index."""
    found = {state.key: change(sheet, state.key) for state in sheet.indices if state.known}
    return {key: value for key, value in found.items() if value is not None}


def between(text: str, start: int, end: int) -> str:
    return re.sub(r"\s+", " ", text[start:end])


def number_in(sentence: Sentence, match: re.Match[str], group: str) -> int | None:
    """The count that a group holds: a reference's, or that of digits or words."""
    text = match[group]
    if text and "\x01" in text:
        inside = [f for f in sentence.figures if f.start == match.start(group)]
        return int(inside[0].value) if inside and not inside[0].problem else None
    return word_value(text) if text else None
