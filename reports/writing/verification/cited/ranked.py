"""The most, the least and how many in a row, as the cited item has them: of the same, as long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.cited import sources
from reports.writing.verification.cited.held import held_to, is_ours, read, said_by
from reports.writing.verification.cited.parts import at, closer
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading import numbers
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS
from reports.writing.verification.reading.sentences import Sentence
from reports.writing.verification.results import Source

# Of one kind each: the most and the least; a lead is the most of something.
_MOST = re.compile(
    r"(?<!\w)(?:(?:cao|lớn|nhiều|mạnh|nhanh|tốt|dài|sâu|đắt|nặng) nhất|kỷ lục|dẫn đầu|đứng đầu|"
    r"(?:high|"
    r"larg|strong|bigg|fast|great|long|sharp|steep|deep|quick)est|most(?! of)|best|"
    r"record(?! date)|top(?:s|ped)|leads?(?! by)|led|\w+[ -](?:day|week|month|quarter|year) high|"
    r"đỉnh(?= \w+ (?:tuần|tháng|năm|quý))|(?:all-time|record) high)(?!\w)"
)
_LEAST = re.compile(
    r"(?<!\w)(?:(?:thấp|nhỏ|yếu|chậm|kém|nhẹ|ngắn|rẻ) nhất|(?<=mức )ít nhất|(?:low|small|weak|"
    r"slow|"
    r"few|mild|short|cheap)est|least(?! \w+ (?:\d|\x01)))(?!\w)"
)
_SECOND = re.compile(
    r"(?<!\w)(?:(?:đứng|xếp|lớn|cao|nhiều)(?: \w+){0,2} thứ (?:hai|nhì)|(?:came|ranked|was|placed|"
    r"is) "
    r"second|second[- ](?:largest|biggest|highest)|followed by|(?:kế|tiếp)(?: theo)? là)(?!\w)"
)
_WORST = re.compile(r"(?<!\w)(?:worst|(?:tệ|xấu|tồi tệ|đen tối) nhất)(?!\w)")
_FOLLOWED = re.compile("followed by|(?:kế|tiếp)(?: theo)? là")  # may only go on
_SINCE = re.compile(r"(?<!\w)(?:since|kể từ|từ) ?(?P<time>[^,.;]*)")
_YEAR = re.compile(r"(?<![\d.,/])(?:19|20)\d\d(?![\d.,%])")
_RANKED = (
    "nhất",
    "kỷ lục",
    " đầu",
    "est",
    "most",
    "record",
    "least",
    "worst",
    "top",
    "lead",
    "led",
    " high",
    "đỉnh",
    "thứ",
    "second",
)


def superlatives(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The most or the least of something, as the cited item has it: of the same, over as long."""
    items = held_to(sentence, case)
    if not items or not holds(sentence.masked, _RANKED):
        return
    for pattern in (_MOST, _LEAST, _WORST, _SECOND):
        for match in pattern.finditer(sentence.masked):
            if sentence.is_hypothetical(match.start()) or is_ours(sentence, match.start(), case):
                continue
            if sentence.masked.startswith((" by", " bởi"), match.end()):
                continue  # "led by": who led is judged by its figure
            said = [item.id for item in items if _tells(sentence, match, item, pattern)]
            if pattern is _SECOND and not said and _FOLLOWED.fullmatch(match[0]):
                continue
            reason = "" if said else sources.UNPROVEN
            _, end = sentence.clause(match.start())
            if since := _SINCE.match(sentence.masked, match.end() + 1, end):
                end = since.end()
            else:
                end = match.end()
            yield Claim(match.start(), end, ", ".join(said), reason, figures=False)


def _tells(
    sentence: Sentence, match: re.Match[str], item: Source, pattern: re.Pattern[str]
) -> bool:
    """Whether a part of the item says so, of what the sentence says it of, over the same time."""
    low, told = sources.text_of(item), read(item, sentence)
    said = at(said_by(sentence, item), match.start())
    start, end = sentence.clause(match.start())
    spans = sources.spans_of(sentence.masked[match.start() : end])
    years = set(_YEAR.findall(sentence.low[start:end]))
    alike = numbers.language_of(low) == sentence.language
    for found in pattern.finditer(low):
        own = at(told, found.start())
        close = low[found.start() : own.end] if own.end > found.end() else low[found.start() :]
        if not spans <= sources.spans_of(close + low[own.start : found.start()]):
            continue
        if not years <= set(_YEAR.findall(low)):
            continue
        if not any(closer(said, own, part, alike) for part in told if part is not own):
            return True
    return False


_N = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{VI_WORDS}|{EN_WORDS})"
_UNIT = r"(?:phiên|ngày|tuần|tháng|quý|năm|lần|sessions?|days?|weeks?|months?|quarters?|years?)"
_NET = r"(?:mua ròng|bán ròng|tăng|giảm)"
_RUN = re.compile(
    rf"(?<!\w)(?:{_UNIT}(?: {_NET})? thứ {_N} (?:liên tiếp|liên tục)|lần(?: {_NET})? thứ {_N}|"
    rf"(?:tuần|"
    rf"tháng|quý|năm)(?: {_NET})? thứ {_N}|(?:mạch|chuỗi)(?: {_NET})? {_N} {_UNIT}|{_N} {_UNIT}"
    rf"(?: {_NET})? (?:liên tiếp|liên tục|liền)|{_N} {_UNIT} (?:mua|bán) ròng|"
    rf"(?:for|in) an? {_N}[ -](?:straight |consecutive |successive )?{_UNIT}|"
    rf"{_N}[ -](?:straight |consecutive |successive )(?:net[ -]\w+ )?\w+|"
    rf"{_N}[ -](?:net[ -]\w+ )?{_UNIT} (?:running|in a row|of net \w+|run)|"
    rf"{_N}[ -]{_UNIT} (?:run|streak) of net \w+)(?!\w)"
)
_RUNS = ("thứ", "liên t", "liền", "mạch", "chuỗi", "ròng", "for a", "in a", "straight", "consec",
         "success", "running", "of net", " run", "streak")  # fmt: skip
_COUNTED = re.compile(rf"(?<![\w.,]){_N}(?![\w%]|[.,]\d)")


def runs(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """How many in a row, as the cited item counts them: the same number, bought or sold alike."""
    items = held_to(sentence, case)
    if not items or not holds(sentence.masked, _RUNS):
        return
    for match in _RUN.finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or is_ours(sentence, match.start(), case):
            continue
        said = [item.id for item in items if _counts(sentence, match, item)]
        reason = "" if said else sources.UNPROVEN
        yield Claim(match.start(), match.end(), ", ".join(said), reason, figures=bool(said))


def _counts(sentence: Sentence, match: re.Match[str], item: Source) -> bool:
    low = sources.text_of(item)
    spans, numbers_said = sources.spans_of(match[0]), _values(match[0])
    for own in read(item, sentence):
        part = low[own.start : own.end]
        own_spans = sources.spans_of(part)
        if spans and (own_spans or not sources.RUN.search(part)):
            fits = spans <= own_spans
        else:  # "its sixth straight gain"
            fits = numbers_said <= _values(part)
        if fits and sources.net(match[0]) <= sources.net(part):
            return True
    return False


def _values(text: str) -> set[int | None]:
    words = (re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", item[0]) for item in _COUNTED.finditer(text))
    return {numbers.word_value(word) for word in words}
