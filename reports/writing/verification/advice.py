"""What no report may say, whatever the figures are: what to buy, and which index moved another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reports.writing.verification import numbers, topics
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim
from reports.writing.verification.motion import motions
from reports.writing.verification.results import Source
from reports.writing.verification.rivals import marked
from reports.writing.verification.sentences import Sentence

_TRADE = (
    r"mua|bán|gom|giải ngân|xuống tiền|nắm giữ|cắt lỗ|chốt lời|chốt lãi|bắt đáy|đứng ngoài|"
    r"vào lệnh|thoát hàng|hạ tỷ trọng|nâng tỷ trọng|tăng tỷ trọng|giảm tỷ trọng|cơ cấu danh mục"
)
_WHO = r"nhà đầu tư|bạn đọc|bạn|anh chị|quý vị|quý khách|nđt"
# Told as advice, or as an order. Words of a market's own doing (`lực mua`, `bán ròng`) are none.
_ADVICE = {
    "vi": re.compile(
        rf"(?<!\w)(?:(?:(?:{_WHO}) cần|nên|hãy|đừng)(?: \w+){{0,2}}? (?:{_TRADE})|"
        rf"khuyến nghị(?: nhà đầu tư)? (?:{_TRADE}|khả quan)|"
        r"(?:giải ngân|mua|bán|xuống tiền|mua vào|bán ra) (?:ngay|gấp|mạnh tay)(?! (?:khi|từ|sau))|"
        r"(?:thời điểm|cơ hội|lúc) (?:tốt |vàng |thích hợp )?(?:để |nên )?"
        r"(?:mua(?: vào)?|bán ra|giải ngân|gom|bắt đáy)(?! ròng))(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?:should|ought to|must|had better)(?: \w+){0,2}? "
        r"(?:buy|sell|accumulate|take profits?|cut (?:their |your )?losses|stay out)\b|"
        r"(?:we|i) (?:recommend|advise|suggest|would (?:buy|sell))\b|"
        r"recommend(?:s|ed)? (?:buying|selling|holding)|strong (?:buy|sell)(?!ing|ers?)\b|"
        r"(?:buy|sell|get in|get out) (?:now|the dip|immediately|at once)\b|"
        r"(?:buy|sell) (?:rating|recommendation)|"
        r"(?:time|moment|opportunity|chance) to (?:buy|sell)\b|"
        r"buying opportunity)"
    ),
}
_DISCLAIMER = re.compile(
    r"(?:không (?:phải(?: là)?|là|đưa ra|có|hề)(?: (?:lời|bất kỳ|một))*|chẳng phải(?: là)?|"
    r"\b(?:not|no|nor|never)(?: (?:a|an|any|as|be|is|to))*) ?$"
)


def recommendations(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Advice; somebody else's stands in an item that the sentence cites, with its words."""
    for match in _ADVICE[sentence.language].finditer(sentence.masked):
        if _DISCLAIMER.search(sentence.masked[: match.start()]):
            continue
        said = _told_by(sentence, match[0], case)
        reason = "" if said else "advises what to buy or sell, which no report may"
        yield Claim(match.start(), match.end(), ", ".join(said), reason, figures=False)


NEAR = 25  # characters behind the verb in which the one that was moved stands
_WHOLE = re.compile(
    r"(?<!\w)(?:(?:cả |toàn )?thị trường(?: chung)?|chỉ số(?: chung)?|"
    r"the (?:whole |broader |wider )?market|the (?:index|benchmark))(?!\w)"
)
_MOVES = {
    "vi": re.compile(
        r"(?<!\w)(?:kéo(?! dài)|lôi|dìm|ghìm|nhấn chìm|nâng đỡ|đẩy|khiến|làm cho|giúp) "
    ),
    "en": re.compile(
        r"\b(?:lifted|lifts|lifting|dragged|drags|dragging|pulled|pulls|pulling|pushed|pushes|"
        r"pushing|drove|drives|driving|boosted|boosts|boosting|propped up|caused|causes|causing|"
        r"sent|sends|weighed on|weighs on) "
    ),
}
_CAUSES = {
    "vi": re.compile(r"(?<!\w)(?:nhờ|do|vì|bởi|tại)(?: (?:có|sự|đà|việc|mức|cú|nhịp|\w+)){0,4}? $"),
    "en": re.compile(
        r"\b(?:because(?: of)?|thanks to|due to|owing to|on the back of|driven by|lifted by|"
        r"dragged (?:down )?by|led (?:up|down) by)(?: (?:the|a|\w+)){0,4}? $"
    ),
}


def causes(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """That one index, or a coin, moved another one: figures show both, and never the cause."""
    subjects = [item for item in sentence.names if not item.compared]
    found = [*_moved(sentence), *_because(sentence)] if subjects else []
    for start, end in found:
        said = _told_by(sentence, sentence.masked[start:end], case)
        reason = "" if said else "names a cause that no figure proves"
        yield Claim(start, end, ", ".join(said), reason, figures=False)


def _moved(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """`VN30 kéo thị trường lên`: a name before the verb, another or the market behind it."""
    for match in _MOVES[sentence.language].finditer(sentence.masked):
        (start, end), at = sentence.clause(match.start()), match.end()
        before = [item for item in sentence.names if start <= item.start < match.start()]
        within = sentence.masked[at : min(end, at + NEAR)]
        ends = [item.end for item in sentence.names if at <= item.start < at + len(within)]
        ends += [at + whole.end() for whole in _WHOLE.finditer(within)]
        moved = {item.key for item in sentence.names if at <= item.start < at + len(within)}
        if before and ends and moved != {before[-1].key}:
            yield before[-1].start, min(ends)


def _because(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """`nhờ đà tăng của VN30`: a name behind the conjunction, another subject elsewhere."""
    for item in sentence.names:
        match = _CAUSES[sentence.language].search(sentence.masked[: item.start])
        others = {other.key for other in sentence.names} - {item.key}
        if match and (others or _WHOLE.search(sentence.masked)):
            yield match.start(), item.end


_REASON = {
    "vi": re.compile(
        r"(?<!\w)(?:do|vì|bởi(?: vì)?|nhờ|trong bối cảnh|"
        r"trước(?= (?:áp lực|sức ép|lo ngại|tin|thông tin) )|"
        r"theo(?= (?:đà|bước|sau|diễn biến) )) (?P<why>[^,.;\x01]+)"
    ),
    "en": re.compile(
        r"\b(?:because(?: of)?|due to|owing to|thanks to|on the back of|amid|"
        r"on(?= (?:\w+ )?(?:fears?|hopes?|worries|concerns?|news|optimism))) (?P<why>[^,.;\x01]+)"
    ),
}
_DROVE = re.compile(
    r"(?<!\w)(?:khiến|kéo|đẩy|nhấn chìm|gây sức ép lên|hỗ trợ|nâng đỡ|dragged|sent|pushed|lifted|"
    r"pulled|drove|weighed on|boosted|hit)(?: (?:chỉ số|the))? (?=\x03)"
)
_OF_SHARES = re.compile(
    r"(?<!\w)(?:vn-?index|vn30|hnx|hose|upcom|chứng khoán|thị trường(?: chung)?|cổ phiếu|"
    r"stocks|shares|equities|the market)(?!\w)"
)


def reasons(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Why an index moved, with a citation: the item must speak of shares, and of that reason."""
    cited = [case.items[name] for name in sentence.cited if name in case.items]
    if not cited or not sentence.names:
        return
    indices = {state.key for state in case.sheet.indices}
    for match in _DROVE.finditer(marked(sentence)):
        start, _ = sentence.clause(match.start())
        moved = next((i.key for i in sentence.names if i.start == match.end()), "")
        why = sentence.masked[start : match.start()]
        driver = {i.key for i in sentence.names if start <= i.start < match.start()}
        if moved in indices and why.strip() and not indices & driver:
            yield _reason(sentence, start, match.end(), why, cited)
    for match in _REASON[sentence.language].finditer(sentence.masked):
        start, _ = sentence.clause(match.start())
        named = [item for item in sentence.names if start <= item.start < match.start()]
        told = motions(sentence.masked[start : match.start()], sentence.language)
        if not named or named[-1].key not in indices or not told:
            continue
        yield _reason(sentence, match.start(), match.end(), match["why"], cited)


def _reason(sentence: Sentence, start: int, end: int, why: str, cited: Sequence[Source]) -> Claim:
    said = [item.id for item in cited if _gives(item, why, sentence.language)]
    reason = "" if said else "names a cause that no cited item gives"
    return Claim(start, end, ", ".join(said), reason, figures=False)


def _gives(item: Source, why: str, language: str) -> bool:
    """Whether an item speaks of shares and, where it is of the same language, of that cause."""
    text = numbers.lower(numbers.normal(f"{item.title}. {item.summary}"))
    if not _OF_SHARES.search(text):
        return False
    return numbers.language_of(text) != language or bool(topics.words(why) & topics.words(text))


def _told_by(sentence: Sentence, words: str, case: Case) -> list[str]:
    """The items that the sentence cites and in which these words stand."""
    cited = [case.items[name] for name in sentence.cited if name in case.items]
    return [item.id for item in cited if words in f"{item.title}. {item.summary}".lower()]
