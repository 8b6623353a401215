"""What no report may say, whatever the figures are: what to buy, and which index moved another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reports.writing.verification.case import Case
from reports.writing.verification.cited import sources, topics
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading import numbers
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.sentences import Sentence
from reports.writing.verification.results import Source

_TRADE = (
    r"mua(?! ròng)|(?<!lực )(?<!áp lực )(?<!bên )(?<!phe )(?<!sức )(?<!cung )bán(?! ròng| tháo)|"
    r"gom|giải ngân|xuống tiền|nắm giữ|tích lũy(?= cổ phiếu| thêm| dần| hàng)|cắt lỗ|chốt lời|"
    r"chốt lãi|bắt đáy|đứng ngoài|vào lệnh|vào hàng|thoát hàng|ôm|lướt sóng|bình quân giá|"
    r"cơ cấu danh mục|giữ (?:lại )?(?:cổ phiếu|hàng|tiền|vị thế|danh mục|tỷ trọng)|(?:hạ|nâng|"
    r"tăng|giảm|mở|đóng|thu hẹp|cắt|bổ sung|gia tăng)(?: \w+){0,2} (?:tỷ trọng|danh mục|"
    r"vị thế(?: mua| bán)?)|canh (?:mua|bán)"
)
_WHO = (
    r"nhà đầu tư|bạn đọc|bạn|anh chị|quý vị|quý khách|nđt|người (?:cầm|nắm giữ|mua|chơi|"
    r"giữ)[^,.;]{0,20}?"
)
# What stands between the advice and its verb.
_FILL_VI = (
    r"(?: (?:tiếp tục|cân nhắc|ưu tiên|tranh thủ|chủ động|bắt đầu|từng bước|dần|hạn chế|tránh|"
    r"kiên nhẫn|mạnh dạn|xem xét|vội|vội vàng|sớm|tạm|tạm thời|chờ|chỉ|việc|bình tĩnh|lại|tính|"
    r"nghĩ|đến|tới|vững|mới|dám|đi|gấp|nhanh chóng|thận trọng|cứ|có thể|là|để|vẫn))*"
)
_GOOD_VI = (
    r"(?: (?:tốt|vàng|thích hợp|hấp dẫn|phù hợp|hợp lý|đẹp|lý tưởng|an toàn|đáng|để|nên|"
    r"cho (?:nhà đầu tư|người)(?: \w+){0,3}|khá|rất|nhất))*"
)
_BUY_VI = (
    r"(?:mua(?: vào| gom| thêm)?|bán ra|giải ngân|gom|bắt đáy|tích lũy|chốt lời|cắt lỗ|vào hàng|"
    r"vào lệnh|xuống tiền|mở vị thế|tăng tỷ trọng|nắm giữ)(?! ròng)"
)
_TRADE_EN = (
    r"(?:buy(?! back in the)|sell|accumulate|stay (?:out|away|invested|in cash|on the sidelines)|"
    r"stand aside|take (?:some )?profits?|lock in|enter(?= (?:the market|now|positions?|at|near|"
    r"here))|put (?:it|cash|money|capital) to work|deploy|load up|exit|(?:step|jump|get back) in|"
    r"get (?:in|out)|rotate|rebalance|cash in|average down|(?:cut|trim|reduce|lighten|pare|close|"
    r"hold|keep|build|open|add(?: to)?|increase|raise|unwind|scale back|hold on to|stick with|"
    r"switch to|move to)(?: (?!the (?:index|market|level))\w+){0,3}? (?:positions?|holdings|"
    r"exposure|stakes?|shares?|stocks?|losses|weightings?|portfolios?|cash|equities|coins?|"
    r"bitcoin)|wait (?:for|until|before))"
)
_TRADING_EN = (
    r"(?:buying|selling|accumulating|taking (?:some )?profits?|locking in|entering|exiting|"
    r"(?:cutting|trimming|reducing|holding|keeping|building|opening|adding(?: to)?|"
    r"increasing)(?: \w+){0,3}? (?:positions?|holdings|exposure|shares?|stocks?|losses|cash))"
)
_PEOPLE_EN = r"(?:investors|traders|holders|shareholders|readers|you|speculators|savers|everyone)"
_GOOD_EN = (
    r"(?:good|great|attractive|ideal|right|sensible|safe|reasonable|favou?rable|prudent|perfect)"
)
# Told as advice, or as an order. Words of a market's own doing (`lực mua`, `bán ròng`) are none.
_ADVICE = {
    "vi": re.compile(
        rf"(?<!\w)(?:(?:(?:{_WHO})(?: \w+){{0,3}} cần|nên|hãy|đừng|cân nhắc|ưu tiên|tranh thủ|"
        rf"khuyên|được khuyên){_FILL_VI} (?:{_TRADE})|có (?:thể|cơ hội){_FILL_VI} (?:mua(?! ròng)|"
        rf"giải ngân|gom|vào hàng|xuống tiền|bắt đáy|chốt lời|nắm giữ|tích lũy cổ phiếu|(?:mở|"
        rf"tăng|giảm|hạ) (?:vị thế|tỷ trọng))|(?:chiến lược|lựa chọn|phương án|hành động|cách làm|"
        rf"lời khuyên|việc nên làm)(?: \w+){{0,4}} là{_FILL_VI} (?:{_TRADE}|chờ)|(?:nên|hãy|"
        rf"đừng)(?: (?!nhà)\w+){{0,2}}? (?:{_TRADE})|khuyến nghị(?: nhà đầu tư)?{_FILL_VI} "
        rf"(?:{_TRADE}|khả quan)|"
        r"(?:giải ngân|mua|bán|xuống tiền|mua vào|bán ra) (?:ngay|gấp|mạnh tay)(?! (?:khi|từ|sau))|"
        rf"(?:thời điểm|cơ hội|lúc|dịp|thời cơ|vùng giá|mức giá|vùng|mốc){_GOOD_VI} {_BUY_VI}"
        r"(?<!vùng tích lũy)(?<!mốc tích lũy)|"
        rf"(?:hấp dẫn|rẻ|an toàn|đẹp|hợp lý) để {_BUY_VI}|(?:tỷ trọng|danh mục)(?: \w+){{0,4}} "
        rf"nên (?:ở|giữ|duy|để|nghiêng)|"
        r"(?:điểm|vùng|giá) (?:mua|vào lệnh|gom|bán|vào)(?: vào)? (?:hấp dẫn|tốt|đẹp|hợp lý|"
        r"an toàn|lý tưởng|phù hợp|thích hợp)|đáng (?:để )?(?:mua|gom|nắm giữ))(?!\w)|"
        r"^\W*(?:tiếp tục )?(?:mua|bán|giữ|nắm giữ|chốt lời|cắt lỗ|giải ngân|gom|"
        r"đứng ngoài)(?: (?:dần|bớt|lại|vào|ra|chặt|thêm|từng phần|một phần))* (?:cổ phiếu|hàng|"
        r"tiền mặt|vị thế|danh mục|khi|quanh|nếu|ngay|ở vùng|tại vùng)(?!\w)"
    ),
    "en": re.compile(
        rf"\b(?:(?:should|ought to|must|had better|need to|(?:are|is) (?:\w+ )?(?:advised|urged|"
        rf"encouraged|recommended|told|better off)(?: to)?|would (?:be wise|do well|"
        rf"be better off)(?: to)?)(?: \w+){{0,2}}? (?:{_TRADE_EN}|(?:consider|start|begin|keep|"
        rf"avoid|stop|think about|refrain from) {_TRADING_EN})\b|{_TRADING_EN}[^.;,]{{0,60}} "
        rf"(?:is|looks|seems|would be|may be) (?:\w+ )?(?:better|best|wise|prudent|sensible|safer|"
        rf"safest|advisable)\b|{_PEOPLE_EN}(?: \w+){{0,2}} (?:should|must|ought to|need to|"
        rf"are (?:\w+ )?(?:advised|urged|encouraged|told) to)(?: \w+){{0,2}}? (?:add|"
        rf"keep (?:holding|buying)|hold|cut|"
        r"trim|reduce|pick up|switch|load up|bet)(?! (?:in mind|an eye|on to hope))\b|"
        rf"{_PEOPLE_EN}(?: \w+){{0,4}}? (?:can|could|may|might)(?: \w+){{0,2}}? (?:(?:consider|"
        rf"look at|think (?:about|of)|start|begin) {_TRADING_EN}|(?:want|look|wish|choose|prefer|"
        rf"afford) to {_TRADE_EN}|(?:buy|sell|accumulate|take profits?|"
        r"add to))\b|"
        rf"(?:we|i)(?: [\w\x01]+){{0,8}} (?:recommend|advise|suggest|would {_TRADE_EN})\b|"
        r"we (?:like|see value in) \w+|recommend(?:s|ed)? (?:buying|selling|holding)|"
        r"strong (?:buy|sell)(?!ing|ers?)\b|(?:buy|sell|get in|get out) (?:now|the dip|"
        r"immediately|at once)\b|(?:buy|sell) (?:rating|recommendation)|"
        rf"(?:(?:strategy|option|choice|approach|move|course|advice|thing)(?: \w+){{0,3}} (?:is|"
        rf"would be|remains)|time|place|spot|level|zone|price|area|moment|opportunity|chance|"
        rf"occasion|window|reason|wise|prudent|best|better|advisable|sensible|pays|worthwhile|"
        rf"sense|tempting|cheap enough|low enough)(?: for (?:\w+[- ]?){{1,3}})? to {_TRADE_EN}\b|"
        r"(?:buying|entry|accumulation|selling) (?:opportunity|opportunities|chance)|"
        rf"{_GOOD_EN} (?:\w+ )?(?:entry|buying|selling|exit|accumulation)(?: (?:point|zone|level|"
        rf"price))?\b|"
        r"worth (?:buying|holding on to|accumulating|selling))|(?:^\W*|[;:–—] )(?:(?:buy|sell|"
        r"accumulate|trim|lighten|reduce|cut|keep|hold(?: on to)?|add(?: to)?|avoid (?:buying|"
        r"chasing)|take|lock in)(?: (?:some|your|their|on|the|in|any|more|all))* (?:shares?|"
        r"stocks?|positions?|exposure|holdings|profits?|dips?|cash|losses)|stay (?:invested|"
        r"out of the market|in cash)|stand aside)\b"
    ),
}
_DISCLAIMER = re.compile(
    r"(?:không (?:phải(?: là)?|là|đưa ra|có|hề)(?: (?:lời|bất kỳ|một))*|chẳng phải(?: là)?|"
    r"\b(?:not|no|nor|never)(?: (?:a|an|any|as|be|is|to))*) ?$"
)


_NONE = re.compile(r"(?<!\w)(?:không|chẳng|chưa)(?: hề| bao giờ)? $")


def recommendations(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Advice; somebody else's stands in an item that the sentence cites, with its words."""
    for match in _ADVICE[sentence.language].finditer(sentence.masked):
        before = sentence.masked[: match.start()]
        if _DISCLAIMER.search(before) or (match[0].startswith("khuy") and _NONE.search(before)):
            continue
        said = _told_by(sentence, match[0], case)
        reason = "" if said else "advises what to buy or sell, which no report may"
        yield Claim(match.start(), match.end(), ", ".join(said), reason, figures=False)


NEAR = 25  # characters behind the verb in which the one that was moved stands
_WHOLE = re.compile(
    r"(?<!\w)(?:(?:cả |toàn )?thị trường(?: chung)?|chỉ số(?: chung)?|the (?:whole |broader |"
    r"wider )?market|the (?:index|benchmark))(?!\w)"
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
    "vi": re.compile(
        r"(?<!\w)(?:nhờ|do|vì|bởi|tại|theo(?= (?:đà|bước|chân|nhịp)))(?: [\w\x01]+){0,5}? $"
    ),
    "en": re.compile(
        r"\b(?:because(?: of)?|thanks to|due to|owing to|on the back of|driven by|lifted by|"
        r"dragged (?:down )?by|led (?:up|down) by)(?: [\w\x01]+){0,5}? $"
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
        r"(?<!\w)(?:do|vì|bởi(?: vì)?|nhờ|trong bối cảnh|trước(?= (?:áp lực|sức ép|lo ngại|tin|"
        r"thông tin) )|theo(?= (?:đà|bước|sau|diễn biến) )) (?P<why>[^,.;\x01]+)"
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
    r"(?<!\w)(?:vn-?index|vn30|hnx-?index|upcom-?index|"
    r"chỉ số(?! (?:đồng )?usd| giá| pmi| cpi| sản xuất)|chứng khoán|"
    r"thị trường chung|(?<!qua )thị trường(?! (?:mở|lớn|liên))|(?<!dollar )index|stocks|shares|"
    r"equities|the market)(?!\w)"
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
        amid = match[0].startswith(("trong bối cảnh ", "amid "))
        if amid and any(_tells(item, match["why"]) for item in cited):
            continue  # the setting of a move is no cause of it
        yield _reason(sentence, match.start(), match.end(), match["why"], cited)


def _tells(item: Source, setting: str) -> bool:
    """Whether an item speaks of all that a setting names, and of money that went the same way."""
    text, title = sources.text_of(item), item.title.lower()
    named, way = topics.spoken(setting), sources.net(setting)
    told = sources.net(title) or sources.net(text)
    return bool(named) and named <= topics.spoken(text) and way <= told


def _reason(sentence: Sentence, start: int, end: int, why: str, cited: Sequence[Source]) -> Claim:
    said = [item.id for item in cited if gives(item, why, sentence.language)]
    reason = "" if said else "names a cause that no cited item gives"
    return Claim(start, end, ", ".join(said), reason, figures=False)


def gives(item: Source, why: str, language: str) -> bool:
    """Whether an item tells how shares went and, where it is of the same language, that cause."""
    text = numbers.lower(numbers.normal(f"{item.title}. {item.summary}"))
    parts = [part for part in re.split(r"[.;](?=\s|$)", text) if _OF_SHARES.search(part)]
    if not any(motions(part, name) for part in parts for name in ("vi", "en")):
        return False
    return numbers.language_of(text) != language or bool(topics.words(why) & topics.words(text))


def _told_by(sentence: Sentence, words: str, case: Case) -> list[str]:
    """The items that the sentence cites and in which these words stand."""
    cited = [case.items[name] for name in sentence.cited if name in case.items]
    return [item.id for item in cited if words in f"{item.title}. {item.summary}".lower()]
