"""Trading that is called usual or unusual, and the words about it that tell of prices instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.sentences import Sentence

SURGED, USUAL = 20, 10  # percent from the average: below it none surged; within it all is as usual
_HINTS = {
    "vi": ("đột biến", "bất thường", "bùng nổ", "tăng vọt", "khác ", "thay đổi", "chênh", "ngang",
           "tương đương", "xấp xỉ", "lệch"),
    "en": ("spike", "surge", "jump", "unusual", "ordinary", "different", "the same as", "in line",
           "close to", "near ", "little changed", "comparable", "similar", "typical"),
}  # fmt: skip
_MEAN = {
    "vi": r"(?: (?:so với|với|mức|con số|của))*(?: (?:trung bình|bình quân|thường lệ|mọi khi))",
    "en": r"(?: (?:from|to|with|as|of|its|the|their|a|\d+-(?:session|day)))* "
    r"(?:average|mean|usual|normal)",
}
_USUAL = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<calm>(?:không|chưa|chẳng)(?: hề| có| ghi nhận| cho thấy)*(?: gì| sự| mức| "
        r"dấu hiệu)*(?: quá)? (?:(?:tăng )?đột biến|bất thường|bùng nổ|tăng vọt))|"
        rf"(?P<same>(?:không|chẳng|ít)(?: có)? (?:khác|thay đổi|chênh lệch|chênh|lệch)(?: biệt)?"
        rf"(?: (?:nhiều|đáng kể|là bao|mấy|lớn))?(?={_MEAN['vi']})|"
        rf"(?:ngang|xấp xỉ|tương đương|gần bằng|sát)(?: bằng)?(?={_MEAN['vi']})))(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<calm>(?:no|not an?|without an?|n't an?|nor an?)(?: \w+)? (?:spike|surge|jump)|"
        r"(?:did not|didn't|failed to) (?:spike|surge|jump)|(?:nothing|not|"
        r"n't)(?: \w+)? (?:unusual|"
        r"out of the ordinary|extraordinary))|"
        rf"(?P<same>(?:little|not much|not very|hardly|barely)(?: different| changed)?"
        rf"(?={_MEAN['en']})|(?:much |about |roughly )?(?:the same as|in line with|close to|near|"
        rf"comparable (?:to|with)|similar to|typical of)(?={_MEAN['en']})))\b"
    ),
}


def usual(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Trading without a surge, or hardly away from its average."""
    dated = holds(sentence.masked, _BEFORE)
    for match in _AS_BEFORE.finditer(sentence.masked) if dated else ():
        start, _ = sentence.clause(match.start())
        if LIQUIDITY.search(sentence.masked, start, match.start()) and not sentence.cited:
            reason = "compares trading with a session of which no fact tells"
            yield Claim(match.start(), match.end(), "", reason, figures=False)
    if not holds(sentence.masked, _HINTS[sentence.language]):
        return
    for match in _USUAL[sentence.language].finditer(sentence.masked):
        start, end = sentence.clause(match.start())
        told = LIQUIDITY.search(sentence.masked, start, end) or LIQUIDITY.search(
            sentence.masked, 0, match.start()
        )
        if told is None or sentence.is_hypothetical(match.start()):
            continue
        key = f"{subject(sentence, match.start(), case)}.volume_vs_avg20"
        value = case.sheet.value(key)
        if value is None:
            reason = "compares trading with an average that no fact gives"
        elif match["calm"]:
            reason = "" if value < SURGED else "is wrong: trading was well above its average"
        else:
            reason = "" if abs(value) <= USUAL else "is wrong: trading was well off its average"
        yield Claim(match.start(), match.end(), key, reason, figures=False)


_BEFORE = (" before", "previous", "prior ", "yesterday", " trước", " qua")
_AS_BEFORE = re.compile(
    r"(?<!\w)(?:match(?:ed|ing)|similar to|the same as|in line with|close to|little changed from|"
    r"unchanged from|higher than|lower than|above|below|more than|less than|tương đương|ngang|bằng|"
    r"xấp xỉ|(?:cao|thấp|nhiều|ít) hơn)(?: (?:với|so với|mức|của|hẳn|that of))*"
    r" (?:the (?:day|session) before|(?:the )?(?:previous|prior) (?:session|day)|yesterday|"
    r"(?:phiên|hôm|ngày) (?:liền )?(?:trước|qua))(?!\w)"
)
# Trading confirms, follows or denies a rise that is the prices' own.
_VOUCHING = re.compile(
    r"(?<!\w)(?:(?:xác nhận|ủng hộ|hỗ trợ|theo kịp|đi cùng|đi kèm|tương xứng|tương ứng|đồng thuận|"
    r"củng cố|bảo chứng|song hành|phản ánh|nâng đỡ|tiếp sức|lan tỏa|thuyết phục)"
    r"(?: (?:với|cùng|cho|được|theo|hết))*(?: (?:cú|đà|nhịp|sự|chiều|xu hướng|phiên|đợt|lực))*|"
    r"(?:confirm\w*|back(?:s|ed|ing)?|support\w*|match\w*|endors\w*|underpin\w*|accompan\w*|"
    r"vouch\w*|"
    r"validat\w*|corroborat\w*|bear out|bore out|behind|keep(?:ing)? (?:up|pace) with|"
    r"kept pace with|"
    r"conviction (?:to|behind)|lend(?:s|ing)? \w+ to|lent \w+ to)"
    r"(?: (?:the|this|that|its|today's|day's|session's|index's|a|any))*(?: \w+)?) $"
)
_OF_PRICE = re.compile(
    r"(?<!\w)(?:chỉ số|giá(?! trị)|điểm số|thị trường|the (?:index|indices|market)|prices?)"
    r"(?: (?:đã|vẫn|đang|cùng|only|still|also|has|have))* $"
)
_OF = re.compile(r" (?:của|in|of) (?:the )?")


NAMED = re.compile(rf" (?:trading )?{LIQUIDITY.pattern}")  # "rising volume"


def of_price(sentence: Sentence, start: int, end: int) -> bool:
    """Whether a word of direction beside trading is of prices: "did not confirm the rise"."""
    before = sentence.masked[:start]
    if (of := _OF.match(sentence.masked, end)) and LIQUIDITY.match(sentence.masked, of.end()):
        return False
    return bool(_VOUCHING.search(before) or _OF_PRICE.search(before))


_NORMS = ("trung bình", "bình quân", "thường lệ", "mọi khi", "average", "mean", "usual", "normal")
_AGAINST = {
    "vi": re.compile(
        r"(?<!\w)(?P<side>cao hơn|thấp hơn|trên|dưới|vượt|lớn hơn|nhỏ hơn|kém)(?: (?:hẳn|mức|"
        r"so với|nhiều|một chút))* "
        r"(?:trung bình|bình quân)(?: \d+ (?:phiên|ngày))?"
        r"|(?<!\w)(?P<side2>cao hơn|thấp hơn|trên|dưới|hơn|kém|vượt) (?:mức )?(?:thường lệ|mọi khi)"
    ),
    "en": re.compile(
        r"\b(?P<side>above|below|over|under|(?:high|low|heavi|light|larg|small|thinn|bigg)er than|"
        r"exceed(?:s|ed|ing)?|topp?(?:s|ed|ing)?)"
        r"(?: (?:its|the|their))? (?:\d+-(?:session|day) )?(?:average|mean|usual|normal)"
        r"|\b(?P<side2>heavier|higher|larger|stronger|busier|lighter|lower|thinner|smaller|weaker) "
        r"(?:volumes?|turnover|trading|liquidity) than (?:its |the |their )?"
        r"(?:\d+-(?:session|day) )?(?:average|mean|usual|normal)"
        r"|\b(?P<side3>above|below)-(?:average|normal) (?:volumes?|turnover|trading|liquidity)"
    ),
}
_LOW = {"thấp hơn", "dưới", "nhỏ hơn", "kém", "below", "under", "lower than", "lighter than",
        "smaller than", "thinner than", "lighter", "lower", "thinner", "smaller",
        "weaker"}  # fmt: skip


def liquidity(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Trading above or below its average, where no figure follows to say by how much."""
    yield from _money(sentence, case)
    if not holds(sentence.masked, _NORMS):
        return
    for match in _AGAINST[sentence.language].finditer(sentence.masked):
        start, _ = sentence.clause(match.start())
        before = sentence.masked[start : match.end()]
        if not LIQUIDITY.search(before) or sentence.is_hypothetical(match.start()):
            continue
        key = subject(sentence, match.start(), case)
        value = case.sheet.value(f"{key}.volume_vs_avg20")
        evidence = f"{key}.volume_vs_avg20"
        if value is None:
            yield Claim(
                match.start(),
                match.end(),
                "",
                "compares trading with an average that no fact gives",
            )
            continue
        window = re.search(r"\d+", match[0])
        if window and window[0] != "20":
            yield Claim(
                match.start(), match.end(), "", "names an average of trading that no fact gives"
            )
            continue
        parts = match.groupdict()
        low = (parts["side"] or parts.get("side2") or parts.get("side3")) in _LOW
        denied = _DENIED.search(sentence.masked, start, match.start())
        wrong = (value < 0) is not low if denied is None else (value < 0) is low
        reason = "is wrong the other way round" if wrong else ""
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_MONEY = re.compile(
    r"(?<!\w)(?:(?:money|cash|capital)(?: \w+){0,2}? (?:(?P<more>(?:pour|flood|rush|stream)\w*)|"
    r"(?:dried up|ebbed|stayed (?:away|out|on the sidelines)|fled))|(?:volume|turnover|liquidity|"
    r"thanh khoản)"
    r"(?: \w+){0,2}? (?:dried up|ebbed|evaporated|cạn(?: kiệt)?)|(?:on|amid|"
    r"with) (?:(?P<more3>heavy|"
    r"strong|high|large|brisk|robust)|thin|light|low|weak) (?:volumes?|turnover|trading|liquidity)|"
    r"tiền(?: \w+){0,2}? (?:(?P<more2>đổ"
    r"(?= )|ồ ạt|chảy mạnh|vào mạnh)|(?:đứng ngoài|cạn|suy yếu)))(?!\w)"
)


_OF_MONEY = (
    "money", "cash", "capital", "tiền", "volume", "turnover", "liquidity", "trading", "cạn",
)  # fmt: skip


def _money(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Money told to come in or to stay away: trading stood above its average, or below."""
    if sentence.cited or not holds(sentence.masked, _OF_MONEY):
        return
    for match in _MONEY.finditer(sentence.masked):
        key = f"{subject(sentence, match.start(), case)}.volume_vs_avg20"
        value = case.sheet.value(key)
        more = bool(match["more"] or match["more2"] or match["more3"])
        fits = value is not None and (value > 0) is more
        if not sentence.is_hypothetical(match.start()):
            reason = "" if fits else "is wrong the other way round"
            yield Claim(match.start(), match.end(), key, reason, figures=False)


# "has not come with liquidity above the average": what is denied is that it was so
_DENIED = re.compile(
    r"(?:(?<!\w)(?:không|chưa|chẳng|not|never|without|no)|n't|n’t)(?!\w)(?! (?:chỉ|ít|riêng|only|"
    r"just))(?:(?!(?<!\w)(?:và|mà|vì|do|khi|and|as|because|when|which|while|though)(?!\w)).)*$"
)
