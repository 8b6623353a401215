"""What a cited item tells in words: which was the most, who led, what ran on, what grew dearer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from reports.writing.verification import sources, things
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim
from reports.writing.verification.motion import Motion, motions
from reports.writing.verification.results import Source
from reports.writing.verification.sentences import Sentence

_KINDS = {
    "top": r"(?:cao|lớn|nhiều|mạnh|đông) nhất|(?:cao )?kỷ lục|highest|largest|biggest|strongest|"
           r"most|(?:\w+-(?:day|week|month|quarter|year)) high|"
           r"record(?! date)(?: close| high)?|all-time high|(?:lập |lên )?đỉnh|peak",
    "bottom": r"(?:thấp|nhỏ|ít|yếu) nhất|(?:\w+-(?:day|week|month|quarter|year)) low|"
              r"lowest|smallest|"
              r"fewest|"
              r"weakest|least|(?:xuống |chạm )?đáy",
    "fast": r"nhanh nhất|fastest|quickest",
    "slow": r"chậm nhất|slowest",
    "lead": r"dẫn đầu|đứng đầu|xếp thứ nhất|(?:led|leads) the \w+|topp(?:ed|ing)",
    "run": r"(?:winning|losing) (?:run|streak)|chuỗi|mạch|"
           r"liên tiếp|liên tục|running|straight|consecutive|in a row",
}  # fmt: skip
_WORDS = {
    kind: re.compile(rf"(?<!\w)(?:{words})(?: in \x01+ (?:years?|months?|weeks?|days?))?(?!\w)")
    for kind, words in _KINDS.items()
}
_ALIKE = {
    "top": ("top", "lead"),
    "lead": ("lead", "top", "fast"),
    "fast": ("fast", "lead"),
    "run": ("run",),
    "bottom": ("bottom",),
    "slow": ("slow",),
}
_TH = re.compile(
    r"(?<!\w)(?:(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth) (?:session|"
    r"day|week|month|quarter|year)|(?:phiên|ngày|tuần|tháng|quý|năm)(?: \w+ ròng)? thứ \w+)(?!\w)"
)
_NO_LIST = re.compile(
    r"\bfor the most|\bat (?:the )?(?:most|least)|ít nhất(?= (?:là|\x01))|most of"
)


def told(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A record, a rank or a run of what an item tells, held against the item alone."""
    items = sources.cited(sentence, case) if sentence.cited else []
    if not items or case.section != sources.NEWS:
        return
    for kind, words in _WORDS.items():
        for match in words.finditer(sentence.masked):
            if of_index(sentence, match.start(), case) or _NO_LIST.search(
                sentence.masked, max(0, match.start() - 8), match.end() + 5
            ):
                continue
            opens, ends = sentence.clause(match.start())
            opens, ends = max(opens, match.start() - 40), min(ends, match.end() + 24)
            spans = sources.spans_of(sentence.masked[opens:ends])
            said = things.said_at(sentence.masked, match.start())
            proofs = [item.id for item in items if _tells(item, kind, said, spans, sentence)]
            if match[0] == "mạnh nhất" and not any(_has(sources.text_of(i), kind) for i in items):
                continue  # whose figure is the largest of those that the item gives
            if proofs or kind != "run":
                reason = "" if proofs else sources.UNPROVEN
                yield Claim(match.start(), match.end(), ", ".join(proofs), reason, figures=False)
            elif kind == "run" and any(_has(sources.text_of(item), kind) for item in items):
                yield Claim(match.start(), match.end(), "", sources.UNPROVEN, figures=False)


def of_index(sentence: Sentence, position: int, case: Case) -> bool:
    """Whether the clause speaks of an index or a coin of the sheet, or of no item."""
    start, end = sentence.clause(position)
    return case.section != sources.NEWS or any(
        start <= item.start < end
        and not sources.BOARD.fullmatch(sentence.low[item.start : item.end])
        and item.key in {state.key for state in case.sheet.indices}
        for item in sentence.names
    )


def _has(text: str, kind: str) -> bool:
    return any(_WORDS[name].search(text) for name in _ALIKE[kind]) or (
        kind == "run" and bool(_TH.search(text))
    )


def _tells(
    item: Source, kind: str, said: frozenset[str], spans: set[tuple[int, str]], sentence: Sentence
) -> bool:
    text = sources.text_of(item)
    if not _has(text, kind) or not spans <= sources.spans_of(text):
        return False
    return things.belongs(
        said, sentence.language, text, lambda part: _has(text[part.start : part.end], kind)
    )


# Words of direction that no index of ours is told with.
_MORE = {
    1: re.compile(
        r"(?<!\w)(?:mạnh lên|lên giá|strengthen(?:ed|s|ing)|firm(?:ed|ing)|rais(?:ed|es|ing)|"
        r"lift(?:ed|s|ing)|widen(?:ed|s|ing)|nới rộng|mở rộng|nâng)(?!\w)"
    ),
    -1: re.compile(
        r"(?<!\w)(?:yếu đi|mất giá|weaken(?:ed|s|ing)|cuts?|cutting|lower(?:ed|s|ing)|"
        r"trim(?:med|s)|"
        r"narrow(?:ed|s|ing)|thu hẹp|cắt giảm|hạ|shr[aiu]nks?|shrinking)(?!\w)"
    ),
}


def _ways(text: str) -> set[int]:
    found = {way for way, words in _MORE.items() if words.search(text)}
    for language in ("vi", "en"):
        found |= {-m.way if m.negated else m.way for m in motions(text, language)}
    return found


def ways(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "The euro firmed": as the item has it of the same thing."""
    items = sources.cited(sentence, case) if sentence.cited else []
    if not items:
        return
    for way, words in _MORE.items():
        for match in words.finditer(sentence.masked):
            if of_index(sentence, match.start(), case) or sentence.is_hypothetical(match.start()):
                continue
            if any(m.start <= match.start() < m.end for m in _moved(sentence)):
                continue
            said = things.said_at(sentence.masked, match.start())
            if not any(goes(item, way, said, sentence.language) for item in items):
                yield Claim(match.start(), match.end(), "", sources.UNPROVEN, figures=False)


def _moved(sentence: Sentence) -> list[Motion]:
    return motions(sentence.masked, sentence.language)


def goes(item: Source, way: int, said: frozenset[str], language: str) -> bool:
    """Whether an item tells that way, and not only of another thing than is spoken of."""
    text = sources.text_of(item)

    def fits(part: things.Part) -> bool:
        return way in _ways(text[part.start : part.end])

    return any(fits(part) for part in things.parts(text)) and things.belongs(
        said, language, text, fits
    )


_ABOVE = re.compile(
    r"(?<!\w)(?:cao hơn|vượt|trên|above|over|higher than|more than|exceed\w*)(?!\w)"
)
_BELOW = re.compile(r"(?<!\w)(?:thấp hơn|dưới|below|under|lower than|less than)(?!\w)")


def gaps(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "52.3%, above 56.7% a year before": two cited figures held against each other."""
    bare = [item for item in sentence.figures if not item.is_reference]
    if not sentence.cited or len(bare) < 2:
        return
    for one, two in pairwise(bare):
        if one.unit != two.unit or one.value == two.value:
            continue
        between = sentence.masked[one.end : two.start]
        above, below = list(_ABOVE.finditer(between)), list(_BELOW.finditer(between))
        if len(above) + len(below) != 1 or "while" in between or "còn" in between:
            continue
        found = (above or below)[0]
        if len(between) - found.end() < 16 and bool(above) is (one.value < two.value):
            start = one.end + found.start()
            yield Claim(start, start + len(found[0]), "", "is wrong the other way round")


_UNIT = re.compile(
    r"(?<!\w)(?:đổi|cho|trên|ăn) (?:một|1) (?:usd|đô la|đồng|euro|bảng|lượng|ounce|"
    r"thùng|tấn|kg)(?!\w)"
)


def units(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """What a cited price is of: "1.398 won đổi một USD"."""
    if sentence.cited and case.section == sources.NEWS:
        for match in _UNIT.finditer(sentence.masked):
            yield Claim(match.start(), match.end(), ", ".join(sentence.cited), "", figures=False)
