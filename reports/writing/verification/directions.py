"""Direction words against the sign of what they describe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS, FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.cited import held
from reports.writing.verification.claims import apart, rivals, trading, trends
from reports.writing.verification.figures import changes, counted, roles
from reports.writing.verification.figures.spans import Move, move_over
from reports.writing.verification.reading import around, subjects
from reports.writing.verification.reading.motion import DOWN, FLAT, SIZES, UP, Motion, motions
from reports.writing.verification.reading.names import FOREIGN, LIQUIDITY
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import CHANGES, MOVES

_SIDES = {
    "vi": (
        (UP, re.compile(r"(?<!\w)(?:cao hơn|trên|vượt|nhỉnh hơn|lớn hơn|nhiều hơn)(?!\w)")),
        (DOWN, re.compile(r"(?<!\w)(?:thấp hơn|dưới|kém|thua|nhỏ hơn|ít hơn|yếu hơn)(?!\w)")),
    ),
    "en": (
        (
            UP,
            re.compile(
                r"\b(?:beat|outperformed|above|higher|heavier|busier|larger|over(?! \d|"
                r" the (?:last|past)| a\b)|"
                r"ahead of|more than|stronger|better|"
                r"off(?= (?:its|the|their|that)(?: \w+)? (?:low|bottom|trough)))\b"
            ),
        ),
        (
            DOWN,
            re.compile(
                r"\b(?:below|lower|thinner|lighter|smaller|under|behind|less than|weaker|worse|"
                r"(?:short|shy) of|trailed|lagged|"
                r"underperformed|off(?! (?:its|the|their|that)(?: \w+)? (?:low|bottom|trough)))\b"
            ),
        ),
    ),
}
LITTLE = 10  # percent; over a longer time, or of trading
_LED = re.compile(r"[^.;,]{0,24}: ?| by (?:\w+ )?\(?")  # to a figure
WAYS = {UP: "a rise", DOWN: "a fall", FLAT: "no change"}


_FROM = re.compile(r"(?<!\w)(?:từ|from)(?: mức)? $")


def sign_fault(sentence: Sentence, figure: Figure, sheet: FactSheet) -> str:
    """Why the word that carries a move's direction does not agree with the fact's sign or size."""
    fact = figure.fact
    if fact is None or fact.key.partition(".")[2] not in MOVES:
        return ""
    if sentence.is_hypothetical(figure.start) and not fact.key.endswith(
        ("change", "change_percent")
    ):
        return ""
    if ".distance_" in fact.key and apart.from_close(sentence, figure):
        return "is measured from the level, not from the close"
    sign = (fact.value > 0) - (fact.value < 0)
    if ".before_sma" in fact.key and _FROM.search(sentence.masked[: figure.start]):
        now = sheet.value(fact.key.replace(".before_", ".distance_"))
        if now is not None and now * sign > 0:
            return ""  # "down from 1.17%": the distance fell, on the side told before
    if fact.key.endswith(".vs_lead"):
        way = rivals.gap_way(sentence, figure)
        if way is None and rivals.is_gap(sentence):
            return ""
    else:
        way = told(sentence, figure)
        if _is_of_average(figure) and changes.then_and_now(sentence, figure):
            way = _side_before(sentence, figure)  # "widened" is no direction of the index
    if way is None:
        unsigned = figure.style == "abs" and not _is_distance(sentence, figure)
        if _is_of_average(figure) and _only_side(sentence, figure) == sign:
            return ""
        return "stands without its sign or a word that tells it" if unsigned and sign < 0 else ""
    if way != FLAT and sign and way != sign:
        return f"is told as {WAYS[way]}, but it is {WAYS[sign]}"
    return _size(sentence, figure, sheet)


def _is_of_average(figure: Figure) -> bool:
    return ".distance_sma" in figure.key or ".before_sma" in figure.key


_LEAD = re.compile(r"(?<!\w)(?:lead|cushion|premium|advantage|phần vượt|mức vượt)(?!\w)")
_LAG = re.compile(r"(?<!\w)(?:shortfall|discount|deficit|lag|mức thiếu|phần thiếu)(?!\w)")


def _side_before(sentence: Sentence, figure: Figure) -> int | None:
    """The side of its average on which the words before a pair of distances put the index."""
    start, _ = sentence.clause(figure.start)
    before = sentence.masked[start : figure.start]
    ways = {way for way, pattern in _SIDES[sentence.language] if pattern.search(before)}
    ways |= {way for way, noun in ((UP, _LEAD), (DOWN, _LAG)) if noun.search(before)}
    return ways.pop() if len(ways) == 1 else None


def _is_distance(sentence: Sentence, figure: Figure) -> bool:
    """Whether the text speaks of how far apart two levels are, which has no direction."""
    start, end = sentence.clause(figure.start)
    if _is_of_average(figure) and changes.then_and_now(sentence, figure):
        return True
    named = (".distance_", ".before_sma", "volume_vs_avg20")
    if not any(name in figure.key for name in named):
        return False
    if start > 1 and _MERE.fullmatch(sentence.masked, start, figure.start):
        start = sentence.clause(start - 3)[0]  # "2% away from its high, at 1.95%"
    spoken = _GAP_OF.search(sentence.masked, 0, start) if _is_of_average(figure) else None
    return bool(spoken or _DISTANCE.search(sentence.masked, start, end))


def _only_side(sentence: Sentence, figure: Figure) -> int | None:
    """The side of all that the sentence tells before: "under its averages, by 2.5% and 6.5%"."""
    before = sentence.masked[: figure.start]
    ways = {way for way, pattern in _SIDES[sentence.language] if pattern.search(before)}
    return ways.pop() if len(ways) == 1 else None


_DISTANCE = re.compile(
    r"(?<!\w)(?:cách|chênh|dư địa|(?:gần|xa|hẹp|rộng) (?:hơn|lại|ra)|room|away|within|from|short|"
    r"shy|gap|off|distance|closer|nearer|narrower|wider|farther|further|to go|thiếu)(?!\w)"
)
_GAP_OF = re.compile(r"(?<!\w)(?:the|that|this|khoảng) (?:gap|distance|shortfall|cách)(?!\w)")


def _size(sentence: Sentence, figure: Figure, sheet: FactSheet) -> str:
    """Why the verb before a day's change is too large or too small for it."""
    fact, verb = figure.fact, changes.move_before(sentence, figure)
    if fact is None or verb is None or fact.key.partition(".")[2] not in CHANGES:
        return ""
    subject = fact.key.partition(".")[0]
    percent = sheet.value(f"{subject}.change_percent")
    if percent is None:
        return ""
    said = [
        motion
        for motion in motions(sentence.masked[: figure.start] + "\x01", sentence.language)
        if motion.size and motion.end > verb.start("verb") and not motion.negated
    ]
    if not said:
        return ""
    if f"{subject}.close" not in sheet.facts:  # a coin: no band but that of rest
        moved = said[-1].size == "flat" and abs(percent) >= 1
        return "is called flat, but it moved" if moved else ""
    return size_fault(said[-1].size, rounded(percent), sheet.index_name(subject))


def told(sentence: Sentence, figure: Figure) -> int | None:
    """The direction that the words at a figure give it; None when they give none."""
    words = motions(sentence.masked, sentence.language)
    before = [item for item in words if item.end <= figure.start]
    at = sentence.place(figure)
    last = sentence.figures[at - 1] if at else None
    if last and figure.key == last.key.replace(".distance_sma", ".before_sma") != last.key:
        between = sentence.masked[last.end : figure.start]
        if _THAN.search(between) or not _side(sentence, figure):
            return told(sentence, last)  # "2.9% below its average, against 1.2% a day before"
    if verb := changes.move_before(sentence, figure):
        bound = [item for item in before if item.end > verb.start("verb")]
        if bound:
            return way_of(bound[0] if len(bound) == 1 else bound[-1])
        return {"mất": DOWN, "cộng": UP, "thêm": UP, "up": UP, "down": DOWN}.get(verb["verb"])
    side = _side(sentence, figure)
    if side is not None:
        return side
    start, end = sentence.clause(figure.start)
    colon = _before_colon(sentence, figure)
    start = start if colon is None else colon
    inside = [item for item in words if start <= item.start < figure.start]
    if inside:
        return way_of(inside[-1])
    if start > 1 and _THAN.search(sentence.masked[start : figure.start]):
        return _last_way_in(sentence, sentence.clause(start - 3)[0], figure, words)
    if at and _RESTATED.match(sentence.masked[sentence.figures[at - 1].end : figure.start]):
        return told(sentence, sentence.figures[at - 1])
    if _MERE.fullmatch(sentence.masked[start : figure.start]) and start > 1:
        return _last_way(sentence, figure, words)
    if last and around.alike(last, figure) and _ellipsis(sentence, last, figure):
        return told(sentence, last)
    if at > 1 and _listed(sentence, sentence.figures[at - 2], sentence.figures[at - 1], figure):
        return told(sentence, sentence.figures[at - 2])
    if figure.style == "abs":
        behind = [item for item in words if figure.end <= item.start < end]
        return way_of(behind[0]) if behind else None
    return None


_MERE = re.compile(r"\W*(?:chỉ|vỏn vẹn|just|only|with|với|by|at|ở mức)?\W*")
# As in 33.88 points, or 1.95 percent.
_RESTATED = re.compile(
    r"^\)?(?: điểm| points)?,? ?(?:tức|tức là|hay|tương đương|tương ứng|hoặc|or|that is|"
    r"equal to)? ?\(?$"
)


def _last_way(sentence: Sentence, figure: Figure, words: Sequence[Motion]) -> int | None:
    """The way told right before a comma that a figure follows: "fell least, 1.35%"."""
    start, _ = sentence.clause(
        max(0, len(sentence.masked[: sentence.clause(figure.start)[0]].rstrip(" ,:–—(")) - 1)
    )
    return _last_way_in(sentence, start, figure, words)


_THAN = re.compile(r"(?<!\w)(?:hơn|than|so với|against|versus)(?!\w)")


def _last_way_in(
    sentence: Sentence, start: int, figure: Figure, words: Sequence[Motion]
) -> int | None:
    inside = [item for item in words if start <= item.start < figure.start]
    while len(inside) > 1 and _OF_RUN.search(sentence.masked[: inside[-1].start]):
        inside.pop()  # "turned up after 3 falling sessions, +0.8%"
    return way_of(inside[-1]) if inside else None


_OF_RUN = re.compile(
    r"(?<!\w)(?:sau|after|following) (?:chuỗi |mạch )?[\w\x01]+ (?:phiên |sessions? )?"
    r"(?:(?:liên tiếp|consecutive|straight) )?$"
)


def _before_colon(sentence: Sentence, figure: Figure) -> int | None:
    """Where the clause begins that announces a list of figures: "all are lower: a, b, c"."""
    before = sentence.masked[: figure.start]
    colon = before.rfind(":")
    if colon < 0 or re.search(r"[^\W\d_]{3,}", re.sub(r"\([^)]*\)", "", before[colon:])):
        return None
    return sentence.clause(colon - 1)[0]


def _ellipsis(sentence: Sentence, first: Figure, second: Figure) -> bool:
    """Whether only a name stands between: "HNX-Index lost 1.2%, HNX30 1.5%"."""
    between = sentence.masked[first.end : second.start]
    for name in sentence.names:
        if first.end <= name.start and name.end <= second.start:
            cover = "\x03" * (name.end - name.start)
            at = name.start - first.end
            between = between[:at] + cover + between[at + len(cover) :]
    return bool(
        re.fullmatch(
            r"\)?(?: points| điểm)?,? ?(?:and|và|còn|while|followed by|ahead of|then|theo sau là|"
            r"tiếp theo là|tiếp đến là|kế đến là|rồi đến)? ?\x03+ ?(?:với|with|at|by)? ?\(?",
            between,
        )
    )


def _listed(sentence: Sentence, first: Figure, level: Figure, second: Figure) -> bool:
    """ "VN30 fell 2% to 1,300, HNX30 1.5% to 450": the verb is said once."""
    return (
        around.alike(first, second)
        and bool(_TO.fullmatch(sentence.masked[first.end : level.start]))
        and _ellipsis(sentence, level, second)
    )


_TO = re.compile(r"\)?(?: points| điểm)?,? (?:to|at|lên|xuống|còn|về|ở) \(?")


def way_of(motion: Motion) -> int:
    return -motion.way if motion.negated else motion.way


def _side(sentence: Sentence, figure: Figure) -> int | None:
    """UP for "above", DOWN for "below": right behind the figure, or before what it measures."""
    end, marked = around.behind_row(sentence, figure), rivals.marked(sentence)
    behind = sentence.masked[end:]
    for way, pattern in _SIDES[sentence.language]:
        found = pattern.search(behind)
        if found and re.fullmatch(
            r"(?:\)|%| điểm| points| percentage)* ?", behind[: found.start()]
        ):
            compared = found[0] != "off" and _is_change(figure)
            if compared and _YARDSTICK.match(marked, end + found.end()):
                continue  # of another index's move
            return way
    start, _ = sentence.clause(figure.start)
    before = around.left(sentence, figure)
    colon = _before_colon(sentence, figure)
    start = max(start, before.rfind("\x01") + 1) if colon is None else colon
    last: tuple[int, int] | None = None
    for way, pattern in _SIDES[sentence.language]:
        for found in pattern.finditer(before, start):
            if _is_rank(figure) and _RANKS.fullmatch(found[0]):
                continue
            if _is_change(figure) and _is_magnitude(sentence, marked, found, figure.start):
                continue
            if last is None or found.start() >= last[0]:
                last = (found.start(), way)
    if last is None and "\x01" in before[sentence.clause(figure.start)[0] :]:
        if ".distance_" in figure.key and _DISTANCE.search(before, start):
            return None  # "is 12% above its low and a distance of 21% from its high"
        return _side_of_clause(sentence, figure)
    return last[1] if last else None


# "less than VN-Index's", "thấp hơn mức tăng của VN-Index": a size, which has no direction
_YARDSTICK = re.compile(
    r"(?: (?:so với|than|hẳn|một chút|mức|con số|đà|tăng|giảm|của|that|of|in|the|a|gain|rise|loss|"
    r"fall|drop|decline))*(?: (?:'s|’s))? ?\x03+"
)
_SIZE = re.compile(
    r"(?: (?:so với|than|mức|con số|đà|mức tăng|mức giảm|của|that of|the|a|'s|’s)|\x03+(?:'s|’s)?)*"
    r"(?: (?:mức|con số|the|\x03+(?:'s|’s)?)(?: tăng| giảm)?(?: của)?(?: \x03+)?| ?\x03+(?:'s|’s)?)"
    r"(?: (?:with|at|on|với|ở|tại|mức|chỉ|only|just))* ?\(?"
)
_MERELY = re.compile(r"more than|less than|over|under|trên|dưới|nhiều hơn|ít hơn")


def _is_change(figure: Figure) -> bool:
    return figure.key.endswith((".change", ".change_percent"))


def _is_magnitude(sentence: Sentence, marked: str, found: re.Match[str], start: int) -> bool:
    """Whether a word like "less" only says how large a move is, or holds it against another's."""
    between = marked[found.end() : start]
    if _SIZE.fullmatch(between):
        return True
    if between.strip() or not _MERELY.fullmatch(found[0]):
        return False
    moved = motions(sentence.masked, sentence.language)
    return any(0 <= found.start() - item.end <= 1 for item in moved)


# Words that put one index before another, whichever way both moved.
_RANKS = re.compile(
    r"beat|outperformed|ahead of|stronger|better|behind|weaker|worse|trailed|lagged|"
    r"underperformed|nhỉnh hơn|kém|thua|yếu hơn"
)


def _is_rank(figure: Figure) -> bool:
    return figure.style == "signed" and figure.key.endswith((".change", ".change_percent"))


def _side_of_clause(sentence: Sentence, figure: Figure) -> int | None:
    """The only side that the clause names before a figure, other figures between or not."""
    start, _ = sentence.clause(figure.start)
    text, marked = sentence.masked[: figure.start], rivals.marked(sentence)
    ways = set()
    for way, pattern in _SIDES[sentence.language]:
        for found in pattern.finditer(text, start):
            ahead = next(f for f in sentence.figures if f.start >= found.end())
            if not (_is_change(figure) and _is_magnitude(sentence, marked, found, ahead.start)):
                ways.add(way)
    return ways.pop() if len(ways) == 1 else None


def rounded(value: Decimal | None) -> Decimal:
    return (value or Decimal(0)).quantize(Decimal("0.01"))


def loose(
    sentence: Sentence, case: Case, claimed: Sequence[tuple[int, int]]
) -> Iterator[tuple[str, str, str]]:
    """Word, evidence and reason for each direction word that no figure or claim carries."""
    for motion in motions(sentence.masked, sentence.language):
        if sentence.is_hypothetical(motion.start) or _is_claimed(motion, claimed):
            continue
        if _has_figure(sentence, motion) or counted.is_count(sentence, motion):
            continue
        yield motion.text, *_checked(sentence, motion, case)


def _is_claimed(motion: Motion, claimed: Sequence[tuple[int, int]]) -> bool:
    return any(start < motion.end and motion.start < end for start, end in claimed)


def _has_figure(sentence: Sentence, motion: Motion) -> bool:
    """Whether the word's own figure follows it, and with it the check of its sign."""
    for figure in sentence.figures:
        if figure.start < motion.end:
            continue
        if _LED.fullmatch(sentence.masked, motion.end, figure.start):
            return _is_move(figure)
        if roles.touched(sentence, figure, motion.way):
            return True
        verb = changes.move_before(sentence, figure)
        if verb and verb.start("verb") <= motion.end and motion.start <= verb.end("between"):
            kind = around.measure(figure)
            return kind in {"points", "percent", "pp", "times", "usd"} and _is_move(figure)
        return False
    return False


def _is_move(figure: Figure) -> bool:
    return figure.fact is None or figure.fact.key.partition(".")[2] in MOVES


def _checked(sentence: Sentence, motion: Motion, case: Case) -> tuple[str, str]:
    """Evidence and reason for one word of direction."""
    start, _ = sentence.clause(motion.start)
    before = sentence.masked[start : motion.start]
    whole = sentence.masked[: motion.start]
    last = max((item.end for item in sentence.names if item.end <= motion.start), default=0)
    if trends.is_trend(before):
        if motion.way == FLAT:
            return trends.unchanged(sentence, motion.start, case)
        if leaning := trends.leans(sentence, motion, case):
            return leaning
    behind = _named_behind(sentence, motion)
    own = behind or subjects.beside(sentence, motion.start)
    foreign = None if own else FOREIGN.search(whole, last) or FOREIGN.search(before)
    if foreign:
        return held.direction(sentence, motion, case, foreign[0])
    what = held.speaks_of_item(sentence, motion, case)
    if what and not (own and held.is_ours(sentence, motion.start, case)):
        told = held.direction(sentence, motion, case, what)
        coins = any(item.key in CRYPTO_SUBJECTS for item in sentence.names)
        if not told[1] or not (own or coins):
            return told
    if said := held.agrees(sentence, motion.start, way_of(motion), case):
        return said, ""
    of_index = _OF_INDEX.match(sentence.masked, motion.end)
    traded = LIQUIDITY.search(before) and not LIQUIDITY.search(before[: max(last - start, 0)])
    if trading.NAMED.match(sentence.masked, motion.end):
        return _liquidity(sentence, motion, case)
    if traded and not of_index and not trading.of_price(sentence, motion.start, motion.end):
        return _liquidity(sentence, motion, case)
    keys = behind or rivals.row_before(sentence, motion.start)
    if not keys and subjects.COLLECTIVE.search(whole, last):
        keys = [rivals.first(sentence, motion.start, case)]
    keys = keys or [subjects.speaker(sentence, motion.start, case.subject)]
    found = []
    for key in keys:
        move = move_over(sentence, motion, key, case.sheet)
        found.append((move.evidence, _disagreement(motion, move, case.sheet.index_name(key))))
    return next((item for item in found if item[1]), found[-1])


# "the rising session of A", "the rise in A", "phiên tăng của A", "chiều giảm của A"
_OF_NAMED = {
    "vi": re.compile(
        r"(?<!\w)(?:phiên|chiều|mức|đà|nhịp|cú|sự|xu hướng) \x05+(?: (?:điểm|giá|mạnh|nhẹ))*"
        r" của (?:chỉ số )?(?=\x03)"
    ),
    "en": re.compile(
        r"(?:\x05+ (?:session|day)|(?<!\w)(?:the|a|this|that|its) (?:\w+ )?\x05+) (?:of|for|in|by) "
        r"(?:the )?(?=\x03)"
    ),
}


def _named_behind(sentence: Sentence, motion: Motion) -> list[str]:
    """Whose rise or fall it is, where the name follows."""
    text, told = rivals.marked(sentence), "\x05" * (motion.end - motion.start)
    text = text[: motion.start] + told + text[motion.end :]
    found = _OF_NAMED[sentence.language].search(text)
    return [item.key for item in sentence.names if found and item.start == found.end()]


_OF_INDEX = re.compile(
    r" (?:của|in|of) (?:the )?(?:chỉ số|thị trường|giá|index|indices|market|prices)(?!\w)"
)


def _liquidity(sentence: Sentence, motion: Motion, case: Case) -> tuple[str, str]:
    subject = subjects.speaker(sentence, motion.start, case.subject)
    key = f"{subject}.volume_vs_avg20"
    value = case.sheet.value(key)
    if value is None or re.search(r"phiên trước|hôm qua|previous|yesterday", sentence.masked):
        return "", "tells a direction of trading that no fact proves"
    move = Move(key, value, is_day=False)
    return key, _disagreement(motion, move, "trading volume against its average")


def _disagreement(motion: Motion, move: Move, name: str) -> str:
    if move.value is None:
        return f"tells a direction that the facts do not prove ({move.problem})"
    value = rounded(move.value)
    sign = (value > 0) - (value < 0)
    if motion.negated:
        if motion.size in {"strong", "extreme"}:  # "did not surge" leaves a small rise open
            low = SIZES[motion.size][0] if move.is_day else LITTLE
            return "" if sign != motion.way or abs(value) < low else f"denies what {name} did"
        return "" if sign != motion.way else f"denies what {name} did"
    if motion.way == FLAT:
        return "" if not move.is_day or abs(value) < SIZES["flat"][1] else f"calls {name} flat"
    if sign != motion.way:
        return f"tells {WAYS[motion.way]}, but {name} shows {WAYS[sign]}"
    return size_fault(motion.size, value, name) if move.is_day else ""


def size_fault(size: str, percent: Decimal, name: str) -> str:
    """Why a word of that size does not fit a day's move."""
    if size not in SIZES:
        return ""
    low, high = SIZES[size]
    if low <= abs(percent) <= high:
        return ""
    return f"does not fit the size of the move of {name} ({percent}%)"
