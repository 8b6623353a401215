"""How facts are named and their values written, in a report's own language."""

from __future__ import annotations

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
    "support": ("hỗ trợ gần nhất", "nearest support"),
    "resistance": ("kháng cự gần nhất", "nearest resistance"),
    "p_above": ("xác suất trên kháng cự", "chance above resistance"),
    "p_between": ("xác suất ở giữa", "chance in between"),
    "p_below": ("xác suất dưới hỗ trợ", "chance below support"),
}

WORDS = {
    "vi": {
        "data": "Xem số liệu dạng bảng",
        "facts": "Bảng số liệu đầy đủ",
        "figure": "Số liệu",
        "value": "Giá trị",
        "source": "Nguồn",
        "as_of": "Thời điểm",
        "method": "Cách tính",
        "observed": "nguồn công bố",
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
        "figure": "Figure",
        "value": "Value",
        "source": "Source",
        "as_of": "As of",
        "method": "How",
        "observed": "as published",
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
    """`VN-Index: trung bình 20 phiên`, for the table of all figures."""
    subject, _, name = key.partition(".")
    words = _NAMES.get(name, (name, name))
    index = formats.index_name(subject.upper())
    return f"{index}: {words[0] if language == 'vi' else words[1]}"


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
            return formats.number(value, 2, language, sign)


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
