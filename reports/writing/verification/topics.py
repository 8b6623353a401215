"""What a cited figure is of: its item must say it of the same thing as the text does."""

from __future__ import annotations

import re

from reports.writing.verification.sentences import Figure, Sentence

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
                  r"rate|lãi suất"),
        ("exchange", r"exchange rates?|central rate|tỷ giá(?: trung tâm)?"),
        ("yields", r"yields?|lợi suất"),
        ("dollar", r"dollar index|the dollar|dxy|chỉ số (?:đồng )?usd|đồng usd"),
        ("foreign", r"foreign(?:ers| investors?| funds?| money)?|overseas investors?|khối ngoại|"
                    r"nhà đầu tư nước ngoài|nđt nước ngoài"),
        ("desks", r"proprietary (?:desks?|traders?|trading)|brokers|tự doanh"),
        ("inflation", r"inflation|cpi|consumer prices|lạm phát|giá tiêu dùng"),
        ("gdp", r"gdp|gross domestic product|tăng trưởng kinh tế"),
        ("credit", r"credit|tín dụng"),
        ("profit", r"profits?|net income|earnings|lợi nhuận|lãi(?! suất)"),
        ("revenue", r"revenues?|sales|doanh thu"),
        ("dividend", r"dividends?|cổ tức"),
        ("capital", r"(?:charter|share|registered) capital|vốn điều lệ"),
        ("bills", r"bills|drained?|tín phiếu|hút ròng"),
        ("reserves", r"reserves|dự trữ"),
        ("sp", r"s&p(?: 500)?|wall street|us stocks|phố wall|chứng khoán mỹ"),
        ("nasdaq", r"nasdaq(?: composite)?|wall street|us stocks|phố wall|chứng khoán mỹ"),
        ("dow", r"dow(?: jones)?|wall street|us stocks|phố wall|chứng khoán mỹ"),
        ("nikkei", r"nikkei(?: 225)?|japan(?:ese)? stocks"),
        ("hike", r"basis points?|điểm cơ bản"),
    )
}  # fmt: skip
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
    part = _part(text, position)
    said, told = _said(sentence, figure), _topics(part)
    if said and told:
        return not said & told
    own = words(_before(sentence, figure))
    others = words(text.replace(part, " "))
    return bool(own & others) and not own & words(part)


def _part(text: str, position: int) -> str:
    """The part of an item, between full stops and semicolons, that holds a position."""
    start = max((m.end() for m in _ENDS.finditer(text, 0, position)), default=0)
    end = _ENDS.search(text, position)
    return text[start : end.start() if end else len(text)]


def _said(sentence: Sentence, figure: Figure) -> set[str]:
    """What the words nearest before the figure speak of; of its whole clause when none do."""
    start, end = sentence.clause(figure.start)
    found = _topics(sentence.masked[start:end])
    return found or _topics(sentence.masked[: figure.start])


def _topics(text: str) -> set[str]:
    return {name for name, words in _TOPICS.items() if words.search(text)}


def _before(sentence: Sentence, figure: Figure) -> str:
    start, end = sentence.clause(figure.start)
    return sentence.masked[start:end] if start else sentence.masked[:end]


def words(text: str) -> set[str]:
    """The beginnings of the words that carry meaning."""
    return {word[:6] for word in _WORD.findall(text)} - _NO_WORDS
