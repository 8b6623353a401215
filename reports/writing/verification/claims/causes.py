"""Why a market moved, where no item is cited: figures show the move, and never its cause."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.cited import sources
from reports.writing.verification.claims import advice
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.sentences import Sentence

_HINTS = {
    "vi": (
        "do ", "vì ", "bởi", "nhờ ", "khiến", "giúp", "đẩy", "kéo ", "làm ", "khi ", "sau ",
        "nguyên", "phản ánh", "từ ", "theo ", "dìm", "nhấn", "sức ép", "hỗ trợ", "thúc", "trước ",
    ),
    "en": (
        "because", " to ", "thanks", "back of", "since ", "as ", "after ", "by ", "sent ", "push",
        "drag", "lift", "weigh", "caus", "help", "drove", "pulled", "boost", "on ", "from ",
        "reason", "reflect", "with ", "when ", "follow", "made ", "explain",
        "behind", "led ", "contribut", "brought", "underpin", "hit ", "hurt", "knock", "spur",
    ),
}  # fmt: skip
# A cause is announced by these; behind the weaker ones it is one only when an outsider follows.
_STRONG = {
    "vi": re.compile(
        r"(?<!\w)(?:(?<!lý )(?<!tự )do(?! (?:đó|vậy|thế|dự|thám|\x01))|(?<!bởi )vì(?! (?:vậy|thế|"
        r"sao|lẽ))|bởi(?: vì)?(?! (?:vậy|thế))|nhờ(?: vào)?(?! (?:đó|vậy|thế))|(?:bắt nguồn|"
        r"xuất phát|đến) từ(?= (?:việc|lo|kỳ vọng|áp lực|tin|động thái|quyết định|tâm lý|khối|"
        r"dòng))|(?P<noun>nguyên nhân|lý do)(?: (?!nào|của bản tin)\w+){0,6} (?:là|đến từ|"
        r"nằm ở)) (?P<why>[^.;\x05]+)"
    ),
    "en": re.compile(
        r"\b(?:because(?: of)?|due to|owing to|thanks to|on the back of|as a result of|"
        r"attributed to|stemm(?:ed|ing) from|in (?:response|reaction) to|driven by|lifted by|"
        r"fuelled by|fueled by|caused by|(?P<noun>(?:hurt|hit|boosted|helped|supported|dented|"
        r"pressured|sunk|weighed|dragged|pulled|pushed|sent|buoyed|lifted|cheered|spooked|rattled|"
        r"underpinned)(?: (?:up|down|higher|lower|on))? by)|(?P<noun2>(?:reason|cause)(?: (?:for|"
        r"of|behind) [^,.;]{1,40}?)? (?:was|is|being))) (?P<why>[^.;]+)"
    ),
}
_WEAK = {
    "vi": re.compile(
        r"(?<!\w)(?:khi|sau khi|sau|phản ánh|trước|theo (?:sau|chân|đà|bước|nhịp)|cùng nhịp với|"
        r"bám theo) (?P<why>[^,.;]+)"
    ),
    "en": re.compile(
        r"\b(?:as|since|after|follow(?:ing|ed|s)|reflect(?:s|ed|ing)|on|with|"
        r"(?<!session )(?<!day )when) (?P<why>[^,.;]+)"
    ),
}
# Those who are not in the sheet, and what only they could tell.
_OUTSIDE = {
    "vi": re.compile(
        r"(?:(?:các|những|làn sóng|hoạt động|lực|lệnh|dòng tiền|tâm lý|sự|việc|động thái|tin|"
        r"thông tin|áp lực|sức|một số|nhiều|cú|đà|mức|nhịp|chứng khoán|thị trường|"
        r"cổ phiếu)(?: \w+){0,2} )?(?:khối ngoại|(?:nhà )?đầu tư(?: \w+){0,3}|quỹ|nước ngoài|"
        r"tự doanh|chốt (?:lời|lãi)|khối nội|giải chấp|margin|call|lo ngại|kỳ vọng|lạc quan|"
        r"bi quan|chính phủ|"
        r"ngân hàng|fed|nhnn|lãi suất|tỷ giá|lạm phát|kỳ nghỉ|nghỉ lễ|tin đồn|tin xấu|tin tốt|"
        r"quốc tế|thế giới|phố wall|mỹ|trung quốc|thuế|chiến tranh|dịch bệnh|lợi nhuận|"
        r"kết quả kinh doanh|chính sách|gói|vĩ mô)(?!\w)"
    ),
    "en": re.compile(
        r"(?:(?:the|a|an|some|many|retail|local|domestic|overseas|strong|heavy|fresh|new|renewed|"
        r"rising|growing|reports|that|of|by|from|on|in|rout|losses|gains|rally|slide|fall|drop|"
        r"rise|weakness|strength|cues|selling|buying) ){0,4}(?:foreign|foreigners|investors?|"
        r"traders|funds?|margin|fears?|worries|worry|concerns?|hopes?|optimism|pessimism|"
        r"sentiment|profit[- ]tak\w+|bargain|news|rumou?rs?|government|central bank|state bank|"
        r"banks?|fed|rates?|inflation|earnings|stimulus|policy|policies|tariffs?|war|holidays?|"
        r"china|us|wall street|global|world|economic|economy|brokers|institutions)\b"
    ),
}
_ANY_OUTSIDE = {
    "vi": re.compile(r"(?<!\w)(?:" + _OUTSIDE["vi"].pattern + ")"),
    "en": re.compile(r"\b(?:" + _OUTSIDE["en"].pattern + ")"),
}
# Why the report says what it says, and what a move is by itself: no cause from elsewhere.
_INSIDE = {
    "vi": re.compile(
        r"(?<!\w)(?:số liệu|dữ liệu|thiếu|nguồn|tin(?! (?:đồn|xấu|tốt|tích cực|tiêu cực))|bản tin|"
        r"báo cáo|(?:mức|đà|nhịp|phiên|cú|chuỗi|pha)(?: (?:tăng|giảm|hồi|hồi phục|sụt|lao dốc|bật|"
        r"này|đó))+|điểm đóng cửa|mức đóng cửa|trung bình|(?:số )?mã (?:tăng|giảm)|độ rộng|chỉ số|"
        r"cách tính|khung|mức nền|khoảng cách|tham chiếu)(?!\w)|\x03"
    ),
    "en": re.compile(
        r"\b(?:data|figures?|no (?:item|source|figure|data|index)|source|missing|report|bulletin|"
        r"(?:the|its|this|that|a) (?:\w+ )?(?:close|rise|gain|fall|loss|drop|rally|slide|decline|"
        r"advance|move|plunge|index|average|open|session|rebound|recovery|sell-off|retreat|gap)|"
        r"breadth|advances|declines|(?:late |early |broad |heavy |steady |strong )?(?:buying|"
        r"selling)|sellers|buyers|it|they|both|only)\b|\x03"
    ),
}
# "kỳ vọng" and the like make a clause open, and are themselves what others name as causes
_SUPPOSED = re.compile(
    r"(?<!\w)(?:nếu|có thể|sẽ|liệu|giả sử|trường hợp|kịch bản|khả năng|if|may|might|could|would|"
    r"should|will|unless|whether|scenario|can|likely|until|once)(?!\w)"
)
# Colloquial for the move itself, as what drives it: "lực bán khiến", "driven up by broad buying".
_FORCES = re.compile(
    r"(?<!\w)(?:(?:áp )?lực (?:bán|mua|cầu|chốt)|sức (?:mua|ép)|dòng tiền|(?:lệnh|bên|phe) (?:mua|"
    r"bán))(?!\w)"
)
_TRADED = re.compile(r"(?<!\w)(?:thanh khoản|khối lượng|volume|turnover|liquidity)(?!\w)")
_NEGATED = re.compile(
    r"(?<!\w)(?:không(?: phải| hẳn| chỉ| rõ)?|chưa(?: rõ| hẳn)?|chẳng(?: phải)?|liệu|có phải|hay|"
    r"not|never|nor|or|whether|rather than|no \w+)(?: (?:là|hẳn|necessarily|simply|just|only|"
    r"có))* $"
)
_DENIED = re.compile(r"(?<!\w)(?:no|not|never|none|nothing|không|chưa|chẳng)(?!\w)|n['’]t\b")
_DROVE = {
    "vi": re.compile(
        r"(?<!\w)(?:khiến|(?:đã )?kéo(?! dài)|đẩy|giúp|làm(?: cho)?|dìm|nhấn chìm|gây (?:sức ép|"
        r"áp lực) (?:lên|cho)|hỗ trợ|nâng đỡ|thúc đẩy|giải thích(?: cho)?|dẫn (?:đến|tới)|"
        r"đứng sau|là lý do (?:khiến|của))(?: (?:cả|điểm số|đà|mức|nhịp|cú|phiên|việc|tăng|giảm|"
        r"lao dốc|sụt|của))* (?=\x03|chỉ số|thị trường|khối lượng|thanh khoản)"
    ),
    "en": re.compile(
        r"\b(?:(?:lift|send|push|dragg|pull|driv|boost|weigh)ing(?: on)?|lifted|sent|pushed|"
        r"dragged|pulled|drove|boosted|helped|caused|weighed on|made|hit|"
        r"sank|explain(?:s|ed)?|(?:led|contributed) to|brought about|(?:is|was|lay|lies|"
        r"were) behind|underpinned|supported|propelled|triggered|spurred|dented|hurt|knocked|"
        r"forced|prompted)(?: (?:the|up|down|a|its|fall|rise|drop|gain|decline|loss|plunge|slide|"
        r"move|rally|in|of|for|jump|surge))* ?(?=\x03|\b(?:index|benchmark|market|volume|"
        r"liquidity|stocks|shares)\b)"
    ),
}
_TOLD = re.compile(
    r"\x03|(?<!\w)(?:chỉ số|thị trường|độ rộng|điểm số|index|benchmark|market|breadth|stocks|"
    r"shares|it|phiên|session|(?:đợt|nhịp|đà|cú|mức) (?:tăng|giảm|bán|hồi|lao|sụt)|sell-off|rally|"
    r"plunge|slide|(?:the|its|this) (?:fall|drop|decline|gain|rise|loss|rebound))(?!\w)"
)
_COMPARED = re.compile(
    r"(?<!\w)(?:cao|thấp|lớn|nhỏ|nhiều|ít|dưới|trên|above|below|high|low|higher|lower|heavy|thin|"
    r"light|mất|lấy lại|thủng|vượt)(?!\w)"
)


def causes(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "It fell because foreign funds sold", "thanks to demand", "margin calls sent it down"."""
    if not holds(sentence.masked, _HINTS[sentence.language]):
        return
    items = sources.cited(sentence, case)
    indices = {state.key for state in case.sheet.indices}
    text = marked(sentence)
    found = [(*item, False) for item in _announced(sentence, text)]
    found += [(*item, True) for item in _driven(sentence, text)]
    for start, end, why, driven in found:
        supposed = sentence.is_hypothetical(start) and _SUPPOSED.search(sentence.masked)
        if supposed or _NEGATED.search(text[:start]):
            continue
        outside = _ANY_OUTSIDE[sentence.language].search(why) or _TRADED.search(why)
        forces = driven and _FORCES.search(why)
        if not outside and (forces or _INSIDE[sentence.language].search(why)):
            continue
        if items:
            told = any(i.key in indices and i.start < start for i in sentence.names)
            if not told or any(advice.gives(item, why, sentence.language) for item in items):
                continue
        yield Claim(start, end, "", "names a cause that no cited item gives", figures=False)


def _announced(sentence: Sentence, text: str) -> Iterator[tuple[int, int, str]]:
    """Where a conjunction stands behind a move of the market, or opens the sentence before one."""
    for match in _STRONG[sentence.language].finditer(text):
        parts = match.groupdict()
        named = parts.get("noun") or parts.get("noun2")
        if named or _tells_move(sentence, text, match.start()):
            yield match.start(), match.end(), match["why"]
    for match in _WEAK[sentence.language].finditer(text):
        outside = _OUTSIDE[sentence.language].match(match["why"])
        if outside and _tells_move(sentence, text, match.start()):
            yield match.start(), match.start("why") + outside.end(), outside[0]


def _tells_move(sentence: Sentence, text: str, position: int) -> bool:
    """Whether what stands before, or behind an opening cause, tells how the market went."""
    said = text[:position]
    if not said.strip(" ,"):
        said = text[position:].partition(",")[2]
    about = _TOLD.search(said) or LIQUIDITY.search(said)
    return bool(about) and bool(motions(said, sentence.language) or _COMPARED.search(said))


def _driven(sentence: Sentence, text: str) -> Iterator[tuple[int, int, str]]:
    """Who drove the market, before the verb: "rate fears weighed on the market"."""
    for match in _DROVE[sentence.language].finditer(text):
        start, _ = sentence.clause(match.start())
        why = text[start : match.start()]
        if "ing" in match[0].split()[0] and not why.strip() and start > 2:
            why = text[sentence.clause(start - 3)[0] : start]  # "…, pushing the index down"
        if why.strip() and not _DENIED.search(why):
            yield start, match.end(), why
