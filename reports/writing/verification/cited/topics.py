"""What a cited figure is of: its item must say it of the same thing as the text does."""

from __future__ import annotations

import re
from functools import lru_cache

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
        ("wood", r"furniture|timber|wood(?:en)?|gỗ"),
        ("steel", r"steel(?: ?makers?)?|thép"),
        ("banks", r"bank(?:ing)? (?:shares|stocks|index)|lenders|"
                  r"(?:cổ phiếu|nhóm|ngành) ngân hàng"),
        ("property", r"property|real estate|developers|bất động sản"),
        ("retail", r"retail(?:ers?)?|bán lẻ"),
    )
}  # fmt: skip
GOODS = frozenset(_KINDS)
TRADE = frozenset(("exports", "imports", "surplus", "deficit"))
_WORD = re.compile(r"[^\W\d_]{3,}")
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


def _named(rows: dict[str, re.Pattern[str]], text: str) -> frozenset[str]:
    return frozenset(name for name, words in rows.items() if words.search(text))


@lru_cache(maxsize=1024)
def spoken(text: str) -> frozenset[str]:
    """The things, goods and trades that a text names."""
    return _named(_TOPICS, text) | _named(_KINDS, text)


def words(text: str) -> set[str]:
    """The beginnings of the words that carry meaning."""
    return {word[:6] for word in _WORD.findall(text)} - _NO_WORDS
