"""How facts are named and their values written, in a report's own language."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from market import formats
from reports.facts import CRYPTO_SUBJECTS, Fact, FactSheet

_NAMES = {
    "close": ("điểm số", "level"),
    "second_close": ("điểm số theo nguồn thứ hai", "level by the second source"),
    "previous_close": ("tham chiếu", "previous close"),
    "open": ("mở cửa", "open"),
    "high": ("cao nhất phiên", "session high"),
    "low": ("thấp nhất phiên", "session low"),
    "volume": ("khối lượng", "volume"),
    "value": ("giá trị giao dịch", "value traded"),
    "advances": ("số mã tăng", "advances"),
    "declines": ("số mã giảm", "declines"),
    "unchanged": ("số mã đứng giá", "unchanged"),
    "ceilings": ("số mã tăng trần", "at the ceiling"),
    "floors": ("số mã giảm sàn", "at the floor"),
    "change": ("thay đổi", "change"),
    "change_percent": ("thay đổi, %", "change, %"),
    "sma20": ("trung bình 20 phiên", "20-session average"),
    "sma50": ("trung bình 50 phiên", "50-session average"),
    "sma200": ("trung bình 200 phiên", "200-session average"),
    "distance_sma20": ("so với trung bình 20 phiên", "against the 20-session average"),
    "distance_sma50": ("so với trung bình 50 phiên", "against the 50-session average"),
    "distance_sma200": ("so với trung bình 200 phiên", "against the 200-session average"),
    "rsi14": ("RSI 14 phiên", "14-session RSI"),
    "volatility20": ("độ biến động 20 phiên, quy năm", "20-session volatility, annualised"),
    "return20": ("so với 20 phiên trước", "against 20 sessions earlier"),
    "high_20": ("đỉnh 20 phiên", "20-session high"),
    "low_20": ("đáy 20 phiên", "20-session low"),
    "high_52w": ("đỉnh 52 tuần", "52-week high"),
    "low_52w": ("đáy 52 tuần", "52-week low"),
    "distance_high_20": ("so với đỉnh 20 phiên", "against the 20-session high"),
    "distance_low_20": ("so với đáy 20 phiên", "against the 20-session low"),
    "distance_high_52w": ("so với đỉnh 52 tuần", "against the 52-week high"),
    "distance_low_52w": ("so với đáy 52 tuần", "against the 52-week low"),
    "volume_avg20": ("khối lượng trung bình 20 phiên", "20-session average volume"),
    "volume_vs_avg20": ("khối lượng so với trung bình", "volume against its average"),
    "round_above": ("mốc tròn phía trên", "round mark above"),
    "round_below": ("mốc tròn phía dưới", "round mark below"),
    "support": ("hỗ trợ gần nhất", "nearest support"),
    "resistance": ("kháng cự gần nhất", "nearest resistance"),
    "p_above": ("xác suất trên kháng cự", "chance above resistance"),
    "p_between": ("xác suất ở giữa", "chance in between"),
    "p_below": ("xác suất dưới hỗ trợ", "chance below support"),
    "open_gap": ("mở cửa so với tham chiếu", "open against the previous close"),
    "distance_high": ("so với cao nhất phiên", "against the session high"),
    "distance_low": ("so với thấp nhất phiên", "against the session low"),
    "range_percent": ("biên độ phiên", "session range"),
    "range_position": ("vị trí trong biên độ phiên", "position in the session range"),
    "breadth_ratio": ("tỷ lệ giữa số mã tăng và giảm", "ratio of advances and declines"),
    "streak_up": ("số phiên tăng liên tiếp", "straight gains"),
    "streak_down": ("số phiên giảm liên tiếp", "straight losses"),
    "broken_streak_up": ("chuỗi phiên tăng vừa đứt", "run of gains that ended"),
    "broken_streak_down": ("chuỗi phiên giảm vừa đứt", "run of losses that ended"),
    "sessions_highest": ("số phiên có điểm số không cao hơn", "sessions without a higher close"),
    "sessions_lowest": ("số phiên có điểm số không thấp hơn", "sessions without a lower close"),
    "sessions_biggest_gain": (
        "số phiên không có mức tăng lớn hơn",
        "sessions without a larger gain",
    ),
    "sessions_biggest_loss": (
        "số phiên không có mức giảm sâu hơn",
        "sessions without a deeper loss",
    ),
    "sessions_highest_volume": (
        "số phiên không có khối lượng lớn hơn",
        "sessions without a larger volume",
    ),
    "sessions_lowest_volume": (
        "số phiên không có khối lượng nhỏ hơn",
        "sessions without a smaller volume",
    ),
    "before_sma20": (
        "phiên trước so với trung bình 20 phiên",
        "session before against its 20-session average",
    ),
    "before_sma50": (
        "phiên trước so với trung bình 50 phiên",
        "session before against its 50-session average",
    ),
    "before_sma200": (
        "phiên trước so với trung bình 200 phiên",
        "session before against its 200-session average",
    ),
    "volatility60": ("độ biến động 60 phiên, quy năm", "60-session volatility, annualised"),
    "return5": ("so với 5 phiên trước", "against 5 sessions earlier"),
    "return60": ("so với 60 phiên trước", "against 60 sessions earlier"),
    "return250": ("so với 250 phiên trước", "against 250 sessions earlier"),
    "round_crossed": ("mốc tròn vừa đi qua", "round mark just crossed"),
    "vs_lead": ("chênh lệch với chỉ số đầu bảng", "gap to the first index"),
    "correlation20": ("tương quan 20 phiên", "20-session correlation"),
    "price": ("giá", "price"),
    "market_cap": ("vốn hóa", "market capitalisation"),
    "volume_24h": ("giá trị giao dịch 24 giờ", "volume in 24 hours"),
    "dominance_btc": ("tỷ lệ thống trị của Bitcoin", "Bitcoin dominance"),
    "dominance_eth": ("tỷ trọng của Ethereum", "Ethereum’s share"),
    "fear_greed": ("chỉ số Sợ hãi và Tham lam", "Fear and Greed index"),
    "coins": ("số đồng tiền có số liệu", "coins with a known change"),
    "report_close": ("điểm số ở báo cáo trước", "level in the last report"),
    "report_price": ("giá ở báo cáo trước", "price in the last report"),
    "since_report": ("thay đổi từ báo cáo trước", "change since the last report"),
    "since_report_percent": (
        "thay đổi từ báo cáo trước, %",
        "change since the last report, %",
    ),
    "report_support": ("hỗ trợ ở báo cáo trước", "support in the last report"),
    "report_resistance": ("kháng cự ở báo cáo trước", "resistance in the last report"),
}
# Names that mean something else of the crypto market than of an index.
_CRYPTO_NAMES = {
    "change_percent": ("thay đổi 24 giờ, %", "change in 24 hours, %"),
    "advances": ("số đồng tiền tăng", "coins that rose"),
    "declines": ("số đồng tiền giảm", "coins that fell"),
    "rsi14": ("RSI 14 ngày", "14-day RSI"),
}
_SUBJECTS = {"crypto": ("Tiền mã hóa", "Crypto market")}

_FACT = re.compile(rf"\b(?:{'|'.join(sorted(_NAMES, key=len, reverse=True))})\b")

# Methods that are sentences, in English as the facts hold them and in Vietnamese. The others are
# formulas, in which each fact is called by its name.
_METHODS = (
    (r"mean of the last (\d+) closes", r"trung bình \1 giá trị đóng cửa gần nhất"),
    (r"mean volume of the (\d+) sessions before", r"khối lượng trung bình \1 phiên trước đó"),
    (r"Wilder's RSI over (\d+) sessions", r"RSI của Wilder trong \1 phiên"),
    (
        r"standard deviation of (\d+) daily log returns × √252 × 100",
        r"độ lệch chuẩn của \1 lợi suất log theo ngày × √252 × 100",
    ),
    (
        r"change against the close (\d+) sessions earlier",
        r"thay đổi so với giá trị đóng cửa \1 phiên trước",
    ),
    (r"highest high of the last (\d+) sessions", r"mức cao nhất trong \1 phiên gần nhất"),
    (r"lowest low of the last (\d+) sessions", r"mức thấp nhất trong \1 phiên gần nhất"),
    (r"next multiple of (\d+) above", r"bội số kế tiếp của \1 ở phía trên"),
    (r"next multiple of (\d+) below", r"bội số kế tiếp của \1 ở phía dưới"),
    (r"nearest level: (.+)", r"mốc gần nhất: \1"),
    (
        r"share of (\d+) five-session moves of the past year that ended there",
        r"tỷ lệ của \1 nhịp 5 phiên trong một năm qua kết thúc ở vùng này",
    ),
    (
        r"distance of the close before from its mean of (\d+) closes",
        r"phiên trước so với trung bình \1 giá trị đóng cửa của phiên đó",
    ),
    (r"sessions in a row that closed higher", "số phiên liên tiếp đóng cửa cao hơn phiên trước đó"),
    (r"sessions in a row that closed lower", "số phiên liên tiếp đóng cửa thấp hơn phiên trước đó"),
    (
        r"sessions in a row before this one that closed higher",
        "số phiên liên tiếp trước phiên này đóng cửa cao hơn phiên trước đó",
    ),
    (
        r"sessions in a row before this one that closed lower",
        "số phiên liên tiếp trước phiên này đóng cửa thấp hơn phiên trước đó",
    ),
    (
        r"sessions up to today: highest close of these",
        "số phiên tính đến hôm nay mà mức đóng cửa này là cao nhất",
    ),
    (
        r"sessions up to today: lowest close of these",
        "số phiên tính đến hôm nay mà mức đóng cửa này là thấp nhất",
    ),
    (
        r"sessions up to today: largest gain in percent of these",
        "số phiên tính đến hôm nay mà mức tăng theo % này là lớn nhất",
    ),
    (
        r"sessions up to today: deepest loss in percent of these",
        "số phiên tính đến hôm nay mà mức giảm theo % này là sâu nhất",
    ),
    (
        r"sessions up to today: highest volume of these",
        "số phiên tính đến hôm nay mà khối lượng này là lớn nhất",
    ),
    (
        r"sessions up to today: lowest volume of these",
        "số phiên tính đến hôm nay mà khối lượng này là nhỏ nhất",
    ),
    (r"round mark between the two closes", "mốc tròn nằm giữa hai giá trị đóng cửa"),
    (r"the change in percent minus that of (.+)", r"thay đổi theo % trừ đi của \1"),
    (
        r"correlation of the last (\d+) daily moves with (.+)",
        r"tương quan của \1 mức thay đổi theo phiên gần nhất với \2",
    ),
    (r"as the last report said", "như báo cáo trước đã nêu"),
    (r"coins with a known change", "số đồng tiền có mức thay đổi 24 giờ"),
    (r"coins that rose in 24 hours", "số đồng tiền tăng trong 24 giờ"),
    (r"coins that fell in 24 hours", "số đồng tiền giảm trong 24 giờ"),
)

ROUND_MARKS = (
    ".round_above", ".round_below", ".round_crossed", ".support", ".resistance",
    ".report_support", ".report_resistance",
)  # fmt: skip

WORDS = {
    "vi": {
        "data": "Xem số liệu dạng bảng",
        "facts": "Bảng số liệu đầy đủ",
        "count": "{count} số liệu",
        "figure": "Số liệu",
        "value": "Giá trị",
        "source": "Nguồn",
        "method": "Cách tính",
        "observed": "nguồn công bố",
        "cited": "Nguồn {number}",
        "confirmed": "hai nguồn khớp",
        "disputed": "hai nguồn lệch",
        "day": "Ngày",
        "close": "Đóng cửa",
        "average": "Trung bình 20 phiên",
        "index": "Chỉ số",
        "change": "Thay đổi",
        "history_label": "{name}: từ {first} đến {last} điểm trong {count} phiên",
        "moves_label": "Mức thay đổi của các chỉ số",
    },
    "en": {
        "data": "Show the numbers as a table",
        "facts": "All figures",
        "count": "{count} figures",
        "figure": "Figure",
        "value": "Value",
        "source": "Source",
        "method": "How",
        "observed": "as published",
        "cited": "Source {number}",
        "confirmed": "two sources agree",
        "disputed": "two sources differ",
        "day": "Day",
        "close": "Close",
        "average": "20-session average",
        "index": "Index",
        "change": "Change",
        "history_label": "{name}: from {first} to {last} points over {count} sessions",
        "moves_label": "How far the indices moved",
    },
}


@lru_cache(maxsize=2000)  # reports share their facts' keys
def fact_name(key: str, language: str) -> str:
    """`Trung bình 20 phiên`, for the table of all figures, which stand under their index."""
    subject, _, name = key.partition(".")
    words = _name(name, language)
    if subject in CRYPTO_SUBJECTS and name in _CRYPTO_NAMES:
        words = _CRYPTO_NAMES[name][language != "vi"]
    return words[:1].upper() + words[1:]


def subject_name(subject: str, sheet: FactSheet, language: str) -> str:
    """`VN-Index`, `Bitcoin`, `Tiền mã hóa`: what the facts under a key's first part are about."""
    if subject in _SUBJECTS:
        return _SUBJECTS[subject][language != "vi"]
    return sheet.index_name(subject)


def _name(name: str, language: str) -> str:
    words = _NAMES.get(name, (name, name))
    return words[0] if language == "vi" else words[1]


@lru_cache(maxsize=1000)  # reports share their few methods
def method(text: str, language: str) -> str:
    """How a derived fact came about, in the reader's language; "" when only English is known."""
    if not re.search("[A-Za-z]", _FACT.sub("", text)):  # a formula
        return _named(text, language)
    for english, vietnamese in _METHODS:
        if found := re.fullmatch(english, text):
            words = text if language == "en" else found.expand(vietnamese)
            named = found[1] if found.re.groups else ""
            return words.replace(named, _named(named, language)) if named else words
    return text if language == "en" else ""


def _named(text: str, language: str) -> str:
    return _FACT.sub(lambda found: _name(found[0], language), text)


def written(fact: Fact, language: str, style: str = "") -> str:
    """A fact's value as text shows it; `style` is empty, `signed` or `abs`."""
    value, sign = fact.value, _sign(style)
    match fact.unit:
        case "percent":
            return formats.percent(value, language, sign)
        case "proportion":
            return formats.percent(value, language, sign, places=1)
        case "chance":
            return formats.percent(value, language, sign, places=0)
        case "shares":
            return formats.shares(abs(value) if style == "abs" else value, language)
        case "vnd":
            return formats.vnd(abs(value) if style == "abs" else value, language)
        case "percentage_points":
            unit = "điểm phần trăm" if language == "vi" else "percentage points"
            return f"{formats.number(value, 2, language, sign)}{formats.NBSP}{unit}"
        case "usd":
            size = abs(value) if style == "abs" else value
            price = fact.key.endswith((".price", ".report_price"))
            return (formats.dollar_price if price else formats.dollars)(size, language)
        case "coefficient":
            return formats.number(value, 2, language, sign)
        case "count" | "index":
            return formats.number(value, 0, language, sign)
        case "ratio":
            return formats.number(value, 1, language, sign)
        case _:
            places = 0 if is_round_mark(fact) else 2
            return formats.number(value, places, language, sign)


def exact(fact: Fact, language: str, shown: str) -> str:
    """The value with all its digits, for a figure that the text, in which it is `shown`, rounds;
    "" where it does not.
    """
    digits = -int(fact.value.normalize().as_tuple().exponent)
    full = formats.number(fact.value, max(digits, 0), language)
    unit = "%" if fact.unit in {"percent", "proportion", "chance"} else ""
    return "" if full.lstrip("-") in shown else f"{full}{unit}"


def is_round_mark(fact: Fact) -> bool:
    """Whether it is a level that people name without decimals, as in "the 1,750 mark"."""
    return fact.key.endswith(ROUND_MARKS) and fact.value == fact.value.to_integral_value()


def source_text(source: str, language: str) -> str:
    """`Vietcap`, or `Vietcap + CSV` where a figure rests on two."""
    parts = dict.fromkeys(formats.source_name(part, language) for part in source.split(" + "))
    return " + ".join(parts)


def raw(value: Decimal) -> str:
    return format(value, "f")


def _sign(style: str) -> formats.Sign:
    if style == "signed":
        return "always"
    return "never" if style == "abs" else "auto"
