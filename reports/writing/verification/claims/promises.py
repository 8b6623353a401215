"""A forecast told as certain: no fact proves what has not happened yet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.cited import sources
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.sentences import Sentence
from reports.writing.verification.results import Source

_HINTS = {
    "vi": (
        "sẽ", "sắp", "chắc", "nhất định", "tất yếu", "nghi ngờ", "ắt ", "bảo đảm", "đảm bảo",
        "không thể", "nào cũng", "gì cũng", "muộn",
    ),
    "en": (
        "will", "shall", " to ", "inevitabl", "doubt", "certain", "surely", "definite", "guarant",
        "heading", "headed", "on track", "on course", "way t", "sooner",
        "cannot", "can’t", "can't", "can not",
        "’ll", "'ll",
    ),
}  # fmt: skip
# Who is spoken of: an index or a coin by its name, the market, or what it does.
_MARKET_VI = (
    r"(?:\x03+|(?:điểm số|chỉ số|thị trường|người (?:mua|bán|nắm giữ)|giá|đà|nhịp|mạch|chuỗi|"
    r"xu hướng|lực|áp lực|sức ép|thanh khoản|khối lượng|dòng tiền|độ rộng|động lượng|đồng tiền|"
    r"bên mua|bên bán|phe mua|phe bán)(?!\w))"
)
_MARKET_EN = (
    r"(?:\x03+|\b(?:index|benchmark|market|rally|rebound|recovery|advance|decline|fall|slide|drop|"
    r"gains?|losses|uptrend|downtrend|trend|selling|buying|sell-off|pressure|volume|liquidity|"
    r"turnover|stocks|shares|prices|coins?|momentum|correction|pullback|run|streak|breadth|it|"
    r"they|bulls|bears|buyers|sellers)\b)"
)
# What a market may be said to do for certain: the calendar, and that it will be looked at.
_CALENDAR_VI = (
    r"(?:cần|phải|gặp|đối mặt|đối diện|đón|mở cửa|nghỉ|giao dịch|bước vào|bắt đầu|khởi động|"
    r"quyết định|phụ thuộc|trả lời|công bố|cập nhật|cho (?:thấy|biết|tín hiệu|câu)|do|nói lên|"
    r"trở lại (?:giao dịch|hoạt động|làm việc|mở cửa|vào|từ|sau)|có phiên (?:giao dịch|kế|tiếp|"
    r"đầu|thứ)|được (?:kiểm|theo|xem|cập|thử|đo|tính|công|đánh|quyết|nhìn)|là (?:phép thử|"
    r"thử thách|tâm điểm|dấu hiệu|điểm|yếu tố|mức|mốc|chìa khóa|biến|chủ đề|thước đo)|(?:đóng cửa|"
    r"kết thúc) (?:nghỉ|vào|lúc|các|phiên giao dịch lúc|từ ngày))"
)
_CALENDAR_EN = (
    r"(?:need|face|meet|encounter|open|reopen|resume trading|start|begin|enter (?:the|its) next|"
    r"tell|show|decide|depend|matter|reveal|give|provide|serve|hinge|turn on whether|require|"
    r"have (?:to|its|the|one)|(?:stay|remain|be) (?:closed|shut|open)|be (?!(?:above|below|at|"
    r"over|under|higher|lower|back|up|down|in the (?:green|red)|able)\b)|trade (?:on|again|as)|"
    r"close (?:on|for|at \d)|return (?:on|after|to trading)|come (?:into (?:play|focus)|first|"
    r"next))"
)
_MOVES_VI = rf"(?!{_CALENDAR_VI}(?!\w))\w+"
_MOVES_EN = rf"(?!{_CALENDAR_EN}\b)\w+"
_SET_EN = (
    r"(?:(?:is|are|was|looks?|seems?|appears?) )(?:now |all |almost |virtually |"
    r"absolutely )?(?:certain|sure|bound|destined|guaranteed|going|set|about|poised|due|ready) to"
)
_ADVERB_EN = (
    r"(?: (?:\w+ly|also|still|then|soon|now|once|again|itself|therefore|no doubt|without doubt|"
    r"over|in|within|the|next|coming|following|five|\d+|sessions|days|weeks?|month))*"
)
_MARKET = {
    "vi": re.compile(_MARKET_VI),
    "en": re.compile(_MARKET_EN + r"|\b(?:move|return|test)\b"),
}
_FORECAST = {
    "vi": re.compile(
        rf"(?<!\w){_MARKET_VI}(?:(?! (?:nếu|khi|khiến|mà|để|có thể|hay|liệu|cho)(?!\w))"
        r"[^,.;:\x01]){0,45}? (?:(?:chắc chắn|nhất định|tất yếu|ắt|ắt hẳn|hẳn) )?(?:sẽ|"
        r"sắp)(?: (?:vẫn|còn|cũng|lại|tiếp tục|sớm|nhanh chóng|dễ dàng|chắc chắn|nhất định|tự))*"
        rf" (?P<verb>{_MOVES_VI})(?!\w)"
    ),
    "en": re.compile(
        rf"{_MARKET_EN}(?:(?:'s|’s) \w+)?{_ADVERB_EN} ?(?:will|shall|['’]ll|"
        rf"{_SET_EN}){_ADVERB_EN} (?P<verb>{_MOVES_EN})(?!\w)|{_MARKET_EN}{_ADVERB_EN} (?:is|"
        rf"are) (?:heading|headed|on (?:track|course)|on (?:its|their) way) "
        r"(?:for|to|towards?)(?!\w)"
    ),
}
_CERTAIN = {
    "vi": re.compile(
        r"(?<!\w)(?<!thêm )(?:(?<!sự )(?<!không )(?<!chưa )(?<!tính )chắc chắn(?! hơn)|nhất định|"
        r"tất yếu|ắt(?: hẳn| phải)?|không (?:còn )?nghi ngờ gì|không thể (?:khác|tránh khỏi)|"
        r"khó tránh khỏi|(?:thể|thế) nào cũng|kiểu gì cũng|sớm (?:hay )?muộn|không thể(?= (?:giảm|"
        r"tăng|rơi|mất|thủng|xuống|lên|vượt|lùi|thấp|cao))|(?:được )?(?:bảo đảm|đảm bảo)(?= (?:sẽ|"
        r"tăng|giữ|vượt|có)))(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:undoubtedly|certainly|surely|definitely|inevitabl[ey]|no doubt|"
        r"without (?:a )?doubt|guaranteed|assured|a certainty|(?:virtually |"
        r"almost )?certain(?= (?:to|that))|bound to|destined to|sure to|foregone conclusion|"
        r"sooner or later|(?:cannot|can['’]t|can not) (?=fall|rise|drop|lose|break|slip|climb|go|"
        r"decline|fail|close))\b"
    ),
}
_DENIED = re.compile(
    r"(?<!\w)(?:không|chưa|chẳng|khó|thiếu|not|no(?!w)|nothing|never|nobody|none|neither|hardly|"
    r"far from|cannot|isn't|isn’t|aren't|aren’t)(?: (?:\w+ ){0,3}?| )$"
)
_AHEAD = re.compile(
    r"(?<!\w)(?:sẽ|sắp|(?:phiên|ngày|tuần|tháng|thời gian) (?:tới|sau|kế tiếp|tiếp theo)|tới đây|"
    r"ngày mai|will|shall|going to|next|coming|upcoming|ahead|tomorrow|soon|to)(?!\w)"
)
# What makes it a supposition, a question, or a chance.
_OPEN = {
    "vi": re.compile(
        r"(?<!\w)(?:nếu|khi|một khi|trừ khi|chừng nào|với điều kiện|giả sử|liệu|hay không|"
        r"kịch bản|trường hợp|có thể|có lẽ|khả năng|xác suất|tần suất|dự kiến|kỳ vọng|dự báo|"
        r"chưa rõ|chưa biết|chờ xem|không có nghĩa|không đồng nghĩa|không loại trừ|câu hỏi|bỏ ngỏ|"
        r"giữa hai khả năng|không có gì (?:là )?(?:chắc|bảo đảm|đảm bảo)|(?:không|chưa) (?:ai|"
        r"chắc|có cơ sở)|thay đổi|quyết định|(?:một|mỗi) (?:phiên|cú|nhịp|lần)|việc)(?!\w)|\?"
    ),
    "en": re.compile(
        r"\b(?:if|unless|once|when(?:ever)?|provided|assuming|should|as long as|until|whether|"
        r"scenarios?|in (?:that|this|such a|either|the first|the second) case|might|may|could|"
        r"would|perhaps|possibly|likely|probabl[ey]|probability|odds|chances?|frequency|"
        r"expect(?:ed|s|ation)?|forecast|remains to be seen|too early|question|hinges?|depends?|"
        r"does not mean|no telling|nobody knows|no one knows|(?:nothing|not|"
        r"neither) (?:is )?(?:certain|sure|guaranteed)|uncertain|no (?:certainty|guarantee)|"
        r"hopes?|failure|an? (?:\w+ )?(?:close|break|move|session|return)\b|were to)\b|\?"
    ),
}
_EXPECT = re.compile(
    rf"\W*(?:expect|look for|count on|bet on)(?: the)? {_MARKET_EN} to(?!\w)|"
    r"\W*(?:hãy )?(?:chờ đón|chuẩn bị cho|tin rằng|yên tâm(?: rằng)?) (?=\x03|chỉ số|thị trường)"
)
_FOR_SHARES = re.compile(r"sẽ|dự báo|kỳ vọng|will|forecast|expect|see[ns]?\b")


def promises(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "VN-Index will reclaim X", "is certain to hold", where nothing in the sentence supposes."""
    masked = sentence.masked
    if case.supposed or not holds(masked, _HINTS[sentence.language]):
        return
    text = marked(sentence)
    if told := _EXPECT.match(text):
        yield Claim(0, told.end(), "", "tells as certain what has not happened yet", figures=False)
    if _OPEN[sentence.language].search(masked):
        return
    found = [
        *_FORECAST[sentence.language].finditer(text),
        *(_CERTAIN[sentence.language].finditer(masked) if _is_ahead(sentence, text) else ()),
    ]
    for match in found:
        if _DENIED.search(masked[: match.start()]):
            continue
        said = _forecast_by(sentence, case)
        if not said and not motions(text[match.start() : match.end() + 20], sentence.language):
            said = [item.id for item in sources.cited(sentence, case) if _announces(item)]
        reason = "" if said else "tells as certain what has not happened yet"
        yield Claim(match.start(), match.end(), ", ".join(said), reason, figures=False)


def _is_ahead(sentence: Sentence, text: str) -> bool:
    """Whether the sentence speaks of the market, and of a time to come."""
    return bool(_MARKET[sentence.language].search(text) and _AHEAD.search(sentence.masked))


def _announces(item: Source) -> bool:
    """Whether the item tells of what is due: a basket's change, an upgrade, a meeting."""
    return bool(_DUE.search(sources.text_of(item)))


_DUE = re.compile(
    r"(?<!\w)(?:sắp|dự kiến|có hiệu lực|áp dụng từ|about to|set to|due|planned|plans?|effective|"
    r"takes? effect|from \d)(?!\w)"
)


def _forecast_by(sentence: Sentence, case: Case) -> list[str]:
    """The cited items that look ahead themselves."""
    cited = [case.items[name] for name in sentence.cited if name in case.items]
    return [i.id for i in cited if _FOR_SHARES.search(f"{i.title}. {i.summary}".lower())]
