"""A text as sentences, and a sentence as what can be checked in it: figures, names, citations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

from reports.document import CITATION, REFERENCE
from reports.facts import Fact, FactSheet
from reports.publishing import labels
from reports.writing.verification.reading import idioms, numbers, plain
from reports.writing.verification.reading.names import Name, names_in

LONGEST_HEDGE = 60  # characters
HIDDEN = "\x01"  # stands for each character of a figure in `masked`

_END = re.compile(r"(?:[.!?…]+[\"”’)\]]*(?:\s*\[\[[^\]\s]{1,20}\]\])*(?=\s|$)|\n)\s*")
_HEDGE = {
    "vi": re.compile(
        r"(?<!\w)(?:(?<!trong )khoảng|xấp xỉ|gần|ước|ước tính|quanh|chừng|tầm|độ|gần như)"
        r"(?: mức| mốc| ngưỡng)? ?(?:\(|usd |\$)?$"
    ),
    "en": re.compile(
        r"(?<!\w)(?:about|around|approximately|roughly|nearly|near|almost|close to|circa|~)"
        r" ?(?:the )?(?:vnd |us\$|usd |\$)?$"
    ),
}
_MODAL = {
    "vi": re.compile(
        r"(?<!\w)(?:nếu|(?:kể|ngay) cả khi|một khi|chỉ khi|(?:cho )?(?:đến|tới) khi|không loại trừ|"
        r"bất kỳ|có lẽ|có thể|có khả năng|khả năng|giả sử|trong trường hợp|trường hợp|sẽ|dự kiến|"
        r"kỳ vọng|chờ|cần(?! (?:lưu ý|nhấn mạnh|nói|chú ý|biết|thấy))|hướng tới|mục tiêu|khi nào|"
        r"(?<!số )(?<!dữ )(?<!tài )liệu|trừ khi|nhiều khả năng|chưa thể|"
        r"không thể|chưa rõ|xác suất|tần suất|kịch bản|chưa đủ|chưa chắc|còn quá sớm|"
        r"khó (?:có thể )?(?:khẳng định|nói)|hay không|phải(?= (?:đóng cửa|vượt|giữ|lấy lại) )|"
        r"bỏ ngỏ|câu hỏi|dấu hỏi|ẩn số)"
        r"(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?:would|will) (?:take|need|require)|if(?! anything)|could|would|"
        r"(?<!\d )(?<!in )(?<!of )may(?! \d)|might|should|must|"
        r"unless|whether|until|will|"
        r"expected to|likely|"
        r"needs?|were to|were \x01+ to|once|only if|only when|provided|can(?:not)?|in case|"
        r"no telling|possible|perhaps|too early|too soon|not enough|does not make|"
        r"remains to be seen|conceivable|chances?|odds|probab(?:le|ility|ilities)|likelier|"
        r"likelihood|frequenc(?:y|ies)|scenarios?)\b"
    ),
}
_IF = re.compile(
    r"(?<!\w)(?:(?:would|will) (?:take|need|require)|nếu|(?:kể|ngay) cả khi|một khi|chỉ khi|"
    r"(?:cho )?(?:đến|tới) khi|giả sử|trừ khi|"
    r"trong trường hợp|if|"
    r"unless|once|only if|"
    r"only when|provided|were \x01+ to)(?!\w)"
)
_CLAUSE = re.compile(r"[,;:–—](?=\s)|\s-\s|(?<!\w)(?:nhưng|song|tuy nhiên|but|while|whereas)(?!\w)")


class Figure(NamedTuple):
    """One figure: a reference (with `fact` when it is known) or digits in the text."""

    start: int
    end: int
    text: str
    value: Decimal
    step: Decimal
    unit: str
    signed: bool
    key: str = ""
    style: str = ""
    fact: Fact | None = None
    problem: str = ""
    hedged: bool = False

    @property
    def is_reference(self) -> bool:
        return bool(self.key)

    def reads(self, value: Decimal) -> bool:
        """Whether a value, rounded to the figure's last digit, is written as the figure is."""
        if not self.step:
            return self.value == value
        try:
            rounded = (abs(value) / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step
        except InvalidOperation:
            return False
        return rounded == abs(self.value)


@dataclass(slots=True)
class Sentence:
    """`text` is normalised, `low` the same in lower case, `masked` without figures and citations.

    All positions count in these three alike.
    """

    raw: str
    text: str
    low: str
    masked: str
    language: str
    figures: list[Figure]
    names: list[Name]
    cited: list[str]
    plain: list[plain.Span]
    hypothetical: list[tuple[int, int]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    expected: dict[tuple[int, str], frozenset[str] | None] = field(default_factory=dict)
    cuts: list[tuple[int, int]] | None = None  # between its clauses, once one was asked for

    def is_hypothetical(self, position: int) -> bool:
        return any(start <= position < end for start, end in self.hypothetical)

    def place(self, figure: Figure) -> int:
        """The position of a figure among the sentence's own."""
        return next(at for at, item in enumerate(self.figures) if item.start == figure.start)

    def clause(self, position: int) -> tuple[int, int]:
        """The stretch between commas and the like that holds a position."""
        if self.cuts is None:
            self.cuts = [match.span() for match in _CLAUSE.finditer(self.masked)]
        start, end = 0, len(self.masked)
        for opens, closes in self.cuts:
            if closes <= position:
                start = closes
            elif opens >= position:
                end = opens
                break
        return start, end


def split(text: str) -> list[str]:
    """Sentences as they stand in the text; citations behind a full stop stay with it."""
    parts, start = [], 0
    for match in _END.finditer(text):
        if re.fullmatch(r"\s*\(?\d{1,2}[.)]\s*", text[start : match.end()]):
            continue  # "1. First item"
        parts.append(text[start : match.end()].strip())
        start = match.end()
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def read(raw: str, sheet: FactSheet, language: str) -> Sentence:
    """The sentence with everything in it that can be checked."""
    if lone := REFERENCE.fullmatch(raw):  # a cell of a table
        figure = _reference(lone, sheet, language)
        hidden = HIDDEN * len(raw)
        sentence = Sentence(raw, raw, numbers.lower(raw), hidden, language, [figure], [], [], [])
        sentence.hypothetical = _hypothetical(sentence)
        return sentence
    text = numbers.normal(raw)
    masked = CITATION.sub(lambda match: " " * len(match[0]), text)
    figures = [_reference(match, sheet, language) for match in REFERENCE.finditer(masked)]
    masked = _hidden(masked, [(item.start, item.end) for item in figures])
    faults = []
    if "{{" in masked or "}}" in masked:
        faults.append((text, "has a broken reference"))
    low = numbers.lower(masked)
    names = names_in(low, sheet)
    spans = plain.spans(low, language, names)
    bare = _bare(masked, spans, language)
    figures = sorted(figures + bare, key=lambda item: item.start)
    low = numbers.lower(_hidden(masked, [(item.start, item.end) for item in bare]))
    sentence = Sentence(
        raw=raw,
        text=text,
        low=numbers.lower(text),
        masked=idioms.covered(low, language),
        language=language,
        figures=[_hedged(item, low, language) for item in figures],
        names=names,
        cited=CITATION.findall(text),
        plain=spans,
        faults=faults,
    )
    sentence.hypothetical = _hypothetical(sentence)
    return sentence


def _reference(match: re.Match[str], sheet: FactSheet, language: str) -> Figure:
    key, style = match[1], match[2] or ""
    fact = sheet.facts.get(key)
    written = labels.written(fact, language, style) if fact else match[0]
    value = fact.value if fact else Decimal(0)
    unit = fact.unit if fact else ""
    return Figure(
        match.start(), match.end(), written, value, Decimal(0), unit, False, key, style, fact
    )


def _bare(text: str, spans: list[plain.Span], language: str) -> list[Figure]:
    hidden = _hidden(text, [(span.start, span.end) for span in spans], "\x02")
    return [
        Figure(
            item.start,
            item.end,
            text[item.start : item.end],
            item.value,
            item.step,
            item.unit,
            item.signed,
            problem=item.problem,
        )
        for item in numbers.numbers(hidden, language)
    ]


def _hidden(text: str, spans: list[tuple[int, int]], cover: str = HIDDEN) -> str:
    for start, end in spans:
        text = text[:start] + cover * (end - start) + text[end:]
    return text


def _hedged(figure: Figure, low: str, language: str) -> Figure:
    near = max(0, figure.start - LONGEST_HEDGE)
    if not _HEDGE[language].search(low, near, figure.start):
        return figure
    return figure._replace(hedged=True)


_OPEN_ENDED = {"chưa đủ", "chưa chắc", "còn quá sớm", "too early", "too soon", "not enough"}
_SCENARIO = re.compile(
    r"\W*(?:(?:trong |ở )?kịch bản|(?:in )?(?:the |an? )?(?:\w+ )?(?:scenario|case)|"
    r"in the (?:upper|lower|first|second|third|other|middle) one)(?!\w)"
    r"[^.;:,\x01]{0,24}[:,]"
)
# "Mất 1.200 điểm khi đóng cửa, chỉ số có thể …": what would have to come first
_OPENING_IF = re.compile(
    r"\W*(?:mất|vượt|thủng|lấy lại|giữ|để mất|đóng cửa (?:trên|dưới)|losing|clearing|reclaiming|"
    r"holding|"
    r"regaining|breaking (?:above|below)|closing (?:above|below))(?: (?:được|vững|qua|mốc|"
    r"ngưỡng|the))*"
    r" \x01+[^,.;]*, [^.;]*?(?<!\w)(?:có thể|sẽ|may|might|could|would)(?!\w)"
)
_AND = re.compile(r"(?<!\w)(?:và|and|rồi|then)(?: (?:is|it|đang|còn|cũng))? $")
# "A rebound, if it comes, …"
_SUPPOSED = re.compile(
    r"\W*(?:a|an|any|another|further|more|một|các|những|nhịp|đà) [^,.;\x01]{1,30}, "
)


def _hypothetical(sentence: Sentence) -> list[tuple[int, int]]:
    """Where the sentence tells what may be: the clauses with a modal word; all after an "if"."""
    if any(figure.unit == "chance" for figure in sentence.figures):
        return [(0, len(sentence.masked))]
    if _SCENARIO.match(sentence.masked):
        return [(0, len(sentence.masked))]
    if _OPENING_IF.match(sentence.masked):
        return [(0, len(sentence.masked))]
    found = []
    for match in _MODAL[sentence.language].finditer(sentence.masked):
        start, end = sentence.clause(match.start())
        opens = not match.start() and match[0] in {"should", "were"}
        if _AND.search(sentence.masked, start, match.start()):
            start = match.start()  # "it passed 950 points and may …"
        if match[0] in _OPEN_ENDED:
            end = len(sentence.masked)
        if opens or _IF.fullmatch(match[0]):
            start, end = match.start() if start else 0, len(sentence.masked)
            if _SUPPOSED.fullmatch(sentence.masked[: match.start()]):
                start = 0
        found.append((start, end))
    return found
