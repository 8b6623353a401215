"""How facts are named and their values written, in a report's own language."""

from __future__ import annotations

import re
from decimal import Decimal

from market import formats
from reports.facts import Fact

_NAMES = {
    "close": ("điểm số", "level"),
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
}

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
        r"tỷ lệ của \1 nhịp năm phiên trong một năm qua kết thúc ở vùng này",
    ),
)

ROUND_MARKS = (".round_above", ".round_below", ".support", ".resistance")

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


def fact_name(key: str, language: str) -> str:
    """`Trung bình 20 phiên`, for the table of all figures, which stand under their index."""
    words = _name(key.partition(".")[2], language)
    return words[:1].upper() + words[1:]


def _name(name: str, language: str) -> str:
    words = _NAMES.get(name, (name, name))
    return words[0] if language == "vi" else words[1]


def method(text: str, language: str) -> str:
    """How a derived fact came about, in the reader's language; "" when only English is known."""
    if not re.search("[A-Za-z]", _FACT.sub("", text)):  # a formula
        return _named(text, language)
    for english, vietnamese in _METHODS:
        if found := re.fullmatch(english, text):
            words = text if language == "en" else found.expand(vietnamese)
            return words.replace(found[1], _named(found[1], language))
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
        case "count":
            return formats.number(value, 0, language, sign)
        case "ratio":
            return formats.number(value, 1, language, sign)
        case _:
            places = 0 if is_round_mark(fact) else 2
            return formats.number(value, places, language, sign)


def exact(fact: Fact, language: str, style: str = "") -> str:
    """The value with all its digits, for a figure that the text rounds; "" where it does not."""
    digits = -int(fact.value.normalize().as_tuple().exponent)
    full = formats.number(fact.value, max(digits, 0), language)
    bare = full.lstrip("-")
    unit = "%" if fact.unit in {"percent", "proportion", "chance"} else ""
    return "" if bare in written(fact, language, style) else f"{full}{unit}"


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
