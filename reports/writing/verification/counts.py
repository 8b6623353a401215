"""How many indices and stocks went which way, and number words that stand for figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.records import streak
from reports.writing.verification import members
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim, changes, subject
from reports.writing.verification.motion import DOWN, FLAT, UP, Motion, motions
from reports.writing.verification.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.sentences import Sentence

_N_VI, _N_EN = rf"(?:\d{{1,2}}|\x01+|{VI_WORDS})", rf"(?:\d{{1,2}}|\x01+|{EN_WORDS})"
_DID = "closed|ended|finished|settled|rose|fell|gained|lost|advanced|declined|were|are"
_TALLY = {
    "vi": re.compile(
        rf"(?<!\w)(?:(?P<none>không (?:có )?(?:một )?chỉ số nào)|"
        rf"(?P<all>(?:cả|tất cả|toàn bộ)(?: (?P<total>{_N_VI}))?|mọi)(?: các)? chỉ số|"
        rf"trong (?:số )?(?P<of2>{_N_VI}) chỉ số(?: có số liệu)?,? (?:có )?"
        rf"(?P<some2>{_N_VI})(?= (?:tăng|giảm|"
        rf"đứng|đi ngang))|"
        rf"(?P<some>{_N_VI})(?: chỉ số)?(?: trong(?: tổng)?(?: số)?|/|"
        rf"trên) ?(?P<of>{_N_VI}) chỉ số|"
        rf"(?P<most>đa số|phần lớn|hầu hết|đa phần)(?: các)? chỉ số|"
        rf"(?P<plain>{_N_VI}) chỉ số(?! (?:có số liệu)))(?: chính| chứng khoán| có số liệu| đều|"
        rf" cùng)*(?!\w)"
    ),
    "en": re.compile(
        rf"\b(?:(?P<none>(?:none of the(?: {_N_EN})?|no) (?:indices|indexes|index)|none of them)|"
        rf"(?P<all>all(?: of)?(?: the)?(?: (?P<total>{_N_EN}))?|every|both)(?: main|"
        rf" major)? (?:indices|indexes|index)|"
        rf"of(?: the)? (?P<of2>{_N_EN})(?: main| major)? (?:indices|indexes)(?: with figures)?,? "
        rf"(?P<some2>{_N_EN})|"
        rf"(?P<some>{_N_EN})(?: out)? of(?: the)? (?P<of>{_N_EN})(?: main| major)? (?:indices|"
        rf"indexes)|"
        rf"all (?P<total2>{_N_EN})(?= (?:{_DID}))|"
        rf"(?P<some3>{_N_EN})(?: out)? of(?: the)? (?P<of3>{_N_EN})(?= (?:{_DID}))|"
        rf"(?P<most>most(?: of the)?|a majority of|the majority of)(?: main| major)? (?:indices|"
        rf"indexes)|"
        rf"(?P<plain>{_N_EN}) (?:indices|indexes))(?: with figures)?\b"
    ),
}
_MORE = {
    "vi": re.compile(
        rf"(?:,|và|;|còn) (?P<n>{_N_VI}) (?:chỉ số )?(?=tăng|giảm|đứng|đi ngang|không đổi)"
    ),
    "en": re.compile(
        rf"(?:,|and|;|while) (?P<n>{_N_EN}) (?:others? )?(?=rose|fell|stood|were|was|gained|lost|"
        rf"declined)"
    ),
}
MOST, NEARLY_ALL = Decimal("0.5"), Decimal("0.75")


def tallies(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Counts of indices, counted anew: "ba trong năm chỉ số tăng, hai giảm"."""
    if not _OF_INDICES.search(sentence.masked):
        return
    words = motions(sentence.masked, sentence.language)
    for match in _TALLY[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        motion = _next(words, match.end(), sentence)
        if members.others(sentence, match):
            continue
        if motion is None or (_is_elliptic(match) and not _INDICES.search(sentence.masked)):
            continue
        if run := _RUN.match(sentence.masked, motion.end):
            yield Claim(match.start(), run.end(), *_runs(sentence, match, motion, run, case))
            continue
        yield Claim(match.start(), motion.end, *_tally(sentence, match, motion, case))
        at = motion.end
        for more in _MORE[sentence.language].finditer(sentence.masked, at):
            following = next((item for item in words if item.start == more.end()), None)
            if following is None:
                continue
            reason = _count_fault(_number(sentence, more, "n"), following, case)
            yield Claim(more.start("n"), following.end, _evidence(case), reason)


_RUN = re.compile(
    rf" (?:for )?(?P<k>{_N_VI}|{_N_EN}) (?:sessions?|days?|phiên) (?:in a row|running|liên tiếp|"
    r"liền|liên tục)(?!\w)"
)


def _runs(
    sentence: Sentence, match: re.Match[str], motion: Motion, run: re.Match[str], case: Case
) -> tuple[str, str]:
    """ "Three of the five have fallen three sessions in a row": counted by the closes."""
    length = _number(sentence, run, "k") or 0
    keys = [key for key in changes(case.sheet) if key in case.sheet.series]
    runs = [streak(case.sheet.series[key].closes) * motion.way for key in keys]
    real = sum(value >= length for value in runs)
    parts = match.groupdict()
    group = next((n for n in ("some", "some2", "some3", "plain", "total") if parts.get(n)), "")
    count = _number(sentence, match, group) if group else len(keys)
    reason = "" if count == real else f"is wrong: {real} of the indices did that"
    return ", ".join(f"{key} closes" for key in keys), reason


_OF_INDICES = re.compile(r"chỉ số|index|indices|none of them|all |out of|of ")
_INDICES = re.compile(r"\b(?:index|indices|indexes)\b")


def _is_elliptic(match: re.Match[str]) -> bool:
    """Whether the text counts without saying what: "all five closed lower"."""
    parts = match.groupdict()
    return bool(parts.get("total2") or parts.get("some3"))


def _next(words: list[Motion], position: int, sentence: Sentence) -> Motion | None:
    found = next((item for item in words if item.start >= position), None)
    if found is None or re.search(r"[,.;:]", sentence.masked[position : found.start]):
        return None
    return found


def _evidence(case: Case) -> str:
    return ", ".join(f"{key}.change" for key in changes(case.sheet))


def _number(sentence: Sentence, match: re.Match[str], group: str) -> int | None:
    text = match[group]
    if text and "\x01" in text:
        inside = [f for f in sentence.figures if f.start == match.start(group)]
        return int(inside[0].value) if inside and not inside[0].problem else None
    return word_value(text) if text else None


def _signs(case: Case) -> list[int]:
    values = [case.sheet.value(f"{key}.change") for key in changes(case.sheet)]
    rounded = [(value or Decimal(0)).quantize(Decimal("0.01")) for value in values]
    return [(value > 0) - (value < 0) for value in rounded]


def _count_fault(count: int | None, motion: Motion, case: Case) -> str:
    real = sum(sign == motion.way for sign in _signs(case))
    if motion.way == FLAT:
        slight = [v for v in changes(case.sheet).values() if abs(v) < Decimal("0.1")]
        if count in {real, len(slight)}:
            return ""
    return "" if count == real else f"is wrong: {real} of the indices did that"


def _tally(sentence: Sentence, match: re.Match[str], motion: Motion, case: Case) -> tuple[str, str]:
    known, every = len(changes(case.sheet)), len(case.sheet.indices)
    signs, evidence = _signs(case), _evidence(case)
    real = sum(sign == motion.way for sign in signs)
    if match["none"]:
        return evidence, _count_fault(0, motion, case)
    parts = match.groupdict()
    if match["all"] or parts.get("total2"):
        group = next((name for name in ("total", "total2") if parts.get(name)), "")
        total = _number(sentence, match, group) if group else known
        if match[0].startswith("both"):
            total = 2
        if total != known or not known:
            return evidence, f"is wrong: {known} indices are known"
        return evidence, _count_fault(known, motion, case)
    if match["most"]:
        nearly = match["most"] == "hầu hết"
        fits = real > known * (NEARLY_ALL if nearly else MOST) or (nearly and real * 4 >= known * 3)
        return evidence, "" if fits else f"is wrong: {real} of {known} indices did that"
    whole = next((name for name in ("of", "of2", "of3") if parts.get(name)), "of")
    if match[whole] and _number(sentence, match, whole) not in {known, every}:
        return evidence, f"is wrong: {known} indices are known"
    if match["some2"]:
        return evidence, _count_fault(_number(sentence, match, "some2"), motion, case)
    some = next(name for name in ("some", "some3", "plain") if parts.get(name))
    return evidence, _count_fault(_number(sentence, match, some), motion, case)


_PER_ONE = re.compile(
    r"\x01+(?: times as many)?(?: stocks| mã| cổ phiếu)* (?P<w>rose|up|fell|down|tăng|"
    r"giảm)(?: giá)?[^,.;\x01]{0,12}?"
    r"(?:for (?:each|every)|trên (?:một|mỗi)|ứng với|cho mỗi|\bas\b)(?: one)?(?: that)?(?: mã|"
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


_AVERAGES = re.compile(
    rf"(?<!\w)(?P<n>{_N_VI}) đường trung bình(?! \d+ (?:phiên|ngày)(?! \())|"
    rf"\b(?P<m>{_N_EN}) (?:moving )?averages\b"
)


def averages(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """How many averages: those that the sentence shows, or all that the sheet has."""
    if "trung bình" not in sentence.masked and "averages" not in sentence.masked:
        return
    for match in _AVERAGES.finditer(sentence.masked):
        count = _number(sentence, match, "n" if match["n"] else "m")
        key = subject(sentence, match.start(), case)
        known = sum(f"{key}.sma{size}" in case.sheet.facts for size in (20, 50, 200))
        shown = len(
            re.findall(r"\d+[ -](?:phiên|session)[^(,;]{0,12}\(", sentence.masked[match.start() :])
        )
        reason = "" if count in {known, shown} else f"is wrong: {known} averages are known"
        placed = _PLACED.search(sentence.masked, match.end())
        if placed and not reason and not sentence.is_hypothetical(match.start()):
            reason = _placed(key, placed["side"] in {"trên", "above"}, case)
        yield Claim(match.start(), match.end(), f"{key}.sma20", reason, figures=False)


_FRAMED = re.compile("khung|frames|horizons|windows")  # no other sentence is worth a closer look
_FRAMES = re.compile(
    rf"(?<!\w)(?:cả )?(?P<n>{_N_VI}|{_N_EN}) "
    r"(?:khung(?: thời gian)?|time ?frames|horizons|windows)(?!\w)"
)


def frames(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """How many stretches of time: as many as the sentence gives moves for."""
    if sentence.is_hypothetical(0) or not _FRAMED.search(sentence.masked):
        return
    for match in _FRAMES.finditer(sentence.masked):
        shown = [item for item in sentence.figures if ".return" in item.key]
        bare = [item for item in sentence.figures if not item.key and item.unit == "percent"]
        count = _number(sentence, match, "n")
        if len(shown) + len(bare) < 2:
            continue
        reason = "" if count in {len(shown), len(bare)} else "is not the number of what it counts"
        yield Claim(match.start(), match.end(), "", reason, figures=False)


_PLACED = re.compile(
    r"(?:nằm|ở|đứng|lies?|are|stands?)(?: đều| phía| bên)* (?P<side>trên|dưới|above|below)"
    r"(?: (?:điểm đóng cửa|mức đóng cửa|chỉ số|the close|the index|it)|[:.,]|$)"
)


def _placed(key: str, above: bool, case: Case) -> str:
    """Whether all averages lie on one side of the close."""
    close = case.sheet.value(f"{key}.close")
    means = [case.sheet.value(f"{key}.sma{size}") for size in (20, 50, 200)]
    known = [mean for mean in means if mean is not None]
    if close is None or not known or not all((mean > close) is above for mean in known):
        return "is wrong: not all averages lie there"
    return ""


_BREADTH = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<most>đa số|phần lớn|hầu hết|đa phần|quá nửa|hơn (?:một )?nửa|phần đông|"
        r"số đông|đại đa số|gần như toàn bộ|"
        r"gần như tất cả|toàn bộ|tất cả)"
        r"(?: các| số)? (?:cổ phiếu|mã)(?: cổ phiếu| trên \w+)?(?: đều| cùng| đã)*(?P<neg> không)? "
        r"(?P<w>tăng|giảm|đứng giá|xanh|đỏ)(?: giá| điểm)?|"
        r"(?:số )?(?:mã|cổ phiếu) (?P<a>tăng|giảm)(?: giá)?(?: điểm)?(?: đều| vẫn|"
        r" cũng)* (?:nhiều hơn|áp đảo|vượt|"
        r"nhỉnh hơn|lớn hơn|cao hơn|đông hơn|lấn át|chiếm ưu thế|chiếm đa số|"
        r"chiếm phần lớn|vượt trội)(?: hẳn| so với)*(?: số)?(?: mã| cổ phiếu)?(?: (?P<b>tăng|"
        r"giảm))?|"
        r"(?:số )?(?:mã|cổ phiếu) (?P<c>tăng|giảm)(?: giá)? "
        r"(?:ít hơn|thấp hơn|kém|thua|lép vế)(?: hẳn| so với)*(?: số)?(?: mã)?(?: (?P<d>tăng|"
        r"giảm))?|"
        r"(?:nghiêng (?:hẳn )?về|thuộc về|ưu thế thuộc về|lợi thế thuộc về)(?: phía)? (?:bên |"
        r"phe |phía |sắc |chiều )?(?P<side>mua|bán|tăng|giảm|xanh|đỏ)|"
        r"(?:bên|phe|phía) (?P<side2>mua|bán)(?: đang)? (?:áp đảo|chiếm ưu thế|thắng thế|lấn át|"
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
        r"more stocks (?P<c>rose|fell|gained|declined|advanced) than (?P<d>rose|fell|gained|"
        r"declined)|"
        r"breadth(?: was| is| clearly| strongly| slightly)* (?:favou?red|tilted (?:to|towards?)|"
        r"leaned (?:to|towards?)) (?:the )?(?P<side>buyers|sellers|bulls|bears|gainers|decliners)|"
        r"(?P<side2>buyers|sellers|bulls|bears)(?: clearly)? (?:dominated|prevailed|"
        r"were in control|had the upper hand)|"
        r"breadth(?: was| is| turned| stayed| remained)* (?P<tone>positive|negative|even|strong|"
        r"weak|balanced))\b"
    ),
}
_RISING = re.compile(
    r"tăng|mua|xanh|tích cực|rose|gain|advanc|climb|up|higher|buyers|bulls|positive|strong"
)


def majorities(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Breadth in words, by the numbers of stocks that rose and fell."""
    for match in _BREADTH[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()):
            continue
        yield Claim(match.start(), match.end(), *_majority(sentence, match, case))


def _majority(sentence: Sentence, match: re.Match[str], case: Case) -> tuple[str, str]:
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
    word = next(parts[n] for n in ("w", "a", "c", "side", "side2", "colour", "tone") if n in parts)
    way = UP if _RISING.search(word) else DOWN
    if "c" in parts and sentence.language == "vi":
        way = -way  # "ít hơn"
    winner, loser = (ups, downs) if way == UP else (downs, ups)
    other = parts.get("b") or parts.get("d")
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
_THAN_EN = rf"(?:[\w\x01]+ ){{0,4}}?(?P<b>{_LIMIT_EN})"
_LIMITS = {
    "vi": re.compile(
        rf"(?:mã|cổ phiếu) (?P<a>{_LIMIT_VI}),?(?: (?:cũng|vẫn|trên \w+))*"
        r" (?:(?P<more>nhiều hơn|áp đảo|vượt|cao hơn|lớn hơn|đông hơn)|"
        r"(?P<less>ít hơn|thấp hơn|kém|thua))"
        rf"(?: (?:hẳn|so với|số|các|mã|cổ phiếu|\x01+))* (?P<b>{_LIMIT_VI})(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?:(?P<more>more)|(?P<less>fewer)) (?=stocks|shares|names|hit|ended|closed|were|at)"
        rf"|(?=(?:ceiling|floor|limit)))(?:\w+ ){{0,5}}?(?P<a>{_LIMIT_EN})"
        r"(?: stocks| shares)?,?(?: (?:far|easily|also))?"
        r"(?: (?:(?P<more2>outnumbered|exceeded|more than)|(?P<less2>fewer than))| than) "
        + _THAN_EN
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


_WORD_FIGURE = {
    "vi": re.compile(
        rf"(?<!\w)(?:{VI_WORDS}|hàng (?:chục|trăm|nghìn)|vài(?: chục| trăm| nghìn)?|"
        rf"nửa)(?: (?:rưỡi|triệu|tỷ|nghìn|trăm|chục))* "
        r"(?:điểm(?! (?:nhấn|sáng|tựa|yếu|mạnh|đáng|cần|mua|bán|tích cực|tiêu cực))|phần trăm|%|"
        r"mã|cổ phiếu|tỷ đồng|đồng(?! (?:thời|loạt|thuận|pha|đều|tiền|tăng|giảm|coin|hạng|bộ))|"
        r"triệu đồng|usd|lần(?! (?:đầu|thứ|nữa))|tỷ|triệu)(?!\w)"
    ),
    "en": re.compile(
        rf"\b(?:{EN_WORDS}|dozens of|hundreds of|thousands of|scores of|several|a few|"
        rf"half a)(?: (?:hundred|thousand|million|billion|trillion|and a half))* "
        r"(?:points?|per ?cent|%|percentage points?|stocks|shares|issues|dong|vnd|dollars|times|"
        r"million|billion|trillion)\b"
    ),
}


_PER = re.compile(r"(?<!\w)(?:cứ|mỗi|trên|với|ứng với|cho) $")
_AT_ONE_POINT = re.compile(r"\bat one point\b")


def _is_of_coins(sentence: Sentence, match: re.Match[str], case: Case) -> bool:
    """Whether it is the right number of coins: "trong bảy đồng"."""
    words, _, unit = match[0].rpartition(" ")
    before = sentence.masked[: match.start()]
    if unit != "đồng" or not re.search(r"(?:trong|trong số|cả|tất cả) $", before):
        return False
    return word_value(words) == case.sheet.value("crypto.coins")


def number_words(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Figures in words with a unit: they need digits, and with them a proof."""
    for match in _WORD_FIGURE[sentence.language].finditer(sentence.masked):
        if _PER.search(sentence.masked[: match.start()]) or match[0] == "không lần":
            continue
        if _is_of_coins(sentence, match, case):
            continue
        if _AT_ONE_POINT.match(sentence.masked, max(0, match.start() - 3)):
            continue
        reason = "is a figure in words: name the fact, or write digits and declare them"
        yield Claim(match.start(), match.end(), "", reason, figures=False)
