"""Digits that are no figures: names, windows, ordinals, dates, times, years."""

from __future__ import annotations

import re
from datetime import date, time
from typing import NamedTuple

from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.names import Name

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_SHORT_MONTHS = tuple(name[:3] for name in _MONTHS)
_MONTH = "|".join((*_MONTHS, *(name for name in _SHORT_MONTHS if name != "may"), "sept"))
_DIGIT = re.compile(r"\d")
_CLOCK = re.compile(r"\d(?:[h:g]| giờ)")
_D = r"(?P<day>0?[1-9]|[12]\d|3[01])"
# Each behind the words without which it cannot match.
_DATES = (
    (("/", "-"), re.compile(
        rf"(?<![\d/.,])(?:ngày )?(?:\d{{1,2}}[-–](?=\d{{1,2}}/))?{_D}"
        r"(?:/|-)(?P<month>0?[1-9]|1[0-2])"
        r"(?:(?:/|-)(?P<year>(?:19|20)\d\d))?(?![\d/%]|[.,]\d)"
    )),
    (("tháng",), re.compile(
        rf"(?<!\d)(?:ngày )?{_D} tháng (?P<month>0?[1-9]|1[0-2])"
        r"(?:(?: năm|/)? ?(?P<year>(?:19|20)\d\d))?(?!\d)"
    )),
    (_SHORT_MONTHS, re.compile(
        rf"(?<![\d.,])(?:\d{{1,2}}[-–])?{_D}(?:st|nd|rd|th)?(?: of)? (?P<name>{_MONTH})\b\.?"
        r"(?:,? (?P<year>(?:19|20)\d\d))?(?!\d)"
    )),
    (_SHORT_MONTHS, re.compile(
        rf"\b(?P<name>{_MONTH})\.? (?:\d{{1,2}}[-–])?{_D}(?:st|nd|rd|th)?"
        r"(?:, (?P<year>(?:19|20)\d\d))?(?![\d.,]\d|\d)"
    )),
    (("-",), re.compile(
        r"(?<!\d)(?P<year>(?:19|20)\d\d)-(?P<month>0\d|1[0-2])-(?P<day>[0-3]\d)(?!\d)"
    )),
)  # fmt: skip
_TIME = re.compile(
    r"(?<![\d.,:])(?P<hour>[01]?\d|2[0-3])(?:h|:|g)(?P<minute>[0-5]\d)?(?!\d)(?:\s?(?:ict|phút))?"
    r"|(?<![\d.,])(?P<hour2>[01]?\d|2[0-3]) giờ(?: (?P<minute2>[0-5]\d)(?: phút)?)?(?! qua| đồng)"
)
_WINDOW = (
    r"(?:phiên|tuần|tháng|quý|năm|ngày|giờ|phút|sessions?|trading[ -]days?|weeks?|days?|"
    r"months?|years?|quarters?|hours?|minutes?)"
)
# The first line spares the middles of words, where nothing begins, all the others.
_NAMES = re.compile(
    rf"""
    (?:(?=\d)|(?<!\w))(?:
      (?<!\w)(?:ma|sma|ema|rsi|adx|macd)[\s-]?\(?\d{{1,3}}\)?(?![\w%]|[.,]\d)
    | (?<!\w)(?:đường\s)?trung\sbình\s(?:động\s)?\d{{1,3}}(?=\s(?:và|,|phiên|ngày)|,\s\d)
    | (?<!\w)[a-z]{{1,8}}\d{{1,4}}[a-z]\w*
    | (?<![\d.,+-])\d{{1,3}}(?:[\s-](?:và|đến|and|to|or)[\s-]?\d{{1,3}}|/\d{{1,3}}){{0,2}}
        [\s-]{_WINDOW}(?!\w)
    | (?<![\d.,+-])\d{{1,3}}-?(?:,\s\d{{1,3}}-?){{0,3}}(?:,?\s(?:and|or|và|hoặc)\s|,\s)\d{{1,3}}
        [\s-]{_WINDOW}(?!\w)
    | (?<![\d.,])24/7\b | (?<!\w)24h(?!\w)
    | \bgmt\s?[+-]\s?\d{{1,2}}\b | \butc\s?[+-]\s?\d{{1,2}}\b | \bt\+\d\b
    | (?<!\w)(?:thứ|lần\sthứ|quý|tuần\sthứ)\s\d{{1,2}}(?![\w%]|[.,]\d)
    | (?<![\d.,])\d{{1,2}}(?:st|nd|rd|th)\b
    | (?<!\w)q[1-4](?!\w) | (?<!\w)tháng\s(?:0?[1-9]|1[0-2])(?:/(?:19|20)\d\d)?(?![\d%]|[.,]\d)
    | (?<!\w)năm\s(?:19|20)\d\d(?![\d%]|[.,]\d)
    | \b(?:in|of|since|from)\s(?:19|20)\d\d(?![\d%]|[.,]\d)
    | (?<!\w)(?:{_MONTH})\s(?:19|20)\d\d(?!\d)
    | (?<!\w)(?:s&p|nikkei|ftse|csi|stoxx|russell|nasdaq|cac|dax|top|covid|asx|vn)[\s-]?\d{{1,4}}
        (?![\w%]|[.,]\d)
    | (?<![\w$%.,])(?!usd|vnd|us\d)[a-z]{{1,6}}-?\d{{1,3}}[a-z]?\d?[a-z]?(?![\w%]|[.,]\d)
    | ^\(?\d{{1,2}}[.)](?=\s)
    )
    """,
    re.VERBOSE,
)


# A row of moves names the unit once: "over 5 sessions, … over 20 and … over 60".
_STRETCH = re.compile(r"\x01 (?:over|in|after|trong|sau|qua) \d{1,3}[ -](?:sessions|phiên)(?!\w)")
_ELLIPSIS = re.compile(
    r"\x01 (?:over|in|after|trong|sau|qua) (?P<n>5|20|60|250)"
    r"(?= (?:and|but|và|còn)(?!\w)|[,;.](?!\d)|$)"
)


class Span(NamedTuple):
    """Digits that need no proof as figures; dates and times carry what they say."""

    start: int
    end: int
    kind: str
    day: tuple[int, int, int | None] | None = None
    clock: time | None = None


def spans(low: str, language: str, names: list[Name]) -> list[Span]:
    """The plain digits of a lower-case sentence, in order, without overlaps."""
    found = [Span(name.start, name.end, "name") for name in names]
    if not _DIGIT.search(low):
        return found
    for words, pattern in _DATES:
        if holds(low, words):
            found += [_date(match) for match in pattern.finditer(low)]
    if _CLOCK.search(low):
        found += [_time(match) for match in _TIME.finditer(low) if _is_time(match, language)]
    found += [Span(match.start(), match.end(), "plain") for match in _NAMES.finditer(low)]
    if _STRETCH.search(low):
        found += [Span(*match.span("n"), "plain") for match in _ELLIPSIS.finditer(low)]
    kept: list[Span] = []
    order = {"name": 0, "date": 1, "time": 2, "plain": 3}
    for span in sorted(found, key=lambda item: (order[item.kind], item.start - item.end)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda item: item.start)


def _date(match: re.Match[str]) -> Span:
    parts = match.groupdict()
    month = parts.get("month")
    number = int(month) if month else _month(parts["name"] or "")
    year = int(parts["year"]) if parts.get("year") else None
    return Span(match.start(), match.end(), "date", day=(int(parts["day"]), number, year))


def _month(name: str) -> int:
    return next(at for at, full in enumerate(_MONTHS, 1) if full.startswith(name[:3]))


def _is_time(match: re.Match[str], language: str) -> bool:
    """Whether it is a time of day; "24h" and "7 giờ qua" are spans."""
    return (
        match["minute"] is not None
        or match["hour2"] is not None
        or (language == "vi" and match[0].rstrip().endswith("h") and int(match["hour"]) < 24)
    )


def _time(match: re.Match[str]) -> Span:
    hour = match["hour"] or match["hour2"]
    minute = match["minute"] or match["minute2"] or "0"
    return Span(match.start(), match.end(), "time", clock=time(int(hour), int(minute)))


def real_date(day: tuple[int, int, int | None], near: date) -> date | None:
    """The date meant, in the year nearest to `near` when none is written; None for 31/2."""
    number, month, year = day
    years = [year] if year else [near.year - 1, near.year, near.year + 1]
    found = []
    for candidate in years:
        try:
            found.append(date(candidate, month, number))
        except ValueError:
            continue
    return min(found, key=lambda item: abs((item - near).days), default=None)


def covered(low: str, language: str) -> str:
    """The text with its plain digits hidden, of the same length."""
    for span in spans(low, language, []):
        low = low[: span.start] + "\x02" * (span.end - span.start) + low[span.end :]
    return low
