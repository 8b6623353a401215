"""What a figure's surroundings say that it is: whose, which fact, in which unit."""

from __future__ import annotations

import re
from collections.abc import Callable

from reports.facts import Fact, FactSheet
from reports.writing.verification.figures.averages import carried, dated
from reports.writing.verification.figures.changes import (
    MARK_WON,
    OVER_TIME,
    against,
    moved,
    placed,
    windows_before,
)
from reports.writing.verification.figures.counting import PER_EACH, PER_ONE, counted, in_order
from reports.writing.verification.figures.excursions import from_edge, opened, reached
from reports.writing.verification.figures.marks import mark, passed
from reports.writing.verification.figures.ranges import (
    chance,
    in_range,
    over_stretch,
    share,
    spanned,
    started,
    windowed,
)
from reports.writing.verification.reading import moments, wording
from reports.writing.verification.reading.around import alike, fits, left, measure, right
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.numbers import unit_after
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import CHANGES, CLOSE, LEVELS, MOVES, Names

FAR_NOUN = 40
NEAR_NOUN = 14  # characters between a noun and the preposition that takes its figure

_RELATION = {
    "vi": re.compile(
        r"(?<!\w)(?:trên|dưới|vượt(?: qua| lên)?|qua|thủng|xuyên thủng|mất|lấy lại|chạm|"
        r"giữ(?: được)?|"
        r"quay lại|bảo vệ|sát|gần|hướng (?:tới|đến)|tiến (?:tới|đến|sát)|kiểm tra|thử thách)"
        r"(?: (?:mốc|ngưỡng|mức|vùng|quanh|sát|lại|khỏi|được))* ?\(?$"
    ),
    "en": re.compile(
        r"\b(?:above|below|over|under|past|through|beyond|broke|breaks?|held|"
        r"reclaim(?:ed|s)?|"
        r"between [\w -]{1,24} and|holds?|near|beneath|cross(?:ed|es)?|reach|(?:re)?test(?:ing)?|"
        r"closing in on|approach(?:ing|es|ed)?|heading for|nearing|eye(?:s|ing)|"
        r"towards?|defend(?:ing)?|(?:short|shy|clear) of|away from)(?: (?:the|its|mark|level|of|"
        r"at))* ?\(?$"
    ),
}
_APPOSITION = {
    "vi": re.compile(r"^(?: điểm)?(?: \((?:là )?|, (?:là|tức|cũng là) (?:cả )?)(?:mức |đường )*"),
    "en": re.compile(r"^(?: points?)?(?: \(|, (?:which is |also )?)(?:its |the |a )"),
}
_LIST = re.compile(
    r"^(?: điểm| points| mã)*[)%]? ?(?:,|và|and|;|/|or|hoặc|hay|\()?(?: (?:và|and|lần lượt|hay))?"
    r" ?\(?$"
)
_WINDOW_GOES_ON = re.compile(
    r"(?:,|:|và|and|that of|đường) (?:the )?(?P<w>\d{1,3})(?:[ -](?:phiên|session|day)s?)?"
    r"(?: (?:one|at|ở|tại))*(?: \(|\(| )?$"
)
_AVERAGE = re.compile(r"(?<!\w)(?:trung bình|ma|sma|average)")
_USUAL = re.compile(r"(?<!\w)(?:trung bình|bình quân|bình thường|thường lệ|average|usual|normal)")
# What may follow a reference whose rendering ends with a bare number.
_FOLLOWS = {
    "points": {"", "points"},
    "count": {"", "stocks", "shares"},
    "ratio": {"", "points", "times", "stocks"},
    "coefficient": {""},
    "index": {"", "points"},
}
UNSTATED: dict[str, Names] = {
    "points": frozenset(("close", "change")),
    "percent": frozenset(("change_percent",)),
    "shares": frozenset(("volume",)),
    "vnd": frozenset(("value",)),
    "usd": frozenset(("price",)),
}
MEANING = {
    "close": "the close", "previous_close": "the previous close", "support": "support",
    "resistance": "resistance", "volume": "volume", "value": "trading value",
    "advances": "stocks that rose", "declines": "stocks that fell", "open": "the open",
    "high": "the session's high", "low": "the session's low", "change": "the change",
    "change_percent": "the change in percent", "volume_avg20": "average volume",
    "unchanged": "unchanged stocks", "ceilings": "stocks at the ceiling",
    "floors": "stocks at the floor", "rsi14": "the RSI",
}  # fmt: skip


def unit_fault(figure: Figure, sentence: Sentence) -> str:
    """Why the word after a reference does not fit the unit that it is written with."""
    if figure.fact is None:
        return ""
    unit, word = unit_after(sentence.masked, figure.end)
    if not unit:
        return ""
    if word == "đồng" and figure.key.startswith("crypto."):
        return ""
    expected = _FOLLOWS.get(figure.fact.unit)
    if expected is None:
        if unit in {"stocks", "shares"} and figure.fact.unit in {"percent", "proportion", "chance"}:
            return ""  # "{{…}} cổ phiếu": a share of the stocks
        return f"is written with its unit already, so “{word}” must not follow it"
    if unit in expected and not (
        unit == "points" and figure.fact.unit == "ratio" and not figure.key.endswith("rsi14")
    ):
        return ""
    return f"is in {figure.fact.unit}, not “{word}”"


def expected_names(sentence: Sentence, figure: Figure) -> Names | None:
    """The fact names that the words around a figure allow; None when they leave it open."""
    at = (figure.start, figure.key)
    if at not in sentence.expected:  # a list asks for that of the figures before, time and again
        sentence.expected[at] = _expected_names(sentence, figure)
    return sentence.expected[at]


def _expected_names(sentence: Sentence, figure: Figure) -> Names | None:
    names = _expected(sentence, figure)
    if names and names & CLOSE and moments.of(sentence, figure.start) == moments.BEFORE:
        names = (names - CLOSE) | {"previous_close"}
    if figure.style == "signed" and names and names <= CLOSE | LEVELS:
        start, _ = sentence.clause(figure.start)
        if not _CLOSES.search(sentence.masked, start, figure.start):
            return names | CHANGES  # a sign is written of no level: "chênh +0,56 điểm"
    if not names or measure(figure) != "percent":
        return names
    names = dated(names, sentence, figure)
    before = sentence.masked[: figure.start]
    if re.search(r"biến động|volatility", before):
        names |= {
            name.replace("return", "volatility") for name in names if name.startswith("return")
        }
    if names & CHANGES and names <= CHANGES and OVER_TIME.match(before):
        names |= windows_before(sentence)
    return names


def _expected(sentence: Sentence, figure: Figure) -> Names | None:
    before = sentence.masked[: figure.start]
    if PER_ONE.match(right(sentence, figure)) or PER_EACH.search(before):
        return frozenset(("breadth_ratio",))
    if measure(figure) == "count" or (figure.step >= 1 and figure.unit in {"", "stocks"}):
        found = in_order(sentence, figure) or counted(sentence, figure)
        if found or measure(figure) == "count":
            return found
    for find in _finders():
        if found := find(sentence, figure):
            return found
    named, inside = _nearest(sentence, figure)
    if named and named <= CLOSE and (called := apposition(sentence, figure)):
        start, _ = sentence.clause(figure.start)
        if not _CLOSES.search(sentence.masked, start, figure.start):
            return called  # "look to 1,186, the session high"
    if named and inside:
        return named | _levels_beside(sentence, figure, named)
    if named and named <= CLOSE and not inside and _of_levels(sentence, figure):
        named |= GENERIC  # a preposition of the clause before
    later = _predicate(sentence, figure) or in_order(sentence, figure) or named
    return later or _inherited(sentence, figure) or _generic(sentence, figure)


_CLOSES = re.compile(r"đóng cửa|chốt|kết|khép|dừng|clos|ended|finish|settl")


def _of_levels(sentence: Sentence, figure: Figure) -> bool:
    start, end = sentence.clause(figure.start)
    return measure(figure) == "points" and bool(_LEVEL_WORDS.search(sentence.masked, start, end))


_REFERENCE = frozenset(("previous_close",))
_SAID_BEFORE = re.compile(
    r"(?<!\w)(?:(?:một )?(?:phiên|ngày) (?:liền )?trước(?: đó)?|hôm (?:qua|trước)|"
    r"(?:the |a )?(?:session|day) (?:before|earlier|ago)|previously|yesterday)(?: (?:là|ở|mức|"
    r"was|at|stood|còn))*:? $"
)


def _of_pair(sentence: Sentence, figure: Figure) -> Names | None:
    """The earlier of two distances, in brackets or behind: "3.4% (the session before: 4.3%)"."""
    at = sentence.place(figure) if measure(figure) == "percent" else 0
    if not at or not _SAID_BEFORE.search(sentence.masked[: figure.start]):
        return None
    last = sentence.figures[at - 1]
    names = expected_names(sentence, last) if measure(last) == measure(figure) else None
    told = [name for name in names or () if "distance_sma" in name]
    return frozenset(name.replace("distance_", "before_") for name in told) or None


def _finders() -> tuple[Callable[[Sentence, Figure], Names | None], ...]:
    """From the most certain sign to the least."""
    return (
        share,
        _of_pair,
        chance,
        reached,
        opened,
        from_edge,
        spanned,
        over_stretch,
        moved,
        placed,
        windowed,
        carried,
        mark,
        passed,
        against,
        in_range,
        _next_average,
        started,
        _related,
    )


def spoken_of(sentence: Sentence, figure: Figure) -> Names:
    """Everything of the figure's kind that the sentence names anywhere."""
    if measure(figure) != "percent":
        return frozenset()
    found = wording.phrases(sentence.masked, sentence.language)
    names = frozenset().union(*(fits(item.names, figure) for item in found if not item.is_weak))
    return dated(names, sentence, figure)


def _levels_beside(sentence: Sentence, figure: Figure, named: Names) -> Names:
    """What else a preposition may lead to where the sentence talks of levels."""
    if named & CLOSE and not named & LEVELS and measure(figure) == "points":
        if sentence.is_hypothetical(figure.start):
            return GENERIC
        before = left(sentence, figure)
        if _JUST_OPENED.search(sentence.masked[: figure.start]):
            return frozenset(("open",))
        noun = re.search(
            r"(?:đóng cửa|chốt phiên|kết phiên|khép phiên|closed|ended|finished|settled)[^,.;]*$",
            before,
        )
        fell, rose = _DOWN_TO.search(before), _UP_TO.search(before)
        if not noun and (fell or rose) and _TURN.search(sentence.masked):
            return frozenset(("low",) if fell else ("high",))
        down = re.search(r"(?:xuống|fell|dropped|dipped|slid|sank|slipped|down) (?:\w+ )?$", before)
        up = re.search(r"(?:lên|rose|climbed|jumped|gained|up) (?:\w+ )?$", before)
        if not noun and not down and not up and _LEVEL_WORDS.search(sentence.masked):
            return GENERIC
    return frozenset()


_JUST_OPENED = re.compile(
    r"(?<!\w)(?<!điểm )(?<!points )(?:(?:khi|lúc|ngay từ) mở cửa|at the open)(?:(?!đóng|chốt|kết|"
    r"khép|close|end|finish)"
    r"[^.;])*$"
)
_DOWN_TO = re.compile(
    r"(?:xuống|lùi|rơi|về|giảm|fell|falling|dropp(?:ed|ing)|dipp(?:ed|ing)|slid|sliding|sank|"
    r"sinking|slipp(?:ed|ing)|down|dip|drop|slide|retreat)(?: (?!\w*\x01)\w+)? $"
)
_UP_TO = re.compile(
    r"(?:lên|rose|rising|climb(?:ed|ing)|jump(?:ed|ing)|gain(?:ed|ing)|up|recovery|rebound|rally|"
    r"bounce)(?: (?!\w*\x01)\w+)? $"
)
_TURN = re.compile(
    r"(?<!\w)(?:có (?:lúc|khi|thời điểm)|trong phiên có|during the session|at one point|"
    r"(?:and )?then (?:climb|recover|rebound|rose|turn|clos|eas|fell|slid|gave|pare)\w*|"
    r"after (?:dipp|fall|slid|dropp|sink|slipp|ris|climb|jump)ing|"
    r"brief(?:ly)?|short-lived|failed|fizzled|faded|intraday|earlier in|recover(?:ed|ing)|"
    r"before it|"
    r"before (?:an? (?:\w+ )?(?:bounce|rebound|recovery|pullback)|"
    r"recover|rebound|clos|ending|finish|settl|turn|pull|eas)\w*|rồi (?:hồi|đảo|lùi|"
    r"quay|bật))(?!\w)"
)


def touched(sentence: Sentence, figure: Figure, way: int) -> bool:
    """Whether a verb tells how far a session went before it turned: "fell to 1,020 before …"."""
    name = figure.key.partition(".")[2]
    if name != ("low" if way < 0 else "high"):
        return False
    return bool(_TURN.search(sentence.masked) or reached(sentence, figure))


def _related(sentence: Sentence, figure: Figure) -> Names | None:
    """Behind "above" and the like stands a level, by its own name or any."""
    if measure(figure) not in {"points", "usd", ""}:
        return None
    won = MARK_WON.search(sentence.masked[: figure.start])
    if not won and not _RELATION[sentence.language].search(sentence.masked[: figure.start]):
        return None
    named, _ = _nearest(sentence, figure, within=24)
    before = named == _REFERENCE and moments.of(sentence, figure.start) == moments.BEFORE
    if before or named == frozenset(("open",)):
        named = None  # "the session before", "at the open" say when
    if named and named & LEVELS:
        return named & LEVELS
    called = apposition(sentence, figure)
    if won:
        return called or GENERIC | (named or frozenset())
    near = re.search(
        r"(?<!\w)(?:(?:sát|gần|near)[^,.;]{0,6}|(?:never|lúc nào)[^,.;]*)$",
        sentence.masked[: figure.start],
    )
    touch = _TURN.search(sentence.masked[: figure.start]) or _TOUCHED.search(
        sentence.masked[: figure.start]
    )
    edges = frozenset(("low", "high")) if near or touch else frozenset()
    if sentence.is_hypothetical(figure.start):
        edges = LEVELS  # any may come to be passed
    return called or GENERIC | CLOSE | {"previous_close", "open", "report_close"} | edges


_TOUCHED = re.compile(r"(?<!\w)(?:chạm|reached|touched|hit|tested)(?: (?:mức|mốc|the))* ?$")


def _predicate(sentence: Sentence, figure: Figure) -> Names | None:
    """What the words behind a figure say that it is: "1,250 points is the first resistance"."""
    behind = right(sentence, figure).split("\x01")[0]
    for phrase in wording.phrases(behind, sentence.language):
        if phrase.is_weak:
            continue
        if _IS.search(behind[: phrase.start]) and (fitting := fits(phrase.names, figure)):
            return fitting
    return None


_IS = re.compile(
    r"^(?: điểm| points)?[^,.;()]{0,14}(?:\(|(?<!\w)(?:là|is|was|as|của|of|over|trong|thành|"
    r"làm)(?!\w))"
    r"[^,.;()]{0,24}$"
)


def _generic(sentence: Sentence, figure: Figure) -> Names | None:
    """What a figure is that nothing names: a level where the text talks of levels, or the usual."""
    kind = measure(figure)
    start, end = sentence.clause(figure.start)
    before = sentence.masked[: figure.start]
    traded = any(".volume" in item.key for item in sentence.figures if item.end <= figure.start)
    if kind == "percent" and _USUAL.search(before) and (traded or LIQUIDITY.search(before)):
        return frozenset(("volume_vs_avg20",))
    if kind == "points" and sentence.is_hypothetical(figure.start):
        return GENERIC | CLOSE | LEVELS
    if start and start <= FAR_NOUN:
        start = 0  # "on the downside, …"
    if kind == "points" and _LEVEL_WORDS.search(sentence.masked, start, end):
        return GENERIC | CLOSE
    return UNSTATED.get(kind)


GENERIC = frozenset(
    (
        "support",
        "resistance",
        "round_above",
        "round_below",
        "round_crossed",
        "report_support",
        "report_resistance",
    )
)
_LEVEL_WORDS = re.compile(
    r"(?<!\w)(?:mốc|mức|ngưỡng|vùng|phía trên|phía dưới|thử thách|giữ|rào cản|bệ đỡ|chỗ dựa|marks?|"
    r"levels?|"
    r"holds?|test|downside|upside|barrier|floor|whether|lies|hurdle|mất|lost|broken|passed|"
    r"vượt)(?!\w)"
)


def apposition(sentence: Sentence, figure: Figure) -> Names | None:
    """What the text calls a level right behind it: "1,750 points (the 20-session average)"."""
    if measure(figure) != "points":
        return None
    opened = _APPOSITION[sentence.language].match(right(sentence, figure))
    if not opened:
        return None
    at = figure.end + opened.end()
    for phrase in wording.phrases(sentence.masked, sentence.language):
        behind = sentence.masked[phrase.end : phrase.end + 1]
        if phrase.start <= at < phrase.end and behind in {"", ")", ".", ","}:
            return phrase.names & LEVELS or None
    return None


def _nearest(sentence: Sentence, figure: Figure, within: int = 90) -> tuple[Names | None, bool]:
    """The names of the last phrase before a figure that no other figure lies behind.

    With it, whether the phrase stands in the figure's own clause.
    """
    before = left(sentence, figure)
    start = max(before.rfind("\x01"), before.rfind(";"), len(before) - within) + 1
    clause, _ = sentence.clause(figure.start)
    inside = [item for item in wording.phrases(before, sentence.language) if item.start >= start]
    for at, phrase in reversed(list(enumerate(inside))):
        near = phrase.start >= clause
        if fitting := fits(phrase.names, figure):
            if phrase.is_weak and not before[clause : phrase.start].strip():
                fitting |= _told_before(sentence, figure, clause)
            sided = [
                item.names & _SIDED
                for item in inside[:at]
                if item.names & _SIDED and not _SET_OFF.search(before, item.end, phrase.start)
            ]
            if sided and not fitting & _SIDED and fitting & GENERIC:
                return frozenset(sided[-1]), near
            strong = next((i for i in reversed(inside[:at]) if not i.is_weak), None)
            strong = strong if phrase.is_weak else None
            if strong and _OF_EARLIER.search(sentence.masked[: strong.start]):
                strong = None
            between = before[strong.end : phrase.start] if strong else ""
            told = _CLOSES.search(between) and not _WHEN.search(between)
            if strong and strong.names == _REFERENCE and told:
                strong = None  # "rose from the previous session to finish at …"
            for name in sentence.names:
                between = between.replace(sentence.masked[name.start : name.end], "")
            between = _SMALL.sub("", between)
            near_only = measure(figure) == "points" and strong and not strong.names & _SIDED
            room = NEAR_NOUN if near_only else FAR_NOUN
            near_noun = len(between) < room and not _NEW_PART.search(between)
            if strong and strong.start >= clause and near_noun:
                return fits(strong.names, figure) or fitting, near
            return fitting, near
        if near and not phrase.names & _LOOSE:
            return phrase.names, near
    return None, False


_WHEN = re.compile(r"(?<!\w)(?:when|where|which|that|at|khi|lúc|mà|vốn)(?!\w)")
# "support, above the round mark of 1,000": the mark is another level
_SET_OFF = re.compile(r",[^,]*(?<!\w)(?:above|below|over|under|trên|dưới|cao hơn|thấp hơn)(?!\w)")
_SMALL = re.compile(
    r" (?:nằm|lies|đứng|thấp hơn|cao hơn|lower|higher|xa hơn|farther|is|far|"
    r"behind|xa|tận|mới|trong phiên|của|new|intraday|of)(?!\w)"
)
# "1,176 at the open": the noun is the earlier figure's
_OF_EARLIER = re.compile(r"\x01(?: điểm| points)? (?:lúc|khi|at the) $")


def _told_before(sentence: Sentence, figure: Figure, clause: int) -> Names:
    """The level that the clause before ends with: "under its 50-session average, now at 1,083"."""
    start, end = sentence.clause(max(0, clause - 3))
    named = [
        fits(phrase.names & LEVELS, figure)
        for phrase in wording.phrases(sentence.masked, sentence.language)
        if start <= phrase.start < end and phrase.names & LEVELS
    ]
    return named[-1] if named and end < figure.start else frozenset()


_SIDED = frozenset(("support", "resistance", "report_support", "report_resistance"))


# Phrases that leave a figure of another kind to the words before them.
_LOOSE = CLOSE | LEVELS | MOVES
_NEW_PART = re.compile(r"(?<!\w)(?:và|and|hướng|rồi|then|but|nhưng)(?!\w)")


def _next_average(sentence: Sentence, figure: Figure) -> Names | None:
    """The second of "its 20-session (…) and 50-session average (…)"."""
    window = _WINDOW_GOES_ON.search(left(sentence, figure))
    if not window or not _AVERAGE.search(sentence.masked[: window.start()]):
        return None
    return frozenset(f"{name}sma{window['w']}" for name in ("", "distance_"))


def _inherited(sentence: Sentence, figure: Figure) -> Names | None:
    """A list goes on: what the figure before is, this one is, too, when their kinds agree."""
    at = sentence.place(figure)
    if not at:
        return None
    earlier = sentence.figures[at - 1]
    if not alike(earlier, figure):
        return None
    if not _LIST.match(sentence.masked[earlier.end : figure.start]):
        return None
    return expected_names(sentence, earlier)


def role_fault(figure: Figure, fact: Fact, names: Names, sheet: FactSheet) -> str:
    """Why a fact is not what the words before the figure call it."""
    subject, _, name = fact.key.partition(".")
    if name in names or fact.value in {sheet.value(f"{subject}.{other}") for other in names}:
        return ""
    if fact.key == "crypto.market_cap" and names <= CLOSE:
        return ""  # a market has no price but what it is worth
    if (fact.key, figure.style) == ("crypto.change_percent", "signed") and "market_cap" in names:
        return ""  # that change is the capitalisation's
    if not figure.is_reference and not names & _known(subject, sheet):
        return ""
    wanted = " or ".join(sorted(MEANING.get(item, item) for item in names)[:4])
    return f"is {MEANING.get(name, name)}, but the words around it speak of {wanted}"


def _known(subject: str, sheet: FactSheet) -> set[str]:
    return {key.partition(".")[2] for key in sheet.facts if key.startswith(f"{subject}.")}
