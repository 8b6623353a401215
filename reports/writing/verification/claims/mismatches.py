"""Words that cannot go with the figure or the fact beside them: volume in dong, a rise to a low."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Figure, Sentence

_TRADED = re.compile(
    r"(?<!\w)(?:(?P<value>giá trị(?: (?:giao dịch|khớp lệnh|sang tay|trung bình|bình quân))?"
    r"(?! đóng)|(?:trading |traded )?value(?: traded)?)|khối lượng|thanh khoản|"
    r"(?P<count>volumes?)|liquidity|turnover)(?!\w)"
)
_COUNTED = re.compile(r"(?:khối lượng|volumes?)$")
_OF_VOLUME = (".volume", ".volume_avg20", ".volume_vs_avg20")


def traded(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The value traded told with what counts shares, and the reverse: the noun last named."""
    for figure in sentence.figures:
        is_volume = figure.key.endswith(_OF_VOLUME)
        if not is_volume and not figure.key.endswith(".value"):
            continue
        nouns = list(_TRADED.finditer(sentence.masked, 0, figure.start))
        if not nouns:
            continue
        found = nouns[-1]
        is_wrong = found["value"] if is_volume else _COUNTED.search(found[0])
        apart = any(found.end() <= f.start < figure.start for f in sentence.figures)
        if apart and not figure.key.endswith(("_avg20", "_vs_avg20")):
            continue  # "volume came to {{volume}}, worth {{value}}"
        if (
            is_wrong
            and not is_volume
            and re.search(
                r"trị giá|tương (?:đương|ứng)(?: với)?(?: \\x01| $)|worth|value",
                sentence.masked[found.end() : figure.start],
            )
        ):
            continue
        if is_wrong:
            reason = "is not measured from what the words name"
            yield Claim(found.start(), found.end(), figure.key, reason, figures=False)


_NEW_EDGE = re.compile(
    r"(?<!\w)(?:(?:set|made|hit|reached|posted|notched|marked)(?: an?| its| the)?(?: new| fresh)? "
    r"52-week (?:(?P<high>high)|low)|(?:(?:thiết |xác )?lập|chạm|đạt|ghi nhận)(?: mức)? "
    r"(?:(?P<high2>đỉnh)|đáy)(?: mới)? 52 tuần)(?!\w)"
    r"(?! (?:on a closing|by clos|tính theo|xét theo|theo giá))"
)


def new_edges(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """That this session set the year's high or low: its own high or low must be that level."""
    if not holds(sentence.masked, ("52",)):
        return
    for found in _NEW_EDGE.finditer(sentence.masked):
        if sentence.is_hypothetical(found.start()):
            continue
        edge = "high" if found["high"] or found["high2"] else "low"
        key = subject(sentence, found.start(), case)
        own, years = case.sheet.value(f"{key}.{edge}"), case.sheet.value(f"{key}.{edge}_52w")
        reason = "" if own is not None and own == years else "claims a record that no fact proves"
        evidence = f"{key}.{edge}, {key}.{edge}_52w"
        yield Claim(found.start(), found.end(), evidence, reason, figures=False)


_VERB = re.compile(
    r"(?<!\w)(?:(?P<open>mở cửa|mở phiên|open(?:s|ed|ing)?)|đóng cửa|kết phiên|khép|chốt|dừng|"
    r"đóng|clos\w+|end(?:s|ed|ing)?|finish\w*|settl\w+|xuống|lên|về|đang|hiện|now|is|stands?|"
    r"stood|fell|rose|lùi|tăng|giảm)(?!\w)"
)
_OF_CLOSE = (".sessions_highest", ".sessions_lowest", ".close")


def opened(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """What only closes are counted or measured for, told of the opening."""
    yield from _gaps(sentence, case)
    if not holds(sentence.masked, ("mở ", "open")):
        return
    for figure in sentence.figures:
        name = figure.key.rpartition(".")[2]
        if not figure.key.endswith(_OF_CLOSE) and not name.startswith("distance_"):
            continue
        if sentence.is_hypothetical(figure.start):
            continue
        start = max(_part(sentence.masked, figure.start), 0)
        verbs = list(_VERB.finditer(sentence.masked, start, figure.start))
        between = [
            f for f in sentence.figures if verbs and verbs[-1].end() <= f.start < figure.start
        ]
        if verbs and verbs[-1]["open"] and not (name == "close" and between):
            reason = "is not measured from what the words name"
            yield Claim(verbs[-1].start(), verbs[-1].end(), figure.key, reason, figures=False)


_GAPPED = re.compile(
    r"(?<!\w)(?:gap(?:s|ped|ping)? (?:(?P<up>up(?:wards?)?|higher)|down(?:wards?)?|lower)|"
    r"(?:khoảng trống|gap) (?:(?P<up2>tăng|lên)|giảm|xuống))(?!\w)"
)


def _gaps(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "It gapped up at the open": the open lay above the session before's close."""
    if "gap" not in sentence.masked and "khoảng trống" not in sentence.masked:
        return
    for found in _GAPPED.finditer(sentence.masked):
        key = f"{subject(sentence, found.start(), case)}.open_gap"
        gap = case.sheet.value(key)
        if sentence.is_hypothetical(found.start()):
            continue
        fits = gap is not None and gap != 0 and (gap > 0) is bool(found["up"] or found["up2"])
        reason = "" if fits else "is wrong, or no fact tells how it opened"
        yield Claim(found.start(), found.end(), key, reason, figures=False)


_PART = re.compile(r"[.;](?=\s)|,(?=\s)|(?<!\w)(?:và|nhưng|rồi|song|and|but|then|while)(?!\w)")


def _part(text: str, position: int) -> int:
    return max((cut.end() for cut in _PART.finditer(text, 0, position)), default=0)


_TURNED = re.compile(
    r"(?<!\w)(?:(?:lên|vươn lên|leo lên|tăng lên)(?: (?:mức|điểm))? (?:thấp nhất|đáy)|"
    r"(?:xuống|lùi về|rơi về|giảm về)(?: (?:mức|điểm))? (?:cao nhất|đỉnh)(?= (?:trong )?[\x01\d])|"
    r"(?:rose|climbs?|climbed|rises?|jumped|advanced|up) to (?:its|the|a) lowest|"
    r"(?:fell|drop(?:s|ped)?|falls?|slid|slipped|declined|down) to (?:its|the|a) highest)(?!\w)"
)


def turned(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Rose to its lowest in 18 sessions"."""
    if not holds(sentence.masked, ("thấp nhất", "cao nhất", "đỉnh", "đáy", "lowest", "highest")):
        return
    for found in _TURNED.finditer(sentence.masked):
        yield Claim(found.start(), found.end(), "", "contradicts itself", figures=False)


_HALF = re.compile(
    r"(?<!\w)(?:(?P<up>nửa trên|upper half)|nửa dưới|lower half)(?= ?(?:của|of|,|thang|$|\.))"
)
MIDDLE = 50


def halves(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The half of its scale that an RSI stands in."""
    if "rsi" not in sentence.masked or not holds(sentence.masked, ("nửa ", "half")):
        return
    for found in _HALF.finditer(sentence.masked):
        rows = [item for item in sentence.figures if item.key.endswith(".rsi14")]
        key = subject(sentence, found.start(), case)
        value = rows[-1].value if rows else case.sheet.value(f"{key}.rsi14")
        if value is not None and (value > MIDDLE) is not bool(found["up"]):
            reason = f"is wrong: the RSI is {value:.1f}"
            yield Claim(found.start(), found.end(), f"{key}.rsi14", reason, figures=False)


_LIE = re.compile(
    r"(?<!\w)(?:(?:cùng|đều|cả)? ?(?:nằm|ở|đứng) (?:phía )?(?:(?P<up>trên)|(?P<down>dưới))|"
    r"(?:all |both |still )*(?:lies?|lay|sits?|stands?|are|run) (?:all |both |still )*"
    r"(?:(?P<up2>above|over(?:head)?)|(?P<down2>below|under(?:neath)?)))"
    r"(?: (?:the|mức|giá|điểm|của))*(?: (?:đóng cửa|close|chỉ số|index|it)|(?: ?(?P<who>\x03+)))"
    r"(?!\w)"
)
_ROW = re.compile(
    r"(?<!\w)(?:(?:trung bình|đường)[^.;]{0,12}?(?P<a>\d[^.;:]{0,12}?\d+) phiên|"
    r"(?P<b>\d+-?(?:,| and)[^.;:]{0,20}?\d+)-(?:session|day) (?:averages|lines))"
)
SIZES = ("20", "50", "200")


def averages(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Averages told to lie above or below the close: a row of spans, or their figures."""
    if not holds(sentence.masked, ("trung bình", "average", "lines")):
        return
    if not holds(
        sentence.masked, (" nằm", " ở ", " đứng", " l", " sit", " stand", " are ", " run")
    ):
        return
    text = _marked(sentence)
    for found in _LIE.finditer(text):
        before = sentence.masked[: found.start()]
        rows = list(_ROW.finditer(before))
        names = [f.key for f in sentence.figures if ".sma" in f.key and f.end <= found.start()]
        key = names[0].partition(".")[0] if names else subject(sentence, found.start(), case)
        if rows and not names:
            sizes = re.findall(r"\d+", rows[-1]["a"] or rows[-1]["b"])
            names = [f"{key}.sma{size}" for size in sizes if size in SIZES]
        if len(names) < 2 or sentence.is_hypothetical(found.start()):
            continue
        close = case.sheet.value(f"{key}.close")
        way = 1 if found["up"] or found["up2"] else -1
        values = [case.sheet.value(name) for name in names]
        fits = close is not None and all(v is not None and (v - close) * way > 0 for v in values)
        reason = "" if fits else "is wrong: not all averages lie there"
        if reason:
            yield Claim(found.start(), found.end(), ", ".join(names), reason, figures=False)


def _marked(sentence: Sentence) -> str:
    """The sentence with the names of subjects hidden."""
    text = list(sentence.masked)
    for name in sentence.names:
        text[name.start : name.end] = "\x03" * (name.end - name.start)
    return "".join(text)


_OBJECT = re.compile(
    r"(?<!\w)(?:(?:trung bình|đường(?: trung bình)?) (?P<vi>20|50|200) phiên|"
    r"(?P<en>20|50|200)-(?:session|day) (?:moving )?(?:average|line))"
    r"(?: \(\x01+(?: điểm| points)?\))?(?: (?:thì|cũng|đã|alone|itself|also|has|had|was|were|been|"
    r"just|is|being))*"
    r" (?:vừa (?:được |bị )?|just |bị |được )?(?:(?P<won>vượt|lấy lại|giành lại|chinh phục|"
    r"regained|reclaimed|cleared|retaken|recovered)|(?P<lost>mất|thủng|lost|broken|given up))"
    r"(?! (?:to|by \x01))(?!\w)"
)


def crossed(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """An average told first, then what became of it: "the 200-session average was just lost"."""
    if not holds(sentence.masked, ("trung bình", "đường ", "average", "line")):
        return
    for found in _OBJECT.finditer(sentence.masked):
        if sentence.is_hypothetical(found.start()):
            continue
        key, size = subject(sentence, found.start(), case), found["vi"] or found["en"]
        names = (f"{key}.before_sma{size}", f"{key}.distance_sma{size}")
        then, now = (case.sheet.value(name) for name in names)
        way = 1 if found["won"] else -1
        if then is None or now is None:
            continue
        if now * way < 0 or then * way > 0:
            reason = "tells a crossing that no fact proves"
            yield Claim(found.start(), found.end(), ", ".join(names), reason, figures=False)


_LARGER = re.compile(
    r"(?<!\w)(?:(?P<more>deeper|larger|bigger|greater|steeper|sâu hơn|lớn hơn|mạnh hơn)|"
    r"(?P<less>shallower|smaller|lighter|milder|nông hơn|nhỏ hơn|nhẹ hơn))"
    r"(?: (?:than|so với|mức|the|that|of))*"
)


def returns(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """One return against another, both with their figures: "−3% is deeper than the −6% of …"."""
    if sum(".return" in figure.key for figure in sentence.figures) < 2:
        return
    for found in _LARGER.finditer(sentence.masked):
        one = [f for f in sentence.figures if f.end <= found.start()]
        other = [f for f in sentence.figures if f.start >= found.end()]
        if not (one and other and _is_return(one[-1]) and _is_return(other[0])):
            continue
        if re.search(r"[.;]", sentence.masked[found.end() : other[0].start]):
            continue
        larger = abs(one[-1].fact.value) > abs(other[0].fact.value)  # type: ignore[union-attr]
        if larger is not bool(found["more"]):
            evidence = f"{one[-1].key}, {other[0].key}"
            reason = "is wrong the other way round"
            yield Claim(found.start(), found.end(), evidence, reason, figures=False)


def _is_return(figure: Figure) -> bool:
    return ".return" in figure.key and figure.fact is not None
