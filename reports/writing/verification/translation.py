"""A translation against its original: references, citations, figures, names, directions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from reports.facts import FactSheet
from reports.writing.verification.directions import told
from reports.writing.verification.reading import sentences
from reports.writing.verification.reading.motion import DOWN, FLAT, motions
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import MOVES

_TICKER = re.compile(
    r"(?<![\w{|.])(?!(?:VND|USD)\d|[IVX]+(?!\w))(?:[A-Z]{3}\d?|MA\d{1,3}|RSI|VN30F\w+)(?![\w}])"
)
# Abbreviations that one language spells out, and the other does not.
_NO_TICKERS = {
    "USD",
    "VND",
    "ICT",
    "GMT",
    "UTC",
    "ATO",
    "ATC",
    "PLO",
    "GDP",
    "CPI",
    "FED",
    "ETF",
    "HCM",
    "HNX",
    "IPO",
}
_COUNTED = {
    "vi": re.compile(
        rf"(?<!\w)(?<!đầu )(?P<n>{VI_WORDS}|đôi) (?:trong|chỉ số|phiên|tuần|tháng|mã|lần)(?!\w)|"
        r"(?<!\w)(?:cả(?! năm(?!\w))|gấp|thứ) (?:gần |hơn |khoảng )?"
        rf"(?P<m>{VI_WORDS}|đôi)(?!\w)(?! ?\d|,)"
    ),
    "en": re.compile(rf"\b(?P<n>{EN_WORDS}|twice|doubled|double|tripled|quadrupled)\b"),
}
_MULTIPLES = {"đôi": 2, "twice": 2, "double": 2, "doubled": 2, "tripled": 3, "quadrupled": 4}
_SIDES = {
    "vi": (r"cao hơn|trên|vượt|cao nhất|đỉnh|mạnh nhất|bên mua|mã tăng",
           r"thấp hơn|dưới|thủng|thấp nhất|đáy|yếu nhất|kém nhất|bên bán|mã giảm"),
    "en": (rf"above|over(?! time| the (?:next|last|past|coming|course|day|week|month|session|same)|"
           rf" (?:\d+|\x01+|{EN_WORDS}) (?:sessions|hours|days|weeks))|"
           r"highest|high|strongest|best|buyers|advances",
           r"below|under|lowest|low|weakest|worst|sellers|declines"),
}  # fmt: skip
_LEVEL_SIDE = {
    language: tuple(re.compile(rf"(?<!\w)(?:{words})(?!\w)") for words in both)
    for language, both in _SIDES.items()
}


def translation_fault(vi: str, en: str, sheet: FactSheet) -> str | None:
    """The first way in which the English text says something else, in one sentence, or None."""
    left = [sentences.read(raw, sheet, "vi") for raw in sentences.split(vi)]
    right = [sentences.read(raw, sheet, "en") for raw in sentences.split(en)]
    checks = (
        _references(left, right),
        _counted("citations", _cited(left), _cited(right)),
        _figures(left, right),
        _counted("names of indices", _named(left), _named(right)),
        _counted("tickers", _tickers(vi), _tickers(en)),
        _counted("dates and times", _dated(left), _dated(right)),
        _number_words(left, right),
        _directions(left, right),
    )
    return next((fault for fault in checks if fault), None)


def _references(left: list[Sentence], right: list[Sentence]) -> str:
    keys = [Counter(item.key for item in _all(side) if item.is_reference) for side in (left, right)]
    return _differ("references", *keys)


def _all(side: list[Sentence]) -> list[Figure]:
    return [figure for sentence in side for figure in sentence.figures]


def _figures(left: list[Sentence], right: list[Sentence]) -> str:
    """Bare figures by value and kind of unit; a figure that cannot be read differs from all."""
    for side, name in ((left, "Vietnamese"), (right, "English")):
        odd = [f for f in _all(side) if f.problem]
        if odd:
            return f"“{odd[0].text}” {odd[0].problem} in the {name} text."
    before, after = (Counter((f.value, _kind(f)) for f in _bare(side)) for side in (left, right))
    for value, unit in [*(before - after)]:
        if abs(value) >= MILLION:  # "from 8 to 9.5 billion USD": one language says it once
            others = [u for v, u in after - before if v == value and "" in {u, unit}]
            for other in others[:1]:
                before[value, unit] -= 1
                after[value, other] -= 1
    shown = [
        Counter({f"{value.normalize():f} {unit}".strip(): n for (value, unit), n in c.items()})
        for c in (before, after)
    ]
    return _differ("figures", *shown)


MILLION = 10**6
_RUN = re.compile(r" (?:straight|consecutive|successive)(?!\w)")


def _bare(side: list[Sentence]) -> Iterable[Figure]:
    """The figures written out, but for how many in a row: Vietnamese reads those as a stretch."""
    for sentence in side:
        for figure in sentence.figures:
            if not figure.is_reference and not _RUN.match(sentence.masked, figure.end):
                yield figure


def _kind(figure: Figure) -> str:
    return {"pp": "percent", "stocks": "", "shares": "", "points": "", "times": ""}.get(
        figure.unit, figure.unit
    )


def _cited(side: list[Sentence]) -> Iterable[str]:
    return [name for sentence in side for name in sentence.cited]


def _named(side: list[Sentence]) -> Iterable[str]:
    """Which subjects are named, once each: one language repeats a name where another says "it"."""
    return {name.key for sentence in side for name in sentence.names if name.key != "crypto"}


def _tickers(text: str) -> Iterable[str]:
    return set(_TICKER.findall(text)) - _NO_TICKERS


def _dated(side: list[Sentence]) -> Iterable[str]:
    found = []
    for sentence in side:
        for span in sentence.plain:
            if span.day:
                found.append(f"{span.day[0]}/{span.day[1]}")
            elif span.clock:
                found.append(f"{span.clock:%H:%M}")
    return found


def _counted(what: str, left: Iterable[str], right: Iterable[str]) -> str:
    return _differ(what, Counter(left), Counter(right))


def _differ(what: str, left: Counter[str], right: Counter[str]) -> str:
    if left == right:
        return ""
    lost, new = left - right, right - left
    parts = []
    if lost:
        parts.append("lost " + ", ".join(sorted(lost)))
    if new:
        parts.append("added " + ", ".join(sorted(new)))
    return f"The translation has other {what}: {' and '.join(parts)}."


def _number_words(left: list[Sentence], right: list[Sentence]) -> str:
    """Each number in words, or a windowed one in digits, of the original must be in the other."""
    wanted = _spelled(left, "vi")
    there = _spelled(right, "en") | _windows(right)
    missing = [value for value in wanted - _small(right) if value not in there]
    return f"The translation lost the number {missing[0]}." if missing else ""


def _spelled(side: list[Sentence], language: str) -> set[int]:
    found: set[int] = set()
    for sentence in side:
        days = [span.start for span in sentence.plain if span.kind == "date"]
        for match in _COUNTED[language].finditer(sentence.masked):
            if any(0 <= day - match.end() <= 7 for day in days):
                continue  # thứ Sáu 21/8
            word = match["n"] or match.groupdict().get("m") or ""
            value = _MULTIPLES.get(word, word_value(word))
            if value is not None:
                found.add(value)
    return found


def _windows(side: list[Sentence]) -> set[int]:
    return {
        int(digits)
        for sentence in side
        for span in sentence.plain
        for digits in re.findall(r"\d+", sentence.masked[span.start : span.end])
    }


def _small(side: list[Sentence]) -> set[int]:
    """Numbers that English tells without one: "both indices", "a session"."""
    text = " ".join(sentence.masked for sentence in side)
    found = {1}
    if re.search(r"\bboth\b", text):
        found.add(2)
    if re.search(r"\b(?:no|none|not|nothing|never|neither|without)\b", text):
        found.add(0)
    return found


def _directions(left: list[Sentence], right: list[Sentence]) -> str:
    """Claim by claim: the ways that the two texts tell, sentence by sentence where they pair."""
    if len(left) == len(right):
        for first, second in zip(left, right, strict=True):
            if fault := _ways(first, second):
                return fault
        return ""
    return _ways_of(left, right)


def _ways(first: Sentence, second: Sentence) -> str:
    return _ways_of([first], [second])


def _ways_of(left: list[Sentence], right: list[Sentence]) -> str:
    before, after = _told(left, "vi"), _told(right, "en")
    for way, name in ((1, "up"), (-1, "down")):
        if before[way] and not after[way] and after[-way] > before[-way]:
            return f"The translation tells another direction: {name} is lost."
        if after[way] and not before[way] and before[-way] > after[-way]:
            return f"The translation tells another direction: {name} is new."
    here, there = _ways_by_key(left), _ways_by_key(right)
    for key, ways in here.items():
        if len(ways) == len(there.get(key, ())) == 1 and ways != there[key]:
            return f"The translation tells another direction of {key}."
    return ""


_LOSES = re.compile(r"(?<!\w)mất(?= (?:thêm |tới |gần |hơn |khoảng )?\x01)")


def _told(side: list[Sentence], language: str) -> Counter[int]:
    """How many words of each direction the sentences hold, sides of levels included."""
    found: Counter[int] = Counter()
    for sentence in side:
        text = sentence.masked
        for motion in motions(text, language):
            text = text[: motion.start] + " " * len(motion.text) + text[motion.end :]
            if motion.way != FLAT:
                found[-motion.way if motion.negated else motion.way] += 1
        if language == "vi":
            found[DOWN] += len(_LOSES.findall(sentence.masked))
        for way, pattern in zip((1, -1), _LEVEL_SIDE[language], strict=True):
            found[way] += len(pattern.findall(text))
    return found


# Which of two indices is the stronger has its own check: "weaker" is no direction of either.
_TOLD = MOVES - {"vs_lead"}


def _ways_by_key(side: list[Sentence]) -> dict[str, set[int]]:
    """In which directions each reference to a move is told."""
    found: dict[str, set[int]] = {}
    for sentence in side:
        for figure in sentence.figures:
            if figure.is_reference and figure.key.partition(".")[2] in _TOLD:
                way = told(sentence, figure)
                found.setdefault(figure.key, set()).update({way} if way else ())
    return found
