"""Which words introduce which fact: the phrases that give a figure its meaning.

A phrase stands for a set of fact names, `{w}` in them for the window that it names; the figure's
unit tells which of the set is meant (a level and the distance from it share a phrase).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from reports.facts import FACT_NAMES
from reports.writing.verification.reading.numbers import word_value

Names = frozenset[str]

LEVELS = frozenset(
    [
        "sma20",
        "sma50",
        "sma200",
        "high_20",
        "low_20",
        "high_52w",
        "low_52w",
        "round_above",
        "round_below",
        "round_crossed",
        "support",
        "resistance",
        "previous_close",
        "open",
        "high",
        "low",
        "report_support",
        "report_resistance",
        "report_close",
    ]
)
CLOSE = frozenset(("close", "price"))
# A day's change; what is measured against something else says against what.
CHANGES = frozenset(("change", "change_percent"))
MOVES = CHANGES | {
    "return5", "return20", "return60", "return250", "since_report", "since_report_percent",
    "distance_sma20", "distance_sma50", "distance_sma200", "distance_high_20", "distance_low_20",
    "distance_high_52w", "distance_low_52w", "distance_high", "distance_low", "volume_vs_avg20",
    "open_gap", "vs_lead", "before_sma20", "before_sma50", "before_sma200",
}  # fmt: skip

# Which names a figure of each measure can have.
BY_MEASURE: dict[str, Names] = {
    "points": LEVELS | CLOSE | {"change", "since_report"},
    "percent": (MOVES - {"vs_lead"})
    | frozenset(
        [
            "volatility20",
            "volatility60",
            "range_percent",
            "range_position",
            "p_above",
            "p_between",
            "p_below",
            "dominance_btc",
            "dominance_eth",
        ]
    ),
    "pp": frozenset(("vs_lead", "change_percent")),
    "shares": frozenset(("volume", "volume_avg20")),
    "vnd": frozenset(("value",)),
    "usd": frozenset(("price", "report_price", "market_cap", "volume_24h", "since_report")),
    "plain": frozenset(("rsi14", "breadth_ratio", "correlation20", "fear_greed")),
    "count": frozenset(
        name
        for name in FACT_NAMES
        if name.startswith(("sessions_", "streak_", "broken_"))
        or name in {"advances", "declines", "unchanged", "ceilings", "floors", "coins"}
    ),
}


def _table(
    rows: tuple[tuple[str, str], ...],
) -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    return tuple(
        (tuple(names.split()), re.compile(rf"(?<!\w)(?:{words})(?!\w)")) for names, words in rows
    )


_MA = "sma{w} distance_sma{w} volume_avg{w} volume_vs_avg{w}"
_W_VI = r"(?:của |trong |của cả )?(?P<w>\d+ phiên|\d+ tuần|\w+ mươi phiên|một năm|năm qua)"
_W_EN = r"(?P<w>\d+[ -](?:session|week|day)|one-year|year)s?"
_VI = (
    ("close price", r"đóng cửa|chốt(?: phiên)?|kết phiên(?: sáng)?|kết thúc phiên|khép phiên|"
     r"khép lại|tạm dừng|dừng chân|dừng|hiện (?:đứng |giao dịch )?(?:ở|tại|quanh)|đứng (?:ở|tại)|"
     r"giao dịch (?:ở|quanh|tại)|(?:ở|đạt|tại|lên|xuống|về|còn|quanh|giữ) (?:mức|vùng)|điểm số|"
     r"lên|xuống|về|còn|quanh|đạt|hiện ở|ở"),
    ("price", r"giá"),
    ("change change_percent", r"mức (?:tăng|giảm|thay đổi)(?: điểm)?(?: trong phiên| của phiên)?"),
    ("close", r"(?:cao|thấp) nhất(?: trong| của)? (?!20 phiên|52)(?:\d+|\x01+) phiên,?"),
    ("previous_close", r"tham chiếu|(?:phiên|hôm) (?:liền )?trước|phiên liền trước|hôm qua"),
    ("open open_gap", r"mở (?:cửa|phiên|màn)|bắt đầu phiên|khởi đầu phiên"),
    ("high distance_high range_position", r"(?:cao nhất|đỉnh)(?: của| trong)? (?:phiên|ngày)"),
    ("low distance_low range_position", r"(?:thấp nhất|đáy)(?: của| trong)? (?:phiên|ngày)"),
    ("high distance_high range_position", r"(?:đỉnh|cận trên)(?: của)? biên độ(?: trong phiên)?"),
    ("low distance_low range_position", r"(?:đáy|cận dưới)(?: của)? biên độ(?: trong phiên)?"),
    ("high_{w} distance_high_{w}", rf"(?:cao nhất|đỉnh) {_W_VI}"),
    ("low_{w} distance_low_{w}", rf"(?:thấp nhất|đáy) {_W_VI}"),
    (_MA, r"đường (?P<w>\d+) phiên"),
    (_MA, r"(?:bình quân|trung bình(?: động)?|ma|sma)[ -]?\(?(?P<w>\d+)\)?(?: phiên| ngày)?"),
    ("high_20 high_52w high distance_high_52w distance_high_20 distance_high",
     r"đỉnh|(?<!tăng )(?<!giảm )(?:mức )?cao nhất"),
    ("low_20 low_52w low distance_low_52w distance_low_20 distance_low",
     r"đáy|(?:mức )?thấp nhất"),
    ("rsi14", r"rsi|sức mạnh tương đối"),
    ("volatility20 volatility60", r"biến động"),
    ("volatility{w}", r"biến động (?:trong )?(?P<w>\d+ phiên)"),
    ("return{w}", r"(?P<w>(?:\d+|\w+) phiên) (?:qua|gần nhất|gần đây|vừa qua|trước)"),
    ("return{w}", r"hiệu suất (?P<w>\d+ phiên)"),
    ("return250", r"cùng kỳ(?: năm trước)?"),
    ("return5", r"khung tuần|một tuần|tuần qua"), ("return20", r"khung tháng|một tháng|tháng qua"),
    ("return60", r"khung quý|một quý|quý qua|ba tháng"), ("return250", r"khung năm|một năm"),
    ("low", r"(?:đảo chiều|bật lên|hồi phục|hồi|bật|đi lên) từ"),
    ("high", r"(?:đảo chiều|lùi|quay đầu) từ"),
    ("return{w}", r"(?:so với|trong|khung|bức tranh|suốt|trong vòng|sau|qua|của) "
     r"(?P<w>(?:\d+|\w+) phiên)(?: trước| qua| gần nhất| gần đây| vừa qua)?"),
    ("volume volume_vs_avg20", r"khối lượng|thanh khoản"),
    ("volume_avg20", r"khối lượng (?:giao dịch |khớp lệnh )?(?:trung bình|bình quân)"),
    ("value market_cap", r"trị giá"), ("value", r"giá trị|thanh khoản"),
    ("support report_support", r"hỗ trợ"),
    ("support report_support round_below", r"điểm tựa|bệ đỡ|chỗ dựa|vùng đỡ|ngưỡng đỡ|lực đỡ"),
    ("resistance report_resistance round_above", r"(?:vùng|ngưỡng|lực|rào) cản"),
    ("resistance report_resistance", r"kháng cự"),
    ("report_support", r"hỗ trợ (?:nêu |đã nêu )?(?:ở|trong|của) (?:báo cáo|bản tin|bài) trước"),
    ("report_resistance",
     r"kháng cự (?:nêu |đã nêu )?(?:ở|trong|của) (?:báo cáo|bản tin|bài) trước"),
    ("round_above round_below round_crossed", r"mốc tròn|ngưỡng tâm lý|mốc tâm lý"),
    ("range_percent range_position", r"biên độ"), ("range_percent", r"dao động"),
    ("advances breadth_ratio", r"(?:số )?mã tăng(?: giá)?|bên mua|phía tăng"),
    ("declines breadth_ratio", r"(?:số )?mã giảm(?: giá)?|bên bán|phía giảm|(?<=mã tăng và )giảm"),
    ("unchanged", r"(?:số )?mã đứng giá"),
    ("ceilings", r"(?:số )?mã (?:tăng )?(?:kịch )?trần|tăng trần"),
    ("floors", r"(?:số )?mã (?:giảm |nằm )?sàn|giảm sàn"),
    ("p_above p_between p_below", r"xác suất"),
    ("correlation20", r"tương quan"),
    ("vs_lead", r"chênh lệch|nhỉnh hơn|(?:mạnh|yếu|tốt|nhiều|ít|cao|thấp|kém|thua) ?(?:hơn)? "
     r"vn-index"),
    ("vs_lead change change_percent", r"(?:mạnh|yếu|nhiều|ít|cao|thấp|sâu) hơn (?:mức|đà|nhịp) "
     r"(?:tăng|giảm|thay đổi)(?: của)? vn-index"), ("vs_lead", r"sâu hơn vn-index"),
    ("dominance_btc", r"thống trị(?: của)?(?: bitcoin| btc)?|bitcoin chiếm|"
     r"phần của bitcoin(?: trong (?:tổng )?vốn hóa)?"),
    ("dominance_eth", r"(?:thống trị|tỷ trọng|thị phần)(?: của)? (?:ethereum|eth)|ethereum chiếm"),
    ("market_cap", r"vốn hóa"),
    ("volume_24h", r"(?:giá trị |khối lượng )?giao dịch(?: tiền mã hóa| crypto| toàn thị trường)?"
     r"(?: trong)? 24 giờ"),
    ("fear_greed", r"sợ hãi|tham lam|tâm lý"),
    ("report_close report_price since_report since_report_percent", r"báo cáo trước|bản tin trước"),
    ("distance_sma20", r"trung bình của (?:quãng|giai đoạn) (?:đó|này)"),
    ("open_gap", r"mở cửa (?:cao hơn|thấp hơn|tăng|giảm)"),
)  # fmt: skip
_EN = (
    ("close price", r"closed?(?: at| the (?:day|session) at)?|closing|ended|finished|settled|"
     r"stood|stands|now at|trad(?:es|ed|ing) (?:at|around|near)|to|at|around|level(?: of)?|near|"
     r"is at"),
    ("price", r"price(?: of)?"),
    ("change change_percent", r"(?:the|the day(?:'s|’s)|its) (?:gain|loss|rise|fall|change|move)"
     r"(?: is| of| was| came to| comes to| amounted to)?"),
    ("previous_close", r"previous close(?: of)?|reference(?: of)?|prior close(?: of)?|"
     r"previous session(?:'s|’s)?(?: close)?|yesterday"),
    ("open open_gap", r"opened|opening|(?<!still )(?<!remains )(?<!remain )(?<!left )open(?: of|"
        r" at)?(?! question)|got \x04+ way|"
     r"(?:began|started|kicked off)(?: the (?:day|session)| trading)?(?: at)?"),
    ("high distance_high range_position", r"(?:(?:session|day)(?:'s|’s)?|intraday|daily) "
     r"(?:high|peak|top)(?: of)?|"
     r"high of the (?:day|session)|as high as|peaked"),
    ("low distance_low range_position", r"(?:(?:session|day)(?:'s|’s)?|intraday|daily) "
     r"(?:low|trough|bottom)(?: of)?|"
     r"low of the (?:day|session)|as low as|bottomed"),
    ("high_{w} distance_high_{w}", rf"{_W_EN}(?: closing)? (?:high|peak)(?: of)?"),
    ("low_{w} distance_low_{w}", rf"{_W_EN}(?: closing)? (?:low|trough)(?: of)?"),
    (_MA, r"(?P<w>\d+)-(?:session|day)(?: simple)?(?: moving)? averages?(?: volume)?(?: of)?"),
    (_MA, r"(?:ma|sma)[ -]?\(?(?P<w>\d+)\)?"),
    (_MA, r"(?P<w>\d+)-(?:session|day) (?:one|line|gap|lead|cushion)"),
    ("high_20 high_52w high distance_high_52w distance_high_20 distance_high",
     r"the (?:high|peak)(?: of)?|(?:(?<=off )|(?<=from ))the top"),
    ("low_20 low_52w low distance_low_52w distance_low_20 distance_low",
     r"the (?:low|trough)(?: of)?|(?:(?<=off )|(?<=from ))the bottom"),
    ("rsi14", r"rsi|relative strength(?: index)?"),
    ("volatility20 volatility60", r"volatility"),
    ("volatility{w}", r"(?P<w>\d+-(?:session|day)) (?:annualised |annualized )?volatility"),
    ("return{w}", r"(?P<w>(?:\d+|\w+) sessions) (?:ago|earlier|back)"),
    ("return{w}", r"(?P<w>\d+-session) (?:return|gain|loss|performance|change|view|basis|horizon)"),
    ("return250", r"year on year|a year (?:ago|earlier)"), ("high low", r"touched|reached"),
    ("return5", r"(?<!closed )(?<!ended )(?<!end )(?<!finished )(?<!start to )(?<!start )"
     r"(?<!start of )(?<!session of )(?<!day of )the week|"
     r"a week"), ("return20", r"the month|a month"),
    ("return60", r"the quarter|a quarter|three months"), ("return250", r"the year|a year"),
    ("low high", r"(?:reversed|turned|came back|rebounded|recovered|pulled back|retreated) from"),
    (_MA, r"average of (?P<w>\d+) (?:sessions|days)"),
    ("return{w}", r"(?:against|over|in|than|from|versus|compared with) (?:the (?:last|past) )?"
     r"(?P<w>(?:\d+|\w+) sessions)(?: earlier| ago)?"),
    ("volume volume_vs_avg20", r"volumes?|liquidity"),
    ("volume_avg20", r"average (?:daily )?volume|(?P<w>\d+)-session average volume"),
    ("value market_cap", r"worth|valued at"), ("value", r"value|turnover|liquidity|money"),
    ("support report_support", r"support(?: at| of)?"),
    ("resistance report_resistance", r"resistance(?: at| of)?"),
    ("report_support", r"support (?:named |given |drawn )?(?:in|of) the last report"),
    ("report_resistance", r"resistance (?:named |given |drawn )?(?:in|of) the last report"),
    ("round_above round_below round_crossed", r"round (?:mark|number)(?: of)?|psychological \w+"),
    ("range_percent range_position", r"range(?: of)?"),
    ("advances breadth_ratio", r"advances|advancers|gainers|winners|rising (?:stocks|issues)|"
     r"buyers"),
    ("declines breadth_ratio", r"declines|decliners|losers|falling (?:stocks|issues)|sellers"),
    ("advances", r"stocks (?:rose|gained|advanced|climbed)(?= than)|than (?:rose|gained|advanced)"),
    ("declines", r"stocks (?:fell|lost|declined|dropped)(?= than)|than (?:fell|declined|lost)"),
    ("unchanged", r"unchanged"),
    ("ceilings", r"ceiling|limit[- ]up"),
    ("floors", r"floor|limit[- ]down"),
    ("p_above p_between p_below", r"probability|chance|odds"),
    ("correlation20", r"correlation"),
    ("vs_lead", r"gap|(?:more|less|better|worse|stronger|weaker|ahead|behind)"
     r"(?: than| of)? vn-index"),
    ("dominance_btc", r"(?:bitcoin |btc )?dominance|bitcoin(?:'s|’s) share(?: of (?:total |"
     r"the )?(?:market|capitali[sz]ation|total))?"),
    ("dominance_eth", r"(?:ethereum|eth) dominance|(?:ethereum|eth)(?:'s|’s) share"),
    ("market_cap", r"market cap(?:italisation|italization)?(?: of)?|capitali[sz]ation|"
     r"market value"),
    ("volume_24h", r"24[- ]hour (?:trading|turnover|(?:trading )?volume)|"
     r"trading (?:volume )?(?:over|in)(?: the (?:past|last))? 24 hours|volume in 24 hours"),
    ("fear_greed", r"fear (?:and|&) greed(?: index)?|sentiment"),
    ("report_close report_price since_report since_report_percent", r"last report"),
    ("previous_close", r"the session before"),
    ("high", r"(?:its|the|a) high(?: of)?|top of (?:its|the) range"),
    ("low", r"(?:its|the|a) low(?: of)?|bottom of (?:its|the) range"),
    ("distance_sma20", r"average of that stretch"),
    ("dominance_eth", r"(?:ethereum|ether) (?:accounts for|makes up|holds|has)"),
    ("dominance_btc", r"bitcoin (?:accounts for|makes up|holds|has)"),
    ("open_gap", r"opened (?:higher|lower|up|down)"),
)  # fmt: skip
PHRASES = {"vi": _table(_VI), "en": _table(_EN)}


_ENDS_SESSION = re.compile(r"đóng|chốt|kết|khép|điểm số|clos|ended|finished|settled")
# Prepositions that leave it to the noun before them what stands there.
BARE = {
    "ở", "lên", "xuống", "về", "còn", "quanh", "đạt", "tại", "to", "at", "around", "near", "giá",
    "is at", "level of",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    start: int
    end: int
    names: Names
    text: str

    @property
    def is_weak(self) -> bool:
        if self.names == CLOSE and not _ENDS_SESSION.search(self.text):
            return True
        return self.text in BARE or self.text.startswith(("ở ", "đạt ", "tại ", "lên ", "xuống "))


@lru_cache(maxsize=512)
def phrases(masked: str, language: str) -> list[Phrase]:
    """Every phrase of a masked sentence that can introduce a fact; those inside others left out."""
    found = [
        Phrase(match.start(), match.end(), _names(names, match), match[0])
        for names, pattern in PHRASES[language]
        for match in pattern.finditer(masked)
    ]
    found = [phrase for phrase in found if phrase.names]
    found.sort(key=lambda item: (item.start, -item.end))
    kept: list[Phrase] = []
    for phrase in found:
        if kept and kept[-1].start <= phrase.start and phrase.end <= kept[-1].end:
            if (kept[-1].start, kept[-1].end) != (phrase.start, phrase.end):
                continue
            merged = kept[-1].names | phrase.names
            kept[-1] = Phrase(phrase.start, phrase.end, merged, phrase.text)
            continue
        if kept and phrase.start < kept[-1].end and phrase.names <= CLOSE:
            continue  # "previous close at": the close is the earlier phrase's
        kept.append(phrase)
    return _narrowed(kept)


def _narrowed(found: list[Phrase]) -> list[Phrase]:
    """ "The low" after "52-week high" is the 52-week low."""
    windows = {
        name.rpartition("_")[2]
        for phrase in found
        if not phrase.names & _ANY_EXTREME >= {"high", "high_20"} and len(phrase.names) < 4
        for name in phrase.names
        if name.startswith(("high_", "low_"))
    }
    if any("range_position" in phrase.names and len(phrase.names) == 3 for phrase in found):
        return [_of_session(item) for item in found]
    if not windows and any(phrase.names == _RANGE for phrase in found):
        return [_of_session(item) for item in found]  # "cách đáy 0,7% trong biên độ ngày"
    if len(windows) != 1:
        return found
    window = windows.pop()
    return [
        replace(item, names=frozenset(n for n in item.names if n.endswith(f"_{window}")))
        if _is_bare(item)
        else item
        for item in found
    ]


def _of_session(phrase: Phrase) -> Phrase:
    """ "The low" beside "session high" is the session's."""
    if not _is_bare(phrase):
        return phrase
    side = "high" if "high" in phrase.names else "low"
    return replace(phrase, names=frozenset((side, f"distance_{side}")))


def _is_bare(phrase: Phrase) -> bool:
    """Whether it is a high or low of no window: "the high"."""
    return len(phrase.names) == 6 and bool(phrase.names & _ANY_EXTREME)


_ANY_EXTREME = frozenset(("high", "low", "high_20", "low_20"))
_RANGE = frozenset(("range_percent", "range_position"))


_KNOWN = frozenset(FACT_NAMES)


def _names(names: tuple[str, ...], match: re.Match[str]) -> Names:
    window = match.groupdict().get("w") or ""
    size = _window(window)
    found = frozenset(name.format(w=size) for name in names)
    return found & _KNOWN if "{w}" in names[0] else found


def _window(text: str) -> str:
    """`52w`, `20`, or "?" for a window that no fact has."""
    if not text:
        return "?"
    if text in {"một năm", "năm qua", "one-year", "year"}:
        return "52w"
    words = re.sub(r"[ -](?:phiên|tuần|ngày|session|sessions|week|day)s?$", "", text)
    value = word_value(words)
    if value is None:
        return "?"
    return f"{value}w" if "tuần" in text or "week" in text else str(value)
