"""What a cited item proves beside its figures: directions, runs, records, and what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.writing.verification.case import Case
from reports.writing.verification.cited import topics
from reports.writing.verification.claims.found import Claim, change
from reports.writing.verification.reading.motion import FLAT, Motion, motions
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Sentence
from reports.writing.verification.results import Source

NEWS = "news"
UNPROVEN = "claims what no fact and no cited item proves"
BOARD = re.compile(r"(?:sàn )?(?:hose|hsx|hnx|upcom)")  # where trades took place, no index
# Between the things that an item or a sentence speaks of.
_PARTS = re.compile(
    r"[.;,:](?=\s|$)|(?<!\w)(?:while|whereas|as|amid|after|but|and|despite|on|còn|khi|và|dù|sau|"
    r"trong (?:khi|lúc|bối cảnh)|cùng lúc|nhưng|do|trước|before)(?!\w)"
)


def text_of(item: Source) -> str:
    return f"{item.title}. {item.summary}".lower()


def cited(sentence: Sentence, case: Case) -> list[Source]:
    return [case.items[name] for name in sentence.cited if name in case.items]


def direction(sentence: Sentence, motion: Motion, case: Case, what: str) -> tuple[str, str]:
    """Evidence, and why no cited item tells that direction of the same thing."""
    start = _start(sentence, motion)
    said = topics.spoken(sentence.masked[start : motion.start])
    if not said:  # "amid rising bond yields"
        end = _PARTS.search(sentence.masked, motion.end)
        said = topics.spoken(sentence.masked[motion.end : end.start() if end else None])
    wider = frozenset() if said else topics.spoken(sentence.masked[: motion.start])
    told = -motion.way if motion.negated else motion.way
    for item in cited(sentence, case):
        each = [ways for topic in said if (ways := _ways(item, frozenset((topic,)), strict=True))]
        if all(told in ways for ways in each) if each else told in _ways(item, wider):
            return item.id, ""
    return "", f"tells a direction of {what}, which no cited item proves"


def _start(sentence: Sentence, motion: Motion) -> int:
    """Where the part begins that a direction belongs to: with all that "and" joins before it."""
    words = motions(sentence.masked, sentence.language)
    parts = list(_PARTS.finditer(sentence.masked, 0, motion.start))
    while parts and parts[-1][0] in {"and", "và"}:
        opens = parts[-2].end() if len(parts) > 1 else 0
        if any(opens <= item.start < parts[-1].start() for item in words):
            break
        parts.pop()
    return parts[-1].end() if parts else 0


def _ways(item: Source, said: frozenset[str], strict: bool = False) -> set[int]:
    """The directions that an item tells of these things, or of anything when it names none."""
    near: set[int] = set()
    every: set[int] = set()
    text, start = text_of(item), 0
    for end, following in [*((m.start(), m.end()) for m in _PARTS.finditer(text)), (len(text), 0)]:
        part = text[start:end]
        ways = {
            -found.way if found.negated else found.way
            for language in ("vi", "en")
            for found in motions(part, language)
        }
        every |= ways
        if said & topics.spoken(part):
            near |= ways
        start = following
    return near if strict else near or every


# What an item sets a date for: "before 30 December", "ngày chốt quyền dự kiến là 12/12".
_DUE = re.compile(
    r"(?<!\w)(?:before|by|until|no later than|due(?: on)?|trước(?: ngày)?|hạn(?: chót)?(?: là|"
    r" ngày)*|muộn nhất(?: là| ngày)*|(?:record|ex-dividend) date(?: (?:is|of|on|expected|set|"
    r"for))*|chốt quyền(?: (?:dự kiến|là|vào|ngày))*|(?:effective|takes? effect|applie[sd]|apply|"
    r"planned|"
    r"scheduled|set|expected|slated|votes?|meets?|begins?|starts?)(?: (?:for|on|from|to \w+))*|"
    r"(?:áp dụng|hiệu lực|diễn ra|bắt đầu|dự kiến|bỏ phiếu|họp)(?: (?:từ|vào|kể|diễn ra|ngày))*) $"
)
_NOT_OF = re.compile(r"(?<!\w)(?:không phải|not)(?: \w+){0,5} $")
_SESSION = re.compile(r"(?<!\w)(?:phiên(?: ngày)?|session of) $")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_DAY = re.compile(
    rf"(?<!\d)(?P<d>\d{{1,2}})(?:/(?P<m>\d{{1,2}})| (?P<name>{'|'.join(_MONTHS)}))(?!\d)"
)


def due_fault(sentence: Sentence, position: int, day: tuple[int, int], case: Case) -> str:
    """Why a date that something is due on, or a session's, is not the one of the cited items."""
    before = sentence.masked[:position]
    is_due = _DUE.search(before) is not None
    if not is_due and (not _SESSION.search(before) or _NOT_OF.search(before)):
        return ""
    found = [
        match
        for item in cited(sentence, case)
        for match in _DAY.finditer(text_of(item))
        if is_due or _SESSION.search(text_of(item)[: match.start()])
    ]
    days = {
        (int(match["d"]), int(match["m"] or _MONTHS.index(match["name"] or "january") + 1))
        for match in found
    }
    return "" if not days or day in days else "is not the day that the cited item gives"


RUN = re.compile(
    r"(?<!\w)(?:liên tiếp|liên tục|liền|running|straight|consecutive|successive|in a row)(?!\w)"
)
_MOST = re.compile(
    r"(?<!\w)(?:(?:cao|lớn|nhiều|mạnh) nhất|kỷ lục|most|highest|largest|biggest|record)(?!\w)"
)
_LEAST = re.compile(r"(?<!\w)(?:(?:thấp|nhỏ|ít) nhất|lowest|smallest|fewest|least)(?!\w)")
_UNITS = {
    "phiên": "session", "session": "session", "ngày": "day", "day": "day", "tuần": "week",
    "week": "week", "tháng": "month", "month": "month", "quý": "quarter", "quarter": "quarter",
    "năm": "year", "year": "year",
}  # fmt: skip
_N = rf"\d{{1,3}}(?:st|nd|rd|th)?|{VI_WORDS}|{EN_WORDS}"
_SPAN = re.compile(
    rf"(?<!\w)(?:(?P<n>{_N})[ -](?:(?:straight|consecutive|successive) )?"
    r"(?P<u>phiên|ngày|tuần|tháng|quý|năm|session|day|week|month|quarter|year)s?|"
    rf"(?P<u2>phiên|ngày|tuần|tháng|quý|năm)(?: (?:mua|bán) ròng| tăng| giảm)? thứ (?P<n2>{_N}))"
    r"(?!\w)"
)


def backed(claims: Sequence[Claim], sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The claims of news, a refused run or record proven where a cited item counts the same."""
    items = cited(sentence, case) if case.section == NEWS else []
    indices = {state.key for state in case.sheet.indices}
    for claim in claims:
        words = sentence.masked[claim.start : claim.end]
        start, end = sentence.clause(claim.start)
        named = any(
            i.key in indices
            and start <= i.start < end
            and not BOARD.fullmatch(sentence.low[i.start : i.end])
            for i in sentence.names
        )
        kinds = [kind for kind in (RUN, _MOST, _LEAST) if kind.search(words)]
        if not (claim.reason and items and kinds) or named or claim.reason == UNPROVEN:
            yield claim
            continue
        spans = spans_of(sentence.masked[max(start, claim.start - 30) : min(end, claim.end + 30)])
        said = [item.id for item in items if _counts(text_of(item), kinds, spans)]
        yield replace(claim, evidence=", ".join(said), reason="") if said else claim


def _counts(text: str, kinds: list[re.Pattern[str]], spans: set[tuple[int, str]]) -> bool:
    told = spans_of(text)
    return all(kind.search(text) for kind in kinds) and spans <= told


def spans_of(text: str) -> set[tuple[int, str]]:
    found = set()
    for match in _SPAN.finditer(text):
        number = word_value(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", match["n"] or match["n2"]))
        if number is not None:
            found.add((number, _UNITS[match["u"] or match["u2"]]))
    return found


NET = {
    1: re.compile(r"(?<!\w)(?:mua ròng|net[ -](?:buy\w*|bought|purchases?))(?!\w)"),
    -1: re.compile(r"(?<!\w)(?:bán ròng|net[ -](?:sell\w*|sold|sales?))(?!\w)"),
}
_MIXED = re.compile(r"(?<!\w)(?:mixed|trái chiều|ngược chiều|diverge\w*|opposite|phân hóa)(?!\w)")


def compared(sentence: Sentence, word: str, position: int, case: Case) -> tuple[str, str] | None:
    """Two reports held against each other, or what one tells of two things; None for an index's.

    `word` is the one that says that both went the same way, "" when they went apart.
    """
    alike = bool(word)
    items = cited(sentence, case)
    if case.section != NEWS or not items:
        return None
    start, end = 0, len(sentence.masked)
    if sentence.names:
        start, end = sentence.clause(position)
        near = any(start <= item.start < end for item in sentence.names)
        if near or word in _BESIDE:
            return _against_index(sentence, position, bool(word), case)
    evidence = ", ".join(item.id for item in items)
    said = net(sentence.masked[start:end])
    own = {way for item in items for way in net(text_of(item))}
    moved = {m.way for m in motions(sentence.masked[start:end], sentence.language)} - {FLAT}
    if len(said) == 1 and len(own) == 1:
        fits = (said == own) is alike
    elif len(said) > 1 or len(moved) > 1:
        fits = not alike  # each of the two is proven on its own
    elif word in {"alongside", "together"}:
        fits = True  # "a gauge to read alongside liquidity"
    else:
        fits = not alike and any(_MIXED.search(text_of(item)) or _is_split(item) for item in items)
    return evidence, "" if fits else "compares directions that no cited item proves"


def _is_split(item: Source) -> bool:
    """Whether the item tells of a rise and of a fall."""
    text = text_of(item)
    told = {m.way for language in ("vi", "en") for m in motions(text, language)}
    return {1, -1} <= told


def _against_index(
    sentence: Sentence, position: int, alike: bool, case: Case
) -> tuple[str, str] | None:
    """The flows or the move that an item tells against the way of the one index named."""
    keys = {item.key for item in sentence.names}
    items = cited(sentence, case)
    titled = {way for item in items for way in net(item.title.lower())}
    own = titled or {way for item in items for way in net(text_of(item))}
    move = change(case.sheet, min(keys)) if len(keys) == 1 else None
    if not move:
        return None
    split = any(_is_split(item) for item in items)
    first = not any(item.end <= position for item in sentence.names)
    if not alike and split and first and not _WITH.search(sentence.masked, position):
        return ", ".join(sentence.cited), ""  # "stocks in Asia diverged on a day on which …"
    if not _FLOW.search(sentence.masked):
        # What went the one way before is proven of its own; of the index nothing is told there.
        if any(item.start < position for item in sentence.names):
            return None
        moved = motions(sentence.masked[:position], sentence.language)
        own = {m.way for m in moved} - {FLAT} or own
    if len(own) != 1:
        return None
    fits = (move * min(own) > 0) is alike
    return ", ".join(sentence.cited), "" if fits else "is wrong the other way round"


_WITH = re.compile(r"(?<!\w)(?:với|to|from|against) (?:the |chỉ số )?(?:vn|hnx|upcom)")
_BESIDE = frozenset(("in line", "alongside", "together"))  # of any two things, moved or not
_FLOW = re.compile(
    r"(?<!\w)(?:lực (?:bán|mua)|(?:mua|bán) ròng|net|selling|buying|khối ngoại|foreign\w*)(?!\w)"
)


def net(text: str) -> set[int]:
    return {way for way, words in NET.items() if words.search(text)}
