"""One index against another by the day's change: who did better, whose move was the larger."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, change, changes
from reports.writing.verification.reading import subjects
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import Motion, motions
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.sentences import Figure, Sentence

# A rank is better or worse whichever way both moved; of a size, the move says which is better.
_WORDS = {
    "vi": (
        r"(?P<size_up>(?:mạnh|nhiều|lớn|sâu|cao|nhanh|nặng) hơn|"
        r"(?:bỏ xa|vượt xa|vượt(?: quá)?)(?= (?:mức|đà|nhịp|con số) ))|"
        r"(?P<rank_up>nhỉnh hơn|vượt trội(?: so với| hơn)?|(?:tốt|khỏe|tích cực|khả quan|"
        r"khởi sắc|vững|ổn định) hơn|bỏ xa|vượt(?: lên trên)?|"
        r"hơn(?! là| ở))|"
        r"(?P<rank_down>(?:yếu|kém|xấu|tệ|tiêu cực)(?: tích cực| khả quan)? hơn|kém|thua|"
        r"lép vế(?: hơn| so với)?|tụt lại(?: phía)? sau)|"
        r"(?P<size_down>(?:ít|nhẹ|chậm|thấp|nhỏ|khiêm tốn) hơn)"
    ),
    "en": (
        r"(?P<rank_up>outperform(?:ed|ing|s)?|outpac(?:ed|ing|es)|beat(?:ing|s)?|ahead of|"
        r"(?:better|stronger|firmer|more resilient) than)|"
        r"(?P<rank_down>underperform(?:ed|ing|s)?|trail(?:ed|ing|s)?|lag(?:ged|ging|s)?"
        r"(?: behind)?|behind|short of|(?:weaker|worse|softer|poorer) than)|"
        r"(?P<size_up>(?:more|larger|bigger|deeper|steeper|sharper|heavier|greater|harder|faster|"
        r"further|higher)(?: [a-z]+)? than|exceed(?:ed|s|ing)?|outstripp?(?:ed|s|ing)|"
        r"dwarf(?:ed|s|ing)|eclips(?:ed|es|ing)|far (?:surpassed|outdid))|"
        r"(?P<size_down>(?:less|smaller|milder|shallower|slower|lighter|gentler|lower)"
        r"(?: [a-z]+)? than)"
    ),
}
_COMPARING = {
    "vi": ("hơn", "vượt", "bỏ xa", "kém", "thua", "lép vế", "tụt lại"),
    "en": (
        "exceed",
        "outstrip",
        "dwarf",
        "eclips",
        "far ",
        " than",
        "perform",
        "outpac",
        "beat",
        "ahead of",
        "trail",
        "lag",
        "behind",
        "short of",
    ),
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
    r"\x03+(?:(?:, and|, và|,| and| và| cùng| lẫn)(?: the)? \x03+)+"
    r"(?: (?:all|both|also|each|have|has|had|now|are|were|is|fallen|risen|gained|lost|fell|rose|"
    r"đều|cùng|cũng|đã|vẫn|còn|đang|nằm|ở|trong|vùng|cùng nhau|đồng loạt|tăng|giảm))* $"
)


def row_before(sentence: Sentence, position: int) -> list[str]:
    """The names of a row right before a word: "A, B and C all rose" is said of each."""
    found = _ROW.search(marked(sentence)[:position])
    if found is None or re.search(
        r"(?:trừ|except|than|so với|hơn) $", sentence.masked[: found.start()]
    ):
        return []
    return [item.key for item in sentence.names if found.start() <= item.start < position]


_BEHIND = re.compile(r"\W*(?:just |right )?(?:behind|ahead of) (?:the )?\x03+")


def between_indices(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "VN30 rose less than VN-Index", "the drop in A was steeper than that in B"."""
    if not holds(sentence.masked, _COMPARING[sentence.language]):
        return
    text = _spoken(sentence)
    for match in _RIVAL[sentence.language].finditer(text):
        if sentence.is_hypothetical(match.start()):
            continue
        named = match.start("name")
        rival = next((item.key for item in sentence.names if item.start == named), "")
        if spoken := subjects.COLLECTIVE.match(sentence.masked, max(named, 0)):
            rival = rival or ("vn30" if spoken["large"] else case.lead)
        key = first(sentence, match.start(), case)
        if rival and _NONE.search(text[: match.start()]):
            key, rival, end = rival, "", named
            reason = _order(case, key, "", _CHANGE, _better(match, _falling(sentence, named)))
            yield Claim(match.start(), end, f"{key}.change_percent", reason, figures=False)
            continue
        if _BEHIND.fullmatch(text, 0, match.end()):
            after = [item for item in sentence.names if item.start >= match.end()]
            if after and re.fullmatch(
                r"\x03*,? (?:chỉ số |the )?", text[match.end() : after[0].start]
            ):
                key = after[0].key  # "behind A, B came second"
        topic = _topic(text, match.start(), sentence)
        better = _better(match, _falling(sentence, match.end()))
        reason = _order(case, key, rival, topic, better)
        end = match.end() if named < 0 else named
        evidence = f"{key}.{topic}, {rival}.{topic}" if rival else f"{key}.{topic}"
        yield Claim(match.start(), end, evidence, reason, figures=False)


# "A and B fell, B by more", "trong đó B giảm mạnh hơn": the one of two against the other
_WITHIN = {
    "vi": re.compile(
        r"(?P<one>\x03+) (?:và|cùng|lẫn) (?P<two>\x03+)(?P<told>[^.;\x03]*?), (?:trong đó |với |"
        r"và )?"
        r"(?P<own>\x03+)(?P<said>[^,.;\x03]{0,24}?) (?:(?P<size_up>(?:mạnh|nhiều|sâu|lớn) hơn)|"
        r"(?P<size_down>(?:ít|nhẹ|chậm) hơn)|(?P<rank_up>(?:tốt|khỏe|tích cực) hơn)|"
        r"(?P<rank_down>(?:yếu|kém) hơn))(?: \w+)?(?=[,.;]|$)"
    ),
    "en": re.compile(
        r"(?P<one>\x03+) and (?P<two>\x03+)(?P<told>[^.;\x03]*?),? (?:with |of which |"
        r"and )?(?:the )?"
        r"(?P<own>\x03+)(?P<said>[^,.;\x03]{0,24}?) (?:the |by )?(?:(?P<size_up>more|harder|"
        r"further)|"
        r"(?P<size_down>less)|(?P<rank_up>better|stronger)|(?P<rank_down>worse|weaker))"
        r"(?: of the two)?(?=[,.;]|$)"
    ),
}


def within(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "A and B fell, B by more": the one of a pair against the other."""
    if len(sentence.names) < 3 or not holds(sentence.masked, _COMPARED[sentence.language]):
        return
    for match in _WITHIN[sentence.language].finditer(marked(sentence)):
        one, two, own = (
            next(item.key for item in sentence.names if item.start == match.start(group))
            for group in ("one", "two", "own")
        )
        if own not in {one, two} or sentence.is_hypothetical(match.start("own")):
            continue
        rival = two if own == one else one
        better = _better(match, _falling(sentence, match.end()))
        reason = _order(case, own, rival, _CHANGE, better)
        evidence = f"{own}.{_CHANGE}, {rival}.{_CHANGE}"
        yield Claim(match.end("own"), match.end(), evidence, reason, figures=False)


_COMPARED = {
    "vi": (" hơn",),
    "en": (" more", " less", "harder", "further", "better", "stronger", "worse", "weaker"),
}
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


# "large caps outperformed": the first index is the yardstick that goes without saying
_ALONE = re.compile(r"(?<!\w)(?:(?P<up>outperformed)|underperformed)(?= ?(?:[,.;]|$| with| on))")


def alone(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """One index told to have done better or worse than the market, which is not named."""
    if "performed" not in sentence.masked:
        return
    for match in _ALONE.finditer(sentence.masked):
        key = first(sentence, match.start(), case)
        if key == case.lead or sentence.is_hypothetical(match.start()):
            continue
        reason = _order(case, key, case.lead, _CHANGE, match["up"] is not None)
        yield Claim(match.start(), match.end(), f"{key}.change_percent", reason, figures=False)


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
    said = [
        item
        for item in before
        if item.text not in {"higher", "lower"} and not _is_run(sentence.masked, item)
    ]
    if _LOST.search(sentence.masked[:end]):
        return True
    return (_way(said[-1]) < 0) if said else None


def _is_run(text: str, motion: Motion) -> bool:
    """Whether it says of which sessions a run was: "sau 3 phiên giảm", "after 3 losing days"."""
    before, behind = text[max(0, motion.start - 6) : motion.start], text[motion.end :]
    return before.endswith("phiên ") or behind.startswith((" sessions", " days", " streak", " run"))


# "mất ít hơn VN-Index": to lose is a fall where a comparison of sizes follows
_LOST = re.compile(r"(?<!\w)mất (?:điểm )?(?:ít|nhẹ|nhiều|mạnh|sâu) hơn(?:[^,.;])*$")


def _way(motion: Motion) -> int:
    return -motion.way if motion.negated else motion.way


def _better(match: re.Match[str], falling: bool | None) -> bool:
    parts = match.groupdict()
    if parts.get("rank_up") or parts.get("rank_down"):
        return bool(parts.get("rank_up"))
    if match[0].startswith("mạnh hơn") and _OF_ONE.search(match.string[: match.start()]):
        return True  # "VN30 mạnh hơn VN-Index": stronger, whichever way both went
    return bool(parts.get("size_up")) is not bool(falling)


_OF_ONE = re.compile(
    r"(?<!của )(?<!của chỉ số )(?<!\x03)(?:\x03+|vn-?30|vn-?index|hnx-?index|hnx-?30|upcom-?index|"
    r"(?:nhóm|cổ phiếu)(?: cổ phiếu)? (?:vốn hóa )?lớn|bluechips?)"
    r"(?: (?:vẫn|cũng|lại|đang|tỏ ra|thể hiện|giữ được|còn))* $"
)


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
    if framed_way := _framed_gap(sentence, figure):
        return framed_way
    start, end = sentence.clause(figure.start)
    behind = _COMPARATIVE[sentence.language].search(text, figure.end, min(end, figure.end + 24))
    before = list(_COMPARATIVE[sentence.language].finditer(text, 0, figure.start))
    inside = [item for item in before if item.start() >= start]
    found = inside[-1] if inside else behind or (before[-1] if before else None)
    if found is None:
        return None
    better = _better(found, _falling(sentence, found.end()))
    return 1 if better is _is_first(sentence, figure, found) else -1


def _is_first(sentence: Sentence, figure: Figure, found: re.Match[str]) -> bool:
    """Whether the gap's own index is what is compared, and not the yardstick."""
    key = figure.key.partition(".")[0]
    if yardstick := _THAN.match(_spoken(sentence), found.end()):
        at = yardstick.end() - 1
        named = next((item.key for item in sentence.names if item.start == at), "")
        spoken = subjects.COLLECTIVE.match(sentence.masked, at)
        own = named == key or bool(spoken and spoken["large"] and key == "vn30")
        return not own
    named_before = [i for i in sentence.names if i.end <= found.start() and not i.compared]
    return not named_before or named_before[-1].key == key


def _spoken(sentence: Sentence) -> str:
    """The sentence with names covered, and the market and large caps where they stand for one."""
    text = marked(sentence)
    for match in subjects.COLLECTIVE.finditer(sentence.masked):
        text = text[: match.start()] + "\x03" * len(match[0]) + text[match.end() :]
    return text


_THAN = re.compile(r"(?: (?:than|so với|hẳn|một chút|the|chỉ số|của|mức|behind))* ?\x03")
_GAP_BEFORE = {
    language: re.compile(
        rf"(?<!\w)(?:{words}){_DEGREE[language]}(?: (?:so với|chỉ số|the))* ?\x03+"
        r"(?: (?:by|just|only|about|some|khoảng|chỉ|tới|đến|là))* ?\(?$"
    )
    for language, words in _WORDS.items()
}
_GAP_BEHIND = {
    language: re.compile(rf"\)? (?:{words}){_DEGREE[language]}(?: (?:so với|chỉ số|the))* ?\x03")
    for language, words in _WORDS.items()
}


# as in: so với toàn thị trường, nhóm vốn hóa lớn tăng ít hơn 0,41; large caps gained 0.41 less
_FRAME = re.compile(
    r"\W*(?:nếu )?(?:so với|compared (?:with|to)|relative to|against) (?:chỉ số |the )?\x03+,? "
    r"(?:chỉ số |the )?(?P<own>\x03)"
)
_MORE_OR_LESS = re.compile(
    r"(?<!\w)(?:(?P<rank_up>(?:tốt|khỏe|tích cực|vững) hơn|better|stronger|ahead)|"
    r"(?P<rank_down>(?:yếu|kém|xấu) hơn|kém|worse|weaker|behind)|"
    r"(?P<size_up>(?:nhiều|mạnh|sâu|lớn|cao) hơn|more|further)|"
    r"(?P<size_down>(?:ít|nhẹ|thấp|chậm) hơn|less))(?!\w)"
)


def _framed_gap(sentence: Sentence, figure: Figure) -> int | None:
    """1 where a sentence that names the first index as its frame puts the other ahead of it."""
    text = _spoken(sentence)
    frame = _FRAME.match(text)
    if frame is None or "\x01" in text[frame.end() : figure.start]:
        return None
    told = _MORE_OR_LESS.match(text, figure.end + 1) or next(
        (m for m in _MORE_OR_LESS.finditer(text, 0, figure.start) if m.end() == figure.start - 1),
        None,
    )
    if told is None:
        return None
    at = frame.start("own")
    spoken = subjects.COLLECTIVE.match(sentence.masked, at)
    key = next((item.key for item in sentence.names if item.start == at), "")
    own = key == figure.key.partition(".")[0] or bool(spoken and spoken["large"])
    return 1 if _better(told, _falling(sentence, figure.start)) is own else -1


def is_lead_over(sentence: Sentence, figure: Figure) -> bool:
    """Whether a figure says by how much one is ahead: "lost {{…}} less than VN-Index"."""
    text, language = _spoken(sentence), sentence.language
    return _framed_gap(sentence, figure) is not None or bool(
        _GAP_BEHIND[language].match(text, figure.end)
        or _GAP_BEFORE[language].search(text[: figure.start])
    )


def is_gap(sentence: Sentence) -> bool:
    """Whether the text only tells how far apart two indices are."""
    return bool(_APART.search(sentence.masked))
