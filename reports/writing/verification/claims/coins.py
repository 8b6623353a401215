"""Coins beside their moves: how many went each way, whose share it is, what was traded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.sentences import Figure, Sentence

_UPS, _DOWNS = "crypto.advances", "crypto.declines"
_PAIR = re.compile(
    r"(?P<a>\x01+)(?: (?:đồng(?: tiền)?|coins?))?,? (?:to|against|versus|vs\.?|over|compared with|"
    r"so với|trên|chọi|và|and|–|-|/)(?: (?:chỉ|only|just))? (?P<b>\x01+)"
)
_RISE = (
    r"tăng|đi lên|lên giá|sắc xanh|xanh|rose|ris(?:e|ing|ers|en)|gain(?:ed|ing|ers|s)?|advanc\w+|"
    r"climb\w*|in the green|winners|up(?! to)"
)
_FALL = (
    r"giảm|mất giá|đi xuống|sắc đỏ|đỏ|fell|fall(?:ing|en|ers)?|declin\w+|dropp\w+|los(?:t|ers|ing|"
    r"es)|in the red|down(?! to)"
)
_SIDE = re.compile(rf"(?<!\w)(?:(?P<up>{_RISE})|(?P<down>{_FALL}))(?!\w)")
_MORE = re.compile(
    r"(?<!\w)(?:outnumber\w*|more|exceed\w*|beat|led|lead|leading|ahead|outweigh\w*|dominat\w+|"
    r"edged|nhiều hơn|nhỉnh hơn|hơn|vượt|lấn át|áp đảo|ưu thế|thắng thế|đông hơn)(?!\w)"
)
_FEWER = re.compile(
    r"(?<!\w)(?:fewer|less|behind|trail\w*|outnumbered by|ít hơn|thua|kém|lép vế|yếu thế)(?!\w)"
)
_FAR = re.compile(r"(?<!\w)(?:áp đảo|lấn át|far|easily|comfortably|dominat\w+|heavily)(?!\w)")
_SLIGHT = re.compile(r"(?<!\w)(?:nhỉnh|slightly|narrowly|edged|a little|một chút)(?!\w)")
FEW = 2  # coins by which one side may outnumber the other "slightly"


def sides(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Coins that rose outnumbered those that fell, 4 to 3": first named, first counted."""
    counts = {f.start: f for f in sentence.figures if f.key in {_UPS, _DOWNS}}
    if len(counts) < 2:
        return
    for match in _PAIR.finditer(sentence.masked):
        first, second = counts.get(match.start("a")), counts.get(match.start("b"))
        if first is None or second is None or sentence.is_hypothetical(match.start()):
            continue
        start = max(sentence.masked.rfind(mark, 0, match.start()) for mark in ";.\x01") + 1
        said = list(_SIDE.finditer(sentence.masked, start, match.start()))
        named = said[0] if said else _SIDE.search(sentence.masked, match.end())
        if named is None:
            continue
        words = sentence.masked[start : match.start()]
        reason = _sides_fault(words, named["up"] is not None, first, second)
        begin = said[0].start() if said else match.start()
        evidence = f"{_UPS}, {_DOWNS}"
        yield Claim(begin, match.end(), evidence, reason, figures=False, yardstick=True)


_LIMITS = re.compile(
    r"(?<!\w)(?:(?P<up>tăng trần|kịch trần|mã trần|limit[- ]up|ceilings?)|(?P<down>giảm sàn|"
    r"kịch sàn|mã sàn|limit[- ]down|floors?))(?!\w)"
)


def limits(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Limit-up stocks outnumbered limit-down ones, 12 to 31": refused where it is so."""
    counts = {f.start: f for f in sentence.figures if f.key.endswith((".ceilings", ".floors"))}
    if len(counts) < 2:
        return
    for match in _PAIR.finditer(sentence.masked):
        first, second = counts.get(match.start("a")), counts.get(match.start("b"))
        start = max(sentence.masked.rfind(mark, 0, match.start()) for mark in ";.\x01") + 1
        named = _LIMITS.search(sentence.masked, start, match.start())
        if first is None or second is None or named is None:
            continue
        if named["up"] and not first.key.endswith(".ceilings"):
            continue
        words = sentence.masked[start : match.start()]
        more, fewer = _MORE.search(words), _FEWER.search(words)
        ahead = first.value - second.value
        if (fewer and ahead >= 0) or (more and not fewer and ahead <= 0):
            reason = "is wrong the other way round"
            evidence = f"{first.key}, {second.key}"
            yield Claim(named.start(), match.end(), evidence, reason, figures=False)


def _sides_fault(words: str, rising: bool, first: Figure, second: Figure) -> str:
    if first.key == second.key or (first.key == _UPS) is not rising:
        return "is wrong the other way round"
    more, fewer = _MORE.search(words), _FEWER.search(words)
    ahead = first.value - second.value
    if (fewer and ahead >= 0) or (more and not fewer and ahead <= 0):
        return "is wrong the other way round"
    if more and _FAR.search(words) and abs(first.value) < 2 * abs(second.value):
        return "claims more than the facts prove"
    return "is no slight lead" if _SLIGHT.search(words) and abs(ahead) > FEW else ""


_SHARED = re.compile(
    r"(?<!\w)(?:shares?|dominance|account\w*|ma(?:de|kes?|king) (?:up|\x04+)|holds?|held|holding|"
    r"represent\w*|command\w*|chiếm|tỷ trọng|thị phần|thống trị|tỷ lệ|phần|vốn hóa|market|"
    r"capitali\w+|nắm(?: giữ)?|weigh\w*)(?!\w)"
)
_OWNER = re.compile(
    r"(?: (?:share|dominance|tỷ trọng|thị phần|con số|the market|of the market|vốn hóa))* (?:of|"
    r"for|by|held by|của|cho|thuộc về) (?=\x03)"
)
_ROW = re.compile(r"(?<!\x03)\x03+ (?:and|và) \x03+")
_BOTH = re.compile(
    r"(?<!\w)(?:together(?: with)?|combined|between them|jointly|in total|cộng(?: với| lại)?|"
    r"cùng(?: với)?|gộp(?: lại| với)?|tổng cộng|(?:the )?(?:two|pair)|both|hai|cả hai|và|and|"
    r"plus)(?!\w)"
)
_MAKES = re.compile(r"(?<!\w)ma(?:de|kes?|king) (?:up|\x04+) ?$")
_TAKES = re.compile(
    r"(?<!\w)(?:account\w* for|ma(?:de|kes?|king) (?:up|\x04+)|represent\w*|hold\w*|command\w*|"
    r"chiếm|nắm(?: giữ)?)(?: (?:khoảng|about|some|nearly|gần|tới|đến))* $"
)
_TWO = ("btc", "eth")


def shares(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Whose part of the market's value it is: Bitcoin's, Ethereum's, or that of both."""
    if not _SHARED.search(sentence.masked):
        return
    for figure in sentence.figures:
        if figure.key in {"crypto.dominance_btc", "crypto.dominance_eth"}:
            owner = _owner(sentence, figure)
            if owner is None or not _is_share(sentence, figure):
                continue
            reason = "" if figure.key.endswith(owner) else "is the share of another coin"
            lead = _MAKES.search(sentence.masked[: figure.start])
            start = lead.start() if lead and lead.end() == figure.start else figure.start
            yield Claim(start, figure.end, figure.key, reason, figures=False, yardstick=True)
        elif not figure.is_reference and figure.unit == "percent" and not figure.problem:
            yield from _sum(sentence, figure, case)


def _owner(sentence: Sentence, figure: Figure) -> str | None:
    """The coin named right behind, the one of its place in a row, or the last one before."""
    text = marked(sentence)
    names = [item for item in sentence.names if item.key in _TWO]
    if owner := _OWNER.match(text, figure.end):
        return next((item.key for item in names if item.start == owner.end()), None)
    earlier = [item for item in names if item.end <= figure.start]
    figures = [f for f in sentence.figures if f.key.startswith("crypto.dominance_")]
    row = _ROW.search(text, 0, figure.start)
    paired = len(earlier) == len(figures) == len(_TWO)
    if row and paired and earlier[0].start == row.start() and figures[0].start >= row.end():
        return earlier[figures.index(figure)].key
    return earlier[-1].key if earlier else None


def _is_share(sentence: Sentence, figure: Figure) -> bool:
    """Whether the words at the figure tell a share, and neither a move nor another measure."""
    start, _ = sentence.clause(figure.start)
    before = sentence.masked[start : figure.start]
    moved = motions(_MAKES.sub("takes", before) + "\x01", sentence.language)
    other = re.search(r"(?<!\w)(?:rsi|giá|price|priced|sợ hãi|fear)(?!\w)", before)
    return not moved and not other


def _sum(sentence: Sentence, figure: Figure, case: Case) -> Iterator[Claim]:
    """A share in digits: of both coins where both are named, else of the one that takes it."""
    if not _TAKES.search(sentence.masked[: figure.start]):
        return
    named = [item for item in sentence.names if item.key in _TWO and item.end <= figure.start]
    values = [case.sheet.value(f"crypto.dominance_{key}") for key in _TWO]
    known = [value for value in values if value is not None]
    if not named or len(known) < len(_TWO):
        return
    start = max([0, *(f.end for f in sentence.figures if f.end <= figure.start)])
    opens = min((i.start for i in named if i.start >= start), default=start)
    both = _BOTH.search(sentence.masked, min(opens, start), figure.start)
    if both and len({item.key for item in named}) == len(_TWO):
        opens = min(opens, both.start()) if both.start() >= start else opens
        yield _share_claim(opens, figure, sum(known, Decimal(0)), case)
    else:
        key = named[-1].key
        start = sentence.clause(figure.start)[0]
        yield _share_claim(max(named[-1].start, start), figure, known[_TWO.index(key)], case)


def _share_claim(start: int, figure: Figure, value: Decimal, case: Case) -> Claim:
    reason = "" if figure.reads(value) else f"is wrong: that share is {value}%"
    evidence = "crypto.dominance_btc, crypto.dominance_eth"
    return Claim(start, figure.end, evidence, reason, figures=case.editor)


_TRADED = (
    r"giao dịch|khớp lệnh|thanh khoản|khối lượng|luân chuyển|sang tay|trao tay|trading|traded|"
    r"turnover|volumes?|chang(?:ed|ing|es?) hands"
)
_WORTH = r"vốn hóa|capitali[sz]ation|market cap|market value|total value"
_MONEY = re.compile(rf"(?<!\w)(?:(?P<traded>{_TRADED})|(?P<worth>{_WORTH}))(?!\w)")


def traded(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """What changed hands in 24 hours against what all coins are worth: the word nearest to it."""
    if not holds(sentence.masked, ("24", "giao dịch", "trad", "turnover", "volume", "thanh kho")):
        return
    for figure in sentence.figures:
        if figure.key not in {"crypto.volume_24h", "crypto.market_cap"}:
            continue
        at = sentence.place(figure)
        start = sentence.figures[at - 1].end if at else 0
        before = list(_MONEY.finditer(sentence.masked, start, figure.start))
        _, end = sentence.clause(figure.start)
        said = before[-1] if before else _MONEY.search(sentence.masked, figure.end, end)
        moved = motions(sentence.masked[start : figure.start], sentence.language)
        if said is None or moved or (said["traded"] is None and figure.key.endswith("_24h")):
            continue
        if any(i.key in {s.key for s in case.sheet.indices} for i in sentence.names):
            continue
        fits = (said["traded"] is None) is (figure.key == "crypto.market_cap")
        reason = "" if fits else "is what all coins are worth, not what was traded"
        yield Claim(figure.start, figure.end, figure.key, reason, figures=False, yardstick=True)
