"""Direction words against the sign of what they describe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from reports.facts import FactSheet
from reports.writing.verification import around, changes, roles, subjects
from reports.writing.verification.case import Case
from reports.writing.verification.motion import DOWN, FLAT, SIZES, UP, Motion, motions
from reports.writing.verification.names import FOREIGN, LIQUIDITY
from reports.writing.verification.sentences import Figure, Sentence
from reports.writing.verification.spans import Move, move_over
from reports.writing.verification.wording import CHANGES, MOVES

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
                r"ahead of|more than|stronger|better)\b"
            ),
        ),
        (
            DOWN,
            re.compile(
                r"\b(?:below|lower|thinner|lighter|smaller|under|behind|less than|weaker|worse|"
                r"short of|trailed|lagged|"
                r"underperformed|off)\b"
            ),
        ),
    ),
}
_ONE_COUNT = {
    "vi": re.compile(
        r"(?:\x01|(?<!\w)(?:mã|cổ phiếu|đồng tiền|đồng|phía|bên))(?: đã| cùng| giá)* $"
    ),
    "en": re.compile(
        r"\x01 (?:stocks? |shares |issues |names |coins |of them |of these )?(?:were |was |that )?$"
    ),
}
LITTLE = 10  # percent; over a longer time, or of trading
_WAYS = {UP: "a rise", DOWN: "a fall", FLAT: "no change"}


def sign_fault(sentence: Sentence, figure: Figure, sheet: FactSheet) -> str:
    """Why the word that carries a move's direction does not agree with the fact's sign or size."""
    fact = figure.fact
    if fact is None or fact.key.partition(".")[2] not in MOVES:
        return ""
    if sentence.is_hypothetical(figure.start) and not fact.key.endswith(
        ("change", "change_percent")
    ):
        return ""
    way = told(sentence, figure)
    sign = (fact.value > 0) - (fact.value < 0)
    if way is None:
        unsigned = figure.style == "abs" and not _is_distance(sentence, figure)
        return "stands without its sign or a word that tells it" if unsigned and sign < 0 else ""
    if way != FLAT and sign and way != sign:
        return f"is told as {_WAYS[way]}, but it is {_WAYS[sign]}"
    return _size(sentence, figure, sheet)


def _is_distance(sentence: Sentence, figure: Figure) -> bool:
    """Whether the text speaks of how far apart two levels are, which has no direction."""
    start, end = sentence.clause(figure.start)
    return ".distance_" in figure.key and bool(
        re.search(
            r"(?<!\w)(?:cách|chênh|dư địa|room|away|within|from|short|gap|off)(?!\w)",
            sentence.masked[start:end],
        )
    )


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
    return size_fault(said[-1].size, _rounded(percent), sheet.index_name(subject))


def told(sentence: Sentence, figure: Figure) -> int | None:
    """The direction that the words at a figure give it; None when they give none."""
    words = motions(sentence.masked, sentence.language)
    before = [item for item in words if item.end <= figure.start]
    if verb := changes.move_before(sentence, figure):
        bound = [item for item in before if item.end > verb.start("verb")]
        if bound:
            return _way(bound[0] if len(bound) == 1 else bound[-1])
        return {"mất": DOWN, "cộng": UP, "thêm": UP, "up": UP, "down": DOWN}.get(verb["verb"])
    side = _side(sentence, figure)
    if side is not None:
        return side
    start, end = sentence.clause(figure.start)
    colon = _before_colon(sentence, figure)
    start = start if colon is None else colon
    inside = [item for item in words if start <= item.start < figure.start]
    if inside:
        return _way(inside[-1])
    if start > 1 and _THAN.search(sentence.masked[start : figure.start]):
        return _last_way_in(sentence, sentence.clause(start - 3)[0], figure, words)
    at = sentence.place(figure)
    if at and _RESTATED.match(sentence.masked[sentence.figures[at - 1].end : figure.start]):
        return told(sentence, sentence.figures[at - 1])
    if not sentence.masked[start : figure.start].strip() and start > 1:
        return _last_way(sentence, figure, words)
    if at and _ellipsis(sentence, sentence.figures[at - 1], figure):
        return told(sentence, sentence.figures[at - 1])
    if figure.style == "abs":
        behind = [item for item in words if figure.end <= item.start < end]
        return _way(behind[0]) if behind else None
    return None


# As in 33.88 points, or 1.95 percent.
_RESTATED = re.compile(
    r"^\)?(?: điểm| points)?,? ?(?:tức|tức là|hay|tương đương|tương ứng|hoặc|or|that is|"
    r"equal to)? ?\(?$"
)


def _last_way(sentence: Sentence, figure: Figure, words: Sequence[Motion]) -> int | None:
    """The way told right before a comma that a figure follows: "fell least, 1.35%"."""
    start, _ = sentence.clause(
        max(0, sentence.masked[: figure.start].rstrip(" ,:–—(").__len__() - 1)
    )
    return _last_way_in(sentence, start, figure, words)


_THAN = re.compile(r"(?<!\w)(?:hơn|than|so với|against|versus)(?!\w)")


def _last_way_in(
    sentence: Sentence, start: int, figure: Figure, words: Sequence[Motion]
) -> int | None:
    inside = [item for item in words if start <= item.start < figure.start]
    return _way(inside[-1]) if inside else None


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
        re.fullmatch(r"\)?(?: points| điểm)?,? ?(?:and|và|còn|while)? ?\x03+ ?\(?", between)
    )


def _way(motion: Motion) -> int:
    return -motion.way if motion.negated else motion.way


def _side(sentence: Sentence, figure: Figure) -> int | None:
    """UP for "above", DOWN for "below": right behind the figure, or before what it measures."""
    behind = sentence.masked[figure.end :]
    for way, pattern in _SIDES[sentence.language]:
        found = pattern.search(behind)
        if found and re.fullmatch(
            r"(?:\)|%| điểm| points| percentage)* ?", behind[: found.start()]
        ):
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
            if last is None or found.start() >= last[0]:
                last = (found.start(), way)
    if last is None and "\x01" in before[sentence.clause(figure.start)[0] :]:
        return _side_of_clause(sentence, figure)
    return last[1] if last else None


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
    before = sentence.masked[start : figure.start]
    ways = {way for way, pattern in _SIDES[sentence.language] if pattern.search(before)}
    return ways.pop() if len(ways) == 1 else None


_DIFFERENCE = re.compile(r"(?:abs)?\(?\s*(\w+)\.(\w+)\s*-\s*(\w+)\.(\w+)\s*\)?")


def derived_fault(sentence: Sentence, figure: Figure, value: Decimal, expression: str) -> str:
    """A computed move must be told in its own direction; a distance or a ratio has none."""
    if figure.unit not in {"points", "percent", "pp"}:
        return ""
    way, sign = told(sentence, figure), (value > 0) - (value < 0)
    difference = _DIFFERENCE.fullmatch(expression.strip())
    if difference and difference[1] == difference[3]:
        # a move ends at the close, in whichever order its ends are subtracted
        if "close" not in {difference[2], difference[4]}:
            return ""
        if "abs" in expression:
            return ""
        sign = sign if difference[2] == "close" else -sign
    elif "abs" in expression or not (changes.move_before(sentence, figure) or value < 0):
        return ""
    if way in {None, FLAT} or not sign:
        return ""
    return (
        "" if way == sign else f"is told as {_WAYS[way or 0]}, but its arithmetic is {_WAYS[sign]}"
    )


def cited_fault(sentence: Sentence, figure: Figure, text: str, position: int) -> str:
    """Whether the item gives its figure the other direction: the nearest word before each."""
    way = told(sentence, figure)
    if way is None:
        return ""
    before = text[max(0, position - 60) : position]
    before = before[max(before.rfind(". "), before.rfind("; ")) + 1 :]
    said = [item for language in ("vi", "en") for item in motions(before + "\x01", language)]
    if not said:
        return ""
    return "" if _way(max(said, key=lambda item: item.end)) == way else "the other way"


def counted_fault(
    sentence: Sentence, figure: Figure, names: Sequence[str], sheet: FactSheet
) -> str:
    """Named indices must all have moved the way that the sentence says of their number."""
    start, end = sentence.clause(figure.start)
    words = motions(sentence.masked[:end], sentence.language)
    near = [item for item in words if item.start >= start]
    if not near:
        return "counts indices without saying which way they moved"
    way = _way(near[0])
    for name in names:
        value = _rounded(sheet.value(f"{name}.change_percent"))
        if (value > 0) - (value < 0) != way:
            return f"counts {sheet.index_name(name)}, which did not move that way"
    others = [
        state.key
        for state in sheet.indices
        if state.key not in names
        and (value := _rounded(sheet.value(f"{state.key}.change_percent"))) is not None
        and state.known
        and (value > 0) - (value < 0) == way
    ]
    return f"leaves out {sheet.index_name(others[0])}, which moved the same way" if others else ""


def _rounded(value: Decimal | None) -> Decimal:
    return (value or Decimal(0)).quantize(Decimal("0.01"))


def loose(
    sentence: Sentence, case: Case, claimed: Sequence[tuple[int, int]]
) -> Iterator[tuple[str, str, str]]:
    """Word, evidence and reason for each direction word that no figure or claim carries."""
    for motion in motions(sentence.masked, sentence.language):
        if sentence.is_hypothetical(motion.start) or _is_claimed(motion, claimed):
            continue
        if _has_figure(sentence, motion) or _is_count(sentence, motion):
            continue
        yield motion.text, *_checked(sentence, motion, case)


def _is_claimed(motion: Motion, claimed: Sequence[tuple[int, int]]) -> bool:
    return any(start < motion.end and motion.start < end for start, end in claimed)


def _has_figure(sentence: Sentence, motion: Motion) -> bool:
    """Whether the word's own figure follows it, and with it the check of its sign."""
    for figure in sentence.figures:
        if figure.start < motion.end:
            continue
        if re.fullmatch(r"[^.;,]{0,24}: ?", sentence.masked[motion.end : figure.start]):
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


# "65 mã trong", "5 stocks ended": whose colour follows
_COLOURED = re.compile(
    r"\x01 (?:mã|cổ phiếu)(?: \w+){0,3} $|"
    r"\x01 (?:stocks |shares |names )?(?:ended |closed |finished |were )?$"
)


def _is_count(sentence: Sentence, motion: Motion) -> bool:
    if re.match(
        r" (?:ones|coins|stocks|issues|names|đồng|mã)(?!\w)", sentence.masked[motion.end :]
    ):
        return True
    if re.match("sắc|in the", motion.text) and _COLOURED.search(sentence.masked[: motion.start]):
        return True
    return bool(_ONE_COUNT[sentence.language].search(sentence.masked[: motion.start]))


def _checked(sentence: Sentence, motion: Motion, case: Case) -> tuple[str, str]:
    """Evidence and reason for one word of direction."""
    start, _ = sentence.clause(motion.start)
    before = sentence.masked[start : motion.start]
    whole = sentence.masked[: motion.start]
    last = max((item.end for item in sentence.names if item.end <= motion.start), default=0)
    foreign = FOREIGN.search(whole, last) or FOREIGN.search(before)
    if foreign:
        return _by_citation(sentence, motion, case, foreign[0])
    if LIQUIDITY.search(before) and not LIQUIDITY.search(before[: max(last - start, 0)]):
        return _liquidity(sentence, motion, case)
    subject = subjects.speaker(sentence, motion.start, case.subject)
    move = move_over(sentence, motion, subject, case.sheet)
    return move.evidence, _disagreement(motion, move, case.sheet.index_name(subject))


def _by_citation(sentence: Sentence, motion: Motion, case: Case, what: str) -> tuple[str, str]:
    for name in sentence.cited:
        item = case.items.get(name)
        text = f"{item.title}. {item.summary}".lower() if item else ""
        for language in ("vi", "en"):
            if any(_way(said) == _way(motion) for said in motions(text, language)):
                return name, ""
    return "", f"tells a direction of {what}, which no cited item proves"


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
    value = _rounded(move.value)
    sign = (value > 0) - (value < 0)
    if motion.negated:
        if motion.size in {"strong", "extreme"}:  # "did not surge" leaves a small rise open
            low = SIZES[motion.size][0] if move.is_day else LITTLE
            return "" if sign != motion.way or abs(value) < low else f"denies what {name} did"
        return "" if sign != motion.way else f"denies what {name} did"
    if motion.way == FLAT:
        return "" if not move.is_day or abs(value) < SIZES["flat"][1] else f"calls {name} flat"
    if sign != motion.way:
        return f"tells {_WAYS[motion.way]}, but {name} shows {_WAYS[sign]}"
    return size_fault(motion.size, value, name) if move.is_day else ""


def size_fault(size: str, percent: Decimal, name: str) -> str:
    """Why a word of that size does not fit a day's move."""
    if size not in SIZES:
        return ""
    low, high = SIZES[size]
    if low <= abs(percent) <= high:
        return ""
    return f"does not fit the size of the move of {name} ({percent}%)"
