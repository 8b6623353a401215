"""Figures in rows: ranges, windows side by side, chances, where a move began."""

from __future__ import annotations

import re

from reports.writing.verification.around import alike, measure, right
from reports.writing.verification.sentences import Figure, Sentence
from reports.writing.verification.wording import Names

_RANGE = re.compile(r"^\)? ?(?:điểm |points )?(?:–|-|đến|tới|to|and|và) ?\(?$")
_SWING = re.compile(
    r"(?<!\w)(?:dao động|biên độ|vùng|khoảng|moved|ranged?|traded|between|within|swung)(?!\w)"
)


def started(sentence: Sentence, figure: Figure) -> Names | None:
    """Where a move began: "from 1,277 …"."""
    if measure(figure) not in {"points", "usd"}:
        return None
    found = re.search(
        r"(?<!\w)(?:từ|(?<!away )from)(?: mức| vùng|"
        r" mốc)? ?$",
        sentence.masked[: figure.start],
    )
    return (
        frozenset(["previous_close", "open", "low", "high", "report_close", "report_price"])
        if (
            found
            and not re.search(r"(?:đảo chiều|bật|hồi)[^,.;]*$", sentence.masked[: found.start()])
        )
        else None
    )


_SHARE = re.compile(
    r"(?<!\w)(?:thống trị|tỷ trọng|thị phần|chiếm|phần của|dominance|share|accounts? for|"
    r"makes? up)(?!\w)"
)
_SHARES = {"btc": "dominance_btc", "eth": "dominance_eth"}


def share(sentence: Sentence, figure: Figure) -> Names | None:
    """A share of the crypto market is that of the coin named last: "… of Ethereum 17.2%"."""
    if measure(figure) != "percent" or not _SHARE.search(sentence.masked[: figure.start]):
        return None
    earlier = [item for item in sentence.names if item.end <= figure.start]
    if not earlier or earlier[-1].key not in _SHARES:
        return None
    between = sentence.masked[earlier[-1].end : figure.start]
    if re.search(r"[;.\x01]|tăng|giảm|rose|fell|gain|lost|(?<!makes )up|down", between):
        return None
    return frozenset((_SHARES[earlier[-1].key],))


# "likelier than one above resistance": what stands before is of the other outcome
_RIVAL = re.compile(
    r"(?:higher|lower|greater|smaller|likely|likelier) than "
    r"(?=that|one|the (?:chance|odds|probability|case)|an? (?:close|move|case))"
)


def chance(sentence: Sentence, figure: Figure) -> Names | None:
    """A probability is of the side that the words beside it name."""
    if figure.fact is None or figure.fact.unit != "chance":
        return None
    if figure.step and not _OF_CHANCE.search(sentence.masked):
        return frozenset(
            ("something else",)
        )  # written digits are a chance only where the text says so
    if other := _against(sentence, figure):
        return frozenset(name for name, _ in CHANCES) - {other}
    behind = re.split("[,;.]", right(sentence, figure))[0].split("\x01")[0]
    before = _RIVAL.split(re.split("[,;.]", sentence.masked[: figure.start])[-1])[-1]
    if all(re.search(words, before) for words in ("hỗ trợ|support", "kháng cự|resistance")):
        return frozenset(("p_between",))
    behind = "" if before.endswith("(") else behind  # "below 965 points (46%)"
    for text in (before.split("\x01")[-1], behind, before):
        for name, words in CHANCES:
            if words.search(text):
                return frozenset((name,))
    row = [item.start for item in sentence.figures if item.unit == "chance"]
    if len(row) == 3:
        return frozenset((("p_above", "p_between", "p_below")[row.index(figure.start)],))
    if len(row) == 2:
        start = row[0] if row.index(figure.start) else 0
        return _told_chance([*reversed(re.split("[,;.]", sentence.masked[start : figure.start]))])
    if len(row) != 1:
        return None
    clauses = [*reversed(re.split("[,;.]", sentence.masked[: figure.start]))]
    return _told_chance([*clauses, *re.split("[,;.]", right(sentence, figure))])


def _against(sentence: Sentence, figure: Figure) -> str:
    """The outcome whose chance stands right before: "44% against 31%"."""
    at = sentence.place(figure)
    last = sentence.figures[at - 1] if at else figure
    between = sentence.masked[last.end : figure.start]
    if last.unit != "chance" or not re.fullmatch(r" (?:so với|against|versus|vs\.?) ", between):
        return ""
    return last.key.partition(".")[2]


def _told_chance(clauses: list[str]) -> Names | None:
    """The side that the nearest clause tells: "a close above 1,200, at odds of 51%"."""
    for clause in clauses:
        if all(re.search(words, clause) for words in ("hỗ trợ|support", "kháng cự|resistance")):
            return frozenset(("p_between",))
        for name, words in CHANCES:
            if words.search(clause):
                return frozenset((name,))
    return None


_OF_CHANCE = re.compile(
    r"xác suất|khả năng|kịch bản|lịch sử|thống kê|tần suất|một năm qua|"
    r"chance|probabilit|odds|likel|"
    r"scenario|histor|statistic|past year|weight"
)
_CHANCE_WORDS = {
    "p_between": r"giữa|trong vùng|đi ngang|between|in between|sideways|tích lũy|"
    r"within(?! \w+ (?:sessions|days|weeks))|inside|range",
    "p_above": r"trên|vượt|lấy lại|trở lại|reclaim\w*|regain\w*|tăng|kháng cự|"
    r"above|over|beyond|higher|upside|resistance",
    "p_below": r"dưới|thủng|giảm|hỗ trợ|below|under|lower|downside|support",
}
CHANCES = tuple(
    (name, re.compile(rf"(?<!\w)(?:{words})(?!\w)")) for name, words in _CHANCE_WORDS.items()
)


def windowed(sentence: Sentence, figure: Figure) -> Names | None:
    """One of several windows: "-1.2% (20-session)", "5, 20 and 60 sessions ago: a, b, c"."""
    if measure(figure) not in {"percent", "points"}:
        return None
    window = _OWN_WINDOW.match(right(sentence, figure))
    if window and re.match(r"[ -]?average", right(sentence, figure)[window.end() :]):
        return None
    size = window["w"] if window else _nth_window(sentence, figure)
    if not size:
        return None
    before = sentence.masked[: figure.start]
    for words, names in _FAMILIES:
        if words.search(before):
            return frozenset(name.format(w=size) for name in names)
    return None


_OWN_WINDOW = re.compile(
    r"^\)?(?: điểm| points)? ?(?:\((?:đường |trung bình |the )?|của |trong |over |for |in |"
    r"of )(?:the )?"
    r"(?P<w>\d{1,3})[ -](?:phiên|session|day)"
)
_FAMILIES = (
    (re.compile(r"biến động|volatility"), ("volatility{w}",)),
    (re.compile(r"trung bình|bình quân|average"), ("distance_sma{w}", "sma{w}")),
    (re.compile(r"so với|against|than|ago|over|trong|qua"), ("return{w}",)),
)
_WINDOW = re.compile(
    r"(?P<w>\d{1,3})(?=[ -](?:phiên|session)|(?:,| và| and) \d{1,3}[ -](?:phiên|session)|"
    r"(?:,| và| and) \d{1,3}(?:,| và| and))"
)


def _nth_window(sentence: Sentence, figure: Figure) -> str:
    """The window that has a figure's place in two rows of one length."""
    row = [i for i in sentence.figures if i.start == figure.start or alike(i, figure)]
    windows = [match["w"] for match in _WINDOW.finditer(sentence.masked[: row[0].start])]
    if len(row) < 2 or len(windows) != len(row):
        return ""
    return windows[[item.start for item in row].index(figure.start)]


def in_range(sentence: Sentence, figure: Figure) -> Names | None:
    """The ends of a range, lower first: low and high of a session, support and resistance."""
    if measure(figure) not in {"points", "usd", ""}:
        return None
    at = sentence.place(figure)
    before = sentence.masked[: figure.start]
    likely = any(item.unit == "chance" for item in sentence.figures)
    if likely and figure.key.endswith((".support", ".resistance")):
        return frozenset(("support", "resistance"))
    if at + 1 < len(sentence.figures) and _joined(sentence, figure, sentence.figures[at + 1]):
        return _range_names(before, lower=True)
    if at and _joined(sentence, sentence.figures[at - 1], figure):
        return _range_names(sentence.masked[: sentence.figures[at - 1].start], lower=False)
    return None


def _joined(sentence: Sentence, first: Figure, second: Figure) -> bool:
    between = sentence.masked[first.end : second.start]
    if not _RANGE.match(between):
        return False
    if re.search(r"(?:và|and) ?\(?$", between):
        opening = sentence.masked[: first.start]
        return bool(re.search(r"(?:giữa|between|từ|from) ?\(?$", opening))
    if re.search(r"(?:đến|tới|to) ?$", between):
        return bool(re.search(r"(?:từ|from)[^,.;]{0,12}$", sentence.masked[: first.start]))
    return True


def _range_names(before: str, lower: bool) -> Names:
    if re.search(r"(?<!\w)(?:hỗ trợ|support)[^,.;]*$", before):
        return frozenset(("support", "resistance"))
    if re.search(r"(?:dao động|moved|ranged?|traded|swung)[^;.]*(?:giữa|between) ?$", before):
        return frozenset(("low", "high"))
    if re.search(r"(?:giữa|between) ?$", before) and not re.search(r"hỗ trợ|support", before):
        return frozenset(("low", "high", "support", "resistance"))
    session = re.search(r"(?:dao động|moved|ranged?|traded|biên độ|swung)[^;.]*$", before)
    if session:
        return frozenset(("low",) if lower else ("high",))
    moved = re.search(r"(?:từ|from) ?$", before)
    if moved and not _SWING.search(before):
        return (
            frozenset(("support", "previous_close", "open", "low", "low_20", "low_52w"))
            if (lower)
            else frozenset(("resistance", "close", "high", "high_20", "high_52w"))
        )
    lows = ("low", "support", "low_20", "low_52w", "round_below")
    highs = ("high", "resistance", "high_20", "high_52w", "round_above")
    return frozenset(lows if lower else highs)
