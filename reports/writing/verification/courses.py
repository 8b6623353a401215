"""How a session went to where it ended: gains pared or extended, courses reversed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim, change, subject
from reports.writing.verification.hints import holds
from reports.writing.verification.sentences import Sentence

_TURNS = {
    "vi": (
        "thu hẹp", "co hẹp", "hãm", "kìm", "đánh mất", "trả lại", "co lại", "chậm lại", "hẹp lại",
        "chững lại", "nới rộng", "mở rộng", "nối dài", "kéo dài", "gia tăng", "duy trì", "xóa",
        "gỡ", "đảo chiều", "quay đầu", "ngược dòng",
    ),
    "en": (
        "pare", "paring", "trimm", "narrow", " back", "cut", "extend", "widen", "deepened",
        "stretched", "eras", "recoup", "wiped out", "made up", "reversed", "turned", "u-turn",
    ),
}  # fmt: skip
_SHAPE = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<pared>thu hẹp|co hẹp|hãm|kìm|đánh mất một phần|"
        r"trả lại (?:một phần|phần lớn|gần hết|hết))(?: bớt)?(?: \w+)? (?:đà|mức) (?P<w1>tăng|"
        r"giảm)(?: điểm)?|"
        r"đà (?P<w3>tăng|giảm)(?: điểm)?(?: \w+)? (?:thu hẹp|co lại|chậm lại|hẹp lại|chững lại)|"
        r"(?P<more>nới rộng|mở rộng|nối dài|kéo dài|gia tăng|duy trì)(?: \w+)? (?:đà|"
        r"mức) (?P<w2>tăng|giảm)(?: điểm)?|"
        r"(?P<turn>(?:xóa|gỡ)(?: hết| sạch| bỏ| lại| toàn bộ)*(?: mức| đà| nhịp| phần)* "
        r"(?P<w5>tăng|giảm)(?: điểm)?(?: đầu phiên| buổi sáng)?|đảo chiều|quay đầu|lội ngược dòng|"
        r"ngược dòng)(?: (?P<w4>tăng|"
        r"giảm)(?: điểm)?)?)(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<pared>pared?|paring|trimmed|trimming|narrowed|narrowing|g(?:ave|"
        r"iving) back(?: (?:some|most|much|part|all))?(?: of)?|"
        r"cut)(?: (?:its|some of its|the|earlier|some))* "
        r"(?P<w1>gains?|losses|loss|advance|decline|rise|fall)|"
        r"(?P<more>extended|extending|widened|widening|deepened|stretched)(?: (?:its|the|"
        r"their))* (?P<w2>gains?|losses|loss|advance|decline|rally|slide|rise|fall)|"
        r"(?P<turn>(?:erased|erasing|recouped|recouping|wiped out|made up|clawed back)(?: (?:all|"
        r"of|"
        r"its|the|their|early|earlier|morning|opening))* (?P<w5>losses|loss|gains?|declines?|fall|"
        r"drop)|"
        r"reversed(?: (?:course|direction|its losses|its gains|earlier losses|"
        r"earlier gains))?|turned (?:higher|lower|around)|u-turn))\b"
    ),
}
_FALLING = re.compile(r"giảm|loss|decline|slide|fall|lower|its gains|earlier gains")
_RISING = re.compile(r"tăng|gain|advance|rally|rise|higher|ngược dòng|its losses|earlier losses")


def second_derivatives(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Gains pared or extended, courses reversed: by open, high, low and the session before."""
    if not holds(sentence.masked, _TURNS[sentence.language]):
        return
    for match in _SHAPE[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        key = subject(sentence, match.start(), case)
        yield Claim(match.start(), match.end(), *_shape(match, key, case.sheet))


def _shape(match: re.Match[str], key: str, sheet: FactSheet) -> tuple[str, str]:
    parts = {name: value for name, value in match.groupdict().items() if value}
    move = change(sheet, key)
    if move is None:
        return "", "tells the course of a session that no fact gives"
    if "turn" in parts and "ngược dòng" in match[0] and key in CRYPTO_SUBJECTS:
        market = change(sheet, "crypto")
        against = market is not None and move * market < 0
        return "crypto.change_percent", "" if against else "is wrong: it moved with its market"
    if "turn" in parts:
        words = match[0]
        way = 1 if re.search(r"tăng|higher|losses|ngược dòng", words) else 0
        way = -1 if re.search(r"giảm|lower|gains", words) else way
        if undone := parts.get("w5"):
            way = 1 if _FALLING.search(undone) or "drop" in undone else -1
        return _turned(key, move, way, sheet)
    word = parts.get("w1") or parts.get("w2") or parts.get("w3") or ""
    way = -1 if _FALLING.search(word) else 1
    if move * way <= 0:
        return (
            f"{key}.change_percent",
            f"is wrong: the session {'rose' if move > 0 else 'fell' if move else 'was flat'}",
        )
    if "more" in parts:
        return _extended(key, way, sheet)
    return _pared(key, way, sheet, bool(re.search(r"most|much|phần lớn|gần hết", match[0])))


def _pared(key: str, way: int, sheet: FactSheet, mostly: bool) -> tuple[str, str]:
    """Gains were pared when the close lies clear of the high, losses when clear of the low."""
    name = f"{key}.{'high' if way > 0 else 'low'}"
    edge, close = sheet.value(name), sheet.value(f"{key}.close")
    before = sheet.value(f"{key}.previous_close")
    if edge is None or close is None or before is None:
        return "", "tells the course of a session that no fact gives"
    full, left = abs(edge - before), abs(close - before)
    fits = full > 0 and left <= full * Decimal("0.5" if mostly else "0.9")
    return (
        f"{name}, {key}.close",
        "" if fits else f"is wrong: it closed at or near its {'high' if way > 0 else 'low'}",
    )


def _extended(key: str, way: int, sheet: FactSheet) -> tuple[str, str]:
    """Extended from the open, or from the session before when that moved the same way."""
    opened, close = sheet.value(f"{key}.open"), sheet.value(f"{key}.close")
    before = sheet.value(f"{key}.previous_close")
    if None not in (opened, close, before):
        gap, rest = (opened or 0) - (before or 0), (close or 0) - (opened or 0)
        if gap * way > 0 and rest * way > 0:
            return f"{key}.open, {key}.close", ""
    earlier = _move_before(key, sheet)
    if earlier is None:
        return "", "tells an extension that no fact proves"
    fits = earlier * way > 0
    return f"{key} closes", "" if fits else "is wrong: the session before went the other way"


def _move_before(key: str, sheet: FactSheet) -> Decimal | None:
    series = sheet.series.get(key)
    if series is None or len(series.closes) < 3:
        return None
    return series.closes[-2] - series.closes[-3]


def _turned(key: str, move: Decimal, way: int, sheet: FactSheet) -> tuple[str, str]:
    if way and move * way <= 0:
        return f"{key}.change_percent", f"is wrong: the session {'rose' if move > 0 else 'fell'}"
    sign = 1 if move > 0 else -1
    opened, before = sheet.value(f"{key}.open"), sheet.value(f"{key}.previous_close")
    if opened is not None and before is not None and (opened - before) * sign < 0:
        return f"{key}.open, {key}.close", ""
    edge = sheet.value(f"{key}.{'low' if sign > 0 else 'high'}")
    if edge is not None and before is not None and (edge - before) * sign < 0:
        return f"{key}.{'low' if sign > 0 else 'high'}, {key}.close", ""
    earlier = _move_before(key, sheet)
    if earlier is not None and earlier * sign < 0:
        return f"{key} closes", ""
    known = opened is not None or edge is not None or earlier is not None
    return (
        "",
        "is wrong: nothing went the other way before"
        if known
        else "tells a reversal that no fact proves",
    )
