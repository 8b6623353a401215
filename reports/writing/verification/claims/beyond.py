"""Moves that are held against a figure, or against another's: "two rose more than 1.69%"."""

from __future__ import annotations

import re
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import changes
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading import around
from reports.writing.verification.reading.motion import Motion
from reports.writing.verification.reading.sentences import Sentence

_BEYOND = {
    "vi": re.compile(
        r"(?: điểm)?,? (?:(?P<more>(?:nhiều|mạnh|sâu|cao|lớn|tốt) hơn|hơn|trên|vượt(?: quá)?|quá)|"
        r"(?P<less>(?:ít|nhẹ|thấp|yếu|chậm) hơn|chưa (?:đến|tới|quá)|không (?:quá|đến|tới)|dưới|"
        r"kém))(?: (?:mức|so với|tăng|giảm|của|chỉ số))* (?P<than>[\x01\x03])"
    ),
    "en": re.compile(
        r"(?: by)? (?:(?P<more>more|further|harder|faster|over|at least)|"
        r"(?P<less>less|under|slower|no more|not more))"
        r"(?: than)?(?: (?:the|that of|did))* (?P<than>[\x01\x03])"
    ),
}


def moves_beyond(
    sentence: Sentence, motion: Motion, case: Case
) -> tuple[int, set[str] | None] | None:
    """Where the yardstick behind a word of motion ends, and whose moves lie beyond it.

    None without a yardstick; no set when no fact tells.
    """
    beyond = _BEYOND[sentence.language].match(marked(sentence), motion.end)
    if beyond is None:
        return None
    at = beyond.start("than")
    figure = next((item for item in sentence.figures if item.start == at), None)
    rival = next((item for item in sentence.names if item.start == at), None)
    unit = around.measure(figure) if figure else "percent"
    moves = {key: case.sheet.value(f"{key}.change") for key in changes(case.sheet)}
    if unit == "percent":
        moves = dict(changes(case.sheet))
    limit = figure.value if figure else moves.get(rival.key if rival else "")
    end = figure.end if figure else rival.end if rival else at
    if limit is None or unit not in {"percent", "points"}:
        return end, None
    limit = abs(limit).quantize(Decimal("0.01"))
    sizes = {key: (value or Decimal(0)) * motion.way for key, value in moves.items()}
    more = beyond["more"] is not None
    return end, {k for k, v in sizes.items() if v > 0 and v != limit and (v > limit) is more}
