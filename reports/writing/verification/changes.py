"""What the words say of a change, and what it is measured against."""

from __future__ import annotations

import re

from reports.writing.verification import wording
from reports.writing.verification.around import left, measure, right
from reports.writing.verification.names import LIQUIDITY
from reports.writing.verification.sentences import Figure, Sentence
from reports.writing.verification.wording import CHANGES, CLOSE, LEVELS, MOVES, Names

_ADVERB = {
    "vi": r"(?:mạnh|nhẹ|sâu|thêm|tới|đến|gần|hơn|khoảng|xấp xỉ|vọt|vỏn vẹn|chỉ|tổng cộng|được|đi|"
    r"điểm|nhanh|tiếp|bởi|ít nhất|nhiều nhất|mạnh nhất|sâu nhất|tương ứng|lần lượt|nhất|là|\()",
    "en": r"(?:by|about|around|nearly|almost|roughly|another|a|further|some|just|only|sharply|"
    r"slightly|up|down|on|the day|most|least|respectively|\()",
}
_MOVE_BEFORE = {
    language: re.compile(
        rf"(?<!\w)(?P<verb>{verbs})(?P<between>(?:[ ,]*{_ADVERB[language]})*) ?\(?$"
    )
    for language, verbs in (
        (
            "vi",
            r"tăng|giảm|nhích|(?<!để )mất|cộng|thêm|rơi|sụt|lùi|bật|hồi phục|phục hồi|bứt phá|"
            r"lao dốc|"
            r"trượt|bốc hơi|vọt|hạ|lấy lại|đi ngang|đánh rơi|đánh mất|leo|tụt|sập|tiến(?! (?:gần|"
            r"sát|tới|đến|về))",
        ),
        (
            "en",
            r"up|down|rose|risen|fell|fallen|gained|lost|climbed|dropped|surged|plunged|added|shed|"
            r"advanced|declined|edged|slid|slipped|tumbled|slumped|jumped|rallied|soared|dipped|"
            r"eased|sank|retreated|rebounded|recovered|gains? of|loss(?:es)? of|rise of|fall of|"
            r"drop of|flat|inched|ticked|rising|falling|gaining|losing|climbing|dropping",
        ),
    )
}
_APART_BEFORE = {
    "vi": re.compile(
        r"(?<!\w)(?:cao hơn|thấp hơn|nhiều hơn|ít hơn|cách|vượt|kém|hơn(?! là)|trên|"
        r"dưới)(?P<rest>[^,.;]*)$"
    ),
    "en": re.compile(r"(?<!\w)(?:higher|lower|above|below|off)(?P<rest>(?: by)?) ?$"),
}
_AGAINST = {
    "vi": re.compile(
        r"^(?:\)|%| điểm| điểm phần trăm)* ?(?:so với|dưới|trên|từ|tính từ|khỏi|cách)"
        r"(?: (?:mức|đường|vùng|mốc|điểm|giá trị|khối lượng))* "
    ),
    "en": re.compile(
        r"^(?:\)| points?)* ?(?:above|below|over|under|from|off|against|short of|versus|than|"
        r"compared with|higher than|lower than|more than|less than)(?: (?:its|the|their|that of))* "
    ),
}


def windows_before(sentence: Sentence) -> Names:
    """The stretch that the sentence opens with: "over 20 sessions, its gain is 1.73%"."""
    return frozenset(
        name
        for phrase in wording.phrases(sentence.masked, sentence.language)
        if phrase.start < _first(sentence)
        for name in phrase.names
        if name.startswith("return")
    )


def moved(sentence: Sentence, figure: Figure) -> Names | None:
    """Right behind a verb of motion a figure is a move, and which one the window tells."""
    if measure(figure) not in {"points", "percent", "pp", ""}:
        return None
    verb = move_before(sentence, figure)
    if not verb or _is_lost_level(sentence, figure, verb["verb"]):
        return None
    if far := _measured_from(sentence, figure):
        return far
    start, end = sentence.clause(figure.start)
    if framed := _framed(sentence, start):
        return framed
    if _OPENS.search(sentence.masked[: verb.start("verb")]) and measure(figure) == "percent":
        return frozenset(("open_gap",))
    for phrase in wording.phrases(sentence.masked, sentence.language):
        near = start <= phrase.start < end or phrase.end == start - 1
        windows = {name for name in phrase.names if name.startswith(("return", "since_report"))}
        if near and windows:
            return frozenset(windows)
    if LIQUIDITY.search(sentence.masked[start : figure.start]):
        return frozenset(("volume_vs_avg20",))
    return CHANGES | (windows_before(sentence) if OVER_TIME.match(sentence.masked) else set())


_PLACED = re.compile(
    r"^(?:\)|%| points?| điểm)* (?:higher|lower|firmer|weaker|up|down|cao hơn|thấp hơn)"
    r"(?! than| so với)(?=[\s,.;)]|$)"
)


def placed(sentence: Sentence, figure: Figure) -> Names | None:
    """The day's change before its direction: "ended 0.73 points higher"."""
    if figure.fact and figure.key.partition(".")[2] not in CHANGES | {"open_gap"}:
        return None
    if measure(figure) not in {"points", "percent"} or not _PLACED.match(right(sentence, figure)):
        return None
    opening = _OPENED.search(sentence.masked[: figure.start])
    return frozenset(("open_gap",)) if opening and measure(figure) == "percent" else CHANGES


def _is_lost_level(sentence: Sentence, figure: Figure, verb: str) -> bool:
    """Whether a supposed loss is of a level: "if it loses 1,150 points"."""
    is_level = figure.key.partition(".")[2] in LEVELS
    lost = verb in {"mất", "đánh mất", "lấy lại", "lost", "losing"}
    return is_level and lost and sentence.is_hypothetical(figure.start)


def _measured_from(sentence: Sentence, figure: Figure) -> Names | None:
    """The distance that a move makes from a level behind: "down 14% from its 52-week high"."""
    opened = _AGAINST[sentence.language].match(right(sentence, figure))
    if not opened:
        return None
    at = figure.end + opened.end()
    kind = "volume_vs_avg" if LIQUIDITY.search(sentence.masked[: figure.start]) else "distance_"
    for phrase in wording.phrases(sentence.masked, sentence.language):
        if phrase.start <= at < phrase.end or 0 <= phrase.start - at <= 2:
            return frozenset(n for n in phrase.names if n.startswith(kind)) or None
    return None


OVER_TIME = re.compile(
    r"^\W*(?:(?:tính|xét|nhìn|on)\W+)?(?:trong|qua|sau|khung|từ|kể từ|a|over|in|during|since)(?!\w)"
)


def _first(sentence: Sentence) -> int:
    return sentence.figures[0].start if sentence.figures else 0


# as in "opened up 0.7%" and in "at the open it lost 5%"
_OPENS = re.compile(
    r"(?<!\w)(?:mở cửa|mở phiên|(?:ngay )?(?:khi|lúc) mở cửa,[^,.;\x01]*|opened|"
    r"at the open,?[^,.;\x01]*|opening bell, when[^,.;\x01]*)(?: đã)? $"
)
_FRAME = re.compile(
    r"^\W*(?:kể từ|tính từ|so với|nếu so với|từ|since|from|compared (?:with|to)|against|"
    r"relative to)(?!\w)"
)


def _framed(sentence: Sentence, start: int) -> Names | None:
    """The distance that a clause before announces: "from its 52-week high, it has lost 14%"."""
    if not start:
        return None
    opened, end = sentence.clause(max(0, start - 3))
    if not _FRAME.match(sentence.masked[opened:end]):
        return None
    kind = "volume_vs_avg" if LIQUIDITY.search(sentence.masked[start:]) else "distance_"
    names = [
        frozenset(name for name in phrase.names if name.startswith(kind))
        for phrase in wording.phrases(sentence.masked, sentence.language)
        if opened <= phrase.start < end
    ]
    return next((found for found in names if found), None)


def move_before(sentence: Sentence, figure: Figure) -> re.Match[str] | None:
    """The verb of motion that a figure completes, as in "tăng nhẹ 3,2 điểm"."""
    before = left(sentence, figure)
    found = _MOVE_BEFORE[sentence.language].search(before)
    if not found:
        found = _MOVE_BEFORE[sentence.language].search(sentence.masked[: figure.start])
    return found


def against(sentence: Sentence, figure: Figure) -> Names | None:
    """A distance: "1.2% above its 20-session average", "cao hơn trung bình 20 phiên 1,2%"."""
    behind = right(sentence, figure)
    found = wording.phrases(sentence.masked, sentence.language)
    named_here = measure(figure) == "points" and any(
        0 <= figure.start - item.end <= 2 and not item.is_weak for item in found
    )
    if not named_here and (opened := _AGAINST[sentence.language].match(behind)):
        at = figure.end + opened.end()
        for phrase in found:
            if phrase.start <= at < phrase.end or 0 <= phrase.start - at <= 2:
                opening = _OPENED.search(sentence.masked[: figure.start])
                return _distances(phrase.names) - (frozenset() if opening else {"open_gap"})
    before = left(sentence, figure)
    apart = _APART_BEFORE[sentence.language].search(before)
    if apart and _THEN_CLOSED.search(apart["rest"]):
        apart = None
    if apart and measure(figure) in {"percent", "points", "pp"}:
        inside = [
            item
            for item in found
            if apart.start() <= item.start < figure.start and item.text not in wording.BARE
        ]
        named = next((_distances(item.names) for item in reversed(inside)), None)
        if not apart["rest"].strip(" bysovớimức") and not named:
            clause, _ = sentence.clause(figure.start)
            ahead = [i for i in found if clause <= i.start < apart.start() and i.names & LEVELS]
            named = _distances(ahead[-1].names) if ahead else None
        if named and measure(figure) == "points":
            if apart[0].startswith(("trên", "dưới", "vượt")):
                return (named & CHANGES) | _levels_of(inside)
            named = (named & CHANGES) | _itself(figure, inside)
        if named and named & MOVES:
            return named
    return None


def _itself(figure: Figure, found: list[wording.Phrase]) -> Names:
    """The level that the words name, where a reference writes it out: "above its open of …"."""
    return _levels_of(found) & {figure.key.partition(".")[2]}


_OPENED = re.compile(r"mở cửa|open")
_THEN_CLOSED = re.compile(
    r"(?<!\w)(?:và|rồi|and|to) (?:đóng cửa|chốt|khép|kết phiên|dừng|clos|end|finish|settl)"
)


def _levels_of(found: list[wording.Phrase]) -> Names:
    return frozenset().union(*(phrase.names & LEVELS for phrase in found))


def _distances(names: Names) -> Names:
    if "previous_close" in names:
        return CHANGES | {"open_gap"}
    if names & CLOSE and len(names & LEVELS) == 0:
        return names | MOVES
    return frozenset(name for name in names if name in MOVES) or names
