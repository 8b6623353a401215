"""The zones of the RSI: overbought, oversold, neutral."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims import rivals
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Sentence

_ZONES = ("quá mua", "quá bán", "trung tính", "overbought", "oversold", "neutral")
_ZONE = {
    "vi": re.compile(r"(?<!\w)(?:(?P<high>quá mua)|(?P<low>quá bán)|(?P<mid>trung tính))(?!\w)"),
    "en": re.compile(r"\b(?:(?P<high>overbought)|(?P<low>oversold)|(?P<mid>neutral))\b"),
}


def zones(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Overbought from 70 up, oversold from 30 down, neutral between."""
    if not holds(sentence.masked, _ZONES):
        return
    spoken = re.search(r"rsi|động lượng|momentum", sentence.masked)
    for match in _ZONE[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or (match["mid"] and not spoken):
            continue
        key = subject(sentence, match.start(), case)
        row = rivals.row_before(sentence, match.start())
        if len(row) > 1:
            reason = _zone_of_all(sentence, match, row, case)
            yield Claim(match.start(), match.end(), ", ".join(row), reason, figures=False)
            continue
        rows = [f for f in sentence.figures if f.key.endswith(".rsi14")]
        before = [f for f in rows if f.end <= match.start()]
        beside = before[-1] if before else next(iter(rows), None)
        value = beside.value if beside else case.sheet.value(f"{key}.rsi14")
        reason = "names a zone of an RSI that no fact gives"
        if value is not None:
            fits = _in_zone(sentence.masked[: match.start()], match, value)
            reason = "" if fits else f"is wrong: the RSI is {value:.1f}"
        yield Claim(match.start(), match.end(), f"{key}.rsi14", reason, figures=False)


_NEAR = re.compile(
    r"(?<!\w)(?:close to|near|just above|just below|gần|sát|ngay trên|ngay dưới|tiệm cận|"
    r"approaching)[^,.;]{0,10}$"
)
_APART = re.compile(
    r"(?<!\w)(?:chưa|không|cách|neither|nor|not|\w+n['’]t|never|yet to|short of|below|under|"
    r"beneath|shy of|far from|away from|outside|before|dưới|từ|rời|ngoài|out of|left)"
    r"(?: (?:show|signs? of|cho thấy|có|dấu hiệu|tín hiệu|it is|being|becoming|it becomes|turning|"
    r"vào|vùng|rơi|trạng thái|tình trạng|ngưỡng|yet|in|the|far from|tới|đến|khỏi|reach(?:ed|ing)?|"
    r"enter(?:ed|ing)?|hit|touch(?:ed|ing)?|mov(?:ed|ing) into|be|been|become|at|an?|into|quite|"
    r"chạm|đạt|bước|mức|hẳn|đi|lọt|bị|là))* $"
)


def _zone_of_all(sentence: Sentence, match: re.Match[str], row: list[str], case: Case) -> str:
    values = [case.sheet.value(f"{key}.rsi14") for key in row]
    if None in values:
        return "names a zone of an RSI that no fact gives"
    before = sentence.masked[: match.start()]
    wrong = [value for value in values if value and not _in_zone(before, match, value)]
    return f"is wrong: the RSI is {wrong[0]:.1f}" if wrong else ""


def _in_zone(before: str, match: re.Match[str], value: Decimal) -> bool:
    """Whether an RSI is where the words put it: in the zone, near it, or not yet in it."""
    if match["low"] and _UNDER.search(before):
        return value <= 30
    if match["low"] and _OVER.search(before):
        return value > 30
    if _NEAR.search(before):
        return abs(value - (70 if match["high"] else 30)) <= NEAR_ZONE
    zone = "high" if value >= 70 else "low" if value <= 30 else "mid"
    return (match[zone] is not None) is not bool(_APART.search(before))


_OVER = re.compile(r"(?<!\w)(?:trên|above|over)(?: (?:vùng|ngưỡng|mức|the))* $")
_UNDER = re.compile(r"(?<!\w)(?:dưới|below|under|beneath)(?: (?:vùng|ngưỡng|the))* $")
NEAR_ZONE = 5
