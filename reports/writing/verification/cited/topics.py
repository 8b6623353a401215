"""What a cited figure is of: its item must say it of the same thing as the text does."""

from __future__ import annotations

import re
from functools import lru_cache

from reports.writing.verification.reading.sentences import Figure, Sentence

# Things that news speak of, in both languages; those of one row are the same thing.
_TOPICS = {
    name: re.compile(rf"(?<!\w)(?:{words})(?!\w)")
    for name, words in (
        ("oil", r"oil|crude|brent|wti|dầu(?: thô| brent)?"),
        ("gold", r"gold|bullion|vàng"),
        ("exports", r"exports?|xuất khẩu|overseas shipments"),
        ("imports", r"imports?|nhập khẩu"),
        ("surplus", r"(?:trade )?surplus|thặng dư|xuất siêu"),
        ("deficit", r"(?:trade )?deficit|thâm hụt|nhập siêu"),
        ("rates", r"(?:interest|overnight|interbank|policy|lending|deposit|benchmark) rates?|"
                  r"(?<!exchange )(?<!central )(?<!jobless )(?<!unemployment )rates?|lãi suất"),
        ("exchange", r"exchange rates?|central rate|tỷ giá(?: trung tâm)?"),
        ("yields", r"yields?|lợi suất"),
        ("dollar", r"dollar index|the dollar|dxy|chỉ số (?:đồng )?usd|đồng usd"),
        ("foreign", r"foreign(?:ers| investors?| funds?| money)?|overseas investors?|khối ngoại|"
                    r"nhà đầu tư nước ngoài|nđt nước ngoài"),
        ("desks", r"proprietary (?:desks?|traders?|trading)|brokers|tự doanh"),
        ("inflation", r"inflation|cpi|consumer prices|lạm phát|giá tiêu dùng"),
        ("gdp", r"gdp|gross domestic product|tăng trưởng kinh tế"),
        ("credit", r"credit|tín dụng"),
        ("profit", r"profits?|net income|earnings|lợi nhuận|(?<!thu nhập )lãi(?! suất)"),
        ("interest", r"(?:net )?interest income|thu nhập lãi(?: thuần)?"),
        ("revenue", r"revenues?|sales|doanh thu"),
        ("dividend", r"dividends?|cổ tức"),
        ("capital", r"(?:charter|share|registered) capital|vốn điều lệ"),
        ("bills", r"bills|drained?|tín phiếu|hút ròng"),
        ("reserves", r"reserves|dự trữ"),
        ("sp", r"s&p(?! global)(?: 500)?|wall street|us stocks|phố wall|chứng khoán mỹ"),
        ("nasdaq", r"nasdaq(?: composite)?|wall street|us stocks|phố wall|chứng khoán mỹ"),
        ("dow", r"dow(?: jones)?|wall street|us stocks|phố wall|chứng khoán mỹ"),
        ("kospi", r"kospi"),
        ("hang seng", r"hang seng"),
        ("nikkei", r"nikkei(?: 225)?|japan(?:ese)? stocks"),
        ("pmi", r"pmi|purchasing managers"),
        ("orders", r"new orders|đơn (?:đặt )?hàng(?: mới)?"),
        ("prices", r"(?:output|producer|input) prices|giá (?:đầu ra|đầu vào|sản xuất)"),
        ("hike", r"basis points?|điểm cơ bản"),
    )
}  # fmt: skip
# What goods, or whose: "exports" and "electronics exports" are two things.
_KINDS = {
    name: re.compile(rf"(?<!\w)(?:{words})(?!\w)")
    for name, words in (
        ("bitcoin", r"bitcoin|btc"),
        ("ethereum", r"ethereum|ether|eth"),
        ("electronics", r"electronics?|điện tử"),
        ("textiles", r"textiles?|garments?|dệt may"),
        ("seafood", r"seafood|aquatic products|thủy sản|hải sản"),
        ("shrimp", r"shrimps?|prawns?|tôm"),
        ("fish", r"(?:pangasius|tra|catfish|tuna)(?: fish)?|cá (?:tra|ngừ|basa)"),
        ("farm", r"rice|coffee|pepper|fruit|gạo|cà phê|hồ tiêu|rau quả|nông sản"),
        ("phones", r"phones?|smartphones?|điện thoại"),
        ("shoes", r"footwear|shoes|giày dép|da giày"),
        ("wood", r"furniture|timber|gỗ"),
        ("steel", r"steel(?: ?makers?)?|thép"),
        ("banks", r"bank(?:ing)? (?:shares|stocks)|lenders|(?:cổ phiếu|nhóm|ngành) ngân hàng"),
        ("property", r"property|real estate|developers|bất động sản"),
        ("retail", r"retailers?|bán lẻ"),
    )
}  # fmt: skip
_TOTAL = re.compile(r"(?<!\w)(?:total|overall|whole|all|tổng|chung|toàn|cả nước)(?!\w)")
_NUMBER = re.compile(
    r"(?:\$|usd |vnd )\d[\d.,]*|\d[\d.,]*(?= ?(?:%|/|-?(?:tỷ|triệu|nghìn|billion|million|trillion|"
    r"usd|"
    r"đồng|điểm|points?|basis|dong|cổ phiếu|shares)\b))"
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_ENDS = re.compile(r"[.;](?=\s|$)|\s[–—-]\s")
_NO_WORDS = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "that",
        "this",
        "its",
        "was",
        "were",
        "has",
        "had",
        "are",
        "but",
        "than",
        "into",
        "over",
        "after",
        "before",
        "while",
        "their",
        "said",
        "says",
        "according",
        "rose",
        "fell",
        "risen",
        "fallen",
        "gained",
        "lost",
        "trong",
        "các",
        "của",
        "cho",
        "với",
        "khi",
        "đã",
        "được",
        "theo",
        "tăng",
        "giảm",
        "mức",
        "còn",
        "đang",
        "này",
        "năm",
        "tháng",
        "phiên",
        "điểm",
    ]
)


def is_other(sentence: Sentence, figure: Figure, text: str, position: int) -> bool:
    """Whether the item tells the figure of another thing than the sentence does.

    `text` is the item, `position` where the figure stands in it. Another thing is one of another
    row above; or, of two texts in one language, one that shares no word with the sentence while
    another part of the item does.
    """
    if _is_of_another_kind(sentence, figure, text, position):
        return True
    near, own = (
        _topics(_before_number(text, position)),
        _topics(sentence.masked[_opens(sentence, figure) : figure.start]),
    )
    if near and own:
        return not near & own
    part = _part(text, position)
    said, told = _said(sentence, figure), _topics(part)
    if said and told:
        return not said & told
    mine = words(_before(sentence, figure))
    others = words(text.replace(part, " "))
    return bool(mine & others) and not mine & words(part)


def _is_of_another_kind(sentence: Sentence, figure: Figure, text: str, position: int) -> bool:
    """Whether only one of them names the goods or the trade, or each another one.

    Between the figure before and its own, an item names what the figure is of.
    """
    told = _named(_KINDS, _before_number(text, position))
    opens, (_, ends) = _opens(sentence, figure), sentence.clause(figure.start)
    ends = min([ends, *(f.start for f in sentence.figures if f.start > figure.start)])
    before = _named(_KINDS, sentence.masked[opens : figure.start])
    near = before | _named(_KINDS, sentence.masked[figure.end : ends])
    if told:
        wider = near or _named(_KINDS, sentence.masked[: figure.start])
        return not told & wider and bool(wider or _topics(sentence.masked[: figure.start]))
    if _TOTAL.search(sentence.masked, opens, figure.start):
        return False
    traded = _topics(sentence.masked[opens : figure.start]) & {"exports", "imports"}
    return bool(before and traded and not before & _named(_KINDS, _part(text, position)))


def _before_number(text: str, position: int) -> str:
    """What an item says between the figure before and the one at a position."""
    start = max((m.end() for m in _ENDS.finditer(text, 0, position)), default=0)
    return text[
        max([start, *(m.end() for m in _NUMBER.finditer(text, start, position))]) : position
    ]


def _opens(sentence: Sentence, figure: Figure) -> int:
    """Where the words about a figure begin: its clause, or the figure before it."""
    opens, _ = sentence.clause(figure.start)
    return max([opens, *(f.end for f in sentence.figures if f.end <= figure.start)])


def _named(rows: dict[str, re.Pattern[str]], text: str) -> frozenset[str]:
    return frozenset(name for name, words in rows.items() if words.search(text))


def _part(text: str, position: int) -> str:
    """The part of an item, between full stops and semicolons, that holds a position."""
    start = max((m.end() for m in _ENDS.finditer(text, 0, position)), default=0)
    end = _ENDS.search(text, position)
    return text[start : end.start() if end else len(text)]


def _said(sentence: Sentence, figure: Figure) -> frozenset[str]:
    """What the words nearest before the figure speak of; of its whole clause when none do."""
    start, end = sentence.clause(figure.start)
    found = _topics(sentence.masked[start:end])
    return found or _topics(sentence.masked[: figure.start])


@lru_cache(maxsize=1024)
def spoken(text: str) -> frozenset[str]:
    """The things, goods and trades that a text names."""
    return _topics(text) | _named(_KINDS, text)


@lru_cache(maxsize=1024)
def _topics(text: str) -> frozenset[str]:
    return _named(_TOPICS, text)


def _before(sentence: Sentence, figure: Figure) -> str:
    start, end = sentence.clause(figure.start)
    return sentence.masked[start:end] if start else sentence.masked[:end]


def words(text: str) -> set[str]:
    """The beginnings of the words that carry meaning."""
    return {word[:6] for word in _WORD.findall(text)} - _NO_WORDS
