"""How far two levels lie apart: which of them a text measures, and from which."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.facts import FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.claims import rivals
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading import wording
from reports.writing.verification.reading.around import measure
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import CLOSE, LEVELS, Names

_ABOVE = r"above|over|higher than|north of|clear of|cao hơn|trên|vượt|hơn"
_BELOW = r"below|under|beneath|lower than|short of|shy of|south of|thấp hơn|dưới|kém"
_SIDE = rf"(?:(?P<above>{_ABOVE})|(?P<below>{_BELOW}))"
# What may stand between the word of a side and the level that it leads to.
_TO = re.compile(
    r"(?: (?:so với|hẳn|the|its|their|today's|that|of|mức|mốc|ngưỡng|vùng|đường|giá|điểm|round|"
    r"tròn|"
    r"mark|level|nearest|gần nhất|session's|day's|thị trường|nay|is|at|now))*"
)
# The close by its own name, or as where the index stands.
_CLOSE = re.compile(
    r" ?(?:(?:the |its |this )?(?:close|closing (?:level|price|mark)|index(?!'|’)|current level)|"
    r"(?:điểm |giá |mức )?đóng cửa|chỉ số|điểm số|mức hiện tại|\x03+)(?:'s close|’s close)?(?!\w)"
)
_BEHIND = re.compile(rf"(?:\)|%| points?| điểm)* (?:{_SIDE}|(?P<off>(?:away )?from))(?!\w)")
_ALONE = re.compile(
    r"(?:\)| points?| điểm)* (?:(?P<above>higher|above|up|overhead|cao hơn)|"
    r"(?P<below>lower|below|down|thấp hơn))"
    r"(?= ?[,.;)]|$| (?:and|but|while|with|và|còn|nhưng)(?!\w))"
)
_BEFORE = re.compile(rf"(?<!\w)(?:{_SIDE}|(?P<off>cách))(?=[^\w])")
_LINK = re.compile(
    r"(?: (?:is|at|of|ở|\(|là|points?|điểm|\)|by|just|only|some|about|chỉ|đúng|vỏn vẹn|khoảng|tới|"
    r"hơn|gần|mere|a)|[ ()]|\x01)*"
)
# "cao hơn 4,04 điểm so với giá đóng cửa"
_SO_VOI = re.compile(r"(?:\)| điểm| points?)* (?:so với|than|compared with|versus)(?!\w)")
_LEAD = re.compile(
    r"(?<!\w)(?:(?P<above>cao hơn|hơn|higher)|(?P<below>thấp hơn|kém|lower))"
    r"(?: (?:chỉ|tới|đúng|khoảng|by|about|only))* $"
)
ELSEWHERE = "is not measured from what the words name"
Pair = tuple[str, str]


def fault(sentence: Sentence, figure: Figure, key: str, pair: Pair, sheet: FactSheet) -> str | None:
    """Why the distance between two levels of an index is not told as it lies; None where the words
    name no level that it is measured from.
    """
    told = _told(sentence, figure, key, pair, sheet)
    if told is None:
        return None
    side, topic, yardstick = told
    if topic and not side:
        return ""
    if not topic or not _is_spoken_of(sentence, figure, topic, key, sheet):
        return ELSEWHERE
    above, below = sheet.value(f"{key}.{topic}"), sheet.value(f"{key}.{yardstick}")
    if above is None or below is None or above == below or (above > below) is (side > 0):
        return ""
    ways = ("above", "below") if side > 0 else ("below", "above")
    return f"is told as lying {ways[0]}, but it lies {ways[1]}"


def _told(
    sentence: Sentence, figure: Figure, key: str, pair: Pair, sheet: FactSheet
) -> tuple[int, str, str] | None:
    """The side that the words tell, what is measured ("" for neither), and from what."""
    text = rivals.marked(sentence)
    if found := _ALONE.match(text, figure.end):
        topic = _last_named(sentence, figure, pair)
        return (_way(found), topic, _other(topic, pair)) if topic else None
    found = _BEHIND.match(text, figure.end)
    if found and (yard := _yardstick(sentence, text, found.end(), pair)):
        return _held(found, yard[0], key, pair, sheet)
    if found:
        return None
    start, _ = sentence.clause(figure.start)
    then = _SO_VOI.match(text, figure.end)
    lead = _LEAD.search(text, start, figure.start)
    if then and lead and (yard := _yardstick(sentence, text, then.end(), pair)):
        return _held(lead, yard[0], key, pair, sheet)
    for found in reversed(list(_BEFORE.finditer(text, start, figure.start))):
        if yard := _yardstick(sentence, text, found.end(), pair):
            linked = _LINK.fullmatch(text, yard[1], figure.start)
            return _held(found, yard[0], key, pair, sheet) if linked else None
    return None


def _way(found: re.Match[str]) -> int:
    """The side that a word tells: 0 for how far apart two levels are."""
    if found.groupdict().get("off"):
        return 0
    return 1 if found["above"] else -1


def _other(name: str, pair: Pair) -> str:
    return pair[1] if name == pair[0] else pair[0]


def _held(
    found: re.Match[str], named: Names, key: str, pair: Pair, sheet: FactSheet
) -> tuple[int, str, str] | None:
    """Which of the pair the yardstick is: by its name, or where another name has its value."""
    for name in pair:
        values = {sheet.value(f"{key}.{item}") for item in named if item in LEVELS | CLOSE}
        if name in named or sheet.value(f"{key}.{name}") in values:
            return _way(found), _other(name, pair), name
    known = any(sheet.value(f"{key}.{item}") is not None for item in named)
    return (_way(found), "", "") if known else None


def _yardstick(sentence: Sentence, text: str, at: int, pair: Pair) -> tuple[Names, int] | None:
    """The level that the words at a position name, and where they end."""
    filler = _TO.match(text, at)
    for here in dict.fromkeys((at, filler.end() if filler else at)):
        figure = next((item for item in sentence.figures if 0 <= item.start - here <= 2), None)
        if figure is not None and figure.key.partition(".")[2] in LEVELS | CLOSE:
            return frozenset((figure.key.partition(".")[2],)), figure.end
        if "close" in pair and (close := _CLOSE.match(text, here)):
            return frozenset(("close",)), close.end()
        for phrase in wording.phrases(sentence.masked, sentence.language):
            named = phrase.names & (LEVELS | CLOSE)
            if here <= phrase.start <= here + 1 and named and not phrase.is_weak:
                return named, phrase.end
    return None


def _last_named(sentence: Sentence, figure: Figure, pair: Pair) -> str:
    """The level that the clause names last before a figure: "the average 65 points higher"."""
    start, _ = sentence.clause(figure.start)
    for phrase in reversed(wording.phrases(sentence.masked, sentence.language)):
        named = phrase.names & set(pair) if start <= phrase.start < figure.start else frozenset()
        if len(named) == 1 and not phrase.is_weak:
            return next(iter(named))
    return ""


def _is_spoken_of(
    sentence: Sentence, figure: Figure, topic: str, key: str, sheet: FactSheet
) -> bool:
    """Whether the sentence speaks of a level, where it speaks of any: else it is the close."""
    before = [
        item
        for item in wording.phrases(sentence.masked, sentence.language)
        if item.end <= figure.start and not item.is_weak and item.names & (LEVELS | {"open_gap"})
    ]
    own = [f.key.partition(".")[2] for f in sentence.figures if f.end <= figure.start]
    named = frozenset(own) | frozenset().union(*(item.names for item in before))
    if "open_gap" in named:
        named |= {"open"}
    if topic == "close" or not named & LEVELS:
        return topic == "close" or not before
    value = sheet.value(f"{key}.{topic}")
    return topic in named or value in {sheet.value(f"{key}.{name}") for name in named & LEVELS}


_ALL = re.compile(
    r",? ?(?:và |and )?(?:(?:both|all(?: three| two)?|each|either)(?: of (?:them|which))?|"
    r"cả (?:hai|ba)|"
    r"đều|cùng)(?: (?:lie|lying|stand|standing|sit|are|is|being|still|đều|cùng|vẫn|nằm|đứng|ở))*"
    r" (?:(?P<above>above|over|higher than|(?:phía |bên )?trên|cao hơn)|"
    r"(?P<below>below|under|beneath|lower than|(?:phía |bên )?dưới|thấp hơn))"
    r" (?:the |its |today's )?(?:close|index|chỉ số|(?:điểm |giá |mức )?đóng cửa|\x03+)(?!\w)"
)


def together(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Levels told as all lying on one side: "the 50- and the 200-session, both below the close"."""
    if not holds(sentence.masked, ("both", "all ", "each", "cả ", "đều", "cùng")):
        return
    for found in _ALL.finditer(rivals.marked(sentence)):
        row = [f for f in sentence.figures if f.end <= found.start() and f.fact]
        row = [f for f in row if f.key.partition(".")[2] in LEVELS]
        closes = [case.sheet.value(f"{f.key.partition('.')[0]}.close") for f in row]
        pairs = [(f.value, close) for f, close in zip(row, closes, strict=True) if close]
        if len(pairs) < 2:
            continue
        fits = all(v == close or (v > close) is bool(found["above"]) for v, close in pairs)
        reason = "" if fits else "is wrong: not all of them lie there"
        evidence = ", ".join(f.key for f in row)
        yield Claim(found.start(), found.end(), evidence, reason, figures=False)


def aside(sentence: Sentence, start: int, end: int, way: int, case: Case) -> Claim | None:
    """A level put above or below in passing: "between its average above (979.95) and …"."""
    figure = next((f for f in sentence.figures if f.start == end + 2), None)
    if figure is None or figure.fact is None or sentence.masked[end : figure.start] != " (":
        return None
    if called_before(sentence, start) is None:
        return None
    close = case.sheet.value(f"{figure.key.partition('.')[0]}.close")
    if close is None:
        return None
    wrong = figure.value != close and (figure.value > close) is not (way > 0)
    reason = "is wrong: it lies on the other side of the close" if wrong else ""
    return Claim(start, end, figure.key, reason, figures=False)


_PLACED = re.compile(r"(?: (?:ở|nằm|bên|phía|just|right|lying|standing))* ?")


def called_before(sentence: Sentence, start: int) -> Names | None:
    """The level that the words right before a side name."""
    for phrase in wording.phrases(sentence.masked, sentence.language):
        named = phrase.names & LEVELS
        if not named or phrase.is_weak or phrase.end > start:
            continue
        if _PLACED.fullmatch(sentence.masked, phrase.end, start):
            return named
    return None


def from_close(sentence: Sentence, figure: Figure) -> bool:
    """Whether a distance in percent is told from the close: it is one of the level."""
    text = rivals.marked(sentence)
    found = _BEHIND.match(text, figure.end)
    filler = _TO.match(text, found.end()) if found and not found["off"] else None
    return bool(filler and _OWN_CLOSE.match(text, filler.end()))


_OWN_CLOSE = re.compile(r" ?(?:close|closing (?:level|price)|(?:điểm |giá |mức )?đóng cửa)(?!\w)")
_HINTS = ("lower", "higher", "thấp hơn", "cao hơn")
_FURTHER = re.compile(
    r"(?<!\w)(?:lies|sits|stands|is|comes|runs|nằm|đứng|ở)(?: (?:still|even|far|well|much|a little|"
    r"just|xa|còn))* (?:(?P<above>higher|cao hơn)|(?P<below>lower|thấp hơn))"
    r"(?: (?:still|yet|nữa|hẳn|hơn nữa))*,? (?:now )?(?:at|ở|tại)(?: (?:mức|mốc|"
    r"quanh))* \(?(?=\x01)"
)


def further(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Another level that "lies lower at …": lower than the one told before it."""
    if not holds(sentence.masked, _HINTS):
        return
    for found in _FURTHER.finditer(sentence.masked):
        row = [f for f in sentence.figures if measure(f) == "points"]
        own = next((f for f in row if f.start == found.end()), None)
        last = next((f for f in reversed(row) if f.end <= found.start()), None)
        if own is None or own.problem:
            continue
        against = last.value if last else case.sheet.value(f"{own.key.partition('.')[0]}.close")
        if against is None:
            continue
        wrong = own.value != against and (own.value > against) is not bool(found["above"])
        reason = "is wrong the other way round" if wrong else ""
        yield Claim(found.start(), found.end(), own.key, reason, figures=False)
