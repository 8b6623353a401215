"""The things that a text of news speaks of, alike in both languages, and whose a word of it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from reports.writing.verification.numbers import language_of

# One thing a row, in Vietnamese and in English.
_ROWS = (
    "vàng|gold|bullion", "bạc|silver", "đồng đỏ|giá đồng|copper", "quặng sắt|iron ore",
    "thép|steel", "niken|nickel", "nhôm|aluminium|aluminum", "dầu|oil|crude|brent|wti",
    "xăng|xăng dầu|petrol|fuel|gasoline", "khí đốt|khí|lng|gas", "than|coal", "cà phê|coffee",
    "robusta", "arabica", "gạo|rice", "cao su|rubber", "hồ tiêu|pepper", "đường|sugar",
    "bông|cotton", "phân bón|fertili[sz]ers?", "urê|urea", "kali|potash", "ngô|corn",
    "đậu tương|soybeans?", "lúa mì|wheat", "tôm|shrimps?", "cá tra|pangasius", "thủy sản|seafood",
    "dệt may|textiles?|garments?", "gỗ|nội thất|timber|furniture",
    "ô tô|xe hơi|cars?|autos?|carmakers?", "điện tử|electronics?",
    "chip|bán dẫn|chips?|chip ?makers?|semiconductors?", "điện|electricity|power",
    "thủy điện|hydropower|hydro", "nhiệt điện|thermal", "vận tải biển|tàu biển|shipping",
    "cước|freight|rates? for ships", "container", "hàng không|airlines?|aviation",
    "đường bộ|giao thông|transport", "y tế|health",
    "(?<!liên )ngân hàng(?! nhà nước| trung ương)|(?<!central )(?<!state )banks?(?:ing)?|lenders?",
    "bất động sản|real estate|property|developers?", "bán lẻ|retail", "tiêu dùng|consumer",
    "lưu trú|ăn uống|catering|accommodation", "du lịch|tourism|travel",
    "khách|visitors?|arrivals?|passengers?|tourists?", "bảo hiểm|insurance|insurers?",
    "chứng khoán|securities|brokers?", "trái phiếu|bonds?",
    "cổ phiếu|stocks?|shares?|equity|equities", "quỹ|funds?", "phát hành|issuance|issued?",
    "mua lại|buybacks?|bought back|repurchases?", "tín dụng|credit|lending|loans?",
    "nợ xấu|bad debts?|bad loans?|npl|non-performing", "tiền gửi|deposits?",
    "huy động|mobili[sz]ation", "lãi suất|rates?", "lợi suất|yields?",
    "lợi nhuận|lãi(?! suất)|profits?|earnings", "doanh thu|doanh số|revenues?|sales",
    "chi phí|costs?|expenses?", "cổ tức|dividends?", "xuất khẩu|exports?", "nhập khẩu|imports?",
    "thặng dư|xuất siêu|surplus", "thâm hụt|nhập siêu|deficit", "sản lượng|output|production",
    "tồn kho|dự trữ|inventor(?:y|ies)|stockpiles?|reserves", "nguồn cung|supply", "nhu cầu|demand",
    "đơn hàng|orders?", "việc làm|jobs?|payrolls?|employment", "thất nghiệp|unemployment|jobless",
    "tiền lương|wages?", "lạm phát|inflation|cpi", "tăng trưởng|growth", "gdp",
    "pmi|factory activity|manufacturing|nhà máy|sản xuất", "dịch vụ|services?",
    "đầu tư công|public investment", "giải ngân|thực hiện|disburs\\w*|reali[sz]ed|implemented",
    "đăng ký|registered|pledged", "fdi|foreign direct investment|đầu tư trực tiếp",
    "kế hoạch|plan", "dự báo|forecasts?|outlook|expected", "thuế|tax(?:es)?|tariffs?|dut(?:y|ies)",
    "euro", "won|south korean currency", "yên|yen", "baht", "nhân dân tệ|yuan|renminbi",
    "bảng anh|sterling|pound", "đô la|usd|dollar", "tỷ giá|exchange", "bitcoin|btc",
    "ether|ethereum|eth", "solana", "xrp|ripple", "stablecoins?", "tether|usdt", "usd coin|usdc",
    "giao thức|protocols?", "token|tokens", "thợ đào|miners?", "staking|đặt cọc", "hàng đợi|queue",
    "số dư|balances?", "địa chỉ|addresses", "phí|fees?", "phi tập trung|decentrali[sz]ed|defi",
    "giá trị khóa|value locked|tvl", "tài khoản|accounts?", "nhà đầu tư|investors?",
    "đức|german\\w*|frankfurt|dax", "pháp|french|france|paris|cac",
    "nhật|nhật bản|japan\\w*|nikkei", "hàn quốc|korean?s?", "trung quốc|china|chinese",
    "ấn độ|indian?", "thái lan|thai\\w*", "brazil", "mỹ|us|american", "châu âu|european?|ecb",
    "thượng hải|shanghai", "london", "singapore", "gói thầu|tenders?", "giao thông|transport",
    "tài chính|finance", "chính sách|policy", "thu ngân sách|budget", "vốn|capital",
    "tín phiếu|bills", "mua ròng|net b\\w+", "bán ròng|net s\\w+", "tự doanh|proprietary",
    "khối ngoại|nước ngoài|foreign\\w*",
)  # fmt: skip
_THINGS = re.compile(
    r"(?<!\w)(?:" + "|".join(f"(?P<t{at}>{row})" for at, row in enumerate(_ROWS)) + r")(?!\w)"
)
_WORD = re.compile(r"[^\W\d_][\w&-]{2,}")
_NO_THING = frozenset(
    word
    for line in (
        "ròng rút hút bơm loss losses",
        "the and for with from that this its was were has had are but than into",
        "over after before their said says say according report reported reports data show",
        "shows showed tell tells told rose fell rise fall rises falls risen fallen gained gain",
        "lost lose climbed dropped slipped eased edged added jumped slid steady held hold stood",
        "firmed weakened strengthened declined increased grew grow grows shrank shrinks",
        "contracted surged reached reach hits hit record high low highest lowest third second",
        "fourth fifth sixth seventh week weeks month months year years day days session",
        "sessions quarter quarters running straight consecutive row successive percent billion",
        "million trillion dong per about while also even point context relevant figure figures",
        "cut cuts raised lowered more most less least fastest slowest first largest smallest",
        "weakest strongest which who where when what amid between both other another one two",
        "three four five six october november september december january march tuesday monday",
        "wednesday thursday friday trong các của cho với khi đã được theo tăng giảm mức còn",
        "đang này năm tháng phiên điểm lên xuống biết nói thông tin công thống đạt bị và tại",
        "trên dưới cao thấp nhất thứ liên tiếp tuần ngày quý lần đồng tỷ triệu nghìn giá nhẹ",
        "mạnh yếu hơn kỳ cùng trước sau từ đến tới nay những một hai ba bốn sáu bảy tám chín",
        "mười lập kỷ lục đỉnh đáy dẫn đầu đứng xếp nhanh chậm lớn nhỏ nhiều trái chiều diễn",
        "biến phát mất lùi nhích kéo dài thêm khoảng gần riêng trong khi chiếm",
    )
    for word in line.split()
)
_CUTS = re.compile(
    r"[.;](?=\s|$)|[,:](?=\s)|(?<!\w)(?:while|whereas|as|but|and|even|though|after|following|còn|và|"
    r"trong khi|trong lúc|khi|nhưng|song|dù|sau)(?!\w)|\s[–—-]\s"
)


class Part(NamedTuple):
    """A clause of a text, from where to where, with the things that it is about."""

    start: int
    end: int
    things: frozenset[str]


@lru_cache(maxsize=2048)
def things(text: str) -> frozenset[str]:
    """What a text in lower case speaks of: things known in both languages, and its other words."""
    found = {f"={match.lastgroup}" for match in _THINGS.finditer(text)}
    rest = _THINGS.sub(" ", text) if found else text
    return frozenset(found | {word[:6] for word in _WORD.findall(rest) if word not in _NO_THING})


@lru_cache(maxsize=512)
def parts(text: str) -> tuple[Part, ...]:
    """The clauses of a text; one that names nothing goes on about what the one before did."""
    found: list[Part] = []
    start = 0
    for end, following in [*(m.span() for m in _CUTS.finditer(text)), (len(text), len(text))]:
        if text[start:end].strip():
            said = things(text[start:end])
            goes_on = _goes_on(text[start:end]) and found
            found.append(Part(start, end, (said | found[-1].things) if goes_on else said))
        start = following
    return tuple(found)


_ON = re.compile(
    r"\W*(?:lên|xuống|về|còn|mức|đạt|cao|thấp|yếu|mạnh|tương đương|to|its|the (?:most|highest|"
    r"lowest|largest|smallest|weakest|strongest|best|worst)|their|which|up|down|beating|above|below|"
    r"hit|đây là|this|that|phiên|ngày|tuần|tháng|quý|(?:tỷ lệ|con số|mức) này|an? \w+|"
    r"for|a |has|is|was|are|were|it|they|a record|also|cũng|lập|kéo dài|tăng|giảm|\W)(?!\w)"
)


def _goes_on(clause: str) -> bool:
    return bool(_ON.match(clause)) or not things(clause)


_FIGURE = re.compile("\x01*")
_OF = re.compile(r"\x01+[ \w]{0,16} (?:of|from|worth|cổ phiếu|của)(?!\w)")


def at(text: str, position: int) -> Part | None:
    return next((part for part in parts(text) if part.start <= position < part.end), None)


def said_at(masked: str, position: int) -> frozenset[str]:
    """What a sentence speaks of at a position: what stands before it in its clause, or behind."""
    part = at(masked, position)
    if part is None:
        return frozenset()
    end = part.end
    if _OF.match(masked, position):
        own = _FIGURE.match(masked, position)
        further = masked.find("\x01", own.end() if own else position, part.end)
        end = further if further > 0 else part.end
        return things(masked[part.start : end]) or part.things
    return things(masked[part.start : position]) or part.things


def belongs(
    said: frozenset[str],
    language: str,
    text: str,
    fits: Callable[[Part], object],
    against: Callable[[Part], object] = bool,
) -> bool:
    """Whether what is said may be of a part of the item that fits, and is not of another one."""
    own, rest = [], []
    titled = parts(text)[0].things if text else frozenset()
    fitted = False
    for row in linked(text):
        words = text[row.start : row.end]
        if fits(row):
            own.append(row.things)
            fitted = True
        elif against(row) and not _SOURCE.search(words) and not (fitted and _goes_on(words)):
            rest.append(row.things)
            fitted = False
    for mine in own:
        own_title = mine if titled <= mine else frozenset()
        rivals = [other for other in rest if said & (other - mine)]
        if all(said & (mine - other - (titled - own_title)) for other in rivals):
            return True
        named = any(name[0] != "=" for other in rivals for name in said & (other - mine))
        known = named or any(name[0] == "=" for name in mine)
        if language_of(text) != language and not known:
            return True
    return False


_SOURCE = re.compile(r"^\W*(?:theo \w+$|[\w ]{1,40} (?:reports?|says|said|show)$)")
_NUMBER = re.compile(
    r"\d[\d.,]*\d%?(?! ?(?:months?|years?|weeks?|days?|tháng|năm|tuần|ngày|phiên)\b)|\d%"
)


@lru_cache(maxsize=512)
def linked(text: str) -> tuple[Part, ...]:
    """The clauses, where those with the same figure are about the same thing.

    A title without a figure tells what the clause behind it gives the figures of.
    """
    rows = list(parts(text))
    figures = [set(_NUMBER.findall(text[row.start : row.end])) for row in rows]
    found: list[Part] = []
    for at, row in enumerate(rows):
        same = [other.things for n, other in enumerate(rows) if figures[n] & figures[at]]
        if at and _goes_on(text[row.start : row.end]):
            same.append(found[-1].things)
        found.append(row._replace(things=row.things.union(*same)))
    stop = text.find(". ")
    title = [n for n, row in enumerate(rows) if row.start <= stop]
    if title and not any(figures[n] for n in title):
        behind = [n for n in range(len(title), len(rows)) if rows[n].start < _stop(text, stop)]
        for n in behind[:1]:
            found[n] = found[n]._replace(things=found[n].things | rows[0].things)
    return tuple(found)


def _stop(text: str, position: int) -> int:
    found = text.find(". ", position + 1)
    return found if found > 0 else len(text)
