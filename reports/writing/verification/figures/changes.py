"""What the words say of a change, and what it is measured against."""

from __future__ import annotations

import re
from itertools import pairwise

from reports.writing.verification.reading import wording
from reports.writing.verification.reading.around import INSERTED, left, measure, right
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import CHANGES, CLOSE, LEVELS, MOVES, Names

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
        rf"^(?:\)| points?)*{INSERTED}? ?(?:above|below|over|under|from|off|against|short of|"
        rf"versus|than|"
        r"compared with|higher than|lower than|more than|less than)(?: (?:its|the|their|that of))* "
    ),
}


# What is won or lost at a session's end is a mark, not its open or the close before.
MARK_WON = re.compile(
    r"(?<!\w)(?:(?:giành|đòi|chiếm|thu|chinh phục) lại|chinh phục|tuột|thua(?= mốc)|"
    r"(?:regain|recover|clear|surpass|surrender|recaptur|breach)(?:s|es|ed|ing)?|"
    r"ret(?:akes?|ook|aken|aking)|w[io]ns? back|t(?:akes|ook|aking) out|tops|topp(?:ed|ing)|"
    r"los(?:t|es?|ing)|g(?:ave|ives?|iving) up|cede[sd]?)"
    r"(?: (?:mốc|ngưỡng|mức|vùng|tròn|the|its|round|key|mark|level|of))* ?$"
)


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
    if not verb or _is_lost_level(sentence, figure, verb):
        return None
    if far := _measured_from(sentence, figure):
        return far
    start, end = sentence.clause(figure.start)
    if _THIS_SESSION.match(right(sentence, figure)):
        return CHANGES
    if framed := _framed(sentence, start, verb.start("verb")):
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


_THIS_SESSION = re.compile(
    r"\)?(?: điểm| points)?(?: \(\x01+\))? (?:trong (?:phiên|ngày)(?: (?:này|hôm nay))?|phiên này|"
    r"in (?:the|this) session|on the day)(?= ?[,.;:)]|$| (?:nhưng|song|và|còn|but|and|while))"
)
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
    if opening and _CLOSED.search(sentence.masked, opening.end(), figure.start):
        opening = None
    return frozenset(("open_gap",)) if opening and measure(figure) == "percent" else CHANGES


def _is_lost_level(sentence: Sentence, figure: Figure, verb: re.Match[str]) -> bool:
    """Whether what is lost or won back is a level, as the reference says: "loses 1,150 points"."""
    name = figure.key.partition(".")[2]
    if name not in LEVELS or not _WON_OR_LOST.search(verb.string, 0, verb.end("verb")):
        return False
    mark = name.startswith("round_") and not figure.style
    return mark or sentence.is_hypothetical(figure.start)


_WON_OR_LOST = re.compile(
    r"(?:mất|đánh rơi|lấy lại|lost|losing|recovered|g(?:ave|ives?|iving) up)$"
)


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


_THEN_FIRST = re.compile(
    r"\)?(?: [^\W\d]+){0,3}? (?:to|lên|xuống|còn|thành|tới|đến|sang)"
    r"(?: (?:còn|mức|khoảng|gần|about|just|only|nearly))* \(?"
)
_NOW_FIRST = re.compile(
    r"\)?(?: (?:above|below|over|under)(?: (?:it|that|them))?)?,? ?\(?(?:(?:up|down|widening|"
    r"narrowing|tăng|giảm|thu hẹp|nới rộng) )?(?:từ|from)"
    r"(?: (?:mức|khoảng|about|just|only|nearly))* "
)
_GAP = re.compile(
    r"(?<!\w)(?:gap|distance|lead|cushion|shortfall|khoảng cách|cách|"
    r"chênh lệch)(?!\w)"
)
_HELD_AGAINST = re.compile(r"\)?,? (?:against|versus|compared with|so với)(?: (?:mức|the))* \(?")
_NOW = re.compile(r"(?<!\w)(?:nay|hiện|giờ|hôm nay|now|today)(?!\w)[^.;\x01]*$")
_FROM_THERE = re.compile(r"^\W*(?:từ|from)(?!\w)")
_FROM = re.compile(r"(?<!\w)(?:từ|from)(?: (?:mức|khoảng|about|just|only|nearly))* $")


def then_and_now(sentence: Sentence, figure: Figure) -> tuple[Figure, Figure] | None:
    """The two figures of "from 1.2% to 2.9%", or "to 2.9% from 1.2%", when one is this."""
    at, row = sentence.place(figure), sentence.figures
    near = row[max(0, at - 1) : at + 2]
    for first, second in pairwise(near):
        if figure.start not in {first.start, second.start} or measure(first) != measure(second):
            continue
        between = sentence.masked[first.end : second.start]
        if _THEN_FIRST.fullmatch(between) and _FROM.search(sentence.masked[: first.start]):
            return first, second
        if _NOW_FIRST.fullmatch(between):
            return second, first
        opened, _ = sentence.clause(first.start)
        if _NOW.search(between) and _FROM_THERE.match(sentence.masked[opened : first.start]):
            return first, second  # "from 2.9% below its average, it is now 4.9% below"
        gap = _GAP.search(sentence.masked, 0, first.start)
        if gap and _HELD_AGAINST.fullmatch(between) and ".before_" in second.key:
            return second, first
    return None


OVER_TIME = re.compile(
    r"^\W*(?:(?:tính|xét|nhìn|on)\W+)?(?:trong|qua|sau|khung|từ|kể từ|bức tranh|a|over|in|during|"
    r"since)(?!\w)"
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


def _framed(sentence: Sentence, start: int, verb: int) -> Names | None:
    """The distance that the words before announce: "from its 52-week high, it has lost 14%"."""
    spans = [(start, verb)]
    if start:
        spans.append(sentence.clause(max(0, start - 3)))
    for opened, end in spans:
        if not _FRAME.match(sentence.masked[opened:end]):
            continue
        kind = "volume_vs_avg" if LIQUIDITY.search(sentence.masked[opened:verb]) else "distance_"
        for phrase in wording.phrases(sentence.masked, sentence.language):
            if not opened <= phrase.start < end or _TO_CLOSE.search(
                sentence.masked, phrase.end, verb
            ):
                continue  # "from its low it recovered to close up 2.5%"
            if names := frozenset(name for name in phrase.names if name.startswith(kind)):
                return names
    return None


_TO_CLOSE = re.compile(r"(?<!\w)(?:clos|end|finish|settl|đóng cửa|kết phiên|chốt|khép)")


def move_before(sentence: Sentence, figure: Figure) -> re.Match[str] | None:
    """The verb of motion that a figure completes, as in "tăng nhẹ 3,2 điểm"."""
    before = left(sentence, figure)
    found = _MOVE_BEFORE[sentence.language].search(before)
    if not found:
        found = _MOVE_BEFORE[sentence.language].search(sentence.masked[: figure.start])
    if not found and measure(figure) == "percent":
        found = _LET_GO.search(before)
    return found


# "để mất 950 điểm" is of a level, "để mất 0,2%" a move
_LET_GO = re.compile(rf"(?<!\w)để (?P<verb>mất)(?P<between>(?: {_ADVERB['vi']})*) ?\(?$")


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
    if apart and "\x01" in apart["rest"]:  # "trên A ở mức 44% còn dưới B"
        later = before.rfind("\x01")
        apart = _APART_BEFORE[sentence.language].search(before, later) or apart
    if apart and measure(figure) == "points" and _IS_LEVEL.search(before):
        return None
    if apart and _THEN_CLOSED.search(apart["rest"]):
        apart = None
    if apart and _is_filled(sentence, figure, apart.start("rest")):
        apart = None
    if apart and measure(figure) in {"percent", "points", "pp"}:
        inside = [
            item
            for item in found
            if apart.start() <= item.start < figure.start and item.text not in wording.BARE
        ]
        at = sentence.place(figure)
        last = sentence.figures[at - 1].end if at else 0
        inside = [item for item in inside if item.start >= last] or inside
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


def _is_filled(sentence: Sentence, figure: Figure, position: int) -> bool:
    """Whether what a level is above stands in brackets, and this one is another: "above its 20-
    session average (…) when it reaches …".
    """
    if figure.key.partition(".")[2] not in LEVELS:
        return False
    behind = sentence.masked[position : figure.start].rpartition("\x01")[2]
    _, bracket, rest = behind.partition(")")
    return bool(bracket and re.search(r"[^\W_]{2,}", rest))


def _itself(figure: Figure, found: list[wording.Phrase]) -> Names:
    """The level that the words name, where a reference writes it out: "above its open of …"."""
    return _levels_of(found) & {figure.key.partition(".")[2]}


_OPENED = re.compile(r"mở cửa|open")
_CLOSED = re.compile(r"(?<!\w)(?:đóng cửa|chốt|kết phiên|khép|clos|end(?:ed|s)|finish|settl)")
# what follows is one itself
_IS_LEVEL = re.compile(r"(?<!\w)(?:trên|dưới|vượt|above|below)(?: mốc| ngưỡng)? ?$")
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
