"""Ranks below the first, and gauges ranked: "the second largest fall", "the highest RSI"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import N_EN, N_VI, Claim, changes, subject
from reports.writing.verification.claims.leaders import field
from reports.writing.verification.claims.ranks import holder, told_fall
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.numbers import word_value
from reports.writing.verification.reading.sentences import Sentence

_NTH = {"hai": 2, "nhì": 2, "ba": 3, "tư": 4, "bốn": 4, "second": 2, "third": 3, "fourth": 4}
_ORDINAL = {
    "vi": re.compile(
        r"(?<!\w)(?:(?:(?P<most>mạnh|lớn|nhiều|cao|sâu|nặng|tốt|khỏe|xa|nhanh)|(?P<least>ít|nhẹ|"
        r"thấp|nhỏ|yếu|khiêm tốn))(?: điểm)?|(?P<place>(?:xếp|đứng|về|ở)(?: ở)?(?: vị trí| hạng)?))"
        r" thứ (?P<n>hai|nhì|ba|tư|bốn)(?!\w)"
        r"(?! (?:trong |của |kể từ |từ )?(?:vòng |hơn |gần )?(?:\d+|\x01+|một|nhiều) "
        r"(?:phiên|tuần|tháng|năm))"
    ),
    "en": re.compile(
        r"\b(?:(?P<n>second|third|fourth)[ -](?:(?P<most>largest|biggest|steepest|sharpest|deepest|"
        r"heaviest|most)|(?P<least>smallest|mildest|lightest|shallowest|least)|"
        r"(?P<best>best|strongest)|(?P<worst>worst|weakest))"
        r"(?: (?:percentage |daily )?(?P<move>gain|rise|advance|loss|fall|drop|decline|move|"
        r"gainer|loser|decliner|performer|performance)s?)?|"
        r"(?P<place>(?:came|was|were|finished|ranked|placed|stood|is|in)) (?P<n2>second|third|"
        r"fourth)(?: place)?(?= (?:with|by|at|on|behind|among|of the|in the ranking|after|ahead)\b|"
        r",? ?\x01|[,.;]|$))"
        r"(?! (?:in|of|since|for) (?:the )?(?:last |past )?(?:\d|\x01|(?:\w+ )?(?:sessions?|weeks?|"
        r"months?|years?)\b))"
    ),
}
_AFTER = re.compile(r",? (?:chỉ |only )?(?:sau|behind|after|kém) (?:chỉ số |the )?(?=\x03)")
_ELSEWHERE = re.compile(r"(?<!\w)(?:rsi|biến động(?! mạnh)|volatility|mã|stocks|vốn hóa|phiên thứ)")


def ordinals(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Who was second or third by the day's change, of the largest or of the smallest."""
    if not holds(sentence.masked, ("thứ ", "second", "third", "fourth")):
        return
    text = marked(sentence)
    for match in _ORDINAL[sentence.language].finditer(text):
        start, _ = sentence.clause(match.start())
        if sentence.is_hypothetical(match.start()) or _ELSEWHERE.search(text, start, match.start()):
            continue
        if LIQUIDITY.search(text, start, match.start()):
            continue
        key = holder(sentence, text, match) or case.subject
        moves = field(key, case)
        if key not in moves:
            continue
        yield Claim(match.start(), match.end(), *_nth(sentence, match, key, moves), figures=False)


def _nth(
    sentence: Sentence, match: re.Match[str], key: str, moves: dict[str, Decimal]
) -> tuple[str, str]:
    parts = match.groupdict()
    place = _NTH[parts.get("n") or parts["n2"]]
    words = f"{match.string[: match.start()]} {parts.get('move') or ''}"
    falling = told_fall(words, moves)
    if parts.get("best") or parts.get("worst"):
        order = sorted(moves, key=lambda name: moves[name], reverse=bool(parts.get("best")))
    else:
        inside = [name for name, value in moves.items() if (value < 0 if falling else value > 0)]
        order = sorted(inside, key=lambda name: abs(moves[name]), reverse=not parts.get("least"))
    evidence = ", ".join(f"{name}.change_percent" for name in moves)
    if len(order) < place or order[place - 1] != key:
        return evidence, f"is wrong: it was not number {place}"
    if after := _AFTER.match(match.string, match.end()):
        rival = next(item.key for item in sentence.names if item.start == after.end())
        if rival not in order[: place - 1]:
            return evidence, "is wrong the other way round"
    return evidence, ""


_GAUGE = r"(?P<gauge>rsi|(?:độ )?biến động|volatility)(?: 14| 20)?(?: phiên)?"
_HIGH_EN, _LOW_EN = r"(?P<most>highest|largest|strongest)", r"(?P<least>lowest|smallest|weakest)"
_HIGH_VI, _LOW_VI = r"(?P<most>cao|lớn|mạnh)", r"(?P<least>thấp|nhỏ|yếu)"
_ALL_EN = (
    rf" (?:of|among|in|across) (?:all|(?:all )?(?:of )?(?:the )?)(?: ?(?P<count>{N_EN}))?"
    r"(?: ?(?:main |major )?(?P<noun>indices|indexes|group|pack))?(?= ?(?:[,.;)]|$|(?:and|but|yet|"
    r"while|though|with|at|is|was)\b))"
)
_ALL_VI = (
    rf"(?: (?:trong|giữa))?(?: số)?(?: cả)?(?: (?P<count>{N_VI}))?(?: các)?"
    r" (?P<noun>chỉ số|nhóm)(?!\w)"
)
_RANKED = {
    "vi": re.compile(
        rf"(?<!\w){_GAUGE}(?:,? quy năm,?)?(?P<told>[^.;]{{0,48}}?) (?:{_HIGH_VI}|{_LOW_VI}) nhất"
        rf"{_ALL_VI}"
    ),
    "en": re.compile(
        rf"\b{_GAUGE}(?P<told>[^.;]{{0,48}}?) (?:is|was|remains|remained|stays) (?:also |still |"
        rf"now "
        rf"|by far )?the (?:{_HIGH_EN}|{_LOW_EN}){_ALL_EN}"
    ),
}
_RANKED_FIRST = re.compile(
    rf"\bthe (?:{_HIGH_EN}|{_LOW_EN}) (?:\d+-session )?{_GAUGE}(?: reading| value)?"
    rf"(?:,? (?:at|of) \x01+,?)?{_ALL_EN}"
)
# "of the five indices, A has the highest RSI"
_OPENING = re.compile(
    rf"\W*(?:of|among|trong)(?: (?:all|the|số|cả|các))*(?: (?:{N_EN}|{N_VI}))? (?:main )?"
    r"(?:indices|indexes|chỉ số)(?!\w),? "
)
_RANKED_ALONE = re.compile(
    rf"\bthe (?:{_HIGH_EN}|{_LOW_EN}) (?:\d+-session )?{_GAUGE}|(?<!\w)(?=rsi|độ biến|biến)"
    rf"{_GAUGE.replace('gauge', 'gauge2')} (?:{_HIGH_VI.replace('most', 'most2')}|"
    rf"{_LOW_VI.replace('least', 'least2')}) nhất(?! trong)"
)
_NONE = re.compile(
    r"(?<!\w)(?:no (?:other )?(?:index|one)|none of the (?:indices|others)|không (?:có )?"
    r"(?:một )?chỉ số nào)(?: khác)? (?:has|had|shows|showed|có|đạt)(?: an?)? "
    rf"(?:(?P<up>higher)|(?P<down>lower)|(?=rsi|độ|biến)) ?(?:\d+-session )?{_GAUGE}"
    r"(?: reading)?(?: (?:(?P<up2>cao|lớn) hơn|(?P<down2>thấp|nhỏ) hơn))?"
    r"(?: than)?(?: (?:that of|của))? (?=\x03)"
)


def gauges(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The highest or the lowest RSI, or volatility over 20 sessions, of all that are known."""
    if not holds(sentence.masked, ("rsi", "biến động", "volatility")):
        return
    text = marked(sentence)
    if match := _NONE.search(text):
        key = next((i.key for i in sentence.names if i.start == match.end()), "")
        parts = match.groupdict()
        most = bool(parts["up"] or parts["up2"])
        if most or parts["down"] or parts["down2"]:
            yield Claim(match.start(), match.end(), *_gauged(match, key, most, case), figures=False)
    if opening := _OPENING.match(text):
        for match in _RANKED_ALONE.finditer(text, opening.end()):
            key = subject(sentence, match.start(), case)
            yield Claim(
                match.start(),
                match.end(),
                *_gauged(match, key, bool(match["most"] or match["most2"]), case),
                False,
            )
    forms = [_RANKED[sentence.language], *([_RANKED_FIRST] if sentence.language == "en" else [])]
    for form in forms:
        for match in form.finditer(text):
            group = match["count"] or match["noun"] or match[0].endswith(" all")
            if sentence.is_hypothetical(match.start()) or not group:
                continue
            inside = [i.key for i in sentence.names if match.start() < i.start < match.end()]
            if behind := _BELONGS.match(text, match.end()):
                inside = [i.key for i in sentence.names if i.start == behind.end()]
            key = inside[0] if inside else subject(sentence, match.start(), case)
            found = _gauged(match, key, match["most"] is not None, case)
            yield Claim(match.start(), match.end(), *found, figures=False)


_BELONGS = re.compile(
    r"(?: \(?\x01+\)?,?)?,? (?:thuộc về|là của|belong(?:s|ed) to|(?:is|was)(?: that of)?) "
    r"(?:chỉ số |the )?(?=\x03)"
)


def _gauged(match: re.Match[str], key: str, most: bool, case: Case) -> tuple[str, str]:
    parts = match.groupdict()
    name = "rsi14" if "rsi" in {parts["gauge"], parts.get("gauge2")} else "volatility20"
    group = changes(case.sheet)
    if key not in group:
        group = field(key, case)
    known = {item: case.sheet.value(f"{item}.{name}") for item in group}
    values = [value for value in known.values() if value is not None]
    evidence = ", ".join(f"{item}.{name}" for item in known)
    if known.get(key) is None or len(values) < len(known):
        return evidence, "ranks what the sheet cannot rank"
    count = parts.get("count")
    if count and word_value(count) != len(known):
        return evidence, f"is wrong: {len(known)} of them are known"
    fits = known[key] == (max if most else min)(values)
    side = "first" if most else "last"
    return evidence, "" if fits else f"is wrong: {case.sheet.index_name(key)} was not {side}"
