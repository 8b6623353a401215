"""Dates, weekdays and times of day against the sheet's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from market.sessions import VIETNAM
from reports.writing.verification.case import Case
from reports.writing.verification.cited import sources
from reports.writing.verification.reading.plain import Span, real_date
from reports.writing.verification.reading.sentences import Figure, Sentence

_WEEKDAYS = {
    "thứ hai": 0, "thứ ba": 1, "thứ tư": 2, "thứ năm": 3, "thứ sáu": 4, "thứ bảy": 5,
    "chủ nhật": 6, "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4,
    "saturday": 5, "sunday": 6,
}  # fmt: skip
_WEEKDAY = re.compile(rf"(?<!\w)(?P<name>{'|'.join(_WEEKDAYS)})(?!\w)(?! liên tiếp)")
# "phiên thứ năm" is the fifth session or Thursday's: a weekday only before a date or a comma.
_AMBIGUOUS = {"thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy"}
_NEXT = re.compile(
    r"(?<!\w)(?:kế tiếp|tiếp theo|sắp tới|tới|sau đó|trở lại|mở lại|nối lại|next|coming|"
    r"resum(?:es?|ing)|"
    r"re-?open(?:s|ing)?|following|ahead|upcoming)(?!\w)"
)
_CLOSED = re.compile(r"(?<!\w)(?:nghỉ|đóng cửa các ngày|closed on|holidays?|shut)(?!\w)")
# "tăng mạnh thứ hai", "đứng ở vị trí thứ ba": a rank
_RANK = re.compile(
    r"(?<!\w)(?:mạnh|lớn|nhiều|cao|sâu|nặng|tốt|khỏe|xa|nhanh|ít|nhẹ|thấp|nhỏ|yếu|khiêm tốn|điểm|"
    r"xếp|đứng|vị trí|hạng) $"
)
_SINCE = re.compile(
    r"(?<!\w)(?:kể từ|tính từ|từ|since|from)(?: (?:phiên|ngày|sau|the session of|session on|"
    r"thứ \w+|\w+day))*,? ?$"
)
_UNTIL = re.compile(
    r"(?<!\w)(?:dừng ở|đến|tới|tới hết|end on|ends on|until|up to)(?: (?:phiên|ngày))* ?$"
)
_TODAY = re.compile(r"(?<!\w)(?:hôm nay|phiên nay|today|this afternoon|this morning)(?!\w)")
_HOURS = {(9, 0), (9, 15), (11, 30), (13, 0), (14, 30), (14, 45), (15, 0)}


@dataclass(frozen=True, slots=True)
class DateChecked:
    text: str
    reason: str


def check(sentence: Sentence, case: Case) -> Iterator[DateChecked]:
    """The dates, times and words for days that contradict the sheet, and those that agree."""
    for span in sentence.plain:
        text = sentence.text[span.start : span.end]
        if span.kind == "date":
            yield DateChecked(text, _date(sentence, span, case))
        elif span.kind == "time" and (reason := _time(sentence, span, case)):
            yield DateChecked(text, reason)
    yield from _pause(sentence, case)
    for match in _WEEKDAY.finditer(sentence.masked):
        if reason := _weekday(sentence, match, case):
            yield DateChecked(match[0], reason)
    if (said := _TODAY.search(sentence.masked)) and not sentence.cited:
        today = case.sheet.now.astimezone(VIETNAM).date()
        if sentence.figures and _days(sentence, case) and today not in _days(sentence, case):
            yield DateChecked(said[0], "is not the day of the figures beside it")


def _days(sentence: Sentence, case: Case) -> set[date]:
    """The days of the facts that the sentence names, or of all indices when it names none."""
    named = {item.fact.as_of.astimezone(VIETNAM).date() for item in sentence.figures if item.fact}
    states = {state.session_day for state in case.sheet.indices if state.known}
    return named or {day for day in states if day}


def _date(sentence: Sentence, span: Span, case: Case) -> str:
    sheet = case.sheet
    day = real_date(span.day or (0, 0, None), sheet.session_day)
    if day is None:
        return "is no date"
    before = sentence.masked[: span.start]
    if (word := re.search(r"(?<!\w)thứ \w+,? ?$", before)) and word[0].strip(" ,") not in _WEEKDAYS:
        return "stands behind a weekday that does not exist"
    told = any(item.is_reference for item in sentence.figures)
    if sentence.cited and (not told or _REPORTED.search(before)):
        return sources.due_fault(sentence, span.start, (day.day, day.month), case)
    mark = _mark(sentence, span)
    if mark == CLOSED:
        closed = day in sheet.holidays or day.weekday() > 4
        return "" if closed else "is no holiday that the sheet knows"
    since = _SINCE.search(before)
    onward = since and (case.section == "scenarios" or not re.match(r"kể|tính|since", since[0]))
    if onward and day == sheet.next_session:
        return ""  # "from Monday on"
    if since:
        history = {item for series in sheet.series.values() for item in series.days}
        return (
            "" if day in history or day in _days(sentence, case) else "is no session of the history"
        )
    if _UNTIL.search(before) and day in {gap.day for gap in sheet.gaps}:
        return ""
    if mark == NEXT and all(_looks_ahead(item) for item in sentence.figures if item.is_reference):
        return "" if day == sheet.next_session else "is not the next session"
    if day == sheet.next_session and sentence.hypothetical:
        return ""  # "Tuesday's session, 8 February, may tell"
    allowed = _days(sentence, case)
    if not sentence.figures and not _NEXT.search(sentence.masked):
        allowed |= {sheet.next_session}
    if not any(item.fact for item in sentence.figures):
        allowed |= {sheet.session_day, sheet.now.astimezone(VIETNAM).date()}
        allowed |= {gap.day for gap in sheet.gaps if gap.day}
    return "" if day in allowed else "is not the day of the figures beside it"


# "VnEconomy đưa tin ngày 10/6", "Reuters reported on 10 June": the day of the item
_REPORTED = re.compile(
    r"(?<!\w)(?:đưa tin|cho biết|ghi nhận|viết|theo|dẫn|according to|reported|said|noted|wrote|"
    r"says)(?!\w)[^,.;\x01]{0,40}$"
)
NEXT, CLOSED = "next", "closed"
_BREAK = re.compile(
    r"[;—–]|:(?=\s)|"
    r"(?<!monday)(?<!tuesday)(?<!wednesday)(?<!thursday)(?<!friday)(?<!hai)(?<!ba)(?<!tư)"
    r"(?<!năm)(?<!sáu),(?= )"
)


def _mark(sentence: Sentence, span: Span) -> str:
    """Whether a date is told as the next session's or as one without trading, "" when as neither.

    The last such word before it has the say, within its part; then the first behind it.
    """
    text = sentence.masked
    cuts = [cut.end() for cut in _BREAK.finditer(text)]
    start = max((cut for cut in cuts if cut <= span.start), default=0)
    end = min((cut for cut in cuts if cut >= span.end), default=len(text))
    while start and not _says(sentence, start, end):
        start = max((cut for cut in cuts if cut < start), default=0)  # "on 1, 2 and 3 January"
    marks = [(item.end(), NEXT) for item in _NEXT.finditer(text, start, end)]
    marks = [mark for mark in marks if not _PERIOD.search(text[: mark[0]])]
    marks += [(item.end(), CLOSED) for item in _CLOSED.finditer(text, start, end)]
    before = [item for item in sorted(marks) if item[0] <= span.start]
    behind = [item for item in sorted(marks) if item[0] > span.start]
    return (before[-1:] or behind[:1] or [(0, "")])[0][1]


# "trong hai tuần tới": a stretch of time, which is no session
_PERIOD = re.compile(r"(?<!\w)(?:tuần|tháng|năm|quý) (?:kế tiếp|tiếp theo|sắp tới|tới)$")
_JOINS = re.compile(r"(?<!\w)(?:ngày|and|or|và|hoặc|rồi)(?!\w)")


def _says(sentence: Sentence, start: int, end: int) -> bool:
    """Whether a stretch holds more than dates and their weekdays."""
    text = sentence.masked[start:end]
    for span in sentence.plain:
        if span.kind == "date" and start <= span.start < end:
            at = span.start - start
            text = text[:at] + " " * (span.end - span.start) + text[at + span.end - span.start :]
    return bool(re.search(r"[^\W\d_]{3,}", _JOINS.sub("", _WEEKDAY.sub("", text))))


_BREAKS = re.compile(
    r"(?<!\w)(?:(?P<weekend>nghỉ(?: \w+){0,2} cuối tuần|(?:closed|shut|break|pause)(?: for| over| "
    r"during)?(?: the)? weekend|weekend (?:break|pause))|(?P<holiday>nghỉ (?:lễ|tết)|(?:closed|"
    r"shut)"
    r" for (?:an?|the) (?:public |national )?holidays?|holiday break))(?!\w)"
)


def _pause(sentence: Sentence, case: Case) -> Iterator[DateChecked]:
    """That the weekend or a holiday lies ahead: between this session and the next."""
    if sentence.cited or not (match := _BREAKS.search(sentence.masked)):
        return
    day, sheet = case.sheet.session_day, case.sheet
    between = [day + timedelta(days=n) for n in range(1, (sheet.next_session - day).days)]
    if match["weekend"]:
        fits = any(item.weekday() > 4 for item in between)
    else:
        fits = bool(sheet.holidays) or any(item.weekday() < 5 for item in between)
    if not fits:
        yield DateChecked(match[0], "is not what lies between this session and the next")


def _looks_ahead(figure: Figure) -> bool:
    """Whether the fact may stand in a sentence about the next session: a level or a chance."""
    name = figure.key.partition(".")[2]
    return name in {"support", "resistance", "round_above", "round_below"} or name.startswith(
        ("p_", "sma")
    )


def _time(sentence: Sentence, span: Span, case: Case) -> str:
    clock = span.clock
    if clock is None or sentence.cited:
        return ""
    moments = {fact.as_of for fact in case.sheet.facts.values()} | {case.sheet.now}
    known = {(item.hour, item.minute) for item in (m.astimezone(VIETNAM) for m in moments)}
    # a time may be rounded to the next minute
    known |= {
        (item.hour, item.minute)
        for item in ((m + timedelta(seconds=30)).astimezone(VIETNAM) for m in moments)
    }
    if (clock.hour, clock.minute) in known | _HOURS:
        return ""
    return "is no time of the data or of the session"


_THAT_DAY = re.compile(r"(?:'s|’s) (?:close|session|finish|level|gain|loss|fall|rise|reference)")


_HAD = re.compile(r"\bhad (?:also |just |already |only )?\w+[^,.;]{0,40}\b(?:on|of) $")


def _earlier(sentence: Sentence, match: re.Match[str], case: Case) -> set[int]:
    """The session before, where the text measures from it: "14 points below Tuesday's close"."""
    had = _HAD.search(sentence.masked[: match.start()])
    if not had and not _THAT_DAY.match(sentence.masked, match.end()):
        return set()
    days = [series.days[-2] for series in case.sheet.series.values() if len(series.days) > 1]
    return {day.weekday() for day in days}


def _weekday(sentence: Sentence, match: re.Match[str], case: Case) -> str:
    """A weekday beside a date must be that date's; alone, the day of the figures or the next."""
    number = _WEEKDAYS[match["name"]]
    for span in sentence.plain:
        if span.kind == "date" and span.day and 0 <= span.start - match.end() <= 7:
            day = real_date(span.day, case.sheet.session_day)
            return "" if day and day.weekday() == number else "is not the weekday of that date"
    behind = sentence.masked[match.end() :]
    if sentence.masked[: match.start()].endswith(("tăng ", "giảm ", "liên tiếp ")):
        return ""  # "phiên tăng thứ ba": the third
    if _RANK.search(sentence.masked[: match.start()]):
        return ""
    if match["name"] in _AMBIGUOUS and not re.match(
        r" ?(?:,|vừa qua|này|tuần|hôm|tới|\)|$)", behind
    ):
        return ""
    if sentence.cited or sentence.masked[: match.start()].endswith(("phiên ", "lần ", "yếu tố ")):
        if match["name"] in _AMBIGUOUS and not behind.strip(" ."):
            return ""
        if sentence.cited:
            return ""
    allowed = {day.weekday() for day in _days(sentence, case)} | {case.sheet.next_session.weekday()}
    allowed |= {case.sheet.session_day.weekday()} | _earlier(sentence, match, case)
    return "" if number in allowed else "is neither the day of the figures nor the next session's"
