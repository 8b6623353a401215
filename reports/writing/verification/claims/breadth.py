"""Stocks that rose against stocks that fell, and those at their limits, by the sheet's counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import MOST, NEARLY_ALL, Claim, subject
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import DOWN, UP
from reports.writing.verification.reading.sentences import Sentence

_PER_ONE = re.compile(
    r"\x01+(?: times as many)?(?: stocks| mã| cổ phiếu)* (?P<w>rose|up|fell|down|tăng|"
    r"giảm)(?: giá)?[^,.;\x01]{0,12}?"
    r"(?:for (?:each|every)|trên (?:một|mỗi)|mới có|ứng với|cho mỗi|\bas\b)(?: one|"
    r" một)?(?: that)?(?: mã|"
    r" cổ phiếu)* "
    r"(?P<v>rose|up|fell|down|tăng|giảm)"
)
# The same the other way round: "for each one up, 3.4 are down".
_ONE_PER = re.compile(
    r"(?<!\w)(?:(?:for )?(?:each|every)(?: one| stock| share| name)?(?: that)?|"
    r"(?:cứ|mỗi|với|cứ mỗi|ứng với)(?: một| mỗi)? (?:mã|cổ phiếu)|for (?:each|every)(?= \w+ing)) "
    r"(?P<v>(?:falling|rising|declining|advancing|losing|gaining)(?= (?:stock|share|name))|rose|"
    r"up|fell|down|gained|lost|advanced|declined|tăng|giảm)[^;.\x01]{0,30}?"
    r"\x01+(?: times as many)?(?: mã| cổ phiếu| stocks)* ?(?:were |that )?"
    r"(?P<w>rose|up|fell|down|gained|lost|advanced|declined|tăng|giảm)(?!\w)"
)
_EACH = re.compile(r"each|every|mỗi|cứ|một|với|\bas\b")


def per_one(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "3.4 stocks down for each one up": which side outnumbers which."""
    if not _EACH.search(sentence.masked):
        return
    for match in (*_PER_ONE.finditer(sentence.masked), *_ONE_PER.finditer(sentence.masked)):
        key = subject(sentence, match.start(), case)
        ups, downs = (case.sheet.value(f"{key}.{name}") for name in ("advances", "declines"))
        sides = [bool(_RISING.search(match[name])) for name in ("w", "v")]
        if ups is None or downs is None:
            reason = "counts stocks, of which no fact tells"
        else:
            reason = (
                ""
                if sides[0] is not sides[1] and (ups >= downs) is sides[0]
                else "is wrong the other way round"
            )
        start = min(match.start("w"), match.start("v"))
        yield Claim(start, match.end(), f"{key}.advances, {key}.declines", reason, figures=False)


_OF_BREADTH = {
    "vi": ("mã", "cổ phiếu", "nghiêng", "thuộc về", "bên ", "phe ", "phía ", "sắc ", "độ rộng"),
    "en": (
        "stocks", "shares", "issues", "names", "advanc", "declin", "gainers", "losers", "breadth",
        "buyers", "sellers", "bulls", "bears",
    ),
}  # fmt: skip
_BREADTH = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<most>đa số|phần lớn|hầu hết|đa phần|quá nửa|hơn (?:một )?nửa|phần đông|"
        r"số đông|đại đa số|gần như toàn bộ|"
        r"gần như tất cả|toàn bộ|tất cả)"
        r"(?: các| số)? (?:cổ phiếu|mã)(?: cổ phiếu| trên \w+)?(?: đều| cùng| đã)*(?P<neg> không)? "
        r"(?P<w>tăng|giảm|đứng giá|xanh|đỏ)(?: giá| điểm)?|"
        r"nhiều (?=mã|cổ phiếu)(?:mã|cổ phiếu) (?P<e>tăng|giảm)(?: giá)? hơn(?: số)?(?: mã|"
        r" cổ phiếu)?"
        r"(?: (?P<f>tăng|giảm))?|"
        r"(?:số )?(?:mã|cổ phiếu) (?P<a>tăng|giảm)(?: giá)?(?: điểm)?(?: (?:\x04+|trên|ở|tại)"
        r" (?:sàn )?\w+)?(?: đều| vẫn|"
        r" cũng)* (?:nhiều hơn|áp đảo|vượt|"
        r"nhỉnh hơn|lớn hơn|cao hơn|đông hơn|lấn át|chiếm ưu thế|chiếm đa số|"
        r"chiếm phần lớn|vượt trội)(?: hẳn| so với)*(?: số)?(?: mã| cổ phiếu)?(?: (?P<b>tăng|"
        r"giảm))?|"
        r"(?:số )?(?:mã|cổ phiếu) (?P<c>tăng|giảm)(?: giá)? "
        r"(?:ít hơn|thấp hơn|kém|thua|lép vế)(?: hẳn| so với)*(?: số)?(?: mã)?(?: (?P<d>tăng|"
        r"giảm))?|"
        r"(?:nghiêng (?:hẳn )?về|thuộc về|ưu thế thuộc về|lợi thế thuộc về)(?: phía)? (?:bên |"
        r"phe |phía |sắc |chiều )?(?P<side>mua|bán|tăng|giảm|xanh|đỏ)|"
        r"(?:bên|phe|phía) (?P<side2>mua|bán)(?: đang)? (?:áp đảo|chiếm ưu thế|thắng(?: thế| rõ)?|"
        r"lấn át|"
        r"làm chủ)|"
        r"sắc (?P<colour>xanh|đỏ)(?: đang)? (?:áp đảo|chiếm ưu thế|lan rộng|lan tỏa|bao trùm|"
        r"phủ kín|lấn át)|"
        r"độ rộng(?: thị trường)?(?: khá| đang| rất)? (?P<tone>tích cực|tiêu cực|cân bằng))(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<most>most|the majority of|a majority of|the bulk of|more than half(?: of)?|"
        r"nearly all|almost all|all)"
        r"(?: of)?(?: the)? (?:stocks|shares|issues|names)(?: on \w+)? (?P<w>rose|fell|gained|"
        r"declined|advanced|lost|climbed|dropped|"
        r"were up|were down|ended higher|ended lower|closed higher|closed lower)|"
        r"(?P<a>advances|advancers|gainers|advancing stocks|declines|decliners|losers|"
        r"declining stocks)(?: far| easily| clearly)? "
        r"(?:outnumbered|outpaced|exceeded|beat|led|topped)(?: the)?(?: (?P<b>advances|advancers|"
        r"gainers|declines|decliners|losers))?|"
        r"more (?P<e>advances|advancers|gainers|risers|declines|decliners|losers|fallers) than"
        r" (?P<f>advances|advancers|gainers|risers|declines|decliners|losers|fallers)|"
        r"more stocks (?P<c>rose|fell|gained|declined|advanced) than (?P<d>rose|fell|gained|"
        r"declined)|"
        r"breadth(?: was| is| clearly| strongly| slightly)* (?:favou?red|tilted (?:to|towards?)|"
        r"leaned (?:to|towards?)) (?:the )?(?P<side>buyers|sellers|bulls|bears|gainers|decliners)|"
        r"(?P<side2>buyers|sellers|bulls|bears)(?: clearly)? (?:dominated|prevailed|won|led|"
        r"came out ahead|"
        r"were in control|had the upper hand)|"
        r"breadth(?: (?:on|across) (?:the )?\w+)?(?: was| is| turned| stayed| remained|"
        r" still)* (?P<tone>positive|negative|even|strong|"
        r"weak|balanced))\b"
    ),
}
_RISING = re.compile(
    r"tăng|mua|xanh|tích cực|rose|riser|gain|advanc|climb|up|higher|buyers|bulls|positive|strong"
)


def majorities(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Breadth in words, by the numbers of stocks that rose and fell."""
    if not holds(sentence.masked, _OF_BREADTH[sentence.language]):
        return
    for match in _BREADTH[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        yield Claim(match.start(), match.end(), *_majority(sentence, match, case))


HALF = 50  # of the scale of an RSI
_MOMENTUM = re.compile(r"(?<!\w)(?:động lượng|rsi|momentum)(?!\w)[^.;\x01]*$")


def _momentum(key: str, side: str, case: Case) -> tuple[str, str]:
    """Which half of its scale the RSI is in: "momentum leans towards the buyers"."""
    value = case.sheet.value(f"{key}.rsi14")
    if value is None:
        return "", "claims more than the facts prove"
    fits = value > HALF if _RISING.search(side) else value < HALF
    return f"{key}.rsi14", "" if fits else f"is wrong: the RSI is {value:.1f}"


def _majority(sentence: Sentence, match: re.Match[str], case: Case) -> tuple[str, str]:
    if (side := match["side"]) and _MOMENTUM.search(sentence.masked, 0, match.start()):
        return _momentum(subject(sentence, match.start(), case), side, case)
    exchanges = [state.key for state in case.sheet.indices if not state.key.endswith("30")]
    if not _EVERYWHERE.search(sentence.masked):
        exchanges = [_exchange(sentence, match, case)]
    found = [_majority_of(key, sentence, match, case) for key in exchanges]
    return next((item for item in found if item[1]), found[0])


# "trên cả ba sàn": what is said of breadth must hold on each
_EVERYWHERE = re.compile(
    r"(?<!\w)(?:(?:cả|trên) (?:ba|các|mọi|3) sàn|(?:all|on) (?:the )?three (?:exchanges|boards|"
    r"markets)|(?:every|each) exchange|từ hose (?:tới|đến) upcom|from hose to upcom|"
    r"across (?:the|all) (?:exchanges|boards))(?!\w)"
)


def _exchange(sentence: Sentence, match: re.Match[str], case: Case) -> str:
    """Whose stocks they are: named right behind ("fell than rose on HoSE"), or spoken of."""
    inside = [item.key for item in sentence.names if match.start() <= item.start < match.end()]
    if len(inside) == 1:
        return inside[0]  # "more at the floor on HNX than at the ceiling"
    later = next((item for item in sentence.names if item.start >= match.end()), None)
    if later and re.fullmatch(
        r" (?:on|in|trên|ở|\x04+)(?: the| sàn)? ", sentence.masked[match.end() : later.start]
    ):
        return later.key
    return subject(sentence, match.start(), case)


def _majority_of(key: str, sentence: Sentence, match: re.Match[str], case: Case) -> tuple[str, str]:
    ups, downs = case.sheet.value(f"{key}.advances"), case.sheet.value(f"{key}.declines")
    if ups is None or downs is None:
        return "", "speaks of stocks that rose or fell, which no fact counts"
    evidence = f"{key}.advances, {key}.declines"
    parts = {name: value for name, value in match.groupdict().items() if value}
    if parts.get("tone") in {"cân bằng", "even", "balanced"}:
        close = abs(ups - downs) <= max(ups, downs) / 10
        return evidence, "" if close else "is wrong: the counts differ"
    if parts.get("w") == "đứng giá":
        return evidence, "claims what the counts do not show"
    word = next(
        parts[n] for n in ("w", "a", "c", "e", "side", "side2", "colour", "tone") if n in parts
    )
    way = UP if _RISING.search(word) else DOWN
    if "c" in parts and sentence.language == "vi":
        way = -way  # "ít hơn"
    winner, loser = (ups, downs) if way == UP else (downs, ups)
    other = parts.get("b") or parts.get("d") or parts.get("f")
    if other and bool(_RISING.search(other)) is bool(_RISING.search(word)):
        return evidence, "compares a number with itself"
    if "most" not in parts:
        return evidence, "" if winner > loser else f"is wrong: {ups} rose and {downs} fell"
    total = ups + downs + (case.sheet.value(f"{key}.unchanged") or 0)
    winner = total - winner if parts.get("neg") else winner
    need = {"hầu hết": NEARLY_ALL}.get(parts["most"], MOST)
    if re.search(r"toàn bộ|tất cả|\ball\b", parts["most"]):
        need = (
            Decimal("0.9")
            if re.search("gần như|nearly|almost", parts["most"])
            else Decimal("0.9999")
        )
    return evidence, "" if winner > total * need else f"is wrong: {winner} of {total} did that"


_LIMIT_EN = r"(?:ceilings?|limit[- ]ups?|floors?|limit[- ]downs?)"
_LIMIT_VI = r"(?:(?:tăng |chạm |kịch )?trần|(?:giảm |chạm |nằm )?sàn)"
_COUNTED = r"(?: ones| stocks| shares| mã| cổ phiếu)?(?: \(\x01+(?: \w+)?\))?"
_THAN_EN = rf"(?:[\w\x01]+ ){{0,4}}?(?P<b>{_LIMIT_EN})"
_LIMITS = {
    "vi": re.compile(
        rf"(?:mã|cổ phiếu) (?P<a>{_LIMIT_VI}){_COUNTED},?(?: (?:cũng|vẫn|hẳn|(?:trên|ở|tại|"
        rf"\x04+) \w+))*"
        r" (?:(?P<more>nhiều hơn|áp đảo|vượt|cao hơn|lớn hơn|đông hơn|nhỉnh hơn|hơn)|"
        r"(?P<less>ít hơn|thấp hơn|kém|thua))"
        rf"(?: (?:hẳn|so với|số|các|mã|cổ phiếu|\x01+))* (?P<b>{_LIMIT_VI})(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?:(?P<more>more)|(?P<less>fewer)) (?=stocks|shares|names|hit|ended|closed|were|at)"
        rf"|(?=(?:ceiling|floor|limit)))(?:\w+ ){{0,5}}?(?P<a>{_LIMIT_EN})"
        rf"{_COUNTED},?(?: (?:far|easily|also|slightly|narrowly|only|just|were|still))*"
        r"(?: (?:(?P<more2>outnumber(?:ed|ing)?|exceed(?:ed|ing)?|more(?: numerous)? than)|"
        r"(?P<less2>(?:fewer|less) than))| than) " + _THAN_EN
    ),
}


def limits(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Stocks at their ceiling against those at their floor, whichever the text calls more."""
    if not _AT_LIMIT.search(sentence.masked):
        return
    for match in _LIMITS[sentence.language].finditer(sentence.masked):
        key, parts = _exchange(sentence, match, case), match.groupdict()
        first, second = (_limit(parts[name]) for name in "ab")
        own, other = (case.sheet.value(f"{key}.{name}") for name in (first, second))
        more = bool(parts["more"] or parts.get("more2"))
        if own is None or other is None:
            reason = "speaks of stocks at their limits, which no fact counts"
        elif first == second or own == other or (own > other) is not more:
            reason = "is wrong the other way round"
        else:
            reason = ""
        evidence = f"{key}.{first}, {key}.{second}"
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_AT_LIMIT = re.compile(r"trần|ceiling|limit[- ]")


def _limit(words: str) -> str:
    return "ceilings" if re.search("trần|ceiling|up", words) else "floors"
