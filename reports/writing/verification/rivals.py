"""One index against another by the day's change: who did better, whose move was the larger."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from reports.writing.verification import subjects
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim, change, changes
from reports.writing.verification.hints import holds
from reports.writing.verification.motion import Motion, motions
from reports.writing.verification.names import LIQUIDITY
from reports.writing.verification.sentences import Figure, Sentence

# A rank is better or worse whichever way both moved; of a size, the move says which is better.
_WORDS = {
    "vi": (
        r"(?P<rank_up>nhỉnh hơn|vượt trội(?: so với| hơn)?|(?:tốt|khỏe|tích cực|khả quan|"
        r"khởi sắc|vững|ổn định) hơn|bỏ xa|vượt(?: lên trên)?|hơn(?! là))|"
        r"(?P<rank_down>(?:yếu|kém|xấu|tệ|tiêu cực)(?: tích cực| khả quan)? hơn|kém|thua|"
        r"lép vế(?: hơn| so với)?|tụt lại(?: phía)? sau)|"
        r"(?P<size_up>(?:mạnh|nhiều|lớn|sâu|cao|nhanh|nặng) hơn)|"
        r"(?P<size_down>(?:ít|nhẹ|chậm|thấp|nhỏ|khiêm tốn) hơn)"
    ),
    "en": (
        r"(?P<rank_up>outperform(?:ed|ing|s)?|outpac(?:ed|ing|es)|beat(?:ing|s)?|ahead of|"
        r"(?:better|stronger|firmer|more resilient) than)|"
        r"(?P<rank_down>underperform(?:ed|ing|s)?|trail(?:ed|ing|s)?|lag(?:ged|ging|s)?"
        r"(?: behind)?|behind|short of|(?:weaker|worse|softer|poorer) than)|"
        r"(?P<size_up>(?:more|larger|bigger|deeper|steeper|sharper|heavier|greater|harder|faster|"
        r"further|higher)(?: [a-z]+)? than)|"
        r"(?P<size_down>(?:less|smaller|milder|shallower|slower|lighter|gentler|lower)"
        r"(?: [a-z]+)? than)"
    ),
}
_COMPARING = {
    "vi": ("hơn", "vượt", "bỏ xa", "kém", "thua", "lép vế", "tụt lại"),
    "en": (" than", "perform", "outpac", "beat", "ahead of", "trail", "lag", "behind", "short of"),
}
_DEGREE = {
    "vi": r"(?: (?:hẳn|một chút|đôi chút|chút ít|rõ rệt|đáng kể|nhiều|so với))*",
    "en": "",
}
_OF_MOVE = r"(?:gain|rise|advance|loss|fall|drop|decline|move|slide|retreat|increase|performance)s?"
_YARDSTICK = {
    "vi": (
        r"(?: (?:mức|đà|nhịp)(?: (?:tăng|giảm))?)?(?: điểm)?(?: \(?\x01+\)?(?: điểm)?)?"
        r"(?: (?:của|ở|bên))?(?: chỉ số)? (?P<name>\x03)"
    ),
    "en": (
        rf"(?: (?:that|those|the(?: \x01+)?(?: points?)? {_OF_MOVE}|the \x01+(?: points?)?|"
        rf"\x01+(?: points?)?|{_OF_MOVE}))?"
        r"(?: (?:of|in|for|by|on|at|did))?(?: the)? (?P<name>\x03)"
    ),
}
_OTHERS = (
    r"(?: (?:in|of|that of))?(?: (?:any other|all (?:the )?other|the other)(?: (?:index|indices|"
    r"indexes))?| the rest|(?: (?:tất cả|mọi|cả))?(?: (?:các|những))? chỉ số (?:còn lại|khác))"
)
_RIVAL = {
    language: re.compile(
        rf"(?<!\w)(?:{words}){_DEGREE[language]}(?:{_YARDSTICK[language]}|(?P<others>{_OTHERS}))"
    )
    for language, words in _WORDS.items()
}
_COMPARATIVE = {
    language: re.compile(rf"(?<!\w)(?:{words})(?!\w)") for language, words in _WORDS.items()
}
_FRAMED = re.compile(
    r"^\W*(?:nếu )?(?:so với|compared (?:with|to)|relative to|against) (?:chỉ số |the )?\x03+,? "
    r"(?:chỉ số |the )?\x03+(?P<words>[^,.;\x01]{0,30}?)(?<!\w)(?:"
    r"(?P<rank_up>(?:tốt|khỏe|tích cực) hơn|better|stronger)|"
    r"(?P<rank_down>(?:yếu|kém) hơn|worse|weaker)|"
    r"(?P<size_up>(?:mạnh|nhiều|cao|sâu|lớn) hơn|more|further|harder)|"
    r"(?P<size_down>(?:ít|thấp|chậm|nhẹ|nhỏ) hơn|less))(?!\w)"
)
_TOPICS = (
    (re.compile(r"(?<!\w)(?:rsi|động lượng|momentum)(?!\w)"), "rsi14"),
    (LIQUIDITY, "volume"),
    (re.compile(r"(?<!\w)(?:biến động(?! (?:mạnh|tốt))|volatility)(?!\w)"), "volatility20"),
    (re.compile(r"(?<!\w)(?:tương quan|correlation)(?!\w)"), ""),
)


def marked(sentence: Sentence) -> str:
    """The masked sentence with each letter of a name covered, so that names can be matched."""
    return _marked(sentence.masked, tuple([(name.start, name.end) for name in sentence.names]))


@lru_cache(maxsize=64)  # asked for by several finders of one sentence
def _marked(text: str, names: tuple[tuple[int, int], ...]) -> str:
    for start, end in names:
        text = text[:start] + "\x03" * (end - start) + text[end:]
    return text


_ROW = re.compile(
    r"\x03+(?:(?:, and|, và|,| and| và| cùng| lẫn) \x03+)+"
    r"(?: (?:all|both|also|each|have|has|had|now|are|were|is|fallen|risen|gained|lost|fell|rose|"
    r"đều|cùng|cũng|đã|vẫn|còn|đang|nằm|ở|trong|vùng|cùng nhau|đồng loạt|tăng|giảm))* $"
)


def row_before(sentence: Sentence, position: int) -> list[str]:
    """The names of a row right before a word: "A, B and C all rose" is said of each."""
    found = _ROW.search(marked(sentence)[:position])
    if found is None or re.search(
        r"(?:trừ|except|than|so với) $", sentence.masked[: found.start()]
    ):
        return []
    return [item.key for item in sentence.names if found.start() <= item.start < position]


def between_indices(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "VN30 rose less than VN-Index", "the drop in A was steeper than that in B"."""
    if not holds(sentence.masked, _COMPARING[sentence.language]):
        return
    text = marked(sentence)
    for match in _RIVAL[sentence.language].finditer(text):
        if sentence.is_hypothetical(match.start()):
            continue
        named = match.start("name")
        rival = next((item.key for item in sentence.names if item.start == named), "")
        key = first(sentence, match.start(), case)
        if rival and _NONE.search(text[: match.start()]):
            key, rival, end = rival, "", named
            reason = _order(case, key, "", _CHANGE, _better(match, _falling(sentence, named)))
            yield Claim(match.start(), end, f"{key}.change_percent", reason, figures=False)
            continue
        topic = _topic(text, match.start(), sentence)
        better = _better(match, _falling(sentence, match.end()))
        reason = _order(case, key, rival, topic, better)
        end = match.end() if named < 0 else named
        evidence = f"{key}.{topic}, {rival}.{topic}" if rival else f"{key}.{topic}"
        yield Claim(match.start(), end, evidence, reason, figures=False)


# "none rose more than VN-Index": the yardstick is ahead of all others
_NONE = re.compile(
    r"(?<!\w)(?:none|no (?:other )?(?:index|one)|không (?:có )?chỉ số nào)(?: \w+){0,3} $"
)


def first(sentence: Sentence, position: int, case: Case) -> str:
    """What is compared: the name before it; large caps are the VN30, the market its first index."""
    earlier = [item for item in sentence.names if item.end <= position and not item.compared]
    spoken = list(subjects.COLLECTIVE.finditer(sentence.masked, 0, position))
    if spoken and (not earlier or spoken[-1].start() > earlier[-1].start):
        return "vn30" if spoken[-1]["large"] else case.lead
    return earlier[-1].key if earlier else case.subject


def framed(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Compared with VN-Index, VN30 rose less": the yardstick first."""
    match = _FRAMED.match(marked(sentence))
    if match is None or len(sentence.names) < 2 or sentence.is_hypothetical(match.start("words")):
        return
    rival, key = sentence.names[0].key, sentence.names[1].key
    better = _better(match, _falling(sentence, match.end()))
    reason = _order(case, key, rival, "change_percent", better)
    evidence = f"{key}.change_percent, {rival}.change_percent"
    yield Claim(match.start("words"), match.end(), evidence, reason, figures=False)


def _topic(text: str, position: int, sentence: Sentence) -> str:
    start, _ = sentence.clause(position)
    return next((name for words, name in _TOPICS if words.search(text, start, position)), _CHANGE)


_CHANGE = "change_percent"


def _falling(sentence: Sentence, end: int) -> bool | None:
    """Whether the last word of motion before the yardstick tells a fall; None when there is none"""
    before = [item for item in motions(sentence.masked[:end], sentence.language) if item.way]
    said = [item for item in before if item.text not in {"higher", "lower"}]
    return (_way(said[-1]) < 0) if said else None


def _way(motion: Motion) -> int:
    return -motion.way if motion.negated else motion.way


def _better(match: re.Match[str], falling: bool | None) -> bool:
    parts = match.groupdict()
    if parts.get("rank_up") or parts.get("rank_down"):
        return bool(parts.get("rank_up"))
    return bool(parts.get("size_up")) is not bool(falling)


def _order(case: Case, key: str, rival: str, topic: str, better: bool) -> str:
    """Why the first does not stand to its rival, or to all others, as the text has it."""
    if topic != _CHANGE:
        own, other = case.sheet.value(f"{key}.{topic}"), case.sheet.value(f"{rival}.{topic}")
        return _compared(own, [other], better)
    own = change(case.sheet, key)
    if rival:
        other = change(case.sheet, rival)
        return "compares what no facts prove" if key == rival else _compared(own, [other], better)
    rest = [value for name, value in changes(case.sheet).items() if name != key]
    return _compared(own, rest, better)


def _compared(own: Decimal | None, rest: Sequence[Decimal | None], better: bool) -> str:
    known = [value for value in rest if value is not None]
    if own is None or not known or len(known) < len(rest):
        return "compares what no facts prove"
    fits = all((own > value) is better and own != value for value in known)
    return "" if fits else "is wrong the other way round"


_APART = re.compile(
    r"(?<!\w)(?:chênh(?: lệch| nhau)?|khoảng cách|cách biệt|gap|difference|apart)(?!\w)"
)


def gap_way(sentence: Sentence, figure: Figure) -> int | None:
    """1 when the words make the gap an advance on the first index, -1 a lag, None when neither."""
    text = sentence.masked
    start, end = sentence.clause(figure.start)
    behind = _COMPARATIVE[sentence.language].search(text, figure.end, min(end, figure.end + 24))
    before = list(_COMPARATIVE[sentence.language].finditer(text, 0, figure.start))
    inside = [item for item in before if item.start() >= start]
    found = inside[-1] if inside else behind or (before[-1] if before else None)
    if found is None:
        return None
    better = _better(found, _falling(sentence, found.end()))
    named = [item for item in sentence.names if item.end <= found.start() and not item.compared]
    own = not named or named[-1].key == figure.key.partition(".")[0]
    return 1 if better is own else -1


def is_gap(sentence: Sentence) -> bool:
    """Whether the text only tells how far apart two indices are."""
    return bool(_APART.search(sentence.masked))
