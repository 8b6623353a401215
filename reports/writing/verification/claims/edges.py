"""Where in the session's range the close lies: at its high or low, above or below its middle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims import rivals
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.claims.records import APART
from reports.writing.verification.reading import wording
from reports.writing.verification.reading.sentences import Sentence

_EDGED = re.compile("nhất|đỉnh|đáy|high|low|peak|top|bottom|best|worst")
_EDGE = {
    "vi": re.compile(
        r"(?<!\w)(?P<near>gần|sát|quanh|ngay dưới|ngay trên|không (?:rời |cách )?xa|cách không xa|"
        r"(?:ở |tại |quanh )?vùng)?"
        r"(?: ?(?:ở|tại|mức|vùng))* ?"
        r"(?:(?P<high>cao nhất|đỉnh)|(?P<low>thấp nhất|đáy))(?: của| trong)?(?: cả)? (?:phiên|"
        r"ngày)(?: này| hôm nay)?(?! \d)(?!\w)"
        r"|(?<!\w)(?P<near9>gần|sát)(?: ?(?:ở|tại|mức|vùng))* ?"
        r"(?:(?P<high9>cao nhất|đỉnh)|(?P<low9>thấp nhất|đáy))(?= ?(?:[.,;]|$))"
        r"|(?<=đóng cửa ở )(?:mức |vùng )?(?:(?P<high3>cao nhất)|(?P<low3>thấp nhất))"
        r"(?= ?(?:[.,;]|$))"
    ),
    "en": re.compile(
        r"\b(?:(?P<near>near|close to|just below|just above|not far from)|at|on) (?:its |the |"
        r"their )?"
        r"(?:session|day(?:'s|’s)?|intraday|daily) (?:(?P<high>high|peak)|(?P<low>low))s?\b"
        r"|\b(?:(?P<near2>near|close to)|at|on) (?:its |the )?(?:(?P<high2>high|top|peak)|"
        r"(?P<low2>low|bottom)) of the (?:day|session)\b"
        r"|\b(?:its |the )(?:(?P<high3>best|highest)|(?P<low3>worst|lowest)) (?:level|point|mark) "
        r"of the (?:day|session)\b"
        r"|\b(?P<near23>near|close to) (?:the |its )?(?:(?P<high23>top|upper end)|(?P<low23>bottom|"
        r"lower end)) of (?:the |its )?(?:day(?:'s|’s)? |session(?:'s|’s)? |trading )?range\b"
        r"|\b(?P<far>(?:well|far) (?:off|above|below|from)) (?:its |the )(?:session |intraday |"
        r"day(?:'s|’s) )?(?:(?P<high29>high|peak)|(?P<low29>low))s?(?= ?(?:[.,;]|$| of the (?:day|"
        r"session)))"
        r"|(?<=ed )at (?:its |"
        r"the )(?:(?P<high39>high|"
        r"peak)|(?P<low39>low))(?= ?(?:[.,;]|$| and| after))"
        r"|\b(?P<near9>near|close to|not far from) (?:its |the )(?:(?P<high9>high|top|peak)|"
        r"(?P<low9>low|bottom))s?(?= ?(?:[.,;]|$))"
    ),
}
_OF_SESSION = re.compile(
    r"(?<!\w)(?:phiên|ngày|dao động|biến động|biên độ|range|session|day|swung|moved)(?!\w)"
)
# "closed near the day's high of 1,186": the figure says which high, not that it was near
_ENDS = re.compile(
    r"(?<!\w)(?:đóng cửa|kết phiên|chốt phiên|khép phiên|dừng|closed|ended|finished|settled|"
    r"stopped|stood)[^,.;\x01]{0,10}$"
)
# A close by its figure, and then what it was near: "at 1,184, close to the day's high (1,186)"
_ENDED_AT = re.compile(
    r"(?<!\w)(?:đóng cửa|kết phiên|chốt phiên|khép phiên|dừng|closed|ended|finished|settled|"
    r"stopped)[^,.;\x01]*\x01+[^,.;\x01]*, ?$"
)
# "below the day's high" says only that the close is not there.
_OFF_EDGE = re.compile(
    r"(?<!\w)(?:thấp hơn|cao hơn|hơn|dưới|trên|rời|so với|từ|khỏi|cách|from|off|below|above|than)"
    r"(?: (?:mức|vùng|its|the))* ?$"
)
NEAR_EDGE, AT_EDGE = 25, 1  # percent of the session's range
_PLACED = re.compile(
    r"(?: của \x03+)?(?: (?:cũng|vẫn|còn|đã|chỉ))* (?:(?:nằm|đứng|ở) )?"
    r"(?:dưới|trên|cao hơn|thấp hơn)(?= (?:đường|mức|mốc|trung bình|tham chiếu|hỗ trợ|kháng cự))"
)
_EQUATED = re.compile(
    r"(?: (?:của|of|in|for) (?:the )?\x03+)? (?:(?:cũng|đồng thời|chính) là|"
    r"trùng(?: khớp)? với)(?!\w)|"
    r"(?: (?:of|in|for) (?:the )?\x03+)? (?:(?:is|was) also|coincides? with|coincided with)(?: the|"
    r" its)? (?:\d|\x02)"
)
_LED_BY = re.compile(r"(?:mức |vùng |the )*")
_OF_IT = re.compile(
    r" (?:không|chưa|chỉ|đã|được|đến|tới|xuất hiện|hình thành|rơi vào|giữ|(?:did|was|were|is|came|"
    r"held|lasted|has|had|could)(?!\w))"
)
_OPENED = re.compile(r"(?<!\w)(?:mở (?:cửa|phiên)|open(?:s|ed|ing))(?: (?:right|ngay|đúng))* ?$")
_CLOSED = re.compile(r"(?<!\w)(?:đóng cửa|kết phiên|chốt|khép|dừng|ở|tại|gần|sát)(?!\w)[^,.;]*$")


def edges(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A close at or near the session's high or low, where no figure says which that was."""
    if not _EDGED.search(sentence.masked):
        return
    for match in _EDGE[sentence.language].finditer(sentence.masked):
        beside = sentence.masked[match.end() : match.end() + 14]
        if APART.search(sentence.masked[: match.start()]):
            continue
        placed = not match["near"] and _PLACED.match(rivals.marked(sentence), match.end())
        if placed and not _CLOSED.search(sentence.masked[: match.end()]):
            continue  # what is said of the edge, which is no claim of the close
        if _EQUATED.match(rivals.marked(sentence), match.end()) and not _CLOSED.search(
            sentence.masked[: match.start()]
        ):
            # said to be some other level, which the meeting of the two proves
            yield Claim(match.start(), match.end(), "", "", figures=False)
            continue
        if _LED_BY.fullmatch(sentence.masked, 0, match.start()) and _OF_IT.match(
            sentence.masked, match.end()
        ):
            # "the session's low did not hold": told of the edge
            yield Claim(match.start(), match.end(), "", "", figures=False)
            continue
        near = any(name.startswith("near") and value for name, value in match.groupdict().items())
        ended = bool(near and _ENDED_AT.search(sentence.masked, 0, match.start()))
        if not ended and (named := _is_named(sentence, match)):
            yield Claim(match.start(), match.end(), named, "", figures=False)
            continue
        closes = _ENDS.search(sentence.masked[: match.start()])
        closes = closes or _OPENED.search(sentence.masked, 0, match.start())
        if sentence.is_hypothetical(match.start()) or ("\x01" in beside and not (ended or closes)):
            continue
        if match["near9"] and not _OF_SESSION.search(sentence.masked):
            continue  # a high of some other time
        key = subject(sentence, match.start(), case)
        values = [case.sheet.value(f"{key}.{name}") for name in ("close", "high", "low")]
        close, high, low = (value or Decimal(0) for value in values)
        if None in values or high <= low:
            yield Claim(match.start(), match.end(), "", "names a session's edge that no fact gives")
            continue
        said = {name.rstrip("239") for name, value in match.groupdict().items() if value}
        top = "high" in said
        opened = case.sheet.value(f"{key}.open")
        if opened is not None and _OPENED.search(sentence.masked, 0, match.start()):
            close = opened  # "opened at the session's low"
        away = (high - close if top else close - low) / (high - low) * 100
        fits = away <= (NEAR_EDGE if "near" in said else AT_EDGE)
        if ended:  # both levels are shown: "near" only says which edge was the nearer one
            fits = away <= 50
        if "far" in said:
            fits = away > NEAR_EDGE
        if _OFF_EDGE.search(sentence.masked[: match.start()]):
            fits = away > 0
        evidence = f"{key}.{'high' if top else 'low'}, {key}.close"
        yield Claim(
            match.start(),
            match.end(),
            evidence,
            "" if fits else "is wrong: the close lies elsewhere in the session's range",
        )


_MIDDLE = re.compile(
    r"(?<!\w)(?:(?P<side>above|over|in the upper|below|under|in the lower|near|around|close to|at|"
    r"in|"
    r"trên|dưới|gần|quanh|ở|nửa trên|nửa dưới|phần trên|phần dưới)(?: (?:the|its|của))* ?"
    r"(?:middle|mid-?point|half|third|điểm giữa|giữa)?(?: of)?(?: (?:the|its|that|this|của|trong))*"
    r" ?(?:(?:day|session|trading)(?:'s|’s)? |phiên )?(?:range|biên độ)(?: phiên| trong phiên|"
    r" ngày)?)(?!\w)"
)


def middles(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Where in the session's range the close lies: "above the middle of its range"."""
    for match in _MIDDLE.finditer(sentence.masked):
        words = match[0]
        if not re.search(r"middle|mid|half|third|giữa|nửa|phần", words):
            continue
        if sentence.is_hypothetical(match.start()):
            continue
        key = subject(sentence, match.start(), case)
        place = case.sheet.value(f"{key}.range_position")
        if place is None:
            reason = "names a session's edge that no fact gives"
        elif re.search(r"above|over|upper|trên", words):
            reason = (
                "" if place > 50 else "is wrong: the close lies elsewhere in the session's range"
            )
        elif re.search(r"below|under|lower|dưới", words):
            reason = (
                "" if place < 50 else "is wrong: the close lies elsewhere in the session's range"
            )
        else:
            reason = (
                ""
                if 35 <= place <= 65
                else "is wrong: the close lies elsewhere in the session's range"
            )
        yield Claim(match.start(), match.end(), f"{key}.range_position", reason, figures=False)


def _is_named(sentence: Sentence, match: re.Match[str]) -> str:
    """The level right before, when the phrase only says which it is: "1,022.77, the day's low"."""
    side = "high" if re.search(r"cao|đỉnh|high|peak|top", match[0]) else "low"
    ahead = next((f for f in sentence.figures if f.start >= match.end()), None)
    if ahead and ahead.key.partition(".")[2] in {side, f"distance_{side}"}:
        between = sentence.masked[match.end() : ahead.start]
        if not _ENDS.search(sentence.masked[: match.start()]) and not _ENDS.search(between):
            return ahead.key
    at = next((f for f in reversed(sentence.figures) if f.end <= match.start()), None)
    if at is None or at.key.partition(".")[2] not in {"high", "low"}:
        return ""
    between = sentence.masked[at.end : match.start()]
    beside = re.fullmatch(r"(?: điểm| points)?\)?,? ?(?:là |tức |which is |also )?", between)
    return at.key if beside and at.key.endswith(f".{side}") else ""


_CLOSED_AT = re.compile(
    r"(?<!\w)(?<!previous )(?:đóng cửa|chốt phiên|kết phiên|closed?s?|ended|finished|"
    r"settled)(?: (?:ngay|đúng|"
    r"right|just|"
    r"exactly))* (?:ở|tại|at)(?: (?:mức|đúng|the|its|a))*(?= )"
)


def closed_at(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The close told as an edge of many sessions: "closed at its 52-week low of 1,069.74"."""
    for match in _CLOSED_AT.finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        for phrase in wording.phrases(sentence.masked, sentence.language):
            names = {name for name in phrase.names if name.startswith(("high_", "low_", "open"))}
            names -= {"open_gap"}
            if not 0 <= phrase.start - match.end() <= 1 or len(names) != 1:
                continue
            key = subject(sentence, match.start(), case)
            level = case.sheet.value(f"{key}.{names.pop()}")
            close = case.sheet.value(f"{key}.close")
            if level is not None and close is not None:
                reason = "" if level == close else "is wrong: the close lies elsewhere"
                yield Claim(match.start(), phrase.end, f"{key}.close", reason, figures=False)
