"""Highest in three weeks, third straight gain: how a session stands out in the stored closes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from reports.facts import FactSheet, Series
from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.figures import spans
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.plain import real_date
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.traded import by_volume

_COUNT_VI = rf"(?P<count>\d{{1,3}}|{VI_WORDS}|\x01+)"
_COUNT_EN = rf"(?P<count>\d{{1,3}}|{EN_WORDS}|\x01+)"
_SINCE = r"(?:kể từ|tính từ|từ|since|from)"
_YEAR = (
    r"(?P<year>(?:kể |tính )?từ đầu năm(?: (?:đến|tới) nay)?|(?:trong |của )?năm nay|this year|"
    r"of the year|so far this year|year to date|in the year)"
)
_MONTH = r"(?P<month>từ đầu tháng|(?:trong )?tháng này|this month|of the month)"
_EVER = r"(?P<ever>mọi thời đại|trong lịch sử|lịch sử|ever|in history|on record|all[- ]time)"
_STRETCH_VI = (
    rf"(?:(?:trong|của|trong vòng|suốt|vòng|kể từ)? ?(?:gần |hơn |khoảng )?{_COUNT_VI} {spans.UNIT}"
    rf"(?: qua| gần nhất| gần đây| trở lại đây| vừa qua)?|(?:trong |của )?(?P<one>tuần|tháng|quý|"
    rf"52 tuần|năm)(?: qua| gần nhất)?(?! \d)(?! chỉ số))"
)
_STRETCH_EN = (
    rf"(?:(?:in|of|for|over)(?: the (?:last|past))?(?: more than| about| nearly| almost| over)? "
    rf"{_COUNT_EN}[ -]{spans.UNIT}|in (?:more than |over |about |nearly )?(?:a|the last|"
    rf"the past) (?P<one>week|month|quarter|year))"
)
_DAY = rf"(?P<since>{_SINCE}[^,.;\x01]{{0,30}})"
_EXTREME_VI = (
    r"(?P<what>(?:mức |vùng |điểm )*(?P<side>cao|thấp|lớn|nhỏ) nhất|(?P<peak>đỉnh|đáy)(?: mới)?|"
    r"kỷ lục|"
    r"(?P<move>(?:phiên |mức )*(?P<way>tăng|giảm)[^,.;\x01]{0,14}(?:mạnh|lớn|nhiều|sâu|cao) nhất))"
)
_EXTREME_EN = (
    r"(?P<what>(?P<side>highest|lowest|heaviest|largest(?= in)|smallest|lightest|"
    r"thinnest)(?: closing)?"
    r"(?: close| level| volume| turnover| finish| point)*|"
    r"(?P<move>(?:best|worst|strongest|weakest|biggest|largest|steepest|sharpest|deepest|"
    r"heaviest(?= (?:fall|loss|drop|decline)))(?: daily| one-day|"
    r" single-day)?"
    r"(?: percentage)? ?(?P<way>gain|rise|advance|jump|loss|fall|drop|decline|day|session)?))"
)
_RECORD = {
    "vi": re.compile(
        rf"(?<!\w){_EXTREME_VI}(?: của (?:chỉ số )?[\w-]+)? (?:{_STRETCH_VI}|{_YEAR}|{_MONTH}|"
        rf"{_DAY}|{_EVER})(?!\w)"
    ),
    "en": re.compile(
        rf"(?<!\w){_EXTREME_EN}(?: (?:for|of|by) (?:the )?(?:[\w-]+-index|vn30|hnx30|index))? "
        rf"(?:{_STRETCH_EN}|{_DAY}|{_YEAR}|{_MONTH}|{_EVER})(?!\w)"
    ),
}
# What all of them hold: most sentences hold none of it.
_ABOUT = {
    "vi": re.compile(r"nhất|đỉnh|đáy|kỷ lục|record"),
    "en": re.compile(r"est|high|low|peak|trough|record|all-time|kỷ lục"),
}
_NAMED_EN = re.compile(
    rf"(?<!\w)(?:a |an |its |their |the )?(?:{_COUNT_EN}[ -]{spans.UNIT}|(?P<ever>record|all-time)|"
    r"(?P<year>year-to-date)|(?P<long>multi-(?:week|month|year)))[ -](?:closing )?"
    r"(?P<side>high|low|peak|trough)s?(?!\w)"
)
_KYLUC = re.compile(
    r"(?<!\w)(?:kỷ lục|đỉnh lịch sử|đáy lịch sử|record (?:close|level|volume|turnover|gain|loss|"
    r"day)|(?:a|new|set|hit) record|all-time)(?!\w)"
)
# Where such a phrase only names a level that something is measured against.
_MEASURED = re.compile(
    r"(?<!\w)(?:dưới|trên|cách|so với|hơn|khỏi|từ|tới|về|chạm|vượt(?: qua)?|sát|gần|quanh|là|"
    r"thủng|kiểm định|below|above|from|under|over|near|its|off|than|to|towards?|of|the|is)"
    r"(?: (?:mức|vùng|mốc|đường|đỉnh|đáy|điểm|its|the|cả|a))* ?\(?$"
)


def _count(sentence: Sentence, match: re.Match[str], text: str, case: Case) -> int | None:
    """The number in the phrase, in digits, in words, or from the reference that stands there."""
    if "\x01" in text:
        inside = [f for f in sentence.figures if match.start() <= f.start < match.end()]
        return int(inside[0].value) if inside else None
    return word_value(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", text))


def records(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Highest and lowest of a stretch of time, by the closes or by the facts that count them."""
    if not _ABOUT[sentence.language].search(sentence.masked):
        return
    patterns = [_RECORD[sentence.language]]
    if sentence.language == "en":
        patterns.append(_NAMED_EN)
    for pattern in patterns:
        for match in pattern.finditer(sentence.masked):
            if sentence.is_hypothetical(match.start()) or _is_level(sentence, match, case):
                continue
            yield Claim(match.start(), match.end(), *_record(sentence, match, case))
    for match in _KYLUC.finditer(sentence.masked):
        if not sentence.is_hypothetical(match.start()):
            reason = "claims a record of all time, which the stored history cannot prove"
            yield Claim(match.start(), match.end(), "", reason)


def _is_level(sentence: Sentence, match: re.Match[str], case: Case) -> bool:
    """Whether the phrase only names a level: beside its own reference, or as a yardstick."""
    parts = match.groupdict()
    if parts.get("move"):
        return False
    if parts.get("count") and not re.search(
        r"(?<!\d)(?:20|52)[ -](?:phiên|tuần|session|week)", match[0]
    ):
        return False
    for figure in sentence.figures:
        beside = -2 <= figure.start - match.end() <= 14 or 0 <= match.start() - figure.end <= 14
        edges = {name for name in _names_of(figure, case) if name.startswith(_EDGES)}
        if beside and any(("high" in name) is _is_high(match) for name in edges):
            return True
    named = parts.get("peak") or parts.get("side") in {"high", "low", "peak", "trough"}
    if named and _told_behind(sentence, match, case):
        return True
    before = sentence.masked[: match.start()]
    if named and (_NO_CLAIM.search(before) or _ONE_LEVEL.match(sentence.masked, match.end())):
        return True
    return bool(named and _MEASURED.search(before) and not _reached(before, sentence))


_EDGES = ("high", "low", "distance_high", "distance_low")


def _told_behind(sentence: Sentence, match: re.Match[str], case: Case) -> bool:
    """Whether its own reference ends the clause: "the 52-week high of VN-Index lies at 1,536"."""
    ahead = next((item for item in sentence.figures if item.start >= match.end()), None)
    if ahead is None or re.search(r"[,;:]", sentence.masked[match.end() : ahead.start]):
        return False
    edges = _EXTREME_NAMES & _names_of(ahead, case)
    if _AWAY.fullmatch(sentence.masked, match.end(), ahead.start):
        edges |= {name for name in _names_of(ahead, case) if name.startswith("distance_")}
    else:
        edges = {name for name in edges if "distance" not in name}
    return any(("high" in name) is _is_high(match) for name in edges)


_SESSIONS_EDGE = re.compile(r"(?<!\w)(?:trong phiên|during the session), (?:(?:mức|điểm|the) )?$")
_AWAY = re.compile(
    r"(?: (?:lies|is|stands|sits|still|remains|now|only|just|nằm|còn|cách|chỉ|"
    r"nay))+ "
)
# told as one with another level, which is checked as such
_ONE_LEVEL = re.compile(
    r" (?:coincid(?:es|ed)|(?:is|was) (?:also|the same as)|trùng|cũng là)(?!\w)"
)
# where a distance to it is told, or that nothing is known of it
_NO_CLAIM = re.compile(
    r"(?:khoảng cách|the gap|the distance)[^,.;]*$|"
    r"(?<!\w)(?:(?:gives?|has|shows?|offers?|carries|provides|lacks?) no|without|không (?:nêu|"
    r"đưa ra|"
    r"cung cấp|có (?:số liệu|dữ liệu))|chưa (?:nêu|có (?:số liệu|dữ liệu))|thiếu)(?!\w)[^.;]*$"
)
_NONE = {
    "vi": re.compile(
        r"(?<!\w)(?:chưa|không)(?: có)? phiên nào(?: trong)?(?: số)? (?P<count>\d{1,3}|"
        r"\x01+) phiên[^.;]*?"
        r"(?P<side>thấp|cao) hơn(?: mức)?(?: \x01+(?: điểm)?)?"
        r"|(?<!\w)(?:chưa|không)(?: (?:từng|lần nào|hề|còn))*(?: (?:đóng cửa|chốt phiên|kết phiên|"
        r"xuống|"
        r"lên))(?: ở mức)? (?P<side2>thấp|cao) hơn(?: (?:mức này|thế|trong|suốt|vòng|cả))* "
        r"(?P<count2>\d{1,3}|\x01+) phiên"
    ),
    "en": re.compile(
        r"\bnone of the (?:last |past )?(?P<count>\d{1,3}|\x01+) sessions[^.;]*?"
        r"(?P<side>below|above|lower|higher)(?: than)?(?: the)?(?: \x01+)?"
        r"|\b(?:has|had|have) (?:not|never) (?:closed|ended|finished|settled|been|stood) (?:as |"
        r"this )?"
        r"(?P<side2>lower|higher|low|high)(?: than (?:this|that))? (?:in|for) (?:the (?:last|"
        r"past) )?"
        r"(?P<count2>\d{1,3}|\x01+) sessions"
    ),
}


def none_beyond(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "In none of the last 40 sessions did it close lower": a record told from the other side."""
    if not holds(sentence.masked, ("phiên", "sessions")):
        return
    yield from _none_moved(sentence, case)
    for match in _NONE[sentence.language].finditer(sentence.masked):
        key = subject(sentence, match.end(), case)
        count = _count(sentence, match, match["count"] or match["count2"], case)
        side = match["side"] or match["side2"]
        side = "lowest" if side in {"thấp", "below", "lower", "low"} else "highest"
        series = case.sheet.series.get(key)
        if count is None or series is None:
            yield Claim(
                match.start(), match.end(), "", "counts sessions that no fact counts", figures=False
            )
            continue
        evidence, reason = _extreme(case.sheet, key, series, side == "highest", count)
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_FELL = r"giảm|mất|lao dốc|fell|fallen|lost|dropped|declined"
_NONE_MOVED = re.compile(
    r"(?<!\w)(?:trong|suốt)(?: vòng)? (?P<count>\d{1,3}|\x01+) phiên(?: (?:qua|gần nhất|"
    r"gần đây))?, "
    r"(?:chưa|không) phiên nào(?: [\w-]+)? "
    rf"(?P<way>{_FELL}|tăng)(?: điểm)? (?:mạnh|sâu|nhiều|lớn) (?:đến vậy|như vậy|như thế|hơn|bằng)|"
    rf"\b(?:not|never) (?P<way2>{_FELL}|rose|risen|gained|climbed) (?:as|so|this) (?:much|far|hard)"
    r"[^.;,\x01]* (?:in|for|over)(?: the (?:last|past))? (?P<count2>\d{1,3}|\x01+) sessions"
)


def _none_moved(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "It has not lost this much for 260 sessions": the largest move of a stretch, denied."""
    for match in _NONE_MOVED.finditer(sentence.masked):
        key = subject(sentence, match.end(), case)
        count = _count(sentence, match, match["count"] or match["count2"], case)
        series = case.sheet.series.get(key)
        if count is None or series is None:
            reason, evidence = "counts sessions that no fact counts", ""
        else:
            gain = not re.match(_FELL, match["way"] or match["way2"])
            evidence, reason = _largest_move(case.sheet, key, series, gain, count)
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_RANKED = (
    "nhất", "est", "worst", "straight", "consecutive", "in a row", "liên t", "đột biến", "đỉnh",
    "đáy", "hundred years", "century", "thập kỷ", "decade",
)  # fmt: skip
_SUPERLATIVE = re.compile(
    r"(?<!\w)(?:(?:cao|thấp|lớn|nhỏ|mạnh|yếu|sâu|tốt|tệ|kém|dài|nhanh|tích cực|sôi động|nặng) nhất|"
    r"highest|lowest|largest|smallest|biggest|heaviest|lightest|thinnest|strongest|weakest|"
    r"steepest|"
    r"sharpest|deepest|worst|best|longest|busiest|quietest|straight|consecutive|in a row|liên tiếp|"
    r"liên tục|đột biến|đạt đỉnh|tạo đỉnh|lập đỉnh|lập đáy|hundred years|century|thập kỷ|"
    r"decades?)(?!\w)"
)


def unproven(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Any other superlative or run, that none of the finders could read: refused."""
    if not holds(sentence.masked, _RANKED):
        return
    for match in _SUPERLATIVE.finditer(sentence.masked):
        if re.search(
            r"(?:đồng tiền|đồng|coins?|coin) $", sentence.masked[: match.start()]
        ) or re.match(r" (?:coins?|tokens?|indices)", sentence.masked[match.end() :]):
            continue
        if sentence.is_hypothetical(match.start()) or _beside_extreme(sentence, match, case):
            continue
        if _SESSIONS_EDGE.search(sentence.masked[: match.start()]):
            continue  # "during the session, the high stood above the average"
        if APART.search(sentence.masked[: match.start()]) or _between(sentence, match):
            continue  # how far two edges lie apart
        cited = [case.items[name] for name in sentence.cited if name in case.items]
        said = [i.id for i in cited if match[0] in f"{i.title}. {i.summary}".lower()]
        said += _tied_most(sentence, match, case) + _measured_from(sentence, match, case)
        reason = "" if said else "claims more than the facts prove"
        yield Claim(match.start(), match.end(), ", ".join(said), reason, figures=False)


_EDGE_TO_EDGE = re.compile(
    r"(?<!\w)(?:từ|giữa|from|between)(?: (?:the|its|mức|điểm))* (?:thấp nhất|lowest)"
    r"(?: (?:level|point|phiên))? (?:đến|tới|lên|và|to|and)(?: (?:the|its|mức|điểm))* "
    r"(?:cao nhất|highest)(?!\w)"
)


def _between(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether it is an end of "from lowest to highest", a measure of the session's range."""
    found = _EDGE_TO_EDGE.finditer(sentence.masked)
    return any(item.start() <= match.start() and match.end() <= item.end() for item in found)


def _tied_most(sentence: Sentence, match: re.Match[str], case: Case) -> list[str]:
    """The fact that is the highest or lowest correlation, when that is what the text ranks."""
    values = {k: f.value for k, f in case.sheet.facts.items() if k.endswith(".correlation20")}
    if not values or not re.search(r"tương quan|correlation", sentence.masked):
        return []
    extreme = (min if re.search("thấp|lowest|yếu|weakest", match[0]) else max)(values.values())
    keys = [key for key, value in values.items() if value == extreme]
    shown = [f for f in sentence.figures if f.key in keys or (not f.key and f.reads(extreme))]
    return keys if shown else []


def _measured_from(sentence: Sentence, match: re.Match[str], case: Case) -> list[str]:
    """The arithmetic that measures from that edge: "only 1.98 points above the lowest"."""
    side = "low" if re.search(r"thấp|low|đáy|bottom", match[0]) else "high"
    if not _YARDSTICK.search(sentence.masked[: match.start()]):
        return []
    start, end = sentence.clause(match.start())
    inside = [f.text.split()[0] for f in sentence.figures if start <= f.start <= end + 2]
    return [
        item.evidence
        for item in case.declared
        if item.kind == "derived"
        and re.search(rf"\.{side}(?!\w)", item.evidence)
        and any(item.text.split()[0] == text for text in inside)
    ]


_YARDSTICK = re.compile(
    r"(?<!\w)(?:hơn|từ|so với|cách|khỏi|dưới|trên|above|below|off|from|than|of|to)"
    r"(?: (?:mức|điểm|vùng|the|its|session))* $"
)


def _beside_extreme(sentence: Sentence, match: re.Match[str], case: Case) -> bool:
    """Whether a fact of that kind stands beside: a high, a low, a count of sessions, a streak."""
    start, end = sentence.clause(match.start())
    for figure in sentence.figures:
        if start <= figure.start < end + 24:
            names = {figure.key.partition(".")[2]} if figure.fact else _names_of(figure, case)
            if any(name in _EXTREME_NAMES or name.startswith(_COUNTS) for name in names):
                return True
    return False


_COUNTS = ("sessions_", "streak_")
_EXTREME_NAMES = {
    "high",
    "low",
    "distance_high",
    "distance_low",
    "high_20",
    "low_20",
    "high_52w",
    "low_52w",
}


def _names_of(figure: Figure, case: Case) -> set[str]:
    """The names of facts that have the figure's value."""
    return {
        key.partition(".")[2] for key, fact in case.sheet.facts.items() if figure.reads(fact.value)
    }


def _reached(before: str, sentence: Sentence) -> bool:
    """Whether the text says that the level itself was reached: "closed at a two-week high"."""
    return bool(
        re.search(
            r"(?<!\w)(?:lên|xuống|lập|thiết lập|ở|at|to|hit|hits|reached|set) ?(?:a |an |its )?$",
            before,
        )
    ) and not re.search(r"(?<!\w)(?:gần|so với|cách|sát|close|near|compared) ?\w* $", before)


def _record(sentence: Sentence, match: re.Match[str], case: Case) -> tuple[str, str]:
    sheet, parts = case.sheet, match.groupdict()
    inside = [item.key for item in sentence.names if match.start() <= item.start < match.end()]
    counts = [
        item.key.partition(".")[0]
        for item in sentence.figures
        if match.start() <= item.start < match.end() and ".sessions_" in item.key
    ]
    inside = inside or ([] if sentence.names else counts)  # "its deepest loss in {{…}} sessions"
    key = inside[-1] if inside else subject(sentence, match.start(), case)
    if parts.get("ever") or parts.get("long"):
        return "", "claims a record that the stored history cannot prove"
    volume = _about_volume(sentence, match)
    highest = _is_high(match)
    span = _length(sentence, match, case)
    if span is None:
        return "", "claims a record of a time that cannot be read"
    if volume:
        return _by_count(sheet, f"{key}.sessions_{'highest' if highest else 'lowest'}_volume", span)
    series = sheet.series.get(key)
    if series is None:
        return "", "claims a record, and the sheet has no closes to prove it"
    if parts.get("move"):
        return _largest_move(sheet, key, series, highest, span)
    moved = _OF_MOVE.search(sentence.masked[: match.start()])
    if moved and parts.get("side") in {"lớn", "largest"}:
        return _largest_move(sheet, key, series, bool(moved["up"] or moved["up2"]), span)
    return _extreme(sheet, key, series, highest, span)


_OF_MOVE = re.compile(
    r"(?<!\w)(?:(?:mức|đà|phiên) (?:(?P<up>tăng)|giảm)|(?P<up2>gain|rise)|loss|fall|drop)[^.;]*$"
)
APART = re.compile(
    r"(?<!\w)(?:chênh lệch|khoảng cách|biên độ|gap|difference|spread|distance|range)"
    r" (?:giữa|từ|between|from)(?!\w)"
)


def _about_volume(sentence: Sentence, match: re.Match[str]) -> bool:
    if match.groupdict().get("way") or re.search("close|finish|đóng cửa", match[0]):
        return False
    if re.search("heaviest|lightest|thinnest|smallest|volume|turnover", match[0]):
        return True
    return by_volume(sentence.masked, match.start(), match.end())


def _is_high(match: re.Match[str]) -> bool:
    words = " ".join(v for k, v in match.groupdict().items() if k in {"side", "peak", "way"} and v)
    if re.search(
        r"thấp|nhỏ|đáy|lowest|low|trough|lightest|thinnest|smallest|giảm|loss|fall|drop|declin",
        words,
    ):
        return False
    return not re.search(r"worst|weakest|deepest", match[0])


Length = int | date


def _length(sentence: Sentence, match: re.Match[str], case: Case) -> Length | None:
    """The stretch as a number of sessions, or as the day after which it begins."""
    parts = match.groupdict()
    last = case.sheet.session_day
    if parts.get("since"):
        for span in sentence.plain:
            if span.kind == "date" and match.start() <= span.start < match.end() + 3 and span.day:
                return real_date(span.day, last)
        return None
    if parts.get("year"):
        return spans.year_start(last) - timedelta(days=1)
    if parts.get("month"):
        return spans.month_start(last) - timedelta(days=1)
    if one := parts.get("one"):
        count, unit = ("52", "tuần") if one in {"52 tuần", "năm", "year"} else ("1", one)
        length = spans.stretch(count, unit)
        return length.start(last) if length else None
    return _counted_length(sentence, match, case, last)


def _counted_length(
    sentence: Sentence, match: re.Match[str], case: Case, last: date
) -> Length | None:
    count = _count(sentence, match, match["count"] or "", case)
    length = spans.stretch(str(count), match["unit"]) if count else None
    if length is None:
        return None
    return length.count if length.unit == "session" else length.start(last)


def _inside(series: Series, span: Length) -> Sequence[Decimal] | None:
    """The closes of the stretch, None when the history does not reach back that far."""
    if isinstance(span, int):
        return series.closes[-span:] if 1 < span <= len(series.closes) else None
    if series.days[0] > span:
        return None
    return [close for day, close in zip(series.days, series.closes, strict=True) if day > span]


def _by_count(sheet: FactSheet, key: str, span: Length) -> tuple[str, str]:
    value = sheet.value(key)
    if value is None:
        return "", "claims a record that no fact proves"
    sessions = span if isinstance(span, int) else max(1, (sheet.session_day - span).days * 5 // 7)
    if value >= sessions:
        return key, ""
    return key, f"is wrong: it holds for {value} sessions only"


def _extreme(
    sheet: FactSheet, key: str, series: Series, highest: bool, span: Length
) -> tuple[str, str]:
    closes = _inside(series, span)
    fact = f"{key}.sessions_{'highest' if highest else 'lowest'}"
    if closes is None:
        return _by_count(sheet, fact, span)
    if len(closes) < 2:
        return "", "claims a record of a time without sessions before"
    best = max(closes) if highest else min(closes)
    ties = sum(close == best for close in closes)
    if closes[-1] == best and ties == 1:
        return f"{key} closes", ""
    return f"{key} closes", f"is wrong: a close of that time was {'higher' if highest else 'lower'}"


def _largest_move(
    sheet: FactSheet, key: str, series: Series, gain: bool, span: Length
) -> tuple[str, str]:
    closes = _inside(series, span)
    if closes is None:
        return _by_count(sheet, f"{key}.sessions_biggest_{'gain' if gain else 'loss'}", span)
    if not closes:
        return "", "claims a record of a time without sessions"
    before = series.closes[-len(closes) - 1 : -len(closes)]
    if not before and len(closes) < 2:
        return "", "claims a record that the history is too short for"
    moves = [after / ahead for ahead, after in pairwise([*before, *closes])]
    best = max(moves) if gain else min(moves)
    right_way = moves[-1] > 1 if gain else moves[-1] < 1
    if moves[-1] == best and right_way:
        return f"{key} closes", ""
    return f"{key} closes", "is wrong: another session of that time moved further that way"
