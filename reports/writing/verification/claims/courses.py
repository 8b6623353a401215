"""How a session went to where it ended: gains pared or extended, courses reversed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, change, changes, subject
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Sentence

_TURNS = {
    "vi": (
        "thu hẹp", "rút ngắn", "co hẹp", "hãm", "kìm", "đánh mất", "trả lại", "co lại", "chậm "
        "lại", "hẹp lại",
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
        r"(?<!\w)(?:(?P<pared>thu hẹp|co hẹp|rút ngắn|hãm|kìm|đánh mất một phần|"
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
FADED = 50  # percent of the range: a close beyond its middle has kept the move
_FALLING = re.compile(r"giảm|loss|decline|slide|fall|lower|its gains|earlier gains")


# "5 mã ngược dòng": said of stocks
_OF_STOCKS = re.compile(r"\x01(?: (?:mã|cổ phiếu|đồng|đã|vẫn))* $")


def second_derivatives(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Gains pared or extended, courses reversed: by open, high, low and the session before."""
    if not holds(sentence.masked, _TURNS[sentence.language]):
        return
    for match in _SHAPE[sentence.language].finditer(sentence.masked):
        of_stocks = _OF_STOCKS.search(sentence.masked, 0, match.start())
        if of_stocks or sentence.is_hypothetical(match.start()):
            continue
        if _NONE.search(sentence.masked[: match.start()]) and match["turn"]:
            alike = len({value > 0 for value in changes(case.sheet).values()}) == 1
            reason = "" if alike else "is wrong: not all of them went one way"
            yield Claim(match.start(), match.end(), "", reason)
            continue
        key = subject(sentence, match.start(), case)
        if match["pared"] and (found := _pared_to(sentence, match, key, case)):
            yield found
            continue
        if match["more"] and _WITHIN.search(sentence.masked):
            yield _within(match, key, case.sheet)
            continue
        yield Claim(match.start(), match.end(), *_shape(match, key, case.sheet))


# "widened its loss through the session": not since the session before
_WITHIN = re.compile(
    r"(?<!\w)(?:through(?:out)? the (?:session|day|afternoon)|from the open(?:ing)?|into the close|"
    r"after (?:the open|opening|an? \w+ open(?:ing)?)|as the session went on|suốt phiên|"
    r"từ (?:mức )?mở cửa|"
    r"sau (?:khi|lúc) mở cửa|(?:đến|về|tới|cho đến) cuối phiên)(?!\w)"
)


def _within(match: re.Match[str], key: str, sheet: FactSheet) -> Claim:
    """Gains extended within the session: the close lies further that way than the open."""
    opened, close = sheet.value(f"{key}.open"), sheet.value(f"{key}.close")
    evidence, reason = _shape(match, key, sheet)
    way = -1 if _FALLING.search(match["w2"]) else 1
    if opened is None or close is None:
        reason = "tells the course of a session that no fact gives"
    elif (close - opened) * way <= 0:
        reason = "is wrong: it went the other way from the open"
    return Claim(match.start(), match.end(), evidence, reason)


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


_NONE = re.compile(
    r"(?<!\w)(?:không (?:có )?(?:một )?chỉ số nào|no index|"
    r"none of the (?:\w+ )?indices)(?: \w+){0,2} $"
)
_LEVEL = re.compile(
    r"(?: (?:mạnh|đáng kể|phần nào|một phần|at one (?:point|stage)|briefly|intraday|"
    r"to))*(?: (?:to|at|"
    r"khi|và|có|lúc|lên|về|còn|trở lại|xuống|quanh|đến|tới|mức|vùng|as high as|as low as))+ ?"
    r"(?=\x01)"
)
_FOR_A_TIME = re.compile(
    r"(?<!\w)(?:có (?:lúc|khi|thời điểm)|tạm|trong phiên|at one (?:point|stage)|briefly|"
    r"for a (?:while|time)|during the session|intraday|earlier|having|after|before|trước khi)(?!\w)"
)


def _pared_to(sentence: Sentence, match: re.Match[str], key: str, case: Case) -> Claim | None:
    """ "Pared its loss to 1,175 points at one stage": to the other edge, which kept a part of "
    "it."""
    word = match["w1"]
    way = -1 if _FALLING.search(word) else 1
    opened, before = case.sheet.value(f"{key}.open"), case.sheet.value(f"{key}.previous_close")
    name = f"{key}.{'high' if way < 0 else 'low'}"
    edge = case.sheet.value(name)
    if opened is None or before is None or edge is None:
        return None
    to = _LEVEL.match(sentence.masked, match.end())
    figure = next((f for f in sentence.figures if to and f.start == to.end()), None)
    if figure and figure.key.partition(".")[2] in {"high", "low", "open", "close"}:
        fits = figure.key == name and (edge - before) * way > 0
        if figure.key.endswith(".close"):
            return None
        reason = "" if fits else "is wrong: there the move was no smaller"
        return Claim(match.start(), figure.end, name, reason, yardstick=True)
    if not _FOR_A_TIME.search(sentence.masked):
        return None
    # It opened with a larger part of the move than the edge left of it.
    if (opened - before) * way > (edge - before) * way > 0:
        return Claim(match.start(), match.end(), f"{key}.open, {name}", "")
    return None


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


_FADED = {
    "vi": re.compile(
        r"(?<!\w)(?:nhịp|đà|đợt|sự|cú|pha|sắc) (?:(?P<down>đỏ|giảm|lao dốc|trượt|sụt)|xanh|tăng|"
        r"hồi phục|"
        r"phục hồi|hồi|bật)(?: (?:điểm|này|ấy|đó|trong phiên|giữa phiên|đầu phiên|buổi sáng|tăng|"
        r"lên|mạnh|nhẹ))*(?: (?:(?:không|chưa|chẳng)(?: thể)? (?:giữ|duy trì|kéo dài|trụ|bền)"
        r"(?: (?:được|vững|nổi|lâu))*(?: (?:cho )?(?:đến|tới))?(?: (?:cuối phiên|hết phiên|"
        r"(?:lúc|khi) đóng cửa|phút chót))?|(?:(?:đã|dần|nhanh chóng|sớm) )*(?:tan(?: dần| biến)?|"
        r"tắt(?: dần)?|phai(?: dần)?|hụt hơi|lụi(?: tàn)?|đuối(?: sức)?)))(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<down>declines?|fall|drop|slide|dip|losses|loss|pullback|retreat|sell-off)|"
        r"recovery|"
        r"rebound|rise|rally|gains?|bounce|advance|climb)(?: (?:during the session|in the session|"
        r"intraday|early in the session|of the morning))?"
        r"(?: (?:(?:did not|didn't|failed to|could not|couldn't)"
        r" (?:last|hold|survive|endure|stick|stay|persist)(?: (?:up|on|until|to|through|into))*"
        r"(?: (?:the (?:end|close)(?: of (?:the session|the day|trading))?))?|"
        r"(?:soon |quickly |then |later |gradually )?(?:faded(?: away)?|fizzled(?: out)?|"
        r"petered out|evaporated|ran out of steam|was short-lived|proved short-lived)))\b"
    ),
}
_FADING = {
    "vi": ("không ", "chưa ", "chẳng ", " tan", " tắt", " phai", "hụt hơi", " lụi", " đuối"),
    "en": ("not ", "n't ", "failed", "faded", "fizzled", "petered", "evaporat", "steam", "short-"),
}


def faded(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A move within the session that did not last: there was one, and the close lies far off it."""
    if not holds(sentence.masked, _FADING[sentence.language]):
        return
    for match in _FADED[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        way = -1 if match["down"] else 1
        key = subject(sentence, match.start(), case)
        edge = f"{key}.{'high' if way > 0 else 'low'}"
        values = [case.sheet.value(name) for name in (edge, f"{key}.open", f"{key}.range_position")]
        if None in values:
            reason = "tells the course of a session that no fact gives"
        else:
            furthest, opened, place = (value or Decimal(0) for value in values)
            kept = place if way > 0 else 100 - place
            fits = (furthest - opened) * way > 0 and kept < FADED
            reason = "" if fits else "is wrong: there was none, or the close kept it"
        yield Claim(match.start(), match.end(), f"{edge}, {key}.open, {key}.close", reason)
