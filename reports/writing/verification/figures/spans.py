"""Moves over the stretch of time that a sentence names: the session, the week, N sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from market.indicators import change_percent
from reports.facts import FactSheet, Series
from reports.writing.verification.reading import moments
from reports.writing.verification.reading.motion import Motion
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Sentence

_NUMBER = rf"(?P<count>\d{{1,3}}|an?|{VI_WORDS}|{EN_WORDS})"
_UNITS = {
    "phiên": "session", "session": "session", "trading day": "session", "ngày": "day",
    "day": "day", "tuần": "week", "week": "week", "tháng": "month", "month": "month",
    "năm": "year", "year": "year", "quý": "quarter", "quarter": "quarter",
}  # fmt: skip
UNIT = r"(?P<unit>phiên|trading day|session|ngày|day|tuần|week|tháng|month|năm|year|quý|quarter)s?"
_OVER = re.compile(
    rf"(?<!\w)(?:so với|trong|sau|qua|of the|over the|in the|against|than|over|in|from|within|for)"
    rf"(?: (?:last|past|vòng|cả|suốt))? {_NUMBER}[ -]{UNIT}(?!\w)"
    r"(?! (?:tăng|giảm|of (?:gains|losses|falls|rises)|straight|liên tiếp))"
)
_PART = re.compile(
    r"(?<!\w)(?:phiên chiều|buổi chiều|cuối phiên|nửa cuối|nửa đầu|atc|ato|afternoon|"
    r"late trade|last hour|in the final)(?!\w)"
)
_MORNING = re.compile(r"(?<!\w)(?:phiên sáng|buổi sáng|giờ sáng|the morning|morning session)(?!\w)")
# "the thinnest volume in 71 sessions" tells no stretch of the move
_RANKED = re.compile(
    r"(?:nhất|highest|lowest|thinnest|heaviest|lightest|largest|volume|khối lượng)[^,.;]{0,12}$"
)
_BEFORE = re.compile(
    r"(?<!so với )(?<!from )(?<!than )(?<!after )(?<!of )(?<!erasing )(?<!\w)(?:phiên (?:liền "
    r")?trước|hôm qua|phiên hôm qua|yesterday|"
    r"the previous session|the session before|the day before|a (?:session|day) (?:earlier|"
    r"before))(?!\w)"
)
# "ended a falling session": the one before
_ENDED = re.compile(
    r"(?<!\w)(?:chấm dứt|cắt đứt|kết thúc|ngắt|sau)[^,.;\x01]{0,16}(?:phiên|nhịp)(?: bị)? $"
)
_WEEK = re.compile(
    r"(?<!\w)(?:tuần (?:này|qua)|cả tuần|trong tuần|this week|for the week|"
    r"(?<!start to )(?<!start )(?<!start of )(?<!session of )(?<!day of )the week)(?!\w)"
)
_MONTH = re.compile(r"(?<!\w)(?:tháng này|trong tháng|this month|for the month)(?!\w)")
_YEAR = re.compile(
    r"(?<!\w)(?:từ đầu năm|năm nay|đầu năm đến nay|this year|year to date|so far this year)(?!\w)"
)
_REPORT = re.compile(r"(?<!\w)(?:báo cáo trước|bản tin trước|last report|previous report)(?!\w)")
_PAST = re.compile(
    r"(?<!\w)(?:tuần trước|tháng trước|năm ngoái|last week|last month|last year)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Move:
    """A percentage with what proves it; `value` is None when nothing does, with the problem."""

    evidence: str
    value: Decimal | None
    is_day: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A length of time in text: three weeks, 20 sessions."""

    count: int
    unit: str

    def start(self, last: date) -> date:
        """The day after which the stretch begins, for units of the calendar."""
        days = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}[self.unit]
        return last - timedelta(days=days * self.count)


def stretch(count: str, unit: str) -> Stretch | None:
    value = 1 if count in {"a", "an"} else word_value(count)
    kind = _UNITS.get(unit.rstrip("s"))
    return Stretch(value, kind) if value and kind else None


def move_over(sentence: Sentence, motion: Motion, subject: str, sheet: FactSheet) -> Move:
    """The move of a subject over what the word's clause says, the session when it says nothing."""
    start, end = sentence.clause(motion.start)
    clause = sentence.masked[start:end]
    if subject not in {state.key for state in sheet.indices}:
        return _fact_move(subject, "change_percent", sheet)
    if _INTO.match(sentence.masked, motion.end):
        return _late(subject, sheet)
    if re.search(r"(?<!\w)had (?:also |just )?$", sentence.masked[: motion.start]):
        return _longer(subject, motion.way, sheet)
    if _DAYS.search(sentence.masked[: motion.start]):
        return _earlier(subject, sheet)
    if _LONG.search(sentence.masked[: motion.start]):
        return _longer(subject, motion.way, sheet)
    if _RECOVERED.search(sentence.masked[start : motion.start]):
        return _longer(subject, motion.way, sheet)
    if _LAST_ONE.search(sentence.masked[: motion.start]) and _ONE_DAY.match(
        sentence.masked, motion.end
    ):
        return _earlier(subject, sheet)
    if edge := _since_edge(sentence, motion, subject, sheet):
        return edge
    if _AHEAD_OF_IT.match(sentence.masked, motion.end):
        return _longer(subject, motion.way, sheet)
    if _ENDED.search(sentence.masked[start : motion.start]):
        return _earlier(subject, sheet)
    if _REPORT.search(clause):
        return _fact_move(subject, "since_report_percent", sheet, is_day=False)
    if moments.of(sentence, motion.start) == moments.OPEN:
        return _opened(subject, sheet)
    if _PART.search(clause) or (_MORNING.search(clause) and sheet.session != "lunch"):
        return Move("", None, problem="part of a session")
    if _PAST.search(clause):
        return Move("", None, problem="an earlier time")
    found = _OVER.search(sentence.masked, start, end)
    if found and not _RANKED.search(sentence.masked[start : found.start()]):
        length = stretch(found["count"], found["unit"])
        if length and not (length.count == 1 and length.unit in {"session", "day"}):
            return over(subject, length, sheet)
    return _calendar(clause, subject, sheet) or _fact_move(subject, "change_percent", sheet)


# "quãng giảm phía trước", "the decline before it": of sessions before
_AHEAD_OF_IT = re.compile(
    r" (?:(?:của |trong )?(?:phía trước|trước đó|liền trước|(?:các|những|vài|mấy) phiên trước)|"
    r"(?:of|in|over) (?:the )?(?:previous|preceding|earlier|prior) (?:sessions|days)|"
    r"(?:that )?(?:came |went )?before it)(?!\w)"
)
# "after a losing session"
_LAST_ONE = re.compile(r"(?<!\w)(?:after|following) (?:an?|one|the) (?:\w+ly )?$")
_ONE_DAY = re.compile(r" (?:session|day)(?![\w'])")
_THEN = re.compile(
    r"(?: điểm| points)?(?: \([^()]*\))?,? (?:before|then|and then|and later|and|rồi|sau đó|"
    r"trước khi)"
    r"(?: (?:lại|dần|bị|later|again|\w+ly))* $"
)


def _since_edge(sentence: Sentence, motion: Motion, subject: str, sheet: FactSheet) -> Move | None:
    """The move from the session's high or low to the close: "ran up to 1,077 before easing"."""
    last = next((f for f in reversed(sentence.figures) if f.end <= motion.start), None)
    if last is None or not last.key.endswith((".high", ".low")):
        return None
    if not _THEN.fullmatch(sentence.masked, last.end, motion.start):
        return None
    edge, close = sheet.value(last.key), sheet.value(f"{subject}.close")
    if not edge or close is None:
        return None
    return Move(f"{last.key}, {subject}.close", change_percent(close, edge), is_day=False)


_INTO = re.compile(r" (?:into|towards?) the close| back (?:off|from) (?:its|the) (?:low|high)")


def _late(subject: str, sheet: FactSheet) -> Move:
    """How the session ended: in the upper half of its range, or in the lower."""
    key = f"{subject}.range_position"
    place = sheet.value(key)
    value = None if place is None else place - 50
    return Move(key, value, is_day=False, problem="" if place is not None else f"no {key}")


# "rebounded from a one-session decline", "hồi phục sau nhịp giảm"
_RECOVERED = re.compile(
    r"(?<!\w)(?:rebound\w*|recover\w*|bounc\w+(?: back)?|c[ao]me back|hồi phục|phục hồi|bật lên|"
    r"bật tăng|bật trở lại|đảo chiều|revers\w+|retreat\w*|pull\w* back|quay đầu)"
    r"(?: (?:sharply|strongly|mạnh|nhẹ|partly|tăng|giảm))* (?:from|after|sau)(?: (?:an?|the|its|"
    r"their|previous|prior|recent|một|nhịp|đợt|chuỗi|đà|session's|session|\w+-session|phiên))* $"
)
# "from Thursday's loss"
_DAYS = re.compile(
    r"(?<!\w)(?:monday|tuesday|wednesday|thursday|friday|yesterday|the previous (?:session|day))"
    r"(?:'s|’s) (?:\w+ )?$"
)
# "after a long climb": of some stretch before
_LONG = re.compile(
    r"(?<!\w)(?:(?:after|following) (?:an?|the)(?: (?:long|lengthy|recent|steep|strong|steady|"
    r"brisk|"
    r"extended|prolonged|sharp))+|sau (?:một )?(?:nhịp|đợt|giai đoạn|quãng|chuỗi|mạch)(?: dài)?) $"
)


def _longer(subject: str, way: int, sheet: FactSheet) -> Move:
    """The first stretch that went this way; of the longest when none did."""
    found = [_earlier(subject, sheet)]
    found += [_fact_move(subject, f"return{size}", sheet, is_day=False) for size in (5, 20, 60)]
    known = [move for move in found if move.value is not None]
    return next((move for move in known if move.value and move.value * way > 0), found[-1])


def _fact_move(subject: str, name: str, sheet: FactSheet, is_day: bool = True) -> Move:
    key = f"{subject}.{name}"
    value = sheet.value(key)
    is_index = f"{subject}.close" in sheet.facts
    return Move(key, value, is_day and is_index, "" if value is not None else f"no {key}")


def _opened(subject: str, sheet: FactSheet) -> Move:
    opened, before = sheet.value(f"{subject}.open"), sheet.value(f"{subject}.previous_close")
    if opened is None or not before:
        return Move("", None, problem="no opening level")
    key = f"({subject}.open - {subject}.previous_close) / {subject}.previous_close * 100"
    return Move(key, change_percent(opened, before), is_day=False)


def over(subject: str, length: Stretch, sheet: FactSheet) -> Move:
    """The move against the close that long ago, from a fact or from the stored closes."""
    if length.unit == "session" and (value := sheet.value(f"{subject}.return{length.count}")):
        return Move(f"{subject}.return{length.count}", value, is_day=False)
    series = sheet.series.get(subject)
    if series is None:
        return Move("", None, problem="no history")
    if length.unit == "session":
        at = len(series.closes) - 1 - length.count
    else:
        at = _last_before(series, length.start(series.days[-1]), inclusive=True)
    return _since(series, at, subject)


def _calendar(clause: str, subject: str, sheet: FactSheet) -> Move | None:
    series = sheet.series.get(subject)
    if _BEFORE.search(clause):
        return _earlier(subject, sheet)
    for pattern, begin in ((_WEEK, week_start), (_MONTH, month_start), (_YEAR, year_start)):
        if pattern.search(clause):
            if series is None:
                return Move("", None, problem="no history")
            return _since(series, _last_before(series, begin(series.days[-1])), subject)
    return None


def _earlier(subject: str, sheet: FactSheet) -> Move:
    """The move of the session before this one."""
    series = sheet.series.get(subject)
    if series is None or len(series.closes) < 3:
        return Move("", None, problem="no history")
    value = change_percent(series.closes[-2], series.closes[-3])
    return Move(f"{subject} closes", value, is_day=False)


def _since(series: Series, at: int, subject: str) -> Move:
    if not 0 <= at < len(series.closes):
        return Move("", None, problem="the history is too short")
    value = change_percent(series.closes[-1], series.closes[at])
    return Move(f"{subject} close of {series.days[at].isoformat()}", value, is_day=False)


def _last_before(series: Series, day: date, inclusive: bool = False) -> int:
    """The position of the last session before a day; -1 when the series begins after it."""
    earlier = [
        at for at, item in enumerate(series.days) if item < day or (inclusive and item == day)
    ]
    return earlier[-1] if earlier else -1


def week_start(day: date) -> date:
    return day - timedelta(days=day.weekday())


def month_start(day: date) -> date:
    return day.replace(day=1)


def year_start(day: date) -> date:
    return day.replace(month=1, day=1)
