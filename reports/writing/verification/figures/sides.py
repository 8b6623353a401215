"""Levels above and below, figure against figure: what the order of two values must be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.facts import Fact, FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.claims import rivals
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.figures import roles
from reports.writing.verification.reading import around, subjects
from reports.writing.verification.reading.sentences import Figure, Sentence

_BELOW = re.compile(
    r"(?<!\w)(?:cản dưới|phía dưới|bên dưới|hỗ trợ|chỗ dựa|bệ đỡ|điểm tựa|"
    r"(?<!không )(?<!chưa )giữ được|để mất|"
    r"downside|(?<!find )(?<!finds )(?<!found )support|gives? way|(?:retreat|"
    r"pullback) to(?:wards)?|"
    r"beneath|props?|cushion|"
    r"underneath|underfoot|footing|holds|loss|below (?:it |that )?(?:lies?|is|are|stands?|sits?|"
    r"comes?))(?!\w)"
    r"|(?<!\w)below$"
)
_ABOVE = re.compile(
    r"(?<!\w)(?:cản trên|phía trên|bên trên|phía trước|kháng cự|(?<!bị )(?<!được )thử thách|"
    r"rào cản|lực cản|gặp cản|"
    r"vùng cản|ngưỡng cản|upside|overhead|"
    r"resistance|to reach|(?:recovery|rebound|bounce) to(?:wards)?|"
    r"ahead(?! of)|hurdle|barrier|nearest test|is passed|nếu vượt|"
    r"above (?:it |that )?(?:lies?|is|are|"
    r"stands?|sits?|comes?))(?!\w)"
    r"|(?<!\w)above$"
)
_PLAIN_LEVELS = roles.GENERIC | {
    "sma20",
    "sma50",
    "sma200",
    "high_20",
    "low_20",
    "high_52w",
    "low_52w",
}


def side_fault(sentence: Sentence, figure: Figure, sheet: FactSheet) -> str:
    """Why a level does not lie on the side of the close where the text puts it."""
    fact = figure.fact
    if fact and fact.key.endswith(".close") and _OWN_SIDE.match(sentence.masked[figure.end :]):
        return "is the close itself, which lies neither above nor below"
    if fact is None or fact.key.partition(".")[2] not in _PLAIN_LEVELS:
        return ""
    if _PASSED.match(sentence.masked[figure.end :]) and not sentence.is_hypothetical(figure.start):
        return _passed(fact, sheet, sentence.masked[figure.end :])
    if _LOST.search(sentence.masked[: figure.start]) and not sentence.is_hypothetical(figure.start):
        return ""  # a mark that is told as lost lies above now, which is a claim of its own
    close = sheet.value(f"{fact.key.partition('.')[0]}.close")
    side = _side(sentence, figure)
    if side == 2:
        return "is put above and below at once"
    if close is None or not side or close == fact.value:
        return ""
    if (fact.value > close) is (side > 0):
        return ""
    return (
        f"lies {'below' if side > 0 else 'above'} the close, not {'above' if side > 0 else 'below'}"
    )


_LOST = re.compile(
    r"(?<!\w)(?:(?:đánh |để )mất|lost|gave up)(?: (?:the|cả|mốc|ngưỡng|mức|tròn|tâm lý))* $"
)
_PASSED = re.compile(
    r"^(?: điểm| points?| mark| level)?(?: \([^)]*\))?(?: đã| bị| được| vừa| has| have| was| been)+"
    r" (?:chinh phục|vượt|phá|thủng|xuyên|passed|gained|mất|broken|"
    r"reclaimed|lost|crossed|taken|breached|cleared)"
)


def _passed(fact: Fact, sheet: FactSheet, behind: str) -> str:
    """Whether the session took the close across a level."""
    key = fact.key.partition(".")[0]
    close, before = sheet.value(f"{key}.close"), sheet.value(f"{key}.previous_close")
    distance = sheet.value(f"{key}.before_{fact.key.partition('.')[2]}")
    if close is None or before is None:
        return "is told as crossed, which no fact proves"
    earlier = before - fact.value if distance is None else distance
    crossed = (close - fact.value) * earlier <= 0
    word = _PASSED.match(behind)
    if word and crossed and re.search(r"(?:lost|thủng|xuyên|breached|mất)$", word[0]):
        return "" if close < fact.value else "is told as lost, but the close stands above it"
    if word and crossed and re.search(r"(?:gained|reclaimed|cleared|chinh phục)$", word[0]):
        return "" if close > fact.value else "is told as won, but the close stands below it"
    return "" if crossed else "is told as crossed, but both closes lie on one side of it"


def _side(sentence: Sentence, figure: Figure) -> int:
    """1 above, -1 below, 0 when the words nearest to the figure do not tell."""
    text = sentence.masked
    behind = re.split(_SUPPOSES, re.sub(r"^[^,;.\x01(]{0,8}\([^)]*\)", "", text[figure.end :]))[0]
    before = text[: figure.start]
    if announced := _ANNOUNCED.search(before):
        return -1 if announced["below"] or announced["lower"] else 1
    before = re.split(r"[;.]", before[before.rfind("\x01") + 1 :])[-1]
    if _RELATED.search(before):
        return 0
    if own := _OWN_SIDE.match(text[figure.end :]):
        return -1 if own["below"] else 1
    if own := _RIGHT_BEHIND.match(text, figure.end):
        return -1 if own["below"] or own["under"] else 1
    if _ABOVE.search(before) and _BELOW.search(before):
        return 2
    found = []
    for side, pattern in ((1, _ABOVE), (-1, _BELOW)):
        found += [(len(before) - match.end(), side) for match in pattern.finditer(before)]
        found += [(match.start() + 4, side) for match in pattern.finditer(behind)]
    ends = {side for place, side in found if place < CLOSE_BY}
    if len(ends) == 2 and re.fullmatch(r" ?(?:above|below|phía trên|phía dưới)", behind):
        return 2
    return min(found)[1] if found else 0


_SUPPOSES = r"[,;.\x01]| (?:if|nếu|khi|when|once|unless) "  # what follows is of another level
CLOSE_BY = 16  # characters between a level and the word that puts it somewhere
_ANNOUNCED = re.compile(
    r"(?:sits?|lies?|stands?|is|runs?)[^,.;\x01]{0,8} (?:(?P<lower>lower)|higher),? (?:now )?at $|"
    r"(?:lies?|are|stands?|ở|nằm|đứng)(?: đều)?(?: phía| bên)? (?:(?P<below>dưới|below)|(?:trên|"
    r"above))"
    r"[^.;:]{0,14}:[^.;:]*$"
)

_OWN_SIDE = re.compile(
    r"^(?: điểm| points?| mark| level)?(?: \([^)]*\))?(?: nay| now)? (?:"
    r"lies|stands|sits|is|nằm|ở|"
    r"đứng)(?: phía| bên)? "
    r"(?:(?P<below>dưới|below|beneath)|(?:trên|above))(?: (?:the index|it|chỉ số|mức này))"
)
# "950 điểm ở phía trên và 900 điểm ở phía dưới"
_RIGHT_BEHIND = re.compile(
    r"(?: điểm| points?)?(?: \([^)]*\))?,? (?:(?:(?:nằm |đứng )?ở )?(?:phía|"
    r"bên) (?:(?P<below>dưới)|"
    r"trên)|(?:(?P<under>below|underneath)|above|overhead))(?=[,.;]|$| và| and)"
)
# "đóng cửa trên 1.250": the close stands above it, which is checked as a relation
_RELATED = re.compile(
    r"(?<!\w)(?:đóng cửa|close[sd]?|stands?|đứng|nằm|giữ|nếu|if|vượt|thủng)[^,;.]*(?:trên|dưới|"
    r"above|below)[^,;.]*$|"
    r"(?<!\w)(?:phía|bên) (?:trên|dưới)(?: (?:mốc|tròn|mức|ngưỡng|vùng|đường))+ $"
)
_BETWEEN = {
    "vi": re.compile(
        r"^(?: phiên| điểm| mã)?[^.;]{0,30}?(?<!\w)(?:(?P<more>cao hơn|vượt|lớn hơn|nhiều hơn|"
        r"trên)|"
        r"(?P<less>thấp hơn|dưới|nhỏ hơn|ít hơn|kém))(?: (?:mức|con số|của))* ?$"
    ),
    "en": re.compile(
        r"^[^.;]{0,30}?\b(?:(?P<more>above|higher than|exceeds?|exceeded|more than|over)|"
        r"(?P<less>below|lower than|less than|under|fewer than))(?: (?:the|that of))* ?$"
    ),
}
_COMPARABLE = {"advances", "declines", "volume", "volume_avg20", "rsi14"}


def pairs(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """One figure called more or less than the next: counts, volumes; "from A to B"."""
    for first, second in zip(sentence.figures, sentence.figures[1:], strict=False):
        if sentence.is_hypothetical(first.start) or first.problem or second.problem:
            continue
        between = sentence.masked[first.end : second.start]
        if "volatility20" in first.key:
            continue
        if contrary := _onward(first, second, between):
            yield Claim(second.start - 1, second.start, first.key, contrary, figures=False)
        match = _BETWEEN[sentence.language].match(between)
        if match and _comparable(first, second):
            right = (first.value > second.value) is (match["more"] is not None)
            reason = "" if right else "is wrong the other way round"
            start = first.end + (match.start("more") if match["more"] else match.start("less"))
            yield Claim(start, second.start, f"{first.key}, {second.key}", reason, figures=False)
        elif (fault := _over_rival(sentence, first, second)) is not None:
            evidence = f"{first.key}, {second.key}"
            yield Claim(second.start - 1, second.start, evidence, fault, figures=False)
        elif (fault := _from_to(sentence, first, second, between)) is not None:
            yield Claim(second.start - 1, second.start, "", fault, figures=False)


_OVER_RIVAL = re.compile(
    r"(?:\)| points| điểm)*,? (?:(?:well|far|just|slightly|xếp|đứng|ngay) )?"
    r"(?:(?P<more>above|trên)|below|dưới) (?:chỉ số |the )?\x03+"
    r"(?:'s|’s)?(?: (?:with|on|at|với|ở|mức|only|just|chỉ))* "
)


def _over_rival(sentence: Sentence, first: Figure, second: Figure) -> str | None:
    """Why one gain does not stand where it is put: "gained 0.6%, above UPCoM-Index on 0.3%"."""
    if not all(item.key.endswith(".change_percent") and item.value > 0 for item in (first, second)):
        return None
    words = _OVER_RIVAL.fullmatch(rivals.marked(sentence), first.end, second.start)
    if words is None:
        return None
    fits = (first.value > second.value) is (words["more"] is not None)
    return "" if fits else "is wrong the other way round"


_ONWARD = re.compile(
    r"(?: điểm| points)?\)?,?(?: (?P<down>xuống|down to)| (?:lên|up to))(?: (?:mức|mốc|vùng))* ?\(?"
)


def _onward(first: Figure, second: Figure, between: str) -> str:
    """Why "rose 17.7 points down to 1,186" contradicts itself."""
    way = _ONWARD.fullmatch(between)
    if not way or first.fact is None or not second.key.endswith((".close", ".price")):
        return ""
    if not first.key.endswith((".change", ".change_percent")) or not first.fact.value:
        return ""
    if (first.fact.value < 0) is (way["down"] is not None):
        return ""
    return "is led up to by a move the other way"


_CALM = re.compile(
    r"(?<!\w)(?:(?P<more>higher|above|up|rose|exceeds?|grow(?:n|s|ing)?|risen|rising|larger|wider|"
    r"cao hơn|lên|lớn dần|"
    r"more(?= volatile)|lớn hơn|nhiều hơn|tăng|vượt|mạnh hơn|rộng hơn)|(?P<less>lower|below|down|"
    r"calmer|smaller|narrower|"
    r"under|eased|falling|"
    r"less|thấp hơn|xuống|dịu|nhỏ dần|nhỏ hơn|ít hơn|yếu hơn|giảm|hẹp hơn|lặng hơn))(?!\w)"
)


def volatilities(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Volatility over 20 sessions called higher or lower than over 60."""
    found = re.search(r"biến động|volatility", sentence.masked)
    if not found or (
        not re.search(r"biến động ngắn hạn|short-term volatility", sentence.masked)
        and not re.search(r"(?<!\d)60(?:[ -](?:phiên|session)|[.,;]|$)", sentence.masked)
    ):
        return
    key = subjects.speaker(sentence, found.start(), case.subject)
    short, long = (case.sheet.value(f"{key}.volatility{size}") for size in (20, 60))
    for match in _CALM.finditer(sentence.masked):
        if short is None or long is None:
            reason = "compares volatilities that no facts give"
        else:
            reason = (
                ""
                if (short > long) is (match["more"] is not None)
                else "is wrong the other way round"
            )
        evidence = f"{key}.volatility20, {key}.volatility60"
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


def _comparable(first: Figure, second: Figure) -> bool:
    names = {item.key.partition(".")[2] for item in (first, second)}
    if "" in names:
        return False
    return names <= _COMPARABLE and around.measure(first) == around.measure(second)


_GAP = re.compile(
    r"(?<!\w)(?:(?P<less>thu hẹp|co hẹp|hẹp lại|hẹp hơn|hẹp dần|mỏng (?:đi|lại|dần|hơn)|"
    r"thin(?:s|ned|ner|ning)|rút ngắn|gần hơn|ngắn lại|narrow(?:s|ed|ing|er)?|"
    r"smaller|shr(?:ank|inks|unk|inking)|closer|down from)|"
    r"(?P<more>nới rộng|mở rộng|rộng ra|rộng hơn|rộng thêm|dày (?:lên|thêm|hơn)|thicken(?:s|ed)|"
    r"giãn|xa hơn|larger|widen(?:s|ed|ing)?|wider|further|farther|up from))"
    r"(?!\w)"
)
# said of the distance where a noun for it stands
_GROWN = re.compile(
    r"(?<!\w)(?:(?P<more>gr(?:ew|own|ows|owing)|ris(?:en|es|ing)|rose|increas(?:ed|es|ing)|"
    r"expanded|deepened|stretched|doubled|up to|tăng|lớn thêm|doãng)|"
    r"(?P<less>fell|fallen|falls|eased|down to|decreased|declined|dropped|cut|reduced|halved|"
    r"giảm|hạ|"
    r"thu nhỏ))(?!\w)"
)
_APART = re.compile(
    r"(?<!\w)(?:gap|distance|lead|cushion|premium|shortfall|discount|deficit|margin|"
    r"khoảng cách|chênh|chênh lệch|(?:mức|phần) (?:vượt|thiếu|cao hơn|thấp hơn))(?!\w)"
)
_THAN_THEN = re.compile(
    r"(?<!\w)(?:(?P<less>(?:less|smaller|lower|narrower) than|(?:nhỏ|ít|thấp|hẹp) hơn)|"
    r"(?:more|larger|greater|higher|wider) than|(?:lớn|nhiều|cao|rộng) hơn)"
    r"(?: (?:the|so với|hẳn|mức|con số))* $"
)
_THAN_BEFORE = re.compile(r"phiên (?:liền )?trước|session before|previous session|day before")


def gaps(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A distance from an average called narrower or wider than it was a session before."""
    far = [i for i in sentence.figures if ".distance_sma" in i.key or ".before_sma" in i.key]
    then = any(".before_sma" in item.key for item in sentence.figures)
    if not far or not (then or _THAN_BEFORE.search(sentence.masked)):
        return
    words = [*_GAP.finditer(sentence.masked)]
    for item in far:
        opened = sentence.masked[sentence.clause(item.start)[0] : item.start]
        if ".before_sma" in item.key and not _THAN_BEFORE.search(opened):
            words += _THAN_THEN.finditer(sentence.masked[: item.start])
    if then and _APART.search(sentence.masked):
        words += _GROWN.finditer(sentence.masked)
    for match in words:
        near = min(far, key=lambda item: abs(item.start - match.start()))
        keys = [re.sub(r"\.(?:distance|before)_", f".{name}_", near.key) for name in _THEN_AND_NOW]
        before, now = (case.sheet.value(key) for key in keys)
        if before is None or now is None or sentence.is_hypothetical(match.start()):
            continue
        fits = abs(now) != abs(before)
        fits = fits and (abs(now) < abs(before)) is (match["less"] is not None)
        reason = "" if fits else "is wrong the other way round"
        yield Claim(match.start(), match.end(), ", ".join(keys), reason, figures=False)


_THEN_AND_NOW = ("before", "distance")
_FROM = re.compile(r"(?<!\w)(?:từ|from)(?: mức| vùng)? ?$", re.IGNORECASE)
_TO = re.compile(
    r"(?P<way>xuống|lên|down to|up to|fell[^,.;]* to|rose[^,.;]* to|dropped[^,.;]* to|"
    r"climbed[^,.;]* to)(?: sát| gần| về)?(?: mức)? ?$"
)


def _from_to(sentence: Sentence, first: Figure, second: Figure, between: str) -> str | None:
    """Why "from A down to B" is not so; None where nothing of the kind is said."""
    opening = sentence.masked[: first.start]
    if re.fullmatch(r" ?(?:–|-) ?", between) and first.fact and second.fact:
        names = {item.key.partition(".")[2] for item in (first, second)}
        if len(names & {"low", "high"}) == 1:
            return "mixes the session's range with another level"
    if first.value == second.value and re.search(r"(?:giữa|between) ?$", opening):
        return "names one value twice"
    if not _FROM.search(opening):
        return None
    if re.search(r"(?<!\w)về(?: sát| gần)? ?$", between) and re.search(
        r"(?:lùi|giảm|rơi|tụt) từ[^,.;]*$", opening
    ):
        return (
            "" if first.value > second.value else "is wrong: the two values lie the other way round"
        )
    way = _TO.search(between)
    if (
        way is None
        or first.unit not in {"points", "usd", ""}
        or second.unit not in {"points", "usd", ""}
    ):
        return None
    down = way["way"].startswith(("xuống", "down", "fell", "dropped"))
    if first.value == second.value or (first.value > second.value) is down:
        return ""
    return "is wrong: the two values lie the other way round"
