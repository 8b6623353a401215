"""How far a session went before it turned, and what is measured from there."""

from __future__ import annotations

import re

from reports.writing.verification.reading.around import left, measure, right
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import Names

_SMALL = (
    r"(?: (?:xuống|lên|về|tới|đến|tận|sâu|mạnh|nhẹ|mức|vùng|quanh|sát|dần|nhanh|còn|ở|tại|điểm|vọt|"
    r"ngược|trở|lại|dưới|trên|chỉ|một|mạch|thẳng|cao|thấp|nhất|back|down|up|as|far|low|high|much|deep|to|at|towards?|near|around|"
    r"about|its|the|an?|session|intraday|day's|high|low|of|level|sharply|further|briefly|all|way|"
    r"only|just|part|some|half|most|much|that|it|ground|steadily|quickly|slightly))* ?\(?$"
)
_LED = re.compile(
    r"(?<!\w)(?:(?P<down>giảm|lùi|rơi|trượt|tụt|sụt|lao dốc|rớt|xuống|hạ|bottomed(?: out)?|"
    r"sagg(?:ed|ing)|down|fell|fall(?:en|ing)?|"
    r"dropp?(?:ed|ing)?|dipp?(?:ed|ing)?|slid(?:e|ing)?|sank|sunk|sink(?:ing)?|slipp?(?:ed|ing)?|"
    r"retreat(?:ed|ing)?|pull(?:ed|ing) back|plung(?:ed|ing)|tumbl(?:ed|ing)|eas(?:ed|ing)|"
    r"declin(?:ed|ing))|"
    r"(?P<up>tăng|bật|hồi|hồi phục|phục hồi|leo|vọt|nhích|đi lên|lên|tiến|peaked|topped out|"
    r"pushed|ran|up|rose|ris(?:en|ing)|"
    r"climb(?:ed|ing)?|jump(?:ed|ing)?|gain(?:ed|ing)?|rall(?:ied|ying)|rebound(?:ed|ing)?|"
    r"recover(?:ed|ing)?|advanc(?:ed|ing)|surg(?:ed|ing)|bounc(?:ed|ing))|"
    r"(?P<at>(?:đưa|kéo|đẩy|took|carried|lifted|brought|sent)(?: (?:only|just|it|chỉ số|the index|"
    r"vn-?index))*|"
    r"đứng|ở|chạm|đạt|còn|stood|traded|hit|touched|reached|was|got|went))" + _SMALL
)
_FOR_A_TIME = re.compile(
    r"(?<!\w)(?:có (?:lúc|khi|thời điểm)|từ (?:đó|đây)|từ (?:mức|điểm) (?:này|đó|ấy)|tận|"
    r"(?:đầu|giữa|trong|nửa đầu) phiên|phiên sáng|buổi (?:sáng|chiều)|lúc (?:cao|thấp) nhất|từng|"
    r"had been|"
    r"sâu nhất về|(?:lên )?cao nhất|at one (?:time|stage|point|"
    r"moment)|from (?:there|that (?:level|point))|as (?:far|low|high|much|deep) as|early (?:on|in)|"
    r"before (?:lunch|midday|noon)|mid-session|midway|(?:morning|afternoon)|faded|fizzled|"
    r"during the session|intraday|briefly|at its (?:worst|best|lowest|highest)|"
    r"(?:no|not) (?:higher|lower|further) than|không (?:cao|thấp) hơn)(?!\w)"
)
_ENDS = re.compile(
    r"(?<!\w)(?:đóng cửa|kết phiên|chốt|khép|kết thúc|clos(?:ed?|es|ing)|end(?:ed|s|ing)|"
    r"finish(?:ed|es|ing)?|settl(?:ed|es|ing))(?!\w)"
)
_PART = re.compile(
    r"[,;:]|(?<!\w)(?:rồi|sau đó|trước khi|nhưng|then|before|but|after|while|only to)(?!\w)"
)
_WAYS = {"low": "down", "high": "up"}
_NOUNS = {
    "low": re.compile(
        r"(?<!\w)(?:(?:nhịp|đà|đợt) (?:hồi|bật|tăng)|bounce|rebound|recovery|rally|rise)"
    ),
    "high": re.compile(r"(?<!\w)(?:(?:nhịp|đà|đợt) (?:giảm|lùi)|dip|pullback|sell-off|slide|fall)"),
}
_EDGES = {
    "low": re.compile(r"(?<!\w)(?:low|thấp|đáy)(?!\w)"),
    "high": re.compile(r"(?<!\w)(?:high|cao|đỉnh)(?!\w)"),
}


def reached(sentence: Sentence, figure: Figure) -> Names | None:
    """The session's low behind a fall to it and its high behind a rise, where the words tell that
    it stood there for a time: "from there it slid as far as 938.83", "opened at …, sank to …".
    """
    name = figure.key.partition(".")[2]
    if name not in _WAYS or measure(figure) != "points":
        return None
    before = sentence.masked[: figure.start]
    led = _LED.search(before)
    if led is None or (led["at"] is None and led[_WAYS[name]] is None):
        return None
    if _EDGES["high" if name == "low" else "low"].search(led[0]):
        return None  # called by the other edge's name
    start = max((m.end() for m in _PART.finditer(before)), default=0)
    stop = _PART.search(sentence.masked, figure.end)
    end = stop.start() if stop else len(sentence.masked)
    if _OPENING.search(before, start) and led["at"]:
        return None  # the open, which is another level
    if led["at"] and _NOUNS[name].search(before, start):
        return None  # "a bounce took it to its low"
    if _ENDS.search(before, start) or _ENDS.search(sentence.masked, figure.end, end):
        return None
    told = _FOR_A_TIME.search(sentence.masked) or (led["at"] is None and _goes_on(sentence, figure))
    return frozenset((name,)) if told else None


def _goes_on(sentence: Sentence, figure: Figure) -> bool:
    """Whether the sentence tells the session's course: the open before, or the close behind."""
    return any(
        item.key.endswith(".open") if item.end <= figure.start else item.key.endswith(".close")
        for item in sentence.figures
    )


_OPENED = re.compile(
    r"(?<!\w)(?:mở cửa|mở phiên|mở màn|opened|opening|began|start(?:ed)?)(?!\w)"
    r"(?:(?!đóng cửa|clos(?:ed|es|ing)|(?<!\w)(?:rồi|then|and|và|sau đó|before|but)(?!\w))[^.;])*"
    r"(?<!\w)(?:ở|tại|xuống|lên|về|at|to)(?: (?:mức|vùng))? $"
)


_OPENING = re.compile(
    r"(?<!\w)(?:mở cửa|mở phiên|mở màn|opened|(?:at|from) the (?:open|start|opening)|opening)(?!\w)"
)
_LINKS = re.compile(r"[,.;:]|(?<!\w)(?:rồi|then|and|và|sau đó|but|nhưng)(?!\w)")
# "opened at 1,041 points, down 5%": what the level of the open is worth
_AFTER_OPEN = re.compile(
    r"(?<!\w)(?:mở cửa|mở phiên|mở màn|opened|opening|the open)(?!\w)[^,.;]*\x01(?: điểm|"
    r" points)?, "
    r"(?:(?:tức|hay|or|already|đã)? ?(?:mất|giảm|tăng|thấp hơn|cao hơn|up|down))? ?$"
)
_NO_CLOSE = re.compile(r"(?:previous|prior|last) close")


def opened(sentence: Sentence, figure: Figure) -> Names | None:
    """The open, whatever level it is held against: "opened close to its reference, at 1,006".

    And its gap, where the words of the opening lead to it: "already down 5% at the open".
    """
    if figure.key.endswith(".open_gap"):
        before = sentence.masked[: figure.start]
        start = max((m.end() for m in _LINKS.finditer(before)), default=0)
        stop = _LINKS.search(sentence.masked, figure.end)
        end = stop.start() if stop else len(sentence.masked)
        here = _OPENING.search(sentence.masked, start, end) or _AFTER_OPEN.search(before)
        ends = _ENDS.search(_NO_CLOSE.sub("", sentence.masked[start:end]))
        return frozenset(("open_gap",)) if here and not ends else None
    if figure.key.endswith(".open") and _OPENED.search(sentence.masked[: figure.start]):
        return frozenset(("open",))
    return None


_EDGE = (
    r"(?: (?:mức|vùng|điểm|một|an?|the|its|that|this|session|session's|day's|intraday|daily))*"
    r" (?:(?P<low>đáy|thấp nhất|low|bottom|trough)|(?P<high>đỉnh|cao nhất|high|peak|top))"
    r"(?! ?\d)(?! (?:của |trong )?\d)"
    r"(?: (?:ấy|đó|này|phiên|của phiên|trong phiên|trong ngày|of the (?:session|day)))?"
)
_FROM_EDGE = re.compile(
    r"(?:^\W*|[.;,:] ?|(?<!\w)(?:and|và|then|rồi) )(?:(?:tính|kể|đo|measured|counted|counting|up|"
    rf"down) )*(?:từ|so với|from|against|compared with){_EDGE}(?!\w)(?P<rest>[^.;\x01]*)$"
)
_BY_EDGE = re.compile(rf"(?<!\w)(?:cao hơn|thấp hơn|trên|dưới|above|below|off|cách){_EDGE} ?$")
_OF_EDGE = re.compile(rf"(?: (?:above|below|off|from|so với|từ|trên|dưới))+{_EDGE}(?!\w)")
_UP_FROM = re.compile(
    r"(?: (?:of|của) [^.;,]*?(?:range|biên độ)(?: \w+)?)?,? ?\(?(?:(?:tính|đo|kể|measured|counted|"
    r"counting)(?: (?:up|lên))? )(?:từ|from)(?: (?:mức|the|its|session))* (?:đáy|thấp nhất|low|"
    r"bottom)(?!\w)"
)


# as in "the low of 1,174 points came early, and from it the index climbed 1%"
_FROM_IT = re.compile(
    r"(?<!\w)(?:(?:tính |kể )?từ (?:đó|đây|(?:mức|điểm) (?:này|ấy|đó))|from (?:it|there|which|that "
    r"(?:point|level)))(?!\w)[^.;\x01]*$"
)


def from_edge(sentence: Sentence, figure: Figure) -> Names | None:
    """A distance from the session's low or high: "from that low, the index gained 1.54%"."""
    name = figure.key.partition(".")[2]
    behind = right(sentence, figure)
    if name == "range_position" and _UP_FROM.match(behind):
        return frozenset((name,))
    if name not in {"distance_low", "distance_high"}:
        return None
    before = left(sentence, figure)
    last = next((f for f in reversed(sentence.figures) if f.end <= figure.start), None)
    if last and last.key.endswith(name.replace("distance_", ".")) and _FROM_IT.search(before):
        return frozenset((name,))
    for found in (_FROM_EDGE.search(before), _BY_EDGE.search(before), _OF_EDGE.match(behind)):
        if found and (found["low"] is not None) is name.endswith("low"):
            return frozenset((name,))
    return None
