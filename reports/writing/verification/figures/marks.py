"""Levels that only "the mark" or "the side of" names, and what a volume is supposed to pass."""

from __future__ import annotations

import re

from reports.writing.verification.claims.apart import called_before
from reports.writing.verification.claims.slopes import PICKED
from reports.writing.verification.reading.around import measure, right
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import LEVELS, Names, phrases

# A session's own prices are no marks.
_MARKS = LEVELS - {"open", "high", "low", "previous_close", "report_close"}
_NOUN_VI = r"(?:cột )?(?:mốc|ngưỡng|vùng|phía|lằn ranh|kịch bản (?:trên|dưới))(?: tròn| tâm lý)?"
_NOUN_EN = r"(?:the |a )?(?:round |key |next )?(?:mark|level|threshold|side|zone|area)(?: of| at)?"
_OPENS = re.compile(
    rf"(?:^\W*|[,;:–—] ?)(?P<joint>(?:và|còn|nhưng|song|thì|nên|and|while|but|so|yet|with|với) )?"
    rf"(?:(?:only )?then |rồi (?:mới )?(?:đến |tới )?|sau đó (?:là )?|kế đến là )?"
    rf"(?:(?:liệu|whether|if|nếu|that|rằng) )?(?:{_NOUN_VI}|{_NOUN_EN}|(?P<the>the(?: round|"
    rf" key| next)?)) $"
)
_POINT = re.compile(
    r"(?:-point| points?) (?:\w+ )?(?:mark|level|threshold|side|zone|area|line|barrier|hurdle)\b"
)
_PATH = re.compile(
    r"(?<!\w)(?:(?<!on )(?:the|a|no) (?:way|path|road|route)|room|đường(?: đi)?|lối|chặng|hướng)"
    r"(?: (?:back|up|down|trở))* (?:to|towards?|lên|xuống|về|tới|đến|ra)(?: (?:mốc|vùng|the))* $"
)
_LEVELS = (" mức ", " mốc ", " ngưỡng ", " vùng ", "levels", "marks")
# "the two levels that decide are A points and B points"
_ARE = re.compile(
    r"(?<!\w)(?:(?:hai|các|những) (?:mức|mốc|ngưỡng|vùng)|(?:two|the|key) (?:\w+ )?(?:levels|"
    r"marks))"
    r"(?! (?:cao|thấp))[^,.;:\x01]{0,36}(?: (?:là|gồm|are|remain)|:)(?: hỗ trợ| kháng cự| support|"
    r" resistance)?"
    r"(?: \x01+(?: điểm| points)?(?: (?:phía|bên) (?:trên|dưới)| above| below)?"
    r"(?:,|,? (?:và|and))(?: hỗ trợ| kháng cự| support| resistance)?)* $"
)
# "Overhead, 1,250 points comes first"
_ALONE = re.compile(r"(?:^\W*|, |; |: )$")
_COMES = re.compile(
    r" (?:points?|điểm)(?: (?:is|are|would be|là|còn là|may be|có thể là))* (?:comes?|first|"
    r"next|ahead|"
    r"the (?:first|next|nearest|key|level|mark)|mốc|mức|ngưỡng|rào cản|thử thách|phép thử|đầu tiên|"
    r"kế tiếp|là (?:mốc|mức|câu hỏi))(?!\w)"
)
_THAT = re.compile(
    r"(?<!\w)(?:(?:that|this|the same) (?:level|mark|average|line|high|low)(?: of| at)?|"
    r"(?:mức|mốc|đường|đỉnh|đáy) (?:này|đó|ấy)(?: ở| là| tại)?) \(?$"
)


def _named_before(sentence: Sentence, figure: Figure) -> Names | None:
    """The level that the sentence named last: "the 52-week high … below that level of 1,024"."""
    before = phrases(sentence.masked[: figure.start], sentence.language)
    named = [item.names & LEVELS for item in before if item.names & LEVELS and not item.is_weak]
    return named[-1] if named else None


_BRACKETED = re.compile(r"(?<!\w)(?:above|below|over|under|overhead|beneath|trên|dưới) \($")
_AVERAGES = re.compile(r"(?<!\w)(?:averages|(?:các|ba|hai) đường)(?!\w)")
_ITSELF = re.compile(r"-point (support|resistance)\b")
_ASIDE = re.compile(
    r" (?:points?|điểm) (?:nằm |ở )?(?:phía trên|bên trên|phía dưới|bên dưới|overhead|above|below|"
    r"underneath|beneath|(?:as )?(?:the|a|its|là) (?:next |first |nearest |key )*(?:test|hurdle|"
    r"mark|prop|cushion|footing|floor|support|resistance|chỗ dựa|điểm tựa|bệ đỡ|hỗ trợ|kháng cự|"
    r"level|barrier|target|phép thử|thử thách|mốc)[^,.;\x01]{0,20})(?= ?[,.;]|$)"
)
_WITH = re.compile(r"(?<!\w)(?:với|with|còn|and)(?: (?:mức|mốc|the))* $")
# "resistance, the 1,050-point mark": the comma leads to what was named
_NAMED = re.compile(
    r"(?:hỗ trợ|kháng cự|đỉnh|đáy|support|resistance|high|low|average|phiên|close|open|đóng cửa)"
    r"(?: (?:gần nhất|trước mắt|đầu tiên|nearest))*\W*$"
)


# "950 điểm là mức thấp nhất trong 42 phiên": of the closes
_RECORD = re.compile(
    r"(?: điểm)? (?:cũng )?là mức(?: đóng cửa)? (?:thấp|cao) nhất (?:trong |của )?\x01+ phiên"
)


def mark(sentence: Sentence, figure: Figure) -> Names | None:
    """What a part opens with as a bare mark: "…, and the 1,050-point mark remains in question"."""
    if measure(figure) != "points":
        return None
    if _RECORD.match(right(sentence, figure)):
        return frozenset(("close",))
    before = sentence.masked[: figure.start]
    if _PATH.search(before) or (holds(before, _LEVELS) and _ARE.search(before)):
        return _MARKS
    if _ALONE.search(before) and _COMES.match(right(sentence, figure)):
        return _MARKS
    if _THAT.search(before):
        return _named_before(sentence, figure)
    if aside := _BRACKETED.search(before):
        return called_before(sentence, aside.start())
    if _AVERAGES.search(before) and PICKED.search(before):
        return frozenset(("sma20", "sma50", "sma200"))
    if named := _ITSELF.match(right(sentence, figure)):
        return frozenset((named[1], f"report_{named[1]}"))
    if _ASIDE.match(right(sentence, figure)) and _WITH.search(before):
        return LEVELS  # "with 1,505 points overhead"
    opened = _OPENS.search(before)
    if opened is None or (opened["the"] and not _POINT.match(right(sentence, figure))):
        return None
    if not opened["joint"] and _NAMED.search(before[: opened.start()]):
        return None
    return _MARKS


_PASSED = re.compile(
    r"(?<!\w)(?:trên|vượt|cao hơn|lớn hơn|hơn|dưới|thấp hơn|bằng|tới|lên|về|đạt|quá|ít nhất|"
    r"tối thiểu|above|over|more than|past|exceed(?:s|ed|ing)?|tops?|topp(?:ed|ing)|beats?|below|"
    r"under|"
    r"less than|fewer than|(?:higher|heavier|larger|greater|lower|lighter|thinner) than|"
    r"at least|to|"
    r"towards?|reach(?:es)?|surpass(?:es)?)(?: (?:qua|lại|hẳn|mức|trung bình|bình quân|average|"
    r"so với|the|its|a|back|about))* $"
)


# "with 187.8 million shares changing hands": what the session traded
_HANDED = re.compile(
    r"(?: (?:were|was|đã|được))* (?:chang(?:ed|ing) hands|traded|sang tay|khớp lệnh|"
    r"giao dịch)(?!\w)"
)
_USUAL = re.compile(r"(?<!\w)(?:average|trung bình|bình quân)(?!\w)")


def passed(sentence: Sentence, figure: Figure) -> Names | None:
    """The volume that is supposed to be passed: the average, or this session's own."""
    if measure(figure) != "shares":
        return None
    start, _ = sentence.clause(figure.start)
    if _HANDED.match(right(sentence, figure)) and not _USUAL.search(
        sentence.masked, start, figure.start
    ):
        return frozenset(("volume",))
    if not sentence.is_hypothetical(figure.start):
        return None
    if not _PASSED.search(sentence.masked[: figure.start]):
        return None
    return frozenset(("volume", "volume_avg20"))
