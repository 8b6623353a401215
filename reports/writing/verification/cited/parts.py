"""A text in parts, and what each part is of: names, things, and the way that something went.

An item and a sentence that cites it are read alike, whatever the topic: names are what is written
with a capital letter, things are the words that tell one part of an item from its others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from reports.writing.verification.cited import glossary, topics
from reports.writing.verification.reading.numbers import language_of

UP, DOWN, KEPT = 1, -1, 0
_CUT = re.compile(
    r"(?P<stop>[.;:?](?=\s|$)|\s[–—-]\s)|,(?=\s)|(?<!\w)(?P<and>and|và)(?!\w)|(?<!\w)(?:while|"
    r"whereas|(?<!much )(?<!many )(?<!well )(?<!low )(?<!high )(?<!far )as(?! (?:much|many|well|"
    r"low|high|far|an?|of)(?!\w))|but|although|though|even|amid|"
    r"còn(?! (?:khoảng |gần |hơn |chỉ )?\d)|(?P<than>so với|against|versus|compared with)|"
    r"trong (?:khi|lúc|bối cảnh)|nhưng|song|dù|mặc dù|khi|when|after|sau khi|ahead of|"
    r"ngược (?:với|chiều)|nhờ(?! (?:đó|vậy|thế))|do(?! (?:đó|vậy|thế))|because|thanks to|"
    r"due to)(?!\w)"
)
_WAYS = (
    (UP, re.compile(
        r"(?<!\w)(?:tăng|lên|nâng|nới(?: rộng)?|mở rộng|vọt|leo|bật|hồi phục|phục hồi|ris(?:e[sn]?|"
        r"ing)|rose|gr[eo]w\w*|(?<!making )(?<!made )(?<!makes )(?<!set )up|higher|climb\w*|"
        r"gain\w*|jump\w*|surg\w+|soar\w*|advanc\w+|add(?:s|"
        r"ed|ing)|increas\w+|rais\w+|lift\w*|hik\w+|boost\w*|widen\w*|expan\w+|strengthen\w*|"
        r"rebound\w*|recover\w*|rall(?:y|ie[sd])|leap\w*|accelerat\w+|quicken\w*|tăng tốc|kỷ lục|"
        r"record(?! (?:low|date)))(?!\w)"
    )),
    (DOWN, re.compile(
        r"(?<!\w)(?:giảm|hạ(?! tầng)|xuống|lùi|sụt|tụt|rơi|cắt|thu hẹp|suy yếu|yếu đi|chậm lại|"
        r"thấp hơn|slow(?:s|ed|ing)|"
        r"f[ae]ll\w*|drop\w*|declin\w+|slip\w*|slid\w*|eas(?:ed|es|ing)|los(?:t|es|ing)|shed|"
        r"cut\w*|"
        r"lower\w*|reduc\w+|trim\w*|narrow\w*|shr[aiu]nk\w*|contract(?:ed|ing|ion)|weak(?:en\w*|"
        r"er)|"
        r"tumbl\w+|plung\w+|slump\w*|s[aiu]nk|dipp?\w*|down|retreat\w*)(?!\w)"
    )),
    (KEPT, re.compile(
        r"(?<!\w)(?:giữ(?: nguyên)?|duy trì|đi ngang|không đổi|h[oe]ld(?:s|ing)?|ke(?:ep\w*|pt)|"
        r"unchanged|flat|maintain\w*|steady)(?!\w)"
    )),
)  # fmt: skip
_NOT = re.compile(r"(?<!\w)(?:không|chưa|not|no|never|without|n't|tín hiệu|hurry to)(?: \w+)? $")
_UPPER = "".join(
    letter for letter in map(chr, (*range(0x41, 0x250), *range(0x1E00, 0x1F00))) if letter.isupper()
)
_CAPITAL = re.compile(
    rf"(?<![\w&])[{_UPPER}][\w&]*(?:[-.][\w&]+)*(?: [{_UPPER}][\w&]*(?:-[\w&]+)*)*"
)
_LONG_NAME = re.compile(rf"(?<!\w)[{_UPPER}][^\W\d_]*(?: (?:of )?[{_UPPER}][^\W\d_]*){{2,5}}(?!\w)")
_SOURCE = re.compile(
    r"(?<!\w)(?:theo|according to|per|polled by|(?:đưa tin|cho biết|dẫn(?! đầu)|said|says|reported|"
    r"reports)"
    r" (?:by )?) ?$",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r" (?:sáng |trưa |chiều |tối |đêm |ngày |on |early |[^\s,.;]+ ){0,3}(?:đưa tin|cho biết|"
    r"ghi nhận|dẫn(?! đầu)|"
    r"nói|said|says|reported|reports|noted|wrote|showed|data)(?!\w)"
)
_NO_NAMES = frozenset((
    "Vietnam", "Việt", "Việt Nam", "HoSE", "HOSE", "HNX", "UPCoM", "USD", "VND", "GDP", "CPI",
    "PMI", "FDI", "ETF", "ETFs", "The", "A",
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "January", "February", "March",
    "April", "May", "June", "July", "August", "September", "October", "November", "December",
    "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec",
    "ICT", "I", "II", "III", "IV", "Q1", "Q2", "Q3", "Q4",
))  # fmt: skip
# What goes on with the subject before: "to $8,310 a tonne", "giảm 7%", "its rival".
_ELLIPTIC = re.compile(
    r"\W*(?:tăng|giảm|lên|xuống|về|còn|đạt|ở|với|mức|từ|trong đó|trị giá|tức|hay|cùng kỳ|cao|thấp|"
    r"tương đương|chiếm|nhờ|khoản|gần như|đi ngang|không đổi|almost|nearly|"
    r"little|unchanged|flat|to|at|from|by|up|down|its|their|worth|or|an?|with|which|whose|"
    r"the (?:highest|lowest)|higher|lower|reported|báo)(?!\w)|\W*[\d\x01]"
)
_AGAINST = frozenset(("against", "versus", "compared with", "ahead of", "whereas", "trong khi"))
_FIGURED = re.compile(r"[\d\x01]")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text; `names` and `things` are those of the part before where it has none.

    `named` and `words` are those that stand in it, `terms` the things that both languages know.
    """

    start: int
    end: int
    names: frozenset[str]
    named: frozenset[str]
    things: frozenset[str]
    terms: frozenset[str]
    words: frozenset[str]
    ways: frozenset[int]


@lru_cache(maxsize=256)
def parts(text: str, low: str, known: str = "") -> tuple[Part, ...]:
    """The parts of a text, `low` the same in lower case; figures may be hidden in either.

    The first word of a sentence is a name where the text or `known`, the one that it is held
    against, has it as one.
    """
    found: list[Part] = []
    named = _names(text, known)
    for start, end, cut in _stretches(low):
        part = low[start:end]
        names = frozenset(name for opens, ends, name in named if start <= opens and ends <= end)
        bare = part
        for opens, ends, _ in named:
            if start <= opens < ends <= end:
                bare = bare.replace(low[opens:ends], " ")
        for _, told in _WAYS:
            bare = told.sub(" ", bare)
        terms = frozenset(topics.spoken(part)) | glossary.terms(part)
        things = (frozenset(topics.words(bare)) | terms) - WORDLESS
        words, own = things, names
        before = found[-1] if found and cut != "stop" else None
        if before and (not things or _goes_on(part)):
            things, terms = things | before.things, terms | before.terms
            names = names or (frozenset() if cut in _AGAINST else before.names)
        ways = frozenset(ways_in(part))
        found.append(Part(start, end, names, own, things, terms, words, ways))
    return tuple(found)


def _goes_on(part: str) -> bool:
    """Whether a part leaves its subject to the one before."""
    told = part.lstrip(" (")
    if _ELLIPTIC.match(told):
        return True
    return bool(_FIGURED.search(told)) and any(words.match(told) for _, words in _WAYS)


def at(found: tuple[Part, ...], position: int) -> Part:
    return next((part for part in found if part.start <= position < part.end), found[-1])


def _stretches(low: str) -> list[tuple[int, int, str]]:
    """Between commas and conjunctions, with what opens each.

    "And" joins a part without a figure to what follows, "than" one to what goes before.
    """
    found, start, opened = [], 0, "stop"
    cuts = list(_CUT.finditer(low))
    for place, cut in enumerate(cuts):
        told = low[start : cut.start()]
        until = cuts[place + 1].start() if place + 1 < len(cuts) else len(low)
        if cut["than"] and not _FIGURED.search(low, cut.end(), until):
            continue
        if cut["and"] and not (_FIGURED.search(told) or ways_in(told)):
            continue
        if told.strip():
            found.append((start, cut.start(), opened))
            opened = ""
        start = cut.end()
        opened = opened or ("stop" if cut["stop"] else cut[0])
    return [*found, (start, len(low), opened)]


def _names(text: str, known: str) -> list[tuple[int, int, str]]:
    """What is written with a capital, but for the first word of a sentence and who reports it."""
    found = []
    for match in _CAPITAL.finditer(text):
        start, name = match.start(), match[0]
        head, _, rest = name.partition(" ")
        if _opens(text, start) and not _is_name(head, text, known):
            start, name = start + len(head) + 1, rest
        if not name or name in _NO_NAMES:
            continue
        if _SOURCE.search(text[max(0, start - 24) : start]) or _SAYS.match(text, match.end()):
            continue
        found.append((start, match.end(), name.lower()))
    places = glossary.places(text)
    for match in _LONG_NAME.finditer(text):
        letters = "".join(word[0] for word in match[0].split() if word != "of")
        if len(letters) > 2:  # "the RBI" is who was named in full before
            found.append((match.start(), match.start(), letters.lower()))
    for start, end, name in found:
        inside = [place for place in places if place[0] < end and start < place[1]]
        if not inside:
            places.append((start, end, name))
            continue
        rest = "".join(
            " " if any(place[0] <= at < place[1] for place in inside) else letter
            for at, letter in enumerate(text[start:end], start)
        )
        if left := rest.strip(" -").lower():
            places.append((start, end, left))
    return [(start, end, _SYMBOLS.get(name, name)) for start, end, name in places]


_SYMBOLS = {"btc": "bitcoin", "eth": "ethereum", "ether": "ethereum", "sol": "solana"}


def _opens(text: str, position: int) -> bool:
    return not position or text[:position].rstrip().endswith((".", "!", "?", ":"))


def _is_name(head: str, text: str, known: str) -> bool:
    """Whether the first word is one that stands with a capital, or with 's, elsewhere."""
    if any(letter.isupper() for letter in head[1:]):
        return True
    word = re.compile(rf"(?<!\w){re.escape(head)}(?!\w)")
    if known and word.search(known) and language_of(text.lower()) != language_of(known.lower()):
        return True  # a word of both languages
    return any(
        not _opens(whole, match.start()) or whole[match.end() : match.end() + 2] in {"'s", "’s"}
        for whole in (text, known)
        for match in word.finditer(whole)
    )


def ways_in(part: str) -> set[int]:
    found = set()
    for way, words in _WAYS:
        for match in words.finditer(part):
            if not _NOT.search(part[: match.start()]):
                found.add(way)
                break
    return found


def word_of(low: str, part: Part) -> tuple[int, int]:
    """Where the word stands that tells the one way of a part."""
    words = next(words for way, words in _WAYS if way in part.ways)
    match = words.search(low, part.start, part.end)
    return match.span() if match else (part.start, part.end)


def shared(said: frozenset[str], told: frozenset[str]) -> bool:
    """Whether two sets of names have one in common, or one holds another: "drewry" in a longer."""
    return any(
        one.removesuffix("s") == other.removesuffix("s")
        or (len(one) > 2 and one in other.split())
        or (len(other) > 2 and other in one.split())
        for one in said
        for other in told
    )


def kinds(terms: frozenset[str]) -> frozenset[str]:
    """Those of some terms that say what goods are meant, or which way they are traded."""
    return terms & (topics.GOODS | topics.TRADE)


def closer(
    said: Part,
    own: Part,
    other: Part,
    alike: bool,
    known: frozenset[str] = frozenset(),
    like: bool = True,
) -> bool:
    """Whether a part of the sentence is about another part of the item, and not about its own.

    Names decide where they can (beside a part without a name, those that the whole item is about,
    `known`, decide nothing); else what both languages have words for; else, of texts in one
    language (`alike`), any word. Without `like` the figures are of two units: of other words only
    goods and balances count then.
    """
    mine = _only(said.names, own.names if other.names else own.names - known, other.names)
    mine = mine or (not other.named and shared(said.names, own.named - known))
    theirs = bool(own.named) and not shared(said.names, own.names)
    theirs = theirs and _only(said.names, other.names, own.names)
    if mine or theirs:
        return theirs and not mine
    spoken = said.words if like else said.words & (topics.GOODS | _BALANCES)
    goods = spoken & topics.GOODS
    if goods & other.terms - own.terms and not goods & own.terms - other.terms:
        return True
    for near, far in ((own.terms, other.terms), (own.things, other.things)):
        mine, theirs = bool(spoken & (near - far)), bool(spoken & (far - near) - COINS)
        if mine or (theirs and (near or own.named)):
            return not mine
        if not alike:
            return False  # a part that names nothing may be of anything
    return False


_BALANCES = frozenset(("surplus", "deficit"))


def strangers(said: Part, own: Part, told: Iterable[Part]) -> bool:
    """Whether a name is said that other parts of the item have, and its own has not."""
    return any(_only(said.names, part.names, own.names) for part in told)


def _only(said: frozenset[str], some: frozenset[str], rest: frozenset[str]) -> bool:
    """Whether a name is said that the one part has and the other has not."""
    return any(
        shared(frozenset((name,)), some) and not shared(frozenset((name,)), rest) for name in said
    )


WORDLESS = frozenset((
    "tăng", "giảm", "xuống", "lên", "mức", "còn", "trong", "tháng", "quý", "năm", "phiên",
    "ngày", "tuần", "cùng", "kỳ", "trước", "đạt", "khoảng", "theo", "cho", "biết", "đưa", "tin",
    "cũng", "này", "đang", "là", "với", "của", "các", "một", "những", "được", "bị", "triệu",
    "nghìn", "tỷ", "đồng", "usd", "rose", "fell", "risen", "fallen", "gained", "lost", "climbe",
    "jumped", "slippe", "eased", "droppe", "higher", "lower", "month", "year", "quarte", "week",
    "day", "sessio", "billio", "millio", "trilli", "dollar", "dong", "about", "said", "report",
    "while", "after", "from", "the", "for", "with", "and", "that", "this", "its", "was", "were",
    "has", "had", "are", "but", "than", "into", "over", "before", "their", "says", "accord",
    "hơn", "cao", "thấp", "vẫn", "chỉ", "mới", "more", "than", "still", "only", "just", "even",
    "also", "đã", "từng", "như", "mua", "bán", "ròng", "net", "bought", "sold", "giá", "trị", "tới",
    "gần", "earlie", "first", "last", "second", "third", "averag", "bình", "quân", "sau",
))  # fmt: skip
COINS = frozenset(("bitcoin", "ethereum", "bitcoi", "ethere", "ether", "solana", "eth", "btc"))
